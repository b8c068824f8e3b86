//! The native core of express-session-native.
//!
//! | Folder | What it does | May import |
//! | --- | --- | --- |
//! | [`http`] | Reads `Cookie` headers, signs values, makes session ids | nothing |
//! | [`codec`] | Turns ids, cookies, dates and session texts into compact bytes, and back | nothing |
//! | [`engines`] | Keeps sessions. One folder per engine | `codec` |
//! | `binding` | What JavaScript sees. The only folder that names napi | all of the above |
//!
//! No import runs upward, and no modules import each other in a circle:
//! `scripts/check-rust-modules.js` checks both. `docs/design.md` shows how a request uses the parts.
//!
//! Where to look:
//! - where a cookie is signed: [`http::signature`]
//! - where a session expires: `engines::memory::wheel` finds it, `engines::memory::sweep` removes it
//! - where a late save is dropped: `engines::memory::write`
//! - which session goes when the store is full: `engines::memory::eviction`

// Test builds leave the binding out: nothing there would call what napi exports.
#[cfg(all(feature = "napi-binding", not(test)))]
mod binding;
pub mod codec;
pub mod engines;
pub mod http;
