//! Moments in milliseconds since the epoch, as SQLite stores them.

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

/// The deadline that a write gives a session. A writer whose clock is behind ends none that is valid on the system's.
pub(super) fn later_deadline(old: Option<i64>, new: Option<i64>, now: Now) -> Option<i64> {
    let (Some(before), Some(after)) = (old, new) else { return new };
    if after >= before || now.is_past(new) {
        return new;
    }
    let system = system_now();
    if after <= system && before > system { old } else { new }
}

/// The system's time.
pub(super) fn system_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

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
