//! Numbers for the creations of sessions. By its revision a late save finds out whether the session that
//! its request had loaded is still the same one.

use std::sync::atomic::{AtomicU64, Ordering};

/// Gives out revisions. Slots and requests keep the lower half of a number.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    last: AtomicU64,
    /// Destructions at or below this revision may be forgotten: a tombstone went early, or everything was
    /// cleared. A late save of such a revision is dropped unless its session still exists.
    forgotten: AtomicU64,
}

impl Revisions {
    pub(super) fn next(&self) -> u32 {
        low(self.last.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// The most recent revision.
    pub(super) fn last(&self) -> u32 {
        low(self.last.load(Ordering::Acquire))
    }

    pub(super) fn forget(&self, revision: u32) {
        self.forgotten.fetch_max(self.whole(revision), Ordering::AcqRel);
    }

    pub(super) fn forget_all(&self) {
        self.forgotten.fetch_max(self.last.load(Ordering::Acquire), Ordering::AcqRel);
    }

    pub(super) fn may_be_forgotten(&self, revision: u32) -> bool {
        self.whole(revision) <= self.forgotten.load(Ordering::Acquire)
    }

    /// The whole number of a revision. This is right for the last four billion revisions; an older one is
    /// taken for a newer one.
    fn whole(&self, revision: u32) -> u64 {
        let last = self.last.load(Ordering::Acquire);
        last.saturating_sub(u64::from(low(last).wrapping_sub(revision)))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is intended")]
fn low(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_up_to_a_revision() {
        let revisions = Revisions::default();
        let [a, b, c] = [revisions.next(), revisions.next(), revisions.next()];
        assert_eq!([a, b, c, revisions.last()], [1, 2, 3, 3]);
        assert!(!revisions.may_be_forgotten(a));
        revisions.forget(b);
        revisions.forget(a);
        assert_eq!([a, b, c].map(|revision| revisions.may_be_forgotten(revision)), [true, true, false]);
        revisions.forget_all();
        assert!(revisions.may_be_forgotten(c));
        assert!(!revisions.may_be_forgotten(revisions.next()));
    }

    #[test]
    fn continues_past_four_billion() {
        let revisions = Revisions { last: AtomicU64::new(u64::from(u32::MAX) - 1), ..Revisions::default() };
        let before = revisions.next();
        let after = revisions.next();
        assert_eq!((before, after), (u32::MAX, 0));
        revisions.forget(before);
        assert!(revisions.may_be_forgotten(before));
        assert!(!revisions.may_be_forgotten(after));
        assert!(!revisions.may_be_forgotten(revisions.next()));
    }
}
