//! What JavaScript sees: conversions and nothing else. The only folder that names napi.
//!
//! JavaScript gets plain functions on external handles instead of classes: unwrapping `this` takes 0.25 µs a
//! call. The functions that every request calls are bound to their handle (see `bound`). Every export has
//! `catch_unwind`: a panic becomes a JavaScript `Error`.
//!
//! Rust keeps no JavaScript value except the arrays that `createNumbers` makes. Those belong to Node's main
//! realm. A value of another realm would keep that realm alive, and test runners make a realm for each file.
//!
//! Only feature `napi3` of napi is enabled. From `napi4` on, napi-rs opens a handle in every environment,
//! which test runners report as a leak. Without it, napi values must be dropped on their JavaScript thread.
//! Here they always are: handles and bound functions own them through `Rc`, which cannot change threads, and
//! Node-API calls finalizers on that thread.

#![expect(clippy::needless_pass_by_value, reason = "napi passes arguments by value")]

mod bound;
mod cookies;
mod database;
mod memory;
mod numbers;
mod sqlite;
mod text;

/// The version that this binary was built for. binding.js takes no other.
#[napi_derive::napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
