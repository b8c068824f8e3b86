//! The native core of express-session-native. `docs/design.md` shows how the parts fit together.

// Tests of the engine do without: what napi exports, a test binary would call dead.
#[cfg(all(feature = "napi-binding", not(test)))]
mod binding;
mod clock;
pub mod cookie_header;
pub mod memory_store;
mod reclaim;
pub mod session_id;
pub mod signature;
pub mod sweeper;
