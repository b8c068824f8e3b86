//! What to do while the file is busy.

use std::time::{Duration, Instant};

use super::error::{Error, Result};

/// Longest pause between two tries to take a lock. The first process that tries while it is free gets it.
/// Beside a busy process, pauses of 10 ms made a write wait for a second.
const LONGEST_PAUSE: Duration = Duration::from_millis(1);
/// What a pause counts for at most. A longer one was a standstill of this process or of the whole machine. The process that
/// has the lock has probably stood still too.
const STANDSTILL: Duration = Duration::from_millis(100);

/// Tries until it is not busy, or the time is up.
pub(super) fn retry<R>(until: Instant, attempt: impl FnMut() -> Result<R>) -> Result<R> {
    retry_with(until, std::thread::sleep, attempt)
}

fn retry_with<R>(
    mut until: Instant,
    sleep: impl Fn(Duration),
    mut attempt: impl FnMut() -> Result<R>,
) -> Result<R> {
    let mut pause = Duration::from_micros(200);
    loop {
        let result = attempt();
        let now = Instant::now();
        if !matches!(result, Err(Error::Busy)) || now >= until {
            return result;
        }
        sleep(pause);
        until += now.elapsed().saturating_sub(STANDSTILL);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standstill_is_no_time_in_which_it_was_tried() {
        let patience = Duration::from_secs(1);
        let mut tries = 0;
        let result = retry_with(
            Instant::now() + patience,
            |_| std::thread::sleep(patience + STANDSTILL),
            || {
                tries += 1;
                if tries < 3 { Err(Error::Busy) } else { Ok(()) }
            },
        );
        assert!(result.is_ok(), "it gave up after {tries} tries");
    }

    #[test]
    fn it_gives_up_when_the_time_is_up() {
        let until = Instant::now() + Duration::from_millis(50);
        assert!(matches!(retry(until, || Err::<(), _>(Error::Busy)), Err(Error::Busy)));
        assert!(Instant::now() >= until);
    }
}
