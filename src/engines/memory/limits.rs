//! The bounds of a store.

/// The bounds of a store, which never change. `None` is no bound. 0 sessions count as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Maximum number of sessions.
    pub max_sessions: Option<u64>,
    /// Maximum bytes, counted as in the `bytes` of the store's statistics.
    pub max_bytes: Option<u64>,
}

/// A session alone takes more than `max_bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the session is larger than the maxBytes of the store")
    }
}

impl std::error::Error for TooLarge {}

/// The bound that is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Sessions,
    Bytes,
}

impl Limits {
    /// The limits as they are applied.
    pub(super) fn normalized(self) -> Self {
        Limits { max_sessions: self.max_sessions.map(|max| max.max(1)), ..self }
    }

    pub(super) fn fits(&self, cost: u64) -> bool {
        self.max_bytes.is_none_or(|max| cost <= max)
    }

    pub(super) fn exceeded(&self, sessions: u64, bytes: u64) -> Option<Bound> {
        if self.max_sessions.is_some_and(|max| sessions > max) {
            Some(Bound::Sessions)
        } else if self.max_bytes.is_some_and(|max| bytes > max) {
            Some(Bound::Bytes)
        } else {
            None
        }
    }
}
