//! SQLite databases of others, for the command that copies sessions. Which tables they have, `lib/cli/copy/` knows.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::error::{Error, Result};

/// How long a statement waits for the programs that use the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// What may be done with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing is changed.
    Read,
    /// The file is made if it does not exist.
    Write,
}

/// What goes into a statement, and what comes out.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer or a real number.
    Number(f64),
    /// A text in UTF-8.
    Text(Vec<u8>),
    /// Any bytes.
    Blob(Vec<u8>),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Number(number) => number_to_sql(*number),
            Value::Text(bytes) => ValueRef::Text(bytes),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A whole number goes in as an integer.
#[expect(clippy::cast_possible_truncation, reason = "such numbers fit")]
fn number_to_sql(number: f64) -> ValueRef<'static> {
    if number.fract() == 0.0 && number.abs() < 9.0e15 {
        ValueRef::Integer(number as i64)
    } else {
        ValueRef::Real(number)
    }
}

impl From<ValueRef<'_>> for Value {
    #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other numbers")]
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Number(number as f64),
            ValueRef::Real(number) => Value::Number(number),
            ValueRef::Text(bytes) => Value::Text(bytes.to_vec()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        }
    }
}

/// An open database.
pub struct Database {
    connection: RefCell<Option<Connection>>,
    file: PathBuf,
}

impl Database {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// What SQLite says. Whether the file is a database, the first statement tells.
    pub fn open(file: &Path, access: Access) -> Result<Self> {
        // To read the file of a program that was killed, SQLite may have to write.
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if access == Access::Write {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.execute_batch("PRAGMA trusted_schema = OFF")?;
        if access == Access::Read {
            connection.execute_batch("PRAGMA query_only = ON")?;
            // The log of a program that was killed stays as it is.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        Ok(Database { connection: RefCell::new(Some(connection)), file: file.to_owned() })
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Runs a statement, and gives the values of all its rows, one row after the other.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Value>> {
        let connection = self.connection.borrow();
        let mut statement = connection.as_ref().ok_or(Error::Closed)?.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(params))?;
        let mut values = Vec::new();
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                values.push(row.get_ref(column)?.into());
            }
        }
        Ok(values)
    }

    /// Closes the file.
    pub fn close(&self) {
        self.connection.borrow_mut().take();
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::TestFile;
    use super::*;

    #[test]
    fn values_come_out_as_they_went_in() {
        let file = TestFile::new();
        let database = Database::open(&file.0, Access::Write).unwrap();
        database.query("CREATE TABLE t (a, b, c, d, e)", &[]).unwrap();
        let row = [
            Value::Null,
            Value::Number(1.75e12),
            Value::Number(0.5),
            Value::Text("é".into()),
            Value::Blob(vec![0, 255]),
        ];
        database.query("INSERT INTO t VALUES (?, ?, ?, ?, ?)", &row).unwrap();
        assert_eq!(
            database.query("SELECT * FROM t UNION ALL SELECT * FROM t", &[]).unwrap(),
            [&row[..], &row].concat()
        );
        let types = database.query("SELECT typeof(b), typeof(c) FROM t", &[]).unwrap();
        assert_eq!(types, [Value::Text("integer".into()), Value::Text("real".into())]);
        database.close();
        assert!(matches!(database.query("SELECT 1", &[]), Err(Error::Closed)));
    }

    #[test]
    fn what_is_only_read_is_not_changed() {
        let file = TestFile::new();
        assert!(Database::open(&file.0, Access::Read).is_err(), "no file is made");
        Database::open(&file.0, Access::Write).unwrap().query("CREATE TABLE t (a)", &[]).unwrap();
        let database = Database::open(&file.0, Access::Read).unwrap();
        assert!(database.query("INSERT INTO t VALUES (1)", &[]).is_err());
        assert_eq!(database.query("SELECT count(*) FROM t", &[]).unwrap(), [Value::Number(0.0)]);
    }
}
