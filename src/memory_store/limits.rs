//! The bounds of a store.

use std::sync::atomic::{AtomicU64, Ordering};

/// The bounds of a store. `None` is no bound; 0 sessions are taken as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// How many sessions there may be.
    pub max_sessions: Option<u64>,
    /// How many bytes they may take, as [`super::Stats::bytes`] counts them.
    pub max_bytes: Option<u64>,
}

/// A session takes more than `max_bytes` by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the session alone is larger than the store may be")
    }
}

impl std::error::Error for TooLarge {}

/// Which bound is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Sessions,
    Bytes,
}

/// Limits that can be changed while others read them.
#[derive(Debug)]
pub(super) struct Bounds {
    sessions: AtomicU64,
    bytes: AtomicU64,
}

const NONE: u64 = u64::MAX;

impl Bounds {
    pub(super) fn new(limits: Limits) -> Self {
        let bounds = Bounds { sessions: AtomicU64::new(NONE), bytes: AtomicU64::new(NONE) };
        bounds.set(limits);
        bounds
    }

    pub(super) fn set(&self, limits: Limits) {
        self.sessions.store(limits.max_sessions.map_or(NONE, |max| max.max(1)), Ordering::Release);
        self.bytes.store(limits.max_bytes.unwrap_or(NONE), Ordering::Release);
    }

    pub(super) fn get(&self) -> Limits {
        let some = |limit: &AtomicU64| match limit.load(Ordering::Acquire) {
            NONE => None,
            max => Some(max),
        };
        Limits { max_sessions: some(&self.sessions), max_bytes: some(&self.bytes) }
    }

    pub(super) fn fits(&self, cost: u64) -> bool {
        cost <= self.bytes.load(Ordering::Acquire)
    }

    pub(super) fn exceeded(&self, sessions: u64, bytes: u64) -> Option<Bound> {
        if sessions > self.sessions.load(Ordering::Acquire) {
            Some(Bound::Sessions)
        } else if bytes > self.bytes.load(Ordering::Acquire) {
            Some(Bound::Bytes)
        } else {
            None
        }
    }
}
