//! The write-ahead log: made durable, and moved into the database file. Never on the thread that runs JavaScript.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::error::{Error, Result};
use super::statements::{Sql, Statements};

/// Pages in the log beyond which writers wait for a moment, so that the log can begin anew: 32 MB.
const MAX_PAGES: i64 = if cfg!(test) { 64 } else { 8192 };
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
        // Some file systems cannot, and need not.
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
    if pages > 0 && moved == pages {
        // The first write after this begins the log anew, and waits for the disk. It is this one.
        match statements.execute(Sql::Stamp, []) {
            Ok(_) | Err(Error::Busy) => {}
            Err(error) => return Err(error),
        }
    }
    // Another process may have written since the checkpoint. If one does so every time, the log never begins
    // anew and keeps growing.
    if pages > MAX_PAGES && self::pages(connection)? > MAX_PAGES {
        connection.busy_timeout(RESTART_PATIENCE)?;
        let is_busy = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0));
        connection.busy_timeout(Duration::ZERO)?;
        if is_busy? {
            return Err(Error::Busy);
        }
        statements.execute(Sql::Stamp, [])?;
    }
    Ok(())
}

/// The number of pages in the log.
fn pages(connection: &Connection) -> Result<i64> {
    Ok(run(connection, "PRAGMA wal_checkpoint(NOOP)")?.0)
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::super::schema;
    use super::*;

    /// The number in the log's header that says how often it has begun anew.
    fn beginnings(file: &Path) -> u32 {
        let bytes = std::fs::read(log_of(file)).expect("a log");
        u32::from_be_bytes(bytes[12..16].try_into().expect("four bytes"))
    }

    #[test]
    fn a_long_log_begins_anew_though_another_writes_all_the_time() {
        let folder = std::env::temp_dir().join(format!("sqlite-log-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("sessions.db");
        let connection = schema::open(&file, false).unwrap();
        let statements = Statements::on(&connection);
        connection.busy_timeout(Duration::ZERO).unwrap();
        let is_over = AtomicBool::new(false);
        let mut rounds = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let other = schema::open(&file, false).unwrap();
                while !is_over.load(Ordering::Relaxed) {
                    other.execute("UPDATE totals SET sequence = sequence + 1", []).unwrap();
                }
            });
            let begins_anew = || {
                let before = beginnings(&file);
                while pages(&connection).unwrap() <= MAX_PAGES {
                    std::thread::yield_now();
                }
                // The other may be in the middle of a write: the next time, then. Busy: to be tried again.
                (0..3).any(|_| {
                    while checkpoint(&connection, &statements).is_err() {}
                    beginnings(&file) != before || pages(&connection).unwrap() <= MAX_PAGES
                })
            };
            rounds = std::iter::repeat_with(begins_anew).take(5).collect();
            is_over.store(true, Ordering::Relaxed);
        });
        drop(statements);
        drop(connection);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(rounds, [true; 5]);
    }
}
