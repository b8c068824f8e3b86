//! Stores that several threads of a process find by name.

use std::sync::{Arc, LazyLock, Weak};

use dashmap::{DashMap, Entry};

use super::limits::Limits;
use super::store::MemoryStore;

struct Named {
    store: Weak<MemoryStore>,
    /// The limits that its maker asked for. Those in force may have been changed since.
    asked: Limits,
}

static STORES: LazyLock<DashMap<String, Named>> = LazyLock::new(|| DashMap::with_shard_amount(2));

/// A store of this name exists with another limit than the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// `max_sessions` differs; this is the store's.
    MaxSessions(Option<u64>),
    /// `max_bytes` differs; this is the store's.
    MaxBytes(Option<u64>),
}

/// The store of a name. As long as anyone holds it, everyone gets the same one.
///
/// `asked` are the limits that were given explicitly; where there is none, a new store gets that
/// of `default` and an existing one is taken as it is.
///
/// # Errors
/// If the store exists and was made with another limit.
pub fn shared(name: &str, asked: Limits, default: Limits) -> Result<Arc<MemoryStore>, Differs> {
    // The names of stores that are gone would pile up otherwise. There are never many.
    STORES.retain(|_, named| named.store.strong_count() > 0);
    let mut entry = match STORES.entry(name.to_owned()) {
        Entry::Occupied(entry) => entry,
        Entry::Vacant(entry) => {
            let store = make(asked, default);
            entry.insert(Named { store: Arc::downgrade(&store), asked });
            return Ok(store);
        }
    };
    let Some(store) = entry.get().store.upgrade() else {
        let store = make(asked, default);
        entry.insert(Named { store: Arc::downgrade(&store), asked });
        return Ok(store);
    };
    let held = entry.get().asked;
    let differs = |asked: Option<u64>, held: Option<u64>| asked.is_some() && asked != held;
    if differs(asked.max_sessions, held.max_sessions) {
        return Err(Differs::MaxSessions(held.max_sessions));
    }
    if differs(asked.max_bytes, held.max_bytes) {
        return Err(Differs::MaxBytes(held.max_bytes));
    }
    Ok(store)
}

fn make(asked: Limits, default: Limits) -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new(Limits {
        max_sessions: asked.max_sessions.or(default.max_sessions),
        max_bytes: asked.max_bytes.or(default.max_bytes),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Limits = Limits { max_sessions: None, max_bytes: None };

    #[test]
    fn one_name_one_store_while_it_is_held() {
        let one = shared("held", NONE, NONE).unwrap();
        assert!(Arc::ptr_eq(&one, &shared("held", NONE, NONE).unwrap()));
        assert!(!Arc::ptr_eq(&one, &shared("other", NONE, NONE).unwrap()));
        one.write_text(b"a", b"{}", super::super::Encoding::Ascii, 1000, false, 1).unwrap();
        drop(one);
        assert_eq!(shared("held", NONE, NONE).unwrap().len(), 0);
    }

    #[test]
    fn explicit_limits_must_agree() {
        let asked = Limits { max_sessions: Some(10), max_bytes: None };
        let store = shared("limits", asked, Limits { max_sessions: Some(1), max_bytes: Some(5000) }).unwrap();
        assert_eq!(store.limits(), Limits { max_sessions: Some(10), max_bytes: Some(5000) });
        assert!(shared("limits", NONE, NONE).is_ok());
        assert!(shared("limits", asked, NONE).is_ok());
        store.set_limits(NONE, 1);
        assert!(shared("limits", asked, NONE).is_ok());
        let other = Limits { max_sessions: Some(11), ..NONE };
        assert_eq!(shared("limits", other, NONE).unwrap_err(), Differs::MaxSessions(Some(10)));
        let other = Limits { max_bytes: Some(1), ..NONE };
        assert_eq!(shared("limits", other, NONE).unwrap_err(), Differs::MaxBytes(None));
    }

    #[test]
    fn threads_that_ask_at_once_get_one() {
        let stores: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| shared("race", NONE, NONE).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(stores.iter().all(|store| Arc::ptr_eq(store, &stores[0])));
    }
}
