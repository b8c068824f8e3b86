//! Where sessions are kept. Each engine is a folder and knows nothing of the others.

pub mod memory;
pub mod sqlite;
