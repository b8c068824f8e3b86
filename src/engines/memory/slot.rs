//! What the table stores for each session.

use super::rank::{Rank, Visits};
use super::record::{self, Fields, Form, Parts};
use crate::codec::encoding::Encoding;

/// No slot.
pub(super) const NIL: u32 = u32::MAX;

/// Neighbours in a ring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links {
    pub(super) prev: u32,
    pub(super) next: u32,
}

impl Links {
    pub(super) const NONE: Links = Links { prev: NIL, next: NIL };
}

/// A session without its links in a shard.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Entry {
    pub(super) record: Box<[u8]>,
    /// The session has expired from this millisecond on.
    pub(super) deadline: i64,
    pub(super) revision: u32,
    pub(super) template: u16,
    pub(super) form: Form,
    pub(super) rank: Rank,
}

impl Entry {
    pub(super) fn fields(&self) -> Fields<'_> {
        record::read(&self.record, self.form, self.template, self.deadline)
    }

    /// The entry without its text: only its id is left.
    pub(super) fn bare(&self) -> Entry {
        let id = self.fields().id;
        let parts = Parts::whole(Encoding::Ascii, b"");
        let form = parts.form(&id, self.deadline);
        // A few bytes, where a whole text is about to be freed.
        let record = parts.build(&id, form).expect("memory for an id");
        Entry { record, template: 0, form, ..*self }
    }

    /// Bytes of memory that this entry takes.
    pub(super) fn cost(&self) -> u64 {
        cost(self.record.len())
    }
}

/// An entry with its links. There are as many slots as sessions, so every byte counts. The fields that a
/// read needs come first: they are more often in one cache line.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Slot {
    pub(super) entry: Entry,
    pub(super) hash: u32,
    /// The wheel's bucket that the slot is in; never later than that of the deadline.
    pub(super) bucket: u16,
    pub(super) visits: Visits,
    pub(super) queue: Links,
    pub(super) wheel: Links,
}

const _: () = assert!(size_of::<Slot>() == SLOT);

/// Bytes of a slot.
const SLOT: usize = 56;

/// What an entry takes besides its record: its slot, the array's room to grow, and its part of the hash
/// table.
const OVERHEAD: u64 = SLOT as u64 + 8;

/// Bytes of memory that an entry takes if its record has this length. malloc rounds up to multiples of 16
/// bytes, at least 32, and uses 8 of them itself.
pub(super) fn cost(record_len: usize) -> u64 {
    ((record_len as u64 + 8).div_ceil(16) * 16).max(32) + OVERHEAD
}

/// The number of the slot at `index`. A shard never has 2³² slots: their records would take 256 GB.
#[expect(clippy::cast_possible_truncation, reason = "see above")]
pub(super) fn number(index: usize) -> u32 {
    index as u32
}

/// The index in the array of the slot with this number.
pub(super) fn index(number: u32) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_follows_the_allocator() {
        assert_eq!(cost(0), cost(24));
        assert_eq!(cost(25), cost(24) + 16);
        assert_eq!(cost(40) - cost(24), 16);
    }
}
