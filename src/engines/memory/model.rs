//! Compares the store with a model of it, a plain map. The model learns from the store's events what was
//! evicted, and checks that there was a reason.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::codec::encoding::Encoding;
use crate::codec::iso_date;

const START: u64 = 1_763_754_720_000;

#[derive(Debug, Clone)]
enum Op {
    Set {
        id: u8,
        text: Text,
        ttl: i64,
        returned: bool,
    },
    /// A save by a request that had loaded the session `ago` revisions before.
    Save {
        id: u8,
        cookie: u8,
        data: u8,
        ttl: i64,
        ago: usize,
        /// With the hint of the last read.
        by_hint: bool,
    },
    Get {
        id: u8,
        returned: bool,
    },
    Touch {
        id: u8,
        cookie: Option<u8>,
        ttl: i64,
        /// With the hint of the last read.
        by_hint: bool,
    },
    Destroy {
        id: u8,
    },
    Clear,
    Advance {
        ms: i64,
    },
    Sweep {
        budget: usize,
    },
}

#[derive(Debug, Clone)]
enum Text {
    Split { cookie: u8, data: u8 },
    Garbage(Vec<u8>),
}

fn cookie(kind: u8, deadline: u64) -> String {
    let date = |ms: u64| {
        let date = iso_date::format(i64::try_from(ms).unwrap()).unwrap();
        String::from_utf8(date.to_vec()).unwrap()
    };
    match kind % 6 {
        0 => format!(r#"{{"originalMaxAge":1000,"expires":"{}","path":"/"}}"#, date(deadline)),
        1 => format!(r#"{{"expires":"{}"}}"#, date(deadline + 5)),
        2 => r#"{"expires":null,"path":"/"}"#.into(),
        3 => "{}".into(),
        4 => r#"{"expires":"soon"}"#.into(),
        _ => format!(r#"{{"path":"{}"}}"#, "é".repeat(300)),
    }
}

fn data(kind: u8) -> String {
    match kind % 5 {
        0 => "{}".into(),
        1 => r#"{"views":1}"#.into(),
        2 => r#"{"views":2}"#.into(),
        3 => r#"{"name":"日本"}"#.into(),
        _ => format!(r#"{{"x":"{}"}}"#, "y".repeat(usize::from(kind) * 4)),
    }
}

fn join(cookie: &str, data: &str) -> Vec<u8> {
    let comma = if data == "{}" { "" } else { "," };
    format!(r#"{{"cookie":{cookie}{comma}{}"#, &data[1..]).into_bytes()
}

fn id(number: u8) -> Vec<u8> {
    match number % 3 {
        0 => format!("{number:03}-AAAABBBBCCCC_DDDDabcdefghijk").into_bytes(),
        1 => format!("foreign {number}").into_bytes(),
        _ => vec![number; usize::from(number)],
    }
}

struct Session {
    text: Vec<u8>,
    /// `None`: the text is not split, and a touch does not change it.
    data: Option<String>,
    deadline: u64,
    revision: u32,
}

struct Model {
    store: MemoryStore,
    watch: Watch,
    now: u64,
    /// Whether the clock ever went back.
    went_back: bool,
    sessions: HashMap<Vec<u8>, Session>,
    tombstones: HashMap<Vec<u8>, u64>,
    /// The revisions of each id, and whether a late save of them must be dropped.
    revisions: HashMap<Vec<u8>, Vec<(u32, bool)>>,
    /// The hint and revision of the last read of each id.
    hints: HashMap<Vec<u8>, (SlotHint, u32)>,
    /// Tombstones may have gone early. Then older late saves may be dropped without need.
    forgets: bool,
    sets: u64,
}

impl Model {
    fn new(shards: usize, limits: Limits) -> Self {
        let store = MemoryStore::with_shards(limits, shards);
        let watch = store.watch(true);
        Model {
            store,
            watch,
            now: START,
            went_back: false,
            sessions: HashMap::new(),
            tombstones: HashMap::new(),
            revisions: HashMap::new(),
            hints: HashMap::new(),
            forgets: limits.max_bytes.is_some(),
            sets: 0,
        }
    }

    fn deadline(&self, ttl: i64) -> u64 {
        self.now.checked_add_signed(ttl).unwrap()
    }

    fn live(&self, id: &[u8]) -> bool {
        self.sessions.get(id).is_some_and(|session| session.deadline > self.now)
    }

    fn text(&self, id: &[u8]) -> Option<Vec<u8>> {
        self.store.peek(id, self.now, |view| {
            let mut text = Vec::new();
            view.write_text(&mut text);
            text
        })
    }

    /// Processes the store's events.
    fn events(&mut self, mut destroyed: Vec<Vec<u8>>, replaced: Option<(&[u8], &[u8])>) {
        let limits = self.store.limits();
        let mut replacements = 0;
        for event in self.watch.drain(usize::MAX) {
            if event.kind == Kind::Replaced {
                assert_eq!(replaced, Some((&*event.id, &event.text[..])));
                replacements += 1;
                continue;
            }
            let gone = self.sessions.remove(&*event.id).expect("one event for each session");
            assert_eq!(event.text, gone.text);
            match event.kind {
                Kind::Expired => assert!(gone.deadline <= self.now),
                Kind::Evicted => assert!(limits.max_sessions.is_some() || limits.max_bytes.is_some()),
                Kind::Destroyed => {
                    let at = destroyed.iter().position(|id| **id == *event.id).expect("destroyed");
                    destroyed.swap_remove(at);
                }
                Kind::Replaced => unreachable!(),
            }
        }
        assert_eq!(replacements, usize::from(replaced.is_some()));
        assert!(destroyed.is_empty(), "an event for each that was destroyed");
    }

    fn written(&mut self, id: &[u8], text: Vec<u8>, data: Option<String>, deadline: u64, written: Written) {
        let old = self.sessions.get(id).map(|old| (old.text.clone(), old.revision, old.deadline > self.now));
        match written {
            Written::Replaced(revision) => {
                let (old, old_revision, live) = old.expect("something to replace");
                assert!(live);
                assert_eq!(revision, old_revision);
                self.sessions.insert(id.to_vec(), Session { text, data, deadline, revision });
                self.events(Vec::new(), Some((id, &old)));
            }
            Written::Created(revision) => {
                assert!(old.is_none_or(|(_, _, live)| !live));
                // An expired session of this id is removed first.
                self.events(Vec::new(), None);
                self.sessions.insert(id.to_vec(), Session { text, data, deadline, revision });
                self.revisions.entry(id.to_vec()).or_default().push((revision, false));
                self.forgets |= self.tombstones.remove(id).is_some();
            }
            Written::Dropped => self.events(Vec::new(), None),
        }
        if written != Written::Dropped {
            self.sets += 1;
            assert_eq!(self.text(id).is_some(), deadline > self.now, "the written session is not evicted");
            self.events(Vec::new(), None);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    fn apply(&mut self, op: Op) {
        match op {
            Op::Set { id: number, text, ttl, returned } => {
                let (id, deadline) = (id(number), self.deadline(ttl));
                let (text, data, encoding) = match text {
                    Text::Split { cookie: kind, data: number } => {
                        let data = data(number);
                        (join(&cookie(kind, deadline), &data), Some(data), Encoding::Utf8)
                    }
                    Text::Garbage(text) => (text, None, Encoding::Wide),
                };
                let result = self.store.write_text(&id, &text, encoding, deadline, returned, self.now);
                match result {
                    Ok(written) => {
                        assert_ne!(written, Written::Dropped);
                        self.written(&id, text, data, deadline, written);
                    }
                    Err(TooLarge) => panic!("the bounds fit any session"),
                }
            }
            Op::Save { id: number, cookie: kind, data: number_of_data, ttl, ago, by_hint } => {
                let (id, deadline) = (id(number), self.deadline(ttl));
                let (cookie, data) = (cookie(kind, deadline), data(number_of_data));
                let revisions = self.revisions.get(&id).map(Vec::as_slice).unwrap_or_default();
                let Some((revision, dead)) = revisions.iter().rev().nth(ago).copied() else { return };
                let (form, text, encoding) =
                    (Cookie::Text(cookie.as_bytes()), data.as_bytes(), Encoding::Utf8);
                let written_seen = match self.hints.get(&id) {
                    Some(&(hint, seen)) if by_hint && seen == revision => {
                        self.store.write_seen(hint, revision, form, text, encoding, deadline, false, self.now)
                    }
                    _ => None,
                };
                let result = written_seen.unwrap_or_else(|| {
                    let mode = Write::Update { revision };
                    self.store.write(&id, form, text, encoding, deadline, mode, false, self.now)
                });
                let Ok(written) = result else { return };
                if dead {
                    assert_eq!(written, Written::Dropped, "destroyed or cleared since");
                } else if let Some(session) = self.sessions.get(&id) {
                    assert_eq!(written != Written::Dropped, session.revision == revision);
                } else if !self.forgets && !self.tombstones.contains_key(&id) {
                    assert_ne!(written, Written::Dropped, "it only expired or was evicted");
                }
                self.written(&id, join(&cookie, &data), Some(data), deadline, written);
            }
            Op::Get { id: number, returned } => {
                let id = id(number);
                let (live, revision) =
                    (self.live(&id), self.sessions.get(&id).map(|session| session.revision));
                let found = self.store.read(&id, self.now, returned, |view| {
                    let mut text = Vec::new();
                    view.write_text(&mut text);
                    (text, view.revision, view.deadline, view.hint)
                });
                assert_eq!(found.is_some(), live);
                if let Some((text, found_revision, deadline, hint)) = found {
                    self.hints.insert(id.clone(), (hint, found_revision));
                    let session = &self.sessions[&id];
                    assert_eq!((&text, Some(found_revision)), (&session.text, revision));
                    assert_eq!(deadline, session.deadline);
                }
                self.events(Vec::new(), None);
            }
            Op::Touch { id: number, cookie: kind, ttl, by_hint } => {
                let (id, deadline) = (id(number), self.deadline(ttl));
                let cookie = kind.map(|kind| cookie(kind, deadline));
                let live = self.live(&id);
                let form = cookie.as_ref().map(|cookie| Cookie::Text(cookie.as_bytes()));
                let touched_seen = match (form, self.hints.get(&id)) {
                    (Some(cookie), Some(&(hint, revision))) if by_hint => {
                        let touched = self.store.touch_seen(hint, revision, cookie, deadline, self.now);
                        if touched {
                            assert!(live, "an absent session was touched");
                            assert_eq!(self.sessions[&id].revision, revision);
                        }
                        touched
                    }
                    _ => false,
                };
                if !touched_seen {
                    assert_eq!(self.store.touch(&id, form, deadline, self.now) != Touched::Absent, live);
                }
                if live {
                    let session = self.sessions.get_mut(&id).unwrap();
                    session.deadline = deadline;
                    if let (Some(data), Some(cookie)) = (&session.data, &cookie) {
                        session.text = join(cookie, data);
                    }
                }
                self.events(Vec::new(), None);
            }
            Op::Destroy { id: number } => {
                let id = id(number);
                let live = self.live(&id);
                assert_eq!(self.store.destroy(&id, self.now), live);
                self.events(if live { vec![id.clone()] } else { Vec::new() }, None);
                self.tombstones.insert(id.clone(), self.now + TOMBSTONE_MS);
                for (_, dead) in self.revisions.entry(id).or_default() {
                    *dead = true;
                }
            }
            Op::Clear => {
                self.store.clear(self.now);
                assert_eq!(self.store.len(), 0);
                assert_eq!(self.store.stats().bytes, 0);
                for id in self.sessions.keys() {
                    assert_eq!(self.text(id), None);
                }
                while self.store.sweep(self.now, 3).more {}
                let live: Vec<_> = self.sessions.keys().filter(|id| self.live(id)).cloned().collect();
                self.events(live, None);
                assert!(self.sessions.is_empty());
                self.tombstones.clear();
                for (_, dead) in self.revisions.values_mut().flatten() {
                    *dead = true;
                }
            }
            Op::Advance { ms } => {
                self.now = self.deadline(ms);
                self.went_back |= ms < 0;
                self.forget_tombstones();
            }
            Op::Sweep { budget } => {
                if budget == 0 {
                    while self.store.sweep(self.now, 7).more {}
                    self.events(Vec::new(), None);
                    // Two ticks of the wheel. If the clock went back a little, the wheel waits for the old time.
                    let old = self.now - 512;
                    if !self.went_back {
                        assert!(self.sessions.values().all(|session| session.deadline > old));
                    }
                } else {
                    let swept = self.store.sweep(self.now, budget);
                    assert!(swept.freed <= budget + 1);
                    self.events(Vec::new(), None);
                }
            }
        }
        self.check();
    }

    /// Late saves of a session that was destroyed long ago are no longer dropped.
    fn forget_tombstones(&mut self) {
        let (now, revisions, forgets) = (self.now, &mut self.revisions, &mut self.forgets);
        self.tombstones.retain(|id, until| {
            *forgets |= *until <= now;
            if *until <= now {
                // Whether it is still remembered depends on when it was swept.
                revisions.remove(id);
            }
            *until > now
        });
    }

    fn check(&self) {
        self.store.check_invariants();
        let stats = self.store.stats();
        assert_eq!(stats.sessions, self.sessions.len() as u64);
        assert_eq!(stats.sets, self.sets);
        assert!(stats.sessions <= stats.limits.max_sessions.unwrap_or(u64::MAX));
        assert!(stats.bytes <= stats.limits.max_bytes.unwrap_or(u64::MAX));
        let mut ids: Vec<Vec<u8>> = (0..)
            .map_while(|shard| self.store.ids(shard, self.now))
            .flatten()
            .map(<[u8]>::into_vec)
            .collect();
        let mut expected: Vec<_> = self.sessions.keys().filter(|id| self.live(id)).cloned().collect();
        ids.sort();
        expected.sort();
        assert_eq!(ids, expected);
        for (id, session) in &self.sessions {
            let text = self.live(id).then(|| session.text.clone());
            // Reading an expired session removes it. The event comes with the next operation.
            if text.is_some() {
                assert_eq!(self.text(id), text);
            }
        }
    }
}

fn op() -> impl Strategy<Value = Op> {
    let id = 0..24_u8;
    let ttl = prop_oneof![
        -10..1000_i64,
        0..100_000_i64,
        Just(86_400_000),
        Just(250_000_000_000_000 - START.cast_signed()),
    ];
    let text = prop_oneof![
        4 => (any::<u8>(), any::<u8>()).prop_map(|(cookie, data)| Text::Split { cookie, data }),
        1 => prop::collection::vec(any::<u8>(), 0..50).prop_map(Text::Garbage),
    ];
    prop_oneof![
        8 => (id.clone(), text, ttl.clone(), any::<bool>())
            .prop_map(|(id, text, ttl, returned)| Op::Set { id, text, ttl, returned }),
        5 => (id.clone(), any::<u8>(), any::<u8>(), ttl.clone(), 0..3_usize, any::<bool>())
            .prop_map(|(id, cookie, data, ttl, ago, by_hint)| Op::Save { id, cookie, data, ttl, ago, by_hint }),
        5 => (id.clone(), any::<bool>()).prop_map(|(id, returned)| Op::Get { id, returned }),
        4 => (id.clone(), any::<Option<u8>>(), ttl, any::<bool>())
            .prop_map(|(id, cookie, ttl, by_hint)| Op::Touch { id, cookie, ttl, by_hint }),
        3 => id.prop_map(|id| Op::Destroy { id }),
        1 => Just(Op::Clear),
        4 => prop_oneof![
            6 => 0..2000_i64,
            2 => 0..1_000_000_i64,
            1 => Just(90_000_000),
            1 => -100_000..0_i64,
        ]
        .prop_map(|ms| Op::Advance { ms }),
        3 => (0..20_usize).prop_map(|budget| Op::Sweep { budget }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_a_map(
        shards in prop_oneof![Just(1_usize), Just(4)],
        max_sessions in prop::option::of(1..20_u64),
        max_bytes in prop::option::of(3001..9000_u64),
        ops in prop::collection::vec(op(), 1..80),
    ) {
        let mut model = Model::new(shards, Limits { max_sessions, max_bytes });
        for op in ops {
            model.apply(op);
        }
    }
}
