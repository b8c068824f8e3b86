//! Estimates the time of a store's user between the calls that pass it.

use std::time::Instant;

/// Follows a clock that is read now and then. It may be any clock: tests set theirs by hand.
#[derive(Debug, Default)]
pub struct Follower {
    last: Option<(u64, Instant)>,
}

impl Follower {
    /// The time on the followed clock, in milliseconds. `shown` is what it showed when it was last read.
    /// Since then it is assumed to run like `real`. The result is late by at most the time between two
    /// calls of this function.
    pub fn now(&mut self, shown: u64, real: Instant) -> u64 {
        match self.last {
            Some((last, since)) if last == shown => {
                let passed = real.saturating_duration_since(since).as_millis();
                shown.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
            }
            _ => {
                self.last = Some((shown, real));
                shown
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn continues_from_what_was_shown_last() {
        let start = Instant::now();
        let mut clock = Follower::default();
        assert_eq!(clock.now(5000, start), 5000);
        assert_eq!(clock.now(5000, start + Duration::from_millis(300)), 5300);
        assert_eq!(clock.now(5400, start + Duration::from_millis(500)), 5400);
        assert_eq!(clock.now(5400, start + Duration::from_millis(750)), 5650);
        // The clock is set back, and then to the far future.
        assert_eq!(clock.now(10, start + Duration::from_millis(800)), 10);
        assert_eq!(clock.now(u64::MAX, start + Duration::from_millis(900)), u64::MAX);
        assert_eq!(clock.now(u64::MAX, start + Duration::from_millis(950)), u64::MAX);
    }
}
