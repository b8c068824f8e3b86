//! The write-ahead log: made durable, and moved into the database file. Never on the thread that runs JavaScript.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::error::Result;
use super::statements::{Sql, Statements};

/// Pages in the log beyond which writers wait for a moment, so that the log can begin anew: 32 MB.
const MAX_PAGES: i64 = 8192;
/// How long beginning anew may hold up writers.
const RESTART_PATIENCE: Duration = Duration::from_millis(200);

/// Makes all that is in the log survive a loss of power. SQLite holds no lock on this file that closing it would lose.
pub(super) fn sync(file: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(log_of(file))?.sync_data()
}

/// Makes the names of the database's files survive a loss of power.
pub(super) fn sync_folder(file: &Path) {
    if cfg!(unix)
        && let Some(folder) = file.parent()
    {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        // Some file systems can not; they need not.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Moves what the log has into the database file.
pub(super) fn checkpoint(connection: &Connection, statements: &Statements<'_>) -> Result<()> {
    let (pages, moved) = run(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
    let is_done = pages > 0 && moved == pages;
    if !is_done && pages > MAX_PAGES {
        connection.busy_timeout(RESTART_PATIENCE)?;
        let result = run(connection, "PRAGMA wal_checkpoint(RESTART)");
        connection.busy_timeout(Duration::ZERO)?;
        result?;
    }
    if is_done || pages > MAX_PAGES {
        // The first write after this begins the log anew, and waits for the disk. It is this one.
        statements.execute(Sql::Stamp, [])?;
    }
    Ok(())
}

/// The number of pages in the log, and how many of them are in the database file.
fn run(connection: &Connection, pragma: &str) -> Result<(i64, i64)> {
    Ok(connection.query_row(pragma, [], |row| Ok((row.get(1)?, row.get(2)?)))?)
}

/// Gives free pages back to the file system, when there are many.
pub(super) fn vacuum(connection: &Connection) -> Result<()> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let free = number("PRAGMA freelist_count")?;
    if free > FREE_PAGES && free > number("PRAGMA page_count")? / 4 {
        connection.execute_batch(VACUUM)?;
    }
    Ok(())
}

/// Free pages that are kept for new sessions: 4 MB.
const FREE_PAGES: i64 = 1024;
/// A millisecond's work or two.
const VACUUM: &str = "PRAGMA incremental_vacuum(256)";
