//! What the table knows of a session besides its record.

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

/// Where a slot stands in the order of eviction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Standing {
    /// No client ever came back with this id.
    Probation,
    /// One did.
    Protected,
    /// Destroyed: there is no session, only the id.
    Tombstone,
}

impl Standing {
    pub(super) const COUNT: usize = 3;

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// One entry of a shard. There are as many of these as sessions: every byte counts, and so does the
/// order: what a read looks at comes first, so that it is more often in one line of memory.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Slot {
    pub(super) record: Box<[u8]>,
    /// The session is gone from this millisecond on.
    pub(super) deadline: u64,
    pub(super) hash: u32,
    pub(super) born: u32,
    pub(super) template: u16,
    pub(super) form: super::record::Form,
    pub(super) standing: Standing,
    /// Came back since the clock's hand last passed (only of meaning among the protected).
    pub(super) seen: bool,
    /// The wheel's bucket that it is filed in; not later than the deadline's.
    pub(super) bucket: u16,
    pub(super) queue: Links,
    pub(super) wheel: Links,
}

const _: () = assert!(size_of::<Slot>() == SLOT);

/// Bytes of a slot.
pub(super) const SLOT: usize = 56;

/// A slot's number. Shards are far from 2³² slots: that many records would take 256 GB.
#[expect(clippy::cast_possible_truncation, reason = "see above")]
pub(super) fn number(index: usize) -> u32 {
    index as u32
}

/// The place of a slot's number in the array.
pub(super) fn place(number: u32) -> usize {
    number as usize
}
