//! Destroyed ids. A request that had loaded a session does not bring it back after its destruction.
//!
//! A tombstone covers all revisions of its id up to one. It has a hash of the id instead of the id: with 64
//! bits and a secret key, two ids with the same hash are as unlikely as two equal session ids.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// Bytes that a tombstone takes: a place in the queue, and one in a hash table with room to grow.
pub(super) const TOMBSTONE: u64 = 64;
/// Collections with room for at most this many never shrink.
const SHRINK_FROM: usize = 64;

#[derive(Debug)]
struct Tombstone {
    hash: u64,
    /// The revisions of the id up to this one were destroyed.
    up_to: u64,
    /// It is forgotten at this time of the system's clock.
    until: i64,
}

#[derive(Debug, Default)]
pub(super) struct Tombstones {
    /// Oldest first. An id that was destroyed again is in it more than once; only the last counts.
    queue: VecDeque<Tombstone>,
    up_to: HashMap<u64, u64, BuildHasherDefault<NoHash>>,
}

impl Tombstones {
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn add(&mut self, hash: u64, up_to: u64, until: i64) {
        // Without memory for one more, it takes the place of the oldest.
        if self.queue.try_reserve(1).is_err() || self.up_to.try_reserve(1).is_err() {
            self.forget_oldest();
        }
        if self.up_to.insert(hash, up_to) != Some(up_to) {
            self.queue.push_back(Tombstone { hash, up_to, until });
        }
    }

    /// Whether this revision of an id was destroyed.
    pub(super) fn cover(&self, hash: u64, revision: u64) -> bool {
        self.up_to.get(&hash).is_some_and(|up_to| revision <= *up_to)
    }

    /// Forgets the oldest. Returns whether there was one.
    pub(super) fn forget_oldest(&mut self) -> bool {
        let Some(oldest) = self.queue.pop_front() else { return false };
        if self.up_to.get(&oldest.hash) == Some(&oldest.up_to) {
            self.up_to.remove(&oldest.hash);
        }
        if self.queue.capacity() > SHRINK_FROM && self.queue.len() < self.queue.capacity() / 4 {
            self.queue.shrink_to(self.queue.len() * 2);
            self.up_to.shrink_to(self.up_to.len() * 2);
        }
        true
    }

    /// Forgets up to `max` whose time is over. Returns how many.
    pub(super) fn expire(&mut self, system: i64, max: usize) -> usize {
        let is_over =
            |tombstones: &Self| tombstones.queue.front().is_some_and(|oldest| oldest.until <= system);
        let mut forgotten = 0;
        while forgotten < max && is_over(self) && self.forget_oldest() {
            forgotten += 1;
        }
        forgotten
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        assert!(self.up_to.len() <= self.queue.len());
        for (hash, up_to) in &self.up_to {
            assert!(self.queue.iter().any(|tombstone| (tombstone.hash, tombstone.up_to) == (*hash, *up_to)));
        }
    }
}

/// The keys are hashes already.
#[derive(Default)]
struct NoHash(u64);

impl Hasher for NoHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("the keys are u64");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cover_revisions_up_to_the_last_destruction() {
        let mut tombstones = Tombstones::default();
        tombstones.add(1, 10, 100);
        tombstones.add(1, 10, 200);
        assert_eq!(tombstones.len(), 1, "nothing was created in between");
        tombstones.add(2, 11, 200);
        tombstones.add(1, 20, 300);
        assert!(tombstones.cover(1, 20) && !tombstones.cover(1, 21));
        assert!(!tombstones.cover(3, 1));
        tombstones.check();

        assert!(tombstones.forget_oldest());
        assert!(tombstones.cover(1, 5), "it was destroyed again since");
        assert_eq!(tombstones.expire(199, 10), 0);
        assert_eq!(tombstones.expire(300, 1), 1);
        assert!(!tombstones.cover(2, 11) && tombstones.cover(1, 20));
        assert_eq!(tombstones.expire(300, 10), 1);
        assert!(!tombstones.cover(1, 1));
        assert!(!tombstones.forget_oldest());
        tombstones.check();
    }

    #[test]
    fn give_memory_back() {
        let mut tombstones = Tombstones::default();
        for hash in 0..10_000 {
            tombstones.add(hash, hash, 0);
        }
        assert_eq!(tombstones.expire(0, usize::MAX), 10_000);
        assert!(tombstones.queue.capacity() <= SHRINK_FROM);
        assert!(tombstones.up_to.capacity() <= 4 * SHRINK_FROM);
    }
}
