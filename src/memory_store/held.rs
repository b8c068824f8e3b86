//! A locked shard.

use std::sync::MutexGuard;

use super::events::Kind;
use super::shard::{Key, Remains, Shard, Tally};
use super::slot::Standing;
use super::store::MemoryStore;

/// A locked shard. Letting go of it brings the totals up to date, unlocks, and only then deals
/// with what was removed: the lock is never held while memory is freed or watchers are told.
pub(super) struct Held<'a> {
    store: &'a MemoryStore,
    /// Taken when it is let go.
    guard: Option<MutexGuard<'a, Option<Box<Shard>>>>,
    /// What the totals know of this shard.
    settled: Tally,
    /// What was removed, and as what; `None` if it only has to be freed.
    pub(super) gone: Vec<(Option<Kind>, Remains)>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.settle();
        self.guard = None;
        for (kind, remains) in self.gone.drain(..) {
            if let Some(kind) = kind {
                self.store.bury(kind, remains);
            }
        }
    }
}

impl<'a> Held<'a> {
    pub(super) fn new(store: &'a MemoryStore, guard: MutexGuard<'a, Option<Box<Shard>>>) -> Self {
        let settled = guard.as_ref().map(|shard| shard.tally()).unwrap_or_default();
        Held { store, guard: Some(guard), settled, gone: Vec::new() }
    }

    pub(super) fn shard(&mut self) -> Option<&mut Shard> {
        self.guard.as_mut()?.as_deref_mut()
    }

    pub(super) fn shard_or_new(&mut self, now: u64) -> &mut Shard {
        let guard = self.guard.as_mut().expect("held until dropped");
        guard.get_or_insert_with(|| Box::new(Shard::new(now)))
    }

    pub(super) fn take_shard(&mut self) -> Option<Box<Shard>> {
        self.guard.as_mut()?.take()
    }

    /// The session of a key, if there is one now. One that has expired is removed.
    pub(super) fn live(&mut self, key: &Key<'_>, now: u64) -> Option<u32> {
        let shard = self.shard()?;
        let slot = shard.find(key)?;
        let at = shard.slot(slot);
        if at.standing == Standing::Tombstone {
            return None;
        }
        if at.deadline > now {
            return Some(slot);
        }
        let remains = shard.remove(slot);
        self.gone.push((Some(Kind::Expired), remains));
        None
    }

    /// Brings the totals up to date.
    pub(super) fn settle(&mut self) {
        let shard = self.guard.as_ref().and_then(|guard| guard.as_ref());
        let now = shard.map(|shard| shard.tally()).unwrap_or_default();
        let before = std::mem::replace(&mut self.settled, now);
        let totals = &self.store.totals;
        totals.sessions.change(before.sessions(), now.sessions());
        totals.probation.change(before.of(Standing::Probation), now.of(Standing::Probation));
        totals.tombstones.change(before.of(Standing::Tombstone), now.of(Standing::Tombstone));
        totals.bytes.change(before.bytes, now.bytes);
    }
}
