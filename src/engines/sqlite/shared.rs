//! What the store's two threads share: the one that runs JavaScript, and the writer.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::Error;
use super::key::Key;
use super::pending::{Entry, Pending};
use super::record::Write;
use super::removals::{Removals, Removed};
use super::time::Now;
use crate::codec::encoding::Encoding;

/// The bounds of a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of sessions. `None`: no bound.
    pub max_sessions: Option<i64>,
    /// Maximum bytes of sessions and tombstones. `None`: no bound.
    pub max_bytes: Option<i64>,
}

impl Limits {
    pub(super) fn any(&self) -> bool {
        self.max_sessions.is_some() || self.max_bytes.is_some()
    }
}

/// What a store has done.
#[derive(Debug, Default)]
pub struct Counts {
    /// Sessions found for clients.
    pub hits: AtomicU64,
    /// Sessions not found for clients.
    pub misses: AtomicU64,
    /// Sessions stored.
    pub sets: AtomicU64,
    /// Deadlines renewed.
    pub touches: AtomicU64,
    /// Sessions destroyed.
    pub destroyed: AtomicU64,
    /// Sessions removed after their deadline.
    pub expired: AtomicU64,
    /// Sessions evicted because of `max_sessions`.
    pub evicted_for_sessions: AtomicU64,
    /// Sessions evicted because of `max_bytes`.
    pub evicted_for_bytes: AtomicU64,
}

pub(super) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// Work for the writer thread.
#[derive(Debug)]
pub(super) enum Task {
    /// With what was waiting for the session.
    Commit(Box<Write>, Option<Entry>),
    Destroy(Key, Now, Option<Entry>),
    Clear,
    Read(Key, Now),
    /// The write is in the log, and has done this: make it durable.
    Sync(Done),
}

/// What a job writes. Later writes of the same queue up behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Nothing,
    One(Key),
    All,
}

impl Task {
    pub(super) fn place(&self) -> Place {
        match self {
            Task::Commit(write, _) => Place::One(write.key),
            Task::Destroy(key, ..) => Place::One(*key),
            Task::Clear => Place::All,
            Task::Read(..) | Task::Sync(_) => Place::Nothing,
        }
    }

    /// What was waiting for its session.
    pub(super) fn into_waiting(self) -> Option<(Key, Entry)> {
        match self {
            Task::Commit(write, waiting) => Some((write.key, waiting?)),
            Task::Destroy(key, _, waiting) => Some((key, waiting?)),
            Task::Clear | Task::Read(..) | Task::Sync(_) => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) number: u32,
    pub(super) task: Task,
    /// Whether a loss of power must not undo it.
    pub(super) is_durable: bool,
    /// When it was asked for.
    pub(super) since: Instant,
}

/// The result of a job.
#[derive(Debug)]
pub struct Answer {
    /// That of the job.
    pub number: u32,
    /// What it has done, or why it has failed.
    pub result: Result<Done, Error>,
    pub(super) place: Place,
}

/// What a job has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It has written the session with this revision, or removed one.
    Written(i64),
    /// The session was destroyed since it was loaded: nothing was written.
    Dropped,
    /// It has read a session, with this revision.
    Read(i64, Vec<u8>, Encoding),
    /// There is no such session.
    Absent,
    /// It has done what is not a write of a session.
    Other,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) jobs: VecDeque<Job>,
    /// The thread is to write what is waiting, and end.
    pub(super) is_closing: bool,
    pub(super) has_ended: bool,
    /// Touches that cannot wait.
    pub(super) is_urgent: bool,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) file: PathBuf,
    pub(super) limits: Limits,
    pub(super) counts: Counts,
    pending: Mutex<Pending>,
    has_pending: AtomicBool,
    removed: Mutex<Removals>,
    watched: AtomicU8,
    /// The time that was shown last.
    shown: AtomicI64,
    /// The totals' sequence and number of sessions, as they were last seen.
    sequence: AtomicI64,
    sessions: AtomicI64,
    pub(super) queue: Mutex<Queue>,
    pub(super) wake: Condvar,
    answers: Mutex<VecDeque<Answer>>,
    answered: Condvar,
    /// The writer thread was started.
    pub(super) is_used: AtomicBool,
    /// Something that was written is not in the database file yet.
    pub(super) is_dirty: AtomicBool,
}

const WATCHED: u8 = 1;
const REPLACED: u8 = 2;

/// Nothing that holds these locks panics in the middle of a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(file: PathBuf, limits: Limits) -> Self {
        Shared {
            file,
            limits,
            counts: Counts::default(),
            pending: Mutex::default(),
            has_pending: AtomicBool::new(false),
            removed: Mutex::new(Removals::new(limits.max_bytes)),
            watched: AtomicU8::new(0),
            shown: AtomicI64::new(i64::MIN),
            sequence: AtomicI64::new(0),
            sessions: AtomicI64::new(0),
            queue: Mutex::default(),
            wake: Condvar::new(),
            answers: Mutex::default(),
            answered: Condvar::new(),
            is_used: AtomicBool::new(false),
            is_dirty: AtomicBool::new(false),
        }
    }

    /* The end */

    /// Lets the writer thread write what is waiting, and end.
    pub(super) fn begin_end(&self) {
        self.queue().is_closing = true;
        self.wake.notify_all();
    }

    /// Waits for the end of the writer thread, if it has begun.
    pub(super) fn wait_for_end(&self, patience: Duration) {
        if self.is_used.load(Ordering::Acquire) {
            drop(self.wake.wait_timeout_while(self.queue(), patience, |queue| !queue.has_ended));
        }
    }

    /* What is not in the file yet */

    /// Changes what is waiting.
    pub(super) fn pending<R>(&self, change: impl FnOnce(&mut Pending) -> R) -> R {
        let mut pending = lock(&self.pending);
        let result = change(&mut pending);
        self.has_pending.store(!pending.is_empty(), Ordering::Release);
        result
    }

    /// What is waiting for a session.
    pub(super) fn waiting(&self, key: &Key) -> Option<Entry> {
        if !self.has_pending.load(Ordering::Acquire) {
            return None;
        }
        lock(&self.pending).find(key)
    }

    /// The deadline of a session with this revision: that of the touch that waits for it, or the stored one.
    pub(super) fn deadline_of(&self, key: &Key, revision: i64, stored: Option<i64>) -> Option<i64> {
        let waiting = self.waiting(key);
        waiting.as_ref().and_then(|entry| entry.touch_of(revision)).map_or(stored, |touch| touch.deadline)
    }

    pub(super) fn has_pending(&self) -> bool {
        self.has_pending.load(Ordering::Acquire)
    }

    /* Removals */

    pub(super) fn watch(&self, is_watched: bool, wants_replaced: bool) {
        let flags = u8::from(is_watched) * WATCHED + u8::from(wants_replaced) * REPLACED;
        self.watched.store(flags, Ordering::Release);
        if !is_watched {
            lock(&self.removed).take();
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Acquire) & WATCHED != 0
    }

    pub(super) fn wants_replaced(&self) -> bool {
        self.watched.load(Ordering::Acquire) & REPLACED != 0
    }

    /// Somewhere to keep removals until they have happened.
    pub(super) fn new_removals(&self) -> Removals {
        Removals::new(self.limits.max_bytes)
    }

    pub(super) fn tell(&self, mut removed: Removals) {
        let told = removed.take();
        if told.is_empty() && removed.lost == 0 {
            return;
        }
        let mut all = lock(&self.removed);
        all.lost += removed.lost;
        for one in told {
            all.push(one);
        }
    }

    pub(super) fn take_removed(&self) -> VecDeque<Removed> {
        lock(&self.removed).take()
    }

    /// Removals of which JavaScript was not told.
    pub(super) fn lost(&self) -> u64 {
        lock(&self.removed).lost
    }

    /* Time */

    pub(super) fn show(&self, now: Now) {
        if now.is_known() {
            self.shown.store(now.ms(), Ordering::Relaxed);
        }
    }

    /// The time that has come on both clocks: the system's, and the one that was last shown.
    pub(super) fn certain_now(&self, system: i64) -> i64 {
        self.shown.load(Ordering::Relaxed).min(system)
    }

    /* Totals, as they were last seen */

    pub(super) fn note_totals(&self, sequence: i64, sessions: i64) {
        self.sequence.store(sequence, Ordering::Relaxed);
        self.sessions.store(sessions, Ordering::Relaxed);
    }

    /// Whether a session was last seen so long ago that its place in the order matters.
    pub(super) fn is_stale(&self, seen: i64) -> bool {
        self.limits.any()
            && self.sequence.load(Ordering::Relaxed) - seen > self.sessions.load(Ordering::Relaxed) / 16
    }

    /* Work and answers */

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    pub(super) fn answer(&self, new: Vec<Answer>) {
        if new.is_empty() {
            return;
        }
        lock(&self.answers).extend(new);
        self.answered.notify_all();
    }

    pub(super) fn take_answer(&self) -> Option<Answer> {
        lock(&self.answers).pop_front()
    }

    /// Waits until there is an answer, or the time is up.
    pub(super) fn wait_for_answer(&self, time: Duration) {
        let answers = lock(&self.answers);
        drop(self.answered.wait_timeout_while(answers, time, |answers| answers.is_empty()));
    }
}
