//! The memory store: a table of sessions outside of any garbage collector's sight, with their
//! deadlines and bounds. It knows no clock: every call is told the time, in milliseconds since the
//! epoch.
#![forbid(unsafe_code)]

mod births;
mod events;
mod evict;
mod held;
mod id;
mod iso_date;
mod json;
mod limits;
mod record;
mod remove;
mod ring;
mod shard;
mod shared;
mod slot;
mod split;
mod stats;
mod store;
mod sweep;
mod table;
mod template;
mod view;
mod wheel;
mod write;

#[cfg(test)]
mod model;
#[cfg(test)]
mod stress;

pub use events::{Kind, Removed, Watch};
pub use limits::{Limits, TooLarge};
pub use record::Encoding;
pub use remove::TOMBSTONE_MS;
pub use shared::{Differs, shared};
pub use stats::Stats;
pub use store::MemoryStore;
pub use sweep::Swept;
pub use template::Template;
pub use view::{Place, View, ViewCookie};
pub use write::{Cookie, Touched, Write, Written};
