//! The ledger as a run holds it: one writer, one reader, one secret.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::anchor::{self, Anchor};
use super::entry::{Found, Intent, OpenEntry, Settled};
use super::error::LedgerError;
use super::outcome::{self, Verdict};
use super::read::{Provisioned, Reader};
use super::run::{self, Beginning, RunId, RunKind, RunState};
use super::salvage::{self, Base};
use super::writer::{self, Desk, Hand, Purpose, Writer};
use super::{ballast, chain, check, found, lock, marker, schema, settle};
use crate::ground::{SourceKey, failpoint};

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
    tag: String,
    generation: i64,
    folder: PathBuf,
}

impl Identity {
    /// The part of a marker that says which pipeline into which account it is of.
    pub fn tag(&self) -> String {
        marker::tag(&self.pipeline, &self.account)
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the ledger of a folder, making it when it is missing. The lock must be held.
    ///
    /// A ledger that is not what it was, or not the latest, is refused before anything is written.
    pub fn open(folder: &Path, identity: &Identity, fresh: &Fresh) -> Result<Self, LedgerError> {
        Self::trusted(folder, (identity, fresh), Hand::Thread)
    }

    /// As [`Ledger::open`], with the writes done on the caller's thread: for runs on virtual time,
    /// which must not run ahead of them.
    pub fn open_in_place(
        folder: &Path,
        identity: &Identity,
        fresh: &Fresh,
    ) -> Result<Self, LedgerError> {
        Self::trusted(folder, (identity, fresh), Hand::Caller)
    }

    fn trusted(
        folder: &Path,
        (identity, fresh): (&Identity, &Fresh),
        hand: Hand,
    ) -> Result<Self, LedgerError> {
        lock::private(folder)?;
        let file = folder.join("ledger.db");
        match schema::open_for_reading(&file)? {
            Some(connection) => {
                found::belongs(&connection, identity, &file).map_err(|error| error.at(&file))?;
                check::trusted(folder, (&connection, &file))?;
            }
            None => check::never_there(folder, &file)?,
        }
        Self::take_over(folder, (identity, fresh), hand, |_| Ok(()))
    }

    /// Opens what is left of a ledger that was refused, or of none: the ledger itself where it is
    /// whole, else its latest copy, else a new one. The lock must be held.
    pub fn rebuild(
        folder: &Path,
        identity: &Identity,
        fresh: &Fresh,
    ) -> Result<(Self, Base), LedgerError> {
        lock::private(folder)?;
        let salvaged = salvage::salvage(folder, identity)?;
        let noted = |connection: &Connection| salvage::note(connection, &salvaged);
        let ledger = Self::take_over(folder, (identity, fresh), Hand::Thread, noted)?;
        Ok((ledger, salvaged.base))
    }

    fn take_over(
        folder: &Path,
        (identity, fresh): (&Identity, &Fresh),
        hand: Hand,
        note: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<Self, LedgerError> {
        let file = folder.join("ledger.db");
        let fail = |error: rusqlite::Error| LedgerError::from(error).at(&file);
        let named = |error: LedgerError| error.at(&file);
        let connection =
            schema::open(&file, |connection| found::introduce(connection, identity, fresh))?;
        found::belongs(&connection, identity, &file).map_err(named)?;
        let secret = found::secret(&connection, &file).map_err(named)?;
        note(&connection).map_err(fail)?;
        let uuid = found::meta(&connection, "uuid").map_err(fail)?;
        let ledger = anchor::ledger_of(&uuid);
        let mut anchor = Anchor::open(folder)?;
        // First what stands, then the new generation: a crash between them explains one step.
        anchor.set(&writer::head(&connection, ledger).map_err(fail)?)?;
        anchor.flush()?;
        failpoint::reach("ledger.anchor_opened");
        let generation = found::next_generation(&connection).map_err(fail)?;
        failpoint::reach("ledger.generation_taken");
        anchor.set(&writer::head(&connection, ledger).map_err(fail)?)?;
        anchor.flush()?;
        let relief = ballast::give_back(folder);
        let desk = Desk { connection, anchor: Some((anchor, ledger)), relief, full: false };
        let writer = Writer::start(desk, file.clone(), hand)?;
        let reader = Reader::open(folder)?.ok_or(LedgerError::Stopped)?;
        Ok(Self { writer, reader, secret, tag: identity.tag(), generation, folder: folder.into() })
    }

    /// What must lie ready before a run begins: ballast for a full disk, and a copy of the ledger.
    pub fn safeguard(&self) -> Result<(), LedgerError> {
        ballast::put_down(&self.folder)?;
        self.back_up()
    }

    /// Copies the ledger, unless nothing happened since the last copy.
    pub fn back_up(&self) -> Result<(), LedgerError> {
        self.reader.back_up(&self.folder)
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
        marker::marker(&self.secret, &self.tag, key)
    }

    /// The source record of a marker that this ledger made; `None` for those of others, and for
    /// texts that only look like one.
    pub fn own_marker(&self, marker: &str) -> Option<SourceKey> {
        marker::key_of(marker).filter(|key| self.marker(key) == marker)
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
        self.writer.run_blocking(Purpose::Begin, move |connection| {
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
        self.writer.run_blocking(Purpose::Note, move |connection| {
            found::fence(connection, generation)?;
            Ok(run::end(connection, (run, state), exit, now)?)
        })?;
        failpoint::reach("ledger.run_ended");
        Ok(())
    }

    /// Writes a deed down; when this returns it is on the disk, and the deed may be done.
    pub async fn announce(&self, intent: Intent) -> Result<OpenEntry, LedgerError> {
        let intent = Arc::new(intent);
        let (generation, told) = (self.generation, Arc::clone(&intent));
        let announced = self.writer.run(Purpose::Begin, move |connection| {
            found::fence(connection, generation)?;
            settle::announce(connection, &told, generation)
        });
        let id = announced.await?;
        Ok(OpenEntry { id, intent: Arc::unwrap_or_clone(intent) })
    }

    /// Writes several deeds down at once, all of them or none.
    pub async fn announce_all(&self, intents: Vec<Intent>) -> Result<Vec<OpenEntry>, LedgerError> {
        let generation = self.generation;
        self.writer
            .run(Purpose::Begin, move |connection| {
                found::fence(connection, generation)?;
                let announced = intents.iter().map(|intent| {
                    let id = settle::announce(connection, intent, generation)?;
                    Ok(OpenEntry { id, intent: intent.clone() })
                });
                announced.collect()
            })
            .await
    }

    /// Takes records of the CRM that carry our markers for those that a lost ledger knew, all of
    /// them or none. What stands under a source record otherwise gives way.
    pub async fn adopt(
        &self,
        run: RunId,
        found: Vec<Found>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let generation = self.generation;
        self.writer
            .run(Purpose::Begin, move |connection| {
                found::fence(connection, generation)?;
                let adopt =
                    |one: &Found| settle::adopt(connection, one.clone(), (run, generation), now);
                found.iter().try_for_each(adopt)
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
            .run(Purpose::Note, move |connection| {
                found::fence(connection, generation)?;
                settle::settle(connection, &entry, &settled, now)?;
                verdict.iter().try_for_each(|verdict| outcome::put(connection, verdict))
            })
            .await
    }

    /// Notes verdicts on records that are not written.
    pub async fn record(&self, verdicts: Vec<Verdict>) -> Result<(), LedgerError> {
        let generation = self.generation;
        self.writer
            .run(Purpose::Note, move |connection| {
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
            .run(Purpose::Note, move |connection| {
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
                Ok(chain::provisioned(connection, &provisioned)?)
            })
            .await
    }

    fn begin(&self, beginning: Beginning, now: Timestamp) -> Result<RunId, LedgerError> {
        let generation = self.generation;
        let run = self.writer.run_blocking(Purpose::Begin, move |connection| {
            found::fence(connection, generation)?;
            Ok(run::begin(connection, &beginning, generation, now)?)
        })?;
        failpoint::reach("ledger.run_begun");
        Ok(run)
    }
}
