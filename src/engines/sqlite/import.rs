//! Sessions that come from another store.

use super::error::Result;
use super::record::Write;
use super::row::Loaded;
use super::shared::Shared;
use super::statements::{Sql, Statements};
use super::transaction::Transaction;
use super::write;

/// A session on its way into the file.
#[derive(Debug)]
pub struct Import {
    /// What is to be stored.
    pub write: Write,
    /// The text that it takes the place of. `None`: of nothing.
    pub expected: Option<Vec<u8>>,
}

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It is stored.
    Done,
    /// Nothing was written: another text is there than the one that was expected, or none.
    Changed,
    /// Nothing was written: the session was destroyed here.
    Destroyed,
}

/// Stores sessions, all in one transaction.
pub(super) fn import(
    statements: &Statements<'_>,
    shared: &Shared,
    sessions: &[Import],
) -> Result<Vec<Imported>> {
    let mut transaction = Transaction::begin(statements, shared)?;
    let outcomes = sessions.iter().map(|session| store(&mut transaction, session)).collect::<Result<_>>()?;
    transaction.commit()?;
    Ok(outcomes)
}

fn store(transaction: &mut Transaction<'_, '_>, Import { write, expected }: &Import) -> Result<Imported> {
    let is_there = write::unexpired(transaction, &write.key, write.now, None)?.is_some();
    if !is_there && transaction.statements.first(Sql::Tombstone, [write.key], |_| Ok(()))?.is_some() {
        return Ok(Imported::Destroyed);
    }
    let stored = transaction.statements.first(Sql::Load, [write.key], |row| {
        let mut text = Vec::new();
        Loaded::read(row)?.view.write_text(&mut text);
        Ok(text)
    })?;
    if stored != *expected {
        return Ok(Imported::Changed);
    }
    write::commit(transaction, write, None, usize::MAX)?;
    Ok(Imported::Done)
}

#[cfg(test)]
mod tests {
    use super::super::key::Key;
    use super::super::model::{TestFile, finish, write};
    use super::super::shared::Limits;
    use super::super::store::{Store, Waits};
    use super::super::time::Now;
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn session(n: u8, text: &str, expected: Option<&str>) -> Import {
        Import { write: write(n, text, 1000, HOUR), expected: expected.map(|text| text.as_bytes().to_vec()) }
    }

    fn text(store: &Store, n: u8) -> Option<String> {
        let read = store.read(&Key::of_id(&[n]), Now::at(1000), false, |view| {
            let mut text = Vec::new();
            view.write_text(&mut text);
            String::from_utf8(text).unwrap()
        });
        read.unwrap()
    }

    #[test]
    fn nothing_is_overwritten_but_what_was_expected() {
        let file = TestFile::new();
        let store = Store::open(&file.0, Limits::default(), false).unwrap();
        let first = [session(1, r#"{"a":1}"#, None), session(2, r#"{"a":2}"#, Some("{}"))];
        assert_eq!(store.import(&first).unwrap(), [Imported::Done, Imported::Changed]);
        let one = r#"{"cookie":{},"a":1}"#;
        assert_eq!((text(&store, 1).as_deref(), text(&store, 2)), (Some(one), None));

        let second = [session(1, r#"{"a":3}"#, None), session(1, r#"{"a":4}"#, Some(one))];
        assert_eq!(store.import(&second).unwrap(), [Imported::Changed, Imported::Done]);
        assert_eq!(text(&store, 1).as_deref(), Some(r#"{"cookie":{},"a":4}"#));
        assert_eq!(store.holds().sessions, 1);
    }

    #[test]
    fn a_session_that_was_destroyed_here_does_not_come_back() {
        let file = TestFile::new();
        let store = Store::open(&file.0, Limits::default(), false).unwrap();
        store.import(&[session(1, "{}", None)]).unwrap();
        finish(&store, &store.destroy(Key::of_id(&[1]), Now::at(1000), Waits::IfBusy).unwrap());
        assert_eq!(store.import(&[session(1, "{}", None)]).unwrap(), [Imported::Destroyed]);
        assert_eq!(text(&store, 1), None);
    }
}
