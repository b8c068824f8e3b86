//! Destroying sessions, and remembering that they were destroyed.

use std::sync::PoisonError;

use super::events::Kind;
use super::record;
use super::shard::ClearedShard;
use super::shard_guard::ShardGuard;
use super::slot::{Entry, Standing};
use super::store::MemoryStore;

/// How long a destroyed id is remembered: longer than any request should take.
pub const TOMBSTONE_MS: u64 = 24 * 60 * 60 * 1000;
/// Tombstones that a store with one shard may always keep.
const TOMBSTONES: u64 = 1024;
/// Tombstones that each of many shards may always keep.
const TOMBSTONES_OF_SHARD: u64 = 16;

impl MemoryStore {
    /// Removes a session and returns whether it existed. The id is remembered for [`TOMBSTONE_MS`]: a request
    /// that had loaded the session does not bring it back. The id is remembered even if there was no session,
    /// because one may have been loaded before it expired.
    pub fn destroy(&self, id: &[u8], now: u64) -> bool {
        self.note_time(now);
        let (at, key) = self.key(id);
        let mut guard = self.lock(at);
        let deadline = now.saturating_add(TOMBSTONE_MS);
        let live = guard.live(&key, now);
        if let Some(slot) = live {
            let removed = guard.shard_or_new(now).turn_into_tombstone(slot, &key.id, deadline);
            guard.removed.push((Some(Kind::Destroyed), removed));
        } else if guard.shard_or_new(now).find(&key).is_none() {
            let (form, record) = record::tombstone(&key.id);
            // Whatever was loaded under this id has this revision or an earlier one.
            let revision = self.state.revisions.last();
            let standing = Standing::Tombstone;
            let tombstone = Entry { record, deadline, revision, template: 0, form, standing };
            guard.shard_or_new(now).insert(&key, tombstone);
        }
        self.limit_tombstones(&mut guard);
        self.make_room(guard, None);
        live.is_some()
    }

    /// Removes all sessions. [`Self::sweep`] frees their memory step by step.
    pub fn clear(&self, now: u64) {
        self.note_time(now);
        self.clear_shards(Some(now));
    }

    /// Clears a store that nobody uses any more. Watchers are not told.
    pub fn discard(&self) {
        self.clear_shards(None);
    }

    fn clear_shards(&self, now: Option<u64>) {
        // This comes first: no late save may get into a shard that is already empty.
        self.state.revisions.forget_all();
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

    /// Removes a shard's oldest tombstone if there are too many.
    fn limit_tombstones(&self, guard: &mut ShardGuard<'_>) {
        let always = if self.shard_count() == 1 { TOMBSTONES } else { TOMBSTONES_OF_SHARD };
        let Some(shard) = guard.shard() else { return };
        let max = always.max(shard.tally().sessions() / 4);
        if shard.tally().of(Standing::Tombstone) > max
            && let Some(slot) = shard.victim(Standing::Tombstone, None)
        {
            let oldest = shard.remove(slot);
            self.state.revisions.forget(oldest.revision);
            guard.removed.push((None, oldest));
        }
    }
}
