//! One shard: the sessions of some of the ids, and every index of them. Under a shard's lock, its table,
//! wheel and queues agree.

use super::record::{self, Parts};
use super::ring::{self, ByQueue};
use super::slot::{Entry, Links, NIL, Slot, Standing, index, number};
use super::table::Table;
use super::wheel::Wheel;
use crate::codec::id::Id;

/// How many protected sessions the clock hand passes at most before it takes a referenced one.
const CLOCK_STEPS: usize = 16;
/// Arrays below this length never shrink.
const SHRINK_FROM: usize = 64;

/// An id and its hash.
pub(super) struct Key<'a> {
    pub(super) id: Id<'a>,
    pub(super) hash: u32,
}

/// What a shard holds, for the store's totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) standing: [u64; Standing::COUNT],
    pub(super) bytes: u64,
}

impl Tally {
    pub(super) fn of(&self, standing: Standing) -> u64 {
        self.standing[standing.index()]
    }

    pub(super) fn sessions(&self) -> u64 {
        self.of(Standing::Probation) + self.of(Standing::Protected)
    }
}

/// A shard that was cleared and waits to be freed.
#[derive(Debug)]
pub(super) struct ClearedShard {
    pub(super) shard: Box<Shard>,
    /// When it was cleared. `None`: watchers are not told.
    pub(super) at: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Shard {
    table: Table,
    slots: Vec<Slot>,
    wheel: Wheel,
    queues: [u32; Standing::COUNT],
    tally: Tally,
}

impl Shard {
    pub(super) fn new(now: u64) -> Self {
        Shard {
            table: Table::default(),
            slots: Vec::new(),
            wheel: Wheel::new(now),
            queues: [NIL; Standing::COUNT],
            tally: Tally::default(),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
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
    pub(super) fn holds(&self, slot: u32, revision: u32, now: u64) -> bool {
        self.slots.get(index(slot)).is_some_and(|Slot { entry, .. }| {
            entry.revision == revision && entry.standing != Standing::Tombstone && entry.deadline > now
        })
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Adds an entry whose id is not in the shard.
    pub(super) fn insert(&mut self, key: &Key<'_>, entry: Entry) -> u32 {
        let slot = number(self.slots.len());
        let standing = entry.standing;
        if self.slots.len() == self.slots.capacity() {
            // Grows by a quarter instead of doubling: the array is a fifth of all memory.
            self.slots.reserve_exact((self.slots.len() / 4).max(8));
        }
        self.tally.standing[standing.index()] += 1;
        self.tally.bytes += entry.cost();
        self.slots.push(Slot {
            entry,
            hash: key.hash,
            bucket: 0,
            referenced: false,
            queue: Links::NONE,
            wheel: Links::NONE,
        });
        self.wheel.file(&mut self.slots, slot);
        ring::push::<ByQueue>(&mut self.queues[standing.index()], &mut self.slots, slot);
        self.table.insert(&self.slots);
        slot
    }

    /// Removes an entry from every index. The last slot takes its number.
    pub(super) fn remove(&mut self, slot: u32) -> Entry {
        let at = index(slot);
        self.table.remove(self.slots[at].hash, slot);
        self.wheel.unfile(&mut self.slots, slot);
        let standing = self.slots[at].entry.standing;
        ring::remove::<ByQueue>(&mut self.queues[standing.index()], &mut self.slots, slot);
        let removed = self.slots.swap_remove(at).entry;
        let last = number(self.slots.len());
        if last != slot {
            self.moved(last, slot);
        }
        self.tally.standing[standing.index()] -= 1;
        self.tally.bytes -= removed.cost();
        self.shrink();
        removed
    }

    fn moved(&mut self, from: u32, to: u32) {
        self.table.renumber(self.slots[index(to)].hash, from, to);
        self.wheel.moved(&mut self.slots, from, to);
        let queue = self.slots[index(to)].entry.standing.index();
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
        deadline: u64,
        keep: bool,
    ) -> Option<Entry> {
        let entry = &mut self.slots[index(slot)].entry;
        let form = parts.form(id, deadline);
        let old = if entry.record.len() == parts.len(id, form) && !keep {
            parts.overwrite(id, form, &mut entry.record);
            None
        } else {
            Some(self.swap_record(slot, parts.build(id, form)))
        };
        self.relabel(slot, form, parts.template());
        self.set_deadline(slot, deadline);
        old
    }

    pub(super) fn swap_record(&mut self, slot: u32, record: Box<[u8]>) -> Entry {
        let entry = &mut self.slots[index(slot)].entry;
        let old = Entry { record: std::mem::replace(&mut entry.record, record), ..*entry };
        self.tally.bytes += entry.cost();
        self.tally.bytes -= old.cost();
        old
    }

    pub(super) fn relabel(&mut self, slot: u32, form: record::Form, template: u16) {
        let entry = &mut self.slots[index(slot)].entry;
        entry.form = form;
        entry.template = template;
    }

    pub(super) fn set_deadline(&mut self, slot: u32, deadline: u64) {
        let old = std::mem::replace(&mut self.slots[index(slot)].entry.deadline, deadline);
        // The wheel finds a later deadline by itself. It would find an earlier one too late.
        if deadline < old {
            self.wheel.unfile(&mut self.slots, slot);
            self.wheel.file(&mut self.slots, slot);
        }
    }

    /// A client came back with this session's id.
    pub(super) fn mark_returned(&mut self, slot: u32) {
        match self.slots[index(slot)].entry.standing {
            Standing::Probation => self.set_standing(slot, Standing::Protected),
            Standing::Protected => {
                // Writes only if needed: the cache line may be shared with another thread.
                if !self.slots[index(slot)].referenced {
                    self.slots[index(slot)].referenced = true;
                }
            }
            Standing::Tombstone => {}
        }
    }

    fn set_standing(&mut self, slot: u32, standing: Standing) {
        let old = self.slots[index(slot)].entry.standing;
        ring::remove::<ByQueue>(&mut self.queues[old.index()], &mut self.slots, slot);
        self.slots[index(slot)].entry.standing = standing;
        ring::push::<ByQueue>(&mut self.queues[standing.index()], &mut self.slots, slot);
        self.tally.standing[old.index()] -= 1;
        self.tally.standing[standing.index()] += 1;
    }

    /// Turns a session into a tombstone. Returns the session.
    pub(super) fn turn_into_tombstone(&mut self, slot: u32, id: &Id<'_>, deadline: u64) -> Entry {
        let (form, record) = record::tombstone(id);
        let removed = self.swap_record(slot, record);
        self.relabel(slot, form, 0);
        self.set_standing(slot, Standing::Tombstone);
        self.set_deadline(slot, deadline);
        removed
    }

    /// The entry of a standing that is evicted next. `spare` is the revision of a session that must stay.
    pub(super) fn victim(&mut self, standing: Standing, spare: Option<u32>) -> Option<u32> {
        let head = self.queues[standing.index()];
        if head == NIL {
            return None;
        }
        if standing == Standing::Protected {
            return self.advance_clock(spare);
        }
        if standing == Standing::Tombstone || Some(self.entry(head).revision) != spare {
            return Some(head);
        }
        let next = self.slots[index(head)].queue.next;
        (next != head).then_some(next)
    }

    /// Second chance: a referenced session goes to the end of the queue, no longer referenced.
    fn advance_clock(&mut self, spare: Option<u32>) -> Option<u32> {
        let head = &mut self.queues[Standing::Protected.index()];
        for _ in 0..CLOCK_STEPS {
            let slot = &mut self.slots[index(*head)];
            if !slot.referenced && Some(slot.entry.revision) != spare {
                return Some(*head);
            }
            slot.referenced = false;
            // In a ring, moving the head makes the first slot the last.
            *head = slot.queue.next;
        }
        (Some(self.slots[index(*head)].entry.revision) != spare).then_some(*head)
    }

    /// Looks at up to `budget` slots that may have expired, and moves the expired entries to `expired`.
    /// Returns how many slots it looked at. Fewer than `budget` means that there are no more.
    pub(super) fn expire(&mut self, now: u64, budget: usize, expired: &mut Vec<Entry>) -> usize {
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
    pub(super) fn expire_tick(&mut self, now: u64, max: usize, expired: &mut Vec<Entry>) -> usize {
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
        let mut tally = Tally::default();
        for standing in [Standing::Probation, Standing::Protected, Standing::Tombstone] {
            for slot in ring::walk::<ByQueue>(self.queues[standing.index()], &self.slots) {
                assert_eq!(self.entry(slot).standing, standing);
                tally.standing[standing.index()] += 1;
                tally.bytes += self.entry(slot).cost();
            }
        }
        assert_eq!(tally, self.tally);
        assert_eq!(tally.standing.iter().sum::<u64>(), self.slots.len() as u64);
    }
}
