//! Sessions in a SQLite file, shared by all processes of a machine. docs/sqlite.md has the schema and the promises.
//!
//! - A read is one statement on the thread that runs JavaScript ([`store`]).
//! - A write is one transaction there if the file is free (`write`, `transaction`); otherwise the writer thread does it
//!   (`worker`).
//! - Touches and visits wait in memory (`pending`) and are written once a second (`sweep`).
//! - `import` and [`database`] are for the command that copies sessions from other stores.
//! - `bounds` says which session goes at a bound, `log` makes writes durable and moves them into the database file.

#![forbid(unsafe_code)]

mod bounds;
pub mod database;
pub mod error;
pub mod exit;
pub mod import;
pub mod key;
mod log;
#[cfg(test)]
mod model;
mod pending;
#[cfg(test)]
mod races;
pub mod record;
mod removals;
mod retry;
mod row;
mod schema;
mod shared;
mod statements;
pub mod store;
mod sweep;
pub mod time;
mod totals;
mod transaction;
mod worker;
mod write;

pub use super::removal::Kind;
pub use removals::Removed;
pub use row::View;
pub use shared::{Answer, Counts, Done, Limits};
