//! The one thread that writes: what is queued goes into one transaction and one flush.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::anchor::{Anchor, Head};
use super::ballast::Relief;
use super::error::{LedgerError, told};
use super::{chain, found};
use crate::ground::failpoint;

/// How many jobs share a transaction.
const GROUP_MAX: usize = 256;

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Something is going to be sent, or begins: not on a disk that was full.
    Begin,
    /// What is known already is noted, as long as there is any room.
    Note,
}

/// What is done inside a transaction, once more when there was no room for it the first time; its
/// answer goes out when the transaction is on the disk.
trait Job: Send {
    fn purpose(&self) -> Purpose;
    fn act(&mut self, connection: &Connection);
    fn refuse(&mut self, why: &Failure);
    fn lacks_room(&self) -> bool;
    fn answer(self: Box<Self>, committed: &Result<(), Failure>);
}

struct Task<W, T, D> {
    purpose: Purpose,
    work: W,
    result: Result<T, LedgerError>,
    done: D,
}

/// Why a transaction failed.
#[derive(Debug, Clone)]
enum Failure {
    /// No room on the disk.
    Full,
    /// Anything else.
    Broken(String),
}

/// The writing end: where jobs are worked off.
pub(super) struct Desk {
    /// The database.
    pub(super) connection: Connection,
    /// The mark beside it, with the ledger that it is of.
    pub(super) anchor: Option<(Anchor, [u8; 16])>,
    /// What makes room on a full disk.
    pub(super) relief: Relief,
    /// Whether the disk was full: only what notes something is written since.
    pub(super) full: bool,
}

/// Where the jobs of a ledger are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    /// On a thread of its own, those that wait in one group.
    Thread,
    /// On the caller's thread, each in a group of its own: a run on virtual time repeats exactly.
    Caller,
}

/// The way to the writing end; it ends when this is dropped, after what is queued.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    /// The writing end itself, where there is no thread.
    here: Option<Mutex<Serving>>,
    file: PathBuf,
}

impl Writer {
    /// Starts the thread at a desk, if there is to be one.
    pub(super) fn start(desk: Desk, file: PathBuf, hand: Hand) -> Result<Self, LedgerError> {
        let serving = Serving { desk, state: Ok(()) };
        if hand == Hand::Caller {
            return Ok(Self { queue: None, thread: None, here: Some(Mutex::new(serving)), file });
        }
        let (queue, work) = channel();
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || serve(serving, &work))
            .map_err(|source| LedgerError::Unusable { file: file.clone(), source })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), here: None, file })
    }

    /// Does something in a transaction and waits until it is on the disk.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        purpose: Purpose,
        work: impl FnMut(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (done, waits) = oneshot::channel();
        self.send((purpose, work), |result| drop(done.send(result)))?;
        waits.await.map_err(|_| LedgerError::Stopped)?.map_err(|error| error.at(&self.file))
    }

    /// As [`Writer::run`], for callers outside of a runtime.
    pub(super) fn run_blocking<T: Send + 'static>(
        &self,
        purpose: Purpose,
        work: impl FnMut(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (done, waits) = channel();
        self.send((purpose, work), move |result| drop(done.send(result)))?;
        waits.recv().map_err(|_| LedgerError::Stopped)?.map_err(|error| error.at(&self.file))
    }

    /// Queues a job. That nobody waits for its answer any more only means that a run is torn down.
    fn send<T: Send + 'static>(
        &self,
        (purpose, work): (
            Purpose,
            impl FnMut(&Connection) -> Result<T, LedgerError> + Send + 'static,
        ),
        done: impl FnOnce(Result<T, LedgerError>) + Send + 'static,
    ) -> Result<(), LedgerError> {
        let task = Task { purpose, work, result: Err(LedgerError::Stopped), done };
        if let Some(here) = &self.here {
            let mut serving = here.lock().map_err(|_| LedgerError::Stopped)?;
            serving.serve(vec![Box::new(task)]);
            return Ok(());
        }
        let queued = self.queue.as_ref().and_then(|queue| queue.send(Box::new(task)).ok());
        queued.ok_or(LedgerError::Stopped)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already told to everybody who waited for it.
            drop(thread.join());
        }
    }
}

impl<W, T, D> Job for Task<W, T, D>
where
    W: FnMut(&Connection) -> Result<T, LedgerError> + Send,
    T: Send,
    D: FnOnce(Result<T, LedgerError>) + Send,
{
    fn purpose(&self) -> Purpose {
        self.purpose
    }

    fn act(&mut self, connection: &Connection) {
        self.result = in_savepoint(connection, &mut self.work);
    }

    fn refuse(&mut self, why: &Failure) {
        self.result = Err(why.clone().into());
    }

    fn lacks_room(&self) -> bool {
        matches!(self.result, Err(LedgerError::Full { .. }))
    }

    fn answer(self: Box<Self>, committed: &Result<(), Failure>) {
        (self.done)(committed.clone().map_err(LedgerError::from).and(self.result));
    }
}

/// Works off the queue, group by group. While one group is being flushed the next one queues up:
/// groups are as large as the disk is slow, and no timer delays a lonely job.
fn serve(mut serving: Serving, queue: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = queue.recv() {
        serving.serve(std::iter::once(first).chain(queue.try_iter()).take(GROUP_MAX).collect());
    }
    if let Some((anchor, _)) = &mut serving.desk.anchor {
        // Without this flush the anchor is at most one group of flushes behind.
        drop(anchor.flush());
    }
}

/// A desk at work.
struct Serving {
    desk: Desk,
    /// Why nothing is written any more.
    state: Result<(), Failure>,
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Serving {
    /// Does a group of jobs and answers each.
    fn serve(&mut self, mut group: Vec<Box<dyn Job>>) {
        let desk = &mut self.desk;
        let mut committed = self.state.clone();
        if committed.is_ok() {
            committed = desk.write(&mut group);
            // What was sent is noted in the room that the ballast took; nothing new begins there.
            if matches!(committed, Err(Failure::Full)) && (desk.relief)(&desk.connection) {
                desk.full = true;
                committed = desk.write(&mut group);
            }
            // After a failed flush nobody knows what the disk holds: only reading it anew tells.
            self.state.clone_from(&committed);
        }
        for job in group {
            job.answer(&committed);
        }
    }
}

impl Desk {
    /// One transaction with the jobs of a group.
    fn write(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        self.step("BEGIN IMMEDIATE")?;
        failpoint::reach("ledger.group_begun");
        for job in &mut *group {
            if self.full && job.purpose() == Purpose::Begin {
                job.refuse(&Failure::Full);
            } else if self.connection.is_autocommit() {
                // A full disk ends the transaction under our feet; a job that came after it would
                // be alone in one.
                job.refuse(&Failure::Full);
            } else {
                job.act(&self.connection);
            }
        }
        let refused = |purpose| self.full && purpose == Purpose::Begin;
        if group.iter().any(|job| job.lacks_room() && !refused(job.purpose())) {
            self.roll_back();
            return Err(Failure::Full);
        }
        let done = failpoint::attempt("ledger.group_done");
        let done = done.map_err(|error| Failure::Broken(error.to_string()));
        if let Err(failure) = done.and_then(|()| self.step("COMMIT")) {
            self.roll_back();
            return Err(failure);
        }
        failpoint::reach("ledger.committed");
        self.anchor()?;
        failpoint::reach("ledger.anchored");
        Ok(())
    }

    /// The anchor follows before anybody is told: what depends on the group is sent after it.
    fn anchor(&mut self) -> Result<(), Failure> {
        let Some((anchor, ledger)) = &mut self.anchor else { return Ok(()) };
        let head = head(&self.connection, *ledger).map_err(|error| broken(&error))?;
        anchor.set(&head).map_err(|error| Failure::Broken(error.to_string()))
    }

    fn step(&self, sql: &str) -> Result<(), Failure> {
        self.connection.execute_batch(sql).map_err(|error| broken(&error))
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            // Its own failure adds nothing: the group has failed in any case.
            drop(self.connection.execute_batch("ROLLBACK"));
        }
    }
}

/// How far a ledger has come.
pub(super) fn head(connection: &Connection, ledger: [u8; 16]) -> rusqlite::Result<Head> {
    let (seq, hash) = chain::last(connection)?;
    Ok(Head { ledger, seq, generation: found::generation(connection)?, hash })
}

/// One job's failure must not take the rest of its group with it.
fn in_savepoint<T>(
    connection: &Connection,
    work: &mut impl FnMut(&Connection) -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    let step = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
    step("SAVEPOINT job")?;
    let result = work(connection);
    if result.is_err() && !connection.is_autocommit() {
        step("ROLLBACK TO job")?;
    }
    if !connection.is_autocommit() {
        step("RELEASE job")?;
    }
    result
}

fn broken(error: &rusqlite::Error) -> Failure {
    if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
        return Failure::Full;
    }
    Failure::Broken(told(error))
}

impl From<Failure> for LedgerError {
    fn from(failure: Failure) -> Self {
        let file = Path::new("").to_owned();
        match failure {
            Failure::Full => Self::Full { file },
            Failure::Broken(detail) => Self::Broken { file, detail },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(folder: &Path, relief: Relief) -> (Writer, Connection) {
        let file = folder.join("x.db");
        let connection = Connection::open(&file).unwrap();
        connection.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t(n UNIQUE)").unwrap();
        let desk = Desk { connection, anchor: None, relief, full: false };
        (Writer::start(desk, file.clone(), Hand::Thread).unwrap(), Connection::open(file).unwrap())
    }

    fn nothing() -> Relief {
        Box::new(|_| false)
    }

    /// A disk on which the next page has no room.
    async fn fill(writer: &Writer) {
        let full = |connection: &Connection| {
            let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            Ok(connection.pragma_update(None, "max_page_count", pages)?)
        };
        writer.run(Purpose::Note, full).await.unwrap();
    }

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    fn put(number: i64) -> impl FnMut(&Connection) -> Result<(), LedgerError> {
        move |connection| Ok(connection.execute("INSERT INTO t VALUES (?1)", [number]).map(drop)?)
    }

    #[tokio::test]
    async fn a_job_is_answered_only_when_others_can_see_what_it_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, other) = writer(folder.path(), nothing());
        for number in 1..=20 {
            writer.run(Purpose::Begin, put(number)).await.unwrap();
            assert_eq!(rows(&other), number);
        }
    }

    #[tokio::test]
    async fn a_job_that_fails_does_not_take_its_group_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, other) = writer(folder.path(), nothing());
        let jobs = (0..100).map(|number| writer.run(Purpose::Begin, put(number / 2)));
        let answers = futures_util::future::join_all(jobs).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 50);
        assert_eq!(rows(&other), 50);
    }

    fn big(connection: &Connection) -> Result<(), LedgerError> {
        Ok(connection.execute("INSERT INTO t VALUES (zeroblob(100000))", []).map(drop)?)
    }

    #[tokio::test]
    async fn a_full_disk_without_ballast_is_told_and_nothing_is_written_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, other) = writer(folder.path(), nothing());
        fill(&writer).await;
        let error = writer.run(Purpose::Note, big).await.unwrap_err().to_string();
        assert!(error.contains("make room") && error.contains("x.db"), "{error}");
        assert!(writer.run(Purpose::Note, put(1)).await.is_err());
        assert_eq!(rows(&other), 0);
    }

    #[tokio::test]
    async fn on_a_full_disk_what_was_sent_is_noted_in_the_ballast_and_nothing_new_begins() {
        let folder = tempfile::tempdir().unwrap();
        let mut ballast = 1;
        let relief = Box::new(move |connection: &Connection| {
            ballast -= 1;
            ballast == 0 && connection.pragma_update(None, "max_page_count", 1_000).is_ok()
        });
        let (writer, other) = writer(folder.path(), relief);
        writer.run(Purpose::Begin, put(1)).await.unwrap();
        fill(&writer).await;
        let jobs =
            [Purpose::Begin, Purpose::Note, Purpose::Begin].map(|purpose| writer.run(purpose, big));
        let answers: Vec<_> = futures_util::future::join_all(jobs).await;
        let done: Vec<_> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(done, [false, true, false], "{answers:?}");
        let error = writer.run(Purpose::Begin, put(2)).await.unwrap_err();
        assert!(matches!(error, LedgerError::Full { .. }), "{error}");
        writer.run(Purpose::Note, put(3)).await.unwrap();
        assert_eq!(rows(&other), 3);
        // The ballast is given back once; then the disk is full for good.
        fill(&writer).await;
        assert!(writer.run(Purpose::Note, big).await.is_err());
        assert_eq!(rows(&other), 3);
    }
}
