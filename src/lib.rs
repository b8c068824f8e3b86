//! The native core of express-session-native. `docs/design.md` shows how the parts fit together.

pub mod cookie_header;
pub mod session_id;
pub mod signature;
