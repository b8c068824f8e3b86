//! The memory engine: sessions outside of the JavaScript heap, with deadlines and bounds. It never
//! trusts one clock alone: every call passes the time that its caller sees, in milliseconds since the epoch, and
//! what happens without being asked for needs the system's clock to agree.
//!
//! | Concern | Files |
//! | --- | --- |
//! | One session | `record` (its bytes), `slot` (what the table knows of it), `slot_hint`, `view` |
//! | One shard | `shard`, its `tally`, and its indexes: `table` (by id), `wheel` (by deadline), `ring` (by age) |
//! | The store | `store`, `id_hash`, `shard_guard` (a locked shard), `state` (what shards share), `stats`, `limits` |
//! | Operations | `write`, `remove`, `eviction` (by `rank`; `spared` stay), `sweep` |
//! | Late saves | `revisions`, `tombstones` |
//! | Who is told | `events` |
//! | The process | `shared` (stores by name), `sweeper` (the thread), `clock`, `reclaim` |

mod clock;
mod events;
mod eviction;
mod id_hash;
mod limits;
mod rank;
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
mod spared;
mod state;
mod stats;
mod store;
mod sweep;
pub mod sweeper;
mod table;
mod tally;
mod tombstones;
mod view;
mod wheel;
mod write;

#[cfg(test)]
mod model;
#[cfg(test)]
mod stress;

pub use super::removal::Kind;
pub use events::{Removed, Watch};
pub use limits::{Limits, Refused};
pub use rank::Rank;
pub use remove::TOMBSTONE_MS;
pub use shared::{Differs, shared};
pub use slot_hint::SlotHint;
pub use stats::Stats;
pub use store::{MemoryStore, UNKNOWN};
pub use sweep::Swept;
pub use view::{View, ViewCookie};
pub use write::{Cookie, Touched, Write, Written};
