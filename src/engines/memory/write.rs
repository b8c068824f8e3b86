//! Writing and touching sessions.

use super::super::removal::Kind;
use super::limits::Refused;
use super::rank::Rank;
use super::record::{CookieIn, Expires, Parts};
use super::shard::Key;
use super::shard_guard::ShardGuard;
use super::slot::{Entry, cost};
use super::slot_hint::SlotHint;
use super::store::MemoryStore;
use crate::codec::encoding::Encoding;
use crate::codec::id::Id;
use crate::codec::iso_date;
use crate::codec::split::{self, CookieForm, Split};

/// A clock that is late by more than this many milliseconds counts as behind. It is large because a write may
/// wait before it is done.
const BEHIND: i64 = 60_000;

/// A cookie to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie<'a> {
    /// A template, and the value for its hole (`None`: `null`).
    Template {
        /// See [`MemoryStore::intern`].
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
    /// Always.
    Any,
    /// By a request that had loaded the session: unless the session was destroyed or cleared since.
    Update {
        /// The [`super::View::revision`] that the request had loaded.
        revision: u32,
    },
}

/// The result of a write, with the revision for the next [`Write::Update`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The id had no session before.
    Created(u32),
    /// The id had a session before.
    Replaced(u32),
    /// Nothing was written: see [`Write::Update`].
    Dropped,
}

/// The result of a touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// The id has no session.
    Absent,
    /// The session has the new deadline and cookie.
    Renewed,
    /// The session has the new deadline. Its text cannot be split, so the cookie in it is unchanged.
    Whole,
    /// There is no room for the session with the new cookie. Nothing changes.
    Refused(Refused),
}

impl MemoryStore {
    /// Stores a session's whole text, always. The session expires at `deadline`.
    ///
    /// # Errors
    /// If there is no room for the session. Nothing changes then.
    pub fn write_text(
        &self,
        id: &[u8],
        text: &[u8],
        encoding: Encoding,
        deadline: i64,
        rank: Rank,
        now: i64,
    ) -> Result<Written, Refused> {
        self.update_text(id, text, encoding, deadline, Write::Any, rank, now)
    }

    /// Like [`Self::write_text`], for a writer that may have loaded the session before.
    ///
    /// # Errors
    /// If there is no room for the session. Nothing changes then.
    #[expect(clippy::too_many_arguments, reason = "a struct would be filled in at its two calls")]
    pub fn update_text(
        &self,
        id: &[u8],
        text: &[u8],
        encoding: Encoding,
        deadline: i64,
        mode: Write,
        rank: Rank,
        now: i64,
    ) -> Result<Written, Refused> {
        let whole = Parts::whole(encoding, text);
        let parts = match encoding {
            Encoding::Wide => whole,
            _ => match split::split(text, &self.state.templates) {
                Split::Parts { cookie, data } => Parts { encoding, cookie: Some(cookie), data: [b"{", data] },
                Split::Whole => whole,
            },
        };
        self.put(id, &parts, deadline, mode, rank, now)
    }

    /// Stores a session in two parts: its cookie, and the JSON object of its data. [`Encoding::Wide`] data is
    /// the whole text. The session has at least this rank from now on.
    ///
    /// # Errors
    /// If there is no room for the session. Nothing changes then.
    ///
    /// # Panics
    /// If [`Self::intern`] has not returned the number of the cookie's template.
    #[expect(clippy::too_many_arguments, reason = "a struct would be filled in at its one call")]
    pub fn write(
        &self,
        id: &[u8],
        cookie: Cookie<'_>,
        data: &[u8],
        encoding: Encoding,
        deadline: i64,
        mode: Write,
        rank: Rank,
        now: i64,
    ) -> Result<Written, Refused> {
        self.put(id, &self.parts(cookie, data, encoding), deadline, mode, rank, now)
    }

    fn parts<'a>(&self, cookie: Cookie<'a>, data: &'a [u8], encoding: Encoding) -> Parts<'a> {
        let cookie = match encoding {
            Encoding::Wide => None,
            _ => Some(self.cookie_form(cookie)),
        };
        Parts { encoding, cookie, data: [b"", data] }
    }

    fn put(
        &self,
        id: &[u8],
        parts: &Parts<'_>,
        deadline: i64,
        mode: Write,
        rank: Rank,
        now: i64,
    ) -> Result<Written, Refused> {
        self.note_time(now);
        let (at, key) = self.key(id);
        let mut guard = self.lock(at);
        let slot = guard.unexpired(&key, now);
        if let Write::Update { revision } = mode
            && slot.and_then(|slot| Some(guard.shard()?.entry(slot).revision)) != Some(revision)
            && self.was_destroyed(&mut guard, &key, revision)
        {
            return Ok(Written::Dropped);
        }
        let old = slot.and_then(|slot| Some(guard.shard()?.entry(slot).deadline));
        let deadline = old.map_or(deadline, |old| self.later_deadline(old, deadline, now));
        let form = parts.form(&key.id, deadline);
        let bytes = cost(parts.len(&key.id, form));
        if let Some(slot) = slot {
            return self.replace_slot(guard, slot, &key.id, parts, bytes, deadline, rank);
        }
        self.check_room(bytes, 0, rank)?;
        let record = parts.build(&key.id, form)?;
        let shard = guard.shard_or_new(now);
        shard.try_reserve()?;
        let revision = self.state.revisions.next();
        let template = parts.template();
        shard.insert(&key, Entry { record, deadline, revision, template, form, rank });
        guard.counts().sets += 1;
        self.make_room(guard, Some(revision));
        Ok(Written::Created(revision))
    }

    /// The deadline that a write gives a session. A writer whose clock is behind ends none that is valid on the
    /// system's.
    fn later_deadline(&self, old: i64, new: i64, now: i64) -> i64 {
        if new >= old || new <= now || old == i64::MAX {
            return new;
        }
        let system = self.state.clock.now();
        if new <= system && old > system && now < system - BEHIND { old } else { new }
    }

    fn was_destroyed(&self, guard: &mut ShardGuard<'_>, key: &Key<'_>, revision: u32) -> bool {
        let revisions = &self.state.revisions;
        let whole = revisions.whole(revision);
        revisions.was_destroyed(revision)
            || guard.shard().is_some_and(|shard| shard.has_tombstone(key, whole))
    }

    /// Like [`Self::write`], for a session that was seen a moment ago: the hint saves the search. `None`: the
    /// session is no longer there, or its id is not one of this package. Nothing changes then.
    ///
    /// # Errors
    /// If there is no room for the session. Nothing changes then.
    ///
    /// # Panics
    /// If [`Self::intern`] has not returned the number of the cookie's template.
    #[expect(clippy::too_many_arguments, reason = "a struct would be filled in at its one call")]
    pub fn write_seen(
        &self,
        hint: SlotHint,
        revision: u32,
        cookie: Cookie<'_>,
        data: &[u8],
        encoding: Encoding,
        deadline: i64,
        rank: Rank,
        now: i64,
    ) -> Option<Result<Written, Refused>> {
        self.note_time(now);
        let (mut guard, slot) = self.lock_seen(hint, revision, now)?;
        let entry = guard.shard()?.entry(slot);
        let Id::Packed(id) = entry.fields().id else {
            return None;
        };
        let id = Id::Packed(id);
        let deadline = self.later_deadline(entry.deadline, deadline, now);
        let parts = self.parts(cookie, data, encoding);
        let bytes = cost(parts.len(&id, parts.form(&id, deadline)));
        Some(self.replace_slot(guard, slot, &id, &parts, bytes, deadline, rank))
    }

    /// Locks the shard of a session that was seen, if the session is still there. Returns its slot too.
    fn lock_seen(&self, hint: SlotHint, revision: u32, now: i64) -> Option<(ShardGuard<'_>, u32)> {
        let (at, slot) = hint.parts();
        if at >= self.shard_count() {
            return None;
        }
        let mut guard = self.lock(at);
        guard.shard()?.holds(slot, revision, now).then_some((guard, slot))
    }

    #[expect(clippy::too_many_arguments, reason = "a struct would be filled in at its two calls")]
    fn replace_slot(
        &self,
        mut guard: ShardGuard<'_>,
        slot: u32,
        id: &Id<'_>,
        parts: &Parts<'_>,
        bytes: u64,
        deadline: i64,
        rank: Rank,
    ) -> Result<Written, Refused> {
        let shard = guard.shard().expect("the slot is in it");
        let entry = shard.entry(slot);
        let revision = entry.revision;
        self.check_room(bytes, entry.cost(), rank.max(entry.rank))?;
        let keep = self.state.watchers.want(Kind::Replaced);
        let old = shard.replace(slot, id, parts, deadline, keep)?;
        shard.raise(slot, rank);
        guard.counts().sets += 1;
        guard.removed.extend(old.map(|old| (Some(Kind::Replaced), old)));
        self.make_room(guard, Some(revision));
        Ok(Written::Replaced(revision))
    }

    /// Moves a session's deadline and, if a cookie is given, replaces its cookie.
    ///
    /// # Panics
    /// If [`Self::intern`] has not returned the number of the cookie's template.
    pub fn touch(&self, id: &[u8], cookie: Option<Cookie<'_>>, deadline: i64, now: i64) -> Touched {
        self.note_time(now);
        let cookie = cookie.map(|cookie| self.cookie_form(cookie));
        let (at, key) = self.key(id);
        let mut guard = self.lock(at);
        match guard.live(&key, now) {
            Some(slot) => self.touch_slot(guard, slot, cookie, deadline, now),
            None => Touched::Absent,
        }
    }

    /// Like [`Self::touch`], for a session that was seen a moment ago: the hint saves the search.
    /// [`Touched::Absent`]: the session is no longer there, or its cookie cannot be replaced. Nothing changes
    /// then.
    ///
    /// # Panics
    /// If [`Self::intern`] has not returned the number of the cookie's template.
    pub fn touch_seen(
        &self,
        hint: SlotHint,
        revision: u32,
        cookie: Cookie<'_>,
        deadline: i64,
        now: i64,
    ) -> Touched {
        self.note_time(now);
        let cookie = self.cookie_form(cookie);
        let Some((mut guard, slot)) = self.lock_seen(hint, revision, now) else { return Touched::Absent };
        let is_whole = guard.shard().is_none_or(|shard| shard.entry(slot).form.cookie() == CookieIn::Whole);
        if is_whole { Touched::Absent } else { self.touch_slot(guard, slot, Some(cookie), deadline, now) }
    }

    fn touch_slot(
        &self,
        mut guard: ShardGuard<'_>,
        slot: u32,
        cookie: Option<CookieForm<'_>>,
        deadline: i64,
        now: i64,
    ) -> Touched {
        let shard = guard.shard_or_new(now);
        let entry = shard.entry(slot);
        let deadline = self.later_deadline(entry.deadline, deadline, now);
        let (form, revision) = (entry.form, entry.revision);
        let fields = entry.fields();
        let is_whole = form.cookie() == CookieIn::Whole && cookie.is_some();
        let cookie = match (form.cookie(), cookie) {
            (CookieIn::Whole, _) => None,
            (_, None) => fields.cookie,
            (_, cookie) => cookie,
        };
        let parts = Parts { encoding: form.encoding(), cookie, data: [b"", fields.data] };
        let new = parts.form(&fields.id, deadline);
        let keeps_record =
            new == form && new.cookie() != CookieIn::Inline && new.expires() != Expires::Stored;
        let template = parts.template();
        if keeps_record {
            shard.relabel(slot, new, template);
        } else {
            let bytes = cost(parts.len(&fields.id, new));
            let build = || Ok(parts.build(&fields.id, new)?);
            let record = match self.check_room(bytes, entry.cost(), entry.rank).and_then(|()| build()) {
                Ok(record) => record,
                Err(refused) => return Touched::Refused(refused),
            };
            let old = shard.swap_record(slot, record);
            shard.relabel(slot, new, template);
            shard.set_deadline(slot, deadline);
            guard.counts().touches += 1;
            // The session was neither replaced nor removed: its old record only has to be freed.
            guard.removed.push((None, old));
            self.make_room(guard, Some(revision));
            return Touched::Renewed;
        }
        shard.set_deadline(slot, deadline);
        guard.counts().touches += 1;
        if is_whole { Touched::Whole } else { Touched::Renewed }
    }

    fn cookie_form<'a>(&self, cookie: Cookie<'a>) -> CookieForm<'a> {
        match cookie {
            Cookie::Text(text) => split::cookie_form(text, &self.state.templates),
            Cookie::Template { number, expires } => {
                let template = self.state.templates.get(number).expect("the template exists");
                // A year of more than four digits does not fit into the hole.
                let expires = expires.filter(|ms| template.has_hole() && iso_date::RANGE.contains(ms));
                CookieForm::Template(number, expires)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;

    const NOW: i64 = 1_763_754_720_000;
    const COOKIE: Cookie<'static> = Cookie::Text(b"{}");

    fn write(store: &MemoryStore, id: &str, deadline: i64) {
        let encoding = Encoding::Ascii;
        store.write(id.as_bytes(), COOKIE, b"{}", encoding, deadline, Write::Any, Rank::New, NOW).unwrap();
    }

    fn seen(store: &MemoryStore, id: &str) -> (SlotHint, u32) {
        store.peek(id.as_bytes(), NOW, |view| (view.hint, view.revision)).unwrap()
    }

    fn deadline(store: &MemoryStore, id: &str, now: i64) -> Option<i64> {
        store.peek(id.as_bytes(), now, |view| view.deadline)
    }

    #[test]
    fn a_session_is_touched_by_its_hint() {
        let store = MemoryStore::new(Limits::default());
        write(&store, "a", NOW + 10);
        let (hint, revision) = seen(&store, "a");
        assert_eq!(SlotHint::from_number(hint.number()), hint);
        assert_eq!(store.touch_seen(hint, revision, COOKIE, NOW + 500, NOW), Touched::Renewed);
        assert_eq!(deadline(&store, "a", NOW), Some(NOW + 500));
        assert_eq!(store.stats().touches, 1);
    }

    #[test]
    fn a_session_is_written_by_its_hint() {
        let id = "AAAABBBBCCCCDDDDabcdefgh0123-_xy";
        let store = MemoryStore::new(Limits { max_sessions: Some(10), max_bytes: Some(1000) });
        write(&store, id, NOW + 10);
        write(&store, "of another kind", NOW + 10);
        let rewrite = |(hint, revision): (SlotHint, u32), data: &str, now| {
            store.write_seen(
                hint,
                revision,
                COOKIE,
                data.as_bytes(),
                Encoding::Ascii,
                NOW + 500,
                Rank::Returned,
                now,
            )
        };
        let (hint, revision) = seen(&store, id);

        assert_eq!(rewrite((hint, revision), r#"{"a":1}"#, NOW), Some(Ok(Written::Replaced(revision))));
        let stored = store.peek(id.as_bytes(), NOW, |view| (view.data.to_vec(), view.deadline, view.hint));
        assert_eq!(stored, Some((br#"{"a":1}"#.to_vec(), NOW + 500, hint)));
        assert_eq!(rewrite((hint, revision), &"x".repeat(1000), NOW), Some(Err(Refused::TooLarge)));
        assert_eq!(rewrite((hint, revision + 1), "{}", NOW), None, "another revision");
        assert_eq!(rewrite((hint, revision), "{}", NOW + 500), None, "it has expired");
        assert_eq!(rewrite(seen(&store, "of another kind"), "{}", NOW), None, "its id is not packed");
        assert_eq!(store.stats().sets, 3);
    }

    #[test]
    fn an_outdated_hint_touches_nothing() {
        // The store has one shard, whose slots are numbered in the order of insertion.
        let store = MemoryStore::new(Limits { max_sessions: Some(10), max_bytes: None });
        for (id, deadline) in [("a", NOW + 10), ("b", NOW + 900), ("c", NOW + 900)] {
            write(&store, id, deadline);
        }
        let [a, c] = ["a", "c"].map(|id| seen(&store, id));
        let touch = |(hint, revision): (SlotHint, u32), now| {
            store.touch_seen(hint, revision, COOKIE, NOW + 5000, now) != Touched::Absent
        };

        assert!(!touch(a, NOW + 10), "it has expired");
        assert_eq!(deadline(&store, "a", NOW + 10), None);
        // Reading has removed it, and the last session has taken its slot.
        assert!(!touch(a, NOW), "another session has the slot");
        assert!(!touch(c, NOW), "the slot no longer exists");
        assert!(!touch((c.0, a.1), NOW));
        assert!(!touch((SlotHint::from_number(-1.0), c.1), NOW));
        assert!(!touch((SlotHint::from_number(f64::MAX), c.1), NOW));
        assert_eq!(["b", "c"].map(|id| deadline(&store, id, NOW)), [Some(NOW + 900); 2]);

        let b = seen(&store, "b");
        store.destroy(b"b", NOW);
        assert!(!touch(b, NOW), "it was destroyed");
        store.write_text(b"c", b"not cut", Encoding::Ascii, NOW + 900, Rank::New, NOW).unwrap();
        assert!(!touch(seen(&store, "c"), NOW), "its text was not split");
        assert_eq!(deadline(&store, "c", NOW), Some(NOW + 900));
        assert_eq!(store.stats().touches, 0);
    }
}
