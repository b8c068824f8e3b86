//! The store: shards behind locks. Reading is here; `write`, `remove`, `eviction` and `sweep` add the other
//! operations.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::events::{Watch, Watchers};
use super::id_hash::IdHasher;
use super::limits::Limits;
use super::shard::{ClearedShard, Key};
use super::shard_guard::{Guarded, ShardGuard};
use super::slot::Slot;
use super::slot_hint::SlotHint;
use super::state::State;
use super::stats::{Counts, Stats};
use super::view::View;
use crate::codec::id::Id;
use crate::codec::template::Template;

/// A store with at most one of these bounds has one shard, so its eviction order is exact.
const EXACT: Limits = Limits { max_sessions: Some(16_384), max_bytes: Some(2 << 20) };
/// No time: nothing has expired for a caller who passes it.
pub const UNKNOWN: i64 = i64::MIN;
/// Enough shards that one of them, at ten million sessions, grows its table in less than 2 ms.
const SHARDS: usize = 256;

/// Has a cache line to itself: calls that use other shards do not take it from one another.
#[derive(Default)]
#[repr(align(64))]
struct Place(Mutex<Guarded>);

/// Sessions in memory. All methods may be called from any thread.
pub struct MemoryStore {
    shards: Box<[Place]>,
    hasher: IdHasher,
    pub(super) state: State,
    /// The shard where eviction looks first, if it has to look in other shards.
    pub(super) eviction_hand: AtomicUsize,
    /// The shard where the sweep continues.
    pub(super) sweep_hand: AtomicUsize,
    pub(super) cleared: Mutex<Vec<ClearedShard>>,
    /// The time that the last call passed, since the sweep has looked at it.
    shown: AtomicI64,
}

impl std::fmt::Debug for MemoryStore {
    /// Leaves out the sessions: ids are secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// An empty store. A bound of at most 16,384 sessions or 2 MiB gives it one shard and exact eviction order.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let is_small = |limit: Option<u64>, exact| limit.is_some() && limit <= exact;
        let is_exact =
            is_small(limits.max_sessions, EXACT.max_sessions) || is_small(limits.max_bytes, EXACT.max_bytes);
        let shards = if is_exact { 1 } else { SHARDS };
        Self::with(limits, shards, Watchers::new(limits.max_bytes))
    }

    /// A store of which no removal is lost.
    #[cfg(test)]
    pub(super) fn with_shards(limits: Limits, shards: usize) -> Self {
        Self::with(limits, shards, Watchers::with_limit(None))
    }

    fn with(limits: Limits, shards: usize, watchers: Watchers) -> Self {
        debug_assert!(shards.is_power_of_two());
        let state = State::new(limits, watchers);
        state.clock.now(); // it begins to run
        MemoryStore {
            shards: (0..shards).map(|_| Place::default()).collect(),
            hasher: IdHasher::new(),
            state,
            eviction_hand: AtomicUsize::new(0),
            sweep_hand: AtomicUsize::new(0),
            cleared: Mutex::default(),
            shown: AtomicI64::new(UNKNOWN),
        }
    }

    /// Shows a session to `f` under a lock: `f` must not call the store. `came_back` says that a client came
    /// back with the id, which raises the session's rank.
    pub fn read<R>(&self, id: &[u8], now: i64, came_back: bool, f: impl FnOnce(View<'_>) -> R) -> Option<R> {
        self.note_time(now);
        let (at, key) = self.key(id);
        let mut guard = self.lock(at);
        let slot = guard.live(&key, now);
        let counts = guard.counts();
        let Some(slot) = slot else {
            counts.misses += 1;
            return None;
        };
        counts.hits += 1;
        if came_back {
            guard.shard()?.came_back(slot, now);
        }
        self.show(&mut guard, at, slot, f)
    }

    /// Like [`Self::read`], but counts neither a hit nor a miss and raises no rank.
    pub fn peek<R>(&self, id: &[u8], now: i64, f: impl FnOnce(View<'_>) -> R) -> Option<R> {
        self.note_time(now);
        let (at, key) = self.key(id);
        let mut guard = self.lock(at);
        let slot = guard.live(&key, now)?;
        self.show(&mut guard, at, slot, f)
    }

    fn show<R>(
        &self,
        guard: &mut ShardGuard<'_>,
        at: usize,
        slot: u32,
        f: impl FnOnce(View<'_>) -> R,
    ) -> Option<R> {
        Some(f(View::of(guard.shard()?.entry(slot), SlotHint::new(at, slot), &self.state.templates)))
    }

    /// Number of sessions. An expired session counts until it is swept.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.state.totals.sessions.get()
    }

    /// Whether there are no sessions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the store holds and has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut counts = Counts::default();
        for at in 0..self.shards.len() {
            counts.add(*self.lock(at).counts());
        }
        self.state.stats(counts)
    }

    /// The bounds.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.state.limits
    }

    /// The ids of one shard's sessions. Shards are counted from 0; `None` is past the last shard. An id that
    /// stays in the store meanwhile is in exactly one of the answers.
    #[must_use]
    pub fn ids(&self, shard: u32, now: i64) -> Option<Vec<Box<[u8]>>> {
        self.note_time(now);
        let shard = usize::try_from(shard).ok().filter(|at| *at < self.shards.len())?;
        let mut guard = self.lock(shard);
        let Some(shard) = guard.shard() else { return Some(Vec::new()) };
        let is_live = |slot: &&Slot| slot.entry.deadline > now;
        let id = |slot: &Slot| slot.entry.fields().id.text();
        Some(shard.slots().iter().filter(is_live).map(id).collect())
    }

    /// Subscribes to the sessions that the store removes from now on. With `replaced`, overwritten sessions
    /// count too.
    #[must_use]
    pub fn watch(&self, replaced: bool) -> Watch {
        self.state.watchers.watch(&self.state.templates, replaced)
    }

    /// The number of a cookie template: a cookie's JSON, or its parts before and after the value of
    /// `expires`. `None` if it is too long or there are too many; then pass the cookie as text.
    #[must_use]
    pub fn intern(&self, prefix: &str, suffix: Option<&str>) -> Option<u16> {
        self.state.templates.intern(prefix, suffix)
    }

    /// A template by its number.
    #[must_use]
    pub fn template(&self, number: u16) -> Option<&Template> {
        self.state.templates.get(number)
    }

    /// The time that the last call passed; `None` if there was no call since this was last asked for.
    #[must_use]
    pub fn take_shown(&self) -> Option<i64> {
        Some(self.shown.swap(UNKNOWN, Ordering::Relaxed)).filter(|shown| *shown != UNKNOWN)
    }

    /// Each call notes the time that its caller sees. It writes only what changes: a write takes the cache line from
    /// all other threads.
    pub fn note_time(&self, now: i64) {
        if now != UNKNOWN && now != self.shown.load(Ordering::Relaxed) {
            self.shown.store(now, Ordering::Relaxed);
        }
    }

    /// The system's time.
    #[must_use]
    pub fn system_now(&self) -> i64 {
        self.state.clock.now()
    }

    /// The shard of an id, and its key in that shard.
    pub(super) fn key<'a>(&self, id: &'a [u8]) -> (usize, Key<'a>) {
        let id = Id::new(id);
        let whole_hash = self.hasher.hash(&id);
        // The shard comes from one half of the hash, the position in its table from the other.
        #[expect(clippy::cast_possible_truncation, reason = "it is split in two")]
        let (shard, hash) = ((whole_hash >> 32) as usize & (self.shards.len() - 1), whole_hash as u32);
        (shard, Key { id, hash, whole_hash })
    }

    pub(super) fn shard_count(&self) -> usize {
        self.shards.len()
    }

    pub(super) fn lock(&self, shard: usize) -> ShardGuard<'_> {
        let guard = self.shards[shard].0.lock().unwrap_or_else(PoisonError::into_inner);
        ShardGuard::new(&self.state, guard)
    }

    #[cfg(test)]
    pub(super) fn check_invariants(&self) {
        let mut sum = super::tally::Tally::default();
        for at in 0..self.shards.len() {
            let mut guard = self.lock(at);
            if let Some(shard) = guard.shard() {
                shard.check();
                for (sum, part) in sum.ranks.iter_mut().zip(shard.tally().ranks) {
                    sum.sessions += part.sessions;
                    sum.bytes += part.bytes;
                }
                sum.tombstones += shard.tally().tombstones;
            }
        }
        let totals = &self.state.totals;
        assert_eq!(totals.sessions.get(), sum.sessions());
        assert_eq!(totals.tombstones.get(), sum.tombstones);
        assert_eq!(totals.bytes.get(), sum.bytes());
        for (total, sum) in totals.ranks.iter().zip(sum.ranks) {
            assert_eq!((total.sessions.get(), total.bytes.get()), (sum.sessions, sum.bytes));
        }
    }
}
