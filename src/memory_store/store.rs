//! The store: shards behind locks, and what is common to them.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::events::{Kind, Watch, Watchers};
use super::id::Id;
use super::limits::{Bound, Bounds, Limits, TooLarge};
use super::record::{self, CookiePlace, Encoding, Expires, Parts};
use super::shard::{Key, Remains, Shard, Tally};
use super::slot::{Slot, Standing};
use super::split::{self, CookieForm, Split};
use super::stats::{Counters, Stats, Totals};
use super::sweep::Grave;
use super::template::{Template, Templates};
use super::view::View;

/// How long a destroyed id is remembered: longer than any request should take.
pub const TOMBSTONE_MS: u64 = 600_000;
/// A store that may hold no more than this has one shard, so that its eviction order is exact.
const EXACT: u64 = 16_384;
/// So many shards that one of them, at ten million sessions, grows its table in less than 2 ms.
const SHARDS: usize = 256;
/// Tombstones that any store may keep, and a shard of many.
const TOMBSTONES: u64 = 1024;
const TOMBSTONES_OF_SHARD: u64 = 16;

/// A cookie to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie<'a> {
    /// A template, and what goes into its hole (`None`: `null`).
    Template {
        /// From [`MemoryStore::intern`].
        number: u16,
        /// Milliseconds since the epoch.
        expires: Option<i64>,
    },
    /// The cookie's JSON.
    Text(&'a [u8]),
}

/// When a session is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// In any case.
    Any,
    /// By a request that had loaded it: unless it was destroyed since, or cleared, or another
    /// session has its id.
    Update {
        /// [`View::born`] of what was loaded.
        born: u32,
    },
}

/// What became of a session that was to be written. With the birth for [`Write::Update`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was no session of this id.
    Created(u32),
    /// There was one.
    Replaced(u32),
    /// It was not written: see [`Write::Update`].
    Dropped,
}

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
    /// Births so far. Slots keep the lower half.
    births: AtomicU64,
    /// The last birth whose destruction may have been forgotten: a tombstone dropped before its
    /// time, or everything at `clear`.
    forgotten: AtomicU64,
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
            births: AtomicU64::new(0),
            forgotten: AtomicU64::new(0),
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
        if found.is_some() {
            self.counters.hits.add()
        } else {
            self.counters.misses.add()
        }
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
        Some(f(View::of(shard.slot(slot), &self.templates)))
    }

    /// Stores a session's whole text, in any case. It is gone from `deadline` on.
    ///
    /// # Errors
    /// If it is larger than the store may be; then nothing has changed.
    pub fn write_text(
        &self,
        id: &[u8],
        text: &[u8],
        encoding: Encoding,
        deadline: u64,
        returned: bool,
        now: u64,
    ) -> Result<Written, TooLarge> {
        self.update_text(id, text, encoding, deadline, Write::Any, returned, now)
    }

    /// [`Self::write_text`], for a writer that may have loaded the session before.
    ///
    /// # Errors
    /// If it is larger than the store may be; then nothing has changed.
    #[expect(clippy::too_many_arguments, reason = "a struct would be filled in at its two calls")]
    pub fn update_text(
        &self,
        id: &[u8],
        text: &[u8],
        encoding: Encoding,
        deadline: u64,
        mode: Write,
        returned: bool,
        now: u64,
    ) -> Result<Written, TooLarge> {
        let whole = Parts::whole(encoding, text);
        let parts = match encoding {
            Encoding::Wide => whole,
            _ => match split::split(text, &self.templates) {
                Split::Cut { cookie, data } => Parts { encoding, cookie: Some(cookie), data: [b"{", data] },
                Split::Whole => whole,
            },
        };
        self.put(id, &parts, deadline, mode, returned, now)
    }

    /// Stores a session in two pieces: its cookie, and the JSON object of the rest (which is
    /// the whole text if it is [`Encoding::Wide`]). `returned` protects it from the start.
    ///
    /// # Errors
    /// If it is larger than the store may be; then nothing has changed.
    ///
    /// # Panics
    /// If the cookie has a template that [`Self::intern`] has not given out.
    #[expect(clippy::too_many_arguments, reason = "a struct would be filled in at its one call")]
    pub fn write(
        &self,
        id: &[u8],
        cookie: Cookie<'_>,
        data: &[u8],
        encoding: Encoding,
        deadline: u64,
        mode: Write,
        returned: bool,
        now: u64,
    ) -> Result<Written, TooLarge> {
        let cookie = match encoding {
            Encoding::Wide => None,
            _ => Some(self.cookie_form(cookie)),
        };
        self.put(id, &Parts { encoding, cookie, data: [b"", data] }, deadline, mode, returned, now)
    }

    fn put(
        &self,
        id: &[u8],
        parts: &Parts<'_>,
        deadline: u64,
        mode: Write,
        returned: bool,
        now: u64,
    ) -> Result<Written, TooLarge> {
        self.saw(now);
        let (at, key) = self.key(id);
        let form = parts.form(&key.id, deadline);
        if !self.bounds.fits(record::cost(parts.len(&key.id, form))) {
            return Err(TooLarge);
        }
        let mut held = self.hold(at);
        let found = held.shard().and_then(|shard| {
            let slot = shard.find(&key)?;
            Some((slot, shard.slot(slot).standing, shard.slot(slot).born, shard.slot(slot).deadline))
        });
        if let Write::Update { born } = mode {
            let dropped = match found {
                Some((_, Standing::Tombstone, _, _)) => true,
                Some((_, _, other, _)) => other != born,
                None => self.may_be_forgotten(born),
            };
            if dropped {
                return Ok(Written::Dropped);
            }
        }
        self.counters.sets.add();
        let born = match found {
            Some((slot, Standing::Probation | Standing::Protected, born, old)) if old > now => {
                let keep = self.watchers.want(Kind::Replaced);
                let shard = held.shard_or_new(now);
                let old = shard.replace(slot, &key.id, parts, deadline, keep);
                if returned {
                    shard.came_back(slot);
                }
                held.gone.extend(old.map(|old| (Some(Kind::Replaced), old)));
                self.make_room(held, Some(born));
                return Ok(Written::Replaced(born));
            }
            Some((slot, standing, _, _)) => {
                let old = held.shard_or_new(now).remove(slot);
                // The app may use a destroyed id again; what was loaded under it before still must
                // not come back, not even when the new session is gone.
                if standing == Standing::Tombstone {
                    self.forget(old.born);
                }
                let kind = (standing != Standing::Tombstone).then_some(Kind::Expired);
                held.gone.push((kind, old));
                self.birth()
            }
            None => self.birth(),
        };
        let standing = if returned { Standing::Protected } else { Standing::Probation };
        let record = parts.build(&key.id, form);
        let template = parts.template();
        held.shard_or_new(now).insert(&key, Remains { record, deadline, born, template, form, standing });
        self.make_room(held, Some(born));
        Ok(Written::Created(born))
    }

    /// Moves a session's deadline and, if one is given, changes its cookie. Returns whether there
    /// is such a session. The cookie of a text that could not be cut stays as it is.
    ///
    /// # Panics
    /// If the cookie has a template that [`Self::intern`] has not given out.
    pub fn touch(&self, id: &[u8], cookie: Option<Cookie<'_>>, deadline: u64, now: u64) -> bool {
        self.saw(now);
        let cookie = cookie.map(|cookie| self.cookie_form(cookie));
        let (at, key) = self.key(id);
        let mut held = self.hold(at);
        let Some(slot) = held.live(&key, now) else { return false };
        self.counters.touches.add();
        let shard = held.shard_or_new(now);
        let Slot { record, form, template, deadline: old, born, .. } = shard.slot(slot);
        let (form, born) = (*form, *born);
        let fields = record::read(record, form, *template, *old);
        let cookie = match (form.cookie(), cookie) {
            (CookiePlace::Whole, _) => None,
            (_, None) => fields.cookie,
            (_, cookie) => cookie,
        };
        let parts = Parts { encoding: form.encoding(), cookie, data: [b"", fields.data] };
        let new = parts.form(&key.id, deadline);
        let simple = new == form && new.cookie() != CookiePlace::Inline && new.expires() != Expires::Stored;
        let template = parts.template();
        if simple {
            shard.relabel(slot, new, template);
        } else if self.bounds.fits(record::cost(parts.len(&key.id, new))) {
            let record = parts.build(&key.id, new);
            let old = shard.swap_record(slot, record);
            shard.relabel(slot, new, template);
            shard.set_deadline(slot, deadline);
            // Neither replaced nor gone: only its memory has to go.
            held.gone.push((None, old));
            self.make_room(held, Some(born));
            return true;
        }
        shard.set_deadline(slot, deadline);
        true
    }

    /// Removes a session and returns whether there was one. Its id is remembered for
    /// [`TOMBSTONE_MS`], so that a request that had loaded it does not bring it back; also if there
    /// was none, because it may have been loaded before it expired.
    pub fn destroy(&self, id: &[u8], now: u64) -> bool {
        self.saw(now);
        let (at, key) = self.key(id);
        let mut held = self.hold(at);
        let until = now.saturating_add(TOMBSTONE_MS);
        let live = held.live(&key, now);
        if let Some(slot) = live {
            let remains = held.shard_or_new(now).entomb(slot, &key.id, until);
            held.gone.push((Some(Kind::Destroyed), remains));
        } else if held.shard_or_new(now).find(&key).is_none() {
            let (form, record) = record::tombstone(&key.id);
            // Whatever was loaded under this id was born before now.
            let born = low(self.births.load(Ordering::Acquire));
            let standing = Standing::Tombstone;
            let remains = Remains { record, deadline: until, born, template: 0, form, standing };
            held.shard_or_new(now).insert(&key, remains);
        }
        let least = if self.shards.len() == 1 { TOMBSTONES } else { TOMBSTONES_OF_SHARD };
        let shard = held.shard_or_new(now);
        let most = least.max(shard.tally().sessions() / 4);
        if shard.tally().of(Standing::Tombstone) > most {
            if let Some(slot) = shard.victim(Standing::Tombstone, None) {
                let oldest = shard.remove(slot);
                self.forget(oldest.born);
                held.gone.push((None, oldest));
            }
        }
        self.make_room(held, None);
        live.is_some()
    }

    /// Removes all sessions. Their memory is given back by [`Self::sweep`], step by step.
    pub fn clear(&self, now: u64) {
        self.saw(now);
        // First, so that no late save slips in behind the hand that empties the shards.
        self.forgotten.fetch_max(self.births.load(Ordering::Acquire), Ordering::AcqRel);
        for at in 0..self.shards.len() {
            let mut held = self.hold(at);
            let shard = held.take_shard();
            drop(held);
            if let Some(shard) = shard {
                self.graves
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Grave { shard, cleared: now });
            }
        }
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

    fn cookie_form<'a>(&self, cookie: Cookie<'a>) -> CookieForm<'a> {
        match cookie {
            Cookie::Text(text) => split::cookie_form(text, &self.templates),
            Cookie::Template { number, expires } => {
                let template = self.templates.get(number).expect("a template that was given out");
                // What does not fit the form toISOString has for four-digit years can't be filled in.
                let expires =
                    expires.filter(|ms| template.has_hole() && super::iso_date::format(*ms).is_some());
                CookieForm::Template(number, expires)
            }
        }
    }

    fn key<'a>(&self, id: &'a [u8]) -> (usize, Key<'a>) {
        let id = Id::new(id);
        let mut hasher = self.hasher.build_hasher();
        match &id {
            Id::Packed(bytes) => hasher.write(bytes),
            Id::Text(text) => hasher.write(text),
        }
        let hash = hasher.finish();
        // Shard and place in it come from different halves.
        let shard = usize::try_from(hash >> 32).unwrap_or_default() & (self.shards.len() - 1);
        (shard, Key { id, hash: low(hash) })
    }

    pub(super) fn shard_count(&self) -> usize {
        self.shards.len()
    }

    pub(super) fn hold(&self, at: usize) -> Held<'_> {
        let guard = self.shards[at].lock().unwrap_or_else(PoisonError::into_inner);
        let settled = guard.as_ref().map(|shard| shard.tally()).unwrap_or_default();
        Held { store: self, guard: Some(guard), settled, gone: Vec::new() }
    }

    fn birth(&self) -> u32 {
        low(self.births.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// The whole number of a birth of which the lower half is known. (Right for the last four
    /// billion births; one older than that is taken for younger, and is not forgotten.)
    fn whole_birth(&self, born: u32) -> u64 {
        let births = self.births.load(Ordering::Acquire);
        births.saturating_sub(u64::from(low(births).wrapping_sub(born)))
    }

    pub(super) fn forget(&self, born: u32) {
        self.forgotten.fetch_max(self.whole_birth(born), Ordering::AcqRel);
    }

    fn may_be_forgotten(&self, born: u32) -> bool {
        self.whole_birth(born) <= self.forgotten.load(Ordering::Acquire)
    }

    /// Counts a session that is gone, and tells the watchers.
    pub(super) fn bury(&self, kind: Kind, remains: Remains) {
        match kind {
            Kind::Expired => self.counters.expired.add(),
            Kind::Destroyed => self.counters.destroyed.add(),
            Kind::Evicted | Kind::Replaced => {}
        }
        if self.watchers.want(kind) {
            self.watchers.tell(kind, remains);
        }
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
        let mut sum = Tally::default();
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

/// A locked shard. Letting go of it brings the totals up to date, unlocks, and only then deals
/// with what was removed: the lock is never held while memory is freed or watchers are told.
pub(super) struct Held<'a> {
    store: &'a MemoryStore,
    /// Taken when it is let go.
    guard: Option<MutexGuard<'a, Option<Box<Shard>>>>,
    /// What the totals know of this shard.
    settled: Tally,
    /// What was removed, and as what; `None` if it only has to be freed.
    pub(super) gone: Vec<(Option<Kind>, Remains)>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.settle();
        self.guard = None;
        for (kind, remains) in self.gone.drain(..) {
            if let Some(kind) = kind {
                self.store.bury(kind, remains);
            }
        }
    }
}

impl Held<'_> {
    pub(super) fn shard(&mut self) -> Option<&mut Shard> {
        self.guard.as_mut()?.as_deref_mut()
    }

    pub(super) fn shard_or_new(&mut self, now: u64) -> &mut Shard {
        let guard = self.guard.as_mut().expect("held until dropped");
        guard.get_or_insert_with(|| Box::new(Shard::new(now)))
    }

    pub(super) fn take_shard(&mut self) -> Option<Box<Shard>> {
        self.guard.as_mut()?.take()
    }

    /// The session of a key, if there is one now. One that has expired is removed.
    fn live(&mut self, key: &Key<'_>, now: u64) -> Option<u32> {
        let shard = self.shard()?;
        let slot = shard.find(key)?;
        let at = shard.slot(slot);
        if at.standing == Standing::Tombstone {
            return None;
        }
        if at.deadline > now {
            return Some(slot);
        }
        let remains = shard.remove(slot);
        self.gone.push((Some(Kind::Expired), remains));
        None
    }

    /// Brings the totals up to date.
    pub(super) fn settle(&mut self) {
        let shard = self.guard.as_ref().and_then(|guard| guard.as_ref());
        let now = shard.map(|shard| shard.tally()).unwrap_or_default();
        let before = std::mem::replace(&mut self.settled, now);
        let totals = &self.store.totals;
        totals.sessions.change(before.sessions(), now.sessions());
        totals.probation.change(before.of(Standing::Probation), now.of(Standing::Probation));
        totals.tombstones.change(before.of(Standing::Tombstone), now.of(Standing::Tombstone));
        totals.bytes.change(before.bytes, now.bytes);
    }
}

fn low(number: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    {
        number as u32
    }
}
