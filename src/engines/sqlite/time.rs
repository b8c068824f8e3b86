//! Moments in milliseconds since the epoch, as SQLite stores them.

use std::time::{Duration, Instant};

/// The time that a caller shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now(i64);

#[expect(clippy::cast_possible_truncation, reason = "casts saturate, as intended")]
impl Now {
    /// A time that is no number is before all others: nothing has expired for it.
    #[must_use]
    pub fn new(ms: f64) -> Self {
        Now(if ms.is_nan() { i64::MIN } else { ms.floor() as i64 })
    }

    pub(super) fn at(ms: i64) -> Self {
        Now(ms)
    }

    /// Whether the caller has shown a time at all.
    pub(super) fn is_known(self) -> bool {
        self.0 != i64::MIN && self.0 != i64::MAX
    }

    pub(super) fn ms(self) -> i64 {
        self.0
    }

    /// Whether a session with this deadline has expired.
    pub(super) fn is_past(self, deadline: Option<i64>) -> bool {
        deadline.is_some_and(|deadline| deadline <= self.0)
    }
}

/// A deadline as it is stored. One that is no finite number is none: the session does not expire.
#[expect(clippy::cast_possible_truncation, reason = "casts saturate, as intended")]
#[must_use]
pub fn deadline(ms: f64) -> Option<i64> {
    // Above 2^53 numbers are no longer exact, and no clock will show them.
    (ms < 9.0e15).then(|| ms.ceil() as i64)
}

/// A clock that is late by more than this many milliseconds counts as behind. It is large because a write may
/// wait before it is done.
const BEHIND: i64 = 60_000;

/// The deadline that a write gives a session. A writer whose clock is behind ends none that is valid on the system's.
pub(super) fn later_deadline(old: Option<i64>, new: Option<i64>, now: Now) -> Option<i64> {
    let (Some(before), Some(after)) = (old, new) else { return new };
    if after >= before || now.is_past(new) {
        return new;
    }
    let system = system_now();
    if after <= system && before > system && now.ms() < system - BEHIND { old } else { new }
}

/// The system's time.
pub(super) fn system_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The system's clock for what removes sessions. It runs evenly: a clock that is set ahead is believed when it has
/// stayed there for ten minutes, as after a machine's sleep. One that is set back is believed at once.
#[derive(Debug)]
pub(super) struct SteadyClock {
    origin: Instant,
    /// The system's time at `origin`, in milliseconds since the epoch.
    wall: i64,
    ahead_since: Option<Instant>,
}

/// How long a clock has to stay ahead.
const BELIEVED_AFTER: Duration = Duration::from_secs(600);
/// The most that a clock is moved at once without having been set, in milliseconds: a leap second.
const LEAP: i64 = 1000;

impl SteadyClock {
    pub(super) fn new() -> Self {
        SteadyClock::starting(system_now(), Instant::now())
    }

    fn starting(wall: i64, origin: Instant) -> Self {
        SteadyClock { origin, wall, ahead_since: None }
    }

    pub(super) fn now(&mut self) -> i64 {
        self.read(system_now(), Instant::now())
    }

    /// The time, when the system's clock shows `shown` at `real`.
    fn read(&mut self, shown: i64, real: Instant) -> i64 {
        let elapsed = real.saturating_duration_since(self.origin).as_millis();
        let elapsed = i64::try_from(elapsed).unwrap_or(i64::MAX);
        let wall = shown.saturating_sub(elapsed);
        let is_believed = wall <= self.wall.saturating_add(LEAP)
            || self.ahead_since.is_some_and(|since| real.saturating_duration_since(since) >= BELIEVED_AFTER);
        if is_believed {
            self.wall = wall;
            self.ahead_since = None;
        } else {
            self.ahead_since.get_or_insert(real);
        }
        self.wall.saturating_add(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// What a clock that started at hour 100 says, when it shows so much too much after so many seconds.
    fn readings<const N: usize>(shown: [(i64, u64); N]) -> [i64; N] {
        let origin = Instant::now();
        let mut clock = SteadyClock::starting(100 * HOUR, origin);
        shown.map(|(ahead, seconds)| {
            let true_time = 100 * HOUR + i64::try_from(seconds).unwrap() * 1000;
            clock.read(true_time + ahead, origin + Duration::from_secs(seconds)) - true_time
        })
    }

    #[test]
    fn a_clock_that_is_ahead_for_a_moment_is_not_believed() {
        assert_eq!(readings([(0, 1), (HOUR, 2), (HOUR, 500), (0, 501), (HOUR, 700), (HOUR, 1200)]), [0; 6]);
    }

    #[test]
    fn a_clock_that_stays_ahead_is_believed() {
        assert_eq!(readings([(HOUR, 1), (HOUR, 600), (HOUR, 601), (HOUR, 602)]), [0, 0, HOUR, HOUR]);
    }

    #[test]
    fn a_clock_that_is_set_back_or_slewed_is_followed() {
        assert_eq!(
            readings([(-HOUR, 1), (900 - HOUR, 2), (0, 3), (-HOUR, 4)]),
            [-HOUR, 900 - HOUR, 900 - HOUR, -HOUR]
        );
    }

    #[test]
    fn a_session_is_there_up_to_its_deadline() {
        assert!(!Now::new(999.9).is_past(deadline(1000.0)));
        assert!(Now::new(1000.0).is_past(deadline(1000.0)));
        assert!(!Now::new(1000.0).is_past(deadline(1000.5)));
        assert!(!Now::new(-6.0).is_past(deadline(-5.0)));
    }

    #[test]
    fn what_is_no_moment_expires_nothing() {
        for ms in [f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(deadline(ms), None);
        }
        assert!(!Now::new(f64::NAN).is_past(Some(0)));
        assert!(!Now::new(f64::NEG_INFINITY).is_past(Some(0)));
    }
}
