//! The hash of an id. Its keys are random: nobody can choose ids that collide.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::codec::id::{Id, PACKED};

/// A packed id in words of 64 bits.
const WORDS: usize = PACKED / 8;

/// Hashes the ids of one store.
#[derive(Debug)]
pub(super) struct IdHasher {
    texts: RandomState,
    factors: [u128; WORDS],
    summand: u128,
}

impl IdHasher {
    pub(super) fn new() -> Self {
        let texts = RandomState::new();
        let half = |number: usize| u128::from(texts.hash_one(number));
        let key = |number: usize| half(2 * number) << 64 | half(2 * number + 1);
        IdHasher { factors: std::array::from_fn(key), summand: key(WORDS), texts }
    }

    /// Packed ids take multiply-shift hashing (Dietzfelbinger 1996), which is strongly universal: whatever two ids
    /// are, they collide by chance alone. It takes a tenth of the instructions of the hash for texts of any length.
    pub(super) fn hash(&self, id: &Id<'_>) -> u64 {
        match id {
            Id::Packed(bytes) => {
                let words = bytes.as_chunks::<8>().0.iter().map(|word| u128::from(u64::from_le_bytes(*word)));
                let products = words.zip(&self.factors).map(|(word, factor)| word.wrapping_mul(*factor));
                let sum = products.fold(self.summand, u128::wrapping_add);
                u64::try_from(sum >> 64).expect("64 of 128 bits")
            }
            Id::Text(text) => {
                let mut hasher = self.texts.build_hasher();
                hasher.write(text);
                hasher.finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Ids that differ in one bit, as a counter or an attacker would make them.
    fn neighbours() -> Vec<Id<'static>> {
        let flip = |bit: usize| {
            let mut bytes = [0; PACKED];
            bytes[bit / 8] = 1 << (bit % 8);
            Id::Packed(bytes)
        };
        (0..8 * PACKED).map(flip).collect()
    }

    #[test]
    fn every_bit_of_an_id_counts() {
        let hasher = IdHasher::new();
        let different: HashSet<u64> = neighbours().iter().map(|id| hasher.hash(id)).collect();
        assert_eq!(different.len(), 8 * PACKED);
    }

    #[test]
    fn stores_hash_differently() {
        let (one, other) = (IdHasher::new(), IdHasher::new());
        for id in neighbours().iter().chain(&[Id::Text(b"text")]) {
            assert_ne!(one.hash(id), other.hash(id));
        }
    }

    /// Each bit of the hash, over many stores, is set about half of the time: a fair coin that is thrown 4,000 times
    /// lands outside these bounds once in 10^15 throws.
    #[test]
    fn every_bit_of_the_hash_is_random() {
        let id = Id::Packed([7; PACKED]);
        let hashes: Vec<u64> = (0..4_000).map(|_| IdHasher::new().hash(&id)).collect();
        for bit in 0..64 {
            let set = hashes.iter().filter(|hash| *hash >> bit & 1 == 1).count();
            assert!((1_740..2_260).contains(&set), "bit {bit}: {set}");
        }
    }
}
