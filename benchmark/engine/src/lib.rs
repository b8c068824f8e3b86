//! The engine's modules, without Node, for the benchmarks beside this file.

#[path = "../../../src/clock.rs"]
pub mod clock;
#[path = "../../../src/memory_store/mod.rs"]
pub mod memory_store;
#[path = "../../../src/reclaim.rs"]
pub mod reclaim;
pub mod sample;
#[path = "../../../src/sweeper.rs"]
pub mod sweeper;
