//! One thread per process that removes expired sessions from all stores, a little at a time. It starts with
//! the first store and ends after the last.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::clock::{Drift, Follower};
use super::reclaim::Reclaimer;
use super::store::MemoryStore;

/// An expired session is noticed at most this late. The wheel adds up to a quarter of a second, and a
/// million sessions that expire at once take half a second more.
const TICK: Duration = Duration::from_millis(100);
/// Steps in one store before the next store's turn.
const BUDGET: usize = 8192;
/// The pause between two rounds, in which waiting threads get the locks.
const PAUSE: Duration = Duration::from_millis(1);
/// Maximum number of records that wait to be freed together: 64 MB of pointers.
const MAX_TO_FREE: usize = 1 << 22;

#[derive(Default)]
struct Registry {
    stores: Vec<(Weak<MemoryStore>, Follower)>,
    /// Stores that their holders no longer use.
    retired: Vec<Arc<MemoryStore>>,
    /// Stores retired in the last tick. By the next tick their holders have dropped them.
    retiring: Vec<Arc<MemoryStore>>,
    running: bool,
    drift: Drift,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    stores: Vec::new(),
    retired: Vec::new(),
    retiring: Vec::new(),
    running: false,
    drift: Drift { seen: None },
});

/// Sweeps a store for as long as it exists. Registering it again changes nothing.
pub fn register(store: &Arc<MemoryStore>) {
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    let known = registry.stores.iter().any(|(known, _)| known.as_ptr() == Arc::as_ptr(store));
    if !known {
        registry.stores.push((Arc::downgrade(store), Follower::default()));
    }
    start(&mut registry);
}

/// Takes a store that its holder no longer uses. If nobody else holds it, its sessions are freed on the
/// sweeper's thread instead of the holder's.
pub fn retire(store: Arc<MemoryStore>) {
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    registry.retired.push(store);
    start(&mut registry);
}

fn start(registry: &mut Registry) {
    if !registry.running {
        // If no thread can start, nothing is swept until the next call. Reads check deadlines themselves.
        registry.running = thread::Builder::new().name("session-sweeper".into()).spawn(run).is_ok();
    }
}

fn run() {
    match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime.block_on(sweep_all()),
        Err(_) => REGISTRY.lock().unwrap_or_else(PoisonError::into_inner).running = false,
    }
}

async fn sweep_all() {
    let mut tick = tokio::time::interval(TICK);
    let (mut to_free, mut reclaimer) = (Vec::new(), Reclaimer::default());
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some((mut due, ready)) = next_round() else { return };
        for store in ready {
            // Another holder may still use it.
            if Arc::strong_count(&store) == 1 {
                store.discard();
                due.push((store, 0));
            }
        }
        // All stores take turns: one with many expired sessions does not delay the others.
        while !due.is_empty() {
            due.retain(|(store, now)| store.sweep_into(*now, BUDGET, &mut to_free).more);
            if to_free.len() >= MAX_TO_FREE {
                reclaimer.free(&mut to_free);
            }
            if !due.is_empty() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        reclaimer.free(&mut to_free);
        reclaimer.give_back_noted();
    }
}

/// Stores, and the time that has come on their clocks.
type Due = Vec<(Arc<MemoryStore>, i64)>;

/// The stores to sweep in this tick, and the retired ones that can be freed. `None`: no stores are left, so
/// the thread must end, and the next store starts another. This is decided under one lock.
fn next_round() -> Option<(Due, Vec<Arc<MemoryStore>>)> {
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    let real = Instant::now();
    registry.drift.check(real);
    let mut due = Vec::new();
    registry.stores.retain_mut(|(store, clock)| {
        let Some(store) = store.upgrade() else { return false };
        // What expires here has expired on the system's clock, and on the one that the store was shown.
        if let Some(shown) = clock.now(store.take_shown(), real) {
            // Keeps the store alive: if its holder drops it meanwhile, it must not be freed under this lock.
            let now = shown.min(store.system_now());
            due.push((store, now));
        }
        true
    });
    let retired = std::mem::take(&mut registry.retired);
    let ready = std::mem::replace(&mut registry.retiring, retired);
    if registry.stores.is_empty() && registry.retiring.is_empty() && ready.is_empty() {
        registry.stores = Vec::new();
        registry.running = false;
        return None;
    }
    Some((due, ready))
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, Rank};
    use super::*;
    use crate::codec::encoding::Encoding;

    fn is_running() -> bool {
        REGISTRY.lock().unwrap().running
    }

    /// Waits for the sweeper's work. Only a failure takes long.
    fn eventually(what: &str, holds: impl Fn() -> bool) {
        for _ in 0..2000 {
            if holds() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("never: {what}");
    }

    fn fill(store: &MemoryStore, sessions: i64) {
        for number in 0..sessions {
            let id = number.to_le_bytes();
            store.write_text(&id, b"{}", Encoding::Ascii, 1000 + number % 100, Rank::New, 1).unwrap();
        }
    }

    /// One test, because the process has one sweeper.
    #[test]
    fn sweeps_ends_and_starts_again() {
        for _ in 0..2 {
            let store = Arc::new(MemoryStore::new(Limits::default()));
            register(&store);
            register(&store);
            assert_eq!(REGISTRY.lock().unwrap().stores.len(), 1);
            assert!(is_running());
            fill(&store, 20_000);
            // The system's clock is far beyond the deadlines. The one that the store was shown has to follow.
            thread::sleep(3 * TICK);
            assert_eq!(store.len(), 20_000);
            store.note_time(2000);
            eventually("all expire", || store.stats().expired == 20_000);
            assert!(store.is_empty());
            let left = Arc::downgrade(&store);
            fill(&store, 20_000);
            retire(store);
            eventually("a retired store is freed", || left.strong_count() == 0);
            eventually("nothing is left running", || !is_running());
        }

        // Short-lived threads.
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let store = Arc::new(MemoryStore::new(Limits::default()));
                    register(&store);
                    fill(&store, 100);
                    retire(store);
                });
            }
        });
        eventually("nothing is left running", || !is_running());
        assert!(REGISTRY.lock().unwrap().stores.is_empty());
    }
}
