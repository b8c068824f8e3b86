//! Which session goes at a bound. The lowest rank goes first: in it the oldest, in the others the one that was
//! not seen for longest. But even if sessions of a higher rank fill the store, all lower ranks together keep a
//! tenth of the bound, so that a new session has time to prove itself.

use rusqlite::params;

use super::super::removal::Kind;
use super::error::{Error, Result};
use super::key::Key;
use super::pending::Visit;
use super::row;
use super::statements::Sql;
use super::time::Now;
use super::totals::{ESTABLISHED, RANKS, RETURNED, Totals};
use super::transaction::Transaction;

/// All lower ranks together keep 1/`SHARE` of the bound.
const SHARE: i64 = 10;
/// How many sessions one transaction evicts. What a bound is still exceeded by, the next ones evict.
const EVICTED_AT_ONCE: usize = 5000;
/// While somebody watches, 1/`REMOVALS_SHARE` of the bytes is kept free for removals.
const REMOVALS_SHARE: i64 = 16;

const MINUTE: i64 = 60_000;
/// A burst of requests around the full minute does not count as two minutes.
const LEAST_APART: i64 = 10_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Sessions(i64),
    Bytes(i64),
}

/// What becomes of a session's rank when its client comes back, and of the moment when it first did.
pub(super) fn came_back(rank: usize, returned: Option<i64>, now: Now) -> (usize, Option<i64>) {
    if rank > RETURNED || !now.is_known() {
        return (rank.max(RETURNED), returned);
    }
    let now = now.ms();
    // The first time, or the clock was ahead.
    let first = returned.filter(|first| now >= *first).unwrap_or(now);
    let is_apart =
        now.saturating_sub(first) >= LEAST_APART && now.div_euclid(MINUTE) != first.div_euclid(MINUTE);
    (if is_apart { ESTABLISHED } else { RETURNED }, Some(first))
}

/// Writes the ranks of sessions whose clients came back.
pub(super) fn apply_visits(transaction: &mut Transaction<'_, '_>, visits: &[(Key, Visit)]) -> Result<()> {
    for (key, visit) in visits {
        let Some(head) = transaction.head(key)? else { continue };
        let rank = visit.rank.max(head.rank);
        let totals = transaction.totals()?;
        let seen = totals.next();
        totals.remove(head.rank, head.size);
        totals.add(rank, head.size);
        let returned = visit.returned.or(head.returned);
        transaction.statements.execute(Sql::SetPlace, params![key, position(rank), seen, returned])?;
    }
    Ok(())
}

/// A rank as a number of SQLite's.
pub(super) fn position(rank: usize) -> i64 {
    i64::try_from(rank).unwrap_or_default()
}

/// Refuses a session that takes more than sessions of higher rank leave it. One that had as many bytes `before` may
/// keep them.
pub(super) fn check_room(
    transaction: &mut Transaction<'_, '_>,
    size: i64,
    before: i64,
    rank: usize,
    most_visits: usize,
) -> Result<()> {
    let Some(limit) = byte_limit(transaction) else { return Ok(()) };
    if size > limit {
        return Err(Error::TooLarge);
    }
    if size <= limit / SHARE || size <= before {
        return Ok(());
    }
    let visits = transaction.take_visits(most_visits)?;
    apply_visits(transaction, &visits)?;
    let higher = &transaction.totals()?.sessions[rank + 1..];
    if higher.iter().any(|&sessions| sessions > 0) { Err(Error::NoRoom) } else { Ok(()) }
}

/// The bytes for all but removals.
fn byte_limit(transaction: &Transaction<'_, '_>) -> Option<i64> {
    let limit = transaction.shared.limits.max_bytes?;
    Some(if transaction.shared.is_watched() { limit - limit / REMOVALS_SHARE } else { limit })
}

fn exceeded(transaction: &mut Transaction<'_, '_>) -> Result<Option<Bound>> {
    let max = transaction.shared.limits.max_sessions;
    let max_bytes = byte_limit(transaction);
    let totals = transaction.totals()?;
    Ok(match (max, max_bytes) {
        (Some(max), _) if totals.count() > max => Some(Bound::Sessions(max)),
        (_, Some(limit)) if totals.all_bytes() > limit => Some(Bound::Bytes(limit)),
        _ => None,
    })
}

/// Removes sessions until the bounds hold. `TooMuch`: more than `most_visits` are to be written first.
pub(super) fn make_room(
    transaction: &mut Transaction<'_, '_>,
    spared: &Key,
    most_visits: usize,
) -> Result<()> {
    if !transaction.shared.limits.any() {
        return Ok(());
    }
    let mut is_first = true;
    for _ in 0..EVICTED_AT_ONCE {
        let Some(bound) = exceeded(transaction)? else { return Ok(()) };
        if matches!(bound, Bound::Bytes(_)) && transaction.totals()?.tombstones > 0 {
            let forgotten = transaction.statements.execute(Sql::ForgetTombstone, [])?;
            transaction.totals()?.tombstones -= i64::try_from(forgotten.max(1)).unwrap_or(1);
            continue;
        }
        if std::mem::take(&mut is_first) {
            let visits = transaction.take_visits(most_visits)?;
            apply_visits(transaction, &visits)?;
        }
        let Some((key, rank, size)) = victim(transaction, bound, spared)? else { return Ok(()) };
        transaction.remove(&key, rank, size, Kind::Evicted)?;
        transaction.count_evicted(matches!(bound, Bound::Bytes(_)));
    }
    Ok(())
}

type Victim = (Key, usize, i64);

fn victim(transaction: &mut Transaction<'_, '_>, bound: Bound, spared: &Key) -> Result<Option<Victim>> {
    let rank = lowest_over_its_share(transaction.totals()?, bound);
    for rank in std::iter::once(rank).chain(0..RANKS) {
        let found = transaction.statements.first(Sql::Oldest, params![position(rank), spared], |found| {
            Ok((row::key(found, 0)?, found.get(1).map(row::rank)?, found.get(2)?))
        })?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn lowest_over_its_share(totals: &Totals, bound: Bound) -> usize {
    let (of_rank, limit) = match bound {
        Bound::Sessions(limit) => (&totals.sessions, limit),
        Bound::Bytes(limit) => (&totals.bytes, limit),
    };
    let mut lower = 0;
    (0..RANKS - 1)
        .find(|&rank| {
            lower += of_rank[rank];
            lower * SHARE > limit
        })
        .unwrap_or(RANKS - 1)
}
