//! The statements of a connection, each prepared when it is first used.

use std::cell::RefCell;

use rusqlite::{Connection, Params, Statement};

use super::error::Result;

macro_rules! statements {
    ($($name:ident = $text:literal,)*) => {
        /// A statement. docs/sqlite.md has the schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Sql { $($name,)* }

        const TEXTS: &[&str] = &[$($text,)*];
    };
}

statements! {
    Begin = "BEGIN IMMEDIATE",
    BeginRead = "BEGIN",
    Commit = "COMMIT",
    Rollback = "ROLLBACK",

    Load = "SELECT revision, deadline, rank, seen, returned, cookie, data FROM sessions WHERE key = ?1",
    Head = "SELECT revision, deadline, due, rank, returned, size FROM sessions WHERE key = ?1",
    Insert = "INSERT INTO sessions (key, revision, deadline, due, rank, seen, returned, size, cookie, data) \
              VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    SetText = "UPDATE sessions SET deadline = ?2, size = ?3, cookie = ?4, data = ?5 WHERE key = ?1",
    SetDue = "UPDATE sessions SET due = ?2 WHERE key = ?1",
    SetPlace = "UPDATE sessions SET rank = ?2, seen = ?3, returned = ?4 WHERE key = ?1",
    Touch = "UPDATE sessions SET deadline = ?2, cookie = coalesce(?3, cookie), size = ?4 WHERE key = ?1",
    Cookie = "SELECT cookie, length(CAST(data AS BLOB)) FROM sessions WHERE key = ?1",
    Delete = "DELETE FROM sessions WHERE key = ?1",
    DeleteAll = "DELETE FROM sessions",

    Due = "SELECT key, revision, deadline, rank, size FROM sessions WHERE due <= ?1 ORDER BY due LIMIT ?2",
    Expired = "SELECT key, revision, deadline FROM sessions WHERE due <= ?1 AND deadline <= ?1",
    AnyDue = "SELECT 1 FROM sessions WHERE due <= ?1 LIMIT 1",
    Oldest = "SELECT key, rank, size FROM sessions WHERE rank = ?1 AND key <> ?2 ORDER BY seen LIMIT 1",
    Keys = "SELECT key, revision, deadline FROM sessions WHERE key >= ?1 AND key < ?2",
    KeysToEnd = "SELECT key, revision, deadline FROM sessions WHERE key >= ?1",
    All = "SELECT key FROM sessions",

    Totals = "SELECT sequence, cleared, tombstones, new, returned, established, signed_in, \
              new_bytes, returned_bytes, established_bytes, signed_in_bytes FROM totals",
    SetTotals = "UPDATE totals SET sequence = ?1, cleared = ?2, tombstones = ?3, new = ?4, returned = ?5, \
                 established = ?6, signed_in = ?7, new_bytes = ?8, returned_bytes = ?9, \
                 established_bytes = ?10, signed_in_bytes = ?11",
    Stamp = "UPDATE totals SET checkpoints = checkpoints + 1",

    Tombstone = "SELECT revision FROM tombstones WHERE key = ?1",
    AddTombstone = "INSERT INTO tombstones (key, revision, until) VALUES (?1, ?2, ?3)",
    RenewTombstone = "UPDATE tombstones SET revision = ?2, until = max(until, ?3) WHERE key = ?1",
    ExpireTombstones = "DELETE FROM tombstones WHERE key IN \
                        (SELECT key FROM tombstones WHERE until <= ?1 ORDER BY until LIMIT ?2)",
    AnyTombstone = "SELECT 1 FROM tombstones WHERE until <= ?1 LIMIT 1",
    ForgetTombstone = "DELETE FROM tombstones WHERE key IN (SELECT key FROM tombstones ORDER BY until LIMIT 1)",
    ForgetTombstones = "DELETE FROM tombstones",
}

/// The statements of one connection.
pub(super) struct Statements<'c> {
    connection: &'c Connection,
    prepared: Vec<RefCell<Option<Statement<'c>>>>,
}

impl<'c> Statements<'c> {
    pub(super) fn on(connection: &'c Connection) -> Self {
        Statements { connection, prepared: TEXTS.iter().map(|_| RefCell::new(None)).collect() }
    }

    /// Runs a statement. It must not be in use already.
    pub(super) fn with<R>(&self, sql: Sql, run: impl FnOnce(&mut Statement<'c>) -> Result<R>) -> Result<R> {
        let mut place = self.prepared[sql as usize].borrow_mut();
        let statement = match &mut *place {
            Some(statement) => statement,
            empty => empty.insert(self.connection.prepare(TEXTS[sql as usize])?),
        };
        run(statement)
    }

    /// Reads with several statements what the file holds at one moment.
    pub(super) fn at_one_moment<R>(&self, read: impl FnOnce(&Self) -> Result<R>) -> Result<R> {
        self.execute(Sql::BeginRead, [])?;
        let result = read(self);
        self.execute(Sql::Commit, [])?;
        result
    }

    /// The number of rows that a statement has changed.
    pub(super) fn execute(&self, sql: Sql, params: impl Params) -> Result<usize> {
        self.with(sql, |statement| Ok(statement.execute(params)?))
    }

    /// The first row of a result.
    pub(super) fn first<R>(
        &self,
        sql: Sql,
        params: impl Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<R>,
    ) -> Result<Option<R>> {
        self.with(sql, |statement| {
            let mut rows = statement.query(params)?;
            Ok(rows.next()?.map(read).transpose()?)
        })
    }

    /// All rows of a result.
    pub(super) fn all<R>(
        &self,
        sql: Sql,
        params: impl Params,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<R>,
    ) -> Result<Vec<R>> {
        self.with(sql, |statement| {
            let mut found = Vec::new();
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(found)
        })
    }
}
