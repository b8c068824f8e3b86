//! Many threads on one store. Threads read back what was written, nothing is counted twice, and all indexes
//! agree in the end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;

use super::*;
use crate::codec::encoding::Encoding;

const NOW: i64 = 1_763_754_720_000;
const THREADS: u64 = 4;
const ROUNDS: u64 = if cfg!(miri) { 30 } else { 20_000 };

/// Numbers without a pattern. Each run has the same ones.
fn mixed(seed: u64) -> u64 {
    let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb)
}

fn churn(store: &MemoryStore, thread: u64, clock: &AtomicI64) {
    for round in 0..ROUNDS {
        let dice = mixed(thread << 32 | round);
        let now = clock.load(Ordering::Relaxed);
        // Half of the ids belong to the thread, the other half to all threads.
        let owner = if dice & 1 == 0 { thread } else { THREADS };
        let id = format!("{owner}-{}", dice >> 8 & 63);
        let text = format!(r#"{{"cookie":{{"expires":null}},"by":{thread},"id":"{id}"}}"#);
        match dice >> 20 & 15 {
            0..6 => {
                let deadline = now + (dice >> 24 & 1023).cast_signed();
                let rank = Rank::ALL[usize::try_from(dice >> 40 & 3).unwrap()];
                let text = format!("{text}{}", " ".repeat(usize::try_from(dice >> 42 & 255).unwrap()));
                store
                    .write_text(id.as_bytes(), text.as_bytes(), Encoding::Ascii, deadline, rank, now)
                    .unwrap();
            }
            6..11 => {
                store.read(id.as_bytes(), now, true, |view| {
                    let mut found = Vec::new();
                    view.write_text(&mut found);
                    let found = String::from_utf8(found).unwrap();
                    assert!(found.contains(&format!(r#""id":"{id}""#)), "a session of another id");
                    assert!(view.deadline > now, "an expired session");
                });
            }
            11..13 => {
                store.touch(id.as_bytes(), None, now + 500, now);
            }
            13 => {
                store.destroy(id.as_bytes(), now);
            }
            14 => {
                clock.fetch_add((dice >> 24 & 63).cast_signed(), Ordering::Relaxed);
                let _ = store.sweep(now, 32);
            }
            _ => match dice >> 24 & 63 {
                0 => store.clear(now),
                1 => drop(store.watch(true)),
                _ => drop(store.ids(0, now)),
            },
        }
    }
}

/// Ends the watcher, also when a check fails: the test would not end otherwise.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn run(limits: Limits, shards: usize) {
    let store = MemoryStore::with_shards(limits, shards);
    let clock = AtomicI64::new(NOW);
    let done = AtomicBool::new(false);
    let watch = store.watch(false);
    let events = thread::scope(|scope| {
        let drain = scope.spawn(|| {
            let mut counts = HashMap::<_, u64>::new();
            loop {
                let last = done.load(Ordering::Acquire);
                let events = watch.drain(100);
                if last && events.is_empty() {
                    return counts;
                }
                for event in events {
                    *counts.entry(format!("{:?}", event.kind)).or_default() += 1;
                }
            }
        });
        let end = EndOnDrop(&done);
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (store, clock) = (&store, &clock);
                scope.spawn(move || churn(store, thread, clock))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        store.check_invariants();
        let stats = store.stats();
        assert!(stats.sessions <= limits.max_sessions.unwrap_or(u64::MAX));
        // The removals that wait for the watcher count too; here they have no limit.
        assert!(store.state.totals.bytes.get() <= limits.max_bytes.unwrap_or(u64::MAX));
        // Much later nothing is left, not even tombstones.
        store.state.clock.set(store.system_now() + 2 * TOMBSTONE_MS);
        while store.sweep(NOW + 100_000_000_000, 1000).more {}
        drop(end);
        drain.join().unwrap()
    });
    store.check_invariants();
    let stats = store.stats();
    assert_eq!((stats.sessions, stats.tombstones, stats.bytes), (0, 0, 0));
    let count = |kind: &str| events.get(kind).copied().unwrap_or(0);
    assert_eq!(count("Expired"), stats.expired, "one event for each");
    assert_eq!(count("Destroyed"), stats.destroyed);
    assert_eq!(count("Evicted"), stats.evicted_for_sessions + stats.evicted_for_bytes);
    assert_eq!(count("Replaced"), 0, "nobody watches these");
}

#[test]
fn unbounded() {
    run(Limits::default(), 16);
}

#[test]
fn bounded_sessions_in_one_shard() {
    run(Limits { max_sessions: Some(50), max_bytes: None }, 1);
}

#[test]
fn bounded_in_many_shards() {
    run(Limits { max_sessions: Some(100), max_bytes: Some(9000) }, 16);
}
