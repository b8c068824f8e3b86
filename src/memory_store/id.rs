//! Session ids as keys. An id of this package (24 random bytes in base64url) is kept as those 24
//! bytes; any other id as the bytes of its text.

/// Bytes of a packed id.
pub(super) const PACKED: usize = 24;
const TEXT: usize = 32;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const FOREIGN: u8 = 0xff;

const VALUES: [u8; 256] = {
    let mut values = [FOREIGN; 256];
    let mut index = 0;
    while index < 64 {
        #[expect(clippy::cast_possible_truncation, reason = "below 64; try_from is not const")]
        {
            values[ALPHABET[index] as usize] = index as u8;
        }
        index += 1;
    }
    values
};

/// An id in the form in which it is stored and compared. Packing is one-to-one, and a packed id
/// never equals one that is not packed, so different ids never meet.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Id<'a> {
    Packed([u8; PACKED]),
    Text(&'a [u8]),
}

impl<'a> Id<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        match text.try_into().ok().and_then(pack) {
            Some(bytes) => Id::Packed(bytes),
            None => Id::Text(text),
        }
    }

    /// The id as it was given.
    pub(super) fn text(&self) -> Box<[u8]> {
        match self {
            Id::Packed(bytes) => Box::new(unpack(bytes)),
            Id::Text(text) => (*text).into(),
        }
    }
}

/// Base64url decoding of exactly 32 characters; 32 × 6 bits are 24 bytes with nothing left over.
fn pack(text: &[u8; TEXT]) -> Option<[u8; PACKED]> {
    let mut bytes = [0; PACKED];
    let mut seen = 0;
    for (four, three) in text.chunks_exact(4).zip(bytes.chunks_exact_mut(3)) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|index| VALUES[usize::from(four[index])]);
        seen |= a | b | c | d;
        three[0] = a << 2 | b >> 4;
        three[1] = b << 4 | c >> 2;
        three[2] = c << 6 | d;
    }
    // A value is below 64; only a foreign character sets the high bits.
    (seen < 64).then_some(bytes)
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
    fn own_ids_are_packed() {
        let id = Id::new(b"AAAABBBBCCCCDDDDabcdefgh0123-_xy");
        assert!(matches!(id, Id::Packed(_)));
        assert_eq!(&*id.text(), b"AAAABBBBCCCCDDDDabcdefgh0123-_xy");
        assert!(matches!(Id::new(&[b'_'; 32]), Id::Packed([0xff, ..])));
    }

    #[test]
    fn other_ids_are_not() {
        for text in ["", "a", &"a".repeat(31), &"a".repeat(33), &"+".repeat(32), &"é".repeat(16)] {
            assert!(matches!(Id::new(text.as_bytes()), Id::Text(_)), "{text}");
        }
    }

    /// The raw bytes of a packed id are themselves a possible id of 24 characters.
    #[test]
    fn packed_and_raw_never_meet() {
        let Id::Packed(bytes) = Id::new(&[b'A'; 32]) else { panic!("not packed") };
        assert!(Id::new(&bytes) != Id::new(&[b'A'; 32]));
    }

    proptest! {
        #[test]
        fn text_comes_back(text in prop_oneof![
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
