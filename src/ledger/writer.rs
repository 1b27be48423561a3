//! The one thread that writes: what is queued goes into one transaction and one flush.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::error::{LedgerError, told};

/// How many jobs share a transaction.
const GROUP_MAX: usize = 256;

/// What is done inside a transaction, or refused with a reason; its answer goes out when the
/// transaction is on the disk.
type Work = Box<dyn FnOnce(Result<&Connection, String>) -> Answer + Send>;

/// Tells whoever waits, once the commit has succeeded or failed.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

/// The way to the writing thread; it ends when this is dropped, after what is queued.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
    file: PathBuf,
}

impl Writer {
    /// Starts the thread on a connection.
    pub(super) fn start(connection: Connection, file: PathBuf) -> Result<Self, LedgerError> {
        let (queue, work) = channel();
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || serve(&connection, &work))
            .map_err(|source| LedgerError::Unusable { file: file.clone(), source })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), file })
    }

    /// Does something in a transaction and waits until it is on the disk.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (done, waits) = oneshot::channel();
        self.send(work, |result| drop(done.send(result)))?;
        waits.await.map_err(|_| LedgerError::Stopped)?.map_err(|error| error.at(&self.file))
    }

    /// As [`Writer::run`], for callers outside of a runtime.
    pub(super) fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (done, waits) = channel();
        self.send(work, move |result| drop(done.send(result)))?;
        waits.recv().map_err(|_| LedgerError::Stopped)?.map_err(|error| error.at(&self.file))
    }

    /// Queues a job. That nobody waits for its answer any more only means that a run is torn down.
    fn send<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
        done: impl FnOnce(Result<T, LedgerError>) + Send + 'static,
    ) -> Result<(), LedgerError> {
        let work: Work = Box::new(move |connection| {
            let result = connection.map_err(broken).and_then(|open| in_savepoint(open, work));
            Box::new(move |committed| done(committed.map_err(broken).and(result)))
        });
        self.queue.as_ref().and_then(|queue| queue.send(work).ok()).ok_or(LedgerError::Stopped)
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

/// Works off the queue, group by group. While one group is being flushed the next one queues up:
/// groups are as large as the disk is slow, and no timer delays a lonely job.
fn serve(connection: &Connection, queue: &Receiver<Work>) {
    let mut broken: Option<String> = None;
    while let Ok(first) = queue.recv() {
        let begun = match &broken {
            Some(reason) => Err(reason.clone()),
            None => connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| told(&error)),
        };
        let group = std::iter::once(first).chain(queue.try_iter()).take(GROUP_MAX);
        let answers: Vec<Answer> = match &begun {
            Ok(()) => group.map(|work| work(still_open(connection))).collect(),
            Err(reason) => group.map(|work| work(Err(reason.clone()))).collect(),
        };
        let committed = begun.and_then(|()| {
            let committed = still_open(connection).and_then(commit);
            // After a failed flush nobody knows what the disk holds: only reading it anew tells.
            broken = committed.as_ref().err().cloned();
            committed
        });
        for answer in answers {
            answer(committed.clone());
        }
    }
}

fn commit(connection: &Connection) -> Result<(), String> {
    let committed = connection.execute_batch("COMMIT").map_err(|error| told(&error));
    if committed.is_err() && !connection.is_autocommit() {
        // Its own failure adds nothing: the connection writes no more in any case.
        drop(connection.execute_batch("ROLLBACK"));
    }
    committed
}

/// A full disk ends the transaction under our feet; a job that came after it would be alone in one.
fn still_open(connection: &Connection) -> Result<&Connection, String> {
    if connection.is_autocommit() {
        return Err("the disk refused a write: make room on it and run again".to_owned());
    }
    Ok(connection)
}

/// One job's failure must not take the rest of its group with it.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, LedgerError>,
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

fn broken(detail: String) -> LedgerError {
    LedgerError::Broken { file: Path::new("").to_owned(), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(folder: &Path) -> (Writer, Connection) {
        let file = folder.join("x.db");
        let connection = Connection::open(&file).unwrap();
        connection.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t(n UNIQUE)").unwrap();
        (Writer::start(connection, file.clone()).unwrap(), Connection::open(file).unwrap())
    }

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    fn put(number: i64) -> impl FnOnce(&Connection) -> Result<(), LedgerError> {
        move |connection| Ok(connection.execute("INSERT INTO t VALUES (?1)", [number]).map(drop)?)
    }

    #[tokio::test]
    async fn a_job_is_answered_only_when_others_can_see_what_it_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, other) = writer(folder.path());
        for number in 1..=20 {
            writer.run(put(number)).await.unwrap();
            assert_eq!(rows(&other), number);
        }
    }

    #[tokio::test]
    async fn a_job_that_fails_does_not_take_its_group_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, other) = writer(folder.path());
        let jobs = (0..100).map(|number| writer.run(put(number / 2)));
        let answers = futures_util::future::join_all(jobs).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 50);
        assert_eq!(rows(&other), 50);
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_nothing_is_written_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, other) = writer(folder.path());
        writer
            .run(|connection| Ok(connection.pragma_update(None, "max_page_count", 3)?))
            .await
            .unwrap();
        let big = |connection: &Connection| {
            Ok(connection.execute("INSERT INTO t VALUES (zeroblob(1000000))", []).map(drop)?)
        };
        let error = writer.run(big).await.unwrap_err().to_string();
        assert!(error.contains("make room") && error.contains("x.db"), "{error}");
        assert!(writer.run(put(1)).await.is_err());
        assert_eq!(rows(&other), 0);
    }
}
