//! What a session is stored under: the SHA-256 of its id. A reader of the file finds no cookie in it.

use sha2::{Digest, Sha256};

/// What stands before the hash in a reference.
const PREFIX: &[u8] = b"ref:";

/// The SHA-256 of a session id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

impl Key {
    /// The key of an id as a client names it. An id that looks like a reference is an id all the same.
    #[must_use]
    pub fn of_id(id: &[u8]) -> Self {
        Key(Sha256::digest(id).into())
    }

    /// The key that an app means: that of a reference, or else that of an id.
    #[must_use]
    pub fn of(id_or_reference: &[u8]) -> Self {
        Key::of_reference(id_or_reference).unwrap_or_else(|| Key::of_id(id_or_reference))
    }

    fn of_reference(text: &[u8]) -> Option<Self> {
        let hex: &[u8; 64] = text.strip_prefix(PREFIX)?.try_into().ok()?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Key(bytes))
    }

    /// `ref:` and the hash in lower-case hexadecimal digits: what names a session and opens none.
    #[must_use]
    pub fn reference(&self) -> Vec<u8> {
        let mut text = PREFIX.to_vec();
        for byte in self.0 {
            text.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
        }
        text
    }
}

fn digit(char: u8) -> Option<u8> {
    match char {
        b'0'..=b'9' => Some(char - b'0'),
        b'a'..=b'f' => Some(char - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_the_key_and_is_no_id() {
        let key = Key::of_id(b"abc");
        let reference = key.reference();
        assert_eq!(reference, b"ref:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Key::of(&reference), key);
        assert_eq!(Key::of(b"abc"), key);
        assert_ne!(Key::of_id(&reference), key);
    }

    #[test]
    fn what_only_looks_like_a_reference_is_an_id() {
        for text in [&b"ref:"[..], b"ref:00", &[b"ref:".as_slice(), &[b'A'; 64]].concat(), b"REF:0"] {
            assert_eq!(Key::of(text), Key::of_id(text));
        }
    }
}
