//! What is not in the file yet: touches, and clients that came back. They cost no statement when they happen, and
//! are written together once a second. Reads of this process count them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::key::Key;
use super::time::Now;

/// A new deadline and cookie.
#[derive(Debug, Clone)]
pub(super) struct Touch {
    pub(super) deadline: Option<i64>,
    /// Without one, the cookie stays.
    pub(super) cookie: Option<Vec<u8>>,
    /// That of the session that is meant, if the request knows it.
    pub(super) revision: Option<i64>,
    /// The deadline in the file that it takes the place of, if that is known; [`NEVER`] for none.
    pub(super) base: Option<i64>,
}

/// Stands for no deadline in [`Touch::base`].
pub(super) const NEVER: i64 = i64::MAX;

impl Touch {
    /// This touch in the place of one before it that is not in the file.
    fn after(self, before: Option<Touch>) -> Self {
        match before {
            Some(before) if before.may_precede(&self) => {
                Touch { base: before.base, ..self }.with_cookie_of(before)
            }
            _ => self,
        }
    }

    fn with_cookie_of(self, before: Touch) -> Self {
        Touch { cookie: self.cookie.or(before.cookie), ..self }
    }

    /// Whether both are of one session, as far as is known: one may have been destroyed and the id used again.
    fn may_precede(&self, later: &Touch) -> bool {
        self.revision.zip(later.revision).is_none_or(|(revision, other)| revision == other)
    }
}

/// A client that came back, and what it made of its session.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) rank: usize,
    pub(super) returned: Option<i64>,
    /// Visits are numbered in their order.
    pub(super) order: u64,
}

/// What is waiting for one session.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) touch: Option<Touch>,
    pub(super) visit: Option<Visit>,
}

impl Entry {
    /// The touch, if it is of the session with this revision.
    pub(super) fn touch_of(&self, revision: i64) -> Option<&Touch> {
        self.touch.as_ref().filter(|touch| touch.revision.is_none_or(|known| known == revision))
    }
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    fresh: HashMap<Key, Entry>,
    /// What the writer thread is writing now.
    flushing: Arc<HashMap<Key, Entry>>,
    /// Those of `flushing` that no longer count: a later write has taken their place.
    superseded: HashSet<Key>,
    visits: u64,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.flushing.is_empty()
    }

    pub(super) fn has_fresh(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// What is waiting for a session.
    pub(super) fn find(&self, key: &Key) -> Option<Entry> {
        let fresh = self.fresh.get(key);
        let flushing = self.flushing.get(key).filter(|_| !self.superseded.contains(key));
        match (fresh, flushing) {
            (Some(fresh), Some(flushing)) => Some(Entry {
                touch: match (fresh.touch.clone(), flushing.touch.clone()) {
                    (Some(fresh), Some(before)) if before.may_precede(&fresh) => {
                        Some(fresh.with_cookie_of(before))
                    }
                    (fresh, before) => fresh.or(before),
                },
                visit: fresh.visit.clone().or_else(|| flushing.visit.clone()),
            }),
            (entry, other) => entry.or(other).cloned(),
        }
    }

    pub(super) fn touch(&mut self, key: Key, touch: Touch) {
        let entry = self.fresh.entry(key).or_default();
        entry.touch = Some(touch.after(entry.touch.take()));
    }

    pub(super) fn visit(&mut self, key: Key, rank: usize, returned: Option<i64>) {
        self.visits += 1;
        self.fresh.entry(key).or_default().visit = Some(Visit { rank, returned, order: self.visits });
    }

    /// Forgets a session: a later write has taken the place of what was waiting.
    pub(super) fn remove(&mut self, key: &Key) {
        self.fresh.remove(key);
        if self.flushing.contains_key(key) {
            self.superseded.insert(*key);
        }
    }

    /// Forgets a touch, which was written.
    pub(super) fn forget_touch(&mut self, key: &Key) {
        let Some(entry) = self.fresh.get_mut(key) else { return };
        entry.touch = None;
        if entry.visit.is_none() {
            self.fresh.remove(key);
        }
    }

    /// Takes the visits alone, in their order. `None`: there are more than `most`.
    pub(super) fn take_visits(&mut self, most: usize) -> Option<Vec<(Key, Visit)>> {
        if self.fresh.len() > most {
            return None;
        }
        let mut visits: Vec<_> = self
            .fresh
            .iter_mut()
            .filter_map(|(key, entry)| entry.visit.take().map(|visit| (*key, visit)))
            .collect();
        self.fresh.retain(|_, entry| entry.touch.is_some());
        visits.sort_unstable_by_key(|(_, visit)| visit.order);
        Some(visits)
    }

    /// Takes back visits that were not written, where there are no newer ones.
    pub(super) fn give_back(&mut self, visits: Vec<(Key, Visit)>) {
        for (key, visit) in visits {
            self.fresh.entry(key).or_default().visit.get_or_insert(visit);
        }
    }

    /// Whether the file does not know yet that a session has expired at `now`: a touch that waits has shortened its life.
    pub(super) fn has_due(&self, now: Now) -> bool {
        let mut entries = self.fresh.values().chain(self.flushing.values());
        entries.any(|entry| entry.touch.as_ref().is_some_and(|touch| now.is_past(touch.deadline)))
    }

    /// Hands all over to be written. The caller holds the lock of the file.
    pub(super) fn begin_flush(&mut self) -> Arc<HashMap<Key, Entry>> {
        self.superseded.clear();
        self.flushing = Arc::new(std::mem::take(&mut self.fresh));
        Arc::clone(&self.flushing)
    }

    /// What was handed over is in the file, or is not: then it waits again, where nothing newer does.
    pub(super) fn end_flush(&mut self, flushed: &Arc<HashMap<Key, Entry>>, is_written: bool) {
        let mut superseded = HashSet::new();
        // The other thread may have begun a flush of its own since the lock of the file was given back.
        if Arc::ptr_eq(&self.flushing, flushed) {
            self.flushing = Arc::default();
            superseded = std::mem::take(&mut self.superseded);
        }
        if is_written {
            return;
        }
        for (key, old) in flushed.iter().filter(|(key, _)| !superseded.contains(*key)) {
            self.put_back(*key, old.clone());
        }
    }

    /// Lets what was taken wait again, where nothing newer does.
    pub(super) fn put_back(&mut self, key: Key, old: Entry) {
        let entry = self.fresh.entry(key).or_default();
        entry.touch = match entry.touch.take() {
            Some(newer) => Some(newer.after(old.touch)),
            None => old.touch,
        };
        entry.visit = entry.visit.take().or(old.visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key([1; 32]);

    fn touch(deadline: i64) -> Touch {
        Touch { deadline: Some(deadline), cookie: None, revision: Some(1), base: Some(deadline - 1) }
    }

    fn deadline(pending: &Pending) -> Option<i64> {
        pending.find(&KEY)?.touch?.deadline
    }

    fn base(pending: &Pending) -> Option<i64> {
        pending.find(&KEY)?.touch?.base
    }

    #[test]
    fn a_touch_that_shortens_a_life_is_due() {
        let mut pending = Pending::default();
        pending.touch(KEY, touch(5));
        assert!(!pending.has_due(Now::at(4)));
        assert!(pending.has_due(Now::at(5)));
        let flushed = pending.begin_flush();
        assert!(pending.has_due(Now::at(5)), "while it is being written too");
        pending.end_flush(&flushed, true);
        assert!(!pending.has_due(Now::at(5)));
    }

    #[test]
    fn what_is_being_written_counts_until_it_is_written() {
        let mut pending = Pending::default();
        pending.touch(KEY, touch(1));
        let flushed = pending.begin_flush();
        assert_eq!(flushed.len(), 1);
        assert_eq!(deadline(&pending), Some(1));
        pending.touch(KEY, touch(2));
        assert_eq!(deadline(&pending), Some(2));
        pending.end_flush(&flushed, false);
        assert_eq!(deadline(&pending), Some(2), "the newer one stays");
        assert_eq!(base(&pending), Some(0), "the file still has what the older one would have replaced");
        let flushed = pending.begin_flush();
        pending.end_flush(&flushed, true);
        assert!(pending.is_empty());
    }

    #[test]
    fn a_flush_that_fails_loses_nothing() {
        let mut pending = Pending::default();
        pending.touch(KEY, touch(1));
        let flushed = pending.begin_flush();
        pending.end_flush(&flushed, false);
        assert_eq!(deadline(&pending), Some(1));
    }

    #[test]
    fn the_end_of_a_flush_does_not_end_the_next_one() {
        let mut pending = Pending::default();
        pending.touch(KEY, touch(1));
        let first = pending.begin_flush();
        pending.touch(KEY, touch(2));
        let second = pending.begin_flush();
        pending.end_flush(&first, true);
        assert_eq!(deadline(&pending), Some(2));
        pending.end_flush(&second, false);
        assert_eq!(deadline(&pending), Some(2));
    }

    #[test]
    fn a_touch_takes_the_place_of_what_is_in_the_file() {
        let mut pending = Pending::default();
        pending.touch(KEY, touch(1));
        pending.touch(KEY, touch(5));
        assert_eq!((deadline(&pending), base(&pending)), (Some(5), Some(0)));
    }

    #[test]
    fn a_later_write_supersedes_what_is_being_written() {
        let mut pending = Pending::default();
        pending.touch(KEY, touch(1));
        let flushed = pending.begin_flush();
        pending.remove(&KEY);
        assert_eq!(deadline(&pending), None);
        pending.end_flush(&flushed, false);
        assert!(pending.is_empty());
    }

    #[test]
    fn a_touch_without_a_cookie_keeps_that_of_the_one_before() {
        let mut pending = Pending::default();
        pending.touch(KEY, Touch { cookie: Some(b"{}".to_vec()), ..touch(1) });
        pending.touch(KEY, touch(2));
        assert_eq!(pending.find(&KEY).unwrap().touch.unwrap().cookie.unwrap(), b"{}");
    }

    #[test]
    fn so_does_one_whose_predecessor_is_being_written_or_was_not() {
        let mut pending = Pending::default();
        pending.touch(KEY, Touch { cookie: Some(b"{}".to_vec()), ..touch(1) });
        let flushed = pending.begin_flush();
        pending.touch(KEY, touch(2));
        assert_eq!(pending.find(&KEY).unwrap().touch.unwrap().cookie.unwrap(), b"{}");
        pending.end_flush(&flushed, false);
        assert_eq!(pending.find(&KEY).unwrap().touch.unwrap().cookie.unwrap(), b"{}");
    }

    #[test]
    fn a_touch_takes_nothing_from_one_of_another_session_with_the_same_id() {
        let mut pending = Pending::default();
        pending.touch(KEY, Touch { cookie: Some(b"{}".to_vec()), ..touch(1) });
        let other = Touch { revision: Some(2), base: Some(7), ..touch(8) };
        let flushed = pending.begin_flush();
        pending.touch(KEY, other.clone());
        assert_eq!(pending.find(&KEY).unwrap().touch.unwrap().cookie, None);
        pending.end_flush(&flushed, false);
        assert_eq!(pending.find(&KEY).unwrap().touch.unwrap().cookie, None);
        pending.touch(KEY, Touch { revision: Some(1), ..other });
        assert_eq!(base(&pending), Some(7));
    }

    #[test]
    fn visits_come_in_their_order() {
        let mut pending = Pending::default();
        for n in [3, 1, 2, 1] {
            pending.visit(Key([n; 32]), 1, None);
        }
        pending.touch(KEY, touch(1));
        assert!(pending.take_visits(2).is_none());
        let keys: Vec<u8> = pending.take_visits(9).unwrap().iter().map(|(key, _)| key.0[0]).collect();
        assert_eq!(keys, [3, 2, 1]);
        assert_eq!(deadline(&pending), Some(1), "touches stay");
    }
}
