//! Destroying sessions, and remembering that they were destroyed.

use std::sync::PoisonError;

use super::super::removal::Kind;
use super::shard::ClearedShard;
use super::shard_guard::ShardGuard;
use super::store::MemoryStore;
use super::sweep::Swept;

/// How long a destroyed id is remembered: longer than any request should take.
pub const TOMBSTONE_MS: i64 = 24 * 60 * 60 * 1000;
/// Tombstones that a store with one shard may always keep.
const TOMBSTONES: u64 = 1024;
/// Sessions of an earlier clear that a clear frees before it looks again.
const CLEARED_AT_ONCE: usize = 4096;
/// Tombstones that each of many shards may always keep.
const TOMBSTONES_OF_SHARD: u64 = 16;

impl MemoryStore {
    /// Removes a session and returns whether it existed. The id is remembered for [`TOMBSTONE_MS`]: a request
    /// that had loaded the session does not bring it back. The id is remembered even if there was no session,
    /// because one may have been loaded before it expired.
    pub fn destroy(&self, id: &[u8], now: i64) -> bool {
        self.note_time(now);
        let (at, key) = self.key(id);
        let mut guard = self.lock(at);
        let live = guard.unexpired(&key, now);
        let shard = guard.shard_or_new(now);
        // Whatever was loaded under this id has this revision or an earlier one.
        let up_to = self.state.revisions.last();
        let until = self.state.clock.now().max(now).saturating_add(TOMBSTONE_MS);
        shard.add_tombstone(&key, up_to, until);
        if let Some(slot) = live {
            let removed = shard.remove(slot);
            self.state.revisions.destroy(removed.revision);
            guard.removed.push((Some(Kind::Destroyed), removed));
        }
        self.limit_tombstones(&mut guard);
        self.make_room(guard, None);
        live.is_some()
    }

    /// Removes all sessions. [`Self::sweep`] frees their memory step by step.
    pub fn clear(&self, now: i64) {
        self.note_time(now);
        self.clear_shards(Some(now));
    }

    /// Clears a store that nobody uses any more. Watchers are not told.
    pub fn discard(&self) {
        self.clear_shards(None);
    }

    fn clear_shards(&self, now: Option<i64>) {
        // What was cleared before is not counted in the bounds: it does not pile up.
        while self.sweep_cleared(CLEARED_AT_ONCE, &mut Swept::default(), &mut Vec::new()) == 0 {}
        // This comes first: no late save may get into a shard that is already empty.
        self.state.revisions.destroy_all();
        for at in 0..self.shard_count() {
            let mut guard = self.lock(at);
            let shard = guard.take_shard();
            drop(guard);
            if let Some(shard) = shard {
                let mut cleared = self.cleared.lock().unwrap_or_else(PoisonError::into_inner);
                cleared.push(ClearedShard { shard, at: now });
            }
        }
    }

    /// Forgets a shard's oldest tombstone if there are too many.
    fn limit_tombstones(&self, guard: &mut ShardGuard<'_>) {
        let always = if self.shard_count() == 1 { TOMBSTONES } else { TOMBSTONES_OF_SHARD };
        let Some(shard) = guard.shard() else { return };
        let max = always.max(shard.tally().sessions() / 4);
        if shard.tally().tombstones > max {
            shard.forget_tombstone();
        }
    }
}
