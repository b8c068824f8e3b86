//! Compares the store with a model of it, a plain map. The model learns from the store's events what was
//! evicted, and checks that there was a reason.

use std::collections::HashMap;

use proptest::prelude::*;

use super::rank::Visits;
use super::*;
use crate::codec::encoding::Encoding;
use crate::codec::iso_date;

const START: i64 = 1_763_754_720_000;
/// The first id of strangers, and how many there are.
const STRANGERS: u8 = 100;

#[derive(Debug, Clone)]
enum Op {
    Set {
        id: u8,
        text: Text,
        ttl: i64,
        rank: u8,
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
        came_back: bool,
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
    /// Time goes on for the system and for all callers.
    Advance {
        ms: i64,
    },
    /// From now on, callers see a time that differs from the system's.
    Skew {
        ms: i64,
    },
    Sweep {
        budget: usize,
    },
    Count,
    /// Strangers come one after the other, each with a session that is new.
    Flood {
        first: u8,
        count: u8,
        data: u8,
        /// Their clients come back once.
        come_back: bool,
    },
}

#[derive(Debug, Clone)]
enum Text {
    Split { cookie: u8, data: u8 },
    Garbage(Vec<u8>),
}

fn cookie(kind: u8, deadline: i64) -> String {
    let date = |ms: i64| {
        let date = iso_date::format(ms).unwrap();
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
    deadline: i64,
    revision: u32,
    rank: Rank,
    visits: Visits,
}

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It lives, or has expired, or was evicted: a late save is stored.
    Undisturbed,
    /// It was destroyed or cleared: a late save is dropped.
    Destroyed,
    /// It was gone when its id was destroyed: a late save is dropped as long as there is the tombstone.
    IdDestroyed,
}

struct Model {
    store: MemoryStore,
    watch: Watch,
    /// The time that callers see.
    now: i64,
    system: i64,
    /// Whether the callers' clock ever went back.
    went_back: bool,
    /// What happens as a side effect needs the system's clock to agree.
    is_side_effect: bool,
    sessions: HashMap<Vec<u8>, Session>,
    tombstones: HashMap<Vec<u8>, i64>,
    /// The revisions of each id.
    revisions: HashMap<Vec<u8>, Vec<(u32, Fate)>>,
    /// The hint and revision of the last read of each id.
    hints: HashMap<Vec<u8>, (SlotHint, u32)>,
    /// Tombstones may have gone early.
    forgets: bool,
    sets: u64,
}

impl Model {
    fn new(shards: usize, limits: Limits) -> Self {
        let store = MemoryStore::with_shards(limits, shards);
        store.state.clock.set(START);
        let watch = store.watch(true);
        Model {
            store,
            watch,
            now: START,
            system: START,
            went_back: false,
            is_side_effect: false,
            sessions: HashMap::new(),
            tombstones: HashMap::new(),
            revisions: HashMap::new(),
            hints: HashMap::new(),
            forgets: limits.max_bytes.is_some(),
            sets: 0,
        }
    }

    fn deadline(&self, ttl: i64) -> i64 {
        self.now.checked_add(ttl).unwrap()
    }

    /// A writer whose clock is behind ends no session that is valid on the system's.
    fn later_deadline(&self, id: &[u8], new: i64) -> i64 {
        let valid = |session: &&Session| session.deadline > self.system && session.deadline != i64::MAX;
        match self.sessions.get(id).filter(valid) {
            Some(old) if new > self.now && new <= self.system && self.now < self.system - 60_000 => {
                old.deadline
            }
            _ => new,
        }
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
    fn events(
        &mut self,
        mut destroyed: Vec<Vec<u8>>,
        replaced: Option<(&[u8], &[u8])>,
        spared: Option<(Rank, u64)>,
    ) {
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
                Kind::Expired => {
                    assert!(gone.deadline <= self.now);
                    assert!(!self.is_side_effect || gone.deadline <= self.system);
                }
                Kind::Evicted => {
                    assert!(limits.max_sessions.is_some() || limits.max_bytes.is_some());
                    self.check_evicted(gone.rank, spared);
                }
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

    /// A session goes only where the lower ranks, without the one that was just written, have but their share.
    fn check_evicted(&self, rank: Rank, spared: Option<(Rank, u64)>) {
        let lower = &self.store.state.totals.ranks[..rank.index()];
        let spared = spared.filter(|(spared, _)| *spared < rank).map(|(_, len)| len);
        let sessions: u64 = lower.iter().map(|total| total.sessions.get()).sum();
        let bytes: u64 = lower.iter().map(|total| total.bytes.get()).sum();
        // The one that was just written may have expired already.
        let sessions = sessions.saturating_sub(u64::from(spared.is_some()));
        let bytes = bytes.saturating_sub(spared.unwrap_or(0));
        // What the session takes beside its text is not known here.
        let slack = if spared.is_some() { 2000 } else { 0 };
        let Limits { max_sessions, max_bytes } = self.store.limits();
        let by_sessions = max_sessions.is_some_and(|max| sessions * 10 <= max);
        let by_bytes = max_bytes.is_some_and(|max| bytes * 10 <= max + slack);
        assert!(
            by_sessions || by_bytes,
            "{rank:?} evicted beside {sessions} lower sessions of {bytes} bytes"
        );
    }

    /// A session is refused only for its size, where there are others of higher rank.
    fn check_refused(&mut self, id: &[u8], len: usize, rank: Rank, refused: Refused) {
        assert_eq!(refused, Refused::Outranked, "the bounds fit any session");
        self.events(Vec::new(), None, None);
        let rank = self.sessions.get(id).map_or(rank, |session| session.rank.max(rank));
        assert!(self.sessions.values().any(|session| session.rank > rank));
        let max = self.store.limits().max_bytes.expect("a bound on bytes");
        assert!(((id.len() + len) as u64 + 200) * 10 > max);
    }

    fn written(
        &mut self,
        id: &[u8],
        text: Vec<u8>,
        data: Option<String>,
        deadline: i64,
        rank: Rank,
        written: Written,
    ) {
        let old = self.sessions.get(id);
        let (old_rank, visits) = old.map_or((Rank::New, Visits::NONE), |old| (old.rank, old.visits));
        let old = old.map(|old| (old.text.clone(), old.revision, old.deadline > self.now));
        match written {
            Written::Replaced(revision) => {
                let (old, old_revision, live) = old.expect("something to replace");
                assert!(live);
                assert_eq!(revision, old_revision);
                let rank = rank.max(old_rank);
                let deadline = self.later_deadline(id, deadline);
                let spared = Some((rank, text.len() as u64));
                self.sessions.insert(id.to_vec(), Session { text, data, deadline, revision, rank, visits });
                self.events(Vec::new(), Some((id, &old)), spared);
            }
            Written::Created(revision) => {
                assert!(old.is_none_or(|(_, _, live)| !live));
                // An expired session of this id is removed first.
                self.events(Vec::new(), None, Some((rank, text.len() as u64)));
                let visits = Visits::NONE;
                self.sessions.insert(id.to_vec(), Session { text, data, deadline, revision, rank, visits });
                self.revisions.entry(id.to_vec()).or_default().push((revision, Fate::Undisturbed));
            }
            Written::Dropped => self.events(Vec::new(), None, None),
        }
        if written != Written::Dropped {
            self.sets += 1;
            assert_eq!(self.text(id).is_some(), deadline > self.now, "the written session is not evicted");
            self.events(Vec::new(), None, None);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    fn apply(&mut self, op: Op) {
        self.is_side_effect = matches!(op, Op::Get { .. } | Op::Touch { .. } | Op::Count);
        match op {
            Op::Set { id: number, text, ttl, rank } => {
                let (id, deadline) = (id(number), self.deadline(ttl));
                let rank = Rank::ALL[usize::from(rank) % Rank::COUNT];
                let (text, data, encoding) = match text {
                    Text::Split { cookie: kind, data: number } => {
                        let data = data(number);
                        (join(&cookie(kind, deadline), &data), Some(data), Encoding::Utf8)
                    }
                    Text::Garbage(text) => (text, None, Encoding::Wide),
                };
                let result = self.store.write_text(&id, &text, encoding, deadline, rank, self.now);
                match result {
                    Ok(written) => {
                        assert_ne!(written, Written::Dropped);
                        self.written(&id, text, data, deadline, rank, written);
                    }
                    Err(refused) => self.check_refused(&id, text.len(), rank, refused),
                }
            }
            Op::Save { id: number, cookie: kind, data: number_of_data, ttl, ago, by_hint } => {
                let (id, deadline) = (id(number), self.deadline(ttl));
                let (cookie, data) = (cookie(kind, deadline), data(number_of_data));
                let revisions = self.revisions.get(&id).map(Vec::as_slice).unwrap_or_default();
                let Some((revision, fate)) = revisions.iter().rev().nth(ago).copied() else { return };
                let (form, text, encoding) =
                    (Cookie::Text(cookie.as_bytes()), data.as_bytes(), Encoding::Utf8);
                let rank = Rank::New;
                let written_seen = match self.hints.get(&id) {
                    Some(&(hint, seen)) if by_hint && seen == revision => {
                        self.store.write_seen(hint, revision, form, text, encoding, deadline, rank, self.now)
                    }
                    _ => None,
                };
                let result = written_seen.unwrap_or_else(|| {
                    let mode = Write::Update { revision };
                    self.store.write(&id, form, text, encoding, deadline, mode, rank, self.now)
                });
                let text = join(&cookie, &data);
                let written = match result {
                    Ok(written) => written,
                    Err(refused) => return self.check_refused(&id, text.len(), rank, refused),
                };
                match fate {
                    Fate::Undisturbed => assert_ne!(written, Written::Dropped, "it was not destroyed"),
                    Fate::Destroyed => assert_eq!(written, Written::Dropped, "destroyed or cleared since"),
                    Fate::IdDestroyed => assert!(self.forgets || written == Written::Dropped),
                }
                self.written(&id, text, Some(data), deadline, rank, written);
            }
            Op::Get { id: number, came_back } => {
                let id = id(number);
                let (live, revision) =
                    (self.live(&id), self.sessions.get(&id).map(|session| session.revision));
                let found = self.store.read(&id, self.now, came_back, |view| {
                    let mut text = Vec::new();
                    view.write_text(&mut text);
                    (text, view.revision, view.deadline, view.hint)
                });
                assert_eq!(found.is_some(), live);
                if let Some((text, found_revision, deadline, hint)) = found {
                    self.hints.insert(id.clone(), (hint, found_revision));
                    let session = self.sessions.get_mut(&id).unwrap();
                    assert_eq!((&text, Some(found_revision)), (&session.text, revision));
                    assert_eq!(deadline, session.deadline);
                    if came_back && session.rank < Rank::Established {
                        session.rank = session.rank.max(session.visits.rank_at(self.now));
                    }
                }
                self.events(Vec::new(), None, None);
            }
            Op::Touch { id: number, cookie: kind, ttl, by_hint } => {
                let (id, deadline) = (id(number), self.deadline(ttl));
                let cookie = kind.map(|kind| cookie(kind, deadline));
                let live = self.live(&id);
                let form = cookie.as_ref().map(|cookie| Cookie::Text(cookie.as_bytes()));
                let touched_seen = match (form, self.hints.get(&id)) {
                    (Some(cookie), Some(&(hint, revision))) if by_hint => {
                        let touched = self.store.touch_seen(hint, revision, cookie, deadline, self.now);
                        if touched != Touched::Absent {
                            assert!(live, "an absent session was touched");
                            assert_eq!(self.sessions[&id].revision, revision);
                        }
                        touched
                    }
                    _ => Touched::Absent,
                };
                let touched = match touched_seen {
                    Touched::Absent => self.store.touch(&id, form, deadline, self.now),
                    touched => touched,
                };
                assert_eq!(touched != Touched::Absent, live);
                let spared = if let Touched::Refused(refused) = touched {
                    let len = self.sessions[&id].text.len() + cookie.map_or(0, |cookie| cookie.len());
                    return self.check_refused(&id, len, Rank::New, refused);
                } else if live {
                    let deadline = self.later_deadline(&id, deadline);
                    let session = self.sessions.get_mut(&id).unwrap();
                    session.deadline = deadline;
                    if let (Some(data), Some(cookie)) = (&session.data, &cookie) {
                        session.text = join(cookie, data);
                    }
                    Some((session.rank, session.text.len() as u64))
                } else {
                    None
                };
                self.events(Vec::new(), None, spared);
            }
            Op::Destroy { id: number } => {
                let id = id(number);
                let live = self.live(&id);
                let destroyed = self.sessions.get(&id).filter(|_| live).map(|session| session.revision);
                assert_eq!(self.store.destroy(&id, self.now), live);
                self.events(if live { vec![id.clone()] } else { Vec::new() }, None, None);
                self.tombstones.insert(id.clone(), self.system.max(self.now) + TOMBSTONE_MS);
                for (revision, fate) in self.revisions.entry(id).or_default() {
                    if Some(*revision) == destroyed {
                        *fate = Fate::Destroyed;
                    } else if *fate == Fate::Undisturbed {
                        *fate = Fate::IdDestroyed;
                    }
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
                self.events(live, None, None);
                assert!(self.sessions.is_empty());
                self.tombstones.clear();
                for (_, fate) in self.revisions.values_mut().flatten() {
                    *fate = Fate::Destroyed;
                }
            }
            Op::Advance { ms } => {
                self.now += ms;
                self.system += ms;
                self.went_back |= ms < 0;
                self.store.state.clock.set(self.system);
                self.forget_tombstones(self.system);
            }
            Op::Count => {
                let live = self.sessions.values().filter(|session| session.deadline > self.now).count();
                assert_eq!(self.store.count(self.now, 3), live as u64);
                self.events(Vec::new(), None, None);
            }
            Op::Skew { ms } => {
                self.went_back |= self.system + ms < self.now;
                self.now = self.system + ms;
            }
            Op::Sweep { budget } => {
                self.forget_tombstones(self.system.max(self.now));
                if budget == 0 {
                    while self.store.sweep(self.now, 7).more {}
                    self.events(Vec::new(), None, None);
                    // Two ticks of the wheel. If the clock went back a little, the wheel waits for the old time.
                    let old = self.now - 512;
                    if !self.went_back {
                        assert!(self.sessions.values().all(|session| session.deadline > old));
                    }
                } else {
                    let swept = self.store.sweep(self.now, budget);
                    assert!(swept.freed <= budget + 1);
                    self.events(Vec::new(), None, None);
                }
            }
            Op::Flood { first, count, data, come_back } => {
                for number in 0..count {
                    let id = STRANGERS + first.wrapping_add(number) % STRANGERS;
                    let text = Text::Split { cookie: 2, data };
                    self.apply(Op::Set { id, text, ttl: 1000, rank: 0 });
                    if come_back {
                        self.apply(Op::Get { id, came_back: true });
                    }
                }
            }
        }
        self.is_side_effect = true;
        self.check();
    }

    /// Late saves of a session whose id was destroyed long ago are no longer dropped.
    fn forget_tombstones(&mut self, latest: i64) {
        let revisions = &mut self.revisions;
        self.tombstones.retain(|id, until| {
            if *until <= latest {
                // Whether it is still remembered depends on when it was swept.
                revisions
                    .get_mut(id)
                    .into_iter()
                    .for_each(|all| all.retain(|(_, fate)| *fate != Fate::IdDestroyed));
            }
            *until > latest
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
    let ttl =
        prop_oneof![-10..1000_i64, 0..100_000_i64, Just(86_400_000), Just(250_000_000_000_000 - START),];
    let text = prop_oneof![
        4 => (any::<u8>(), any::<u8>()).prop_map(|(cookie, data)| Text::Split { cookie, data }),
        1 => prop::collection::vec(any::<u8>(), 0..50).prop_map(Text::Garbage),
    ];
    prop_oneof![
        8 => (id.clone(), text, ttl.clone(), any::<u8>())
            .prop_map(|(id, text, ttl, rank)| Op::Set { id, text, ttl, rank }),
        5 => (id.clone(), any::<u8>(), any::<u8>(), ttl.clone(), 0..3_usize, any::<bool>())
            .prop_map(|(id, cookie, data, ttl, ago, by_hint)| Op::Save { id, cookie, data, ttl, ago, by_hint }),
        5 => (id.clone(), any::<bool>()).prop_map(|(id, came_back)| Op::Get { id, came_back }),
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
        1 => Just(Op::Count),
        1 => prop_oneof![2 => Just(0), 1 => Just(31_536_000_000_i64), 1 => -100_000_000..1_000_000_i64]
            .prop_map(|ms| Op::Skew { ms }),
        3 => (0..20_usize).prop_map(|budget| Op::Sweep { budget }),
        1 => (any::<u8>(), 5..16_u8, any::<u8>(), any::<bool>())
            .prop_map(|(first, count, data, come_back)| Op::Flood { first, count, data, come_back }),
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
