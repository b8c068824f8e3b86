//! Writes of sessions, each in a transaction that somebody has begun.

use rusqlite::params;

use super::super::removal::Kind;
use super::bounds::{check_room, make_room, position};
use super::error::Result;
use super::key::Key;
use super::pending::{Entry, NEVER, Touch};
use super::record::Write;
use super::row::{Bytes, Head, size_of};
use super::statements::Sql;
use super::time::{Now, later_deadline, system_now};
use super::transaction::Transaction;
use crate::codec::split::differ_in_expiry;

/// How long a destroyed session is remembered, in milliseconds. No request takes so long.
const REMEMBERED: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// With this revision.
    Done(i64),
    /// The session was destroyed since it was loaded.
    Dropped,
}

/// The session under a key. One that has expired for the caller is removed first.
pub(super) fn unexpired(
    transaction: &mut Transaction<'_, '_>,
    key: &Key,
    now: Now,
    waiting: Option<&Entry>,
) -> Result<Option<Head>> {
    let Some(head) = transaction.head(key)? else { return Ok(None) };
    let touch = waiting.and_then(|entry| entry.touch_of(head.revision));
    if now.is_past(touch.map_or(head.deadline, |touch| touch.deadline)) {
        transaction.remove(key, head.rank, head.size, Kind::Expired)?;
        return Ok(None);
    }
    Ok(Some(head))
}

/// Stores a session. A transaction that has dropped it is to be committed all the same.
pub(super) fn commit(
    transaction: &mut Transaction<'_, '_>,
    write: &Write,
    waiting: Option<&Entry>,
    most_visits: usize,
) -> Result<Written> {
    let Write { key, revision, .. } = write;
    let head = unexpired(transaction, key, write.now, waiting)?;
    if let Some(revision) = *revision
        && head.as_ref().is_none_or(|head| head.revision != revision)
        && was_destroyed(transaction, key, revision)?
    {
        return Ok(Written::Dropped);
    }
    let size = size_of(write.cookie.as_ref().map(Vec::len), write.data.len());
    let revision = match head {
        Some(head) => replace(transaction, write, &head, waiting, size, most_visits)?,
        None => insert(transaction, write, size, most_visits)?,
    };
    make_room(transaction, key, most_visits)?;
    Ok(Written::Done(revision))
}

fn was_destroyed(transaction: &mut Transaction<'_, '_>, key: &Key, revision: i64) -> Result<bool> {
    if transaction.totals()?.cleared >= revision {
        return Ok(true);
    }
    let tombstone: Option<i64> = transaction.statements.first(Sql::Tombstone, [key], |row| row.get(0))?;
    Ok(tombstone.is_some_and(|destroyed| destroyed >= revision))
}

fn insert(
    transaction: &mut Transaction<'_, '_>,
    write: &Write,
    size: i64,
    most_visits: usize,
) -> Result<i64> {
    check_room(transaction, size, 0, write.rank, most_visits)?;
    let totals = transaction.totals()?;
    // A session that is saved after it has expired keeps its revision, so every request that had loaded it
    // can still save it.
    totals.sequence = totals.sequence.max(write.revision.unwrap_or_default());
    let seen = totals.next();
    let revision = write.revision.unwrap_or(seen);
    totals.add(write.rank, size);
    let Write { key, deadline, rank, .. } = write;
    let returned: Option<i64> = None;
    transaction.statements.execute(
        Sql::Insert,
        params![key, revision, deadline, position(*rank), seen, returned, size, cookie(write), data(write)],
    )?;
    Ok(revision)
}

fn replace(
    transaction: &mut Transaction<'_, '_>,
    write: &Write,
    head: &Head,
    waiting: Option<&Entry>,
    size: i64,
    most_visits: usize,
) -> Result<i64> {
    let visit = waiting.and_then(|entry| entry.visit.as_ref());
    let rank = write.rank.max(head.rank).max(visit.map_or(0, |visit| visit.rank));
    check_room(transaction, size, head.size, rank, most_visits)?;
    if transaction.shared.wants_replaced() {
        transaction.record(&write.key, Kind::Replaced)?;
    }
    let touch = waiting.and_then(|entry| entry.touch_of(head.revision));
    let old = touch.map_or(head.deadline, |touch| touch.deadline);
    let (key, deadline) = (&write.key, later_deadline(old, write.deadline, write.now));
    transaction.statements.execute(Sql::SetText, params![key, deadline, size, cookie(write), data(write)])?;
    set_due(transaction, key, head.due, deadline)?;
    if rank != head.rank || visit.is_some() {
        let returned = visit.and_then(|visit| visit.returned).or(head.returned);
        let seen = transaction.totals()?.next();
        transaction.statements.execute(Sql::SetPlace, params![key, position(rank), seen, returned])?;
    }
    resize(transaction, head, rank, size)?;
    Ok(head.revision)
}

fn resize(transaction: &mut Transaction<'_, '_>, head: &Head, rank: usize, size: i64) -> Result<()> {
    if rank != head.rank || size != head.size {
        let totals = transaction.totals()?;
        totals.remove(head.rank, head.size);
        totals.add(rank, size);
    }
    Ok(())
}

/// The sweep has to look at a session no later than at its deadline. It may look earlier, so a later deadline
/// changes nothing in the index.
fn set_due(
    transaction: &Transaction<'_, '_>,
    key: &Key,
    due: Option<i64>,
    deadline: Option<i64>,
) -> Result<()> {
    let is_late = match (due, deadline) {
        (Some(due), Some(deadline)) => deadline < due,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    if is_late {
        transaction.statements.execute(Sql::SetDue, params![key, deadline])?;
    }
    Ok(())
}

fn cookie(write: &Write) -> Option<Bytes<'_>> {
    write.cookie.as_deref().map(|bytes| Bytes { bytes, is_wide: false })
}

fn data(write: &Write) -> Bytes<'_> {
    Bytes { bytes: &write.data, is_wide: write.is_wide }
}

/// Renews the deadline and the cookie of a session. Where that was written since, by whomever, a touch may make it end
/// later, and changes nothing that an app has decided about its cookie.
pub(super) fn touch(
    transaction: &mut Transaction<'_, '_>,
    key: &Key,
    touch: &Touch,
    most_visits: usize,
) -> Result<Option<Head>> {
    let Some(head) = transaction.head(key)? else { return Ok(None) };
    if touch.revision.is_some_and(|revision| revision != head.revision) {
        return Ok(None);
    }
    let is_new = touch.base.is_some_and(|base| base != head.deadline.unwrap_or(NEVER));
    let read = |row: &rusqlite::Row<'_>| {
        let before = row.get_ref(0)?.as_bytes_or_null()?;
        let is_other =
            is_new && before.zip(touch.cookie.as_deref()).is_some_and(|(a, b)| !differ_in_expiry(a, b));
        Ok((before.map(<[u8]>::len), row.get::<_, i64>(1)?, is_other))
    };
    let (before, data, is_other) =
        transaction.statements.first(Sql::Cookie, [key], read)?.unwrap_or_default();
    if is_other || is_new && head.deadline.unwrap_or(NEVER) >= touch.deadline.unwrap_or(NEVER) {
        return Ok(Some(head));
    }
    // A text that is stored as a whole keeps the cookie that it has.
    let cookie = touch.cookie.as_deref().filter(|_| before.is_some());
    let data = usize::try_from(data).unwrap_or_default();
    let size = before.map_or(head.size, |before| size_of(Some(cookie.map_or(before, <[u8]>::len)), data));
    let cookie = cookie.map(|bytes| Bytes { bytes, is_wide: false });
    check_room(transaction, size, head.size, head.rank, most_visits)?;
    transaction.statements.execute(Sql::Touch, params![key, touch.deadline, cookie, size])?;
    set_due(transaction, key, head.due, touch.deadline)?;
    resize(transaction, &head, head.rank, size)?;
    Ok(Some(head))
}

/// Destroys a session, whether there is one or not: what was loaded of it is not stored again.
pub(super) fn destroy(
    transaction: &mut Transaction<'_, '_>,
    key: &Key,
    now: Now,
    waiting: Option<&Entry>,
    most_visits: usize,
) -> Result<()> {
    if let Some(head) = unexpired(transaction, key, now, waiting)? {
        transaction.remove(key, head.rank, head.size, Kind::Destroyed)?;
    }
    let revision = transaction.totals()?.sequence;
    let from = if now.is_known() { now.ms().max(system_now()) } else { system_now() };
    let until = from.saturating_add(REMEMBERED);
    if transaction.statements.execute(Sql::RenewTombstone, params![key, revision, until])? == 0 {
        transaction.statements.execute(Sql::AddTombstone, params![key, revision, until])?;
        transaction.totals()?.tombstones += 1;
    }
    make_room(transaction, key, most_visits)
}

/// Destroys all sessions.
pub(super) fn clear(transaction: &mut Transaction<'_, '_>) -> Result<()> {
    if transaction.shared.is_watched() {
        for key in transaction.statements.all(Sql::All, [], |found| super::row::key(found, 0))? {
            transaction.record(&key, Kind::Destroyed)?;
        }
    }
    transaction.statements.execute(Sql::DeleteAll, [])?;
    transaction.statements.execute(Sql::ForgetTombstones, [])?;
    let totals = transaction.totals()?;
    let count = totals.count();
    totals.cleared = totals.sequence;
    totals.tombstones = 0;
    totals.sessions = Default::default();
    totals.bytes = Default::default();
    transaction.count_destroyed(u64::try_from(count).unwrap_or_default());
    Ok(())
}
