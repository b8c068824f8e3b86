//! What a store is asked to write.

use super::key::Key;
use super::time::Now;

/// A session to be stored.
#[derive(Debug)]
pub struct Write {
    /// Its id, hashed.
    pub key: Key,
    /// The cookie's JSON, if the text could be split.
    pub cookie: Option<Vec<u8>>,
    /// The JSON of the other members. Without a cookie, the whole text.
    pub data: Vec<u8>,
    /// The data is UTF-16: it holds half a surrogate pair.
    pub is_wide: bool,
    /// When it expires. `None`: never.
    pub deadline: Option<i64>,
    /// As loaded. `None`: it is stored in any case.
    pub revision: Option<i64>,
    /// What it has proved, at least.
    pub rank: usize,
    /// The caller's time.
    pub now: Now,
}
