//! Removing expired and cleared sessions in small steps.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::super::removal::Kind;
use super::shard::Shard;
use super::slot::Entry;
use super::store::{MemoryStore, UNKNOWN};

/// Steps for which one shard's lock is held.
const STEPS: usize = 256;

/// What a sweep has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct Swept {
    /// Number of sessions that had expired.
    pub expired: usize,
    /// Number of records that were freed: expired, cleared and evicted ones.
    pub freed: usize,
    /// Whether there is more to do at once.
    pub more: bool,
}

impl MemoryStore {
    /// Removes what has expired, what was cleared, and what exceeds the bounds, in at most about `budget`
    /// steps. No lock is held for more than 256 of them.
    pub fn sweep(&self, now: i64, budget: usize) -> Swept {
        self.sweep_into(now, budget, &mut Vec::new())
    }

    /// Like [`Self::sweep`], for a caller who frees the records later: records that no watcher gets are moved
    /// to `to_free`.
    pub fn sweep_into(&self, now: i64, budget: usize, to_free: &mut Vec<Box<[u8]>>) -> Swept {
        let mut swept = Swept::default();
        let mut left = self.sweep_cleared(budget, &mut swept, to_free);
        // A caller that sweeps for a time after the system's believes that time.
        let latest = self.state.clock.now().max(now);
        for _ in 0..self.shard_count() {
            if left == 0 {
                swept.more = true;
                return swept;
            }
            let at = self.sweep_hand.fetch_add(1, Ordering::Relaxed) % self.shard_count();
            let steps = left.min(STEPS);
            let expire = |shard: &mut Shard, expired: &mut Vec<_>| {
                let forgotten = shard.expire_tombstones(latest, steps);
                forgotten + shard.expire(now, steps - forgotten, expired)
            };
            let used = self.sweep_shard(at, &mut swept, to_free, expire);
            swept.more |= used == steps;
            left -= used;
        }
        let evicted = self.relieve(left);
        if self.state.exceeded().is_none() {
            self.state.spared.forget();
        }
        swept.freed += evicted;
        swept.more |= evicted == left;
        swept
    }

    /// Like [`Self::sweep`], and removes what has expired in the current tick too, which the wheel leaves for
    /// the next time. For callers who count what is left.
    pub fn sweep_to_now(&self, now: i64, budget: usize) -> Swept {
        let mut swept = self.sweep(now, budget);
        let (mut left, before) = (budget, swept.expired);
        let mut is_cut = false;
        let mut to_free = Vec::new();
        for at in 0..self.shard_count() {
            let steps = left.min(STEPS);
            let expire = |shard: &mut Shard, expired: &mut Vec<_>| shard.expire_tick(now, steps, expired);
            let used = self.sweep_shard(at, &mut swept, &mut to_free, expire);
            is_cut |= used == steps;
            left -= used;
        }
        // Where none had expired, more calls would look at the same ones.
        swept.more |= is_cut && swept.expired > before;
        swept
    }

    /// Removes some of what has expired for the caller and on the system's clock too. Returns whether there
    /// may be more.
    pub fn sweep_certain(&self, now: i64, budget: usize) -> bool {
        self.note_time(now);
        now != UNKNOWN && self.sweep_to_now(now.min(self.state.clock.now()), budget).more
    }

    /// The number of sessions that have not expired for the caller.
    pub fn count(&self, now: i64, budget: usize) -> u64 {
        let more = self.sweep_certain(now, budget);
        let is_swept = !more && now <= self.state.clock.now();
        let count_shard = |at| self.lock(at).shard().map_or(0, |shard| shard.count(now, is_swept));
        (0..self.shard_count()).map(count_shard).sum()
    }

    /// Calls `expire` on a shard, and handles what it removed after unlocking. Returns the steps it took.
    fn sweep_shard(
        &self,
        at: usize,
        swept: &mut Swept,
        to_free: &mut Vec<Box<[u8]>>,
        expire: impl FnOnce(&mut Shard, &mut Vec<Entry>) -> usize,
    ) -> usize {
        let mut guard = self.lock(at);
        let Some(shard) = guard.shard() else { return 0 };
        let mut expired = Vec::new();
        let steps = expire(shard, &mut expired);
        if shard.is_empty() {
            // Drops the wheel and the arrays too, after unlocking.
            let empty = guard.take_shard();
            drop(guard);
            drop(empty);
        } else {
            drop(guard);
        }
        for entry in expired {
            swept.freed += 1;
            swept.expired += 1;
            to_free.extend(self.state.record_removal(Kind::Expired, entry));
        }
        steps
    }

    /// Empties cleared shards. Returns what is left of the budget.
    pub(super) fn sweep_cleared(
        &self,
        budget: usize,
        swept: &mut Swept,
        to_free: &mut Vec<Box<[u8]>>,
    ) -> usize {
        let mut left = budget;
        while left > 0 {
            let cleared = self.cleared.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut cleared) = cleared else { return left };
            while left > 0 {
                let Some(entry) = cleared.shard.pop() else { break };
                left -= 1;
                swept.freed += 1;
                match cleared.at {
                    Some(at) => {
                        let kind = if entry.deadline <= at { Kind::Expired } else { Kind::Destroyed };
                        to_free.extend(self.state.record_removal(kind, entry));
                    }
                    None => to_free.push(entry.record),
                }
            }
            if cleared.shard.has_sessions() {
                self.cleared.lock().unwrap_or_else(PoisonError::into_inner).push(cleared);
            }
        }
        swept.more = true;
        0
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, Rank};
    use super::*;
    use crate::codec::encoding::Encoding;

    #[test]
    fn to_now_includes_the_current_tick() {
        let store = MemoryStore::new(Limits::default());
        // All deadlines are in one tick. It begins at a multiple of 256.
        for (id, deadline) in [(&b"a"[..], 5121), (b"b", 5122), (b"c", 5123), (b"d", 5124)] {
            store.write_text(id, b"{}", Encoding::Ascii, deadline, Rank::New, 5120).unwrap();
        }
        assert_eq!(store.sweep(5123, 100).expired, 0);
        assert_eq!(store.sweep_to_now(5123, 100).expired, 3);
        assert_eq!(store.len(), 1);
        assert_eq!(store.peek(b"d", 5123, |_| ()), Some(()));
    }

    #[test]
    fn more_than_the_budget_may_expire_in_the_current_tick() {
        let fill = |deadlines: [i64; 4]| {
            let store = MemoryStore::new(Limits::default());
            store.state.clock.set(5122);
            for (id, deadline) in [b"a", b"b", b"c", b"d"].into_iter().zip(deadlines) {
                store.write_text(id, b"{}", Encoding::Ascii, deadline, Rank::New, 5120).unwrap();
            }
            store
        };
        for deadlines in [[5121; 4], [5123, 5123, 5123, 5121], [5121, 5123, 5123, 5123]] {
            let valid = deadlines.iter().filter(|deadline| **deadline == 5123).count() as u64;
            assert_eq!(fill(deadlines).count(5122, 3), valid);
        }
        let store = fill([5121; 4]);
        while store.sweep_to_now(5122, 3).more {}
        assert_eq!(store.len(), 0);
        assert!(!fill([5123; 4]).sweep_to_now(5122, 3).more, "no loop");
    }
}
