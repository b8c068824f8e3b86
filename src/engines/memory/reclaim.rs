//! Frees many records without delaying other threads, and gives the memory back to the system.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Records freed without a pause: about a tenth of a millisecond.
const STRETCH: usize = 1024;
/// The pause after each stretch. The allocator has one lock for what the main thread allocated, and the lock
/// is not fair: a thread that only frees keeps the others waiting.
const PAUSE: Duration = Duration::from_micros(100);
/// Bytes after which memory is given back. Giving back more at a time takes longer than 2 ms.
const GIVE_BACK_AFTER: usize = 4 << 20;
/// Bytes that the table used for a record.
const OVERHEAD: usize = 80;

/// Bytes that others have freed, and that the sweeper has not given back yet.
static FREED: AtomicUsize = AtomicUsize::new(0);

/// Notes that memory was freed elsewhere. The sweeper gives it back.
pub(super) fn note_freed(bytes: u64) {
    FREED.fetch_add(usize::try_from(bytes).unwrap_or(usize::MAX), Ordering::Relaxed);
}

/// Frees records on behalf of the sweeper.
#[derive(Debug, Default)]
pub struct Reclaimer {
    freed: usize,
}

impl Reclaimer {
    /// Frees `records`.
    ///
    /// It frees from the highest address down. Free memory is then in few, long pieces, and giving it back
    /// is quick. In the order of expiry, which is random in memory, it took ten times as long.
    pub fn free(&mut self, records: &mut Vec<Box<[u8]>>) {
        records.sort_unstable_by_key(|record| record.as_ptr().addr());
        while !records.is_empty() {
            for record in records.drain(records.len().saturating_sub(STRETCH)..).rev() {
                self.freed += record.len() + OVERHEAD;
            }
            self.give_back_if_due();
            if !records.is_empty() {
                thread::sleep(PAUSE);
            }
        }
        *records = Vec::new();
    }

    /// Gives back what others have freed, if it is worth the time.
    pub fn give_back_noted(&mut self) {
        self.freed += FREED.swap(0, Ordering::Relaxed);
        self.give_back_if_due();
    }

    fn give_back_if_due(&mut self) {
        if self.freed >= GIVE_BACK_AFTER {
            self.freed = 0;
            give_back();
        }
    }
}

/// Makes the allocator return unused pages to the system. By itself, glibc returns only the end of its heap:
/// one living session there keeps all the memory below it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no safe binding to this function of the C library")]
fn give_back() {
    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    // SAFETY: the function takes any number and may be called from any thread.
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
        assert!(reclaimer.freed < GIVE_BACK_AFTER);
        reclaimer.free(&mut records);
    }
}
