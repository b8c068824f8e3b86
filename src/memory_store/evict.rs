//! Which session goes when there is no room. `docs/eviction.md` has the measurements.
//!
//! Tombstones go first if it is bytes that are short. Then those on probation, oldest first: no
//! client ever came back with them. Those that a client came back to go, by second chance, only
//! when the ones on probation are no more than a tenth: a new session needs a place to prove
//! itself in.

use super::events::Kind;
use super::held::Held;
use super::limits::{Bound, Limits};
use super::slot::Standing;
use super::store::MemoryStore;

/// The part of all sessions that remains on probation even if the others fill the store.
const PROBATION: u64 = 10;
/// What one call evicts at most. A bound that was lowered, or a session as large as thousands of
/// others, is caught up with by the calls that follow, and by the sweep.
const MOST: usize = 1024;
/// What a call takes from another shard before it goes on to the next, so that all give alike.
const FROM_OTHER: usize = 8;

impl MemoryStore {
    /// Changes the bounds. What is too much goes at once, or soon if it is a lot.
    pub fn set_limits(&self, limits: Limits, now: u64) {
        self.saw(now);
        self.bounds.set(limits);
        self.relieve(None, MOST);
    }

    /// Lets go of a shard that something was added to, and evicts until the bounds hold. `spare`
    /// is the birth of the session that must stay.
    pub(super) fn make_room(&self, mut held: Held<'_>, spare: Option<u32>) {
        held.settle();
        if self.exceeded().is_none() {
            return;
        }
        let evicted = self.evict(&mut held, spare, MOST, false);
        drop(held);
        self.relieve(spare, MOST - evicted);
    }

    /// Evicts from any shard until the bounds hold, at most `most`. Returns how many it evicted.
    pub(super) fn relieve(&self, spare: Option<u32>, most: usize) -> usize {
        let mut evicted = 0;
        // First those whose turn it is; if no shard has such a one, any.
        for any in [false, true] {
            loop {
                let before = evicted;
                for _ in 0..self.shard_count() {
                    if evicted == most || self.exceeded().is_none() {
                        return evicted;
                    }
                    let next = self.hand.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let mut held = self.hold(next % self.shard_count());
                    evicted += self.evict(&mut held, spare, FROM_OTHER.min(most - evicted), any);
                }
                if evicted == before {
                    break;
                }
            }
        }
        evicted
    }

    pub(super) fn exceeded(&self) -> Option<Bound> {
        self.bounds.exceeded(self.totals.sessions.get(), self.totals.bytes.get())
    }

    /// Evicts from this shard while a bound is exceeded and the shard has one whose turn it is.
    fn evict(&self, held: &mut Held<'_>, spare: Option<u32>, most: usize, any: bool) -> usize {
        for evicted in 0..most {
            let Some(bound) = self.exceeded() else { return evicted };
            let Some(shard) = held.shard() else { return evicted };
            let turn = self.turn(bound);
            let victim = shard.victim(turn, spare).or_else(|| {
                let all = [Standing::Probation, Standing::Protected];
                any.then(|| all.into_iter().find_map(|standing| shard.victim(standing, spare))).flatten()
            });
            let Some(slot) = victim else { return evicted };
            let remains = shard.remove(slot);
            if remains.standing == Standing::Tombstone {
                self.births.forget(remains.born);
                held.gone.push((None, remains));
            } else {
                self.count_eviction(bound, remains.standing);
                held.gone.push((Some(Kind::Evicted), remains));
            }
            held.settle();
        }
        most
    }

    fn turn(&self, bound: Bound) -> Standing {
        let sessions = self.totals.sessions.get();
        let probation = self.totals.probation.get();
        if bound == Bound::Bytes && self.totals.tombstones.get() > 0 {
            Standing::Tombstone
        } else if probation * PROBATION > sessions || probation >= sessions {
            Standing::Probation
        } else {
            Standing::Protected
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Encoding, TooLarge, Written};
    use super::*;

    const NOW: u64 = 1_763_754_720_000;

    fn store(max_sessions: u64) -> MemoryStore {
        MemoryStore::new(Limits { max_sessions: Some(max_sessions), max_bytes: None })
    }

    fn set(store: &MemoryStore, id: &str, returned: bool) {
        store.write_text(id.as_bytes(), b"{}", Encoding::Ascii, NOW + 1000, returned, NOW).unwrap();
        store.check_invariants();
    }

    fn has(store: &MemoryStore, id: &str) -> bool {
        store.peek(id.as_bytes(), NOW, |_| ()).is_some()
    }

    fn come_back(store: &MemoryStore, id: &str) {
        assert!(store.read(id.as_bytes(), NOW, true, |_| ()).is_some());
    }

    #[test]
    fn the_oldest_that_nobody_came_back_to_goes_first() {
        let store = store(3);
        for id in ["a", "b", "c"] {
            set(&store, id, false);
        }
        come_back(&store, "a");
        set(&store, "d", false);
        assert_eq!(["a", "b", "c", "d"].map(|id| has(&store, id)), [true, false, true, true]);
        set(&store, "e", false);
        assert_eq!(["a", "c", "d", "e"].map(|id| has(&store, id)), [true, false, true, true]);
        assert_eq!((store.len(), store.stats().evicted_for_sessions), (3, 2));
        assert_eq!(store.stats().evicted_returned, 0);
    }

    #[test]
    fn looking_around_does_not_protect() {
        let store = store(2);
        set(&store, "a", false);
        set(&store, "b", false);
        assert!(has(&store, "a"));
        set(&store, "c", false);
        assert!(!has(&store, "a"));
    }

    #[test]
    fn a_new_session_finds_a_place_among_the_returned() {
        let store = store(20);
        for user in 0..30 {
            set(&store, &format!("user {user}"), true);
        }
        assert_eq!((store.len(), store.stats().evicted_returned), (20, 10));
        // Two of twenty are a tenth: the third on probation costs another on probation its place.
        for (new, gone) in [("x", "user 10"), ("y", "user 11"), ("z", "x")] {
            set(&store, new, false);
            assert!(has(&store, new) && !has(&store, gone), "{new}, {gone}");
        }
    }

    #[test]
    fn among_the_returned_those_not_seen_for_long_go() {
        let store = store(10);
        for user in 0..10 {
            set(&store, &format!("user {user}"), true);
        }
        for user in [0, 1, 3] {
            come_back(&store, &format!("user {user}"));
        }
        set(&store, "new", true);
        assert!(!has(&store, "user 2"));
        set(&store, "newer", true);
        assert!(!has(&store, "user 4"));
        assert!(["user 0", "user 1", "user 3"].iter().all(|id| has(&store, id)));
    }

    #[test]
    fn a_store_of_one() {
        let store = store(1);
        set(&store, "a", true);
        set(&store, "b", false);
        assert!(has(&store, "b"));
        // 0 is 1.
        store.set_limits(Limits { max_sessions: Some(0), max_bytes: None }, NOW);
        set(&store, "c", false);
        assert_eq!((store.len(), has(&store, "c")), (1, true));
    }

    #[test]
    fn the_bound_on_bytes() {
        let store = MemoryStore::new(Limits { max_sessions: None, max_bytes: Some(10_000) });
        let write = |id: &str, len: usize| {
            let text = vec![b'x'; len];
            store.write_text(id.as_bytes(), &text, Encoding::Ascii, NOW + 1000, false, NOW)
        };
        for number in 0..200 {
            write(&number.to_string(), 100).unwrap();
            store.check_invariants();
            assert!(store.stats().bytes <= 10_000);
        }
        assert!(store.len() > 40);
        // Room for a large one, no room for one too large; the old one stays.
        assert!(matches!(write("large", 9000), Ok(Written::Created(_))));
        assert_eq!(store.len(), 5);
        assert_eq!(write("large", 10_000), Err(TooLarge));
        assert_eq!(store.peek(b"large", NOW, |view| view.data.len()), Some(9000));
        assert!(store.stats().bytes <= 10_000);
    }

    #[test]
    fn tombstones_make_room_and_their_sessions_stay_dead() {
        let store = MemoryStore::new(Limits { max_sessions: None, max_bytes: Some(2000) });
        let Ok(Written::Created(born)) =
            store.write_text(b"gone", b"{}", Encoding::Ascii, NOW + 1000, true, NOW)
        else {
            panic!("not created")
        };
        store.destroy(b"gone", NOW);
        assert_eq!(store.stats().tombstones, 1);
        for number in 0..30 {
            set(&store, &number.to_string(), false);
        }
        assert_eq!(store.stats().tombstones, 0);
        let mode = super::super::Write::Update { born };
        let late = store.update_text(b"gone", b"{}", Encoding::Ascii, NOW + 1000, mode, true, NOW);
        assert_eq!(late, Ok(Written::Dropped));
    }

    #[test]
    fn a_lowered_bound_is_caught_up_with_in_steps() {
        let store = MemoryStore::new(Limits::default());
        for number in 0..5000 {
            store
                .write_text(format!("{number}").as_bytes(), b"{}", Encoding::Ascii, NOW + 1000, false, NOW)
                .unwrap();
        }
        store.set_limits(Limits { max_sessions: Some(100), max_bytes: None }, NOW);
        assert_eq!(store.len(), 5000 - MOST as u64);
        while store.sweep(NOW, 500).more {}
        assert_eq!(store.len(), 100);
        store.check_invariants();
    }

    /// Issue 3's flood, with the clock at a twentieth: everyone who came back keeps the session.
    #[test]
    fn a_flood_logs_nobody_out() {
        let store = store(500);
        let mut users: Vec<String> = (0..50).map(|user| format!("user {user}")).collect();
        for user in &users {
            set(&store, user, true);
        }
        for number in 0..12_000 {
            let id = format!("flood {number}");
            store.write_text(id.as_bytes(), b"{}", Encoding::Ascii, NOW + 1000, false, NOW).unwrap();
            if number % 2400 == 100 {
                // A login: a page, the form 200 new sessions later, a new id.
                set(&store, "form", false);
            }
            if number % 2400 == 300 {
                come_back(&store, "form");
                assert!(store.destroy(b"form", NOW));
                users.push(format!("login {number}"));
                set(&store, &users[users.len() - 1], true);
            }
            if number % 6000 == 5999 {
                for user in &users {
                    come_back(&store, user);
                }
            }
        }
        assert_eq!((store.len(), store.stats().evicted_returned), (500, 0));
    }
}
