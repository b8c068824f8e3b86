//! Which session is evicted when the store is full. `docs/eviction.md` has the measurements.
//!
//! If bytes are short, tombstones go first. Sessions on probation follow, oldest first: no client has come
//! back with them. Protected sessions go, by second chance, only when at most a tenth of all sessions is on
//! probation: a new session needs the time to prove itself.

use std::sync::atomic::Ordering;

use super::events::Kind;
use super::limits::Bound;
use super::shard_guard::ShardGuard;
use super::slot::Standing;
use super::store::MemoryStore;

/// One in so many sessions stays on probation, even if protected sessions fill the store.
const PROBATION: u64 = 10;
/// Maximum number of sessions that one call evicts. A session may be as large as thousands of others: later
/// calls and the sweep do the rest.
const MAX_EVICTED: usize = 1024;
/// Maximum number of sessions that a call takes from another shard before the next: all shards give alike.
const MAX_FROM_OTHER: usize = 8;

impl MemoryStore {
    /// Unlocks a shard that something was added to, and evicts until the bounds hold. `spare` is the revision
    /// of the session that must stay.
    pub(super) fn make_room(&self, mut guard: ShardGuard<'_>, spare: Option<u32>) {
        guard.settle();
        if self.state.exceeded().is_none() {
            return;
        }
        let evicted = self.evict(&mut guard, spare, MAX_EVICTED, false);
        drop(guard);
        self.relieve(spare, MAX_EVICTED - evicted);
    }

    /// Evicts up to `max` sessions from any shard until the bounds hold. Returns how many it evicted.
    pub(super) fn relieve(&self, spare: Option<u32>, max: usize) -> usize {
        let mut evicted = 0;
        // First sessions of the standing whose turn it is. If no shard has one, any session.
        for any in [false, true] {
            loop {
                let before = evicted;
                for _ in 0..self.shard_count() {
                    if evicted == max || self.state.exceeded().is_none() {
                        return evicted;
                    }
                    let next = self.eviction_hand.fetch_add(1, Ordering::Relaxed);
                    let mut guard = self.lock(next % self.shard_count());
                    evicted += self.evict(&mut guard, spare, MAX_FROM_OTHER.min(max - evicted), any);
                }
                if evicted == before {
                    break;
                }
            }
        }
        evicted
    }

    /// Evicts from this shard while a bound is exceeded and the shard has a session whose turn it is.
    fn evict(&self, guard: &mut ShardGuard<'_>, spare: Option<u32>, max: usize, any: bool) -> usize {
        for evicted in 0..max {
            let Some(bound) = self.state.exceeded() else { return evicted };
            let Some(shard) = guard.shard() else { return evicted };
            let turn = self.turn(bound);
            let victim = shard.victim(turn, spare).or_else(|| {
                let all = [Standing::Probation, Standing::Protected];
                any.then(|| all.into_iter().find_map(|standing| shard.victim(standing, spare))).flatten()
            });
            let Some(slot) = victim else { return evicted };
            let removed = shard.remove(slot);
            if removed.standing == Standing::Tombstone {
                self.state.revisions.forget(removed.revision);
                guard.removed.push((None, removed));
            } else {
                self.state.count_eviction(bound);
                guard.removed.push((Some(Kind::Evicted), removed));
            }
            guard.settle();
        }
        max
    }

    /// The standing whose turn it is.
    fn turn(&self, bound: Bound) -> Standing {
        let totals = &self.state.totals;
        let (sessions, probation) = (totals.sessions.get(), totals.probation.get());
        if bound == Bound::Bytes && totals.tombstones.get() > 0 {
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
    use super::super::{Limits, TooLarge, Write, Written};
    use super::*;
    use crate::codec::encoding::Encoding;

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
    fn the_oldest_session_on_probation_goes_first() {
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
    }

    #[test]
    fn peeking_does_not_protect() {
        let store = store(2);
        set(&store, "a", false);
        set(&store, "b", false);
        assert!(has(&store, "a"));
        set(&store, "c", false);
        assert!(!has(&store, "a"));
    }

    #[test]
    fn a_new_session_displaces_a_protected_one() {
        let store = store(20);
        for user in 0..30 {
            set(&store, &format!("user {user}"), true);
        }
        // All of them are protected.
        assert_eq!((store.len(), store.stats().evicted_for_sessions), (20, 10));
        // Two of twenty are a tenth: the third session on probation displaces the first.
        for (new, gone) in [("x", "user 10"), ("y", "user 11"), ("z", "x")] {
            set(&store, new, false);
            assert!(has(&store, new) && !has(&store, gone), "{new}, {gone}");
        }
    }

    #[test]
    fn of_the_protected_the_least_recently_used_go() {
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
    }

    #[test]
    fn a_bound_of_no_sessions_allows_one() {
        let store = store(0);
        assert_eq!(store.limits().max_sessions, Some(1));
        set(&store, "a", true);
        set(&store, "b", false);
        assert_eq!((store.len(), has(&store, "b")), (1, true));
    }

    #[test]
    fn bytes_are_bounded() {
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
        // A large session displaces others. One that is too large changes nothing.
        assert!(matches!(write("large", 9000), Ok(Written::Created(_))));
        assert_eq!(store.len(), 5);
        assert_eq!(write("large", 10_000), Err(TooLarge));
        assert_eq!(store.peek(b"large", NOW, |view| view.data.len()), Some(9000));
        assert!(store.stats().bytes <= 10_000);
    }

    #[test]
    fn a_late_save_is_dropped_after_its_tombstone_was_evicted() {
        let store = MemoryStore::new(Limits { max_sessions: None, max_bytes: Some(2000) });
        let Ok(Written::Created(revision)) =
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
        let mode = Write::Update { revision };
        let late = store.update_text(b"gone", b"{}", Encoding::Ascii, NOW + 1000, mode, true, NOW);
        assert_eq!(late, Ok(Written::Dropped));
    }

    #[test]
    fn a_large_session_makes_room_in_steps() {
        let max = 500_000;
        // One shard, which evicts in exact order: the large session is the newest.
        let store = MemoryStore::new(Limits { max_sessions: Some(10_000), max_bytes: Some(max) });
        let write = |id: &str, text: &[u8]| {
            store.write_text(id.as_bytes(), text, Encoding::Ascii, NOW + 1000, false, NOW).unwrap();
        };
        for number in 0..5000 {
            write(&number.to_string(), b"{}");
        }
        let (small, evicted) = (store.len(), store.stats().evicted_for_bytes);
        assert!(small > 4 * MAX_EVICTED as u64);
        write("large", &vec![b'x'; 490_000]);
        assert_eq!(store.stats().evicted_for_bytes - evicted, MAX_EVICTED as u64);
        assert!(store.stats().bytes > max);
        while store.sweep(NOW, 500).more {}
        assert!(store.stats().bytes <= max);
        assert!(has(&store, "large") && store.len() > 1);
        store.check_invariants();
    }

    /// Everyone who came back keeps their session.
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
                // A login: the page, 200 new sessions later the form, then a new id.
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
        assert_eq!(store.len(), 500);
        assert!(users.iter().all(|user| has(&store, user)));
    }
}
