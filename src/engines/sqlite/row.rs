//! A session as a row of the table, and as the text that JavaScript knows.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use super::key::Key;
use crate::codec::encoding::Encoding;

/// What a session takes in the file beside its texts, in bytes: key, numbers, indexes, and room in pages.
const OVERHEAD: usize = 192;
/// Sizes are counted in steps of this, so that few writes change the totals.
const STEP: usize = 64;

/// A session as it was read.
#[derive(Debug)]
pub struct View<'a> {
    /// Of its creation.
    pub revision: i64,
    /// When it expires. `None`: never.
    pub deadline: Option<i64>,
    /// The cookie's JSON, if it is stored by itself.
    pub cookie: Option<&'a [u8]>,
    /// The JSON of the other members. Without a cookie, the whole text.
    pub data: &'a [u8],
    /// How the data are to be read.
    pub encoding: Encoding,
}

impl View<'_> {
    /// Appends the whole text.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        let Some(cookie) = self.cookie else {
            out.extend_from_slice(self.data);
            return;
        };
        out.extend_from_slice(br#"{"cookie":"#);
        out.extend_from_slice(cookie);
        if self.data.len() > 2 {
            out.push(b',');
        }
        out.extend_from_slice(self.data.get(1..).unwrap_or_default());
    }
}

/// A row of `Sql::Load`.
#[derive(Debug)]
pub(super) struct Loaded<'a> {
    pub(super) view: View<'a>,
    pub(super) rank: usize,
    pub(super) seen: i64,
    pub(super) returned: Option<i64>,
}

impl<'a> Loaded<'a> {
    pub(super) fn read(row: &'a rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let (data, encoding) = match row.get_ref(6)? {
            ValueRef::Blob(bytes) => (bytes, Encoding::Wide),
            ValueRef::Text(bytes) if bytes.is_ascii() => (bytes, Encoding::Ascii),
            other => (other.as_bytes()?, Encoding::Utf8),
        };
        let cookie = row.get_ref(5)?.as_bytes_or_null()?;
        Ok(Loaded {
            view: View { revision: row.get(0)?, deadline: row.get(1)?, cookie, data, encoding },
            rank: row.get(2).map(rank)?,
            seen: row.get(3)?,
            returned: row.get(4)?,
        })
    }
}

/// A row of `Sql::Head`.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) revision: i64,
    pub(super) deadline: Option<i64>,
    pub(super) due: Option<i64>,
    pub(super) rank: usize,
    pub(super) returned: Option<i64>,
    pub(super) size: i64,
}

impl Head {
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Head {
            revision: row.get(0)?,
            deadline: row.get(1)?,
            due: row.get(2)?,
            rank: row.get(3).map(rank)?,
            returned: row.get(4)?,
            size: row.get(5)?,
        })
    }
}

/// A rank that others may have written, as one of ours.
pub(super) fn rank(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default().min(super::totals::RANKS - 1)
}

/// What a session counts for, in bytes.
pub(super) fn size_of(cookie: Option<usize>, data: usize) -> i64 {
    let bytes = (OVERHEAD + cookie.unwrap_or_default() + data).next_multiple_of(STEP);
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A text on its way into the file. SQLite is not asked to look at it.
pub(super) struct Bytes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) is_wide: bool,
}

impl ToSql for Bytes<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = if self.is_wide { ValueRef::Blob(self.bytes) } else { ValueRef::Text(self.bytes) };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

/// The key in a column.
pub(super) fn key(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Key> {
    row.get(at).map(Key)
}
