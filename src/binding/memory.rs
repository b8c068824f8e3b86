//! The memory engine.

use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::bound::{Function, Functions, function};
use super::cookies::Keyring;
use super::numbers::{ABSENT, NEEDS_FULL_READ, NumberAt, Numbers};
use super::text::{Text, make_room, or_undefined, with_room};
use crate::codec::encoding::Encoding;
use crate::engines::memory::sweeper;
use crate::engines::memory::{
    Cookie, Differs, Limits, MemoryStore, Rank, Refused, SlotHint, Touched, UNKNOWN, View, ViewCookie, Watch,
    Write, Written, shared,
};

/// A store, and the numbers of the JavaScript thread that uses it.
pub struct Memory {
    store: Arc<MemoryStore>,
    numbers: Numbers,
}

impl Drop for Memory {
    /// The sweeper's thread frees the store if nobody else holds it.
    fn drop(&mut self) {
        sweeper::retire(Arc::clone(&self.store));
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate, as intended")]
impl Memory {
    /// Without a valid time, nothing has expired.
    fn now(&self) -> i64 {
        let now = self.numbers.get(NumberAt::Now);
        if now.is_finite() { now as i64 } else { UNKNOWN }
    }

    /// Without a valid deadline, the session never expires.
    fn deadline(&self) -> i64 {
        let deadline = self.numbers.get(NumberAt::Deadline);
        if deadline.is_nan() { i64::MAX } else { deadline as i64 }
    }

    fn rank(&self) -> Rank {
        Rank::ALL[(self.numbers.get(NumberAt::Rank) as usize).min(Rank::COUNT - 1)]
    }

    fn mode(&self) -> Write {
        self.revision().map_or(Write::Any, |revision| Write::Update { revision })
    }

    fn revision(&self) -> Option<u32> {
        let revision = self.numbers.get(NumberAt::Revision);
        (revision >= 0.0).then_some(revision as u32)
    }

    fn hint(&self) -> SlotHint {
        SlotHint::from_number(self.numbers.get(NumberAt::Hint))
    }

    /// The cookie of the template and expiry in the numbers, if there is a template.
    fn cookie(&self) -> Option<Cookie<'static>> {
        let number = self.numbers.get(NumberAt::Template);
        let expires = self.numbers.get(NumberAt::Expires);
        (number >= 0.0).then(|| Cookie::Template {
            number: number as u16,
            expires: (!expires.is_nan()).then_some(expires as i64),
        })
    }

    /// The outcome of a write. Puts the revision of the written session into the numbers. `None`: the session
    /// was not where it had been seen.
    fn outcome(&self, written: Option<std::result::Result<Written, Refused>>) -> WriteOutcome {
        let (outcome, revision) = match written {
            Some(Ok(Written::Created(revision))) => (WriteOutcome::Created, Some(revision)),
            Some(Ok(Written::Replaced(revision))) => (WriteOutcome::Replaced, Some(revision)),
            Some(Ok(Written::Dropped)) => (WriteOutcome::Dropped, None),
            Some(Err(Refused::TooLarge)) => (WriteOutcome::TooLarge, None),
            Some(Err(Refused::Outranked)) => (WriteOutcome::Outranked, None),
            Some(Err(Refused::OutOfMemory)) => (WriteOutcome::OutOfMemory, None),
            None => (WriteOutcome::NotThere, None),
        };
        if let Some(revision) = revision {
            self.numbers.put(NumberAt::Revision, f64::from(revision));
        }
        outcome
    }
}

/// The result of `set`, `commit` and `commitSeen`.
#[napi]
pub enum WriteOutcome {
    /// Nothing was written: the session was destroyed since.
    Dropped,
    /// The id had no session before.
    Created,
    /// The id had a session before.
    Replaced,
    /// Nothing was written: the session is larger than `maxBytes`.
    TooLarge,
    /// Nothing was written: the session is larger than what sessions of higher rank leave it.
    Outranked,
    /// Nothing was written: the system has no memory for the session.
    OutOfMemory,
    /// `commitSeen` only. Nothing was written: the session is not where it was seen.
    NotThere,
}

/// The result of `touch` and `touchSeen`.
#[napi]
pub enum TouchOutcome {
    /// The id has no session. From `touchSeen`: the session is not where it was seen, or its text cannot be split.
    NotThere,
    /// The session has the new deadline and cookie.
    Renewed,
    /// The session has the new deadline. Its text cannot be split, so the cookie in it is unchanged.
    Whole,
    /// Nothing was changed: with the new cookie, the session would be larger than `maxBytes`.
    TooLarge,
    /// Nothing was changed: the session would be larger than what sessions of higher rank leave it.
    Outranked,
    /// Nothing was changed: the system has no memory for the session.
    OutOfMemory,
}

impl From<Touched> for TouchOutcome {
    fn from(touched: Touched) -> Self {
        match touched {
            Touched::Absent => TouchOutcome::NotThere,
            Touched::Renewed => TouchOutcome::Renewed,
            Touched::Whole => TouchOutcome::Whole,
            Touched::Refused(Refused::TooLarge) => TouchOutcome::TooLarge,
            Touched::Refused(Refused::Outranked) => TouchOutcome::Outranked,
            Touched::Refused(Refused::OutOfMemory) => TouchOutcome::OutOfMemory,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate, as intended")]
fn limits(max: f64, max_bytes: f64) -> Limits {
    let bound = |limit: f64| limit.is_finite().then_some(limit as u64);
    Limits { max_sessions: bound(max), max_bytes: bound(max_bytes) }
}

/// Opens a store: a new one, or the one that all threads of the process share under the name `shared`.
/// `numbers` comes from `createNumbers`. Limits that are not finite are no bounds. `explicitLimits` says
/// whether the app has set `max` and `maxBytes`: an existing shared store must agree with those.
#[napi(catch_unwind)]
pub fn create_memory(
    numbers: Float64Array,
    max: f64,
    max_bytes: f64,
    shared_name: Option<String>,
    explicit_limits: Option<Vec<bool>>,
) -> Result<External<Rc<Memory>>> {
    let numbers = Numbers::new(numbers)?;
    let limits = limits(max, max_bytes);
    let store = match shared_name {
        None => Arc::new(MemoryStore::new(limits)),
        Some(name) => {
            let is_explicit = explicit_limits.unwrap_or_default();
            let explicit =
                |at: usize, limit: Option<u64>| limit.filter(|_| is_explicit.get(at) == Some(&true));
            let explicit = Limits {
                max_sessions: explicit(0, limits.max_sessions),
                max_bytes: explicit(1, limits.max_bytes),
            };
            shared(&name, explicit, limits).map_err(|differs| {
                let (option, limit) = match differs {
                    Differs::MaxSessions(limit) => ("max", limit),
                    Differs::MaxBytes(limit) => ("maxBytes", limit),
                };
                let limit = limit.map_or("none".to_owned(), |limit| limit.to_string());
                Error::from_reason(format!("{option} option differs from that of the shared store: {limit}"))
            })?
        }
    };
    sweeper::register(&store);
    Ok(External::new(Rc::new(Memory { store, numbers })))
}

/// The functions of a store. They read the numbers that their descriptions name, and `Now`.
///
/// - `get(sid)`: a session's text for a client, or `undefined`. Raises the rank. Puts `Revision`.
/// - `peek(sid)`: the same, but raises no rank.
/// - `set(sid, text)`: stores a whole text. Takes `Deadline`, `Revision`, `Rank`; puts `Revision`.
/// - `commit(sid, data)`: stores the text of the data and the cookie's template. Takes the same numbers and
///   `Template`, `Expires`.
/// - `commitSeen(data)`: the same, for the session that `load` saw. Takes `Hint` too.
/// - `touch(sid, cookie?)`: replaces deadline and cookie, given as JSON or as a template. Takes `Deadline`,
///   `Template`, `Expires`.
/// - `touchSeen()`: the same, for the session that `load` saw. Takes `Revision` and `Hint` too.
/// - `destroy(sid)`: whether there was a session.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>",
    ts_return_type = "{ get(sid: string): string | undefined, peek(sid: string): string | undefined, \
                      set(sid: string, text: string): WriteOutcome, \
                      commit(sid: string, data: string): WriteOutcome, \
                      commitSeen(data: string): WriteOutcome, \
                      touch(sid: string, cookie?: string): TouchOutcome, touchSeen(): TouchOutcome, \
                      destroy(sid: string): boolean }"
)]
pub fn bind_memory<'env>(env: &'env Env, memory: &External<Rc<Memory>>) -> Result<Object<'env>> {
    let calls = Functions::on(env, memory)?
        .with("get", |memory, given| Ok(or_undefined(get(memory, given.text(0)?)?)))?
        .with("peek", |memory, given| Ok(or_undefined(peek(memory, given.text(0)?)?)))?
        .with("set", |memory, given| Ok(set(memory, given.text(0)?, given.text(1)?)))?
        .with("commit", |memory, given| commit(memory, given.text(0)?, given.text(1)?))?
        .with("commitSeen", |memory, given| commit_seen(memory, &given.text(0)?))?
        .with("touch", |memory, given| Ok(touch(memory, given.text(0)?, given.optional_text(1)?)))?
        .with("touchSeen", |memory, _| Ok(touch_seen(memory)))?
        .with("destroy", |memory, given| Ok(memory.store.destroy(&given.text(0)?.into_id(), memory.now())))?;
    Ok(calls.object())
}

fn get(memory: &Memory, sid: Text) -> Result<Option<Text>> {
    memory.store.read(&sid.into_id(), memory.now(), true, |view| whole_text(memory, view)).transpose()
}

fn peek(memory: &Memory, sid: Text) -> Result<Option<Text>> {
    memory.store.peek(&sid.into_id(), memory.now(), |view| whole_text(memory, view)).transpose()
}

fn whole_text(memory: &Memory, view: View<'_>) -> Result<Text> {
    memory.numbers.put(NumberAt::Revision, f64::from(view.revision));
    let mut bytes = with_room(view.text_len())?;
    let encoding = view.write_text(&mut bytes);
    Ok(Text { bytes, encoding })
}

fn set(memory: &Memory, sid: Text, text: Text) -> WriteOutcome {
    let Text { bytes, encoding } = text;
    let (deadline, rank, now) = (memory.deadline(), memory.rank(), memory.now());
    let id = sid.into_id();
    let written = memory.store.update_text(&id, &bytes, encoding, deadline, memory.mode(), rank, now);
    memory.outcome(Some(written))
}

fn commit(memory: &Memory, sid: Text, data: Text) -> Result<WriteOutcome> {
    let Text { bytes, encoding } = data;
    let cookie = template(memory)?;
    let (deadline, rank, now) = (memory.deadline(), memory.rank(), memory.now());
    let id = sid.into_id();
    let written = memory.store.write(&id, cookie, &bytes, encoding, deadline, memory.mode(), rank, now);
    Ok(memory.outcome(Some(written)))
}

fn commit_seen(memory: &Memory, data: &Text) -> Result<WriteOutcome> {
    let cookie = template(memory)?;
    let (deadline, rank, now) = (memory.deadline(), memory.rank(), memory.now());
    let written = memory.revision().and_then(|revision| {
        let Text { bytes, encoding } = data;
        memory.store.write_seen(memory.hint(), revision, cookie, bytes, *encoding, deadline, rank, now)
    });
    Ok(memory.outcome(written))
}

fn template(memory: &Memory) -> Result<Cookie<'static>> {
    memory.cookie().ok_or_else(|| Error::from_reason("a cookie template is expected"))
}

fn touch(memory: &Memory, sid: Text, cookie: Option<Text>) -> TouchOutcome {
    let cookie = match &cookie {
        Some(text) => Some(Cookie::Text(&text.bytes)),
        None => memory.cookie(),
    };
    memory.store.touch(&sid.into_id(), cookie, memory.deadline(), memory.now()).into()
}

fn touch_seen(memory: &Memory) -> TouchOutcome {
    let (Some(revision), Some(cookie)) = (memory.revision(), memory.cookie()) else {
        return TouchOutcome::NotThere;
    };
    memory.store.touch_seen(memory.hint(), revision, cookie, memory.deadline(), memory.now()).into()
}

/// Makes `load(header)`, which opens a `Cookie` header as `open` does and reads the session.
///
/// `load` takes `Now`. It returns `undefined` without a valid cookie. Otherwise it puts `IdAt`, `IdLength` and
/// `SealedLength` as `open` does, and the revision or a mark into `Revision`:
/// - a revision: the result is the text of the session's data, or `["id",data]` if `IdLength` is 0. (Two
///   strings would take two calls.) Puts `Hint`, `Template` and `Expires`. With -1 in `Template`, the text is
///   that of the whole session.
/// - `ABSENT`: there is no such session. The result is that of `open`.
/// - `NEEDS_FULL_READ`: the text holds half a surrogate pair and has to be read with `peek`. The result is that
///   of `open`.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>, keyring: ExternalObject<Keyring>",
    ts_return_type = "(header: string) => string | undefined"
)]
pub fn bind_load(
    env: Env,
    memory: &External<Rc<Memory>>,
    keyring: &External<Rc<Keyring>>,
) -> Result<Function> {
    let state = Rc::new((Rc::clone(memory), Rc::clone(keyring)));
    function(&env, state, |(memory, keyring), given| {
        Ok(or_undefined(load(memory, keyring, &given.text(0)?)?))
    })
}

fn load(memory: &Memory, keyring: &Keyring, header: &Text) -> Result<Option<Text>> {
    let Some(opened) = keyring.open(header) else { return Ok(None) };
    let mut bytes = Vec::with_capacity(512);
    if !opened.in_header {
        bytes.push(b'[');
        write_json_string(&opened.id, &mut bytes);
        bytes.push(b',');
    }
    let loaded = memory.store.read(&opened.id, memory.now(), true, |view| {
        memory.numbers.put(NumberAt::Revision, f64::from(view.revision));
        memory.numbers.put(NumberAt::Hint, view.hint.number());
        make_room(&mut bytes, view.text_len() + 1)?;
        Ok::<_, Error>(match view.cookie {
            ViewCookie::Template { number, expires } => {
                memory.numbers.put(NumberAt::Template, f64::from(number));
                memory.numbers.put(NumberAt::Expires, expires.map_or(f64::NAN, milliseconds));
                bytes.extend_from_slice(view.data);
                view.encoding
            }
            _ if view.encoding == Encoding::Wide => Encoding::Wide,
            _ => {
                memory.numbers.put(NumberAt::Template, -1.0);
                view.write_text(&mut bytes)
            }
        })
    });
    let mark = match loaded.transpose()? {
        Some(Encoding::Wide) => NEEDS_FULL_READ,
        Some(_) => {
            if !opened.in_header {
                bytes.push(b']');
            }
            return Ok(Some(Text::from_utf8(bytes)));
        }
        None => ABSENT,
    };
    memory.numbers.put(NumberAt::Revision, f64::from(mark));
    Ok(Some(opened.text()))
}

pub(super) fn write_json_string(text: &[u8], out: &mut Vec<u8>) {
    if text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    } else {
        out.extend_from_slice(serde_json::Value::from(String::from_utf8_lossy(text)).to_string().as_bytes());
    }
}

#[expect(clippy::cast_precision_loss, reason = "dates are below 2^53 milliseconds")]
fn milliseconds(moment: i64) -> f64 {
    moment as f64
}

/// Removes all sessions.
#[napi(catch_unwind)]
pub fn memory_clear(memory: &External<Rc<Memory>>) {
    memory.store.clear(memory.now());
}

/// Removes up to about `budget` sessions that have expired at `Now`. Returns whether there are more.
#[napi(catch_unwind)]
pub fn memory_sweep(memory: &External<Rc<Memory>>, budget: u32) -> bool {
    match memory.now() {
        UNKNOWN => false,
        now => memory.store.sweep_to_now(now, budget as usize).more,
    }
}

/// Steps that a call does towards what has expired.
const MORE: usize = 500;

/// The number of sessions that have not expired at `Now`.
#[napi(catch_unwind)]
pub fn memory_length(memory: &External<Rc<Memory>>) -> f64 {
    count(memory.store.count(memory.now(), MORE))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

/// The bounds of a store. `Infinity` is no bound.
#[napi(object)]
pub struct MemoryLimits {
    pub max: f64,
    pub max_bytes: f64,
}

/// Evicted sessions, by the bound that was exceeded.
#[napi(object)]
pub struct MemoryEvicted {
    pub max: f64,
    pub max_bytes: f64,
}

/// What a store holds and has done.
#[napi(object)]
pub struct MemoryStats {
    pub sessions: f64,
    pub bytes: f64,
    pub tombstones: f64,
    pub limits: MemoryLimits,
    pub hits: f64,
    pub misses: f64,
    pub sets: f64,
    pub touches: f64,
    pub destroyed: f64,
    pub expired: f64,
    pub evicted: MemoryEvicted,
    pub lost: f64,
}

/// What a store holds at `Now`, and has done.
#[napi(catch_unwind)]
pub fn memory_stats(memory: &External<Rc<Memory>>) -> MemoryStats {
    memory.store.sweep_certain(memory.now(), MORE);
    let stats = memory.store.stats();
    let bound = |limit: Option<u64>| limit.map_or(f64::INFINITY, count);
    MemoryStats {
        sessions: count(stats.sessions),
        bytes: count(stats.bytes),
        tombstones: count(stats.tombstones),
        limits: MemoryLimits {
            max: bound(stats.limits.max_sessions),
            max_bytes: bound(stats.limits.max_bytes),
        },
        hits: count(stats.hits),
        misses: count(stats.misses),
        sets: count(stats.sets),
        touches: count(stats.touches),
        destroyed: count(stats.destroyed),
        expired: count(stats.expired),
        evicted: MemoryEvicted {
            max: count(stats.evicted_for_sessions),
            max_bytes: count(stats.evicted_for_bytes),
        },
        lost: count(stats.lost),
    }
}

/// The ids of one part of a store, or null after the last part.
#[napi(catch_unwind, ts_return_type = "string[] | null")]
pub fn memory_ids(memory: &External<Rc<Memory>>, part: u32) -> Option<Vec<Text>> {
    let ids = memory.store.ids(part, memory.now())?;
    Some(ids.into_iter().map(|id| Text::from_id(id.into_vec())).collect())
}

/// The number of a cookie template, or -1 if it is too long or there are too many.
#[napi(catch_unwind)]
pub fn memory_intern(memory: &External<Rc<Memory>>, prefix: String, suffix: Option<String>) -> i32 {
    memory.store.intern(&prefix, suffix.as_deref()).map_or(-1, i32::from)
}

/// The text of a cookie template before and after the value of `expires`.
#[napi(catch_unwind)]
pub fn memory_template(memory: &External<Rc<Memory>>, number: u32) -> Option<Vec<String>> {
    let template = memory.store.template(u16::try_from(number).ok()?)?;
    let mut parts = vec![template.prefix().to_owned()];
    if template.has_hole() {
        parts.push(template.suffix().to_owned());
    }
    Some(parts)
}

/// Starts to record removals. With `replaced`, overwritten sessions count too.
#[napi(catch_unwind)]
pub fn memory_watch(memory: &External<Rc<Memory>>, replaced: bool) -> External<Watch> {
    External::new(memory.store.watch(replaced))
}

/// Ends what `memoryWatch` started.
#[napi(catch_unwind)]
pub fn memory_unwatch(watch: &External<Watch>) {
    watch.close();
}

/// Up to `max` removals in one flat array: kind, id and text of each. The store is shown `Now`.
#[napi(catch_unwind, ts_return_type = "string[]")]
pub fn memory_drain(memory: &External<Rc<Memory>>, watch: &External<Watch>, max: u32) -> Vec<Text> {
    memory.store.note_time(memory.now());
    let removed = watch.drain(max as usize);
    let mut flat = Vec::with_capacity(removed.len() * 3);
    for session in removed {
        flat.push(Text { bytes: session.kind.name().into(), encoding: Encoding::Ascii });
        flat.push(Text::from_id(session.id.into_vec()));
        flat.push(Text { bytes: session.text, encoding: session.encoding });
    }
    flat
}
