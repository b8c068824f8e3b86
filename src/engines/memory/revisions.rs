//! Numbers for the creations of sessions, and which of those sessions were destroyed. A late save finds out
//! by its revision whether the session that its request had loaded was destroyed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Revisions of a page, as a shift: 4096.
const PAGE: u32 = 12;
/// Bytes that a page takes, with its place in the map.
const PAGE_BYTES: u64 = 560;
/// The smallest and the largest limit on the pages of a store.
const PAGES: std::ops::RangeInclusive<u64> = 8..=1024;
/// 1/`SHARE` of `max_bytes` may be pages.
const SHARE: u64 = 32;

/// Gives out revisions. Slots and requests keep the lower half of a number.
#[derive(Debug)]
pub(super) struct Revisions {
    last: AtomicU64,
    /// All sessions up to this revision were destroyed at once.
    cleared: AtomicU64,
    destroyed: Mutex<Destroyed>,
}

impl Revisions {
    pub(super) fn new(max_bytes: Option<u64>) -> Self {
        let pages = max_bytes.map_or(u64::MAX, |max| max / SHARE / PAGE_BYTES);
        let max = pages.clamp(*PAGES.start(), *PAGES.end());
        Revisions {
            last: AtomicU64::new(0),
            cleared: AtomicU64::new(0),
            destroyed: Mutex::new(Destroyed { max, marks: 0, pages: HashMap::new() }),
        }
    }

    pub(super) fn next(&self) -> u32 {
        low(self.last.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// The most recent revision, whole.
    pub(super) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// Notes that the session of this revision was destroyed.
    pub(super) fn destroy(&self, revision: u32) {
        let revision = self.whole(revision);
        self.destroyed.lock().unwrap_or_else(PoisonError::into_inner).mark(revision);
    }

    /// Notes that all sessions were destroyed.
    pub(super) fn destroy_all(&self) {
        self.cleared.fetch_max(self.last(), Ordering::AcqRel);
    }

    /// Whether the session of this revision is known to have been destroyed.
    pub(super) fn was_destroyed(&self, revision: u32) -> bool {
        let revision = self.whole(revision);
        revision <= self.cleared.load(Ordering::Acquire)
            || self.destroyed.lock().unwrap_or_else(PoisonError::into_inner).has(revision)
    }

    /// The whole number of a revision. This is right for the last four billion revisions; an older one is
    /// taken for a newer one.
    pub(super) fn whole(&self, revision: u32) -> u64 {
        let last = self.last();
        last.saturating_sub(u64::from(low(last).wrapping_sub(revision)))
    }
}

/// A bit for each revision that was destroyed, in pages. Where there are too many pages, the one that was not
/// marked for longest is forgotten: the oldest destructions. Clients that log in and out to make a store
/// forget fill a page with each 4096 of their sessions; the tombstones of the others stay.
#[derive(Debug)]
struct Destroyed {
    max: u64,
    marks: u64,
    pages: HashMap<u64, Page>,
}

#[derive(Debug)]
struct Page {
    /// The number of the last mark in it.
    marked: u64,
    bits: Box<[u64; 1 << (PAGE - 6)]>,
}

impl Destroyed {
    fn mark(&mut self, revision: u64) {
        let (page, word, bit) = place(revision);
        if !self.pages.contains_key(&page) && self.pages.len() as u64 >= self.max {
            let oldest = self.pages.iter().min_by_key(|(_, page)| page.marked).map(|(number, _)| *number);
            oldest.and_then(|number| self.pages.remove(&number));
        }
        self.marks += 1;
        let page = self
            .pages
            .entry(page)
            .or_insert_with(|| Page { marked: 0, bits: Box::new([0; 1 << (PAGE - 6)]) });
        page.marked = self.marks;
        page.bits[word] |= bit;
    }

    fn has(&self, revision: u64) -> bool {
        let (page, word, bit) = place(revision);
        self.pages.get(&page).is_some_and(|page| page.bits[word] & bit != 0)
    }
}

/// The page of a revision, the word in it, and the bit in that.
#[expect(clippy::cast_possible_truncation, reason = "it is split in three")]
fn place(revision: u64) -> (u64, usize, u64) {
    let word = revision as usize >> 6 & ((1 << (PAGE - 6)) - 1);
    (revision >> PAGE, word, 1 << (revision & 63))
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is intended")]
fn low(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_what_was_destroyed() {
        let revisions = Revisions::new(None);
        let [a, b, c] = [revisions.next(), revisions.next(), revisions.next()];
        assert_eq!([a, b, c], [1, 2, 3]);
        assert_eq!(revisions.last(), 3);
        revisions.destroy(b);
        assert_eq!([a, b, c].map(|revision| revisions.was_destroyed(revision)), [false, true, false]);
        revisions.destroy_all();
        assert_eq!([a, b, c].map(|revision| revisions.was_destroyed(revision)), [true; 3]);
        assert!(!revisions.was_destroyed(revisions.next()));
    }

    #[test]
    fn continues_past_four_billion() {
        let revisions = Revisions::new(None);
        revisions.last.store(u64::from(u32::MAX) - 1, Ordering::Relaxed);
        let [before, after, last] = [revisions.next(), revisions.next(), revisions.next()];
        assert_eq!((before, after), (u32::MAX, 0));
        revisions.destroy(before);
        revisions.destroy(last);
        let destroyed = [before, after, last].map(|revision| revisions.was_destroyed(revision));
        assert_eq!(destroyed, [true, false, true]);
    }

    #[test]
    fn the_oldest_destructions_are_forgotten_and_the_living_stay_unsuspected() {
        let revisions = Revisions::new(Some(0));
        let all: Vec<u32> = (0..20_u32 << PAGE).map(|_| revisions.next()).collect();
        for revision in all.iter().step_by(2) {
            revisions.destroy(*revision);
        }
        let recent = &all[14 << PAGE..];
        assert!(recent.iter().step_by(2).all(|revision| revisions.was_destroyed(*revision)));
        assert!(all.iter().skip(1).step_by(2).all(|revision| !revisions.was_destroyed(*revision)));
        assert!(!revisions.was_destroyed(all[0]));
        // A session that was created long ago is destroyed now: this is recent.
        revisions.destroy(all[1]);
        assert!(revisions.was_destroyed(all[1]));
        assert_eq!(revisions.destroyed.lock().unwrap().pages.len(), 8);
    }
}
