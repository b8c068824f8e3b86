//! Tells watchers which sessions were removed. Without a watcher, nothing is recorded.
//!
//! All watchers read one log, each from a place of its own. Its bytes are bounded: a watcher may be busy. Past
//! the limit, the oldest removals lose their data, and then they go.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::removal::{Kind, share_of};
use super::reclaim;
use super::slot::Entry;
use super::slot_hint::SlotHint;
use super::view::View;
use crate::codec::encoding::Encoding;
use crate::codec::template::Templates;

/// A removed session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Why it was removed.
    pub kind: Kind,
    /// Its id.
    pub id: Box<[u8]>,
    /// Its whole text, as it was written; empty if it was lost.
    pub text: Vec<u8>,
    /// How the text is to be read.
    pub encoding: Encoding,
}

type Event = Arc<(Kind, Entry)>;

/// The removals that not all watchers have read. Places count on for ever.
#[derive(Debug, Default)]
struct Log {
    events: VecDeque<Event>,
    /// The place of the first event.
    first: u64,
    /// The place of the first event that has its data, or an earlier one.
    bare: u64,
    /// The bytes of all events, and of those before `bare`.
    bytes: u64,
    bare_bytes: u64,
    readers: Vec<Reader>,
    lost: u64,
}

#[derive(Debug)]
struct Reader {
    number: u64,
    /// The next event that it reads.
    place: u64,
    /// Whether it wants [`Kind::Replaced`].
    replaced: bool,
}

impl Reader {
    fn wants(&self, kind: Kind) -> bool {
        kind != Kind::Replaced || self.replaced
    }
}

impl Log {
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    fn event(&self, place: u64) -> Option<&Event> {
        self.events.get(usize::try_from(place.checked_sub(self.first)?).ok()?)
    }

    fn push(&mut self, event: Event, limit: u64) {
        self.bytes += cost(&event);
        self.events.push_back(event);
        while self.bytes > limit && !self.events.is_empty() {
            self.shrink(limit);
        }
    }

    /// Takes the data of the oldest event that has any. If those without take half the limit, the oldest goes.
    fn shrink(&mut self, limit: u64) {
        let place = self.bare.max(self.first);
        let at = usize::try_from(place - self.first).unwrap_or(usize::MAX);
        if self.bare_bytes > limit / 2 {
            return self.lose_first();
        }
        let Some(event) = self.events.get_mut(at) else { return self.lose_first() };
        let bare = Arc::new((event.0, event.1.bare()));
        let (old, new) = (cost(event), cost(&bare));
        *event = bare;
        self.bytes = self.bytes + new - old;
        self.bare_bytes += new;
        self.bare = place + 1;
    }

    fn lose_first(&mut self) {
        let Some(event) = self.events.front() else { return };
        let kind = event.0;
        for reader in &mut self.readers {
            if reader.place <= self.first {
                reader.place = self.first + 1;
                self.lost += u64::from(reader.wants(kind));
            }
        }
        self.drop_read();
    }

    /// Drops what all watchers have read. Returns the bytes that this frees.
    fn drop_read(&mut self) -> u64 {
        let before = self.bytes;
        let place = self.readers.iter().map(|reader| reader.place).min().unwrap_or(self.end());
        while self.first < place {
            let Some(event) = self.events.pop_front() else { break };
            self.bytes -= cost(&event);
            if self.first < self.bare {
                self.bare_bytes -= cost(&event);
            }
            self.first += 1;
        }
        if self.events.len() < self.events.capacity() / 4 {
            self.events.shrink_to((self.events.len() * 2).max(64));
        }
        before - self.bytes
    }
}

/// Bytes of memory that an event takes: its record, and about as much as a slot.
fn cost(event: &Event) -> u64 {
    event.1.cost()
}

/// The watchers of a store.
#[derive(Debug)]
pub(super) struct Watchers {
    log: Mutex<Log>,
    /// Maximum bytes of the log. `None` in tests that must not lose an event.
    limit: Option<u64>,
    /// The log's figures, which are read more often than written: the number of watchers, how many of them
    /// want replacements, bytes, and lost events.
    count: AtomicUsize,
    replaced: AtomicUsize,
    bytes: AtomicU64,
    lost: AtomicU64,
}

impl Watchers {
    pub(super) fn new(max_bytes: Option<u64>) -> Self {
        Self::with_limit(Some(share_of(max_bytes)))
    }

    pub(super) fn with_limit(limit: Option<u64>) -> Self {
        Watchers {
            log: Mutex::default(),
            limit,
            count: AtomicUsize::new(0),
            replaced: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }

    pub(super) fn want(&self, kind: Kind) -> bool {
        let count = if kind == Kind::Replaced { &self.replaced } else { &self.count };
        count.load(Ordering::Acquire) > 0
    }

    /// Bytes that are kept free for removals: none while nobody watches.
    pub(super) fn reserved(&self) -> u64 {
        if self.count.load(Ordering::Acquire) > 0 { self.limit.unwrap_or(0) } else { 0 }
    }

    /// Bytes that removals take.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    /// Removals that a watcher was not told of.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Acquire)
    }

    /// Records that a session was removed.
    pub(super) fn tell(&self, kind: Kind, removed: Entry) {
        let event = Arc::new((kind, removed));
        let mut log = self.log();
        if log.readers.iter().any(|reader| reader.wants(kind)) {
            log.push(event, self.limit.unwrap_or(u64::MAX));
            self.publish(&log);
        }
    }

    pub(super) fn watch(self: &Arc<Self>, templates: &Arc<Templates>, replaced: bool) -> Watch {
        let mut log = self.log();
        let number = log.readers.iter().map(|reader| reader.number + 1).max().unwrap_or(0);
        let place = log.end();
        log.readers.push(Reader { number, place, replaced });
        self.publish(&log);
        Watch { number, watchers: Arc::clone(self), templates: Arc::clone(templates) }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, log: &Log) {
        self.count.store(log.readers.len(), Ordering::Release);
        self.replaced.store(log.readers.iter().filter(|reader| reader.replaced).count(), Ordering::Release);
        self.bytes.store(log.bytes, Ordering::Release);
        self.lost.store(log.lost, Ordering::Release);
    }
}

/// A subscription to the sessions that a store removes. Dropping it ends it.
#[derive(Debug)]
pub struct Watch {
    number: u64,
    watchers: Arc<Watchers>,
    templates: Arc<Templates>,
}

impl Watch {
    /// Takes up to `max` removals, oldest first. Each is returned once.
    #[must_use]
    pub fn drain(&self, max: usize) -> Vec<Removed> {
        let mut log = self.watchers.log();
        let Some(at) = log.readers.iter().position(|reader| reader.number == self.number) else {
            return Vec::new();
        };
        let mut taken: Vec<Event> = Vec::new();
        let Reader { mut place, .. } = log.readers[at];
        while taken.len() < max
            && let Some(event) = log.event(place)
        {
            place += 1;
            if log.readers[at].wants(event.0) {
                taken.push(Arc::clone(event));
            }
        }
        log.readers[at].place = place;
        let freed = log.drop_read();
        self.watchers.publish(&log);
        drop(log);
        let removed = taken.iter().map(|event| self.removed(event)).collect();
        drop(taken);
        reclaim::note_freed(freed);
        removed
    }

    fn removed(&self, event: &Event) -> Removed {
        let (kind, entry) = &**event;
        let mut text = Vec::new();
        let encoding = View::of(entry, SlotHint::NONE, &self.templates).write_text(&mut text);
        Removed { kind: *kind, id: entry.fields().id.text(), text, encoding }
    }

    /// Ends the subscription and drops its waiting removals.
    pub fn close(&self) {
        let mut log = self.watchers.log();
        log.readers.retain(|reader| reader.number != self.number);
        let freed = log.drop_read();
        self.watchers.publish(&log);
        drop(log);
        reclaim::note_freed(freed);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::super::rank::Rank;
    use super::super::record::Parts;
    use super::*;
    use crate::codec::id::Id;

    fn entry(id: &str, len: usize) -> Entry {
        let (id, text) = (Id::new(id.as_bytes()), vec![b'x'; len]);
        let parts = Parts::whole(Encoding::Ascii, &text);
        let form = parts.form(&id, 0);
        let record = parts.build(&id, form).unwrap();
        Entry { record, deadline: 0, revision: 0, template: 0, form, rank: Rank::New }
    }

    fn watchers(limit: u64) -> (Arc<Watchers>, Arc<Templates>) {
        (Arc::new(Watchers::with_limit(Some(limit))), Arc::new(Templates::new()))
    }

    #[test]
    fn the_oldest_lose_their_data_and_then_themselves() {
        let (watchers, templates) = watchers(100_000);
        let watch = watchers.watch(&templates, false);
        for number in 0..5000 {
            watchers.tell(Kind::Expired, entry(&number.to_string(), 1000));
            assert!(watchers.bytes() <= 100_000);
        }
        let told = watch.drain(usize::MAX);
        assert_eq!(told.len() as u64 + watchers.lost(), 5000);
        assert_eq!(watchers.bytes(), 0);
        let bare = told.iter().take_while(|removed| removed.text.is_empty()).count();
        assert!(bare > 400 && told.len() - bare > 30);
        assert!(told[bare..].iter().all(|removed| removed.text.len() == 1000));
        let ids: Vec<_> = (watchers.lost()..5000).map(|number| number.to_string().into_bytes()).collect();
        assert_eq!(told.iter().map(|removed| removed.id.to_vec()).collect::<Vec<_>>(), ids);
    }

    #[test]
    fn each_watcher_loses_for_itself() {
        let (watchers, templates) = watchers(10_000);
        let (quick, slow) = (watchers.watch(&templates, false), watchers.watch(&templates, true));
        let mut told = 0;
        for number in 0..1000 {
            watchers.tell(Kind::Destroyed, entry(&number.to_string(), 100));
            watchers.tell(Kind::Replaced, entry(&number.to_string(), 100));
            if number % 10 == 9 {
                told += quick.drain(20).len();
            }
        }
        assert_eq!(told, 1000);
        assert_eq!(slow.drain(usize::MAX).len() as u64 + watchers.lost(), 2000);
    }

    #[test]
    fn one_larger_than_the_limit_is_lost() {
        let (watchers, templates) = watchers(50);
        let watch = watchers.watch(&templates, false);
        watchers.tell(Kind::Expired, entry("a", 1000));
        assert_eq!((watchers.bytes(), watchers.lost()), (0, 1));
        assert!(watch.drain(1).is_empty());
    }

    #[test]
    fn nothing_is_kept_for_nobody() {
        let (watchers, templates) = watchers(u64::MAX);
        watchers.tell(Kind::Expired, entry("a", 10));
        let watch = watchers.watch(&templates, false);
        assert!(watch.drain(1).is_empty());
        watchers.tell(Kind::Expired, entry("b", 10));
        watchers.tell(Kind::Replaced, entry("c", 10));
        watch.close();
        assert!(!watchers.want(Kind::Expired));
        assert_eq!(watchers.bytes(), 0);
        assert!(watch.drain(1).is_empty());
    }
}
