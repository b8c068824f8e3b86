//! Removals on their way to JavaScript, which may be busy. Past a bound the oldest lose their texts, and then they go.

use std::collections::VecDeque;

use super::super::removal::{Kind, share_of};
use super::key::Key;
use crate::codec::encoding::Encoding;

/// A session that this process has removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Why it was removed.
    pub kind: Kind,
    /// Its id, hashed.
    pub key: Key,
    /// Its whole text, as it was written; empty if it was lost.
    pub text: Vec<u8>,
    /// How the text is to be read.
    pub encoding: Encoding,
}

#[derive(Debug)]
pub(super) struct Removals {
    limit: usize,
    /// Oldest first.
    queue: VecDeque<Removed>,
    /// How many of the oldest have lost their texts.
    bare: usize,
    bytes: usize,
    pub(super) lost: u64,
}

fn cost(removed: &Removed) -> usize {
    size_of::<Removed>() + removed.text.capacity()
}

impl Removals {
    pub(super) fn new(max_bytes: Option<i64>) -> Self {
        let share = share_of(max_bytes.map(i64::unsigned_abs));
        Removals {
            limit: usize::try_from(share).unwrap_or(usize::MAX),
            queue: VecDeque::new(),
            bare: 0,
            bytes: 0,
            lost: 0,
        }
    }

    pub(super) fn push(&mut self, removed: Removed) {
        self.bytes += cost(&removed);
        self.queue.push_back(removed);
        while self.bytes > self.limit {
            let is_all_bare = self.bare * size_of::<Removed>() > self.limit / 2;
            match self.queue.get_mut(self.bare) {
                Some(oldest) if !is_all_bare => {
                    self.bytes -= oldest.text.capacity();
                    oldest.text = Vec::new();
                    self.bare += 1;
                }
                _ => {
                    let Some(oldest) = self.queue.pop_front() else { return };
                    self.bytes -= cost(&oldest);
                    self.bare = self.bare.saturating_sub(1);
                    self.lost += 1;
                }
            }
        }
    }

    /// All of them. What was lost stays counted.
    pub(super) fn take(&mut self) -> VecDeque<Removed> {
        self.bare = 0;
        self.bytes = 0;
        std::mem::take(&mut self.queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lose_their_texts_and_then_themselves() {
        let mut removals = Removals::new(Some(16 * 100_000));
        for number in 0..5000_u16 {
            let [high, low] = number.to_be_bytes();
            let mut key = [0; 32];
            key[..2].copy_from_slice(&[high, low]);
            let text = vec![b'x'; 1000];
            removals.push(Removed { kind: Kind::Destroyed, key: Key(key), text, encoding: Encoding::Ascii });
            assert!(removals.bytes <= 100_000);
        }
        let lost = removals.lost;
        let told = removals.take();
        assert_eq!(told.len() as u64 + lost, 5000);
        assert_eq!((removals.bytes, removals.lost), (0, lost));
        let bare = told.iter().take_while(|removed| removed.text.is_empty()).count();
        assert!(bare > 300 && told.len() - bare > 30);
        assert!(told.iter().skip(bare).all(|removed| removed.text.len() == 1000));
        assert!(told.iter().zip(told.iter().skip(1)).all(|(one, next)| one.key.0 < next.key.0));
    }
}
