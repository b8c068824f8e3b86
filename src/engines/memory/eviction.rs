//! Which session is evicted when the store is full. `docs/eviction.md` has the measurements.
//!
//! If bytes are short, tombstones go first. Of the sessions, those of the lowest rank go first. But even if
//! sessions of a higher rank fill the store, all lower ranks together keep a share of the bound: a new
//! session needs the time to prove itself. Within the lowest rank the oldest goes, in the others one that was
//! not seen for long (second chance).

use std::sync::atomic::Ordering;

use super::super::removal::Kind;
use super::limits::{Bound, Refused};
use super::rank::Rank;
use super::shard_guard::ShardGuard;
use super::store::MemoryStore;

/// All lower ranks together keep 1/`SHARE` of a bound.
const SHARE: u64 = 10;
/// Maximum number of sessions that one call evicts. A session may be as large as thousands of others: later
/// calls and the sweep do the rest.
const MAX_EVICTED: usize = 1024;
/// Maximum number of sessions that a call takes from another shard before the next: all shards give alike.
const MAX_FROM_OTHER: usize = 8;

/// What goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Tombstone,
    Rank(Rank),
}

impl MemoryStore {
    /// Whether a session of this rank may have `cost` bytes, instead of `old` bytes. It may not where sessions
    /// of higher rank would have to go for it.
    pub(super) fn check_room(&self, cost: u64, old: u64, rank: Rank) -> Result<(), Refused> {
        let Some(max) = self.state.max_bytes() else { return Ok(()) };
        if cost > max {
            return Err(Refused::TooLarge);
        }
        if cost <= max / SHARE || cost <= old {
            return Ok(());
        }
        let higher = &self.state.totals.ranks[rank.index() + 1..];
        if higher.iter().any(|total| total.sessions.get() > 0) { Err(Refused::Outranked) } else { Ok(()) }
    }

    /// Unlocks a shard that something was added to, and evicts until the bounds hold. `spare` is the revision
    /// of the session that must stay.
    pub(super) fn make_room(&self, mut guard: ShardGuard<'_>, spare: Option<u32>) {
        guard.settle();
        if self.state.exceeded().is_none() {
            return;
        }
        let spared = self.state.spared.spare(spare);
        let evicted = self.evict(&mut guard, MAX_EVICTED, None);
        drop(guard);
        self.relieve(MAX_EVICTED - evicted);
        if self.state.exceeded().is_some() {
            spared.keep();
        }
    }

    /// Evicts up to `max` sessions from any shard until the bounds hold. Returns how many it evicted.
    pub(super) fn relieve(&self, max: usize) -> usize {
        let mut evicted = 0;
        // First what is next in turn. If no shard has such a session, one of the lowest rank.
        for rank in std::iter::once(None).chain(Rank::ALL.map(Some)) {
            loop {
                let before = evicted;
                for _ in 0..self.shard_count() {
                    if evicted == max || self.state.exceeded().is_none() {
                        return evicted;
                    }
                    let next = self.eviction_hand.fetch_add(1, Ordering::Relaxed);
                    let mut guard = self.lock(next % self.shard_count());
                    evicted += self.evict(&mut guard, MAX_FROM_OTHER.min(max - evicted), rank);
                }
                if evicted == before {
                    break;
                }
            }
        }
        evicted
    }

    /// Evicts from this shard while a bound is exceeded and the shard has what is to go: a session of `rank`,
    /// or what is next in turn.
    fn evict(&self, guard: &mut ShardGuard<'_>, max: usize, rank: Option<Rank>) -> usize {
        for evicted in 0..max {
            let Some(bound) = self.state.exceeded() else { return evicted };
            let Some(shard) = guard.shard() else { return evicted };
            match rank.map_or_else(|| self.turn(bound), Turn::Rank) {
                Turn::Tombstone => {
                    if !shard.forget_tombstone() {
                        return evicted;
                    }
                }
                Turn::Rank(rank) => {
                    let Some(slot) = shard.victim(rank, &self.state.spared) else { return evicted };
                    let removed = shard.remove(slot);
                    self.state.count_eviction(bound);
                    guard.removed.push((Some(Kind::Evicted), removed));
                }
            }
            guard.settle();
        }
        max
    }

    fn turn(&self, bound: Bound) -> Turn {
        let totals = &self.state.totals;
        if bound == Bound::Bytes && totals.tombstones.get() > 0 {
            return Turn::Tombstone;
        }
        let limit = self.state.limit_of(bound);
        let mut lower = 0;
        for (rank, total) in Rank::ALL.into_iter().zip(&totals.ranks) {
            lower += match bound {
                Bound::Sessions => total.sessions.get(),
                Bound::Bytes => total.bytes.get(),
            };
            if lower.saturating_mul(SHARE) > limit {
                return Turn::Rank(rank);
            }
        }
        Turn::Rank(Rank::SignedIn)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, Write, Written};
    use super::*;
    use crate::codec::encoding::Encoding;

    const NOW: i64 = 1_763_754_720_000;

    fn store(max_sessions: u64) -> MemoryStore {
        MemoryStore::new(Limits { max_sessions: Some(max_sessions), max_bytes: None })
    }

    fn set(store: &MemoryStore, id: &str, rank: Rank) {
        set_fast(store, id, rank);
        store.check_invariants();
    }

    fn set_fast(store: &MemoryStore, id: &str, rank: Rank) {
        store.write_text(id.as_bytes(), b"{}", Encoding::Ascii, NOW + 1000, rank, NOW).unwrap();
    }

    fn has(store: &MemoryStore, id: &str) -> bool {
        store.peek(id.as_bytes(), NOW, |_| ()).is_some()
    }

    fn come_back(store: &MemoryStore, id: &str) {
        assert!(store.read(id.as_bytes(), NOW, true, |_| ()).is_some());
    }

    #[test]
    fn the_oldest_new_session_goes_first() {
        let store = store(3);
        for id in ["a", "b", "c"] {
            set(&store, id, Rank::New);
        }
        come_back(&store, "a");
        set(&store, "d", Rank::New);
        assert_eq!(["a", "b", "c", "d"].map(|id| has(&store, id)), [true, false, true, true]);
        set(&store, "e", Rank::New);
        assert_eq!(["a", "c", "d", "e"].map(|id| has(&store, id)), [true, false, true, true]);
        assert_eq!((store.len(), store.stats().evicted_for_sessions), (3, 2));
    }

    #[test]
    fn peeking_raises_no_rank() {
        let store = store(2);
        set(&store, "a", Rank::New);
        set(&store, "b", Rank::New);
        assert!(has(&store, "a"));
        set(&store, "c", Rank::New);
        assert!(!has(&store, "a"));
    }

    #[test]
    fn a_new_session_displaces_one_that_has_returned() {
        let store = store(20);
        for user in 0..30 {
            set(&store, &format!("user {user}"), Rank::Returned);
        }
        // All of them have returned.
        assert_eq!((store.len(), store.stats().evicted_for_sessions), (20, 10));
        // Two of twenty are a tenth: the third new session displaces the first.
        for (new, gone) in [("x", "user 10"), ("y", "user 11"), ("z", "x")] {
            set(&store, new, Rank::New);
            assert!(has(&store, new) && !has(&store, gone), "{new}, {gone}");
        }
    }

    #[test]
    fn of_those_that_returned_the_least_recently_used_go() {
        let store = store(10);
        for user in 0..10 {
            set(&store, &format!("user {user}"), Rank::Returned);
        }
        for user in [0, 1, 3] {
            come_back(&store, &format!("user {user}"));
        }
        set(&store, "new", Rank::Returned);
        assert!(!has(&store, "user 2"));
        set(&store, "newer", Rank::Returned);
        assert!(!has(&store, "user 4"));
        assert!(["user 0", "user 1", "user 3"].iter().all(|id| has(&store, id)));
    }

    #[test]
    fn a_store_of_one() {
        let store = store(1);
        set(&store, "a", Rank::Returned);
        set(&store, "b", Rank::New);
        assert!(has(&store, "b"));
    }

    #[test]
    fn a_bound_of_no_sessions_allows_one() {
        let store = store(0);
        assert_eq!(store.limits().max_sessions, Some(1));
        set(&store, "a", Rank::Returned);
        set(&store, "b", Rank::New);
        assert_eq!((store.len(), has(&store, "b")), (1, true));
    }

    #[test]
    fn bytes_are_bounded() {
        let store = MemoryStore::new(Limits { max_sessions: None, max_bytes: Some(10_000) });
        let write = |id: &str, len: usize| {
            let text = vec![b'x'; len];
            store.write_text(id.as_bytes(), &text, Encoding::Ascii, NOW + 1000, Rank::New, NOW)
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
        assert_eq!(write("large", 10_000), Err(Refused::TooLarge));
        assert_eq!(store.peek(b"large", NOW, |view| view.data.len()), Some(9000));
        assert!(store.stats().bytes <= 10_000);
    }

    #[test]
    fn a_late_save_is_dropped_and_one_of_the_living_is_not_after_tombstones_were_evicted() {
        let store = MemoryStore::new(Limits { max_sessions: None, max_bytes: Some(2000) });
        let Ok(Written::Created(revision)) =
            store.write_text(b"gone", b"{}", Encoding::Ascii, NOW + 1000, Rank::Returned, NOW)
        else {
            panic!("not created")
        };
        store.destroy(b"gone", NOW);
        assert_eq!(store.stats().tombstones, 1);
        for number in 0..30 {
            set(&store, &number.to_string(), Rank::New);
        }
        assert_eq!(store.stats().tombstones, 0);
        let mode = Write::Update { revision };
        let late = store.update_text(b"gone", b"{}", Encoding::Ascii, NOW + 1000, mode, Rank::Returned, NOW);
        assert_eq!(late, Ok(Written::Dropped));
        assert!(!has(&store, "0"));
        let mode = Write::Update { revision: revision + 1 };
        let late = store.update_text(b"0", b"{}", Encoding::Ascii, NOW + 1000, mode, Rank::New, NOW);
        assert!(matches!(late, Ok(Written::Created(_))), "it was only evicted");
    }

    #[test]
    fn a_large_session_makes_room_in_steps() {
        let max = 500_000;
        // One shard, which evicts in exact order: the large session is the newest.
        let store = MemoryStore::new(Limits { max_sessions: Some(10_000), max_bytes: Some(max) });
        let write = |id: &str, text: &[u8]| {
            store.write_text(id.as_bytes(), text, Encoding::Ascii, NOW + 1000, Rank::New, NOW).unwrap();
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
            set(&store, user, Rank::Returned);
        }
        for number in 0..12_000 {
            let id = format!("flood {number}");
            store.write_text(id.as_bytes(), b"{}", Encoding::Ascii, NOW + 1000, Rank::New, NOW).unwrap();
            if number % 2400 == 100 {
                // A login: the page, 200 new sessions later the form, then a new id.
                set(&store, "form", Rank::New);
            }
            if number % 2400 == 300 {
                come_back(&store, "form");
                assert!(store.destroy(b"form", NOW));
                users.push(format!("login {number}"));
                set(&store, &users[users.len() - 1], Rank::Returned);
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

    /// The new sessions are less than a tenth, so it is the turn of the large one as long as it makes room.
    #[test]
    fn a_sweep_leaves_a_session_alone_that_makes_room_for_itself() {
        let store = MemoryStore::new(Limits { max_sessions: None, max_bytes: Some(100_000) });
        let is_over = std::sync::atomic::AtomicBool::new(false);
        let kept = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    store.relieve(100);
                }
            });
            let kept = (0..5000).all(|_| {
                for id in ["a", "b", "c"] {
                    store
                        .write_text(
                            id.as_bytes(),
                            &vec![b' '; 3000],
                            Encoding::Ascii,
                            NOW + 1000,
                            Rank::New,
                            NOW,
                        )
                        .unwrap();
                }
                store
                    .write_text(
                        b"large",
                        &vec![b' '; 95_000],
                        Encoding::Ascii,
                        NOW + 1000,
                        Rank::SignedIn,
                        NOW,
                    )
                    .unwrap();
                let kept = has(&store, "large");
                store.clear(NOW);
                kept
            });
            is_over.store(true, Ordering::Relaxed);
            kept
        });
        assert!(kept);
    }

    #[test]
    fn a_session_that_takes_the_place_of_thousands_stays_when_the_sweep_goes_on() {
        let store = MemoryStore::new(Limits { max_sessions: None, max_bytes: Some(2_000_000) });
        for number in 0..1600 {
            set_fast(&store, &format!("new {number}"), Rank::New);
        }
        assert!(store.stats().bytes < 200_000);
        let text = vec![b' '; 1_990_000];
        store.write_text(b"large", &text, Encoding::Ascii, NOW + 1000, Rank::SignedIn, NOW).unwrap();
        assert!(store.stats().bytes > 2_000_000, "one call does not make all the room");
        while store.sweep(NOW, 100).more {}
        assert!(has(&store, "large") && store.stats().bytes <= 2_000_000);
        // Later it may go like any other.
        store.write_text(b"larger", &text, Encoding::Ascii, NOW + 1000, Rank::SignedIn, NOW).unwrap();
        assert!(has(&store, "larger") && !has(&store, "large"));
    }
}
