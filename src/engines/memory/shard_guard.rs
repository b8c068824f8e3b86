//! A locked shard.

use std::sync::MutexGuard;

use super::events::Kind;
use super::shard::{Key, Shard, Tally};
use super::slot::{Entry, Standing};
use super::state::State;

/// A locked shard. Dropping the guard updates the totals, unlocks the shard, and only then handles what was
/// removed: memory is never freed, and watchers are never told, while the lock is held.
pub(super) struct ShardGuard<'a> {
    state: &'a State,
    /// Taken on drop.
    guard: Option<MutexGuard<'a, Option<Box<Shard>>>>,
    /// What the totals contain of this shard.
    settled: Tally,
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
    pub(super) fn new(state: &'a State, guard: MutexGuard<'a, Option<Box<Shard>>>) -> Self {
        let settled = guard.as_ref().map(|shard| shard.tally()).unwrap_or_default();
        ShardGuard { state, guard: Some(guard), settled, removed: Vec::new() }
    }

    pub(super) fn shard(&mut self) -> Option<&mut Shard> {
        self.guard.as_mut()?.as_deref_mut()
    }

    pub(super) fn shard_or_new(&mut self, now: u64) -> &mut Shard {
        let guard = self.guard.as_mut().expect("the guard is taken on drop");
        guard.get_or_insert_with(|| Box::new(Shard::new(now)))
    }

    pub(super) fn take_shard(&mut self) -> Option<Box<Shard>> {
        self.guard.as_mut()?.take()
    }

    /// The slot of the session with this key, if it is live. An expired session is removed.
    pub(super) fn live(&mut self, key: &Key<'_>, now: u64) -> Option<u32> {
        let shard = self.shard()?;
        let slot = shard.find(key)?;
        let entry = shard.entry(slot);
        if entry.standing == Standing::Tombstone {
            return None;
        }
        if entry.deadline > now {
            return Some(slot);
        }
        let expired = shard.remove(slot);
        self.removed.push((Some(Kind::Expired), expired));
        None
    }

    /// Updates the totals.
    pub(super) fn settle(&mut self) {
        let shard = self.guard.as_ref().and_then(|guard| guard.as_ref());
        let now = shard.map(|shard| shard.tally()).unwrap_or_default();
        let before = std::mem::replace(&mut self.settled, now);
        let totals = &self.state.totals;
        totals.sessions.change(before.sessions(), now.sessions());
        totals.probation.change(before.of(Standing::Probation), now.of(Standing::Probation));
        totals.tombstones.change(before.of(Standing::Tombstone), now.of(Standing::Tombstone));
        totals.bytes.change(before.bytes, now.bytes);
    }
}
