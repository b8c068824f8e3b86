//! Tells watchers which sessions were removed. Without a watcher, nothing is recorded.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::slot::Entry;
use super::slot_hint::SlotHint;
use super::view::View;
use crate::codec::encoding::Encoding;
use crate::codec::template::Templates;

/// Why a session was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its deadline passed.
    Expired,
    /// The store was full.
    Evicted,
    /// It was destroyed, or the store was cleared.
    Destroyed,
    /// Another text was written under its id.
    Replaced,
}

/// A removed session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Why it was removed.
    pub kind: Kind,
    /// Its id.
    pub id: Box<[u8]>,
    /// Its whole text, as it was written.
    pub text: Vec<u8>,
    /// How the text is to be read.
    pub encoding: Encoding,
}

type Event = Arc<(Kind, Entry)>;

#[derive(Debug)]
struct Queue {
    /// Whether [`Kind::Replaced`] is wanted.
    replaced: bool,
    events: Mutex<VecDeque<Event>>,
}

/// The watchers of a store.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    queues: RwLock<Vec<Arc<Queue>>>,
    /// The number of watchers, and how many of them want replacements. Read far more often than written.
    count: AtomicUsize,
    replaced: AtomicUsize,
}

impl Watchers {
    pub(super) fn want(&self, kind: Kind) -> bool {
        let count = if kind == Kind::Replaced { &self.replaced } else { &self.count };
        count.load(Ordering::Acquire) > 0
    }

    /// Records that a session was removed.
    pub(super) fn tell(&self, kind: Kind, removed: Entry) {
        let event = Arc::new((kind, removed));
        for queue in self.queues.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if kind != Kind::Replaced || queue.replaced {
                queue.events.lock().unwrap_or_else(PoisonError::into_inner).push_back(Arc::clone(&event));
            }
        }
    }

    pub(super) fn watch(self: &Arc<Self>, templates: &Arc<Templates>, replaced: bool) -> Watch {
        let queue = Arc::new(Queue { replaced, events: Mutex::default() });
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        queues.push(Arc::clone(&queue));
        self.count(&queues);
        Watch { queue, watchers: Arc::clone(self), templates: Arc::clone(templates) }
    }

    fn count(&self, queues: &[Arc<Queue>]) {
        self.count.store(queues.len(), Ordering::Release);
        self.replaced.store(queues.iter().filter(|queue| queue.replaced).count(), Ordering::Release);
    }
}

/// A subscription to the sessions that a store removes. Dropping it ends it.
#[derive(Debug)]
pub struct Watch {
    queue: Arc<Queue>,
    watchers: Arc<Watchers>,
    templates: Arc<Templates>,
}

impl Watch {
    /// Takes up to `max` events, oldest first. Each event is returned once.
    #[must_use]
    pub fn drain(&self, max: usize) -> Vec<Removed> {
        let mut events = self.queue.events.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = max.min(events.len());
        let taken: Vec<Event> = events.drain(..taken).collect();
        if events.is_empty() {
            events.shrink_to(64);
        }
        drop(events);
        taken.iter().map(|event| self.removed(event)).collect()
    }

    fn removed(&self, event: &Event) -> Removed {
        let (kind, entry) = &**event;
        let mut text = Vec::new();
        let encoding = View::of(entry, SlotHint::NONE, &self.templates).write_text(&mut text);
        Removed { kind: *kind, id: entry.fields().id.text(), text, encoding }
    }

    /// Ends the subscription and drops its waiting events.
    pub fn close(&self) {
        let mut queues = self.watchers.queues.write().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|queue| !Arc::ptr_eq(queue, &self.queue));
        self.watchers.count(&queues);
        drop(queues);
        *self.queue.events.lock().unwrap_or_else(PoisonError::into_inner) = VecDeque::new();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.close();
    }
}
