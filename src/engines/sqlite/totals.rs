//! Counts that every writer keeps up to date: no call has to count rows.

use rusqlite::params_from_iter;

use super::error::Result;
use super::statements::{Sql, Statements};

/// Ranks, from the one that goes first. See lib/stores/engine.js.
pub(super) const RANKS: usize = 4;
/// Its client came back.
pub(super) const RETURNED: usize = 1;
/// Its client came back in two different minutes.
pub(super) const ESTABLISHED: usize = 2;

/// What a tombstone counts for, in bytes.
const TOMBSTONE: i64 = 64;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// Numbers revisions, and the order in which sessions were seen.
    pub(super) sequence: i64,
    /// All sessions up to this revision were destroyed at once.
    pub(super) cleared: i64,
    pub(super) tombstones: i64,
    /// By rank.
    pub(super) sessions: [i64; RANKS],
    pub(super) bytes: [i64; RANKS],
}

impl Totals {
    pub(super) fn read(statements: &Statements<'_>) -> Result<Self> {
        let read = |row: &rusqlite::Row<'_>| {
            let mut totals = Totals {
                sequence: row.get(0)?,
                cleared: row.get(1)?,
                tombstones: row.get(2)?,
                ..Totals::default()
            };
            for rank in 0..RANKS {
                totals.sessions[rank] = row.get(3 + rank)?;
                totals.bytes[rank] = row.get(3 + RANKS + rank)?;
            }
            Ok(totals)
        };
        Ok(statements.first(Sql::Totals, [], read)?.unwrap_or_default())
    }

    pub(super) fn write(&self, statements: &Statements<'_>) -> Result<()> {
        let Totals { sequence, cleared, tombstones, sessions, bytes } = self;
        let numbers = [*sequence, *cleared, *tombstones].into_iter().chain(*sessions).chain(*bytes);
        statements.execute(Sql::SetTotals, params_from_iter(numbers))?;
        Ok(())
    }

    pub(super) fn add(&mut self, rank: usize, size: i64) {
        self.sessions[rank] += 1;
        self.bytes[rank] += size;
    }

    pub(super) fn remove(&mut self, rank: usize, size: i64) {
        self.sessions[rank] -= 1;
        self.bytes[rank] -= size;
    }

    pub(super) fn count(&self) -> i64 {
        self.sessions.iter().sum()
    }

    pub(super) fn all_bytes(&self) -> i64 {
        self.bytes.iter().sum::<i64>() + self.tombstones * TOMBSTONE
    }

    /// The next number.
    pub(super) fn next(&mut self) -> i64 {
        self.sequence += 1;
        self.sequence
    }
}
