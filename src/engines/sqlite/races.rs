//! What two writers of one session do to each other, step by step, and what is left where one of them fails.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::Error;
use super::model::{TestFile, finish, key, look, write};
use super::record::Write;
use super::schema;
use super::shared::{Done, Limits};
use super::store::{NewDeadline, Outcome, Store, Touched, Waits};
use super::time::Now;
use super::worker;

const NOW: i64 = 1_000_000;
const HOUR: i64 = 3_600_000;
const HALF: &[u8] = br#"{"originalMaxAge":1800000,"expires":"1970-01-01T00:46:40.000Z","path":"/"}"#;
const LATER: &[u8] = br#"{"originalMaxAge":1800000,"expires":"1970-01-01T00:47:00.000Z","path":"/"}"#;
const LONG: &[u8] = br#"{"originalMaxAge":90000000,"expires":"1970-01-02T01:16:40.000Z","path":"/"}"#;

fn open(file: &TestFile) -> Store {
    Store::open(&file.0, Limits::default(), false).unwrap()
}

fn session(cookie: &[u8], deadline: i64) -> Write {
    Write { cookie: Some(cookie.to_vec()), deadline: Some(deadline), ..write(1, "{}", NOW, HOUR) }
}

fn set(store: &Store, write: Write) -> Done {
    finish(store, &store.commit(write, Waits::IfBusy).unwrap())
}

/// A request's touch, which waits until [`Store::flush`] or a second has passed.
fn touch(store: &Store, cookie: &[u8], deadline: i64, stored: i64) {
    let touch = NewDeadline { deadline: Some(deadline), cookie: Some(cookie.to_vec()), revision: Some(1) };
    assert!(store.touch_seen(key(1), touch, stored, Now::at(NOW)).unwrap());
}

/// The cookie and the deadline in the file.
fn stored(store: &Store) -> (Vec<u8>, Option<i64>) {
    let read = |view: super::View<'_>| (view.cookie.unwrap().to_vec(), view.deadline);
    store.read(&key(1), Now::at(NOW), false, read).unwrap().unwrap()
}

#[test]
fn a_touch_that_waited_does_not_undo_what_another_process_has_saved() {
    let file = TestFile::new();
    let (here, there) = (open(&file), open(&file));
    for (cookie, deadline) in [(LONG, NOW + 25 * HOUR), (LONG, NOW + 10_000)] {
        set(&here, session(HALF, NOW + HOUR));
        touch(&here, LATER, NOW + HOUR + 20_000, NOW + HOUR);
        set(&there, session(cookie, deadline));
        here.flush();
        assert_eq!(stored(&there), (cookie.to_vec(), Some(deadline)));
    }
}

#[test]
fn of_two_touches_of_one_kind_the_later_deadline_stays() {
    for (first, second) in [(10_000, 20_000), (20_000, 10_000)] {
        let file = TestFile::new();
        let (here, there) = (open(&file), open(&file));
        set(&here, session(HALF, NOW + HOUR));
        touch(&here, HALF, NOW + HOUR + first, NOW + HOUR);
        touch(&there, LATER, NOW + HOUR + second, NOW + HOUR);
        here.flush();
        there.flush();
        let cookie = if first > second { HALF } else { LATER };
        assert_eq!(stored(&here), (cookie.to_vec(), Some(NOW + HOUR + 20_000)));
    }
}

#[test]
fn a_touch_alone_may_shorten_a_life() {
    let file = TestFile::new();
    let store = open(&file);
    set(&store, session(LONG, NOW + 25 * HOUR));
    touch(&store, LONG, NOW + 24 * HOUR, NOW + 25 * HOUR);
    touch(&store, HALF, NOW + HOUR, NOW + 24 * HOUR);
    store.flush();
    assert_eq!(stored(&open(&file)), (HALF.to_vec(), Some(NOW + HOUR)));
}

#[test]
fn a_touch_of_a_session_that_ends_soon_takes_the_place_of_the_one_that_waits() {
    let file = TestFile::new();
    let store = open(&file);
    set(&store, session(LONG, NOW + 25 * HOUR));
    touch(&store, HALF, NOW + 1000, NOW + 25 * HOUR);
    let other = NewDeadline { deadline: Some(NOW + 10), cookie: Some(LONG.to_vec()), revision: None };
    assert_eq!(store.touch(key(1), other, Now::at(NOW)).unwrap(), Touched::Done);
    assert_eq!(stored(&open(&file)), (LONG.to_vec(), Some(NOW + 10)));
    assert_eq!(stored(&store), (LONG.to_vec(), Some(NOW + 10)));
}

#[test]
fn a_save_that_is_refused_leaves_the_touch_before_it() {
    let file = TestFile::new();
    let limits = Limits { max_bytes: Some(10_000), ..Limits::default() };
    let store = Store::open(&file.0, limits, false).unwrap();
    set(&store, session(HALF, NOW + HOUR));
    touch(&store, LATER, NOW + HOUR + 20_000, NOW + HOUR);
    let large = Write { data: vec![b'x'; 20_000], ..session(HALF, NOW + HOUR) };
    let Outcome::Waiting(_) = store.commit(large, Waits::Always).unwrap() else { panic!("it waits") };
    let answer = loop {
        if let Some(answer) = store.take_answer() {
            break answer;
        }
        store.answers().wait(std::time::Duration::from_millis(100));
    };
    assert!(matches!(answer.result, Err(Error::TooLarge)));
    store.flush();
    assert_eq!(stored(&store), (LATER.to_vec(), Some(NOW + HOUR + 20_000)));
}

#[test]
fn what_is_written_after_a_clear_stays() {
    let file = TestFile::new();
    let store = open(&file);
    set(&store, session(HALF, NOW + HOUR));
    let Outcome::Waiting(_) = store.clear(Now::at(NOW), Waits::IfBusy).unwrap() else { panic!("it waits") };
    let Outcome::Waiting(_) = store.commit(session(LONG, NOW + HOUR), Waits::IfBusy).unwrap() else {
        panic!("it queues up")
    };
    let mut answers = 0;
    while answers < 2 {
        answers += usize::from(store.take_answer().is_some());
    }
    assert_eq!(stored(&store).0, LONG);
    assert!(matches!(store.commit(session(HALF, NOW + HOUR), Waits::IfBusy).unwrap(), Outcome::Done(_)));
}

#[test]
fn a_late_save_that_waited_for_the_disk_is_dropped_after_a_logout() {
    let file = TestFile::new();
    let store = Store::open(&file.0, Limits::default(), true).unwrap();
    let Done::Written(revision) = set(&store, session(HALF, NOW + HOUR)) else { panic!("it is stored") };
    let known = || Write { revision: Some(revision), ..session(HALF, NOW + HOUR) };
    assert_eq!(set(&store, known()), Done::Written(revision));
    finish(&store, &store.destroy(key(1), Now::at(NOW), Waits::IfBusy).unwrap());
    assert_eq!(set(&store, known()), Done::Dropped);
}

#[test]
fn a_touch_of_a_session_says_nothing_of_a_later_one_with_its_id() {
    let file = TestFile::new();
    let (here, there) = (open(&file), open(&file));
    set(&here, session(HALF, NOW + HOUR));
    touch(&here, HALF, NOW + 2 * HOUR, NOW + HOUR);
    finish(&there, &there.destroy(key(1), Now::at(NOW), Waits::IfBusy).unwrap());
    set(&there, session(HALF, NOW + 10_000));
    let later = Now::at(NOW + HOUR);
    assert_eq!(here.count_valid(later).unwrap(), 0);
    for part in 0..256 {
        assert_eq!(here.keys(part, later).unwrap(), Some(Vec::new()));
    }
    here.prune(later).unwrap();
    assert_eq!(here.holds().sessions, 0);
}

#[test]
fn a_file_that_cannot_be_read_is_not_taken_for_an_empty_one() {
    let file = TestFile::new();
    let store = open(&file);
    set(&store, session(LONG, NOW + HOUR));
    let before = store.holds();
    assert_eq!(before.sessions, 1);
    schema::connect(&file.0).unwrap().execute_batch("DROP TABLE totals").unwrap();
    assert_eq!(store.holds(), before);
}

#[test]
fn sessions_that_another_process_removes_are_counted_or_not_but_never_half() {
    let file = TestFile::new();
    let here = open(&file);
    set(&here, session(LONG, NOW + HOUR));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let there = Store::open(&file.0, Limits::default(), false).unwrap();
            while !is_over.load(Ordering::Relaxed) {
                for n in 2..10 {
                    set(&there, write(n, "{}", NOW - 10, 5));
                }
                there.prune(Now::at(NOW)).unwrap();
            }
        });
        let counts: HashSet<_> = (0..20_000).map(|_| here.count_valid(Now::at(NOW)).unwrap()).collect();
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(counts, HashSet::from([1]));
    });
}

#[test]
fn a_thread_that_cannot_be_started_is_started_by_the_next_call() {
    let file = TestFile::new();
    let store = open(&file);
    worker::tests::FAILS.set(true);
    assert!(
        matches!(store.commit(session(HALF, NOW + HOUR), Waits::IfBusy), Ok(Outcome::Done(_))),
        "it is stored"
    );
    worker::tests::FAILS.set(true);
    assert!(matches!(store.clear(Now::at(NOW), Waits::IfBusy), Err(Error::Io(_))));
    finish(&store, &store.destroy(key(1), Now::at(NOW), Waits::IfBusy).unwrap());
    assert_eq!(look(&store, 1, NOW), None);
    let touch = NewDeadline { deadline: Some(NOW), cookie: None, revision: None };
    assert_eq!(store.touch(key(1), touch, Now::at(NOW)).unwrap(), Touched::Done);
}
