//! Calls of one kind on a store of 10,000 sessions, for a count of instructions:
//!
//! `valgrind --tool=callgrind target/release/examples/calls get 10000`, less the same with 0 calls.

use engine_benchmark::codec::encoding::Encoding;
use engine_benchmark::memory::{Cookie, Limits, MemoryStore, Rank, Write};
use engine_benchmark::sample::{self, DAY, NOW};

/// Sessions, and calls at most.
const SESSIONS: usize = 10_000;

fn main() {
    let mut args = std::env::args().skip(1);
    let kind = args.next().unwrap_or_default();
    let calls: usize = args.next().and_then(|count| count.parse().ok()).unwrap_or(SESSIONS);
    let store = MemoryStore::new(Limits { max_sessions: None, max_bytes: Some(1 << 30) });
    let number = store.intern(r#"{"expires":"#, Some(r#","path":"/"}"#)).unwrap();
    let cookie = |expires| Cookie::Template { number, expires: Some(expires) };
    let write = |id: &str, data: &[u8], mode| {
        let deadline = NOW + DAY;
        store.write(id.as_bytes(), cookie(0), data, Encoding::Ascii, deadline, mode, Rank::New, NOW).unwrap();
    };
    let ids: Vec<String> = (0..2 * SESSIONS).map(sample::id).collect();
    for id in &ids[..SESSIONS] {
        write(id, br#"{"user":"ann","views":1}"#, Write::Any);
    }
    // The clients of `get` are established, those of `again` have come back once, those of `first` never.
    let read = |id: &str, now| store.read(id.as_bytes(), now, true, |view| view.data.len());
    let visits = match &*kind {
        "first" => 0,
        "again" => 1,
        _ => 2,
    };
    for visit in 0..visits {
        ids[..SESSIONS].iter().for_each(|id| drop(read(id, NOW + visit * 120_000)));
    }
    for (at, id) in ids[SESSIONS..].iter().take(calls).enumerate() {
        let known = &ids[at % SESSIONS];
        match &*kind {
            "first" | "get" => drop(read(known, NOW + 120_000)),
            "again" => drop(read(known, NOW + 5000)),
            "touch" => drop(store.touch(known.as_bytes(), Some(cookie(5)), NOW + DAY + 1, NOW)),
            "save" => write(known, br#"{"user":"ann","views":2}"#, Write::Any),
            "grow" => write(known, &[b'x'; 100][..50 + at % 50], Write::Any),
            "create" => write(id, br#"{"user":"ann","views":1}"#, Write::Any),
            kind => panic!("first, again, get, touch, save, grow or create, not {kind}"),
        }
    }
}
