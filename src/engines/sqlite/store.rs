//! A store, as the thread that runs JavaScript uses it. Nothing here waits for a lock or for the disk, but for two: `prune`
//! sleeps a millisecond where the file is busy, and `shut_down` waits for the writer thread.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use self_cell::self_cell;

use super::bounds::came_back;
use super::error::{Error, Result};
use super::import::{self, Import, Imported};
use super::key::Key;
use super::pending::{NEVER, Touch};
use super::record::Write;
use super::removals::Removed;
use super::row::{self, Loaded, View};
use super::shared::{Answer, Counts, Done, Job, Limits, Place, Shared, Task, count};
use super::statements::{Sql, Statements};
use super::sweep;
use super::time::{Now, later_deadline};
use super::totals::Totals;
use super::transaction::Transaction;
use super::write::{self, Written};
use super::{exit, schema, worker};
use crate::codec::template::{Template, Templates};

/// A write on this thread writes at most this many waiting visits. With more, the writer thread does the
/// write.
const FEW_VISITS: usize = 64;
/// Sessions that one call of `prune` removes.
const PRUNED_AT_ONCE: usize = 250;
/// How many calls of `prune` in a row sleep for a millisecond and ask for another call, until it gives up.
const PRUNE_TRIES: u32 = 20;
/// A touch whose session ends sooner is written at once, in milliseconds: other processes do not know of it yet.
const SOON: i64 = 3000;
/// A touch whose cookie is longer than before by more than this counts towards `maxBytes` at once.
const LONGER: usize = 256;
/// Parts of `keys`: keys by their first byte.
const PARTS: u32 = 256;

self_cell!(
    struct Local {
        owner: Connection,
        #[not_covariant]
        dependent: Statements,
    }
);

/// Whether the caller of a write takes an answer of the writer thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// What would have to wait is not begun.
    Never,
    /// It waits for what would hold up this thread.
    IfBusy,
    /// The writer thread does it in any case. For tests: they need not make the file busy.
    Always,
}

/// What became of a write.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done. With the session's revision.
    Done(i64),
    /// The session was destroyed since it was loaded.
    Dropped,
    /// The writer thread will answer under this number.
    Waiting(u32),
    /// It would have to wait, and the caller does not.
    Refused,
}

/// What became of a touch.
#[derive(Debug, PartialEq, Eq)]
pub enum Touched {
    /// It is done, or there is no such session.
    Done,
    /// The text is stored as a whole: it has to be read and written again.
    Whole,
}

/// What a store holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holds {
    /// Sessions, with those that have expired and were not found yet.
    pub sessions: i64,
    /// Bytes that count for `max_bytes`.
    pub bytes: i64,
    /// Destroyed ids that are remembered.
    pub tombstones: i64,
}

/// A store in a file.
pub struct Store {
    local: RefCell<Option<Local>>,
    /// The writer thread's, until that starts.
    spare: RefCell<Option<Connection>>,
    shared: Arc<Shared>,
    templates: Templates,
    is_full: bool,
    jobs: Cell<u32>,
    /// Sessions with writes that wait for the writer thread: later ones queue up behind them.
    queued: RefCell<HashMap<Key, u32>>,
    /// Calls of `clear` that wait: all writes queue up behind them.
    clears: Cell<u32>,
    busy_prunes: Cell<u32>,
    /// What it held when it was last read.
    held: Cell<Holds>,
}

impl Store {
    /// Opens a file, which is made if it does not exist. With `is_full`, each write is durable before it is answered.
    ///
    /// # Errors
    ///
    /// What [`Error::describe`] has words for.
    pub fn open(file: &Path, limits: Limits, is_full: bool) -> Result<Self> {
        let connection = schema::open(file, limits.any())?;
        connection.busy_timeout(Duration::ZERO)?;
        let spare = schema::connect(file)?;
        spare.busy_timeout(Duration::ZERO)?;
        let store = Store {
            local: RefCell::new(Some(Local::new(connection, |connection| Statements::on(connection)))),
            spare: RefCell::new(Some(spare)),
            shared: Arc::new(Shared::new(file.to_owned(), limits)),
            templates: Templates::new(),
            is_full,
            jobs: Cell::new(0),
            queued: RefCell::default(),
            clears: Cell::new(0),
            busy_prunes: Cell::new(0),
            held: Cell::default(),
        };
        exit::note_open(&store.shared);
        match store.on(Totals::read) {
            Ok(totals) => store.shared.note_totals(totals.sequence, totals.count()),
            Err(Error::Busy) => {}
            Err(error) => return Err(error),
        }
        Ok(store)
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.shared.file
    }

    fn on<R>(&self, run: impl FnOnce(&Statements<'_>) -> Result<R>) -> Result<R> {
        let local = self.local.borrow();
        local.as_ref().ok_or(Error::Closed)?.with_dependent(|_, statements| run(statements))
    }

    /* Cookie templates */

    /// The store's cookie templates.
    #[cfg_attr(any(test, not(feature = "napi-binding")), expect(dead_code, reason = "for the binding"))]
    pub(crate) fn templates(&self) -> &Templates {
        &self.templates
    }

    /// The number of a cookie template. `None`: there are too many.
    #[must_use]
    pub fn intern(&self, prefix: &str, suffix: Option<&str>) -> Option<u16> {
        self.templates.intern(prefix, suffix)
    }

    /// The template with a number.
    #[must_use]
    pub fn template(&self, number: u16) -> Option<&Template> {
        self.templates.get(number)
    }

    /* Reading */

    /// Hands a session to `read`. For a client that has come back, it rises in rank.
    ///
    /// # Errors
    ///
    /// `Busy`: ask [`Store::read_later`].
    pub fn read<R>(
        &self,
        key: &Key,
        now: Now,
        is_client: bool,
        read: impl FnOnce(View<'_>) -> R,
    ) -> Result<Option<R>> {
        self.shared.show(now);
        let waiting = self.shared.waiting(key);
        let mut visit = None;
        let found = self.on(|statements| {
            statements.first(Sql::Load, [key], |row| {
                let Loaded { mut view, rank, seen, returned } = Loaded::read(row)?;
                if let Some(touch) = waiting.as_ref().and_then(|entry| entry.touch_of(view.revision)) {
                    view.deadline = touch.deadline;
                    view.cookie = view.cookie.map(|cookie| touch.cookie.as_deref().unwrap_or(cookie));
                }
                if now.is_past(view.deadline) {
                    return Ok(None);
                }
                if is_client {
                    let before = waiting.as_ref().and_then(|entry| entry.visit.as_ref());
                    let (rank, returned) = before.map_or((rank, returned), |visit| {
                        (visit.rank.max(rank), visit.returned.or(returned))
                    });
                    let after = came_back(rank, returned, now);
                    if after != (rank, returned) || before.is_some() || self.shared.is_stale(seen) {
                        visit = Some(after);
                    }
                }
                Ok(Some(read(view)))
            })
        })?;
        let found = found.flatten();
        if is_client {
            let counts = &self.shared.counts;
            count(if found.is_some() { &counts.hits } else { &counts.misses }, 1);
        }
        if let Some((rank, returned)) = visit {
            self.shared.pending(|pending| pending.visit(*key, rank, returned));
            self.start_thread()?;
        }
        Ok(found)
    }

    /// Lets the writer thread read a session that this thread cannot read now.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn read_later(&self, key: Key, now: Now) -> Result<u32> {
        self.enqueue(Task::Read(key, now), false)
    }

    /// The keys of one part of the store, or `None` after the last part.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn keys(&self, part: u32, now: Now) -> Result<Option<Vec<Key>>> {
        self.shared.show(now);
        let Some(first) = u8::try_from(part).ok().filter(|_| part < PARTS) else { return Ok(None) };
        let from = [first];
        let to = first.checked_add(1).map(|next| [next]);
        let read = |found: &rusqlite::Row<'_>| {
            let key = row::key(found, 0)?;
            Ok((!self.is_past(found, now)?).then_some(key))
        };
        let all = self.on(|statements| match to {
            Some(to) => statements.all(Sql::Keys, params![from, to], read),
            None => statements.all(Sql::KeysToEnd, params![from], read),
        })?;
        Ok(Some(all.into_iter().flatten().collect()))
    }

    /// What the store holds. A closed one holds nothing. While the file cannot be read: what it held before.
    #[must_use]
    pub fn holds(&self) -> Holds {
        match self.on(Totals::read) {
            Ok(totals) => self.held.set(Holds {
                sessions: totals.count(),
                bytes: totals.all_bytes(),
                tombstones: totals.tombstones,
            }),
            Err(Error::Closed) => self.held.set(Holds::default()),
            Err(_) => {}
        }
        self.held.get()
    }

    /// The number of sessions that are valid at `now`.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn count_valid(&self, now: Now) -> Result<i64> {
        let (all, expired) = self.on(|statements| {
            statements.at_one_moment(|statements| {
                let all = Totals::read(statements)?.count();
                Ok((all, statements.all(Sql::Expired, [now.ms()], |found| self.is_past(found, now))?))
            })
        })?;
        let expired = expired.into_iter().filter(|is_past| *is_past).count();
        Ok(all - i64::try_from(expired).unwrap_or(i64::MAX))
    }

    /// Whether the session of a row has expired. The row begins with its key, revision and deadline.
    fn is_past(&self, found: &rusqlite::Row<'_>, now: Now) -> rusqlite::Result<bool> {
        let (key, revision, deadline) = (row::key(found, 0)?, found.get(1)?, found.get(2)?);
        Ok(now.is_past(self.shared.deadline_of(&key, revision, deadline)))
    }

    /// What this process has done.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /* Writing */

    fn is_queued(&self, key: &Key) -> bool {
        self.clears.get() > 0 || self.queued.borrow().contains_key(key)
    }

    /// Stores a session.
    ///
    /// # Errors
    ///
    /// `TooLarge`, `NoRoom`, and what SQLite says. The old session is kept.
    pub fn commit(&self, write: Write, waits: Waits) -> Result<Outcome> {
        self.shared.show(write.now);
        if self.is_full && waits == Waits::Never {
            return Ok(Outcome::Refused);
        }
        if waits != Waits::Always && !self.is_queued(&write.key) {
            match self.commit_now(&write) {
                Ok(Written::Dropped) => return Ok(Outcome::Dropped),
                Ok(Written::Done(revision)) => {
                    count(&self.shared.counts.sets, 1);
                    self.written(&write.key);
                    if !self.is_full {
                        return Ok(Outcome::Done(revision));
                    }
                    return Ok(Outcome::Waiting(self.enqueue(Task::Sync(Done::Written(revision)), true)?));
                }
                Err(Error::Busy | Error::TooMuch) => {}
                Err(error) => return Err(error),
            }
        }
        if waits == Waits::Never {
            return Ok(Outcome::Refused);
        }
        let waiting = self.take_waiting(&write.key);
        Ok(Outcome::Waiting(self.enqueue(Task::Commit(Box::new(write), waiting), self.is_full)?))
    }

    fn commit_now(&self, write: &Write) -> Result<Written> {
        let waiting = self.shared.waiting(&write.key);
        self.on(|statements| {
            let mut transaction = Transaction::begin(statements, &self.shared)?;
            let written = write::commit(&mut transaction, write, waiting.as_ref(), FEW_VISITS)?;
            transaction.commit()?;
            Ok(written)
        })
    }

    /// Stores sessions of another store, all in one transaction: each only where what it takes the place of is there.
    ///
    /// # Errors
    ///
    /// `Busy`, and what SQLite says. Nothing was stored.
    pub fn import(&self, sessions: &[Import]) -> Result<Vec<Imported>> {
        let outcomes = self.on(|statements| import::import(statements, &self.shared, sessions))?;
        self.start_thread()?;
        Ok(outcomes)
    }

    /// Destroys a session. It is gone at once; the answer comes when a loss of power cannot bring it back.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn destroy(&self, key: Key, now: Now, waits: Waits) -> Result<Outcome> {
        self.shared.show(now);
        if waits == Waits::Never {
            return Ok(Outcome::Refused);
        }
        if waits != Waits::Always && !self.is_queued(&key) {
            let waiting = self.shared.waiting(&key);
            let done = self.on(|statements| {
                let mut transaction = Transaction::begin(statements, &self.shared)?;
                write::destroy(&mut transaction, &key, now, waiting.as_ref(), FEW_VISITS)?;
                transaction.commit()
            });
            match done {
                Ok(()) => {
                    self.written(&key);
                    return Ok(Outcome::Waiting(self.enqueue(Task::Sync(Done::Other), true)?));
                }
                Err(Error::Busy | Error::TooMuch) => {}
                Err(error) => return Err(error),
            }
        }
        let waiting = self.take_waiting(&key);
        Ok(Outcome::Waiting(self.enqueue(Task::Destroy(key, now, waiting), true)?))
    }

    /// Destroys all sessions.
    ///
    /// # Errors
    ///
    /// The store is closed.
    pub fn clear(&self, now: Now, waits: Waits) -> Result<Outcome> {
        self.shared.show(now);
        if waits == Waits::Never {
            return Ok(Outcome::Refused);
        }
        Ok(Outcome::Waiting(self.enqueue(Task::Clear, true)?))
    }

    /// Renews the deadline and the cookie of a session that was loaded with the deadline `stored`. It costs no
    /// statement. False: use [`Store::touch`].
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn touch_seen(&self, key: Key, touch: NewDeadline, stored: i64, now: Now) -> Result<bool> {
        if !now.is_known() || stored.saturating_sub(now.ms()) < SOON || self.local.borrow().is_none() {
            return Ok(false);
        }
        self.shared.show(now);
        let deadline = later_deadline(Some(stored), touch.deadline, now);
        self.collect(key, NewDeadline { deadline, ..touch }.on(Some(stored)))?;
        Ok(true)
    }

    /// Renews the deadline and the cookie of a session.
    ///
    /// # Errors
    ///
    /// `TooLarge`, `NoRoom`, and what SQLite says.
    pub fn touch(&self, key: Key, touch: NewDeadline, now: Now) -> Result<Touched> {
        let found = match self.read(&key, now, false, |view| (view.cookie.map(<[u8]>::len), view.deadline)) {
            Err(Error::Busy) => {
                self.collect_urgently(key, touch.on(None))?;
                return Ok(Touched::Done);
            }
            found => found?,
        };
        let Some((cookie, deadline)) = found else { return Ok(Touched::Done) };
        let base = deadline.unwrap_or(NEVER);
        let touch =
            NewDeadline { deadline: later_deadline(deadline, touch.deadline, now), ..touch }.on(Some(base));
        let Some(length) = cookie else {
            if touch.cookie.is_some() {
                return Ok(Touched::Whole);
            }
            self.write_touch(&key, &touch)?;
            return Ok(Touched::Done);
        };
        let is_long = touch.cookie.as_ref().is_some_and(|cookie| cookie.len() > length + LONGER);
        let is_soon = deadline.is_some_and(|deadline| deadline.saturating_sub(now.ms()) < SOON);
        if (is_long || is_soon) && !self.is_queued(&key) {
            self.write_touch(&key, &touch)?;
        } else {
            self.collect(key, touch)?;
        }
        Ok(Touched::Done)
    }

    fn collect(&self, key: Key, touch: Touch) -> Result<()> {
        count(&self.shared.counts.touches, 1);
        self.shared.pending(|pending| pending.touch(key, touch));
        self.start_thread()
    }

    /// For a touch that the writer thread has to write as soon as it can.
    fn collect_urgently(&self, key: Key, touch: Touch) -> Result<()> {
        self.collect(key, touch)?;
        self.shared.queue().is_urgent = true;
        self.shared.wake.notify_all();
        Ok(())
    }

    /// Writes a touch now, or has the writer thread do so as soon as it can.
    fn write_touch(&self, key: &Key, touch: &Touch) -> Result<()> {
        let done = self.on(|statements| {
            let mut transaction = Transaction::begin(statements, &self.shared)?;
            // What it takes the place of was read just now. What waits is not in the file.
            let now = Touch { base: None, ..touch.clone() };
            if write::touch(&mut transaction, key, &now, FEW_VISITS)?.is_some() {
                super::bounds::make_room(&mut transaction, key, FEW_VISITS)?;
            }
            transaction.commit()
        });
        match done {
            Ok(()) => {
                count(&self.shared.counts.touches, 1);
                self.shared.pending(|pending| pending.forget_touch(key));
                self.start_thread()
            }
            Err(Error::Busy | Error::TooMuch) => self.collect_urgently(*key, touch.clone()),
            Err(error) => Err(error),
        }
    }

    /// Removes some of what has expired at `now`. Returns whether there may be more.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn prune(&self, now: Now) -> Result<bool> {
        self.shared.show(now);
        if !now.is_known() {
            return Ok(false);
        }
        let swept = self.on(|statements| {
            if self.shared.pending(|pending| pending.has_due(now)) {
                sweep::flush(Transaction::begin(statements, &self.shared)?)?;
            }
            if !sweep::is_due(statements, now.ms())? {
                return Ok(false);
            }
            let mut transaction = Transaction::begin(statements, &self.shared)?;
            let is_more = sweep::sweep(&mut transaction, now, PRUNED_AT_ONCE)?;
            transaction.commit()?;
            Ok(is_more)
        });
        match swept {
            Err(Error::Busy) if self.busy_prunes.get() < PRUNE_TRIES => {
                self.busy_prunes.set(self.busy_prunes.get() + 1);
                std::thread::sleep(Duration::from_millis(1));
                Ok(true)
            }
            Err(Error::Busy | Error::Closed) => {
                self.busy_prunes.set(0);
                Ok(false)
            }
            swept => {
                self.busy_prunes.set(0);
                swept
            }
        }
    }

    /// Waits until all that was waiting is written.
    #[cfg(test)]
    pub(super) fn flush(&self) {
        while self.shared.has_pending() {
            self.shared.queue().is_urgent = true;
            self.shared.wake.notify_all();
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// A later write has taken the place of what was waiting for a session.
    fn written(&self, key: &Key) {
        if self.shared.has_pending() {
            self.shared.pending(|pending| pending.remove(key));
        }
        // It is in the file. Where the thread cannot be started, the next call tries again.
        let _ = self.start_thread();
    }

    fn take_waiting(&self, key: &Key) -> Option<super::pending::Entry> {
        let waiting = self.shared.waiting(key);
        self.shared.pending(|pending| pending.remove(key));
        waiting
    }

    /* The writer thread */

    fn start_thread(&self) -> Result<()> {
        let mut spare = self.spare.borrow_mut();
        if spare.is_some() {
            worker::start(Arc::clone(&self.shared), &mut spare)?;
            self.shared.is_used.store(true, Ordering::Release);
        }
        Ok(())
    }

    fn enqueue(&self, task: Task, is_durable: bool) -> Result<u32> {
        if self.local.borrow().is_none() {
            return Err(Error::Closed);
        }
        self.start_thread()?;
        let mut queue = self.shared.queue();
        if queue.has_ended {
            return Err(Error::Closed);
        }
        let number = self.jobs.get().wrapping_add(1);
        self.jobs.set(number);
        match task.place() {
            Place::One(key) => *self.queued.borrow_mut().entry(key).or_default() += 1,
            Place::All => self.clears.set(self.clears.get() + 1),
            Place::Nothing => {}
        }
        queue.jobs.push_back(Job { number, task, is_durable, since: Instant::now() });
        drop(queue);
        self.shared.wake.notify_all();
        Ok(number)
    }

    /// The next answer of the writer thread, if there is one.
    #[must_use]
    pub fn take_answer(&self) -> Option<Answer> {
        let answer = self.shared.take_answer()?;
        match answer.place {
            Place::One(key) => {
                let mut queued = self.queued.borrow_mut();
                if let Some(count) = queued.get_mut(&key) {
                    *count -= 1;
                    if *count == 0 {
                        queued.remove(&key);
                    }
                }
            }
            Place::All => self.clears.set(self.clears.get() - 1),
            Place::Nothing => {}
        }
        Some(answer)
    }

    /// What waits for answers on another thread.
    #[must_use]
    pub fn answers(&self) -> Answers {
        Answers(Arc::clone(&self.shared))
    }

    /* Removals */

    /// Starts or ends the recording of removals.
    pub fn watch(&self, is_watched: bool, wants_replaced: bool) {
        self.shared.watch(is_watched, wants_replaced);
    }

    /// Learns what time it is. What expires by itself expires at times that were shown.
    pub fn show(&self, now: Now) {
        self.shared.show(now);
    }

    /// What was removed since the last call.
    #[must_use]
    pub fn take_removed(&self) -> VecDeque<Removed> {
        self.shared.take_removed()
    }

    /// Removals of which the caller of [`Store::take_removed`] was not told.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.shared.lost()
    }

    /* The end */

    /// Closes the file. The writer thread writes what is waiting, and ends.
    pub fn close(&self) {
        self.local.borrow_mut().take();
        self.spare.borrow_mut().take();
        self.shared.begin_end();
    }

    /// Closes the file and waits for the writer thread, but not for long.
    pub fn shut_down(&self, patience: Duration) {
        self.close();
        self.shared.wait_for_end(patience);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// What a touch changes.
#[derive(Debug)]
pub struct NewDeadline {
    /// When the session expires. `None`: never.
    pub deadline: Option<i64>,
    /// The cookie's JSON. Without one, the cookie stays.
    pub cookie: Option<Vec<u8>>,
    /// As loaded, if it is known.
    pub revision: Option<i64>,
}

impl NewDeadline {
    /// A touch in the place of the deadline `base`, as far as that is known.
    fn on(self, base: Option<i64>) -> Touch {
        let NewDeadline { deadline, cookie, revision } = self;
        Touch { deadline, cookie, revision, base }
    }
}

/// Waits for answers on any thread.
pub struct Answers(Arc<Shared>);

impl Answers {
    /// Waits until there is an answer, or the time is up.
    pub fn wait(&self, time: Duration) {
        self.0.wait_for_answer(time);
    }
}
