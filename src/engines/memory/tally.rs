//! What the shards hold, and the store's sum of it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::rank::Rank;
use super::tombstones::TOMBSTONE;

/// Sessions and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) sessions: u64,
    pub(super) bytes: u64,
}

/// What a shard holds, for the store's totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) ranks: [Sum; Rank::COUNT],
    pub(super) tombstones: u64,
}

impl Tally {
    pub(super) fn sessions(&self) -> u64 {
        self.ranks.iter().map(|sum| sum.sessions).sum()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.ranks.iter().map(|sum| sum.bytes).sum::<u64>() + self.tombstones * TOMBSTONE
    }
}

/// One figure of all shards' tallies. It is updated under their locks, so reading it needs none.
#[derive(Debug, Default)]
pub(super) struct Total(AtomicU64);

impl Total {
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Adds a difference, which may be negative: then the sum wraps around.
    fn add(&self, difference: u64) {
        if difference != 0 {
            self.0.fetch_add(difference, Ordering::AcqRel);
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct RankTotals {
    pub(super) sessions: Total,
    pub(super) bytes: Total,
}

#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) sessions: Total,
    /// Those of tombstones included.
    pub(super) bytes: Total,
    pub(super) tombstones: Total,
    pub(super) ranks: [RankTotals; Rank::COUNT],
}

impl Totals {
    pub(super) fn change(&self, before: &Tally, after: &Tally) {
        let tombstones = after.tombstones.wrapping_sub(before.tombstones);
        let mut sum = Sum { sessions: 0, bytes: tombstones.wrapping_mul(TOMBSTONE) };
        for (total, (before, after)) in self.ranks.iter().zip(before.ranks.iter().zip(&after.ranks)) {
            let sessions = after.sessions.wrapping_sub(before.sessions);
            let bytes = after.bytes.wrapping_sub(before.bytes);
            total.sessions.add(sessions);
            total.bytes.add(bytes);
            sum.sessions = sum.sessions.wrapping_add(sessions);
            sum.bytes = sum.bytes.wrapping_add(bytes);
        }
        self.sessions.add(sum.sessions);
        self.bytes.add(sum.bytes);
        self.tombstones.add(tombstones);
    }
}
