//! A write to the file: all of it happens, or nothing.

use super::super::removal::Kind;
use super::error::{Error, Result};
use super::key::Key;
use super::pending::Visit;
use super::removals::{Removals, Removed};
use super::row::{Head, Loaded};
use super::shared::{Shared, count};
use super::statements::{Sql, Statements};
use super::totals::Totals;

pub(super) struct Transaction<'a, 'c> {
    pub(super) statements: &'a Statements<'c>,
    pub(super) shared: &'a Shared,
    totals: Option<(Totals, Totals)>,
    removed: Option<Removals>,
    /// Those that this transaction writes.
    visits: Vec<(Key, Visit)>,
    expired: u64,
    destroyed: u64,
    evicted_for_sessions: u64,
    evicted_for_bytes: u64,
    is_open: bool,
}

impl<'a, 'c> Transaction<'a, 'c> {
    /// Takes the lock of the file. `Busy`: another has it.
    pub(super) fn begin(statements: &'a Statements<'c>, shared: &'a Shared) -> Result<Self> {
        statements.execute(Sql::Begin, [])?;
        Ok(Transaction {
            statements,
            shared,
            totals: None,
            removed: None,
            visits: Vec::new(),
            expired: 0,
            destroyed: 0,
            evicted_for_sessions: 0,
            evicted_for_bytes: 0,
            is_open: true,
        })
    }

    /// The totals, to read and to change.
    pub(super) fn totals(&mut self) -> Result<&mut Totals> {
        if self.totals.is_none() {
            let totals = Totals::read(self.statements)?;
            self.totals = Some((totals.clone(), totals));
        }
        Ok(&mut self.totals.as_mut().expect("they were just read").1)
    }

    pub(super) fn head(&self, key: &Key) -> Result<Option<Head>> {
        self.statements.first(Sql::Head, [key], Head::read)
    }

    /// Removes a session.
    pub(super) fn remove(&mut self, key: &Key, rank: usize, size: i64, kind: Kind) -> Result<()> {
        if self.shared.is_watched() {
            self.record(key, kind)?;
        }
        self.statements.execute(Sql::Delete, [key])?;
        self.totals()?.remove(rank, size);
        match kind {
            Kind::Expired => self.expired += 1,
            Kind::Destroyed => self.destroyed += 1,
            Kind::Evicted | Kind::Replaced => {}
        }
        Ok(())
    }

    pub(super) fn count_evicted(&mut self, is_for_bytes: bool) {
        if is_for_bytes {
            self.evicted_for_bytes += 1;
        } else {
            self.evicted_for_sessions += 1;
        }
    }

    pub(super) fn count_destroyed(&mut self, by: u64) {
        self.destroyed += by;
    }

    /// Takes the visits that are waiting, to write them. `TooMuch`: there may be more than `most`.
    pub(super) fn take_visits(&mut self, most: usize) -> Result<Vec<(Key, Visit)>> {
        let visits = self.shared.pending(|pending| pending.take_visits(most)).ok_or(Error::TooMuch)?;
        self.visits.extend(visits.iter().cloned());
        Ok(visits)
    }

    /// Keeps the text of a session that is about to go, for the watchers.
    pub(super) fn record(&mut self, key: &Key, kind: Kind) -> Result<()> {
        let waiting = self.shared.waiting(key);
        let mut text = Vec::new();
        let encoding = self.statements.first(Sql::Load, [key], |row| {
            let mut view = Loaded::read(row)?.view;
            let touch = waiting.as_ref().and_then(|entry| entry.touch_of(view.revision));
            if let (Some(_), Some(cookie)) = (view.cookie, touch.and_then(|touch| touch.cookie.as_deref())) {
                view.cookie = Some(cookie);
            }
            view.write_text(&mut text);
            Ok(view.encoding)
        })?;
        if let Some(encoding) = encoding {
            let removed = Removed { kind, key: *key, text, encoding };
            self.removed.get_or_insert_with(|| self.shared.new_removals()).push(removed);
        }
        Ok(())
    }

    /// Makes it all happen.
    pub(super) fn commit(mut self) -> Result<()> {
        if let Some((before, after)) = &self.totals
            && before != after
        {
            after.write(self.statements)?;
        }
        self.statements.execute(Sql::Commit, [])?;
        self.is_open = false;

        let shared = self.shared;
        shared.is_dirty.store(true, std::sync::atomic::Ordering::Release);
        if let Some((_, totals)) = &self.totals {
            shared.note_totals(totals.sequence, totals.count());
        }
        if let Some(removed) = self.removed.take() {
            shared.tell(removed);
        }
        let counts = &shared.counts;
        for (counter, by) in [
            (&counts.expired, self.expired),
            (&counts.destroyed, self.destroyed),
            (&counts.evicted_for_sessions, self.evicted_for_sessions),
            (&counts.evicted_for_bytes, self.evicted_for_bytes),
        ] {
            if by > 0 {
                count(counter, by);
            }
        }
        Ok(())
    }
}

impl Drop for Transaction<'_, '_> {
    fn drop(&mut self) {
        if self.is_open {
            // It fails where SQLite has undone the transaction itself.
            let _ = self.statements.execute(Sql::Rollback, []);
            let visits = std::mem::take(&mut self.visits);
            self.shared.pending(|pending| pending.give_back(visits));
        }
    }
}
