//! Where sessions are kept. Each engine is a folder and knows nothing of the others; `removal` is what they share.

pub mod memory;
mod removal;
pub mod sqlite;
