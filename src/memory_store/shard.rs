//! One shard: the sessions of some of the ids, and everything that finds them. Whoever holds a
//! shard's lock sees the table, the wheel and the queues agree.

use super::id::Id;
use super::record::{self, Form, Parts};
use super::ring::{self, ByQueue};
use super::slot::{Links, NIL, Slot, Standing, number, place};
use super::table::Table;
use super::wheel::Wheel;

/// How many of the protected the clock's hand passes at most before it takes one that was seen.
const CLOCK_STEPS: usize = 16;
/// Arrays below this length are not worth giving memory back for.
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

/// What was in a slot that is gone: dropped, and told to watchers, after the lock is released.
#[derive(Debug)]
pub(super) struct Remains {
    pub(super) record: Box<[u8]>,
    pub(super) deadline: u64,
    pub(super) born: u32,
    pub(super) template: u16,
    pub(super) form: Form,
    pub(super) standing: Standing,
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
            let slot = &self.slots[place(slot)];
            slot.hash == key.hash && record::is_of(&slot.record, slot.form, &key.id)
        })
    }

    pub(super) fn slot(&self, slot: u32) -> &Slot {
        &self.slots[place(slot)]
    }

    /// Whether a session that was seen in a slot is still there, and has not expired.
    pub(super) fn holds(&self, slot: u32, born: u32, now: u64) -> bool {
        self.slots.get(place(slot)).is_some_and(|slot| {
            slot.born == born && slot.standing != Standing::Tombstone && slot.deadline > now
        })
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Adds a session whose id is not there.
    pub(super) fn insert(&mut self, key: &Key<'_>, remains: Remains) -> u32 {
        let slot = number(self.slots.len());
        let Remains { record, deadline, born, template, form, standing } = remains;
        if self.slots.len() == self.slots.capacity() {
            // By a quarter, not by doubling: the array is a fifth of all memory.
            self.slots.reserve_exact((self.slots.len() / 4).max(8));
        }
        self.tally.standing[standing.index()] += 1;
        self.tally.bytes += record::cost(record.len());
        self.slots.push(Slot {
            record,
            deadline,
            wheel: Links::NONE,
            queue: Links::NONE,
            hash: key.hash,
            born,
            bucket: 0,
            template,
            form,
            standing,
            seen: false,
        });
        self.wheel.file(&mut self.slots, slot);
        ring::push::<ByQueue>(&mut self.queues[standing.index()], &mut self.slots, slot);
        self.table.insert(&self.slots);
        slot
    }

    /// Takes an entry out of everything. The last slot takes its number.
    pub(super) fn remove(&mut self, slot: u32) -> Remains {
        let at = place(slot);
        self.table.remove(self.slots[at].hash, slot);
        self.wheel.unfile(&mut self.slots, slot);
        let standing = self.slots[at].standing;
        ring::remove::<ByQueue>(&mut self.queues[standing.index()], &mut self.slots, slot);
        let gone = self.slots.swap_remove(at);
        let last = number(self.slots.len());
        if last != slot {
            self.moved(last, slot);
        }
        self.tally.standing[standing.index()] -= 1;
        self.tally.bytes -= record::cost(gone.record.len());
        self.shrink();
        Remains {
            record: gone.record,
            deadline: gone.deadline,
            born: gone.born,
            template: gone.template,
            form: gone.form,
            standing,
        }
    }

    fn moved(&mut self, from: u32, to: u32) {
        self.table.renumber(self.slots[place(to)].hash, from, to);
        self.wheel.moved(&mut self.slots, from, to);
        let queue = self.slots[place(to)].standing.index();
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

    /// Puts another text into a session. The old record comes back, unless the new one could be
    /// written over it and nobody wants to `keep` it.
    pub(super) fn replace(
        &mut self,
        slot: u32,
        id: &Id<'_>,
        parts: &Parts<'_>,
        deadline: u64,
        keep: bool,
    ) -> Option<Remains> {
        let at = &mut self.slots[place(slot)];
        let form = parts.form(id, deadline);
        let old = if at.record.len() == parts.len(id, form) && !keep {
            parts.overwrite(id, form, &mut at.record);
            None
        } else {
            Some(self.swap_record(slot, parts.build(id, form)))
        };
        self.relabel(slot, form, parts.template());
        self.set_deadline(slot, deadline);
        old
    }

    pub(super) fn swap_record(&mut self, slot: u32, record: Box<[u8]>) -> Remains {
        let at = &mut self.slots[place(slot)];
        self.tally.bytes += record::cost(record.len());
        self.tally.bytes -= record::cost(at.record.len());
        Remains {
            record: std::mem::replace(&mut at.record, record),
            deadline: at.deadline,
            born: at.born,
            template: at.template,
            form: at.form,
            standing: at.standing,
        }
    }

    pub(super) fn relabel(&mut self, slot: u32, form: Form, template: u16) {
        let at = &mut self.slots[place(slot)];
        at.form = form;
        at.template = template;
    }

    pub(super) fn set_deadline(&mut self, slot: u32, deadline: u64) {
        let old = std::mem::replace(&mut self.slots[place(slot)].deadline, deadline);
        // A later deadline is found out by the wheel; an earlier one would be found out too late.
        if deadline < old {
            self.wheel.unfile(&mut self.slots, slot);
            self.wheel.file(&mut self.slots, slot);
        }
    }

    /// A client came back with this session's id.
    pub(super) fn came_back(&mut self, slot: u32) {
        match self.slots[place(slot)].standing {
            Standing::Probation => self.stand(slot, Standing::Protected),
            Standing::Protected => {
                // Not written when it is set already: the line may be shared with another thread.
                if !self.slots[place(slot)].seen {
                    self.slots[place(slot)].seen = true;
                }
            }
            Standing::Tombstone => {}
        }
    }

    fn stand(&mut self, slot: u32, standing: Standing) {
        let old = self.slots[place(slot)].standing;
        ring::remove::<ByQueue>(&mut self.queues[old.index()], &mut self.slots, slot);
        self.slots[place(slot)].standing = standing;
        ring::push::<ByQueue>(&mut self.queues[standing.index()], &mut self.slots, slot);
        self.tally.standing[old.index()] -= 1;
        self.tally.standing[standing.index()] += 1;
    }

    /// Turns a session into a tombstone.
    pub(super) fn entomb(&mut self, slot: u32, id: &Id<'_>, deadline: u64) -> Remains {
        let (form, record) = record::tombstone(id);
        let remains = self.swap_record(slot, record);
        self.relabel(slot, form, 0);
        self.stand(slot, Standing::Tombstone);
        self.set_deadline(slot, deadline);
        remains
    }

    /// The next to go among those of a standing. `spare` is the birth of one that must stay.
    pub(super) fn victim(&mut self, standing: Standing, spare: Option<u32>) -> Option<u32> {
        let head = self.queues[standing.index()];
        if head == NIL {
            return None;
        }
        if standing == Standing::Protected {
            return self.clock(spare);
        }
        if standing == Standing::Tombstone || Some(self.slots[place(head)].born) != spare {
            return Some(head);
        }
        let next = self.slots[place(head)].queue.next;
        (next != head).then_some(next)
    }

    /// Second chance: one that was seen goes to the end of the queue, unseen.
    fn clock(&mut self, spare: Option<u32>) -> Option<u32> {
        let head = &mut self.queues[Standing::Protected.index()];
        for _ in 0..CLOCK_STEPS {
            let slot = &mut self.slots[place(*head)];
            if !slot.seen && Some(slot.born) != spare {
                return Some(*head);
            }
            slot.seen = false;
            // In a ring, making the first the last is one step of the head.
            *head = slot.queue.next;
        }
        (Some(self.slots[place(*head)].born) != spare).then_some(*head)
    }

    /// Looks at up to `budget` slots whose time may have come, and moves those whose time has come
    /// into `dead`. Returns how many it looked at; fewer than `budget` means there is no more.
    pub(super) fn expire(&mut self, now: u64, budget: usize, dead: &mut Vec<Remains>) -> usize {
        if self.wheel.is_ahead_of(now) {
            self.wheel.rebuild(&mut self.slots, now);
        }
        for step in 0..budget {
            let Some(slot) = self.wheel.due(now) else { return step };
            if self.slots[place(slot)].deadline <= now {
                dead.push(self.remove(slot));
            } else {
                self.wheel.unfile(&mut self.slots, slot);
                self.wheel.file(&mut self.slots, slot);
            }
        }
        budget
    }

    /// Moves what has expired in the tick that is not over yet into `dead`; looks at up to `most` slots.
    pub(super) fn expire_tick(&mut self, now: u64, most: usize, dead: &mut Vec<Remains>) -> usize {
        let mut slots = self.wheel.current(&self.slots, most);
        let looked = slots.len();
        slots.retain(|slot| self.slots[place(*slot)].deadline <= now);
        // From the highest on: taking a slot out renumbers none below it.
        slots.sort_unstable_by(|one, other| other.cmp(one));
        dead.extend(slots.into_iter().map(|slot| self.remove(slot)));
        looked
    }

    /// Takes a shard apart that nobody can find any more, from the end.
    pub(super) fn dig(&mut self) -> Option<Remains> {
        let gone = self.slots.pop()?;
        let Slot { record, deadline, born, template, form, standing, .. } = gone;
        Some(Remains { record, deadline, born, template, form, standing })
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        self.table.check(&self.slots);
        self.wheel.check(&self.slots);
        let mut tally = Tally::default();
        for standing in [Standing::Probation, Standing::Protected, Standing::Tombstone] {
            for slot in ring::walk::<ByQueue>(self.queues[standing.index()], &self.slots) {
                assert_eq!(self.slots[place(slot)].standing, standing);
                tally.standing[standing.index()] += 1;
                tally.bytes += record::cost(self.slots[place(slot)].record.len());
            }
        }
        assert_eq!(tally, self.tally);
        assert_eq!(tally.standing.iter().sum::<u64>(), self.slots.len() as u64);
    }
}
