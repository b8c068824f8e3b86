//! Session ids and signed cookies.

use std::rc::Rc;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::bound::Functions;
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

/// The name of a cookie and the keys that it is signed with.
pub struct Keyring {
    name: Vec<u8>,
    keys: Keys,
}

impl Keyring {
    /// The id in the first cookie whose signature is right.
    pub fn open(&self, header: &[u8]) -> Option<Vec<u8>> {
        cookie_header::values(header, &self.name)
            .take(COOKIES_TRIED)
            .find_map(|value| Some(self.keys.unsign(value.strip_prefix(SIGNED)?)?.to_vec()))
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
        let value = self.keys.unsign(&utf8)?;
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

/// Prepares the keys of a cookie: the first signs, all verify.
#[napi(catch_unwind, ts_args_type = "name: string, keys: Uint8Array[]")]
pub fn create_keyring(name: Text, keys: Vec<&[u8]>) -> Result<External<Rc<Keyring>>> {
    let keys = Keys::new(keys).ok_or_else(|| Error::from_reason("a keyring needs a key"))?;
    Ok(External::new(Rc::new(Keyring { name: name.bytes, keys })))
}

/// What requests call. `open`: the session id that a `Cookie` header holds with a valid signature;
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
        .with("open", |keyring, given| {
            Ok(or_undefined(keyring.open(&given.text(0)?.utf8()).map(Text::from_utf8)))
        })?
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
