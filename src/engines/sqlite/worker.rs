//! The writer thread of a store: it waits for locks and for the disk, so that the thread that runs JavaScript need not.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::error::{Error, Result};
use super::log;
use super::retry::retry;
use super::row::Loaded;
use super::shared::{Answer, Done, Job, Queue, Shared, Task, count};
use super::statements::{Sql, Statements};
use super::sweep;
use super::time::{Now, SteadyClock};
use super::transaction::Transaction;
use super::write::{self, Written};

/// How long a write waits for others.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same for jobs that this thread comes to late, because it waited for a slow disk or the machine stood still.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);
/// The same for what is waiting when the store closes.
const LAST_PATIENCE: Duration = Duration::from_secs(1);
/// The same for touches that could not be written in their second.
const LATE_PATIENCE: Duration = Duration::from_millis(100);
/// How often the log is moved into the database file while there is traffic.
const CHECKPOINT: Duration = Duration::from_millis(300);
/// How often touches are written, and expired sessions looked for.
const SECOND: Duration = Duration::from_secs(1);
/// The sweep waits this many milliseconds after a deadline, because another process may have touched the
/// session and not written that yet.
const SLACK: i64 = 1000;
/// Sessions that one transaction sweeps: a millisecond's work or two.
const SWEPT_AT_ONCE: usize = 250;

/// Starts the thread. It takes the connection when it runs: where it cannot be started, the connection stays.
pub(super) fn start(shared: Arc<Shared>, connection: &mut Option<Connection>) -> std::io::Result<()> {
    #[cfg(test)]
    tests::fail_if_asked()?;
    let (give, take) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new().name("sessions-sqlite".to_owned()).spawn(move || {
        let end = End(shared);
        let Ok(connection) = take.recv() else { return };
        log::sync_folder(&end.0.file);
        let worker =
            Worker { connection: &connection, statements: Statements::on(&connection), shared: &end.0 };
        worker.run();
        drop(worker);
        drop(connection);
    })?;
    if let Some(connection) = connection.take() {
        let _ = give.send(connection);
    }
    Ok(())
}

/// Tells of the thread's end, whatever ends it. Nobody waits for it then.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        let jobs = {
            let mut queue = self.0.queue();
            queue.has_ended = true;
            std::mem::take(&mut queue.jobs)
        };
        self.0.wake.notify_all();
        let fail =
            |job: Job| Answer { number: job.number, result: Err(Error::Closed), place: job.task.place() };
        self.0.answer(jobs.into_iter().map(fail).collect());
    }
}

struct Worker<'c> {
    connection: &'c Connection,
    statements: Statements<'c>,
    shared: &'c Shared,
}

impl<'c> Worker<'c> {
    fn run(&self) {
        let mut flushed = Instant::now();
        let mut is_late = false;
        let mut swept = Instant::now();
        let mut checkpointed = Instant::now();
        let mut clock = SteadyClock::new();
        loop {
            let Queue { jobs, is_closing, is_urgent, .. } = self.next_work();
            let has_jobs = !jobs.is_empty();
            self.work(jobs);
            if self.shared.pending(|pending| pending.has_fresh())
                && (is_urgent || is_closing || is_late || flushed.elapsed() >= SECOND)
            {
                let patience = match (is_closing, is_urgent || is_late) {
                    (true, _) => LAST_PATIENCE,
                    (false, true) => LATE_PATIENCE,
                    (false, false) => Duration::ZERO,
                };
                let since = Instant::now();
                is_late = retry(since + patience, || sweep::flush(self.begin()?)).is_err();
                flushed = since;
            }
            if is_closing && !has_jobs {
                return;
            }
            if checkpointed.elapsed() >= CHECKPOINT && self.shared.is_dirty.swap(false, Ordering::AcqRel) {
                if log::checkpoint(self.connection, &self.statements).is_err() {
                    self.shared.is_dirty.store(true, Ordering::Release);
                }
                checkpointed = Instant::now();
            }
            if swept.elapsed() >= SECOND && !self.sweep(clock.now()).unwrap_or(false) {
                let _ = log::vacuum(self.connection);
                swept = Instant::now();
            }
        }
    }

    /// Waits for work, or until it is time to look after the file.
    fn next_work(&self) -> Queue {
        let is_idle = !self.shared.is_dirty.load(Ordering::Acquire) && !self.shared.has_pending();
        let time = if is_idle { SECOND } else { CHECKPOINT };
        let queue = self.shared.queue();
        let has_none = |queue: &mut Queue| queue.jobs.is_empty() && !queue.is_closing && !queue.is_urgent;
        let (mut queue, _) = self
            .shared
            .wake
            .wait_timeout_while(queue, time, has_none)
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Queue {
            jobs: std::mem::take(&mut queue.jobs),
            is_closing: queue.is_closing,
            has_ended: false,
            is_urgent: std::mem::take(&mut queue.is_urgent),
        }
    }

    /// Does jobs in their order. Those that must be durable wait for the disk together.
    fn work(&self, jobs: impl IntoIterator<Item = Job>) {
        let mut durable = Vec::new();
        // For all of them together: where the file is locked for good, each job must not wait anew.
        let earliest = Instant::now() + LEAST_PATIENCE;
        for job in jobs {
            let until = earliest.max(job.since + PATIENCE);
            let result = retry(until, || self.attempt(&job.task));
            let place = job.task.place();
            if result.is_err()
                && let Some((key, waiting)) = job.task.into_waiting()
            {
                self.shared.pending(|pending| pending.put_back(key, waiting));
            }
            let answer = Answer { number: job.number, result, place };
            if job.is_durable && answer.result.is_ok() {
                durable.push(answer);
            } else {
                self.shared.answer(vec![answer]);
            }
        }
        if durable.is_empty() {
            return;
        }
        if let Err(error) = log::sync(&self.shared.file) {
            for answer in &mut durable {
                answer.result = Err(Error::Io(error.kind().into()));
            }
        }
        self.shared.answer(durable);
    }

    fn attempt(&self, task: &Task) -> Result<Done> {
        match task {
            Task::Commit(write, waiting) => {
                let mut transaction = self.begin()?;
                let written = write::commit(&mut transaction, write, waiting.as_ref(), usize::MAX)?;
                transaction.commit()?;
                let Written::Done(revision) = written else { return Ok(Done::Dropped) };
                count(&self.shared.counts.sets, 1);
                Ok(Done::Written(revision))
            }
            Task::Destroy(key, now, waiting) => {
                let mut transaction = self.begin()?;
                write::destroy(&mut transaction, key, *now, waiting.as_ref(), usize::MAX)?;
                transaction.commit()?;
                Ok(Done::Other)
            }
            Task::Clear => {
                let mut transaction = self.begin()?;
                write::clear(&mut transaction)?;
                transaction.commit()?;
                Ok(Done::Other)
            }
            Task::Read(key, now) => self.read(key, *now),
            Task::Sync(done) => Ok(done.clone()),
        }
    }

    fn read(&self, key: &super::key::Key, now: Now) -> Result<Done> {
        let waiting = self.shared.waiting(key);
        let found = self.statements.first(Sql::Load, [key], |row| {
            let mut view = Loaded::read(row)?.view;
            if let Some(touch) = waiting.as_ref().and_then(|entry| entry.touch_of(view.revision)) {
                view.deadline = touch.deadline;
                view.cookie = view.cookie.map(|cookie| touch.cookie.as_deref().unwrap_or(cookie));
            }
            let mut text = Vec::new();
            view.write_text(&mut text);
            let done = Done::Read(view.revision, text, view.encoding);
            Ok(if now.is_past(view.deadline) { Done::Absent } else { done })
        })?;
        Ok(found.unwrap_or(Done::Absent))
    }

    fn begin(&self) -> Result<Transaction<'_, 'c>> {
        Transaction::begin(&self.statements, self.shared)
    }

    /// Removes a batch of what has expired. Returns whether there is more.
    fn sweep(&self, system: i64) -> Result<bool> {
        let time = self.shared.certain_now(system).saturating_sub(SLACK);
        if time == i64::MIN || !sweep::is_due(&self.statements, time)? {
            return Ok(false);
        }
        // The process that has the lock may be sweeping. Then this one need not.
        let mut transaction = self.begin()?;
        let is_more = sweep::sweep(&mut transaction, Now::at(time), SWEPT_AT_ONCE)?;
        transaction.commit()?;
        Ok(is_more)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    use super::super::model::{TestFile, key};
    use super::super::schema;
    use super::super::shared::Limits;
    use super::*;

    #[test]
    fn a_job_that_the_thread_comes_to_late_is_tried_for_a_while() {
        // Where the machine was started just now.
        let Some(since) = Instant::now().checked_sub(PATIENCE) else { return };
        let file = TestFile::new();
        let connection = schema::open(&file.0, false).unwrap();
        connection.busy_timeout(Duration::ZERO).unwrap();
        let other = schema::connect(&file.0).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let shared = Shared::new(file.0.clone(), Limits::default());
        let statements = Statements::on(&connection);
        let worker = Worker { connection: &connection, statements, shared: &shared };
        let began = Instant::now();
        let task = Task::Destroy(key(1), Now::at(1), None);
        worker.work([Job { number: 1, task, is_durable: false, since }]);
        assert!(matches!(shared.take_answer().unwrap().result, Err(Error::Busy)));
        assert!(began.elapsed() >= LEAST_PATIENCE);
    }

    thread_local! {
        /// Whether the next thread cannot be started.
        pub(in super::super) static FAILS: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn fail_if_asked() -> std::io::Result<()> {
        if FAILS.take() { Err(std::io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }
}
