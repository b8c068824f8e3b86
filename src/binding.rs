//! What JavaScript sees: conversion and nothing else. The only file that names napi.
//!
//! Plain functions on external handles rather than classes: unwrapping `this` costs 0.25 µs a call,
//! an external 0.01. Every export has `catch_unwind`: a panic becomes a JavaScript `Error`.

#![expect(clippy::needless_pass_by_value, reason = "napi hands arguments over by value")]

use std::borrow::Cow;
use std::sync::Arc;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::cookie_header;
use crate::memory_store::{
    Cookie, Differs, Encoding, Kind, Limits, MemoryStore, TooLarge, Touched, View, ViewCookie, Watch, Write,
    Written,
};
use crate::session_id;
use crate::signature::Keys;
use crate::sweeper;

// --- texts ----------------------------------------------------------------------------------------

/// U+FFFD in UTF-8, which half a surrogate pair becomes.
const REPLACEMENT: &[u8] = &[0xEF, 0xBF, 0xBD];
/// Begins the bytes of an id that has no UTF-8: no UTF-8 text contains it.
const WIDE_ID: u8 = 0xFF;

/// A JavaScript string. What UTF-8 can not hold is kept as UTF-16, so that no two strings are alike.
pub struct Text {
    bytes: Vec<u8>,
    encoding: Encoding,
}

impl Text {
    /// An id as the store knows it.
    fn into_id(mut self) -> Vec<u8> {
        if self.encoding == Encoding::Wide {
            self.bytes.insert(0, WIDE_ID);
        }
        self.bytes
    }

    /// The text in UTF-8, as `Buffer.from` writes it: U+FFFD for half a surrogate pair.
    fn utf8(&self) -> Cow<'_, [u8]> {
        match self.encoding {
            Encoding::Wide => Cow::Owned(String::from_utf16_lossy(&self.units()).into_bytes()),
            _ => Cow::Borrowed(&self.bytes),
        }
    }

    /// The UTF-16 units of a wide text.
    fn units(&self) -> Vec<u16> {
        self.bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect()
    }

    fn from_id(mut bytes: Vec<u8>) -> Self {
        if bytes.first() == Some(&WIDE_ID) {
            bytes.remove(0);
            return Text { bytes, encoding: Encoding::Wide };
        }
        Text::from_utf8(bytes)
    }

    fn from_utf8(bytes: Vec<u8>) -> Self {
        let encoding = if bytes.is_ascii() { Encoding::Ascii } else { Encoding::Utf8 };
        Text { bytes, encoding }
    }
}

impl FromNapiValue for Text {
    #[expect(unsafe_code, reason = "napi-rs reads a string in two calls and two passes; this takes one")]
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut bytes: Vec<u8> = Vec::with_capacity(1024);
        let mut length = 0;
        let read = |bytes: &mut Vec<u8>, length: &mut usize| {
            // SAFETY: the buffer has the capacity that is given, and `length` bytes of it are written.
            let status = unsafe {
                sys::napi_get_value_string_utf8(
                    env,
                    value,
                    bytes.as_mut_ptr().cast(),
                    bytes.capacity(),
                    length,
                )
            };
            if status != sys::Status::napi_ok {
                return Err(Error::new(Status::StringExpected, "a string is expected"));
            }
            // SAFETY: as above.
            unsafe { bytes.set_len(*length) };
            Ok(())
        };
        read(&mut bytes, &mut length)?;
        // A character has up to four bytes, and one more ends the text: short of that it was cut off.
        if length + 5 > bytes.capacity() {
            let mut whole = 0;
            // SAFETY: without a buffer, only the length is written.
            unsafe { sys::napi_get_value_string_utf8(env, value, std::ptr::null_mut(), 0, &raw mut whole) };
            bytes.clear();
            bytes.reserve_exact(whole + 1);
            read(&mut bytes, &mut length)?;
        }
        let text = Text::from_utf8(bytes);
        if text.encoding == Encoding::Utf8 && text.bytes.windows(3).any(|three| three == REPLACEMENT) {
            // SAFETY: `value` is a string of this `env`.
            let wide = unsafe { Utf16String::from_napi_value(env, value) }?;
            if char::decode_utf16(wide.iter().copied()).any(|unit| unit.is_err()) {
                let bytes = wide.iter().flat_map(|unit| unit.to_le_bytes()).collect();
                return Ok(Text { bytes, encoding: Encoding::Wide });
            }
        }
        Ok(text)
    }
}

impl ToNapiValue for Text {
    #[expect(unsafe_code, reason = "a Latin-1 string is made without decoding it")]
    unsafe fn to_napi_value(env: sys::napi_env, text: Self) -> Result<sys::napi_value> {
        let Text { bytes, encoding } = &text;
        let length = isize::try_from(bytes.len()).map_err(|_| Error::from_reason("the text is too long"))?;
        let mut value = std::ptr::null_mut();
        // SAFETY: pointer and length are those of a living buffer.
        let status = unsafe {
            match encoding {
                Encoding::Ascii => {
                    sys::napi_create_string_latin1(env, bytes.as_ptr().cast(), length, &raw mut value)
                }
                Encoding::Utf8 => {
                    sys::napi_create_string_utf8(env, bytes.as_ptr().cast(), length, &raw mut value)
                }
                Encoding::Wide => {
                    let units = text.units();
                    sys::napi_create_string_utf16(env, units.as_ptr(), length / 2, &raw mut value)
                }
            }
        };
        if status == sys::Status::napi_ok {
            Ok(value)
        } else {
            Err(Error::new(status.into(), "the text is too long"))
        }
    }
}

// --- cookies --------------------------------------------------------------------------------------

/// How many cookies of one name are tried: a client may hold stale ones of other paths and domains.
const COOKIES_TRIED: usize = 8;
/// What express-session writes before a signed value.
const SIGNED: &[u8] = b"s:";
/// A dot and a signature.
const SIGNATURE_CHARS: usize = 44;

/// The name of a cookie and the keys that it is signed with.
pub struct Keyring {
    name: Vec<u8>,
    keys: Keys,
}

impl Keyring {
    /// The id in the first cookie whose signature is right.
    fn open(&self, header: &[u8]) -> Option<Vec<u8>> {
        cookie_header::values(header, &self.name)
            .take(COOKIES_TRIED)
            .find_map(|value| Some(self.keys.unsign(value.strip_prefix(SIGNED)?)?.to_vec()))
    }
}

/// Prepares the keys of a cookie: the first signs, all verify.
#[napi(catch_unwind, ts_args_type = "name: string, keys: Uint8Array[]")]
pub fn create_keyring(name: Text, keys: Vec<&[u8]>) -> Result<External<Keyring>> {
    let keys = Keys::new(keys).ok_or_else(|| Error::from_reason("a keyring needs a key"))?;
    Ok(External::new(Keyring { name: name.bytes, keys }))
}

/// The session id that a `Cookie` header holds with a valid signature.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, header: string",
    ts_return_type = "string | undefined"
)]
pub fn open_cookie(keyring: &External<Keyring>, header: Text) -> Either<Text, ()> {
    keyring.open(&header.utf8()).map(Text::from_utf8).map_or(Either::B(()), Either::A)
}

/// `value.signature`.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, value: string",
    ts_return_type = "string"
)]
pub fn sign(keyring: &External<Keyring>, value: Text) -> Text {
    let mut signed = Vec::new();
    keyring.keys.sign_into(&value.utf8(), &mut signed);
    if value.encoding != Encoding::Wide {
        return Text::from_utf8(signed);
    }
    let signature = &signed[signed.len() - SIGNATURE_CHARS..];
    let mut bytes = value.bytes;
    bytes.extend(signature.iter().flat_map(|&byte| u16::from(byte).to_le_bytes()));
    Text { bytes, encoding: Encoding::Wide }
}

/// The value in `value.signature`, if one of the keys made the signature.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, signed: string",
    ts_return_type = "string | undefined"
)]
pub fn unsign(keyring: &External<Keyring>, signed: Text) -> Either<Text, ()> {
    let utf8 = signed.utf8();
    let Some(value) = keyring.keys.unsign(&utf8) else { return Either::B(()) };
    if signed.encoding != Encoding::Wide {
        return Either::A(Text::from_utf8(value.to_vec()));
    }
    let bytes = signed.bytes[..signed.bytes.len() - SIGNATURE_CHARS * 2].to_vec();
    Either::A(Text { bytes, encoding: Encoding::Wide })
}

/// The cookie value `s:id.signature`, URI-encoded; nothing for an id that has no UTF-8.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>, sid: string",
    ts_return_type = "string | undefined"
)]
pub fn seal(keyring: &External<Keyring>, sid: Text) -> Either<Text, ()> {
    if sid.encoding == Encoding::Wide {
        return Either::B(());
    }
    let mut signed = Vec::with_capacity(128);
    keyring.keys.sign_into(&sid.bytes, &mut signed);
    let mut bytes = Vec::with_capacity(160);
    cookie_header::encode_into(SIGNED, &mut bytes);
    cookie_header::encode_into(&signed, &mut bytes);
    Either::A(Text { bytes, encoding: Encoding::Ascii })
}

/// A new session id: 24 random bytes in 32 characters.
#[napi(catch_unwind, ts_return_type = "string")]
pub fn generate_id() -> Text {
    Text { bytes: session_id::generate().to_vec(), encoding: Encoding::Ascii }
}

// --- the memory store -----------------------------------------------------------------------------

/// Places in the array of numbers that JavaScript and this side share: see session/memory-engine.js.
mod place {
    pub const NOW: usize = 0;
    pub const DEADLINE: usize = 1;
    pub const EXPIRES: usize = 2;
    pub const TEMPLATE: usize = 3;
    pub const BORN: usize = 4;
    pub const RETURNED: usize = 5;
    pub const TEXT_AT: usize = 6;
    pub const COUNT: usize = 7;
}

/// Births that are none, in what `memory_load` puts down.
const ABSENT: f64 = -1.0;
const ELSEHOW: f64 = -2.0;

/// A store, with the numbers that go in and out of its calls.
pub struct Memory {
    store: Arc<MemoryStore>,
    numbers: Float64Array,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate, as they should")]
impl Memory {
    fn number(&self, place: usize) -> f64 {
        self.numbers[place]
    }

    #[expect(unsafe_code, reason = "the array is JavaScript's, and this is its thread")]
    fn put(&self, place: usize, number: f64) {
        // SAFETY: the array outlives the handle that refers to it, its length was checked, and
        // nothing else runs on its thread during a call.
        unsafe { self.numbers.as_ptr().cast_mut().add(place).write(number) };
    }

    fn now(&self) -> u64 {
        self.number(place::NOW) as u64
    }

    fn deadline(&self) -> u64 {
        self.number(place::DEADLINE) as u64
    }

    fn returned(&self) -> bool {
        self.number(place::RETURNED) != 0.0
    }

    fn mode(&self) -> Write {
        let born = self.number(place::BORN);
        if born < 0.0 { Write::Any } else { Write::Update { born: born as u32 } }
    }

    /// The cookie whose template and expiry JavaScript has put down, if it has.
    fn cookie(&self) -> Option<Cookie<'static>> {
        let number = self.number(place::TEMPLATE);
        let expires = self.number(place::EXPIRES);
        (number >= 0.0).then(|| Cookie::Template {
            number: number as u16,
            expires: (!expires.is_nan()).then_some(expires as i64),
        })
    }
}

impl Drop for Memory {
    /// A store that nobody holds any more is taken apart off the JavaScript thread.
    fn drop(&mut self) {
        sweeper::retire(Arc::clone(&self.store));
    }
}

/// How a write ended, as a number.
#[derive(Clone, Copy)]
enum Outcome {
    Dropped = 0,
    Created = 1,
    Replaced = 2,
    TooLarge = 3,
}

impl Memory {
    /// Says how a write ended, and puts down the life of the session that was written.
    fn outcome(&self, written: std::result::Result<Written, TooLarge>) -> u32 {
        let (outcome, born) = match written {
            Ok(Written::Created(born)) => (Outcome::Created, Some(born)),
            Ok(Written::Replaced(born)) => (Outcome::Replaced, Some(born)),
            Ok(Written::Dropped) => (Outcome::Dropped, None),
            Err(TooLarge) => (Outcome::TooLarge, None),
        };
        if let Some(born) = born {
            self.put(place::BORN, f64::from(born));
        }
        outcome as u32
    }
}

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
) -> Result<External<Memory>> {
    if numbers.len() < place::COUNT {
        return Err(Error::from_reason("the array of numbers is too short"));
    }
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
    Ok(External::new(Memory { store, numbers }))
}

/// Opens a `Cookie` header and reads the session: `["id",text]` in one JSON text, of which a number
/// says where `text` begins. (Two strings would take two calls; cutting one in two makes parsing slow.)
/// Without a valid cookie, nothing; without such a session the id alone, and `ABSENT` for its birth;
/// `ELSEHOW` where the text holds half a surrogate pair and has to be read by `memory_get`.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>, keyring: ExternalObject<Keyring>, header: string",
    ts_return_type = "string | undefined"
)]
pub fn memory_load(memory: &External<Memory>, keyring: &External<Keyring>, header: Text) -> Either<Text, ()> {
    let Some(id) = keyring.open(&header.utf8()) else { return Either::B(()) };
    let mut bytes = Vec::with_capacity(512);
    let loaded = memory.store.read(&id, memory.now(), true, |view| {
        bytes.push(b'[');
        write_json_string(&id, &mut bytes);
        bytes.push(b',');
        memory.put(place::TEXT_AT, precise(utf16_length(&bytes)));
        memory.put(place::BORN, f64::from(view.born));
        let encoding = match view.cookie {
            ViewCookie::Template { number, expires } => {
                memory.put(place::TEMPLATE, f64::from(number));
                memory.put(place::EXPIRES, expires.map_or(f64::NAN, milliseconds));
                bytes.extend_from_slice(view.data);
                view.encoding
            }
            _ if view.encoding == Encoding::Wide => Encoding::Wide,
            _ => {
                memory.put(place::TEMPLATE, -1.0);
                view.write_text(&mut bytes)
            }
        };
        bytes.push(b']');
        encoding
    });
    match loaded {
        Some(Encoding::Wide) => {
            memory.put(place::BORN, ELSEHOW);
            Either::A(Text::from_utf8(id))
        }
        Some(_) => Either::A(Text::from_utf8(bytes)),
        None => {
            memory.put(place::BORN, ABSENT);
            Either::A(Text::from_utf8(id))
        }
    }
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

/// How JavaScript counts.
fn utf16_length(text: &[u8]) -> usize {
    if text.is_ascii() { text.len() } else { String::from_utf8_lossy(text).encode_utf16().count() }
}

#[expect(clippy::cast_precision_loss, reason = "lengths and counts are far below 2^53")]
fn precise(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "dates are below 2^53 milliseconds")]
fn milliseconds(moment: i64) -> f64 {
    moment as f64
}

fn whole_text(view: View<'_>) -> Text {
    let mut bytes = Vec::new();
    let encoding = view.write_text(&mut bytes);
    Text { bytes, encoding }
}

/// A session's text, read for a client; its birth is put down.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>, sid: string",
    ts_return_type = "string | undefined"
)]
pub fn memory_get(memory: &External<Memory>, sid: Text) -> Either<Text, ()> {
    let text = memory.store.read(&sid.into_id(), memory.now(), true, |view| {
        memory.put(place::BORN, f64::from(view.born));
        whole_text(view)
    });
    text.map_or(Either::B(()), Either::A)
}

/// A session's text, read for someone who looks around.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>, sid: string",
    ts_return_type = "string | undefined"
)]
pub fn memory_peek(memory: &External<Memory>, sid: Text) -> Either<Text, ()> {
    let text = memory.store.peek(&sid.into_id(), memory.now(), |view| {
        memory.put(place::BORN, f64::from(view.born));
        whole_text(view)
    });
    text.map_or(Either::B(()), Either::A)
}

/// Stores a session's whole text.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>, sid: string, text: string",
    ts_return_type = "number"
)]
pub fn memory_set(memory: &External<Memory>, sid: Text, text: Text) -> u32 {
    let Text { bytes, encoding } = text;
    let (deadline, returned, now) = (memory.deadline(), memory.returned(), memory.now());
    memory.outcome(memory.store.update_text(
        &sid.into_id(),
        &bytes,
        encoding,
        deadline,
        memory.mode(),
        returned,
        now,
    ))
}

/// Stores the text of a session's data; its cookie is a template.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>, sid: string, data: string",
    ts_return_type = "number"
)]
pub fn memory_commit(memory: &External<Memory>, sid: Text, data: Text) -> Result<u32> {
    let Text { bytes, encoding } = data;
    let cookie = memory.cookie().ok_or_else(|| Error::from_reason("a cookie template is expected"))?;
    let (deadline, returned, now) = (memory.deadline(), memory.returned(), memory.now());
    let id = sid.into_id();
    let written = memory.store.write(&id, cookie, &bytes, encoding, deadline, memory.mode(), returned, now);
    Ok(memory.outcome(written))
}

/// Renews a session's deadline and its cookie: `cookie` as JSON, or without it a template. False
/// when the cookie is in a text that the store can not change.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>, sid: string, cookie?: string",
    ts_return_type = "boolean"
)]
pub fn memory_touch(memory: &External<Memory>, sid: Text, cookie: Option<Text>) -> bool {
    let cookie = match &cookie {
        Some(text) => Some(Cookie::Text(&text.bytes)),
        None => memory.cookie(),
    };
    memory.store.touch(&sid.into_id(), cookie, memory.deadline(), memory.now()) != Touched::Whole
}

/// Removes a session; says whether there was one.
#[napi(
    catch_unwind,
    ts_args_type = "memory: ExternalObject<Memory>, sid: string",
    ts_return_type = "boolean"
)]
pub fn memory_destroy(memory: &External<Memory>, sid: Text) -> bool {
    memory.store.destroy(&sid.into_id(), memory.now())
}

/// Removes all sessions.
#[napi(catch_unwind)]
pub fn memory_clear(memory: &External<Memory>) {
    memory.store.clear(memory.now());
}

/// Removes up to about `budget` expired sessions; says whether there are more.
#[napi(catch_unwind)]
pub fn memory_sweep(memory: &External<Memory>, budget: u32) -> bool {
    memory.store.sweep_to_now(memory.now(), budget as usize).more
}

/// How many sessions there are, counting those that have expired and were not swept yet.
#[napi(catch_unwind)]
pub fn memory_length(memory: &External<Memory>) -> f64 {
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
pub fn memory_stats(memory: &External<Memory>) -> MemoryStats {
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
pub fn memory_set_limits(memory: &External<Memory>, max: f64, max_bytes: f64) {
    memory.store.set_limits(limits(max, max_bytes), memory.now());
}

/// The ids of one part of a store, or null after the last part.
#[napi(catch_unwind, ts_return_type = "string[] | null")]
pub fn memory_ids(memory: &External<Memory>, part: u32) -> Option<Vec<Text>> {
    let ids = memory.store.ids(part, memory.now())?;
    Some(ids.into_iter().map(|id| Text::from_id(id.into_vec())).collect())
}

/// The number of a cookie template, or -1 when there are too many.
#[napi(catch_unwind)]
pub fn memory_intern(memory: &External<Memory>, prefix: String, suffix: Option<String>) -> i32 {
    memory.store.intern(&prefix, suffix.as_deref()).map_or(-1, i32::from)
}

/// The text of a cookie template before and after the value of `expires`.
#[napi(catch_unwind)]
pub fn memory_template(memory: &External<Memory>, number: u32) -> Option<Vec<String>> {
    let template = memory.store.template(u16::try_from(number).ok()?)?;
    let mut parts = vec![template.prefix().to_owned()];
    if template.has_hole() {
        parts.push(template.suffix().to_owned());
    }
    Some(parts)
}

/// Begins to record what is removed; with `replaced`, what is written over too.
#[napi(catch_unwind)]
pub fn memory_watch(memory: &External<Memory>, replaced: bool) -> External<Watch> {
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
