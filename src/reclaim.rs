//! Freeing many records without being in anyone's way, and so that the system gets the memory.

use std::thread;
use std::time::Duration;

/// Records freed at a stretch: about a tenth of a millisecond.
const STRETCH: usize = 1024;
/// After each stretch. The allocator has one lock for what the main thread allocated, and it is not a
/// fair one: a thread that only frees keeps the others from it for as long as it goes on.
const PAUSE: Duration = Duration::from_micros(100);
/// Bytes after which the system gets its share. Giving it more at a time takes longer than 2 ms.
const SHARE: usize = 4 << 20;
/// What the table needed for a record.
const BESIDE: usize = 80;

/// Frees records on behalf of the sweeper.
#[derive(Debug, Default)]
pub struct Reclaimer {
    since: usize,
}

impl Reclaimer {
    /// Frees `records`.
    ///
    /// From the highest address down, whatever the order in which they expired. So free memory is
    /// in few, long pieces at any time, and giving it back is short work: in the order of expiry,
    /// which is random in memory, it took ten times as long.
    pub fn free(&mut self, records: &mut Vec<Box<[u8]>>) {
        records.sort_unstable_by_key(|record| record.as_ptr().addr());
        while !records.is_empty() {
            for record in records.drain(records.len().saturating_sub(STRETCH)..).rev() {
                self.since += record.len() + BESIDE;
            }
            if self.since >= SHARE {
                self.since = 0;
                give_back();
            }
            if !records.is_empty() {
                thread::sleep(PAUSE);
            }
        }
        *records = Vec::new();
    }
}

/// Has the allocator return unused pages to the system. glibc does so by itself only at the end of
/// its heap, below which one session that lives on is enough to keep everything.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no safe binding to this function of the C library")]
fn give_back() {
    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    // SAFETY: it takes any number, and is safe to call from any thread.
    unsafe { malloc_trim(0) };
}

/// Other allocators give memory back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frees_everything() {
        let mut records: Vec<Box<[u8]>> = (0..50_000).map(|len| vec![1; len % 300].into()).collect();
        let mut reclaimer = Reclaimer::default();
        reclaimer.free(&mut records);
        assert!(records.is_empty());
        assert!(reclaimer.since < SHARE);
        reclaimer.free(&mut records);
    }
}
