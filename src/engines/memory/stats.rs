//! Counters of a store.

use std::sync::atomic::{AtomicU64, Ordering};

use super::limits::Limits;
use super::rank::Rank;
use super::shard::{Sum, Tally};
use super::tombstones::TOMBSTONE;

/// What a store holds and has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Sessions held.
    pub sessions: u64,
    /// Bytes of memory that they take, with tombstones, removals that wait for watchers, and overhead.
    pub bytes: u64,
    /// Destroyed ids that the store still remembers.
    pub tombstones: u64,
    /// The bounds.
    pub limits: Limits,
    /// Reads that found a session.
    pub hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Sessions written.
    pub sets: u64,
    /// Sessions touched.
    pub touches: u64,
    /// Sessions destroyed or cleared.
    pub destroyed: u64,
    /// Sessions that expired.
    pub expired: u64,
    /// Sessions evicted because of `max_sessions`.
    pub evicted_for_sessions: u64,
    /// Sessions evicted because of `max_bytes`.
    pub evicted_for_bytes: u64,
    /// Removals that a watcher was not told of, because there were too many.
    pub lost: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) hits: Counter,
    pub(super) misses: Counter,
    pub(super) sets: Counter,
    pub(super) touches: Counter,
    pub(super) destroyed: Counter,
    pub(super) expired: Counter,
    pub(super) evicted_for_sessions: Counter,
    pub(super) evicted_for_bytes: Counter,
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
