//! The memory store.

use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::bound::{Function, Functions, function};
use super::cookies::Keyring;
use super::numbers::{ABSENT, ELSEHOW, Memory, Numbers, place};
use super::text::{Text, or_undefined};
use crate::memory_store::{
    Cookie, Differs, Encoding, Kind, Limits, MemoryStore, Touched, View, ViewCookie, Watch,
};
use crate::sweeper;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate, as they should")]
fn limits(max: f64, max_bytes: f64) -> Limits {
    let bound = |limit: f64| limit.is_finite().then_some(limit as u64);
    Limits { max_sessions: bound(max), max_bytes: bound(max_bytes) }
}

/// Opens a store: one of its own, or the one that all threads of the process know by `shared`. Limits
/// that are not finite are none. `asked` says which of the two the app has given: a shared store that
/// exists must agree with those.
#[napi(catch_unwind)]
pub fn create_memory(
    numbers: Float64Array,
    max: f64,
    max_bytes: f64,
    shared: Option<String>,
    asked: Option<Vec<bool>>,
) -> Result<External<Rc<Memory>>> {
    let numbers = Numbers::new(numbers, place::COUNT)?;
    let limits = limits(max, max_bytes);
    let store = match shared {
        None => Arc::new(MemoryStore::new(limits)),
        Some(name) => {
            let asked = asked.unwrap_or_default();
            let explicit = |at: usize, limit: Option<u64>| limit.filter(|_| asked.get(at) == Some(&true));
            let asked = Limits {
                max_sessions: explicit(0, limits.max_sessions),
                max_bytes: explicit(1, limits.max_bytes),
            };
            crate::memory_store::shared(&name, asked, limits).map_err(|differs| {
                let (option, limit) = match differs {
                    Differs::MaxSessions(limit) => ("max", limit),
                    Differs::MaxBytes(limit) => ("maxBytes", limit),
                };
                let limit = limit.map_or("none".to_owned(), |limit| limit.to_string());
                Error::from_reason(format!("{option} option differs from that of the shared store: {limit}"))
            })?
        }
    };
    sweeper::enlist(&store);
    Ok(External::new(Rc::new(Memory { store, numbers })))
}

/// What requests call. `get`: a session's text, read for a client; `peek`: for someone who looks around;
/// both put down its birth. `set` stores a whole text, `commit` the text of the data of a session whose
/// cookie is a template. `touch` renews deadline and cookie, the latter as JSON or else a template; false
/// when the cookie is in a text that the store can not change. `rewrite` and `renew` do what `commit` and `touch`
/// with a template do, for a session that `load` has seen at a place; or nothing, when it is not there any more.
/// `destroy` says whether there was a session.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>",
    ts_return_type = "{ get(sid: string): string | undefined, peek(sid: string): string | undefined, \
                      set(sid: string, text: string): number, commit(sid: string, data: string): number, \
                      rewrite(data: string): number, \
                      touch(sid: string, cookie?: string): boolean, renew(): boolean, destroy(sid: string): boolean }"
)]
pub fn bind_memory<'env>(env: &'env Env, memory: &External<Rc<Memory>>) -> Result<Object<'env>> {
    let calls = Functions::on(env, memory)?
        .with("get", |memory, given| Ok(or_undefined(get(memory, given.text(0)?))))?
        .with("peek", |memory, given| Ok(or_undefined(peek(memory, given.text(0)?))))?
        .with("set", |memory, given| Ok(set(memory, given.text(0)?, given.text(1)?)))?
        .with("commit", |memory, given| commit(memory, given.text(0)?, given.text(1)?))?
        .with("touch", |memory, given| Ok(touch(memory, given.text(0)?, given.optional_text(1)?)))?
        .with("rewrite", |memory, given| rewrite(memory, &given.text(0)?))?
        .with("renew", |memory, _| Ok(renew(memory)))?
        .with("destroy", |memory, given| Ok(memory.store.destroy(&given.text(0)?.into_id(), memory.now())))?;
    Ok(calls.object())
}

fn get(memory: &Memory, sid: Text) -> Option<Text> {
    memory.store.read(&sid.into_id(), memory.now(), true, |view| whole_text(memory, view))
}

fn peek(memory: &Memory, sid: Text) -> Option<Text> {
    memory.store.peek(&sid.into_id(), memory.now(), |view| whole_text(memory, view))
}

fn whole_text(memory: &Memory, view: View<'_>) -> Text {
    memory.numbers.put(place::BORN, f64::from(view.born));
    let mut bytes = Vec::new();
    let encoding = view.write_text(&mut bytes);
    Text { bytes, encoding }
}

fn set(memory: &Memory, sid: Text, text: Text) -> u32 {
    let Text { bytes, encoding } = text;
    let (deadline, returned, now) = (memory.deadline(), memory.returned(), memory.now());
    let id = sid.into_id();
    let written = memory.store.update_text(&id, &bytes, encoding, deadline, memory.mode(), returned, now);
    memory.outcome(Some(written))
}

fn commit(memory: &Memory, sid: Text, data: Text) -> Result<u32> {
    let Text { bytes, encoding } = data;
    let cookie = template(memory)?;
    let (deadline, returned, now) = (memory.deadline(), memory.returned(), memory.now());
    let id = sid.into_id();
    let written = memory.store.write(&id, cookie, &bytes, encoding, deadline, memory.mode(), returned, now);
    Ok(memory.outcome(Some(written)))
}

fn rewrite(memory: &Memory, data: &Text) -> Result<u32> {
    let cookie = template(memory)?;
    let (deadline, returned, now) = (memory.deadline(), memory.returned(), memory.now());
    let written = memory.born().and_then(|born| {
        let Text { bytes, encoding } = data;
        memory.store.rewrite(memory.seen(), born, cookie, bytes, *encoding, deadline, returned, now)
    });
    Ok(memory.outcome(written))
}

fn template(memory: &Memory) -> Result<Cookie<'static>> {
    memory.cookie().ok_or_else(|| Error::from_reason("a cookie template is expected"))
}

fn touch(memory: &Memory, sid: Text, cookie: Option<Text>) -> bool {
    let cookie = match &cookie {
        Some(text) => Some(Cookie::Text(&text.bytes)),
        None => memory.cookie(),
    };
    memory.store.touch(&sid.into_id(), cookie, memory.deadline(), memory.now()) != Touched::Whole
}

fn renew(memory: &Memory) -> bool {
    let (Some(born), Some(cookie)) = (memory.born(), memory.cookie()) else { return false };
    memory.store.renew(memory.seen(), born, cookie, memory.deadline(), memory.now())
}

/// Opens a `Cookie` header, as `open` of `bind_keyring` does, and reads the session: the text of its
/// data, or `["id",data]` for an id that is no part of the header (two strings would take two calls).
/// Without a valid cookie, nothing; without such a session, what `open` gives, and `ABSENT` for its birth;
/// `ELSEHOW` where the text holds half a surrogate pair and has to be read by `peek`.
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
    function(&env, state, |(memory, keyring), given| Ok(or_undefined(load(memory, keyring, &given.text(0)?))))
}

fn load(memory: &Memory, keyring: &Keyring, header: &Text) -> Option<Text> {
    let opened = keyring.open(header)?;
    let mut bytes = Vec::with_capacity(512);
    if !opened.in_header {
        bytes.push(b'[');
        write_json_string(&opened.id, &mut bytes);
        bytes.push(b',');
    }
    let loaded = memory.store.read(&opened.id, memory.now(), true, |view| {
        memory.numbers.put(place::BORN, f64::from(view.born));
        memory.numbers.put(place::PLACE, view.place.number());
        match view.cookie {
            ViewCookie::Template { number, expires } => {
                memory.numbers.put(place::TEMPLATE, f64::from(number));
                memory.numbers.put(place::EXPIRES, expires.map_or(f64::NAN, milliseconds));
                bytes.extend_from_slice(view.data);
                view.encoding
            }
            _ if view.encoding == Encoding::Wide => Encoding::Wide,
            _ => {
                memory.numbers.put(place::TEMPLATE, -1.0);
                view.write_text(&mut bytes)
            }
        }
    });
    let birth = match loaded {
        Some(Encoding::Wide) => ELSEHOW,
        Some(_) => {
            if !opened.in_header {
                bytes.push(b']');
            }
            return Some(Text::from_utf8(bytes));
        }
        None => ABSENT,
    };
    memory.numbers.put(place::BORN, birth);
    Some(opened.text())
}

fn write_json_string(text: &[u8], out: &mut Vec<u8>) {
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

/// Removes up to about `budget` expired sessions; says whether there are more.
#[napi(catch_unwind)]
pub fn memory_sweep(memory: &External<Rc<Memory>>, budget: u32) -> bool {
    memory.store.sweep_to_now(memory.now(), budget as usize).more
}

/// How many sessions there are, counting those that have expired and were not swept yet.
#[napi(catch_unwind)]
pub fn memory_length(memory: &External<Rc<Memory>>) -> f64 {
    count(memory.store.len())
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

/// The bounds of a store; `Infinity` for none.
#[napi(object)]
pub struct MemoryLimits {
    pub max: f64,
    pub max_bytes: f64,
}

/// Sessions evicted, by the bound that made it necessary.
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
}

/// What a store holds and has done.
#[napi(catch_unwind)]
pub fn memory_stats(memory: &External<Rc<Memory>>) -> MemoryStats {
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
    }
}

/// Changes the bounds of a store.
#[napi(catch_unwind)]
pub fn memory_set_limits(memory: &External<Rc<Memory>>, max: f64, max_bytes: f64) {
    memory.store.set_limits(limits(max, max_bytes), memory.now());
}

/// The ids of one part of a store, or null after the last part.
#[napi(catch_unwind, ts_return_type = "string[] | null")]
pub fn memory_ids(memory: &External<Rc<Memory>>, part: u32) -> Option<Vec<Text>> {
    let ids = memory.store.ids(part, memory.now())?;
    Some(ids.into_iter().map(|id| Text::from_id(id.into_vec())).collect())
}

/// The number of a cookie template, or -1 when there are too many.
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

/// Begins to record what is removed; with `replaced`, what is written over too.
#[napi(catch_unwind)]
pub fn memory_watch(memory: &External<Rc<Memory>>, replaced: bool) -> External<Watch> {
    External::new(memory.store.watch(replaced))
}

/// Ends what `memory_watch` began.
#[napi(catch_unwind)]
pub fn memory_unwatch(watch: &External<Watch>) {
    watch.close();
}

/// Up to `most` removals: kind, id and text in turn, in one flat array.
#[napi(catch_unwind, ts_return_type = "string[]")]
pub fn memory_drain(watch: &External<Watch>, most: u32) -> Vec<Text> {
    let removed = watch.drain(most as usize);
    let mut flat = Vec::with_capacity(removed.len() * 3);
    for session in removed {
        let kind = match session.kind {
            Kind::Expired => "expired",
            Kind::Evicted => "evicted",
            Kind::Destroyed => "destroyed",
            Kind::Replaced => "replaced",
        };
        flat.push(Text { bytes: kind.into(), encoding: Encoding::Ascii });
        flat.push(Text::from_id(session.id.into_vec()));
        flat.push(Text { bytes: session.text, encoding: session.encoding });
    }
    flat
}
