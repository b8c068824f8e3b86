//! One thread per process that takes expired sessions out of every store, a little at a time. It
//! starts with the first store and ends after the last.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::Follower;
use crate::memory_store::MemoryStore;
use crate::reclaim::Reclaimer;

/// Deadlines are noticed at most this late; the wheel adds up to a quarter of a second. Then a million
/// sessions at once take half a second more.
const TICK: Duration = Duration::from_millis(100);
/// Steps in one store before the next has its turn.
const BUDGET: usize = 8192;
/// Between two rounds: who waits for a lock gets it.
const PAUSE: Duration = Duration::from_millis(1);
/// Records that wait to be freed together: 64 MB of pointers.
const SPOIL: usize = 1 << 22;

#[derive(Default)]
struct Roll {
    stores: Vec<(Weak<MemoryStore>, Follower)>,
    /// Stores whose holders are done with them.
    retired: Vec<Arc<MemoryStore>>,
    /// The retired of the last tick: by now their holders have let go.
    resting: Vec<Arc<MemoryStore>>,
    running: bool,
}

static ROLL: Mutex<Roll> =
    Mutex::new(Roll { stores: Vec::new(), retired: Vec::new(), resting: Vec::new(), running: false });

/// Has a store swept for as long as it lives. Enlisting it again changes nothing.
pub fn enlist(store: &Arc<MemoryStore>) {
    let mut roll = ROLL.lock().unwrap_or_else(PoisonError::into_inner);
    let known = roll.stores.iter().any(|(known, _)| known.as_ptr() == Arc::as_ptr(store));
    if !known {
        roll.stores.push((Arc::downgrade(store), Follower::default()));
    }
    start(&mut roll);
}

/// Takes a store that its holder is done with. If nobody else holds it, a million sessions are
/// freed on the sweeper's thread instead of the holder's.
pub fn retire(store: Arc<MemoryStore>) {
    let mut roll = ROLL.lock().unwrap_or_else(PoisonError::into_inner);
    roll.retired.push(store);
    start(&mut roll);
}

fn start(roll: &mut Roll) {
    if !roll.running {
        // Without a thread nothing is swept until the next call; reads check deadlines themselves.
        roll.running = thread::Builder::new().name("session-sweeper".into()).spawn(run).is_ok();
    }
}

fn run() {
    match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime.block_on(sweep_all()),
        Err(_) => ROLL.lock().unwrap_or_else(PoisonError::into_inner).running = false,
    }
}

async fn sweep_all() {
    let mut tick = tokio::time::interval(TICK);
    let (mut spoil, mut reclaimer) = (Vec::new(), Reclaimer::default());
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some((mut due, rested)) = attend() else { return };
        for store in rested {
            // Whoever else holds it goes on using it.
            if Arc::strong_count(&store) == 1 {
                store.discard();
                due.push((store, 0));
            }
        }
        // Round and round, so that a store with much to do does not keep the others waiting.
        while !due.is_empty() {
            due.retain(|(store, now)| store.sweep_into(*now, BUDGET, &mut spoil).more);
            if spoil.len() >= SPOIL {
                reclaimer.free(&mut spoil);
            }
            if !due.is_empty() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        reclaimer.free(&mut spoil);
    }
}

/// Stores with the time on their clocks.
type Due = Vec<(Arc<MemoryStore>, u64)>;

/// What there is to do in this tick. `None` if there is nothing left to do ever: then the thread
/// must end, and the next store starts another. Both are decided under one lock.
fn attend() -> Option<(Due, Vec<Arc<MemoryStore>>)> {
    let mut roll = ROLL.lock().unwrap_or_else(PoisonError::into_inner);
    let real = Instant::now();
    let mut due = Vec::new();
    roll.stores.retain_mut(|(store, clock)| {
        let Some(held) = store.upgrade() else { return false };
        if let Some(shown) = held.last_now() {
            // Held, not looked up again: if it is let go of meanwhile, it must not be freed under
            // the lock here.
            due.push((held, clock.now(shown, real)));
        }
        true
    });
    let retired = std::mem::take(&mut roll.retired);
    let rested = std::mem::replace(&mut roll.resting, retired);
    if roll.stores.is_empty() && roll.resting.is_empty() && rested.is_empty() {
        roll.stores = Vec::new();
        roll.running = false;
        return None;
    }
    Some((due, rested))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_store::{Encoding, Limits};

    fn is_running() -> bool {
        ROLL.lock().unwrap().running
    }

    /// Waits for what the sweeper does in its own time. Only a failure takes long.
    fn eventually(what: &str, holds: impl Fn() -> bool) {
        for _ in 0..2000 {
            if holds() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("never: {what}");
    }

    fn fill(store: &MemoryStore, sessions: u64) {
        for number in 0..sessions {
            let id = number.to_le_bytes();
            store.write_text(&id, b"{}", Encoding::Ascii, 1000 + number % 100, false, 1).unwrap();
        }
    }

    /// One test, because there is one thread per process.
    #[test]
    fn sweeps_and_ends_and_starts_again() {
        for _ in 0..2 {
            let store = Arc::new(MemoryStore::new(Limits::default()));
            enlist(&store);
            enlist(&store);
            assert_eq!(ROLL.lock().unwrap().stores.len(), 1);
            assert!(is_running());
            fill(&store, 20_000);
            // The store's clock stands at 1 and goes on from there by itself.
            eventually("all expire", || store.is_empty());
            assert_eq!(store.stats().expired, 20_000);
            let left = Arc::downgrade(&store);
            fill(&store, 20_000);
            retire(store);
            eventually("a retired store is freed", || left.strong_count() == 0);
            eventually("nothing is left running", || !is_running());
        }

        // Threads that come and go.
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let store = Arc::new(MemoryStore::new(Limits::default()));
                    enlist(&store);
                    fill(&store, 100);
                    retire(store);
                });
            }
        });
        eventually("nothing is left running", || !is_running());
        assert!(ROLL.lock().unwrap().stores.is_empty());
    }
}
