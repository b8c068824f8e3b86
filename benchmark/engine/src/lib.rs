//! The engines, without Node, for the benchmarks of this package.

#[path = "../../../src/codec/mod.rs"]
pub mod codec;
#[path = "../../../src/engines/mod.rs"]
pub mod engines;
pub mod sample;
