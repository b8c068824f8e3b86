//! Session ids and signed cookies.

use std::rc::Rc;

use memchr::memchr3;
use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::bound::Functions;
use super::numbers::{NumberAt, Numbers};
use super::text::{Text, or_undefined};
use crate::codec::encoding::Encoding;
use crate::http::signature::Keys;
use crate::http::{cookie_header, session_id};

/// Maximum number of cookies of one name that are tried. A client may hold old ones of other paths and
/// domains.
const COOKIES_TRIED: usize = 8;
/// The prefix of a signed value, as express-session writes it.
const SIGNED: &[u8] = b"s:";
/// The length of a dot and a signature.
const SIGNATURE_CHARS: usize = 44;

/// `SIGNED`, URI-encoded.
const SEALED: &[u8] = b"s%3A";

/// The longest header of which an id may be a slice. A slice keeps the whole header, with all other cookies,
/// in V8's heap for as long as the id is in use.
const MAX_SLICED: usize = 160;

/// The name of a cookie, and the keys that sign it.
pub struct Keyring {
    name: Vec<u8>,
    keys: Keys,
    numbers: Numbers,
}

/// An id whose signature is valid.
pub struct Opened {
    pub id: Vec<u8>,
    /// JavaScript slices the id from the header: `IdAt` and `IdLength` say where it is.
    pub in_header: bool,
}

impl Opened {
    /// The result for JavaScript: an empty string if it slices the id from the header.
    pub fn text(self) -> Text {
        Text::from_utf8(if self.in_header { Vec::new() } else { self.id })
    }
}

impl Keyring {
    /// The id in the first cookie whose signature is valid.
    pub fn open(&self, header: &Text) -> Option<Opened> {
        let utf8 = header.utf8();
        let opened = cookie_header::values(&utf8, &self.name).take(COOKIES_TRIED).find_map(|value| {
            let (id, by_first) = self.keys.unsign(value.text.strip_prefix(SIGNED)?)?;
            let part = if header.encoding == Encoding::Ascii { part(value.raw, id, by_first) } else { None };
            let in_header = part.is_some() && utf8.len() <= MAX_SLICED && !id.is_empty();
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

    #[expect(clippy::cast_precision_loss, reason = "headers are far shorter than 2^53")]
    fn put(&self, id_at: usize, id_length: usize, sealed_length: usize) {
        self.numbers.put(NumberAt::IdAt, id_at as f64);
        self.numbers.put(NumberAt::IdLength, id_length as f64);
        self.numbers.put(NumberAt::SealedLength, sealed_length as f64);
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

/// Where a cookie's value has its id.
struct Part {
    offset: usize,
    /// The length of the value if sealing the id again would make the same value, otherwise 0.
    sealed: usize,
}

/// Where the value `raw` has the id, if it has it unencoded.
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

/// Whether valid base64 is URI-encoded as `encodeURIComponent` does it.
fn is_encoded(mut base64: &[u8]) -> bool {
    while let Some(at) = memchr3(b'%', b'+', b'/', base64) {
        let [b'%', b'2', b'B' | b'F', rest @ ..] = &base64[at..] else { return false };
        base64 = rest;
    }
    true
}

/// Prepares the name and the keys of a cookie: the first key signs, all keys verify. `numbers` comes from
/// `createNumbers`.
#[napi(catch_unwind, ts_args_type = "numbers: Float64Array, name: string, keys: Uint8Array[]")]
pub fn create_keyring(numbers: Float64Array, name: Text, keys: Vec<&[u8]>) -> Result<External<Rc<Keyring>>> {
    let numbers = Numbers::new(numbers)?;
    let keys = Keys::new(keys).ok_or_else(|| Error::from_reason("a keyring needs a key"))?;
    Ok(External::new(Rc::new(Keyring { name: name.bytes, keys, numbers })))
}

/// The functions of a keyring.
///
/// - `open(header)`: the session id that a `Cookie` header has with a valid signature, or `undefined`. The
///   result is an empty string if the numbers `IdAt` and `IdLength` say where the header has the id.
///   `SealedLength` says whether the header has what `seal` would make.
/// - `seal(sid)`: the cookie value `s:id.signature`, URI-encoded. `undefined` for an id that has no UTF-8.
/// - `sign(value)`: `value.signature`.
/// - `unsign(signed)`: the value in `value.signature` if one of the keys made the signature, or `undefined`.
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
