//! The memory engine: sessions outside of the JavaScript heap, with deadlines and bounds. It never
//! reads a clock of its own: every call passes the time, in milliseconds since the epoch.
//!
//! | Concern | Files |
//! | --- | --- |
//! | One session | `record` (its bytes), `slot` (what the table knows of it), `slot_hint`, `view` |
//! | One shard | `shard`, and its indexes: `table` (by id), `wheel` (by deadline), `ring` (by age) |
//! | The store | `store`, `shard_guard` (a locked shard), `state` (what shards share), `stats`, `limits` |
//! | Operations | `write`, `remove`, `eviction`, `sweep` |
//! | Late saves | `revisions` |
//! | Who is told | `events` |
//! | The process | `shared` (stores by name), `sweeper` (the thread), `clock`, `reclaim` |

mod clock;
mod events;
mod eviction;
mod limits;
pub mod reclaim;
mod record;
mod remove;
mod revisions;
mod ring;
mod shard;
mod shard_guard;
mod shared;
mod slot;
mod slot_hint;
mod state;
mod stats;
mod store;
mod sweep;
pub mod sweeper;
mod table;
mod view;
mod wheel;
mod write;

#[cfg(test)]
mod model;
#[cfg(test)]
mod stress;

pub use events::{Kind, Removed, Watch};
pub use limits::{Limits, TooLarge};
pub use remove::TOMBSTONE_MS;
pub use shared::{Differs, shared};
pub use slot_hint::SlotHint;
pub use stats::Stats;
pub use store::MemoryStore;
pub use sweep::Swept;
pub use view::{View, ViewCookie};
pub use write::{Cookie, Touched, Write, Written};
