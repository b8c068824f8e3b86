//! Counters of a store.

use std::sync::atomic::{AtomicU64, Ordering};

use super::limits::Limits;

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

/// What nearly every call counts. Each shard counts for itself, under its lock: one counter for the whole store would
/// travel from core to core with each call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) sets: u64,
    pub(super) touches: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Counts) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.sets += other.sets;
        self.touches += other.touches;
    }
}

/// What is counted less often, for the whole store.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) destroyed: Counter,
    pub(super) expired: Counter,
    pub(super) evicted_for_sessions: Counter,
    pub(super) evicted_for_bytes: Counter,
}
