//! The compact form of what a session consists of. Nothing here knows an engine.
#![forbid(unsafe_code)]

pub mod encoding;
pub(crate) mod id;
pub(crate) mod iso_date;
mod json;
pub(crate) mod split;
pub mod template;
