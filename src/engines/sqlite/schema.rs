//! Opens a file, makes its tables, and brings those of earlier releases up to date.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{Error, Result};
use super::retry::retry;

/// Marks our files: `PRAGMA application_id`. "ESNs" in ASCII.
const APPLICATION_ID: i64 = 0x4553_4e73;

/// How long opening waits for others: recovery of a log after a crash takes a moment.
const PATIENCE: Duration = Duration::from_secs(10);

/// Each brings a file from its index to the next `user_version`. Released ones never change.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE sessions (
      key BLOB PRIMARY KEY,
      revision INTEGER NOT NULL,
      deadline INTEGER,
      due INTEGER,
      rank INTEGER NOT NULL,
      seen INTEGER NOT NULL,
      returned INTEGER,
      size INTEGER NOT NULL,
      cookie TEXT,
      data ANY NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sessions_due ON sessions (due);
    CREATE TABLE tombstones (
      key BLOB PRIMARY KEY,
      revision INTEGER NOT NULL,
      until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tombstones_until ON tombstones (until);
    CREATE TABLE totals (
      id INTEGER PRIMARY KEY CHECK (id = 0),
      sequence INTEGER NOT NULL DEFAULT 0,
      cleared INTEGER NOT NULL DEFAULT 0,
      tombstones INTEGER NOT NULL DEFAULT 0,
      new INTEGER NOT NULL DEFAULT 0,
      returned INTEGER NOT NULL DEFAULT 0,
      established INTEGER NOT NULL DEFAULT 0,
      signed_in INTEGER NOT NULL DEFAULT 0,
      new_bytes INTEGER NOT NULL DEFAULT 0,
      returned_bytes INTEGER NOT NULL DEFAULT 0,
      established_bytes INTEGER NOT NULL DEFAULT 0,
      signed_in_bytes INTEGER NOT NULL DEFAULT 0,
      checkpoints INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    INSERT INTO totals (id) VALUES (0);
"];

/// The index that says which session goes at a bound. Only files of stores with a bound have it.
const BOUNDED: &str = "CREATE INDEX IF NOT EXISTS sessions_rank ON sessions (rank, seen)";

/// Opens a file that may not exist yet, for a store with or without a bound.
pub(super) fn open(file: &Path, is_bounded: bool) -> Result<Connection> {
    create(file)?;
    let connection = connect(file).map_err(|error| reason(file).err().unwrap_or(error))?;
    if connection.is_readonly("main")? {
        // If SQLite cannot write a file, it opens it as read-only.
        reason(file)?;
    }
    // Where several processes open a new file, SQLite does not wait for the one that is first to give it a log.
    retry(Instant::now() + PATIENCE, || migrate(&connection, is_bounded))?;
    Ok(connection)
}

/// Why a file cannot be opened for writing. Closing a file ends all locks that this process has on it, those of other
/// stores too (POSIX says so): only a file that nobody in this process can use may be opened here.
fn reason(file: &Path) -> Result<()> {
    std::fs::OpenOptions::new().write(true).open(file)?;
    Ok(())
}

/// Another connection to a file that is open.
pub(super) fn connect(file: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(
        "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF; PRAGMA secure_delete = FAST; PRAGMA cache_size = -4096;
         PRAGMA journal_size_limit = 33554432;",
    )?;
    Ok(connection)
}

/// Makes an empty file that only its owner can read. SQLite gives its log the same mode.
fn create(file: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn migrate(connection: &Connection, is_bounded: bool) -> Result<()> {
    let latest = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let is_latest = version(&connection.unchecked_transaction()?)? == latest;
    if !is_latest {
        // Only an empty file takes this.
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::NoLog(mode));
    }
    if !is_latest {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Exclusive)?;
        // Another process may have done it since.
        let from = usize::try_from(version(&transaction)?).unwrap_or_default();
        for (at, step) in MIGRATIONS.iter().enumerate().skip(from) {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", i64::try_from(at + 1).unwrap_or(i64::MAX))?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.commit()?;
    }
    if is_bounded {
        connection.execute_batch(BOUNDED)?;
    }
    Ok(())
}

/// The schema's version; 0 for an empty file. It takes several statements, so it takes a transaction: another process may
/// write between them.
fn version(transaction: &Transaction<'_>) -> Result<i64> {
    let number = |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let is_ours = number("application_id")? == APPLICATION_ID;
    let version = number("user_version")?;
    if !is_ours {
        let tables: i64 =
            transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        return if tables == 0 && version == 0 { Ok(0) } else { Err(Error::Foreign) };
    }
    if version > i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX) {
        return Err(Error::Newer(version));
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::super::model::TestFile;
    use super::*;

    #[test]
    fn a_new_file_may_be_opened_by_many_at_once() {
        for round in 0..200 {
            let file = TestFile::new();
            let start = Barrier::new(4);
            let is_bounded = round % 2 == 0;
            std::thread::scope(|scope| {
                let open = || {
                    start.wait();
                    super::open(&file.0, is_bounded)
                };
                let all: Vec<_> = std::iter::repeat_with(|| scope.spawn(open)).take(4).collect();
                for one in all {
                    let connection = one.join().unwrap().unwrap();
                    let vacuum: i64 =
                        connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap();
                    let version = version(&connection.unchecked_transaction().unwrap()).unwrap();
                    assert_eq!((version, vacuum), (1, 2));
                }
            });
        }
    }
}
