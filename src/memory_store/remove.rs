//! Destroying and clearing, and not forgetting it.

use std::sync::PoisonError;

use super::events::Kind;
use super::held::Held;
use super::record;
use super::shard::Remains;
use super::slot::Standing;
use super::store::MemoryStore;
use super::sweep::Grave;

/// How long a destroyed id is remembered: longer than any request should take.
pub const TOMBSTONE_MS: u64 = 24 * 60 * 60 * 1000;
/// Tombstones that any store may keep, and a shard of many.
const TOMBSTONES: u64 = 1024;
const TOMBSTONES_OF_SHARD: u64 = 16;

impl MemoryStore {
    /// Removes a session and returns whether there was one. Its id is remembered for
    /// [`TOMBSTONE_MS`], so that a request that had loaded it does not bring it back; also if there
    /// was none, because it may have been loaded before it expired.
    pub fn destroy(&self, id: &[u8], now: u64) -> bool {
        self.saw(now);
        let (at, key) = self.key(id);
        let mut held = self.hold(at);
        let until = now.saturating_add(TOMBSTONE_MS);
        let live = held.live(&key, now);
        if let Some(slot) = live {
            let remains = held.shard_or_new(now).entomb(slot, &key.id, until);
            held.gone.push((Some(Kind::Destroyed), remains));
        } else if held.shard_or_new(now).find(&key).is_none() {
            let (form, record) = record::tombstone(&key.id);
            // Whatever was loaded under this id was born before now.
            let born = self.births.last();
            let standing = Standing::Tombstone;
            let remains = Remains { record, deadline: until, born, template: 0, form, standing };
            held.shard_or_new(now).insert(&key, remains);
        }
        self.limit_tombstones(&mut held);
        self.make_room(held, None);
        live.is_some()
    }

    /// Removes all sessions. Their memory is given back by [`Self::sweep`], step by step.
    pub fn clear(&self, now: u64) {
        self.saw(now);
        self.bury_all(Some(now));
    }

    /// [`Self::clear`] for a store that nobody uses any more, so that nobody needs to be told.
    pub fn discard(&self) {
        self.bury_all(None);
    }

    fn bury_all(&self, cleared: Option<u64>) {
        // First, so that no late save slips in behind the hand that empties the shards.
        self.births.forget_all();
        for at in 0..self.shard_count() {
            let mut held = self.hold(at);
            let shard = held.take_shard();
            drop(held);
            if let Some(shard) = shard {
                self.graves.lock().unwrap_or_else(PoisonError::into_inner).push(Grave { shard, cleared });
            }
        }
    }

    /// Drops a shard's oldest tombstone if there are too many.
    fn limit_tombstones(&self, held: &mut Held<'_>) {
        let least = if self.shard_count() == 1 { TOMBSTONES } else { TOMBSTONES_OF_SHARD };
        let Some(shard) = held.shard() else { return };
        let most = least.max(shard.tally().sessions() / 4);
        if shard.tally().of(Standing::Tombstone) > most
            && let Some(slot) = shard.victim(Standing::Tombstone, None)
        {
            let oldest = shard.remove(slot);
            self.births.forget(oldest.born);
            held.gone.push((None, oldest));
        }
    }
}
