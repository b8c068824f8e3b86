//! Sessions that must stay while room is made for them. Calls of other threads and the sweep may evict
//! meanwhile, and leave them alone.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Their revisions.
#[derive(Debug, Default)]
pub(super) struct Spared(Mutex<Revisions>);

#[derive(Debug, Default)]
pub(super) struct Revisions {
    /// Of calls that make room now: one for each thread, at most.
    now: Vec<u32>,
    /// Of the last call that could not finish. One only: two might fill the store.
    kept: Option<u32>,
}

impl Revisions {
    pub(super) fn has(&self, revision: u32) -> bool {
        self.now.contains(&revision) || self.kept == Some(revision)
    }
}

impl Spared {
    /// Spares a session until the guard is dropped. To be called while its shard is locked: an eviction of
    /// the session needs that lock.
    pub(super) fn spare(&self, revision: Option<u32>) -> SpareGuard<'_> {
        self.lock().now.extend(revision);
        SpareGuard { spared: self, revision }
    }

    /// There is room again.
    pub(super) fn forget(&self) {
        self.lock().kept = None;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Revisions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct SpareGuard<'a> {
    spared: &'a Spared,
    revision: Option<u32>,
}

impl SpareGuard<'_> {
    /// Spares the session until [`Spared::forget`], or until another is kept.
    pub(super) fn keep(self) {
        if self.revision.is_some() {
            self.spared.lock().kept = self.revision;
        }
    }
}

impl Drop for SpareGuard<'_> {
    fn drop(&mut self) {
        let Some(revision) = self.revision else { return };
        let now = &mut self.spared.lock().now;
        if let Some(at) = now.iter().position(|other| *other == revision) {
            now.swap_remove(at);
        }
    }
}
