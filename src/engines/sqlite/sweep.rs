//! Removes what has expired, and writes what was waiting.

use rusqlite::params;

use super::super::removal::Kind;
use super::bounds::{apply_visits, make_room};
use super::error::{Error, Result};
use super::key::Key;
use super::row;
use super::statements::{Sql, Statements};
use super::time::Now;
use super::transaction::Transaction;
use super::write;

/// Whether there is anything to sweep at a time.
pub(super) fn is_due(statements: &Statements<'_>, time: i64) -> Result<bool> {
    for sql in [Sql::AnyDue, Sql::AnyTombstone] {
        if statements.first(sql, [time], |_| Ok(()))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes up to `most` sessions and tombstones whose time is up. Returns whether there may be more.
pub(super) fn sweep(transaction: &mut Transaction<'_, '_>, now: Now, most: usize) -> Result<bool> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let due = transaction.statements.all(Sql::Due, params![now.ms(), limit], |found| {
        let key = row::key(found, 0)?;
        let deadline = transaction.shared.deadline_of(&key, found.get(1)?, found.get(2)?);
        Ok((key, deadline, found.get(3).map(row::rank)?, found.get(4)?))
    })?;
    let forgotten = transaction.statements.execute(Sql::ExpireTombstones, params![now.ms(), limit])?;
    if forgotten > 0 {
        transaction.totals()?.tombstones -= i64::try_from(forgotten).unwrap_or_default();
    }
    let is_more = due.len() == most || forgotten == most;
    for (key, deadline, rank, size) in due {
        if now.is_past(deadline) {
            transaction.remove(&key, rank, size, Kind::Expired)?;
            transaction.shared.pending(|pending| pending.remove(&key));
        } else {
            transaction.statements.execute(Sql::SetDue, params![key, deadline])?;
        }
    }
    Ok(is_more)
}

/// Writes all touches and visits that are waiting.
pub(super) fn flush(mut transaction: Transaction<'_, '_>) -> Result<()> {
    let shared = transaction.shared;
    let waiting = shared.pending(super::pending::Pending::begin_flush);
    let mut write_all = || {
        let mut visits = Vec::new();
        let mut touched = None;
        for (key, entry) in waiting.iter() {
            if let Some(touch) = &entry.touch {
                match write::touch(&mut transaction, key, touch, usize::MAX) {
                    // It keeps its old deadline and cookie.
                    Err(Error::TooLarge | Error::NoRoom) | Ok(_) => {}
                    Err(error) => return Err(error),
                }
                touched = Some(*key);
            }
            if let Some(visit) = &entry.visit {
                visits.push((*key, visit.clone()));
            }
        }
        visits.sort_unstable_by_key(|(_, visit)| visit.order);
        apply_visits(&mut transaction, &visits)?;
        make_room(&mut transaction, &touched.unwrap_or(Key([0; 32])), usize::MAX)
    };
    let result = write_all().and_then(|()| transaction.commit());
    shared.pending(|pending| pending.end_flush(&waiting, result.is_ok()));
    result
}
