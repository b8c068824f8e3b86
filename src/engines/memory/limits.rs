//! The bounds of a store.

use std::collections::TryReserveError;

/// The bounds of a store, which never change. `None` is no bound. 0 sessions count as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Maximum number of sessions.
    pub max_sessions: Option<u64>,
    /// Maximum bytes, counted as in the `bytes` of the store's statistics.
    pub max_bytes: Option<u64>,
}

/// Why a session is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Alone, it takes more than `max_bytes`.
    TooLarge,
    /// It takes more than the tenth of `max_bytes` that sessions of higher rank leave it.
    Outranked,
    /// The system has no memory for it.
    OutOfMemory,
}

impl From<TryReserveError> for Refused {
    fn from(_: TryReserveError) -> Self {
        Refused::OutOfMemory
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refused::TooLarge => "the session is larger than the maxBytes of the store",
            Refused::Outranked => {
                "the session is larger than the tenth of maxBytes that sessions of higher rank leave it"
            }
            Refused::OutOfMemory => "the system has no memory for the session",
        })
    }
}

impl std::error::Error for Refused {}

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
}
