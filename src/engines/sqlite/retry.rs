//! What to do while the file is busy.

use std::time::{Duration, Instant};

use super::error::{Error, Result};

/// Longest pause between two tries to take a lock. The first process that tries while it is free gets it.
/// Beside a busy process, pauses of 10 ms made a write wait for a second.
const LONGEST_PAUSE: Duration = Duration::from_millis(1);

/// Tries until it is not busy, or the time is up.
pub(super) fn retry<R>(until: Instant, mut attempt: impl FnMut() -> Result<R>) -> Result<R> {
    let mut pause = Duration::from_micros(200);
    loop {
        match attempt() {
            Err(Error::Busy) if Instant::now() < until => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            result => return result,
        }
    }
}
