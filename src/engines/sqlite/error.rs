//! What can go wrong with a file, in words that name it and say what to do.

use std::path::Path;

use rusqlite::ffi;

/// Why a call failed.
#[derive(Debug)]
pub enum Error {
    /// Another connection holds the lock. The writer thread can wait for it.
    Busy,
    /// The work takes too long for this thread. Nothing was done.
    TooMuch,
    /// The session is larger than `maxBytes`.
    TooLarge,
    /// It takes more than the tenth of `maxBytes` that sessions of higher rank leave it.
    NoRoom,
    /// The store was closed.
    Closed,
    /// The file is a SQLite database of another program.
    Foreign,
    /// The file has a schema of a later release.
    Newer(i64),
    /// The file system has no shared memory, which a write-ahead log needs.
    NoLog(String),
    /// The operating system has refused.
    Io(std::io::Error),
    /// SQLite has refused.
    Sqlite(rusqlite::Error),
}

/// What a call on a file gives.
pub type Result<T> = std::result::Result<T, Error>;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // The last one: this process has tried too often while others opened the file.
            Some(
                ffi::ErrorCode::DatabaseBusy
                | ffi::ErrorCode::DatabaseLocked
                | ffi::ErrorCode::FileLockingProtocolFailed,
            ) => Error::Busy,
            _ => Error::Sqlite(error),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Io(error)
    }
}

impl Error {
    /// A code for programs, and a sentence for people.
    #[must_use]
    pub fn describe(&self, file: &Path) -> (&'static str, String) {
        let file = file.display();
        match self {
            Error::Busy | Error::TooMuch => (
                "ERR_SESSION_STORE_LOCKED",
                format!(
                    "the session file {file} is locked: another process holds it, or was stopped in the middle of a write. \
                     Look for it with `fuser {file}`"
                ),
            ),
            Error::TooLarge => {
                ("ERR_SESSION_TOO_LARGE", "the session is larger than the maxBytes of the store".to_owned())
            }
            Error::NoRoom => (
                "ERR_SESSION_TOO_LARGE",
                "the session is larger than the tenth of maxBytes that sessions of higher rank leave it"
                    .to_owned(),
            ),
            Error::Closed => (
                "ERR_SESSION_STORE_CLOSED",
                format!("the session store of {file} is closed: nothing is read or written"),
            ),
            Error::Foreign => (
                "ERR_SESSION_STORE_FOREIGN",
                format!(
                    "the file {file} is a SQLite database of another program. Name a file of its own for the sessions; \
                     docs/migrating.md says how to copy sessions"
                ),
            ),
            Error::Newer(version) => (
                "ERR_SESSION_STORE_NEWER",
                format!(
                    "the session file {file} was written by a later release of express-session-native (schema {version}). \
                     Install that release again, or name another file"
                ),
            ),
            Error::NoLog(mode) => (
                "ERR_SESSION_STORE_FILE_SYSTEM",
                format!(
                    "the session file {file} cannot have a write-ahead log (journal mode {mode}): its file system has no \
                     shared memory. Put it on a local disk"
                ),
            ),
            Error::Io(error) => from_system(error, &file),
            Error::Sqlite(error) => from_sqlite(error, &file),
        }
    }
}

fn from_system(error: &std::io::Error, file: &impl std::fmt::Display) -> (&'static str, String) {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => (
            "ERR_SESSION_STORE_OPEN",
            format!("the session file {file} cannot be made: its folder does not exist. Create the folder"),
        ),
        ErrorKind::PermissionDenied => (
            "ERR_SESSION_STORE_PERMISSION",
            format!(
                "the session file {file} cannot be opened: permission denied. The user that runs this process must be \
                 able to write the file and its folder"
            ),
        ),
        ErrorKind::ReadOnlyFilesystem => ("ERR_SESSION_STORE_READONLY", read_only(file)),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ("ERR_SESSION_STORE_FULL", full(file)),
        ErrorKind::IsADirectory => {
            ("ERR_SESSION_STORE_OPEN", format!("the session file {file} is a folder. Name a file in it"))
        }
        _ => ("ERR_SESSION_STORE_IO", format!("the session file {file} cannot be used: {error}")),
    }
}

fn from_sqlite(error: &rusqlite::Error, file: &impl std::fmt::Display) -> (&'static str, String) {
    use ffi::ErrorCode;
    let permission = format!(
        "the session file {file} cannot be written. The user that runs this process must be able to write the file, \
         the files beside it that end in -wal and -shm, and the folder; the media must not be read-only"
    );
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => ("ERR_SESSION_STORE_FULL", full(file)),
        Some(ErrorCode::ReadOnly) => ("ERR_SESSION_STORE_READONLY", permission),
        Some(ErrorCode::CannotOpen) => ("ERR_SESSION_STORE_OPEN", permission),
        Some(ErrorCode::NotADatabase) => (
            "ERR_SESSION_STORE_NOT_A_DATABASE",
            format!("the file {file} is no SQLite database. Name another file, or remove this one"),
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            "ERR_SESSION_STORE_CORRUPT",
            format!(
                "the session file {file} is damaged. Stop all processes that use it, then save what is left with \
                 `sqlite3 {file} .recover`, or remove the file and its -wal and -shm"
            ),
        ),
        _ => {
            let code = error.sqlite_error().map_or(0, |error| error.extended_code);
            // SQLite calls it an input or output error when the disk of a log's index is full, and when a quota is met.
            if code == ffi::SQLITE_IOERR_SHMSIZE || code == ffi::SQLITE_IOERR_WRITE {
                (
                    "ERR_SESSION_STORE_IO",
                    format!(
                        "the session file {file} cannot be written ({error}); is its disk full, or a quota met?"
                    ),
                )
            } else {
                (
                    "ERR_SESSION_STORE_IO",
                    format!("the session file {file} cannot be used: {error} (SQLite's code {code})"),
                )
            }
        }
    }
}

fn full(file: &impl std::fmt::Display) -> String {
    format!("the disk of the session file {file} is full. What is stored stays; make room and it works again")
}

fn read_only(file: &impl std::fmt::Display) -> String {
    format!("the session file {file} is on read-only media. Put it where this process can write")
}
