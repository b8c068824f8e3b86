//! The engines, without Node, for the benchmarks of this package.

#[path = "../../../src/codec/mod.rs"]
pub mod codec;
#[path = "../../../src/engines/memory/mod.rs"]
pub mod memory;
#[path = "../../../src/engines/removal.rs"]
mod removal;
pub mod sample;
