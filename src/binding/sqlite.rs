//! The SQLite engine.

use std::ffi::c_void;
use std::path::Path;
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::bound::{Function as BoundFunction, Functions, function};
use super::cookies::Keyring;
use super::memory::write_json_string;
use super::numbers::{ABSENT, BUSY, NEEDS_FULL_READ, NumberAt, Numbers};
use super::text::{Text, or_undefined};
use crate::codec::encoding::Encoding;
use crate::codec::split::{CookieForm, Split, cookie_form, split};
use crate::engines::sqlite::error::Error as StoreError;
use crate::engines::sqlite::exit;
use crate::engines::sqlite::import::{Import, Imported};
use crate::engines::sqlite::key::Key;
use crate::engines::sqlite::record::Write;
use crate::engines::sqlite::store::{Answers, NewDeadline, Outcome, Store, Touched, Waits};
use crate::engines::sqlite::time::{Now, deadline};
use crate::engines::sqlite::{Done, Limits, View};

/// How long the end of an environment waits for the writer thread.
const LAST_PATIENCE: Duration = Duration::from_secs(2);
/// A thread of Node's pool waits no longer at a time: the end of a process waits for it.
const WAIT: Duration = Duration::from_secs(1);

/// A store, and the numbers of the JavaScript thread that uses it.
pub struct Sqlite {
    store: Rc<Store>,
    numbers: Numbers,
}

/// The result of a write, and of a job of the writer thread.
#[napi]
pub enum SqliteOutcome {
    /// It is done.
    Done,
    /// Nothing was written: the session was destroyed since.
    Dropped,
    /// A job will answer.
    Waiting,
    /// It would take a job, and `Job` has said no.
    Refused,
    /// A touch: the text is stored as a whole, and has to be read and written again.
    Whole,
    /// A job has read a session.
    Read,
    /// A job has found no session.
    Absent,
    /// A job has failed.
    Failed,
    /// There is no answer yet.
    None,
}

#[expect(clippy::cast_possible_truncation, reason = "casts saturate, as intended")]
#[expect(clippy::cast_precision_loss, reason = "revisions, jobs and deadlines are below 2^53")]
#[expect(clippy::cast_sign_loss, reason = "as above")]
impl Sqlite {
    fn now(&self) -> Now {
        Now::new(self.numbers.get(NumberAt::Now))
    }

    fn deadline(&self) -> Option<i64> {
        deadline(self.numbers.get(NumberAt::Deadline))
    }

    fn revision(&self) -> Option<i64> {
        let revision = self.numbers.get(NumberAt::Revision);
        (revision >= 0.0).then_some(revision as i64)
    }

    fn waits(&self) -> Waits {
        match self.numbers.get(NumberAt::Job) as u32 {
            0 => Waits::Never,
            1 => Waits::IfBusy,
            _ => Waits::Always,
        }
    }

    /// The text of the cookie of the template and expiry in the numbers, if there is a template.
    fn cookie(&self) -> Option<Vec<u8>> {
        let number = self.numbers.get(NumberAt::Template);
        let expires = self.numbers.get(NumberAt::Expires);
        let template = if number >= 0.0 { self.store.template(number as u16) } else { None }?;
        let mut text = Vec::with_capacity(160);
        template.write((!expires.is_nan()).then_some(expires as i64), &mut text);
        Some(text)
    }

    fn write(
        &self,
        sid: Text,
        cookie: Option<Vec<u8>>,
        data: Vec<u8>,
        is_wide: bool,
    ) -> Result<SqliteOutcome> {
        let rank = (self.numbers.get(NumberAt::Rank) as usize).min(3);
        let (deadline, revision, now) = (self.deadline(), self.revision(), self.now());
        let key = key(sid);
        let write = Write { key, cookie, data, is_wide, deadline, revision, rank, now };
        self.outcome(self.store.commit(write, self.waits()))
    }

    fn outcome(&self, outcome: std::result::Result<Outcome, StoreError>) -> Result<SqliteOutcome> {
        Ok(match outcome.map_err(|error| self.error(&error))? {
            Outcome::Done(revision) => {
                self.put_revision(revision);
                SqliteOutcome::Done
            }
            Outcome::Dropped => SqliteOutcome::Dropped,
            Outcome::Waiting(job) => {
                self.numbers.put(NumberAt::Job, f64::from(job));
                SqliteOutcome::Waiting
            }
            Outcome::Refused => SqliteOutcome::Refused,
        })
    }

    fn put_revision(&self, revision: i64) {
        self.numbers.put(NumberAt::Revision, revision as f64);
    }

    /// A code and a message, in two lines.
    fn error(&self, error: &StoreError) -> Error {
        failure(error, self.store.file())
    }

    /// The whole text of a session. Puts its revision, or why there is none.
    fn text(&self, sid: Text, is_client: bool) -> Result<Option<Text>> {
        let read = self.store.read(&key(sid), self.now(), is_client, |view| whole(&view));
        match read {
            Ok(Some((revision, text))) => {
                self.put_revision(revision);
                Ok(Some(text))
            }
            Ok(None) => {
                self.numbers.put(NumberAt::Revision, f64::from(ABSENT));
                Ok(None)
            }
            Err(StoreError::Busy) => {
                self.numbers.put(NumberAt::Revision, f64::from(BUSY));
                Ok(None)
            }
            Err(error) => Err(self.error(&error)),
        }
    }
}

pub(super) fn failure(error: &StoreError, file: &Path) -> Error {
    let (code, message) = error.describe(file);
    Error::from_reason(format!("{code}\n{message}"))
}

fn key(sid: Text) -> Key {
    Key::of(&sid.into_id())
}

fn whole(view: &View<'_>) -> (i64, Text) {
    let mut bytes = Vec::with_capacity(512);
    view.write_text(&mut bytes);
    (view.revision, Text { bytes, encoding: view.encoding })
}

/// Opens a store. `numbers` comes from `createNumbers`. Limits that are not finite are no bounds. With `full`, each
/// write is durable before it is answered. An error has a code in its first line.
#[napi(catch_unwind)]
pub fn create_sqlite(
    env: Env,
    numbers: Float64Array,
    file: String,
    max: f64,
    max_bytes: f64,
    full: bool,
) -> Result<External<Rc<Sqlite>>> {
    let numbers = Numbers::new(numbers)?;
    #[expect(clippy::cast_possible_truncation, reason = "casts saturate, as intended")]
    let bound = |limit: f64| limit.is_finite().then_some(limit as i64);
    let limits = Limits { max_sessions: bound(max), max_bytes: bound(max_bytes) };
    let path = Path::new(&file);
    let store = Rc::new(Store::open(path, limits, full).map_err(|error| failure(&error, path))?);
    write_at_exit();
    // At the end of a process or a worker thread, what is waiting is written.
    env.add_env_cleanup_hook(Rc::downgrade(&store), |store: Weak<Store>| {
        if let Some(store) = store.upgrade() {
            store.shut_down(LAST_PATIENCE);
        }
    })?;
    Ok(External::new(Rc::new(Sqlite { store, numbers })))
}

/// `process.exit` runs no cleanup hook of Node-API on the main thread. Windows has ended the writer thread by then.
#[cfg(unix)]
#[expect(unsafe_code, reason = "a function of C's standard library")]
fn write_at_exit() {
    unsafe extern "C" {
        fn atexit(call: extern "C" fn()) -> std::ffi::c_int;
    }
    extern "C" fn end_all() {
        exit::end_all(LAST_PATIENCE);
    }
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: `end_all` may be called at any time, and does not unwind.
    ONCE.call_once(|| _ = unsafe { atexit(end_all) });
}

#[cfg(not(unix))]
fn write_at_exit() {}

/// The functions of a store. They read the numbers that their descriptions name, and `Now`. Ids may be references.
///
/// - `get(sid)`: a session's text for a client, or `undefined`. Puts `Revision`, or `ABSENT`, or `BUSY`.
/// - `peek(sid)`: the same, for somebody who looks around.
/// - `readLater(sid)`: has the writer thread read a session. Puts `Job`.
/// - `set(sid, text)`: stores a whole text. Takes `Deadline`, `Revision`, `Rank`, `Job`; puts `Revision` or `Job`.
/// - `commit(sid, data)`: stores the text of the data and the cookie's template. Takes the same numbers and `Template`,
///   `Expires`.
/// - `touch(sid, cookie?)`: replaces deadline and cookie, given as JSON or as a template. Takes `Deadline`, `Revision`,
///   `Template`, `Expires`.
/// - `touchSeen(sid)`: the same for a session that was loaded with the deadline in `Hint`. It costs no statement. False:
///   use `touch`.
/// - `destroy(sid)`: takes and puts `Job`.
/// - `clear()`: the same.
/// - `prune()`: removes some expired sessions. Returns whether there may be more.
/// - `take()`: the next answer. Puts `Outcome`, `Job`, `Revision`. Returns the text that was read, or an error's code and
///   message in two lines.
#[napi(
    catch_unwind,
    ts_args_type = "sqlite: ExternalObject<Sqlite>",
    ts_return_type = "{ get(sid: string): string | undefined, peek(sid: string): string | undefined, \
                      readLater(sid: string): void, set(sid: string, text: string): SqliteOutcome, \
                      commit(sid: string, data: string): SqliteOutcome, \
                      touch(sid: string, cookie?: string): SqliteOutcome, touchSeen(sid: string): boolean, \
                      destroy(sid: string): SqliteOutcome, clear(): SqliteOutcome, prune(): boolean, \
                      take(): string | undefined }"
)]
pub fn bind_sqlite<'env>(env: &'env Env, sqlite: &External<Rc<Sqlite>>) -> Result<Object<'env>> {
    let calls = Functions::on(env, sqlite)?
        .with("get", |sqlite, given| Ok(or_undefined(sqlite.text(given.text(0)?, true)?)))?
        .with("peek", |sqlite, given| Ok(or_undefined(sqlite.text(given.text(0)?, false)?)))?
        .with("readLater", |sqlite, given| read_later(sqlite, given.text(0)?))?
        .with("set", |sqlite, given| set(sqlite, given.text(0)?, given.text(1)?))?
        .with("commit", |sqlite, given| commit(sqlite, given.text(0)?, given.text(1)?))?
        .with("touch", |sqlite, given| touch(sqlite, given.text(0)?, given.optional_text(1)?))?
        .with("touchSeen", |sqlite, given| touch_seen(sqlite, given.text(0)?))?
        .with("destroy", |sqlite, given| {
            let sid = given.text(0)?;
            sqlite.outcome(sqlite.store.destroy(key(sid), sqlite.now(), sqlite.waits()))
        })?
        .with("clear", |sqlite, _| sqlite.outcome(sqlite.store.clear(sqlite.now(), sqlite.waits())))?
        .with("prune", |sqlite, _| sqlite.store.prune(sqlite.now()).map_err(|error| sqlite.error(&error)))?
        .with("take", |sqlite, _| Ok(or_undefined(take(sqlite))))?;
    Ok(calls.object())
}

fn read_later(sqlite: &Sqlite, sid: Text) -> Result<()> {
    let job = sqlite.store.read_later(key(sid), sqlite.now()).map_err(|error| sqlite.error(&error))?;
    sqlite.numbers.put(NumberAt::Job, f64::from(job));
    Ok(())
}

fn set(sqlite: &Sqlite, sid: Text, text: Text) -> Result<SqliteOutcome> {
    let (cookie, data, is_wide) = parts(sqlite, text);
    sqlite.write(sid, cookie, data, is_wide)
}

/// The cookie and the data of a text, and whether the data is UTF-16.
fn parts(sqlite: &Sqlite, text: Text) -> (Option<Vec<u8>>, Vec<u8>, bool) {
    let Text { bytes, encoding } = text;
    if encoding == Encoding::Wide {
        return (None, bytes, true);
    }
    let Split::Parts { data, .. } = split(&bytes, sqlite.store.templates()) else {
        return (None, bytes, false);
    };
    // What stands before the data: `{"cookie":`, the cookie, and a comma or, without data, nothing.
    let start = r#"{"cookie":"#.len();
    let end = bytes.len() - data.len();
    let cookie = if data == b"}" { &bytes[start..end] } else { &bytes[start..end - 1] };
    let data = [b"{", data].concat();
    (Some(cookie.to_vec()), data, false)
}

/// What became of a session of another store.
#[napi]
pub enum SqliteImported {
    /// It is stored.
    Done,
    /// Nothing was written: another text is there than the one that was expected, or none.
    Changed,
    /// Nothing was written: the session was destroyed here.
    Destroyed,
}

/// Stores sessions of another store, all in one transaction, where they take the place of nothing or of the text that
/// `expected` has. Returns a `SqliteImported` for each. Takes `Now`. Null: the file is busy, and nothing was stored.
#[napi(
    catch_unwind,
    ts_args_type = "sqlite: ExternalObject<Sqlite>, sids: string[], texts: string[], expected: (string | null)[], \
                    deadlines: number[], ranks: number[]",
    ts_return_type = "SqliteImported[] | null"
)]
pub fn sqlite_import(
    sqlite: &External<Rc<Sqlite>>,
    sids: Vec<Text>,
    texts: Vec<Text>,
    expected: Vec<Option<Text>>,
    deadlines: Vec<f64>,
    ranks: Vec<u32>,
) -> Result<Option<Vec<u32>>> {
    let now = sqlite.now();
    let sessions: Vec<Import> = sids
        .into_iter()
        .zip(texts)
        .zip(expected)
        .zip(deadlines.into_iter().zip(ranks))
        .map(|(((sid, text), expected), (ms, rank))| {
            let (cookie, data, is_wide) = parts(sqlite, text);
            let (deadline, rank) = (deadline(ms), (rank as usize).min(3));
            let write = Write { key: key(sid), cookie, data, is_wide, deadline, revision: None, rank, now };
            Import { write, expected: expected.map(|text| text.bytes) }
        })
        .collect();
    match sqlite.store.import(&sessions) {
        Ok(outcomes) => Ok(Some(outcomes.into_iter().map(imported).collect())),
        Err(StoreError::Busy) => Ok(None),
        Err(error) => Err(sqlite.error(&error)),
    }
}

fn imported(outcome: Imported) -> u32 {
    let outcome = match outcome {
        Imported::Done => SqliteImported::Done,
        Imported::Changed => SqliteImported::Changed,
        Imported::Destroyed => SqliteImported::Destroyed,
    };
    outcome as u32
}

fn commit(sqlite: &Sqlite, sid: Text, data: Text) -> Result<SqliteOutcome> {
    let cookie = sqlite.cookie().ok_or_else(|| Error::from_reason("a cookie template is expected"))?;
    sqlite.write(sid, Some(cookie), data.bytes, data.encoding == Encoding::Wide)
}

fn new_deadline(sqlite: &Sqlite, cookie: Option<Text>) -> NewDeadline {
    let cookie = cookie.map(|text| text.bytes).or_else(|| sqlite.cookie());
    NewDeadline { deadline: sqlite.deadline(), cookie, revision: sqlite.revision() }
}

fn touch(sqlite: &Sqlite, sid: Text, cookie: Option<Text>) -> Result<SqliteOutcome> {
    let touched = sqlite.store.touch(key(sid), new_deadline(sqlite, cookie), sqlite.now());
    Ok(match touched.map_err(|error| sqlite.error(&error))? {
        Touched::Done => SqliteOutcome::Done,
        Touched::Whole => SqliteOutcome::Whole,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "casts saturate, as intended")]
fn touch_seen(sqlite: &Sqlite, sid: Text) -> Result<bool> {
    let stored = sqlite.numbers.get(NumberAt::Hint) as i64;
    let touched = sqlite.store.touch_seen(key(sid), new_deadline(sqlite, None), stored, sqlite.now());
    touched.map_err(|error| sqlite.error(&error))
}

fn take(sqlite: &Sqlite) -> Option<Text> {
    let put = |outcome: SqliteOutcome| sqlite.numbers.put(NumberAt::Outcome, f64::from(outcome as u32));
    let Some(answer) = sqlite.store.take_answer() else {
        put(SqliteOutcome::None);
        return None;
    };
    sqlite.numbers.put(NumberAt::Job, f64::from(answer.number));
    sqlite.put_revision(-1);
    match answer.result {
        Ok(Done::Written(revision)) => {
            sqlite.put_revision(revision);
            put(SqliteOutcome::Done);
        }
        Ok(Done::Other) => put(SqliteOutcome::Done),
        Ok(Done::Dropped) => put(SqliteOutcome::Dropped),
        Ok(Done::Absent) => put(SqliteOutcome::Absent),
        Ok(Done::Read(revision, bytes, encoding)) => {
            sqlite.put_revision(revision);
            put(SqliteOutcome::Read);
            return Some(Text { bytes, encoding });
        }
        Err(error) => {
            put(SqliteOutcome::Failed);
            let (code, message) = error.describe(sqlite.store.file());
            return Some(Text::from_utf8(format!("{code}\n{message}").into_bytes()));
        }
    }
    None
}

/// Makes `load(header)` on a `SQLite` store. It takes and puts what that of `bindLoad` does, with two differences:
/// `Revision` may be `BUSY`, and `Hint` is the stored deadline, or -1 if `touchSeen` cannot be used.
#[napi(
    catch_unwind,
    ts_args_type = "sqlite: ExternalObject<Sqlite>, keyring: ExternalObject<Keyring>",
    ts_return_type = "(header: string) => string | undefined"
)]
pub fn bind_sqlite_load(
    env: Env,
    sqlite: &External<Rc<Sqlite>>,
    keyring: &External<Rc<Keyring>>,
) -> Result<BoundFunction> {
    let state = Rc::new((Rc::clone(sqlite), Rc::clone(keyring)));
    function(&env, state, |(sqlite, keyring), given| {
        Ok(or_undefined(load(sqlite, keyring, &given.text(0)?)?))
    })
}

#[expect(clippy::cast_precision_loss, reason = "revisions and dates are below 2^53")]
fn load(sqlite: &Sqlite, keyring: &Keyring, header: &Text) -> Result<Option<Text>> {
    let Some(opened) = keyring.open(header) else { return Ok(None) };
    let mut bytes = Vec::with_capacity(512);
    if !opened.in_header {
        bytes.push(b'[');
        write_json_string(&opened.id, &mut bytes);
        bytes.push(b',');
    }
    // A reference is an id here: a cookie that names one opens nothing.
    let loaded = sqlite.store.read(&Key::of_id(&opened.id), sqlite.now(), true, |view| {
        sqlite.put_revision(view.revision);
        let form = view.cookie.map(|cookie| cookie_form(cookie, sqlite.store.templates()));
        match form {
            Some(CookieForm::Template(number, expires)) if view.encoding != Encoding::Wide => {
                let numbers = &sqlite.numbers;
                numbers.put(NumberAt::Template, f64::from(number));
                numbers.put(NumberAt::Expires, expires.map_or(f64::NAN, |ms| ms as f64));
                numbers.put(NumberAt::Hint, view.deadline.map_or(f64::INFINITY, |ms| ms as f64));
                bytes.extend_from_slice(view.data);
            }
            _ => {
                sqlite.numbers.put(NumberAt::Template, -1.0);
                sqlite.numbers.put(NumberAt::Hint, -1.0);
                view.write_text(&mut bytes);
            }
        }
        view.encoding
    });
    let mark = match loaded {
        Ok(Some(Encoding::Wide)) => NEEDS_FULL_READ,
        Ok(Some(_)) => {
            if !opened.in_header {
                bytes.push(b']');
            }
            return Ok(Some(Text::from_utf8(bytes)));
        }
        Ok(None) => ABSENT,
        Err(StoreError::Busy) => BUSY,
        Err(error) => return Err(sqlite.error(&error)),
    };
    sqlite.numbers.put(NumberAt::Revision, f64::from(mark));
    Ok(Some(opened.text()))
}

/// What waits for answers of a writer thread, on a thread of Node's pool.
struct Wait {
    answers: Answers,
    callback: sys::napi_ref,
    work: sys::napi_async_work,
}

/// Calls `callback` on this thread when there may be an answer. Until then it keeps the process alive, and its realm.
#[napi(catch_unwind, ts_args_type = "sqlite: ExternalObject<Sqlite>, callback: () => void")]
pub fn sqlite_wait(env: Env, sqlite: &External<Rc<Sqlite>>, callback: Function<'_, (), ()>) -> Result<()> {
    begin_wait(env.raw(), sqlite.store.answers(), callback.raw())
}

#[expect(unsafe_code, reason = "functions of Node-API itself")]
fn begin_wait(env: sys::napi_env, answers: Answers, callback: sys::napi_value) -> Result<()> {
    let wait = Box::into_raw(Box::new(Wait { answers, callback: null_mut(), work: null_mut() }));
    // SAFETY: `wait` is freed once: by `waited`, or here if nothing was begun. Until it is queued, nobody else has it.
    unsafe {
        let mut name = null_mut();
        let text = b"SQLiteStore";
        let check = |status| if status == sys::Status::napi_ok { Ok(()) } else { Err(status) };
        let begun = check(sys::napi_create_string_latin1(env, text.as_ptr().cast(), 11, &raw mut name))
            .and_then(|()| check(sys::napi_create_reference(env, callback, 1, &raw mut (*wait).callback)))
            .and_then(|()| {
                let data = wait.cast::<c_void>();
                let work = &raw mut (*wait).work;
                check(sys::napi_create_async_work(
                    env,
                    null_mut(),
                    name,
                    Some(wait_here),
                    Some(waited),
                    data,
                    work,
                ))
            })
            .and_then(|()| check(sys::napi_queue_async_work(env, (*wait).work)));
        if let Err(status) = begun {
            drop(Box::from_raw(wait));
            return Err(Error::new(status.into(), "the answer cannot be waited for"));
        }
    }
    Ok(())
}

#[expect(unsafe_code, reason = "Node-API calls it")]
unsafe extern "C" fn wait_here(_: sys::napi_env, data: *mut c_void) {
    // SAFETY: `waited` has not run, and nobody else uses it.
    unsafe { &*data.cast::<Wait>() }.answers.wait(WAIT);
}

#[expect(unsafe_code, reason = "Node-API calls it")]
unsafe extern "C" fn waited(env: sys::napi_env, _: sys::napi_status, data: *mut c_void) {
    // SAFETY: it is called once for each `Wait`, on the thread that made it. What the callback throws stays pending, and
    // Node reports it as an uncaught exception.
    unsafe {
        let wait = Box::from_raw(data.cast::<Wait>());
        let (mut callback, mut this, mut result) = (null_mut(), null_mut(), null_mut());
        let found = sys::napi_get_reference_value(env, wait.callback, &raw mut callback);
        sys::napi_delete_reference(env, wait.callback);
        sys::napi_delete_async_work(env, wait.work);
        if found == sys::Status::napi_ok && !callback.is_null() {
            sys::napi_get_undefined(env, &raw mut this);
            sys::napi_call_function(env, this, callback, 0, std::ptr::null(), &raw mut result);
        }
    }
}

/// What a store holds, and what this process has done with it.
#[napi(object)]
pub struct SqliteStats {
    pub sessions: f64,
    pub bytes: f64,
    pub tombstones: f64,
    pub hits: f64,
    pub misses: f64,
    pub sets: f64,
    pub touches: f64,
    pub destroyed: f64,
    pub expired: f64,
    pub evicted_for_sessions: f64,
    pub evicted_for_bytes: f64,
    pub lost: f64,
}

/// What a store holds, and what this process has done with it.
#[napi(catch_unwind)]
pub fn sqlite_stats(sqlite: &External<Rc<Sqlite>>) -> SqliteStats {
    stats(sqlite)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn stats(sqlite: &Sqlite) -> SqliteStats {
    let holds = sqlite.store.holds();
    let counts = sqlite.store.counts();
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
    SqliteStats {
        sessions: holds.sessions as f64,
        bytes: holds.bytes as f64,
        tombstones: holds.tombstones as f64,
        hits: read(&counts.hits),
        misses: read(&counts.misses),
        sets: read(&counts.sets),
        touches: read(&counts.touches),
        destroyed: read(&counts.destroyed),
        expired: read(&counts.expired),
        evicted_for_sessions: read(&counts.evicted_for_sessions),
        evicted_for_bytes: read(&counts.evicted_for_bytes),
        lost: sqlite.store.lost() as f64,
    }
}

/// The number of sessions that are valid at `Now`.
#[napi(catch_unwind)]
pub fn sqlite_length(sqlite: &External<Rc<Sqlite>>) -> Result<i64> {
    sqlite.store.count_valid(sqlite.now()).map_err(|error| sqlite.error(&error))
}

/// References to the sessions of one part of a store, or null after the last part.
#[napi(catch_unwind, ts_return_type = "string[] | null")]
pub fn sqlite_ids(sqlite: &External<Rc<Sqlite>>, part: u32) -> Result<Option<Vec<Text>>> {
    let keys = sqlite.store.keys(part, sqlite.now()).map_err(|error| sqlite.error(&error))?;
    Ok(keys.map(|keys| keys.iter().map(reference).collect()))
}

fn reference(key: &Key) -> Text {
    Text { bytes: key.reference(), encoding: Encoding::Ascii }
}

/// The number of a cookie template, or -1 if it is too long or there are too many.
#[napi(catch_unwind)]
pub fn sqlite_intern(sqlite: &External<Rc<Sqlite>>, prefix: String, suffix: Option<String>) -> i32 {
    sqlite.store.intern(&prefix, suffix.as_deref()).map_or(-1, i32::from)
}

/// The text of a cookie template before and after the value of `expires`.
#[napi(catch_unwind)]
pub fn sqlite_template(sqlite: &External<Rc<Sqlite>>, number: u32) -> Option<Vec<String>> {
    let template = sqlite.store.template(u16::try_from(number).ok()?)?;
    let mut parts = vec![template.prefix().to_owned()];
    if template.has_hole() {
        parts.push(template.suffix().to_owned());
    }
    Some(parts)
}

/// Starts or ends the recording of removals; with `replaced`, overwritten sessions count too.
#[napi(catch_unwind)]
pub fn sqlite_watch(sqlite: &External<Rc<Sqlite>>, watched: bool, replaced: bool) {
    sqlite.store.watch(watched, replaced);
}

/// What was removed since the last call up to `Now`, in one flat array: kind, reference and text of each.
#[napi(catch_unwind, ts_return_type = "string[]")]
pub fn sqlite_removed(sqlite: &External<Rc<Sqlite>>) -> Vec<Text> {
    let mut flat = Vec::new();
    sqlite.store.show(sqlite.now());
    for session in sqlite.store.take_removed() {
        flat.push(Text { bytes: session.kind.name().into(), encoding: Encoding::Ascii });
        flat.push(reference(&session.key));
        flat.push(Text { bytes: session.text, encoding: session.encoding });
    }
    flat
}

/// Closes a store. What is waiting is written on the writer thread, which then ends.
#[napi(catch_unwind)]
pub fn sqlite_close(sqlite: &External<Rc<Sqlite>>) {
    sqlite.store.close();
}
