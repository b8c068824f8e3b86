//! What the engines tell of the sessions that they remove.

/// The part of `max_bytes` that removals may take while somebody watches, and the largest such part.
const SHARE: u64 = 16;
const MOST: u64 = 64 << 20;

/// Why a session was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its deadline passed.
    Expired,
    /// The store was full.
    Evicted,
    /// It was destroyed, or the store was cleared.
    Destroyed,
    /// Another text was written under its id.
    Replaced,
}

impl Kind {
    /// What JavaScript calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Expired => "expired",
            Kind::Evicted => "evicted",
            Kind::Destroyed => "destroyed",
            Kind::Replaced => "replaced",
        }
    }
}

/// The bytes that removals may take.
pub(super) fn share_of(max_bytes: Option<u64>) -> u64 {
    max_bytes.map_or(MOST, |max| (max / SHARE).min(MOST))
}
