//! How much a session has proved. At a bound the lowest rank goes first: see `eviction`.

/// The rank of a session. It only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rank {
    /// No client has come back with its id.
    New,
    /// A client has come back with its id.
    Returned,
    /// Clients have come back with its id in two different minutes.
    Established,
    /// A user has signed in: the writer of the session says so.
    SignedIn,
}

impl Rank {
    /// The number of ranks.
    pub const COUNT: usize = 4;
    /// All ranks, lowest first.
    pub const ALL: [Rank; Self::COUNT] = [Rank::New, Rank::Returned, Rank::Established, Rank::SignedIn];

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// Milliseconds of the unit in which visits are timed.
const UNIT: i64 = 10_000;
const UNITS_OF_MINUTE: i64 = 6;
/// Two visits count as two if they are at least this many units apart: a burst around the full minute does
/// not.
const APART: i64 = 2;

/// What a slot remembers of the visits of a session's client, in two bytes: whether there was one since the
/// clock hand last passed, and the time of the first.
///
/// The time is a number of units, modulo [`Visits::PERIOD`] (nearly four days): a client that first comes
/// back again after three days or more may need one more visit to be established.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visits(u16);

impl Visits {
    const REFERENCED: u16 = 1 << 15;
    /// No visit yet.
    const NEVER: u16 = Self::REFERENCED - 1;
    const PERIOD: i64 = 1 << 15;
    /// A first visit more than this many units ago was at a clock that was ahead.
    const AHEAD: i64 = Self::PERIOD / 4 * 3;

    pub(super) const NONE: Visits = Visits(Self::NEVER);

    pub(super) fn is_referenced(self) -> bool {
        self.0 & Self::REFERENCED != 0
    }

    pub(super) fn set_referenced(&mut self, referenced: bool) {
        self.0 = self.0 & !Self::REFERENCED | if referenced { Self::REFERENCED } else { 0 };
    }

    /// The rank that a visit gives to a session below [`Rank::Established`].
    pub(super) fn rank_at(&mut self, now: i64) -> Rank {
        let unit = now.div_euclid(UNIT);
        let first = self.0 & Self::NEVER;
        let ago = (unit - i64::from(first)) & (Self::PERIOD - 1);
        if ago < APART && first != Self::NEVER {
            return Rank::Returned;
        }
        if first == Self::NEVER || ago > Self::AHEAD {
            self.begin(unit);
            return Rank::Returned;
        }
        let minute = |unit: i64| unit.div_euclid(UNITS_OF_MINUTE);
        if minute(unit) == minute(unit - ago) { Rank::Returned } else { Rank::Established }
    }

    /// Notes the first visit. The last unit of a period stands for none: there it is a unit earlier.
    fn begin(&mut self, unit: i64) {
        let unit = u16::try_from(unit & (Self::PERIOD - 1)).unwrap_or(0).min(Self::NEVER - 1);
        self.0 = self.0 & Self::REFERENCED | unit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_763_754_720_000;
    const SECOND: i64 = 1000;
    const DAY: i64 = 24 * 60 * 60 * SECOND;

    fn after(seconds: &[i64]) -> Rank {
        let mut visits = Visits::NONE;
        seconds.iter().map(|second| visits.rank_at(START + second * SECOND)).last().unwrap()
    }

    #[test]
    fn two_minutes_establish() {
        assert_eq!(after(&[0]), Rank::Returned);
        assert_eq!(after(&[0, 1, 15, 30, 59]), Rank::Returned, "all in one minute");
        assert_eq!(after(&[59, 60, 61, 62]), Rank::Returned, "a burst around the full minute");
        assert_eq!(after(&[45, 75]), Rank::Established);
        assert_eq!(after(&[0, 1, 61]), Rank::Established);
        assert_eq!(after(&[0, 2 * DAY / SECOND]), Rank::Established);
    }

    #[test]
    fn a_clock_that_was_ahead_does_not_count() {
        assert_eq!(after(&[1800, 0]), Rank::Returned);
        assert_eq!(after(&[1800, 0, 120]), Rank::Established);
    }

    #[test]
    fn however_late_a_client_comes_back_two_more_visits_are_enough() {
        for days in 1..40 {
            let late = days * DAY / SECOND;
            assert_eq!(after(&[0, late, late + 60]), Rank::Established, "{days}");
        }
    }

    #[test]
    fn any_time_is_accepted() {
        for start in [i64::MIN, -DAY, -1, 0, i64::MAX - 10 * DAY] {
            let mut visits = Visits::NONE;
            assert_eq!(visits.rank_at(start), Rank::Returned);
            assert_eq!(visits.rank_at(start), Rank::Returned);
            assert_eq!(visits.rank_at(start + 120 * SECOND), Rank::Established);
        }
    }

    #[test]
    fn the_reference_is_kept_apart() {
        let mut visits = Visits::NONE;
        visits.set_referenced(true);
        assert_eq!(visits.rank_at(START), Rank::Returned);
        assert!(visits.is_referenced());
        visits.set_referenced(false);
        assert_eq!(visits.rank_at(START + 120 * SECOND), Rank::Established);
        assert!(!visits.is_referenced());
    }
}
