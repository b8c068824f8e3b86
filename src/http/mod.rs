//! What a session needs of HTTP: cookie headers, signatures and ids.
#![forbid(unsafe_code)]

pub mod cookie_header;
pub mod session_id;
pub mod signature;
