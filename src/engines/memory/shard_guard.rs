//! A locked shard.

use std::sync::MutexGuard;

use super::super::removal::Kind;
use super::shard::{Key, Shard};
use super::slot::Entry;
use super::state::State;
use super::stats::Counts;
use super::tally::Tally;

/// What the lock of a shard guards.
#[derive(Debug, Default)]
pub(super) struct Guarded {
    /// `None` until the first session: empty stores are small.
    shard: Option<Box<Shard>>,
    counts: Counts,
}

/// A locked shard. Dropping the guard updates the totals, unlocks the shard, and only then handles what was
/// removed: memory is never freed, and watchers are never told, while the lock is held.
pub(super) struct ShardGuard<'a> {
    state: &'a State,
    /// Taken on drop.
    guard: Option<MutexGuard<'a, Guarded>>,
    /// Removed entries, and why they were removed. `None`: the entry only has to be freed.
    pub(super) removed: Vec<(Option<Kind>, Entry)>,
}

impl Drop for ShardGuard<'_> {
    fn drop(&mut self) {
        self.settle();
        self.guard = None;
        for (kind, entry) in self.removed.drain(..) {
            if let Some(kind) = kind {
                self.state.record_removal(kind, entry);
            }
        }
    }
}

impl<'a> ShardGuard<'a> {
    pub(super) fn new(state: &'a State, guard: MutexGuard<'a, Guarded>) -> Self {
        ShardGuard { state, guard: Some(guard), removed: Vec::new() }
    }

    pub(super) fn shard(&mut self) -> Option<&mut Shard> {
        self.guard.as_mut()?.shard.as_deref_mut()
    }

    pub(super) fn counts(&mut self) -> &mut Counts {
        &mut self.guarded().counts
    }

    fn guarded(&mut self) -> &mut Guarded {
        self.guard.as_mut().expect("the guard is taken on drop")
    }

    pub(super) fn shard_or_new(&mut self, now: i64) -> &mut Shard {
        self.guarded().shard.get_or_insert_with(|| Box::new(Shard::new(now)))
    }

    pub(super) fn take_shard(&mut self) -> Option<Box<Shard>> {
        let shard = self.guarded().shard.take()?;
        self.state.totals.change(&shard.settled(), &Tally::default());
        Some(shard)
    }

    /// The slot of the session with this key, if it is live for a reader who sees the time `now`. What has
    /// expired is removed, unless it is still valid on the system's clock: the reader's may be wrong.
    pub(super) fn live(&mut self, key: &Key<'_>, now: i64) -> Option<u32> {
        let shard = self.shard()?;
        let slot = shard.find(key)?;
        let deadline = shard.entry(slot).deadline;
        if deadline > now {
            return Some(slot);
        }
        if deadline <= self.state.clock.now() {
            self.expire(slot);
        }
        None
    }

    /// The same for a caller who writes over the session or destroys it: what has expired goes first.
    pub(super) fn unexpired(&mut self, key: &Key<'_>, now: i64) -> Option<u32> {
        let shard = self.shard()?;
        let slot = shard.find(key)?;
        if shard.entry(slot).deadline > now {
            return Some(slot);
        }
        self.expire(slot);
        None
    }

    fn expire(&mut self, slot: u32) {
        let Some(shard) = self.shard() else { return };
        let expired = shard.remove(slot);
        self.removed.push((Some(Kind::Expired), expired));
        self.settle();
    }

    /// Updates the totals.
    pub(super) fn settle(&mut self) {
        let totals = &self.state.totals;
        if let Some(shard) = self.shard() {
            shard.settle(totals);
        }
    }
}
