//! What JavaScript sees: conversion and nothing else. The only folder that names napi.
//!
//! Plain functions on external handles rather than classes: unwrapping `this` costs 0.25 µs a call. What
//! every request calls is bound to its handle (see `bound`). Every export has `catch_unwind`: a panic
//! becomes a JavaScript `Error`.

#![expect(clippy::needless_pass_by_value, reason = "napi hands arguments over by value")]

mod bound;
mod cookies;
mod memory;
mod numbers;
mod text;
