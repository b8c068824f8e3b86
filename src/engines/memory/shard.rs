//! One shard: the sessions of some of the ids, and every index of them. Under a shard's lock, its table,
//! wheel and queues agree.

use std::collections::TryReserveError;

use super::rank::{Rank, Visits};
use super::record::{self, Parts};
use super::ring::{self, ByQueue};
use super::slot::{Entry, Links, NIL, Slot, index, number};
use super::spared::{Revisions, Spared};
use super::table::Table;
use super::tally::{Tally, Totals};
use super::tombstones::Tombstones;
use super::wheel::Wheel;
use crate::codec::id::Id;

/// How many sessions the clock hand passes at most before it takes a referenced one.
const CLOCK_STEPS: usize = 16;
/// Arrays below this length never shrink.
const SHRINK_FROM: usize = 64;

/// An id and its hash.
pub(super) struct Key<'a> {
    pub(super) id: Id<'a>,
    /// The part of the hash that slots keep.
    pub(super) hash: u32,
    pub(super) whole_hash: u64,
}

/// A shard that was cleared and waits to be freed.
#[derive(Debug)]
pub(super) struct ClearedShard {
    pub(super) shard: Box<Shard>,
    /// When it was cleared. `None`: watchers are not told.
    pub(super) at: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Shard {
    table: Table,
    slots: Vec<Slot>,
    wheel: Wheel,
    queues: [u32; Rank::COUNT],
    tombstones: Tombstones,
    tally: Tally,
    /// Whether `tally` has changed since it was added to the store's totals.
    is_unsettled: bool,
    /// The tally as the totals have it.
    settled: Tally,
}

impl Shard {
    pub(super) fn new(now: i64) -> Self {
        Shard {
            table: Table::default(),
            slots: Vec::new(),
            wheel: Wheel::new(now),
            queues: [NIL; Rank::COUNT],
            tombstones: Tombstones::default(),
            tally: Tally::default(),
            is_unsettled: false,
            settled: Tally::default(),
        }
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Updates the store's totals.
    pub(super) fn settle(&mut self, totals: &Totals) {
        if self.is_unsettled {
            self.is_unsettled = false;
            totals.change(&self.settled, &self.tally);
            self.settled = self.tally;
        }
    }

    /// The tally that the store's totals have.
    pub(super) fn settled(&self) -> Tally {
        self.settled
    }

    pub(super) fn has_sessions(&self) -> bool {
        !self.slots.is_empty()
    }

    /// Whether it holds nothing: no sessions, and no tombstones.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.tombstones.len() == 0
    }

    pub(super) fn find(&self, key: &Key<'_>) -> Option<u32> {
        self.table.find(key.hash, |slot| {
            let slot = &self.slots[index(slot)];
            slot.hash == key.hash && record::is_of(&slot.entry.record, slot.entry.form, &key.id)
        })
    }

    pub(super) fn entry(&self, slot: u32) -> &Entry {
        &self.slots[index(slot)].entry
    }

    /// Whether the slot still holds this revision of a session, and the session has not expired.
    pub(super) fn holds(&self, slot: u32, revision: u32, now: i64) -> bool {
        self.slots
            .get(index(slot))
            .is_some_and(|Slot { entry, .. }| entry.revision == revision && entry.deadline > now)
    }

    /// The number of sessions that have not expired. `is_swept`: none are left in the ticks that are over.
    pub(super) fn count(&self, now: i64, is_swept: bool) -> u64 {
        if is_swept && !self.wheel.is_beyond(now) {
            let tick = self.wheel.current(&self.slots, usize::MAX);
            let expired = tick.iter().filter(|slot| self.entry(**slot).deadline <= now).count();
            return (self.slots.len() - expired) as u64;
        }
        self.slots.iter().filter(|slot| slot.entry.deadline > now).count() as u64
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Makes room for one more entry.
    pub(super) fn try_reserve(&mut self) -> Result<(), TryReserveError> {
        if self.slots.len() == self.slots.capacity() {
            // Grows by a quarter instead of doubling: the array is a fifth of all memory.
            self.slots.try_reserve_exact((self.slots.len() / 4).max(8))?;
        }
        self.table.try_reserve(&self.slots)
    }

    /// Adds an entry whose id is not in the shard, and for which [`Self::try_reserve`] has made room.
    pub(super) fn insert(&mut self, key: &Key<'_>, entry: Entry) -> u32 {
        let slot = number(self.slots.len());
        let rank = entry.rank;
        self.count_in(rank, entry.cost());
        self.slots.push(Slot {
            entry,
            hash: key.hash,
            bucket: 0,
            visits: Visits::NONE,
            queue: Links::NONE,
            wheel: Links::NONE,
        });
        self.wheel.file(&mut self.slots, slot);
        ring::push::<ByQueue>(&mut self.queues[rank.index()], &mut self.slots, slot);
        self.table.insert(&self.slots);
        slot
    }

    /// Removes an entry from every index. The last slot takes its number.
    pub(super) fn remove(&mut self, slot: u32) -> Entry {
        let at = index(slot);
        self.table.remove(self.slots[at].hash, slot);
        self.wheel.unfile(&mut self.slots, slot);
        let rank = self.slots[at].entry.rank;
        ring::remove::<ByQueue>(&mut self.queues[rank.index()], &mut self.slots, slot);
        let removed = self.slots.swap_remove(at).entry;
        let last = number(self.slots.len());
        if last != slot {
            self.moved(last, slot);
        }
        self.discount(rank, removed.cost());
        self.shrink();
        removed
    }

    fn count_in(&mut self, rank: Rank, bytes: u64) {
        let sum = &mut self.tally.ranks[rank.index()];
        sum.sessions += 1;
        sum.bytes += bytes;
        self.is_unsettled = true;
    }

    fn discount(&mut self, rank: Rank, bytes: u64) {
        let sum = &mut self.tally.ranks[rank.index()];
        sum.sessions -= 1;
        sum.bytes -= bytes;
        self.is_unsettled = true;
    }

    fn moved(&mut self, from: u32, to: u32) {
        self.table.renumber(self.slots[index(to)].hash, from, to);
        self.wheel.moved(&mut self.slots, from, to);
        let queue = self.slots[index(to)].entry.rank.index();
        ring::moved::<ByQueue>(&mut self.queues[queue], &mut self.slots, from, to);
    }

    /// Gives memory back when three quarters of it are unused.
    fn shrink(&mut self) {
        let len = self.slots.len();
        if self.slots.capacity() >= SHRINK_FROM && len < self.slots.capacity() / 4 {
            self.slots.shrink_to(len + len / 2);
            self.table.shrink(&self.slots);
        }
    }

    /// Replaces the text of a session. Returns the old entry, unless the new text was written over the old
    /// one. That happens if both have the same length and the caller does not want to `keep` the old one.
    pub(super) fn replace(
        &mut self,
        slot: u32,
        id: &Id<'_>,
        parts: &Parts<'_>,
        deadline: i64,
        keep: bool,
    ) -> Result<Option<Entry>, TryReserveError> {
        let entry = &mut self.slots[index(slot)].entry;
        let form = parts.form(id, deadline);
        let old = if entry.record.len() == parts.len(id, form) && !keep {
            parts.overwrite(id, form, &mut entry.record);
            None
        } else {
            Some(self.swap_record(slot, parts.build(id, form)?))
        };
        self.relabel(slot, form, parts.template());
        self.set_deadline(slot, deadline);
        Ok(old)
    }

    pub(super) fn swap_record(&mut self, slot: u32, record: Box<[u8]>) -> Entry {
        let entry = &mut self.slots[index(slot)].entry;
        let old = Entry { record: std::mem::replace(&mut entry.record, record), ..*entry };
        let (new_cost, old_cost) = (entry.cost(), old.cost());
        if new_cost != old_cost {
            let sum = &mut self.tally.ranks[old.rank.index()];
            sum.bytes = sum.bytes + new_cost - old_cost;
            self.is_unsettled = true;
        }
        old
    }

    pub(super) fn relabel(&mut self, slot: u32, form: record::Form, template: u16) {
        let entry = &mut self.slots[index(slot)].entry;
        entry.form = form;
        entry.template = template;
    }

    pub(super) fn set_deadline(&mut self, slot: u32, deadline: i64) {
        let old = std::mem::replace(&mut self.slots[index(slot)].entry.deadline, deadline);
        // The wheel finds a later deadline by itself. It would find an earlier one too late.
        if deadline < old {
            self.wheel.unfile(&mut self.slots, slot);
            self.wheel.file(&mut self.slots, slot);
        }
    }

    /// A client came back with this session's id.
    pub(super) fn came_back(&mut self, slot: u32, now: i64) {
        let Slot { entry, visits, .. } = &mut self.slots[index(slot)];
        if entry.rank < Rank::Established {
            let rank = visits.rank_at(now);
            if rank > entry.rank {
                self.set_rank(slot, rank);
                return;
            }
        }
        let visits = &mut self.slots[index(slot)].visits;
        // Writes only if needed: the cache line may be shared with another thread.
        if !visits.is_referenced() {
            visits.set_referenced(true);
        }
    }

    /// Raises the rank of a session. A rank never falls.
    pub(super) fn raise(&mut self, slot: u32, rank: Rank) {
        if rank > self.entry(slot).rank {
            self.set_rank(slot, rank);
        }
    }

    fn set_rank(&mut self, slot: u32, rank: Rank) {
        let entry = &mut self.slots[index(slot)].entry;
        let (old, cost) = (entry.rank, entry.cost());
        ring::remove::<ByQueue>(&mut self.queues[old.index()], &mut self.slots, slot);
        let moved = &mut self.slots[index(slot)];
        moved.entry.rank = rank;
        moved.visits.set_referenced(false);
        ring::push::<ByQueue>(&mut self.queues[rank.index()], &mut self.slots, slot);
        self.discount(old, cost);
        self.count_in(rank, cost);
    }

    /// The session of a rank that is evicted next.
    pub(super) fn victim(&mut self, rank: Rank, spared: &Spared) -> Option<u32> {
        if self.queues[rank.index()] == NIL {
            return None;
        }
        let spared = &*spared.lock();
        if rank != Rank::New {
            self.advance_clock(rank, spared);
        }
        let head = self.queues[rank.index()];
        let mut slot = head;
        while spared.has(self.entry(slot).revision) {
            slot = self.slots[index(slot)].queue.next;
            if slot == head {
                return None;
            }
        }
        Some(slot)
    }

    /// Second chance: a referenced session goes to the end of the queue, no longer referenced.
    fn advance_clock(&mut self, rank: Rank, spared: &Revisions) {
        let head = &mut self.queues[rank.index()];
        for _ in 0..CLOCK_STEPS {
            let slot = &mut self.slots[index(*head)];
            if !slot.visits.is_referenced() && !spared.has(slot.entry.revision) {
                return;
            }
            slot.visits.set_referenced(false);
            // In a ring, moving the head makes the first slot the last.
            *head = slot.queue.next;
        }
    }

    /// Remembers that the sessions of an id were destroyed, up to a revision.
    pub(super) fn add_tombstone(&mut self, key: &Key<'_>, up_to: u64, until: i64) {
        self.tombstones.add(key.whole_hash, up_to, until);
        self.count_tombstones();
    }

    /// Whether a session of this id, with this revision or a later one, was destroyed.
    pub(super) fn has_tombstone(&self, key: &Key<'_>, revision: u64) -> bool {
        self.tombstones.cover(key.whole_hash, revision)
    }

    /// Forgets the oldest tombstone. Returns whether there was one.
    pub(super) fn forget_tombstone(&mut self) -> bool {
        let forgotten = self.tombstones.forget_oldest();
        self.count_tombstones();
        forgotten
    }

    /// Forgets up to `max` tombstones whose time is over. Returns how many.
    pub(super) fn expire_tombstones(&mut self, system: i64, max: usize) -> usize {
        let forgotten = self.tombstones.expire(system, max);
        if forgotten > 0 {
            self.count_tombstones();
        }
        forgotten
    }

    fn count_tombstones(&mut self) {
        self.tally.tombstones = self.tombstones.len() as u64;
        self.is_unsettled = true;
    }

    /// Looks at up to `budget` slots that may have expired, and moves the expired entries to `expired`.
    /// Returns how many slots it looked at. Fewer than `budget` means that there are no more.
    pub(super) fn expire(&mut self, now: i64, budget: usize, expired: &mut Vec<Entry>) -> usize {
        if self.wheel.is_ahead_of(now) {
            self.wheel.rebuild(&mut self.slots, now);
        }
        for step in 0..budget {
            let Some(slot) = self.wheel.due(now) else { return step };
            if self.entry(slot).deadline <= now {
                expired.push(self.remove(slot));
            } else {
                self.wheel.unfile(&mut self.slots, slot);
                self.wheel.file(&mut self.slots, slot);
            }
        }
        budget
    }

    /// Moves the expired entries of the current tick to `expired`. Looks at up to `max` slots, and returns
    /// how many.
    pub(super) fn expire_tick(&mut self, now: i64, max: usize, expired: &mut Vec<Entry>) -> usize {
        let mut slots = self.wheel.current(&self.slots, max);
        let looked_at = slots.len();
        slots.retain(|slot| self.entry(*slot).deadline <= now);
        // From the highest number down: removing a slot renumbers none below it.
        slots.sort_unstable_by(|one, other| other.cmp(one));
        expired.extend(slots.into_iter().map(|slot| self.remove(slot)));
        looked_at
    }

    /// Takes the last entry of a shard that is no longer in use.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        self.slots.pop().map(|slot| slot.entry)
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        self.table.check(&self.slots);
        self.wheel.check(&self.slots);
        self.tombstones.check();
        let mut tally = Tally { tombstones: self.tombstones.len() as u64, ..Tally::default() };
        for rank in Rank::ALL {
            for slot in ring::walk::<ByQueue>(self.queues[rank.index()], &self.slots) {
                assert_eq!(self.entry(slot).rank, rank);
                tally.ranks[rank.index()].sessions += 1;
                tally.ranks[rank.index()].bytes += self.entry(slot).cost();
            }
        }
        assert_eq!(tally, self.tally);
        assert_eq!(tally.sessions(), self.slots.len() as u64);
    }
}
