//! The stores that are open in this process: at its end, what is waiting is written.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::shared::Shared;

static OPEN: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// Notes that a store is open.
pub(super) fn note_open(shared: &Arc<Shared>) {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|shared| shared.strong_count() > 0);
    open.push(Arc::downgrade(shared));
}

/// Lets all writer threads write what is waiting, and end. Waits for them, but not for long.
pub fn end_all(patience: Duration) {
    let until = Instant::now() + patience;
    let open = std::mem::take(&mut *OPEN.lock().unwrap_or_else(PoisonError::into_inner));
    for shared in open.iter().filter_map(Weak::upgrade) {
        shared.begin_end();
        shared.wait_for_end(until.saturating_duration_since(Instant::now()));
    }
}
