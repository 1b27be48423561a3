//! Reading the ledger, beside a run or without one.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::backup;
use super::check::{self, Depth};
use super::column;
use super::entry::{EntryId, OpenEntry, Origin, State};
use super::error::LedgerError;
use super::run::{self, Run, RunId};
use super::schema;
use super::sum;
use super::undo::{self, Back, Undo, Undone, Which};
use crate::ground::{CrmId, CrmRef, Flag, Outcome, SourceKey};

/// A reading connection.
#[derive(Debug)]
pub struct Reader {
    connection: Mutex<Connection>,
    file: PathBuf,
}

/// A record with remarks, or one that waits for a person, failed, was left out or was merged.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The record.
    pub key: SourceKey,
    /// Its outcome.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// What was remarked.
    pub flags: Vec<Flag>,
}

/// A file that a run carried, and the record that it hangs on.
#[derive(Debug, Clone)]
pub struct Carried {
    /// The file's record.
    pub key: SourceKey,
    /// The note that holds or links it.
    pub at: CrmRef,
    /// The record that it hangs on, as the CRM names it: `Leads:7`.
    pub on: String,
    /// The source record behind that, when it is one of ours.
    pub on_key: Option<SourceKey>,
    /// What was carried and where it went.
    pub content: Value,
}

/// Something beside the records that a run needed: a custom field, a tag, a source.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Provisioned {
    /// What it is: `field`, `tag`, `source`.
    pub kind: String,
    /// The kind of record that it is for; empty when it is for all.
    pub entity: String,
    /// Its name.
    pub name: String,
    /// Its id in the CRM, when it has one.
    pub crm: Option<String>,
    /// Whether a run made it, or it was there.
    pub created: bool,
}

impl Reader {
    /// Opens the ledger in a folder; `None` when there is none yet.
    pub fn open(folder: &Path) -> Result<Option<Self>, LedgerError> {
        let file = folder.join("ledger.db");
        let connection = schema::open_for_reading(&file)?;
        Ok(connection.map(|connection| Self { connection: Mutex::new(connection), file }))
    }

    pub(super) fn with<T>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        ask(&connection).map_err(|error| LedgerError::broken(&self.file, &error))
    }

    /// Copies the ledger beside it, unless nothing happened since the last copy.
    pub(super) fn back_up(&self, folder: &Path) -> Result<(), LedgerError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        backup::take(folder, &connection)
    }

    /// What is wrong in the ledger itself, whatever its anchor says; `None` when nothing is.
    pub fn doubt(&self) -> Result<Option<String>, LedgerError> {
        self.with(|connection| check::sound(connection, Depth::All))
    }

    /// Whether a source record is in the CRM as far as the ledger knows, or may be.
    pub fn knows(&self, key: &SourceKey) -> Result<bool, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT EXISTS(SELECT 1 FROM link WHERE object = ?1 AND key = ?2)
                OR EXISTS(SELECT 1 FROM entry
                          WHERE object = ?1 AND key = ?2 AND outcome IS NULL)";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([&*key.object, &*key.id], |row| row.get(0))
        })
    }

    /// What is known of each of these records, in order.
    pub fn states(&self, keys: &[SourceKey]) -> Result<Vec<Option<State>>, LedgerError> {
        self.with(|connection| keys.iter().map(|key| sum::state(connection, key)).collect())
    }

    /// Where each of these records is in the CRM, in order.
    pub fn places(&self, keys: &[SourceKey]) -> Result<Vec<Option<CrmRef>>, LedgerError> {
        self.with(|connection| keys.iter().map(|key| sum::place(connection, key)).collect())
    }

    /// Every record of an object that is in the CRM, handed to `each` in order.
    pub fn each_link(
        &self,
        object: &str,
        mut each: impl FnMut(SourceKey, CrmRef),
    ) -> Result<(), LedgerError> {
        self.with(|connection| {
            let sql = "SELECT object, key, entity, crm FROM link WHERE object = ?1 ORDER BY key";
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([object])?;
            while let Some(row) = rows.next()? {
                each(column::key(row, 0)?, column::place(row, 2)?);
            }
            Ok(())
        })
    }

    /// Every record of the CRM that we made, with the source record that it stands for.
    pub fn made(&self) -> Result<Vec<(SourceKey, CrmRef)>, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT object, key, entity, crm FROM link
                       WHERE origin IN ('created', 'adopted') ORDER BY object, key";
            let mut statement = connection.prepare(sql)?;
            let rows = statement
                .query_map([], |row| Ok((column::key(row, 0)?, column::place(row, 2)?)))?;
            rows.collect()
        })
    }

    /// For which source record one of the CRM stands.
    pub fn owner(&self, at: &CrmRef) -> Result<Option<SourceKey>, LedgerError> {
        self.with(|connection| sum::owner(connection, at))
    }

    /// Where a record of the CRM comes from; `None` when it stands for no source record.
    pub fn origin(&self, at: &CrmRef) -> Result<Option<Origin>, LedgerError> {
        self.with(|connection| sum::origin_of(connection, at))
    }

    /// Entries of which nobody knows what became.
    pub fn open_entries(&self) -> Result<Vec<OpenEntry>, LedgerError> {
        self.with(undo::open)
    }

    /// All entries of a record, whatever became of them, in order.
    pub fn entries(&self, key: &SourceKey) -> Result<Vec<OpenEntry>, LedgerError> {
        self.with(|connection| undo::entries(connection, key, Which::All))
    }

    /// The entries of a record that are done, in order.
    pub fn done(&self, key: &SourceKey) -> Result<Vec<OpenEntry>, LedgerError> {
        self.with(|connection| undo::entries(connection, key, Which::Done))
    }

    /// What can be taken back of a run and of what lies on top of it, or of everything; the latest
    /// first.
    #[cfg(test)]
    pub(super) fn undo_list(&self, run: Option<RunId>) -> Result<Vec<Undo>, LedgerError> {
        let left = self.left_behind(run)?.iter().map(|undo| undo.deed).collect();
        self.undo_page(&Back { run, left, ..Back::default() }, None, usize::MAX)
    }

    /// How many deeds of a run and of what lies on top of it, or of everything, can be taken back,
    /// and the records that some of them made.
    pub fn undo_survey(
        &self,
        run: Option<RunId>,
    ) -> Result<(u64, HashSet<SourceKey>), LedgerError> {
        self.with(|connection| undo::survey(connection, run))
    }

    /// What earlier undos left to people, of the same deeds; the latest first.
    pub fn left_behind(&self, run: Option<RunId>) -> Result<Vec<Undo>, LedgerError> {
        self.with(|connection| undo::left_behind(connection, run))
    }

    /// At most `count` deeds that can be taken back, the latest first, all of them older than the
    /// entry `below`: with the last one's entry the next page, so that a long list needs no memory.
    pub fn undo_page(
        &self,
        back: &Back,
        below: Option<EntryId>,
        count: usize,
    ) -> Result<Vec<Undo>, LedgerError> {
        self.with(|connection| undo::list(connection, back, below, count))
    }

    /// What a rollback came to: object and how to how many.
    pub fn undone(&self, run: RunId) -> Result<BTreeMap<(String, Undone), u64>, LedgerError> {
        self.with(|connection| undo::counts(connection, run))
    }

    /// All runs.
    pub fn runs(&self) -> Result<Vec<Run>, LedgerError> {
        self.with(run::all)
    }

    /// The last run, if it did not reach its end.
    pub fn unfinished(&self) -> Result<Option<Run>, LedgerError> {
        self.with(run::unfinished)
    }

    /// Object and outcome to how many records had it in a run.
    pub fn outcomes(&self, run: RunId) -> Result<BTreeMap<(String, Outcome), u64>, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT object, outcome, count(*) FROM verdict WHERE run = ?1 GROUP BY 1, 2";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([run.0], |row| {
                Ok(((row.get(0)?, column::outcome(row, 1)?), column::count(row, 2)?))
            })?;
            rows.collect()
        })
    }

    /// Object and code of a remark to how many records carry it in a run.
    pub fn flag_counts(&self, run: RunId) -> Result<BTreeMap<(String, String), u64>, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT verdict.object, json_extract(flag.value, '$.code'), count(DISTINCT verdict.key)
                       FROM verdict, json_each(verdict.flags) AS flag
                       WHERE run = ?1 AND flags IS NOT NULL GROUP BY 1, 2";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([run.0], |row| {
                Ok(((row.get(0)?, row.get(1)?), column::count(row, 2)?))
            })?;
            rows.collect()
        })
    }

    /// Object and reason to how many records had an outcome for it in a run.
    pub fn reasons(
        &self,
        run: RunId,
        outcome: Outcome,
    ) -> Result<BTreeMap<(String, String), u64>, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT object, reason, count(*) FROM verdict
                       WHERE run = ?1 AND outcome = ?2 GROUP BY 1, 2";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map(params![run.0, outcome.name()], |row| {
                Ok(((row.get(0)?, row.get(1)?), column::count(row, 2)?))
            })?;
            rows.collect()
        })
    }

    /// Every verdict of a run that carries remarks or says that a record is held, failed, left out or
    /// merged, handed to `each` in order.
    pub fn remarks(&self, run: RunId, mut each: impl FnMut(Waiting)) -> Result<(), LedgerError> {
        self.with(|connection| {
            let sql = "SELECT object, key, outcome, reason, flags FROM verdict
                       WHERE run = ?1 AND (flags IS NOT NULL
                                          OR outcome IN ('flagged','failed','skipped','merged'))
                       ORDER BY object, key";
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([run.0])?;
            while let Some(row) = rows.next()? {
                each(Waiting {
                    key: column::key(row, 0)?,
                    outcome: column::outcome(row, 2)?,
                    reason: row.get(3)?,
                    flags: column::json(row, 4)?.unwrap_or_default(),
                });
            }
            Ok(())
        })
    }

    /// Every file that a run carried and that stands, handed to `each` in order.
    pub fn carried(&self, run: RunId, mut each: impl FnMut(Carried)) -> Result<(), LedgerError> {
        self.with(|connection| {
            let sql = "
                WITH file AS (
                  SELECT object, key, entity, crm, json_extract(after, '$.content') AS content,
                         coalesce(json_extract(after, '$.entity'), '') AS parent
                    FROM entry WHERE run = ?1 AND deed = 'create' AND outcome = 'done'
                         AND json_type(after, '$.content') = 'object')
                SELECT file.object, file.key, file.entity, file.crm, content, parent,
                       link.object, link.key
                  FROM file LEFT JOIN link
                       ON link.entity = substr(parent, 1, instr(parent, ':') - 1)
                      AND link.crm = substr(parent, instr(parent, ':') + 1)
                 ORDER BY 1, 2";
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([run.0])?;
            while let Some(row) = rows.next()? {
                let on_key = row.get::<_, Option<String>>(6)?.map(|_| column::key(row, 6));
                each(Carried {
                    key: column::key(row, 0)?,
                    at: CrmRef::new(column::entity(row, 2)?, CrmId(row.get(3)?)),
                    content: column::json(row, 4)?.unwrap_or_default(),
                    on: row.get(5)?,
                    on_key: on_key.transpose()?,
                });
            }
            Ok(())
        })
    }

    /// The records of a run that wait for a person, by object and key.
    pub fn held(&self, run: RunId) -> Result<Vec<Waiting>, LedgerError> {
        let mut held = Vec::new();
        self.remarks(run, |waiting| {
            if matches!(waiting.outcome, Outcome::Flagged | Outcome::Failed) {
                held.push(waiting);
            }
        })?;
        Ok(held)
    }

    /// A record's outcome in a run; `None` when the run has not come to it.
    pub fn verdict(&self, run: RunId, key: &SourceKey) -> Result<Option<Outcome>, LedgerError> {
        self.with(|connection| {
            connection
                .prepare_cached(
                    "SELECT outcome FROM verdict WHERE run = ?1 AND object = ?2 AND key = ?3",
                )?
                .query_row(params![run.0, &*key.object, &*key.id], |row| column::outcome(row, 0))
                .optional()
        })
    }

    /// The remarks on a record in the last run that looked at it.
    pub fn flags(&self, key: &SourceKey) -> Result<Vec<Flag>, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT flags FROM verdict WHERE object = ?1 AND key = ?2
                       ORDER BY run DESC LIMIT 1";
            let flags = connection
                .prepare_cached(sql)?
                .query_row([&*key.object, &*key.id], |row| column::json(row, 0))
                .optional()?;
            Ok(flags.flatten().unwrap_or_default())
        })
    }

    /// All remarks on a record, of whatever run, the latest run first.
    pub fn remarks_on(&self, key: &SourceKey) -> Result<Vec<Flag>, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT flags FROM verdict WHERE object = ?1 AND key = ?2
                       AND flags IS NOT NULL ORDER BY run DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([&*key.object, &*key.id], |row| {
                Ok(column::json::<Vec<Flag>>(row, 0)?.unwrap_or_default())
            })?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.concat())
        })
    }

    /// What was made beside the records, which no rollback takes back: kind, entity, name.
    pub fn provisioned(&self) -> Result<Vec<(String, String, String)>, LedgerError> {
        let made = self.provisions()?.into_iter().filter(|provisioned| provisioned.created);
        Ok(made.map(|made| (made.kind, made.entity, made.name)).collect())
    }

    /// What is known to be there beside the records, made or met.
    pub fn provisions(&self) -> Result<Vec<Provisioned>, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT kind, entity, name, crm, created FROM provision ORDER BY 1, 2, 3";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(Provisioned {
                    kind: row.get(0)?,
                    entity: row.get(1)?,
                    name: row.get(2)?,
                    crm: row.get(3)?,
                    created: row.get(4)?,
                })
            })?;
            rows.collect()
        })
    }
}
