//! Numbers for creations of sessions, by which a late save knows whether what it had loaded is
//! still the same session.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts births. Slots and requests keep the lower half of a number.
#[derive(Debug, Default)]
pub(super) struct Births {
    last: AtomicU64,
    /// Up to here, that a session was destroyed may have been forgotten: a tombstone went before
    /// its time, or everything was cleared. A late save from before then is dropped, unless the
    /// session is there to prove itself.
    forgotten: AtomicU64,
}

impl Births {
    pub(super) fn next(&self) -> u32 {
        low(self.last.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// The last that was given out.
    pub(super) fn last(&self) -> u32 {
        low(self.last.load(Ordering::Acquire))
    }

    pub(super) fn forget(&self, born: u32) {
        self.forgotten.fetch_max(self.whole(born), Ordering::AcqRel);
    }

    pub(super) fn forget_all(&self) {
        self.forgotten.fetch_max(self.last.load(Ordering::Acquire), Ordering::AcqRel);
    }

    pub(super) fn may_be_forgotten(&self, born: u32) -> bool {
        self.whole(born) <= self.forgotten.load(Ordering::Acquire)
    }

    /// The whole number of a birth. (Right for the last four billion births; one older than that
    /// is taken for younger.)
    fn whole(&self, born: u32) -> u64 {
        let last = self.last.load(Ordering::Acquire);
        last.saturating_sub(u64::from(low(last).wrapping_sub(born)))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn low(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_up_to_a_birth() {
        let births = Births::default();
        let [a, b, c] = [births.next(), births.next(), births.next()];
        assert_eq!([a, b, c, births.last()], [1, 2, 3, 3]);
        assert!(!births.may_be_forgotten(a));
        births.forget(b);
        births.forget(a);
        assert_eq!([a, b, c].map(|born| births.may_be_forgotten(born)), [true, true, false]);
        births.forget_all();
        assert!(births.may_be_forgotten(c));
        assert!(!births.may_be_forgotten(births.next()));
    }

    #[test]
    fn goes_on_past_four_billion() {
        let births = Births { last: AtomicU64::new(u64::from(u32::MAX) - 1), ..Births::default() };
        let before = births.next();
        let after = births.next();
        assert_eq!((before, after), (u32::MAX, 0));
        births.forget(before);
        assert!(births.may_be_forgotten(before));
        assert!(!births.may_be_forgotten(after));
        assert!(!births.may_be_forgotten(births.next()));
    }
}
