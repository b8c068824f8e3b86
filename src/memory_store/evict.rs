//! Which session goes when there is no room. `docs/eviction.md` has the measurements.
//!
//! Tombstones go first if it is bytes that are short. Then those on probation, oldest first: no
//! client ever came back with them. Those that a client came back to go, by second chance, only
//! when the ones on probation are no more than a tenth: a new session needs a place to prove
//! itself in.

use super::events::Kind;
use super::held::Held;
use super::limits::{Bound, Limits};
use super::slot::Standing;
use super::store::MemoryStore;

/// The part of all sessions that remains on probation even if the others fill the store.
const PROBATION: u64 = 10;
/// What one call evicts at most. A bound that was lowered, or a session as large as thousands of
/// others, is caught up with by the calls that follow, and by the sweep.
const MOST: usize = 1024;
/// What a call takes from another shard before it goes on to the next, so that all give alike.
const FROM_OTHER: usize = 8;

impl MemoryStore {
    /// Changes the bounds. What is too much goes at once, or soon if it is a lot.
    pub fn set_limits(&self, limits: Limits, now: u64) {
        self.saw(now);
        self.bounds.set(limits);
        self.relieve(None, MOST);
    }

    /// Lets go of a shard that something was added to, and evicts until the bounds hold. `spare`
    /// is the birth of the session that must stay.
    pub(super) fn make_room(&self, mut held: Held<'_>, spare: Option<u32>) {
        held.settle();
        if self.exceeded().is_none() {
            return;
        }
        let evicted = self.evict(&mut held, spare, MOST, false);
        drop(held);
        self.relieve(spare, MOST - evicted);
    }

    /// Evicts from any shard until the bounds hold, at most `most`. Returns how many it evicted.
    pub(super) fn relieve(&self, spare: Option<u32>, most: usize) -> usize {
        let mut evicted = 0;
        // First those whose turn it is; if no shard has such a one, any.
        for any in [false, true] {
            loop {
                let before = evicted;
                for _ in 0..self.shard_count() {
                    if evicted == most || self.exceeded().is_none() {
                        return evicted;
                    }
                    let next = self.hand.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let mut held = self.hold(next % self.shard_count());
                    evicted += self.evict(&mut held, spare, FROM_OTHER.min(most - evicted), any);
                }
                if evicted == before {
                    break;
                }
            }
        }
        evicted
    }

    pub(super) fn exceeded(&self) -> Option<Bound> {
        self.bounds.exceeded(self.totals.sessions.get(), self.totals.bytes.get())
    }

    /// Evicts from this shard while a bound is exceeded and the shard has one whose turn it is.
    fn evict(&self, held: &mut Held<'_>, spare: Option<u32>, most: usize, any: bool) -> usize {
        for evicted in 0..most {
            let Some(bound) = self.exceeded() else { return evicted };
            let Some(shard) = held.shard() else { return evicted };
            let turn = self.turn(bound);
            let victim = shard.victim(turn, spare).or_else(|| {
                let all = [Standing::Probation, Standing::Protected];
                any.then(|| all.into_iter().find_map(|standing| shard.victim(standing, spare))).flatten()
            });
            let Some(slot) = victim else { return evicted };
            let remains = shard.remove(slot);
            if remains.standing == Standing::Tombstone {
                self.births.forget(remains.born);
                held.gone.push((None, remains));
            } else {
                self.count_eviction(bound, remains.standing);
                held.gone.push((Some(Kind::Evicted), remains));
            }
            held.settle();
        }
        most
    }

    fn turn(&self, bound: Bound) -> Standing {
        let sessions = self.totals.sessions.get();
        let probation = self.totals.probation.get();
        if bound == Bound::Bytes && self.totals.tombstones.get() > 0 {
            Standing::Tombstone
        } else if probation * PROBATION > sessions || probation >= sessions {
            Standing::Probation
        } else {
            Standing::Protected
        }
    }
}
