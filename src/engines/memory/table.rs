//! Finds the number of a slot by hash: open addressing with linear probing, four bytes per entry.
//!
//! An entry holds the slot's number and, in the remaining bits, the upper bits of the hash. A general hash
//! table has a separate array for those bits: with millions of sessions, that costs another cache miss per
//! call and two more bytes per session.

use std::collections::TryReserveError;

use super::slot::{Slot, number};

const EMPTY: u32 = u32::MAX;
/// A removed entry. Searches continue past it, and a rebuild drops it.
const DELETED: u32 = u32::MAX - 1;
const LEAST: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Table {
    entries: Box<[u32]>,
    /// Entries that are not [`EMPTY`].
    used: usize,
    /// The bits of an entry that are a slot's number.
    mask: u32,
}

impl Table {
    /// The slot with this hash for which `is_it` is true.
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let at = self.probe(hash, is_it)?;
        Some(self.entries[at] & self.mask)
    }

    /// Makes room for one more slot than `slots`.
    pub(super) fn try_reserve(&mut self, slots: &[Slot]) -> Result<(), TryReserveError> {
        // At most three quarters full: in a fuller table, searches would cost more than the memory is worth.
        if self.used + 1 > self.entries.len() / 4 * 3 { self.rebuild(slots, slots.len() + 1) } else { Ok(()) }
    }

    /// Adds the last of `slots`, for which [`Self::try_reserve`] has made room.
    pub(super) fn insert(&mut self, slots: &[Slot]) {
        self.put(slots[slots.len() - 1].hash, number(slots.len() - 1));
    }

    pub(super) fn remove(&mut self, hash: u32, slot: u32) {
        if let Some(at) = self.probe(hash, |found| found == slot) {
            self.entries[at] = DELETED;
        }
    }

    /// Updates the table after a slot has moved to another number.
    pub(super) fn renumber(&mut self, hash: u32, from: u32, to: u32) {
        if let Some(at) = self.probe(hash, |found| found == from) {
            self.entries[at] = hash & !self.mask | to;
        }
    }

    /// Gives memory back, if there were many more slots before.
    pub(super) fn shrink(&mut self, slots: &[Slot]) {
        if self.entries.len() > 4 * slots.len().max(LEAST) {
            // Without memory for a smaller table, the large one stays.
            let _ = self.rebuild(slots, slots.len());
        }
    }

    fn probe(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let mut at = self.home(hash);
        loop {
            let entry = *self.entries.get(at)?;
            if entry == EMPTY {
                return None;
            }
            if (entry ^ hash) & !self.mask == 0 && entry != DELETED && is_it(entry & self.mask) {
                return Some(at);
            }
            at = if at + 1 == self.entries.len() { 0 } else { at + 1 };
        }
    }

    /// Where the search for a hash begins. The lower bits decide: the upper ones distinguish the entries of a
    /// neighbourhood.
    fn home(&self, hash: u32) -> usize {
        let fraction = u64::from(hash.rotate_left(16));
        usize::try_from((fraction * self.entries.len() as u64) >> 32).unwrap_or_default()
    }

    fn put(&mut self, hash: u32, slot: u32) {
        let mut at = self.home(hash);
        while self.entries[at] != EMPTY {
            at = if at + 1 == self.entries.len() { 0 } else { at + 1 };
        }
        self.entries[at] = hash & !self.mask | slot;
        self.used += 1;
    }

    /// Builds a new table, four sevenths full with `count` slots, from the hashes in the slots.
    fn rebuild(&mut self, slots: &[Slot], count: usize) -> Result<(), TryReserveError> {
        let len = (count * 7 / 4).max(LEAST);
        let mut entries = Vec::new();
        entries.try_reserve_exact(len)?;
        entries.resize(len, EMPTY);
        // Leaves out the two highest numbers: with all other bits set, they would equal `DELETED` or `EMPTY`.
        self.mask = number((len + 2).next_power_of_two() - 1);
        self.entries = entries.into();
        self.used = 0;
        for (at, slot) in slots.iter().enumerate() {
            self.put(slot.hash, number(at));
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn check(&self, slots: &[Slot]) {
        let live = self.entries.iter().filter(|entry| **entry < DELETED).count();
        assert_eq!(live, slots.len(), "one entry for each slot");
        let used = self.entries.iter().filter(|entry| **entry != EMPTY).count();
        assert_eq!(used, self.used);
        for (at, slot) in slots.iter().enumerate() {
            assert_eq!(self.find(slot.hash, |found| found == number(at)), Some(number(at)));
        }
    }
}
