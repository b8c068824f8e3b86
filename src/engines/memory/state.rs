//! What the shards of a store share.

use std::sync::Arc;

use super::super::removal::Kind;
use super::clock::SystemClock;
use super::events::Watchers;
use super::limits::{Bound, Limits};
use super::revisions::Revisions;
use super::slot::Entry;
use super::spared::Spared;
use super::stats::{Counters, Counts, Stats};
use super::tally::Totals;
use crate::codec::template::Templates;

pub(super) struct State {
    pub(super) templates: Arc<Templates>,
    pub(super) watchers: Arc<Watchers>,
    pub(super) limits: Limits,
    pub(super) totals: Totals,
    pub(super) counters: Counters,
    pub(super) revisions: Revisions,
    pub(super) spared: Spared,
    pub(super) clock: SystemClock,
}

impl State {
    pub(super) fn new(limits: Limits, watchers: Watchers) -> Self {
        State {
            templates: Arc::new(Templates::new()),
            watchers: Arc::new(watchers),
            limits: limits.normalized(),
            totals: Totals::default(),
            counters: Counters::default(),
            revisions: Revisions::new(limits.max_bytes),
            spared: Spared::default(),
            clock: SystemClock::default(),
        }
    }

    /// Counts a removed session and tells the watchers. Without watchers, returns the record to be freed.
    pub(super) fn record_removal(&self, kind: Kind, removed: Entry) -> Option<Box<[u8]>> {
        match kind {
            Kind::Expired => self.counters.expired.add(),
            Kind::Destroyed => self.counters.destroyed.add(),
            Kind::Evicted | Kind::Replaced => {}
        }
        if self.watchers.want(kind) {
            self.watchers.tell(kind, removed);
            return None;
        }
        Some(removed.record)
    }

    /// The bound that is exceeded now.
    pub(super) fn exceeded(&self) -> Option<Bound> {
        if self.limits.max_sessions.is_some_and(|max| self.totals.sessions.get() > max) {
            Some(Bound::Sessions)
        } else if self.max_bytes().is_some_and(|max| self.totals.bytes.get() > max) {
            Some(Bound::Bytes)
        } else {
            None
        }
    }

    /// The bytes that sessions and tombstones may take together. While somebody watches, there is room for
    /// removals beside them.
    pub(super) fn max_bytes(&self) -> Option<u64> {
        Some(self.limits.max_bytes? - self.watchers.reserved())
    }

    pub(super) fn limit_of(&self, bound: Bound) -> u64 {
        let limit = match bound {
            Bound::Sessions => self.limits.max_sessions,
            Bound::Bytes => self.max_bytes(),
        };
        limit.unwrap_or(u64::MAX)
    }

    pub(super) fn count_eviction(&self, bound: Bound) {
        match bound {
            Bound::Sessions => self.counters.evicted_for_sessions.add(),
            Bound::Bytes => self.counters.evicted_for_bytes.add(),
        }
    }

    /// `counts`: those of all shards.
    pub(super) fn stats(&self, counts: Counts) -> Stats {
        let State { totals, counters, limits, .. } = self;
        Stats {
            sessions: totals.sessions.get(),
            bytes: totals.bytes.get() + self.watchers.bytes(),
            tombstones: totals.tombstones.get(),
            limits: *limits,
            hits: counts.hits,
            misses: counts.misses,
            sets: counts.sets,
            touches: counts.touches,
            destroyed: counters.destroyed.get(),
            expired: counters.expired.get(),
            evicted_for_sessions: counters.evicted_for_sessions.get(),
            evicted_for_bytes: counters.evicted_for_bytes.get(),
            lost: self.watchers.lost(),
        }
    }
}
