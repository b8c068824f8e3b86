//! Writing and touching.

use super::events::Kind;
use super::held::Held;
use super::id::Id;
use super::iso_date;
use super::limits::TooLarge;
use super::record::{self, CookiePlace, Encoding, Expires, Parts};
use super::shard::Remains;
use super::slot::{Slot, Standing};
use super::split::{self, CookieForm, Split};
use super::store::MemoryStore;
use super::view::Place;

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

/// What became of a session that was to be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// There is no session of this id.
    Absent,
    /// Its deadline is new, and its cookie.
    Renewed,
    /// Its deadline is new. Its text could not be cut, so the cookie in it is as it was.
    Whole,
}

impl MemoryStore {
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
        self.put(id, &self.parts(cookie, data, encoding), deadline, mode, returned, now)
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
                None => self.births.may_be_forgotten(born),
            };
            if dropped {
                return Ok(Written::Dropped);
            }
        }
        let born = match found {
            Some((slot, Standing::Probation | Standing::Protected, _, old)) if old > now => {
                return Ok(self.replace_slot(held, slot, &key.id, parts, deadline, returned));
            }
            Some((slot, standing, _, _)) => {
                let old = held.shard_or_new(now).remove(slot);
                // The app may use a destroyed id again; what was loaded under it before still must
                // not come back, not even when the new session is gone.
                if standing == Standing::Tombstone {
                    self.births.forget(old.born);
                }
                let kind = (standing != Standing::Tombstone).then_some(Kind::Expired);
                held.gone.push((kind, old));
                self.births.next()
            }
            None => self.births.next(),
        };
        self.counters.sets.add();
        let standing = if returned { Standing::Protected } else { Standing::Probation };
        let record = parts.build(&key.id, form);
        let template = parts.template();
        held.shard_or_new(now).insert(&key, Remains { record, deadline, born, template, form, standing });
        self.make_room(held, Some(born));
        Ok(Written::Created(born))
    }

    /// [`Self::write`] for a session that was seen a moment ago, without looking for it. `None` when it is not
    /// there any more, or not by an id of this package: then nothing has changed.
    ///
    /// # Errors
    /// If it is larger than the store may be; then nothing has changed.
    ///
    /// # Panics
    /// If the cookie has a template that [`Self::intern`] has not given out.
    #[expect(clippy::too_many_arguments, reason = "a struct would be filled in at its one call")]
    pub fn rewrite(
        &self,
        seen: Place,
        born: u32,
        cookie: Cookie<'_>,
        data: &[u8],
        encoding: Encoding,
        deadline: u64,
        returned: bool,
        now: u64,
    ) -> Option<Result<Written, TooLarge>> {
        self.saw(now);
        let (mut held, slot) = self.seen(seen, born, now)?;
        let at = held.shard()?.slot(slot);
        let Id::Packed(id) = record::read(&at.record, at.form, at.template, at.deadline).id else {
            return None;
        };
        let id = Id::Packed(id);
        let parts = self.parts(cookie, data, encoding);
        if !self.bounds.fits(record::cost(parts.len(&id, parts.form(&id, deadline)))) {
            return Some(Err(TooLarge));
        }
        Some(Ok(self.replace_slot(held, slot, &id, &parts, deadline, returned)))
    }

    /// The shard and the slot of a session that was seen, if it is still there.
    fn seen(&self, seen: Place, born: u32, now: u64) -> Option<(Held<'_>, u32)> {
        let (at, slot) = seen.parts();
        if at >= self.shard_count() {
            return None;
        }
        let mut held = self.hold(at);
        held.shard()?.holds(slot, born, now).then_some((held, slot))
    }

    fn replace_slot(
        &self,
        mut held: Held<'_>,
        slot: u32,
        id: &Id<'_>,
        parts: &Parts<'_>,
        deadline: u64,
        returned: bool,
    ) -> Written {
        self.counters.sets.add();
        let keep = self.watchers.want(Kind::Replaced);
        let shard = held.shard().expect("the slot is in it");
        let born = shard.slot(slot).born;
        let old = shard.replace(slot, id, parts, deadline, keep);
        if returned {
            shard.came_back(slot);
        }
        held.gone.extend(old.map(|old| (Some(Kind::Replaced), old)));
        self.make_room(held, Some(born));
        Written::Replaced(born)
    }

    /// Moves a session's deadline and, if one is given, changes its cookie. Returns whether there
    /// is such a session, and whether its cookie could be changed.
    ///
    /// # Panics
    /// If the cookie has a template that [`Self::intern`] has not given out.
    pub fn touch(&self, id: &[u8], cookie: Option<Cookie<'_>>, deadline: u64, now: u64) -> Touched {
        self.saw(now);
        let cookie = cookie.map(|cookie| self.cookie_form(cookie));
        let (at, key) = self.key(id);
        let mut held = self.hold(at);
        match held.live(&key, now) {
            Some(slot) => self.touch_slot(held, slot, cookie, deadline, now),
            None => Touched::Absent,
        }
    }

    /// [`Self::touch`] for a session that was seen a moment ago, without looking for it. False when it is
    /// not there any more, or its cookie cannot be changed: then nothing has changed.
    ///
    /// # Panics
    /// If the cookie has a template that [`Self::intern`] has not given out.
    pub fn renew(&self, seen: Place, born: u32, cookie: Cookie<'_>, deadline: u64, now: u64) -> bool {
        self.saw(now);
        let cookie = self.cookie_form(cookie);
        let Some((mut held, slot)) = self.seen(seen, born, now) else { return false };
        let whole = held.shard().is_none_or(|shard| shard.slot(slot).form.cookie() == CookiePlace::Whole);
        !whole && self.touch_slot(held, slot, Some(cookie), deadline, now) == Touched::Renewed
    }

    fn touch_slot(
        &self,
        mut held: Held<'_>,
        slot: u32,
        cookie: Option<CookieForm<'_>>,
        deadline: u64,
        now: u64,
    ) -> Touched {
        self.counters.touches.add();
        let shard = held.shard_or_new(now);
        let Slot { record, form, template, deadline: old, born, .. } = shard.slot(slot);
        let (form, born) = (*form, *born);
        let fields = record::read(record, form, *template, *old);
        let whole = form.cookie() == CookiePlace::Whole && cookie.is_some();
        let cookie = match (form.cookie(), cookie) {
            (CookiePlace::Whole, _) => None,
            (_, None) => fields.cookie,
            (_, cookie) => cookie,
        };
        let parts = Parts { encoding: form.encoding(), cookie, data: [b"", fields.data] };
        let new = parts.form(&fields.id, deadline);
        let simple = new == form && new.cookie() != CookiePlace::Inline && new.expires() != Expires::Stored;
        let template = parts.template();
        if simple {
            shard.relabel(slot, new, template);
        } else if self.bounds.fits(record::cost(parts.len(&fields.id, new))) {
            let record = parts.build(&fields.id, new);
            let old = shard.swap_record(slot, record);
            shard.relabel(slot, new, template);
            shard.set_deadline(slot, deadline);
            // Neither replaced nor gone: only its memory has to go.
            held.gone.push((None, old));
            self.make_room(held, Some(born));
            return Touched::Renewed;
        }
        shard.set_deadline(slot, deadline);
        if whole { Touched::Whole } else { Touched::Renewed }
    }

    fn cookie_form<'a>(&self, cookie: Cookie<'a>) -> CookieForm<'a> {
        match cookie {
            Cookie::Text(text) => split::cookie_form(text, &self.templates),
            Cookie::Template { number, expires } => {
                let template = self.templates.get(number).expect("a template that was given out");
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

    const NOW: u64 = 1_763_754_720_000;
    const COOKIE: Cookie<'static> = Cookie::Text(b"{}");

    fn write(store: &MemoryStore, id: &str, deadline: u64) {
        let encoding = Encoding::Ascii;
        store.write(id.as_bytes(), COOKIE, b"{}", encoding, deadline, Write::Any, false, NOW).unwrap();
    }

    fn seen(store: &MemoryStore, id: &str) -> (Place, u32) {
        store.peek(id.as_bytes(), NOW, |view| (view.place, view.born)).unwrap()
    }

    fn deadline(store: &MemoryStore, id: &str, now: u64) -> Option<u64> {
        store.peek(id.as_bytes(), now, |view| view.deadline)
    }

    #[test]
    fn a_session_is_renewed_where_it_was_seen() {
        let store = MemoryStore::new(Limits::default());
        write(&store, "a", NOW + 10);
        let (place, born) = seen(&store, "a");
        assert_eq!(Place::numbered(place.number()), place);
        assert!(store.renew(place, born, COOKIE, NOW + 500, NOW));
        assert_eq!(deadline(&store, "a", NOW), Some(NOW + 500));
        assert_eq!(store.stats().touches, 1);
    }

    #[test]
    fn a_session_is_rewritten_where_it_was_seen() {
        let id = "AAAABBBBCCCCDDDDabcdefgh0123-_xy";
        let store = MemoryStore::new(Limits { max_sessions: Some(10), max_bytes: Some(1000) });
        write(&store, id, NOW + 10);
        write(&store, "of another kind", NOW + 10);
        let rewrite = |(place, born): (Place, u32), data: &str, now| {
            store.rewrite(place, born, COOKIE, data.as_bytes(), Encoding::Ascii, NOW + 500, true, now)
        };
        let (place, born) = seen(&store, id);

        assert_eq!(rewrite((place, born), r#"{"a":1}"#, NOW), Some(Ok(Written::Replaced(born))));
        let stored = store.peek(id.as_bytes(), NOW, |view| (view.data.to_vec(), view.deadline, view.place));
        assert_eq!(stored, Some((br#"{"a":1}"#.to_vec(), NOW + 500, place)));
        assert_eq!(rewrite((place, born), &"x".repeat(1000), NOW), Some(Err(TooLarge)));
        assert_eq!(rewrite((place, born + 1), "{}", NOW), None, "another life");
        assert_eq!(rewrite((place, born), "{}", NOW + 500), None, "it has expired");
        assert_eq!(rewrite(seen(&store, "of another kind"), "{}", NOW), None, "its id is in its record");
        assert_eq!(store.stats().sets, 3);
    }

    #[test]
    fn what_is_not_where_it_was_seen_is_not_renewed() {
        // One shard: its slots are numbered in the order of arrival.
        let store = MemoryStore::new(Limits { max_sessions: Some(10), max_bytes: None });
        for (id, deadline) in [("a", NOW + 10), ("b", NOW + 900), ("c", NOW + 900)] {
            write(&store, id, deadline);
        }
        let [a, c] = ["a", "c"].map(|id| seen(&store, id));
        let renew = |(place, born): (Place, u32), now| store.renew(place, born, COOKIE, NOW + 5000, now);

        assert!(!renew(a, NOW + 10), "it has expired");
        assert_eq!(deadline(&store, "a", NOW + 10), None);
        // That has removed it, and the last has taken its place.
        assert!(!renew(a, NOW), "another session is there");
        assert!(!renew(c, NOW), "there is no such place any more");
        assert!(!renew((c.0, a.1), NOW));
        assert!(!renew((Place::numbered(-1.0), c.1), NOW));
        assert!(!renew((Place::numbered(f64::MAX), c.1), NOW));
        assert_eq!(["b", "c"].map(|id| deadline(&store, id, NOW)), [Some(NOW + 900); 2]);

        let b = seen(&store, "b");
        store.destroy(b"b", NOW);
        assert!(!renew(b, NOW), "it was destroyed");
        store.write_text(b"c", b"not cut", Encoding::Ascii, NOW + 900, false, NOW).unwrap();
        assert!(!renew(seen(&store, "c"), NOW), "its cookie is in the middle of a text");
        assert_eq!(deadline(&store, "c", NOW), Some(NOW + 900));
        assert_eq!(store.stats().touches, 0);
    }
}
