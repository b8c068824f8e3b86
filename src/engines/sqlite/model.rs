//! Any sequence of calls on two stores of one file, which are closed and opened again, does what a map does.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use proptest::prelude::*;

use super::key::Key;
use super::record::Write;
use super::shared::{Done, Limits};
use super::store::{NewDeadline, Outcome, Store, Touched, Waits};
use super::time::Now;

/// A file that is removed with its log.
pub(super) struct TestFile(pub(super) PathBuf);

impl TestFile {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sessions-{}-{}.db", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let memory = PathBuf::from("/dev/shm");
        TestFile(if memory.is_dir() { memory } else { std::env::temp_dir() }.join(name))
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

/// Waits for the answer of the writer thread, where there is one to wait for.
pub(super) fn finish(store: &Store, outcome: &Outcome) -> Done {
    match *outcome {
        Outcome::Done(revision) => Done::Written(revision),
        Outcome::Dropped => Done::Dropped,
        Outcome::Refused => panic!("it may wait"),
        Outcome::Waiting(job) => loop {
            store.answers().wait(Duration::from_millis(100));
            if let Some(answer) = store.take_answer() {
                assert_eq!(answer.number, job);
                return answer.result.unwrap();
            }
        },
    }
}

pub(super) fn key(n: u8) -> Key {
    Key::of_id(&[n])
}

pub(super) fn write(n: u8, text: &str, now: i64, lifetime: i64) -> Write {
    Write {
        key: key(n),
        cookie: Some(b"{}".to_vec()),
        data: text.as_bytes().to_vec(),
        is_wide: false,
        deadline: Some(now + lifetime),
        revision: None,
        rank: 0,
        now: Now::at(now),
    }
}

/// The text of a session for somebody who looks around, and its revision.
pub(super) fn look(store: &Store, n: u8, now: i64) -> Option<(String, i64)> {
    let read = |view: super::View<'_>| {
        let mut text = Vec::new();
        view.write_text(&mut text);
        (String::from_utf8(text).unwrap(), view.revision)
    };
    loop {
        match store.read(&key(n), Now::at(now), false, read) {
            Err(super::error::Error::Busy) => {}
            found => return found.unwrap(),
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Set { n: u8, value: u32, lifetime: i64 },
    LateSave { which: usize, value: u32, lifetime: i64 },
    Touch { n: u8, lifetime: i64, value: u32 },
    Look { n: u8 },
    Destroy { n: u8 },
    Clear,
    Advance { by: i64 },
    Prune,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<(bool, Step)>> {
    let n = 0..4_u8;
    let lifetime = prop_oneof![Just(1), Just(10), Just(2000), Just(100_000)];
    let step = prop_oneof![
        8 => (n.clone(), any::<u32>(), lifetime.clone())
            .prop_map(|(n, value, lifetime)| Step::Set { n, value, lifetime }),
        6 => (any::<usize>(), any::<u32>(), lifetime.clone())
            .prop_map(|(which, value, lifetime)| Step::LateSave { which, value, lifetime }),
        4 => (n.clone(), lifetime, any::<u32>()).prop_map(|(n, lifetime, value)| Step::Touch { n, lifetime, value }),
        6 => n.clone().prop_map(|n| Step::Look { n }),
        4 => n.prop_map(|n| Step::Destroy { n }),
        1 => Just(Step::Clear),
        4 => prop_oneof![Just(1), Just(9), Just(999), Just(5000)].prop_map(|by| Step::Advance { by }),
        2 => Just(Step::Prune),
        2 => Just(Step::Reopen),
    ];
    prop::collection::vec((any::<bool>(), step), 1..40)
}

#[derive(Debug, Clone)]
struct Session {
    value: u32,
    cookie: u32,
    deadline: i64,
}

struct Model {
    sessions: HashMap<u8, Session>,
    destroyed: HashMap<u8, usize>,
    /// What requests hold: whose it is, its revision, and when they learnt it.
    known: Vec<(u8, i64, usize)>,
    now: i64,
    step: usize,
}

impl Model {
    fn live(&self, n: u8) -> Option<&Session> {
        self.sessions.get(&n).filter(|session| session.deadline > self.now)
    }
}

fn text(value: u32) -> String {
    format!(r#"{{"n":{value}}}"#)
}

fn open(file: &TestFile) -> Store {
    Store::open(&file.0, Limits::default(), false).unwrap()
}

fn check(store: &Store, model: &mut Model, n: u8) {
    let found = look(store, n, model.now);
    let cookie = |cookie| if cookie == 0 { "{}".to_owned() } else { format!(r#"{{"c":{cookie}}}"#) };
    let expected = model
        .live(n)
        .map(|session| format!(r#"{{"cookie":{},"n":{}}}"#, cookie(session.cookie), session.value));
    assert_eq!(found.as_ref().map(|(text, _)| text), expected.as_ref());
    if let Some((_, revision)) = found {
        model.known.push((n, revision, model.step));
    }
}

fn run(stores: &mut [Store; 2], file: &TestFile, model: &mut Model, at: usize, step: &Step) {
    let now = model.now;
    let waits = if model.step.is_multiple_of(3) { Waits::Always } else { Waits::IfBusy };
    match *step {
        Step::Set { n, value, lifetime } => {
            let outcome = stores[at].commit(write(n, &text(value), now, lifetime), waits).unwrap();
            let Done::Written(revision) = finish(&stores[at], &outcome) else {
                panic!("it is stored in any case")
            };
            model.sessions.insert(n, Session { value, cookie: 0, deadline: now + lifetime });
            model.known.push((n, revision, model.step));
        }
        Step::LateSave { which, value, lifetime } => {
            let Some(&(n, revision, step)) = model.known.get(which % model.known.len().max(1)) else {
                return;
            };
            let late = Write { revision: Some(revision), ..write(n, &text(value), now, lifetime) };
            let outcome = stores[at].commit(late, waits).unwrap();
            let done = finish(&stores[at], &outcome);
            if model.destroyed.get(&n).is_some_and(|destroyed| *destroyed >= step) {
                assert_eq!(done, Done::Dropped);
                return;
            }
            let Done::Written(revision) = done else { panic!("it was not destroyed") };
            model.sessions.insert(n, Session { value, cookie: 0, deadline: now + lifetime });
            model.known.push((n, revision, model.step));
        }
        Step::Touch { n, lifetime, value } => {
            let value = value.max(1);
            let cookie = Some(format!(r#"{{"c":{value}}}"#).into_bytes());
            let touch = NewDeadline { deadline: Some(now + lifetime), cookie, revision: None };
            assert_eq!(stores[at].touch(key(n), touch, Now::at(now)).unwrap(), Touched::Done);
            if model.live(n).is_some() {
                let session = model.sessions.get_mut(&n).unwrap();
                (session.deadline, session.cookie) = (now + lifetime, value);
            }
            // Here, whatever is in the file yet.
            check(&stores[at], model, n);
        }
        Step::Look { n } => check(&stores[at], model, n),
        Step::Destroy { n } => {
            let outcome = stores[at].destroy(key(n), Now::at(now), waits).unwrap();
            assert_eq!(finish(&stores[at], &outcome), Done::Other);
            model.sessions.remove(&n);
            model.destroyed.insert(n, model.step);
        }
        Step::Clear => {
            let outcome = stores[at].clear(Now::at(now), waits).unwrap();
            assert_eq!(finish(&stores[at], &outcome), Done::Other);
            model.sessions.clear();
            model.destroyed = (0..4).map(|n| (n, model.step)).collect();
        }
        Step::Advance { by } => model.now += by,
        Step::Prune => {
            while stores[at].prune(Now::at(now)).unwrap() {}
            model.sessions.retain(|_, session| session.deadline > now);
            assert_eq!(
                usize::try_from(stores[at].count_valid(Now::at(now)).unwrap()).unwrap(),
                model.sessions.len()
            );
        }
        Step::Reopen => {
            stores[at].shut_down(Duration::from_secs(10));
            stores[at] = open(file);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_calls_does_what_a_map_does(steps in steps()) {
        let file = TestFile::new();
        let mut stores = [open(&file), open(&file)];
        let mut model = Model {
            sessions: HashMap::new(),
            destroyed: HashMap::new(),
            known: Vec::new(),
            now: 1_000_000,
            step: 0,
        };
        let mut last = 0;
        for (is_second, step) in steps {
            model.step += 1;
            let at = usize::from(is_second);
            if at != last {
                stores[last].flush();
            }
            run(&mut stores, &file, &mut model, at, &step);
            last = at;
        }
        stores[last].flush();
        stores[0].shut_down(Duration::from_secs(10));
        for n in 0..4 {
            check(&stores[1], &mut model, n);
        }
    }
}
