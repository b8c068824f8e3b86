//! The system's own clock, and what stores are shown of others.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// The system's time, in milliseconds since the epoch. It is read once and then runs evenly, as `systemNow` in
/// JavaScript. It follows the system where that has had another time for long: see [`Drift`]. Tests may set it.
#[derive(Debug, Default)]
pub(super) struct SystemClock {
    #[cfg(test)]
    set: std::sync::atomic::AtomicI64,
}

impl SystemClock {
    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "in tests each store has its own")]
    pub(super) fn now(&self) -> i64 {
        system_now()
    }

    #[cfg(test)]
    pub(super) fn now(&self) -> i64 {
        match self.set.load(std::sync::atomic::Ordering::Relaxed) {
            0 => system_now(),
            set => set,
        }
    }

    #[cfg(test)]
    pub(super) fn set(&self, now: i64) {
        self.set.store(now, std::sync::atomic::Ordering::Relaxed);
    }
}

/// What is added to the evenly running time.
static SHIFT: AtomicI64 = AtomicI64::new(0);

fn system_now() -> i64 {
    static ORIGIN: LazyLock<(Duration, Instant)> = LazyLock::new(|| {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        (since_epoch, Instant::now())
    });
    let (since_epoch, origin) = *ORIGIN;
    let even = i64::try_from((since_epoch + origin.elapsed()).as_millis()).unwrap_or(i64::MAX);
    even.saturating_add(SHIFT.load(Ordering::Relaxed))
}

/// Notices a lasting change of the system's time, after it was set or the machine slept. A device without a
/// battery starts in 1970. Once its clock is set, nothing that it stores would expire if this clock stayed in
/// 1970.
#[derive(Debug, Default)]
pub(super) struct Drift {
    /// How far the system is ahead, and since when.
    pub(super) seen: Option<(i64, Instant)>,
}

impl Drift {
    /// Two times that differ by less are the same.
    const SAME: i64 = 1000;

    /// To be called now and then. Corrects the time of [`SystemClock`].
    pub(super) fn check(&mut self, real: Instant) {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let wall = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        if let Some(ahead) = self.lasting(wall.saturating_sub(system_now()), real) {
            SHIFT.fetch_add(ahead, Ordering::Relaxed);
        }
    }

    /// How far the system is ahead, once it has been so for ten minutes.
    fn lasting(&mut self, ahead: i64, real: Instant) -> Option<i64> {
        if ahead.abs() < Self::SAME {
            self.seen = None;
            return None;
        }
        let since = match self.seen {
            Some((before, since)) if (ahead - before).abs() < Self::SAME => since,
            _ => real,
        };
        self.seen = Some((ahead, since));
        if real.saturating_duration_since(since) < SILENCE {
            return None;
        }
        self.seen = None;
        Some(ahead)
    }
}

/// After this long without being shown a time, a store's clock is assumed to have run on. `Drift` waits as
/// long before it believes the system's new time.
const SILENCE: Duration = Duration::from_secs(600);

/// Follows a clock that is shown now and then. It may be any clock: tests set theirs by hand.
#[derive(Debug, Default)]
pub struct Follower {
    last: Option<(i64, Instant)>,
}

impl Follower {
    /// The time on the followed clock, in milliseconds since the epoch, if it was ever shown. `shown` is what
    /// it has shown since the last call. After ten minutes of silence it is assumed to have gone on like
    /// `real` all the time: idle stores expire. Before, it may stand still.
    pub fn now(&mut self, shown: Option<i64>, real: Instant) -> Option<i64> {
        if let Some(shown) = shown {
            self.last = Some((shown, real));
        }
        let (last, since) = self.last?;
        let silent = real.saturating_duration_since(since);
        if silent < SILENCE {
            return Some(last);
        }
        Some(last.saturating_add(i64::try_from(silent.as_millis()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_still_until_it_has_been_silent_for_long() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut clock = Follower::default();
        assert_eq!(clock.now(None, start), None);
        assert_eq!(clock.now(Some(5000), start), Some(5000));
        assert_eq!(clock.now(None, after(599)), Some(5000));
        assert_eq!(clock.now(None, after(600)), Some(605_000));
        assert_eq!(clock.now(None, after(700)), Some(705_000));
        // Somebody shows it again, and it still stands.
        assert_eq!(clock.now(Some(5000), after(700)), Some(5000));
        assert_eq!(clock.now(None, after(701)), Some(5000));
        // The clock is set back, and then to the far future.
        assert_eq!(clock.now(Some(-10), after(702)), Some(-10));
        assert_eq!(clock.now(Some(i64::MAX), after(703)), Some(i64::MAX));
        assert_eq!(clock.now(None, after(5000)), Some(i64::MAX));
    }

    #[test]
    fn another_time_of_the_system_counts_after_ten_minutes() {
        const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut drift = Drift::default();
        for ahead in [YEAR, -YEAR] {
            assert_eq!(drift.lasting(ahead, after(0)), None);
            assert_eq!(drift.lasting(ahead + 900, after(599)), None);
            assert_eq!(drift.lasting(3, after(600)), None, "it was wrong for a moment");
            assert_eq!(drift.lasting(ahead, after(700)), None);
            assert_eq!(drift.lasting(2 * ahead, after(900)), None);
            assert_eq!(drift.lasting(2 * ahead, after(1499)), None);
            assert_eq!(drift.lasting(2 * ahead, after(1500)), Some(2 * ahead));
            assert_eq!(drift.lasting(0, after(1501)), None);
        }
    }

    #[test]
    fn the_system_clock_runs() {
        let clock = SystemClock::default();
        let before = clock.now();
        assert!(before > 1_600_000_000_000);
        assert!((before..before + 60_000).contains(&clock.now()));
        clock.set(5);
        assert_eq!(clock.now(), 5);
    }
}
