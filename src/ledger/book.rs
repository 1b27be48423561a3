//! The ledger as a run holds it: one writer, one reader, one secret.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::params;

use super::entry::{Intent, OpenEntry, Settled};
use super::error::LedgerError;
use super::found;
use super::lock;
use super::marker;
use super::outcome::{self, Verdict};
use super::read::{Provisioned, Reader};
use super::run::{self, Beginning, RunId, RunKind, RunState};
use super::schema;
use super::settle;
use super::writer::Writer;
use crate::ground::SourceKey;

/// What a ledger belongs to.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The pipeline.
    pub pipeline: String,
    /// The account in the CRM.
    pub account: String,
}

/// What a new ledger is made of; handed in, because nothing in this room asks the clock or chance.
#[derive(Clone)]
pub struct Fresh {
    /// Its id.
    pub uuid: String,
    /// The secret of its markers.
    pub secret: [u8; 32],
}

impl std::fmt::Debug for Fresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fresh").field("uuid", &self.uuid).finish_non_exhaustive()
    }
}

/// The ledger.
pub struct Ledger {
    writer: Writer,
    reader: Reader,
    secret: [u8; 32],
    generation: i64,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the ledger of a folder, making it when it is missing. The lock must be held.
    pub fn open(folder: &Path, identity: &Identity, fresh: &Fresh) -> Result<Self, LedgerError> {
        lock::private(folder)?;
        let file = folder.join("ledger.db");
        let connection =
            schema::open(&file, |connection| found::introduce(connection, identity, fresh))?;
        let named = |error: LedgerError| error.at(&file);
        found::belongs(&connection, identity, &file).map_err(named)?;
        let secret = found::secret(&connection, &file).map_err(named)?;
        let generation = found::next_generation(&connection)
            .map_err(|error| LedgerError::broken(&file, &error))?;
        let writer = Writer::start(connection, file)?;
        let reader = Reader::open(folder)?.ok_or(LedgerError::Stopped)?;
        Ok(Self { writer, reader, secret, generation })
    }

    /// The ledger of a folder for reading only, beside a run that writes; `None` when there is none.
    pub fn read_only(folder: &Path) -> Result<Option<Reader>, LedgerError> {
        Reader::open(folder)
    }

    /// The reading side.
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The mark that the CRM's record of this source record carries.
    pub fn marker(&self, key: &SourceKey) -> String {
        marker::marker(&self.secret, key)
    }

    /// Begins a run that writes.
    pub fn begin_run(
        &self,
        kind: RunKind,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<RunId, LedgerError> {
        self.begin(Beginning { kind, of: None, fingerprint: fingerprint.to_owned() }, now)
    }

    /// Begins a run that takes back another one, or with `None` all of them.
    pub fn begin_rollback(
        &self,
        of: Option<RunId>,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<RunId, LedgerError> {
        let fingerprint = fingerprint.to_owned();
        self.begin(Beginning { kind: RunKind::Rollback, of, fingerprint }, now)
    }

    /// Goes on with a run that did not reach its end.
    pub fn resume_run(&self, run: RunId) -> Result<(), LedgerError> {
        let generation = self.generation;
        self.writer.run_blocking(move |connection| {
            found::fence(connection, generation)?;
            Ok(run::resume(connection, run)?)
        })
    }

    /// Ends a run; a run with open entries may stop, but it is not done.
    pub fn end_run(
        &self,
        run: RunId,
        state: RunState,
        exit: u8,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let generation = self.generation;
        self.writer.run_blocking(move |connection| {
            found::fence(connection, generation)?;
            Ok(run::end(connection, (run, state), exit, now)?)
        })
    }

    /// Writes a deed down; when this returns it is on the disk, and the deed may be done.
    pub async fn announce(&self, intent: Intent) -> Result<OpenEntry, LedgerError> {
        let generation = self.generation;
        self.writer
            .run(move |connection| {
                found::fence(connection, generation)?;
                let id = settle::announce(connection, &intent, generation)?;
                Ok(OpenEntry { id, intent })
            })
            .await
    }

    /// Writes several deeds down at once, all of them or none.
    pub async fn announce_all(&self, intents: Vec<Intent>) -> Result<Vec<OpenEntry>, LedgerError> {
        let generation = self.generation;
        self.writer
            .run(move |connection| {
                found::fence(connection, generation)?;
                let announced = intents.into_iter().map(|intent| {
                    let id = settle::announce(connection, &intent, generation)?;
                    Ok(OpenEntry { id, intent })
                });
                announced.collect()
            })
            .await
    }

    /// Notes what became of a deed, and the verdict on its record with it.
    ///
    /// An error leaves the entry open: after [`LedgerError::Owned`] it can be settled otherwise.
    pub async fn settle(
        &self,
        entry: OpenEntry,
        settled: Settled,
        verdict: Option<Verdict>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let generation = self.generation;
        self.writer
            .run(move |connection| {
                found::fence(connection, generation)?;
                settle::settle(connection, &entry, &settled, now)?;
                verdict.map_or(Ok(()), |verdict| outcome::put(connection, &verdict))
            })
            .await
    }

    /// Notes verdicts on records that are not written.
    pub async fn record(&self, verdicts: Vec<Verdict>) -> Result<(), LedgerError> {
        let generation = self.generation;
        self.writer
            .run(move |connection| {
                found::fence(connection, generation)?;
                verdicts.iter().try_for_each(|verdict| outcome::put(connection, verdict))
            })
            .await
    }

    /// Notes something that a run made beside the records: a custom field, a tag, a source.
    pub async fn provisioned(
        &self,
        run: RunId,
        kind: &'static str,
        entity: &'static str,
        name: &str,
    ) -> Result<(), LedgerError> {
        let (kind, entity, name) = (kind.to_owned(), entity.to_owned(), name.to_owned());
        let made = Provisioned { kind, entity, name, crm: None, created: true };
        self.note_provision(run, made).await
    }

    /// Notes something that is beside the records: a custom field, a tag, a source. What a run made
    /// stays known as made, however often it is met again.
    pub async fn note_provision(
        &self,
        run: RunId,
        provisioned: Provisioned,
    ) -> Result<(), LedgerError> {
        let generation = self.generation;
        self.writer
            .run(move |connection| {
                found::fence(connection, generation)?;
                connection
                    .prepare_cached(
                        "INSERT INTO provision(kind, entity, name, crm, created, run)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                         ON CONFLICT(kind, entity, name) DO UPDATE SET
                           crm = coalesce(excluded.crm, crm)",
                    )?
                    .execute(params![
                        provisioned.kind,
                        provisioned.entity,
                        provisioned.name,
                        provisioned.crm,
                        provisioned.created,
                        run.0
                    ])?;
                Ok(())
            })
            .await
    }

    fn begin(&self, beginning: Beginning, now: Timestamp) -> Result<RunId, LedgerError> {
        let generation = self.generation;
        self.writer.run_blocking(move |connection| {
            found::fence(connection, generation)?;
            Ok(run::begin(connection, &beginning, generation, now)?)
        })
    }
}
