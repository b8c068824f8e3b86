//! Any sequence of operations leaves the store as it leaves a plain map. The model learns from the store's
//! events what was evicted, and checks that there was a reason.
#![no_main]

use std::collections::HashMap;

use express_session_native_fuzz::codec::encoding::Encoding;
use express_session_native_fuzz::engines::memory::{
    Cookie, Kind, Limits, MemoryStore, SlotHint, TOMBSTONE_MS, Touched, Watch, Write, Written,
};
use libfuzzer_sys::fuzz_target;

const START: u64 = 1_763_754_720_000;
/// The wheel is behind by at most two ticks.
const SWEPT_LATE: u64 = 512;

/// An operation in four bytes, so that a change of one byte leaves the other operations as they are.
#[derive(Debug)]
enum Op {
    Commit {
        id: Vec<u8>,
        text: Text,
        ttl: u64,
        returned: bool,
    },
    /// By a request that had loaded the session `ago` revisions before.
    LateCommit {
        id: Vec<u8>,
        text: Text,
        ttl: u64,
        ago: usize,
        by_hint: bool,
    },
    Get {
        id: Vec<u8>,
        returned: bool,
    },
    Touch {
        id: Vec<u8>,
        cookie: Option<u8>,
        ttl: u64,
        by_hint: bool,
    },
    Destroy {
        id: Vec<u8>,
    },
    Clear,
    Wait {
        ms: u64,
    },
    Sweep {
        budget: usize,
    },
}

impl Op {
    fn from(&[kind, id, text, time]: &[u8; 4]) -> Self {
        let (flag, id, ms) = (kind & 0x80 != 0, id_from(id), ms_from(time));
        match kind % 16 {
            0..4 => Op::Commit { id, text: Text { cookie: text / 8, data: text }, ttl: ms, returned: flag },
            4..7 => {
                let text = Text { cookie: text / 8, data: text };
                Op::LateCommit { id, text, ttl: ms, ago: usize::from(kind / 16 % 3), by_hint: flag }
            }
            7..9 => Op::Get { id, returned: flag },
            9 | 10 => Op::Touch { id, cookie: (text < 128).then_some(text), ttl: ms, by_hint: flag },
            11 | 12 => Op::Destroy { id },
            13 if text < 64 => Op::Clear,
            13 | 14 => Op::Wait { ms },
            _ => Op::Sweep { budget: usize::from(text) },
        }
    }
}

fn id_from(byte: u8) -> Vec<u8> {
    match byte % 8 {
        number @ 0..5 => format!("{number:03}-AAAABBBBCCCC_DDDDabcdefghijk").into_bytes(),
        number @ 5..7 => format!("of another kind {number}").into_bytes(),
        _ => Vec::new(),
    }
}

/// From 0 ms to four years.
fn ms_from(byte: u8) -> u64 {
    match byte {
        0..8 => u64::from(byte),
        _ => u64::from(byte % 8 + 8) << (byte / 8),
    }
}

#[derive(Debug)]
struct Text {
    cookie: u8,
    data: u8,
}

impl Text {
    fn cookie(kind: u8) -> String {
        match kind % 5 {
            0 => r#"{"originalMaxAge":60000,"expires":"2025-11-21T19:53:00.000Z","path":"/"}"#.into(),
            1 => r#"{"expires":null,"path":"/"}"#.into(),
            2 => r#"{"expires":"soon"}"#.into(),
            3 => "{}".into(),
            _ => format!(r#"{{"path":"{}"}}"#, "é".repeat(300)),
        }
    }

    fn data(&self) -> String {
        match self.data % 4 {
            0 => "{}".into(),
            1 => r#"{"name":"日本"}"#.into(),
            _ => format!(r#"{{"x":"{}"}}"#, "y".repeat(usize::from(self.data))),
        }
    }

    fn join(cookie: &str, data: &str) -> Vec<u8> {
        let comma = if data == "{}" { "" } else { "," };
        format!(r#"{{"cookie":{cookie}{comma}{}"#, &data[1..]).into_bytes()
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&[max_sessions, max_bytes], ops)) = input.split_first_chunk() else { return };
    let mut model = Model::new(Limits {
        max_sessions: (max_sessions < 128).then_some(u64::from(max_sessions % 16)),
        // At least the largest session.
        max_bytes: (max_bytes < 128).then_some(2000 + 64 * u64::from(max_bytes)),
    });
    for op in ops.as_chunks().0 {
        model.apply(Op::from(op));
        model.check();
    }
});

#[derive(Debug)]
struct Session {
    cookie: String,
    data: String,
    deadline: u64,
    revision: u32,
}

impl Session {
    fn text(&self) -> Vec<u8> {
        Text::join(&self.cookie, &self.data)
    }
}

struct Model {
    store: MemoryStore,
    watch: Watch,
    now: u64,
    sessions: HashMap<Vec<u8>, Session>,
    /// The revisions of each id, and whether a late save of them must be dropped.
    revisions: HashMap<Vec<u8>, Vec<(u32, bool)>>,
    /// Until when the destruction of an id is remembered.
    tombstones: HashMap<Vec<u8>, u64>,
    /// Some tombstone has gone. Older late saves may then be dropped without need.
    has_forgotten: bool,
    hints: HashMap<Vec<u8>, (SlotHint, u32)>,
}

impl Model {
    fn new(limits: Limits) -> Self {
        let store = MemoryStore::new(limits);
        Model {
            watch: store.watch(false),
            store,
            now: START,
            sessions: HashMap::new(),
            revisions: HashMap::new(),
            tombstones: HashMap::new(),
            has_forgotten: limits.max_bytes.is_some(),
            hints: HashMap::new(),
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Commit { id, text, ttl, returned } => self.commit(&id, &text, ttl, returned),
            Op::LateCommit { id, text, ttl, ago, by_hint } => self.late_commit(&id, &text, ttl, ago, by_hint),
            Op::Get { id, returned } => self.get(&id, returned),
            Op::Touch { id, cookie, ttl, by_hint } => self.touch(&id, cookie, ttl, by_hint),
            Op::Destroy { id } => self.destroy(&id),
            Op::Clear => self.clear(),
            Op::Wait { ms } => self.wait(ms),
            Op::Sweep { budget } => self.sweep(budget),
        }
    }

    fn live(&self, id: &[u8]) -> Option<&Session> {
        self.sessions.get(id).filter(|session| session.deadline > self.now)
    }

    fn commit(&mut self, id: &[u8], text: &Text, ttl: u64, returned: bool) {
        let (cookie, data) = (Text::cookie(text.cookie), text.data());
        let deadline = self.now + ttl;
        let whole = Text::join(&cookie, &data);
        let written = self.store.write_text(id, &whole, Encoding::Utf8, deadline, returned, self.now);
        let written = written.expect("the bounds fit any session");
        assert_ne!(written, Written::Dropped, "it named no revision");
        self.written(id, written, cookie, data, deadline);
    }

    fn late_commit(&mut self, id: &[u8], text: &Text, ttl: u64, ago: usize, by_hint: bool) {
        let Some(&(revision, is_dead)) = self.revisions.get(id).and_then(|all| all.iter().rev().nth(ago))
        else {
            return;
        };
        let (cookie, data) = (Text::cookie(text.cookie), text.data());
        let deadline = self.now + ttl;
        let (form, bytes, encoding) = (Cookie::Text(cookie.as_bytes()), data.as_bytes(), Encoding::Utf8);
        let hint = self.hints.get(id).filter(|(_, seen)| by_hint && *seen == revision);
        let seen = hint.and_then(|(hint, _)| {
            self.store.write_seen(*hint, revision, form, bytes, encoding, deadline, false, self.now)
        });
        let written = seen.unwrap_or_else(|| {
            let mode = Write::Update { revision };
            self.store.write(id, form, bytes, encoding, deadline, mode, false, self.now)
        });
        let written = written.expect("the bounds fit any session");
        let is_dropped = written == Written::Dropped;
        if is_dead {
            assert!(is_dropped, "the session was destroyed or cleared");
        } else if let Some(session) = self.sessions.get(id) {
            assert_eq!(is_dropped, session.revision != revision);
        } else if !self.has_forgotten && !self.tombstones.contains_key(id) {
            assert!(!is_dropped, "the session only expired or was evicted");
        }
        self.written(id, written, cookie, data, deadline);
    }

    fn written(&mut self, id: &[u8], written: Written, cookie: String, data: String, deadline: u64) {
        let before = self.live(id).map(|session| session.revision);
        let revision = match written {
            Written::Dropped => return self.removed(Vec::new()),
            Written::Replaced(revision) => {
                assert_eq!(before, Some(revision));
                // An event for it would fail: nobody asked for replacements, and a write does not evict its own session.
                self.sessions.remove(id);
                self.removed(Vec::new());
                revision
            }
            Written::Created(revision) => {
                assert_eq!(before, None);
                // An expired session of this id is told first.
                self.removed(Vec::new());
                self.revisions.entry(id.to_vec()).or_default().push((revision, false));
                self.has_forgotten |= self.tombstones.remove(id).is_some();
                revision
            }
        };
        self.sessions.insert(id.to_vec(), Session { cookie, data, deadline, revision });
    }

    fn get(&mut self, id: &[u8], returned: bool) {
        let found = self.store.read(id, self.now, returned, |view| {
            let mut text = Vec::new();
            view.write_text(&mut text);
            (text, view.deadline, view.revision, view.hint)
        });
        if let Some((.., revision, hint)) = found {
            self.hints.insert(id.to_vec(), (hint, revision));
        }
        let expected = self.live(id).map(|session| (session.text(), session.deadline, session.revision));
        assert_eq!(found.map(|(text, deadline, revision, _)| (text, deadline, revision)), expected);
        self.removed(Vec::new());
    }

    fn touch(&mut self, id: &[u8], cookie: Option<u8>, ttl: u64, by_hint: bool) {
        let deadline = self.now + ttl;
        let cookie = cookie.map(Text::cookie);
        let form = cookie.as_ref().map(|cookie| Cookie::Text(cookie.as_bytes()));
        let live = self.live(id).map(|session| session.revision);
        let seen = match (form, self.hints.get(id)) {
            (Some(form), Some(&(hint, revision))) if by_hint => {
                let touched = self.store.touch_seen(hint, revision, form, deadline, self.now);
                assert!(!touched || live == Some(revision), "the hint is outdated");
                touched
            }
            _ => false,
        };
        if !seen {
            let touched = self.store.touch(id, form, deadline, self.now);
            assert_eq!(touched, if live.is_some() { Touched::Renewed } else { Touched::Absent });
        }
        if live.is_some() {
            let session = self.sessions.get_mut(id).expect("it is live");
            session.deadline = deadline;
            session.cookie = cookie.unwrap_or_else(|| session.cookie.clone());
        }
        self.removed(Vec::new());
    }

    fn destroy(&mut self, id: &[u8]) {
        let was_live = self.live(id).is_some();
        assert_eq!(self.store.destroy(id, self.now), was_live);
        self.removed(if was_live { vec![id.to_vec()] } else { Vec::new() });
        self.tombstones.insert(id.to_vec(), self.now + TOMBSTONE_MS);
        for (_, is_dead) in self.revisions.entry(id.to_vec()).or_default() {
            *is_dead = true;
        }
    }

    fn clear(&mut self) {
        self.store.clear(self.now);
        assert_eq!(self.store.len(), 0);
        while self.store.sweep(self.now, 3).more {}
        let live = self.sessions.keys().filter(|id| self.live(id).is_some()).cloned().collect();
        self.removed(live);
        assert!(self.sessions.is_empty(), "each is told, as destroyed or as expired");
        self.tombstones.clear();
        for (_, is_dead) in self.revisions.values_mut().flatten() {
            *is_dead = true;
        }
    }

    fn wait(&mut self, ms: u64) {
        self.now += ms;
        let (now, revisions, has_forgotten) = (self.now, &mut self.revisions, &mut self.has_forgotten);
        self.tombstones.retain(|id, until| {
            let is_kept = *until > now;
            if !is_kept {
                *has_forgotten = true;
                // Whether late saves are still dropped depends on when the tombstone was swept.
                revisions.remove(id);
            }
            is_kept
        });
    }

    fn sweep(&mut self, budget: usize) {
        let mut swept = self.store.sweep(self.now, budget);
        while swept.more && budget > 128 {
            swept = self.store.sweep(self.now, budget);
        }
        self.removed(Vec::new());
        if !swept.more {
            assert!(self.sessions.values().all(|session| session.deadline + SWEPT_LATE > self.now));
        }
    }

    /// Processes the store's events: besides `destroyed`, sessions may have expired, or been evicted at a bound.
    fn removed(&mut self, mut destroyed: Vec<Vec<u8>>) {
        let limits = self.store.limits();
        for event in self.watch.drain(usize::MAX) {
            let session = self.sessions.remove(&*event.id).expect("one event for each session");
            assert_eq!(event.text, session.text());
            match event.kind {
                Kind::Expired => assert!(session.deadline <= self.now),
                Kind::Evicted => assert!(limits.max_sessions.is_some() || limits.max_bytes.is_some()),
                Kind::Destroyed => {
                    let at = destroyed.iter().position(|id| **id == *event.id).expect("it was destroyed");
                    destroyed.swap_remove(at);
                }
                Kind::Replaced => panic!("nobody asked"),
            }
        }
        assert!(destroyed.is_empty(), "an event for each that was destroyed");
    }

    fn check(&mut self) {
        let stats = self.store.stats();
        assert_eq!(stats.sessions, self.sessions.len() as u64);
        assert!(stats.sessions <= stats.limits.max_sessions.unwrap_or(u64::MAX));
        assert!(stats.bytes <= stats.limits.max_bytes.unwrap_or(u64::MAX));
        let mut ids: Vec<_> = (0..).map_while(|shard| self.store.ids(shard, self.now)).flatten().collect();
        ids.sort();
        let mut expected: Vec<_> = self.sessions.keys().filter(|id| self.live(id).is_some()).collect();
        expected.sort();
        assert!(ids.iter().map(|id| &**id).eq(expected.iter().map(|id| id.as_slice())));
    }
}
