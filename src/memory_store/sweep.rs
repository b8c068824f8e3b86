//! Taking away what has expired, in small steps.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::events::Kind;
use super::shard::{Remains, Shard};
use super::slot::Standing;
use super::store::MemoryStore;

/// Steps for which one shard's lock is held.
const STEPS: usize = 256;

/// A shard that was cleared, waiting to be taken apart.
#[derive(Debug)]
pub(super) struct Grave {
    pub(super) shard: Box<Shard>,
    /// When. `None`: nobody is to be told.
    pub(super) cleared: Option<u64>,
}

/// What a sweep has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct Swept {
    /// How many sessions had expired.
    pub expired: usize,
    /// How many records were freed: those, cleared ones and evicted ones.
    pub freed: usize,
    /// Whether there is more to do at once.
    pub more: bool,
}

impl MemoryStore {
    /// Takes away expired sessions, what was cleared, and what is too much since the bounds were
    /// lowered, in at most about `budget` steps. No lock is held for more than 256 of them.
    pub fn sweep(&self, now: u64, budget: usize) -> Swept {
        self.sweep_into(now, budget, &mut Vec::new())
    }

    /// [`Self::sweep`] for a caller who wants to free the records in its own good time: those that no
    /// watcher gets are put into `spoil`.
    pub fn sweep_into(&self, now: u64, budget: usize, spoil: &mut Vec<Box<[u8]>>) -> Swept {
        let mut swept = Swept::default();
        let mut left = self.dig(budget, &mut swept, spoil);
        for _ in 0..self.shard_count() {
            if left == 0 {
                swept.more = true;
                return swept;
            }
            let next = self.sweep_hand.fetch_add(1, Ordering::Relaxed);
            left -= self.sweep_shard(next % self.shard_count(), now, left.min(STEPS), &mut swept, spoil);
        }
        let evicted = self.relieve(None, left);
        swept.freed += evicted;
        swept.more |= evicted == left;
        swept
    }

    /// [`Self::sweep`], and then what has expired in the tick that is not over, which the wheel leaves
    /// for the next time: for callers who count what is left.
    pub fn sweep_to_now(&self, now: u64, budget: usize) -> Swept {
        let mut swept = self.sweep(now, budget);
        let mut left = budget;
        let mut spoil = Vec::new();
        for at in 0..self.shard_count() {
            let expire = |shard: &mut Shard, dead: &mut Vec<_>| shard.expire_tick(now, left.min(STEPS), dead);
            left -= self.clear_shard(at, &mut swept, &mut spoil, expire);
        }
        swept
    }

    fn sweep_shard(
        &self,
        at: usize,
        now: u64,
        budget: usize,
        swept: &mut Swept,
        spoil: &mut Vec<Box<[u8]>>,
    ) -> usize {
        let steps = self.clear_shard(at, swept, spoil, |shard, dead| shard.expire(now, budget, dead));
        swept.more |= steps == budget;
        steps
    }

    fn clear_shard(
        &self,
        at: usize,
        swept: &mut Swept,
        spoil: &mut Vec<Box<[u8]>>,
        expire: impl FnOnce(&mut Shard, &mut Vec<Remains>) -> usize,
    ) -> usize {
        let mut held = self.hold(at);
        let Some(shard) = held.shard() else { return 0 };
        let mut dead = Vec::new();
        let steps = expire(shard, &mut dead);
        if shard.is_empty() {
            // The wheel and the arrays go too. (The memory itself after the lock is released.)
            let empty = held.take_shard();
            drop(held);
            drop(empty);
        } else {
            drop(held);
        }
        for remains in dead {
            swept.freed += 1;
            if remains.standing == Standing::Tombstone {
                // A request that began before may still be running.
                self.births.forget(remains.born);
            } else {
                swept.expired += 1;
                spoil.extend(self.bury(Kind::Expired, remains));
            }
        }
        steps
    }

    /// Takes cleared shards apart. Returns what is left of the budget.
    fn dig(&self, budget: usize, swept: &mut Swept, spoil: &mut Vec<Box<[u8]>>) -> usize {
        let mut left = budget;
        while left > 0 {
            let grave = self.graves.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut grave) = grave else { return left };
            while left > 0 {
                let Some(remains) = grave.shard.dig() else { break };
                left -= 1;
                swept.freed += 1;
                match grave.cleared {
                    Some(cleared) if remains.standing != Standing::Tombstone => {
                        let late = remains.deadline <= cleared;
                        spoil.extend(self.bury(if late { Kind::Expired } else { Kind::Destroyed }, remains));
                    }
                    _ => spoil.push(remains.record),
                }
            }
            if !grave.shard.is_empty() {
                self.graves.lock().unwrap_or_else(PoisonError::into_inner).push(grave);
            }
        }
        swept.more = true;
        0
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Encoding, Limits};
    use super::*;

    #[test]
    fn to_now_takes_what_expired_in_the_tick_that_is_not_over() {
        let store = MemoryStore::new(Limits::default());
        // All in one tick, which begins at a multiple of 256.
        for (id, deadline) in [(&b"a"[..], 5121), (b"b", 5122), (b"c", 5123), (b"d", 5124)] {
            store.write_text(id, b"{}", Encoding::Ascii, deadline, false, 5120).unwrap();
        }
        assert_eq!(store.sweep(5123, 100).expired, 0);
        assert_eq!(store.sweep_to_now(5123, 100).expired, 3);
        assert_eq!(store.len(), 1);
        assert_eq!(store.peek(b"d", 5123, |_| ()), Some(()));
    }
}
