//! Cookie signatures, byte-compatible with cookie-signature 1.0 and 1.2:
//! `value + "." + base64(HMAC-SHA256(value, key))` without padding.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of an HMAC-SHA256.
const MAC_BYTES: usize = 32;
/// The same in unpadded base64.
const MAC_CHARS: usize = 43;

/// Keys, prepared once: the two padded key blocks are already hashed. Signing a session id then costs two
/// SHA-256 blocks.
#[derive(Clone)]
pub struct Keys(Vec<Hmac<Sha256>>);

impl std::fmt::Debug for Keys {
    /// Shows the number of keys and nothing else.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({} hidden)", self.0.len())
    }
}

impl Keys {
    /// Prepares the keys: the first one signs, all of them verify. `None` without any key.
    #[expect(clippy::missing_panics_doc, reason = "HMAC takes a key of any length")]
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Option<Self> {
        let prepared: Vec<_> = keys
            .into_iter()
            .map(|key| Hmac::new_from_slice(key.as_ref()).expect("HMAC takes a key of any length"))
            .collect();
        (!prepared.is_empty()).then_some(Self(prepared))
    }

    /// Appends `value.signature`, made with the first key.
    #[expect(clippy::missing_panics_doc, reason = "the buffer has the length of the text")]
    pub fn sign_into(&self, value: &[u8], out: &mut Vec<u8>) {
        let mut mac = self.0[0].clone();
        mac.update(value);
        let mut text = [0; MAC_CHARS];
        STANDARD_NO_PAD
            .encode_slice(mac.finalize().into_bytes(), &mut text)
            .expect("43 characters hold 32 bytes");
        out.reserve(value.len() + 1 + MAC_CHARS);
        out.extend_from_slice(value);
        out.push(b'.');
        out.extend_from_slice(&text);
    }

    /// The value in `value.signature` if one of the keys made the signature, and whether the first key did.
    ///
    /// Every key is tried, and every comparison takes constant time: a wrong signature costs the same wherever
    /// it is wrong. Text that cannot be a signature is compared with zeros.
    #[must_use]
    pub fn unsign<'a>(&self, input: &'a [u8]) -> Option<(&'a [u8], bool)> {
        let dot = input.iter().rposition(|&byte| byte == b'.')?;
        let (value, signature) = (&input[..dot], &input[dot + 1..]);
        // Only canonical base64 decodes (trailing bits must be zero), so equal bytes mean equal text.
        let mut given = [0; MAC_BYTES + 1];
        let decodes = signature.len() == MAC_CHARS
            && STANDARD_NO_PAD.decode_slice(signature, &mut given).is_ok_and(|length| length == MAC_BYTES);
        let (mut any, mut first) = (false, false);
        for (at, key) in self.0.iter().enumerate() {
            let mut mac = key.clone();
            mac.update(value);
            let matches = mac.verify_slice(&given[..MAC_BYTES]).is_ok();
            any |= matches;
            first |= matches && at == 0;
        }
        (decodes && any).then_some((value, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sign(keys: &Keys, value: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        keys.sign_into(value, &mut out);
        out
    }

    #[test]
    fn signs_like_cookie_signature() {
        let keys = Keys::new(["tobiiscool"]).unwrap();
        assert_eq!(sign(&keys, b"hello"), b"hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI");
        assert_eq!(
            keys.unsign(b"hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI"),
            Some((&b"hello"[..], true))
        );
    }

    #[test]
    fn requires_a_key_and_accepts_an_empty_one() {
        assert!(Keys::new(Vec::<Vec<u8>>::new()).is_none());
        let keys = Keys::new([""]).unwrap();
        assert_eq!(keys.unsign(&sign(&keys, b"a")), Some((&b"a"[..], true)));
    }

    #[test]
    fn rejects_text_that_is_no_signature() {
        let keys = Keys::new(["k"]).unwrap();
        for input in ["", ".", "a", "a.", "a.b", "hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI="] {
            assert_eq!(keys.unsign(input.as_bytes()), None, "{input}");
        }
    }

    #[test]
    fn rejects_a_signature_that_differs_in_unused_bits() {
        let keys = Keys::new(["tobiiscool"]).unwrap();
        // The last character carries four bits and two zeros: 'I' is 8, 'J' the same with a stray bit.
        assert_eq!(keys.unsign(b"hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QJ"), None);
    }

    #[test]
    fn debug_hides_the_keys() {
        assert_eq!(format!("{:?}", Keys::new(["secret"]).unwrap()), "Keys(1 hidden)");
    }

    proptest! {
        #[test]
        fn unsigns_what_any_key_signed(
            value: Vec<u8>,
            keys in prop::collection::vec(any::<Vec<u8>>(), 1..4),
            which: prop::sample::Index,
        ) {
            let signer = Keys::new([which.get(&keys)]).unwrap();
            let signed = sign(&signer, &value);
            let verifier = Keys::new(&keys).unwrap();
            let by_first = sign(&verifier, &value) == signed;
            prop_assert_eq!(verifier.unsign(&signed), Some((&value[..], by_first)));
        }

        #[test]
        fn rejects_any_changed_byte(value: Vec<u8>, at: prop::sample::Index, flip in 1u8..) {
            let keys = Keys::new(["k"]).unwrap();
            let mut signed = sign(&keys, &value);
            let at = at.index(signed.len());
            signed[at] ^= flip;
            prop_assert_eq!(keys.unsign(&signed), None);
        }
    }
}
