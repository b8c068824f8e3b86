//! The package's Rust without Node, for the fuzz targets.

#[path = "../../src/codec/mod.rs"]
pub mod codec;
#[path = "../../src/engines/mod.rs"]
pub mod engines;
#[path = "../../src/http/mod.rs"]
pub mod http;
