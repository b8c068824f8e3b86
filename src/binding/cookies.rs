//! Session ids and signed cookies.

use std::rc::Rc;

use memchr::memchr3;
use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::bound::Functions;
use super::numbers::Numbers;
use super::text::{Text, or_undefined};
use crate::cookie_header;
use crate::memory_store::Encoding;
use crate::session_id;
use crate::signature::Keys;

/// How many cookies of one name are tried: a client may hold stale ones of other paths and domains.
const COOKIES_TRIED: usize = 8;
/// What express-session writes before a signed value.
const SIGNED: &[u8] = b"s:";
/// A dot and a signature.
const SIGNATURE_CHARS: usize = 44;

/// `SIGNED`, URI-encoded.
const SEALED: &[u8] = b"s%3A";

/// The longest header of which an id may be a part: a part keeps all of it in V8's heap for as long as anyone
/// remembers the id, and the other cookies with it.
const LONGEST_SHARED: usize = 160;

/// Places in the array of numbers that JavaScript and this side share: see session/keyring.js.
mod place {
    pub const ID_AT: usize = 0;
    pub const ID_LENGTH: usize = 1;
    pub const SEALED_LENGTH: usize = 2;
    pub const COUNT: usize = 3;
}

/// The name of a cookie and the keys that it is signed with.
pub struct Keyring {
    name: Vec<u8>,
    keys: Keys,
    numbers: Numbers,
}

/// An id whose signature is right.
pub struct Opened {
    pub id: Vec<u8>,
    /// JavaScript takes the id out of the header itself: `ID_AT` and `ID_LENGTH` say where it is.
    pub in_header: bool,
}

impl Opened {
    /// What JavaScript gets: nothing more where it has the id already.
    pub fn text(self) -> Text {
        Text::from_utf8(if self.in_header { Vec::new() } else { self.id })
    }
}

impl Keyring {
    /// The id in the first cookie whose signature is right.
    pub fn open(&self, header: &Text) -> Option<Opened> {
        let utf8 = header.utf8();
        let opened = cookie_header::values(&utf8, &self.name).take(COOKIES_TRIED).find_map(|value| {
            let (id, by_first) = self.keys.unsign(value.text.strip_prefix(SIGNED)?)?;
            let part = if header.encoding == Encoding::Ascii { part(value.raw, id, by_first) } else { None };
            let in_header = part.is_some() && utf8.len() <= LONGEST_SHARED && !id.is_empty();
            if let Some(Part { offset, sealed }) = part {
                let at = value.raw.as_ptr().addr() - utf8.as_ptr().addr();
                self.put(at + offset, if in_header { id.len() } else { 0 }, sealed);
            } else {
                self.put(0, 0, 0);
            }
            Some(Opened { id: id.to_vec(), in_header })
        });
        if opened.is_none() {
            self.put(0, 0, 0);
        }
        opened
    }

    #[expect(clippy::cast_precision_loss, reason = "lengths of a header")]
    fn put(&self, id_at: usize, id_length: usize, sealed_length: usize) {
        self.numbers.put(place::ID_AT, id_at as f64);
        self.numbers.put(place::ID_LENGTH, id_length as f64);
        self.numbers.put(place::SEALED_LENGTH, sealed_length as f64);
    }

    fn sign(&self, value: Text) -> Text {
        let mut signed = Vec::new();
        self.keys.sign_into(&value.utf8(), &mut signed);
        if value.encoding != Encoding::Wide {
            return Text::from_utf8(signed);
        }
        let signature = &signed[signed.len() - SIGNATURE_CHARS..];
        let mut bytes = value.bytes;
        bytes.extend(signature.iter().flat_map(|&byte| u16::from(byte).to_le_bytes()));
        Text { bytes, encoding: Encoding::Wide }
    }

    fn unsign(&self, signed: &Text) -> Option<Text> {
        let utf8 = signed.utf8();
        let (value, _) = self.keys.unsign(&utf8)?;
        if signed.encoding != Encoding::Wide {
            return Some(Text::from_utf8(value.to_vec()));
        }
        let bytes = signed.bytes[..signed.bytes.len() - SIGNATURE_CHARS * 2].to_vec();
        Some(Text { bytes, encoding: Encoding::Wide })
    }

    fn seal(&self, sid: &Text) -> Option<Text> {
        if sid.encoding == Encoding::Wide {
            return None;
        }
        let mut signed = Vec::with_capacity(128);
        self.keys.sign_into(&sid.bytes, &mut signed);
        let mut bytes = Vec::with_capacity(160);
        cookie_header::encode_into(SIGNED, &mut bytes);
        cookie_header::encode_into(&signed, &mut bytes);
        Some(Text { bytes, encoding: Encoding::Ascii })
    }
}

/// Where in a cookie's value its id stands.
struct Part {
    offset: usize,
    /// The length of the value, if sealing the id again would make the same; otherwise 0.
    sealed: usize,
}

/// Where in the value `raw` the id `id` stands, if it does unchanged.
fn part(raw: &[u8], id: &[u8], by_first: bool) -> Option<Part> {
    let prefix = [SEALED, SIGNED].into_iter().find(|prefix| raw.starts_with(prefix))?;
    let signature = raw[prefix.len()..].strip_prefix(id)?;
    let is_sealed = by_first
        && prefix == SEALED
        && !id.is_empty()
        && id.iter().all(|&byte| cookie_header::is_unreserved(byte))
        && is_encoded(signature);
    Some(Part { offset: prefix.len(), sealed: if is_sealed { raw.len() } else { 0 } })
}

/// Whether base64, which decodes as it should, is URI-encoded as `encodeURIComponent` does it.
fn is_encoded(mut base64: &[u8]) -> bool {
    while let Some(at) = memchr3(b'%', b'+', b'/', base64) {
        let [b'%', b'2', b'B' | b'F', rest @ ..] = &base64[at..] else { return false };
        base64 = rest;
    }
    true
}

/// Prepares the keys of a cookie: the first signs, all verify.
#[napi(catch_unwind, ts_args_type = "numbers: Float64Array, name: string, keys: Uint8Array[]")]
pub fn create_keyring(numbers: Float64Array, name: Text, keys: Vec<&[u8]>) -> Result<External<Rc<Keyring>>> {
    let numbers = Numbers::new(numbers, place::COUNT)?;
    let keys = Keys::new(keys).ok_or_else(|| Error::from_reason("a keyring needs a key"))?;
    Ok(External::new(Rc::new(Keyring { name: name.bytes, keys, numbers })))
}

/// What requests call. `open`: the session id that a `Cookie` header holds with a valid signature, or an
/// empty string where the numbers say which part of the header it is, and how much of it is a sealed id;
/// `seal`: the cookie value `s:id.signature`, URI-encoded, nothing for an id that has no UTF-8; `sign`:
/// `value.signature`; `unsign`: the value in that, if one of the keys made the signature.
#[napi(
    catch_unwind,
    ts_args_type = "keyring: ExternalObject<Keyring>",
    ts_return_type = "{ open(header: string): string | undefined, seal(sid: string): string | undefined, \
                      sign(value: string): string, unsign(signed: string): string | undefined }"
)]
pub fn bind_keyring<'env>(env: &'env Env, keyring: &External<Rc<Keyring>>) -> Result<Object<'env>> {
    let calls = Functions::on(env, keyring)?
        .with("open", |keyring, given| Ok(or_undefined(keyring.open(&given.text(0)?).map(Opened::text))))?
        .with("seal", |keyring, given| Ok(or_undefined(keyring.seal(&given.text(0)?))))?
        .with("sign", |keyring, given| Ok(keyring.sign(given.text(0)?)))?
        .with("unsign", |keyring, given| Ok(or_undefined(keyring.unsign(&given.text(0)?))))?;
    Ok(calls.object())
}

/// A new session id: 24 random bytes in 32 characters.
#[napi(catch_unwind, ts_return_type = "string")]
pub fn generate_id() -> Text {
    Text { bytes: session_id::generate().to_vec(), encoding: Encoding::Ascii }
}
