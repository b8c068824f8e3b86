//! Session ids: 24 bytes from the thread's cryptographic generator, written as 32 characters of the
//! URL-safe base64 alphabet. uid-safe makes the same.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng;

/// Random bytes in an id: 192 bits. OWASP ASVS 7.2.3 requires 128.
pub const ID_BYTES: usize = 24;
/// Characters of an id.
pub const ID_CHARS: usize = 32;

/// A new id. The generator is `ChaCha`, seeded from the operating system and reseeded as it is used.
#[expect(clippy::missing_panics_doc, reason = "the buffer has the length of the text")]
#[must_use]
pub fn generate() -> [u8; ID_CHARS] {
    let mut bytes = [0; ID_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let mut text = [0; ID_CHARS];
    URL_SAFE_NO_PAD.encode_slice(bytes, &mut text).expect("32 characters hold 24 bytes");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn uses_the_alphabet_of_uid_safe() {
        let allowed = |c: &u8| c.is_ascii_alphanumeric() || *c == b'-' || *c == b'_';
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let id = generate();
            assert!(id.iter().all(allowed));
            seen.extend(id);
        }
        assert_eq!(seen.len(), 64, "every character of the alphabet occurs");
    }

    #[test]
    fn never_repeats() {
        let ids: HashSet<_> = (0..100_000).map(|_| generate()).collect();
        assert_eq!(ids.len(), 100_000);
    }
}
