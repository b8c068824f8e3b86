//! The store: shards behind locks, and what is common to them.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::births::Births;
use super::events::{Kind, Watch, Watchers};
use super::held::Held;
use super::id::Id;
use super::limits::{Bound, Bounds, Limits};
use super::record;
use super::shard::{Key, Remains, Shard};
use super::slot::{Slot, Standing};
use super::split::{self, CookieForm};
use super::stats::{Counters, Stats, Totals};
use super::sweep::Grave;
use super::template::{Template, Templates};
use super::view::{Place, View};

/// A store that may hold no more than this has one shard, so that its eviction order is exact.
const EXACT: u64 = 16_384;
/// So many shards that one of them, at ten million sessions, grows its table in less than 2 ms.
const SHARDS: usize = 256;
/// Sessions in memory. All methods may be called from any thread.
pub struct MemoryStore {
    /// `None` until the first session, so that a store without sessions is small.
    shards: Box<[Mutex<Option<Box<Shard>>>]>,
    hasher: RandomState,
    pub(super) templates: Arc<Templates>,
    pub(super) watchers: Arc<Watchers>,
    pub(super) bounds: Bounds,
    pub(super) totals: Totals,
    pub(super) counters: Counters,
    pub(super) births: Births,
    /// The shard where eviction, if it must look around, begins; and where the sweep goes on.
    pub(super) hand: AtomicUsize,
    pub(super) sweep_hand: AtomicUsize,
    pub(super) graves: Mutex<Vec<Grave>>,
    last_now: AtomicU64,
}

impl std::fmt::Debug for MemoryStore {
    /// Without the sessions: ids are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// An empty store. The number of its shards follows from `limits` and stays: a store that
    /// begins with a bound of up to 16,384 sessions has one, and evicts in exact order.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let shards = if limits.max_sessions.is_some_and(|max| max <= EXACT) { 1 } else { SHARDS };
        Self::with_shards(limits, shards)
    }

    pub(super) fn with_shards(limits: Limits, shards: usize) -> Self {
        debug_assert!(shards.is_power_of_two());
        MemoryStore {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            templates: Arc::new(Templates::new()),
            watchers: Arc::default(),
            bounds: Bounds::new(limits),
            totals: Totals::default(),
            counters: Counters::default(),
            births: Births::default(),
            hand: AtomicUsize::new(0),
            sweep_hand: AtomicUsize::new(0),
            graves: Mutex::default(),
            last_now: AtomicU64::new(0),
        }
    }

    /// Shows a session to `f`, under a lock: `f` must not call the store. `returned` says that a
    /// client came back with the id, which protects the session from eviction.
    pub fn read<R>(&self, id: &[u8], now: u64, returned: bool, f: impl FnOnce(View<'_>) -> R) -> Option<R> {
        let found = self.look(id, now, returned, f);
        let counter = if found.is_some() { &self.counters.hits } else { &self.counters.misses };
        counter.add();
        found
    }

    /// Like [`Self::read`], for looking around: it counts as neither hit nor miss.
    pub fn peek<R>(&self, id: &[u8], now: u64, f: impl FnOnce(View<'_>) -> R) -> Option<R> {
        self.look(id, now, false, f)
    }

    fn look<R>(&self, id: &[u8], now: u64, returned: bool, f: impl FnOnce(View<'_>) -> R) -> Option<R> {
        self.saw(now);
        let (at, key) = self.key(id);
        let mut held = self.hold(at);
        let slot = held.live(&key, now)?;
        let shard = held.shard()?;
        if returned {
            shard.came_back(slot);
        }
        Some(f(View::of(shard.slot(slot), Place::new(at, slot), &self.templates)))
    }

    /// Number of sessions. One that has expired counts until it is swept, within a second.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.totals.sessions.get()
    }

    /// Whether there are no sessions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the store holds and what has happened in it.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            sessions: self.totals.sessions.get(),
            bytes: self.totals.bytes.get(),
            tombstones: self.totals.tombstones.get(),
            limits: self.bounds.get(),
            hits: self.counters.hits.get(),
            misses: self.counters.misses.get(),
            sets: self.counters.sets.get(),
            touches: self.counters.touches.get(),
            destroyed: self.counters.destroyed.get(),
            expired: self.counters.expired.get(),
            evicted_for_sessions: self.counters.evicted_for_sessions.get(),
            evicted_for_bytes: self.counters.evicted_for_bytes.get(),
            evicted_returned: self.counters.evicted_returned.get(),
        }
    }

    /// The bounds.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.bounds.get()
    }

    /// The ids of one shard's sessions. Begin with 0 and count up; `None` is behind the last
    /// shard. An id that stays meanwhile is in exactly one of the answers.
    #[must_use]
    pub fn ids(&self, shard: u32, now: u64) -> Option<Vec<Box<[u8]>>> {
        let shard = usize::try_from(shard).ok().filter(|at| *at < self.shards.len())?;
        let mut held = self.hold(shard);
        let Some(shard) = held.shard() else { return Some(Vec::new()) };
        let live = |slot: &&Slot| slot.standing != Standing::Tombstone && slot.deadline > now;
        let id = |slot: &Slot| record::read(&slot.record, slot.form, slot.template, slot.deadline).id.text();
        Some(shard.slots().iter().filter(live).map(id).collect())
    }

    /// Subscribes to the sessions that the store loses from now on; with `replaced` also to those
    /// whose text is written over.
    #[must_use]
    pub fn watch(&self, replaced: bool) -> Watch {
        self.watchers.watch(&self.templates, replaced)
    }

    /// The number of a cookie template: its JSON, or the parts of it before and after the value of
    /// `expires`. `None` if it is too long or there are too many; then give the cookie as text.
    #[must_use]
    pub fn intern(&self, prefix: &str, suffix: Option<&str>) -> Option<u16> {
        self.templates.intern(prefix, suffix)
    }

    /// The template and expiry of a cookie's JSON; `None` if it is not kept that way.
    #[must_use]
    pub fn intern_cookie(&self, cookie: &[u8]) -> Option<(u16, Option<i64>)> {
        match split::cookie_form(cookie, &self.templates) {
            CookieForm::Template(number, expires) => Some((number, expires)),
            CookieForm::Inline(_) => None,
        }
    }

    /// A template by its number.
    #[must_use]
    pub fn template(&self, number: u16) -> Option<&Template> {
        self.templates.get(number)
    }

    /// The time that the last call gave; `None` before the first.
    #[must_use]
    pub fn last_now(&self) -> Option<u64> {
        Some(self.last_now.load(Ordering::Relaxed)).filter(|now| *now > 0)
    }

    pub(super) fn saw(&self, now: u64) {
        self.last_now.store(now.max(1), Ordering::Relaxed);
    }

    pub(super) fn key<'a>(&self, id: &'a [u8]) -> (usize, Key<'a>) {
        let id = Id::new(id);
        let mut hasher = self.hasher.build_hasher();
        match &id {
            Id::Packed(bytes) => hasher.write(bytes),
            Id::Text(text) => hasher.write(text),
        }
        let hash = hasher.finish();
        // Shard and place in it come from different halves.
        #[expect(clippy::cast_possible_truncation, reason = "it is split in two")]
        let (shard, hash) = ((hash >> 32) as usize & (self.shards.len() - 1), hash as u32);
        (shard, Key { id, hash })
    }

    pub(super) fn shard_count(&self) -> usize {
        self.shards.len()
    }

    pub(super) fn hold(&self, at: usize) -> Held<'_> {
        let guard = self.shards[at].lock().unwrap_or_else(PoisonError::into_inner);
        Held::new(self, guard)
    }

    /// Counts a session that is gone, and tells the watchers. Without any, its record comes back.
    pub(super) fn bury(&self, kind: Kind, remains: Remains) -> Option<Box<[u8]>> {
        match kind {
            Kind::Expired => self.counters.expired.add(),
            Kind::Destroyed => self.counters.destroyed.add(),
            Kind::Evicted | Kind::Replaced => {}
        }
        if self.watchers.want(kind) {
            self.watchers.tell(kind, remains);
            return None;
        }
        Some(remains.record)
    }

    pub(super) fn count_eviction(&self, bound: Bound, standing: Standing) {
        match bound {
            Bound::Sessions => self.counters.evicted_for_sessions.add(),
            Bound::Bytes => self.counters.evicted_for_bytes.add(),
        }
        if standing == Standing::Protected {
            self.counters.evicted_returned.add();
        }
    }

    #[cfg(test)]
    pub(super) fn check_invariants(&self) {
        let mut sum = super::shard::Tally::default();
        for at in 0..self.shards.len() {
            let mut held = self.hold(at);
            if let Some(shard) = held.shard() {
                shard.check();
                for (sum, part) in sum.standing.iter_mut().zip(shard.tally().standing) {
                    *sum += part;
                }
                sum.bytes += shard.tally().bytes;
            }
        }
        assert_eq!(self.totals.sessions.get(), sum.sessions());
        assert_eq!(self.totals.probation.get(), sum.of(Standing::Probation));
        assert_eq!(self.totals.tombstones.get(), sum.of(Standing::Tombstone));
        assert_eq!(self.totals.bytes.get(), sum.bytes);
    }
}
