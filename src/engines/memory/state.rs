//! What the shards of a store share.

use std::sync::Arc;

use super::events::{Kind, Watchers};
use super::limits::{Bound, Limits};
use super::revisions::Revisions;
use super::slot::Entry;
use super::stats::{Counters, Stats, Totals};
use crate::codec::template::Templates;

pub(super) struct State {
    pub(super) templates: Arc<Templates>,
    pub(super) watchers: Arc<Watchers>,
    pub(super) limits: Limits,
    pub(super) totals: Totals,
    pub(super) counters: Counters,
    pub(super) revisions: Revisions,
}

impl State {
    pub(super) fn new(limits: Limits) -> Self {
        State {
            templates: Arc::new(Templates::new()),
            watchers: Arc::default(),
            limits: limits.normalized(),
            totals: Totals::default(),
            counters: Counters::default(),
            revisions: Revisions::default(),
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
        self.limits.exceeded(self.totals.sessions.get(), self.totals.bytes.get())
    }

    pub(super) fn count_eviction(&self, bound: Bound) {
        match bound {
            Bound::Sessions => self.counters.evicted_for_sessions.add(),
            Bound::Bytes => self.counters.evicted_for_bytes.add(),
        }
    }

    pub(super) fn stats(&self) -> Stats {
        let State { totals, counters, limits, .. } = self;
        Stats {
            sessions: totals.sessions.get(),
            bytes: totals.bytes.get(),
            tombstones: totals.tombstones.get(),
            limits: *limits,
            hits: counters.hits.get(),
            misses: counters.misses.get(),
            sets: counters.sets.get(),
            touches: counters.touches.get(),
            destroyed: counters.destroyed.get(),
            expired: counters.expired.get(),
            evicted_for_sessions: counters.evicted_for_sessions.get(),
            evicted_for_bytes: counters.evicted_for_bytes.get(),
        }
    }
}
