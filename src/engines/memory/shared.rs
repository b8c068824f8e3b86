//! Stores that the threads of a process share by name.

use std::sync::{Arc, LazyLock, Weak};

use dashmap::{DashMap, Entry};

use super::limits::Limits;
use super::store::MemoryStore;

struct Named {
    store: Weak<MemoryStore>,
    /// The limits that its creator gave explicitly.
    explicit: Limits,
}

static STORES: LazyLock<DashMap<String, Named>> = LazyLock::new(|| DashMap::with_shard_amount(2));

/// A store of this name exists with another limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// `max_sessions` differs. This is the existing one.
    MaxSessions(Option<u64>),
    /// `max_bytes` differs. This is the existing one.
    MaxBytes(Option<u64>),
}

/// The store of a name. As long as anyone holds it, everyone gets the same one.
///
/// `explicit` are the limits that the caller insists on. For the others, a new store takes those of
/// `default`, and an existing store keeps its own.
///
/// # Errors
/// If the store exists and was created with another limit.
pub fn shared(name: &str, explicit: Limits, default: Limits) -> Result<Arc<MemoryStore>, Differs> {
    // Removes the names of stores that no longer exist. There are never many.
    STORES.retain(|_, named| named.store.strong_count() > 0);
    let mut entry = match STORES.entry(name.to_owned()) {
        Entry::Occupied(entry) => entry,
        Entry::Vacant(entry) => {
            let store = create(explicit, default);
            entry.insert(Named { store: Arc::downgrade(&store), explicit });
            return Ok(store);
        }
    };
    let Some(store) = entry.get().store.upgrade() else {
        let store = create(explicit, default);
        entry.insert(Named { store: Arc::downgrade(&store), explicit });
        return Ok(store);
    };
    let existing = entry.get().explicit;
    let differs = |limit: Option<u64>, existing: Option<u64>| limit.is_some() && limit != existing;
    if differs(explicit.max_sessions, existing.max_sessions) {
        return Err(Differs::MaxSessions(existing.max_sessions));
    }
    if differs(explicit.max_bytes, existing.max_bytes) {
        return Err(Differs::MaxBytes(existing.max_bytes));
    }
    Ok(store)
}

fn create(explicit: Limits, default: Limits) -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new(Limits {
        max_sessions: explicit.max_sessions.or(default.max_sessions),
        max_bytes: explicit.max_bytes.or(default.max_bytes),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::Rank;
    use super::*;
    use crate::codec::encoding::Encoding;

    const NONE: Limits = Limits { max_sessions: None, max_bytes: None };

    #[test]
    fn a_name_gives_one_store_as_long_as_it_is_held() {
        let one = shared("held", NONE, NONE).unwrap();
        assert!(Arc::ptr_eq(&one, &shared("held", NONE, NONE).unwrap()));
        assert!(!Arc::ptr_eq(&one, &shared("other", NONE, NONE).unwrap()));
        one.write_text(b"a", b"{}", Encoding::Ascii, 1000, Rank::New, 1).unwrap();
        drop(one);
        assert_eq!(shared("held", NONE, NONE).unwrap().len(), 0);
    }

    #[test]
    fn explicit_limits_must_agree() {
        let explicit = Limits { max_sessions: Some(10), max_bytes: None };
        let store =
            shared("limits", explicit, Limits { max_sessions: Some(1), max_bytes: Some(5000) }).unwrap();
        assert_eq!(store.limits(), Limits { max_sessions: Some(10), max_bytes: Some(5000) });
        assert!(shared("limits", NONE, NONE).is_ok());
        assert!(shared("limits", explicit, NONE).is_ok());
        let other = Limits { max_sessions: Some(11), ..NONE };
        assert_eq!(shared("limits", other, NONE).unwrap_err(), Differs::MaxSessions(Some(10)));
        let other = Limits { max_bytes: Some(1), ..NONE };
        assert_eq!(shared("limits", other, NONE).unwrap_err(), Differs::MaxBytes(None));
    }

    #[test]
    fn concurrent_threads_get_the_same_store() {
        let stores: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| shared("race", NONE, NONE).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(stores.iter().all(|store| Arc::ptr_eq(store, &stores[0])));
    }
}
