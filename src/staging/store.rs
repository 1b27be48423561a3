//! The staging file as the extraction sees it: generations, progress, what has been read.
//!
//! An extraction fills a generation of its own; only when it is complete does it replace the one
//! before. While one is open everything here speaks of it, otherwise of the last complete one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::StagingError;
use super::fault::{self, Fault};
use super::progress::{self, Progress, State};
use super::read::{self, RecordIter};
use super::schema;
use super::sheet::{self, Sheet, Sheets};
use crate::ground::{Header, Record};

/// The staging file, open for writing.
#[derive(Debug)]
pub struct Staging {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) sheets: Sheets,
    pub(super) open: Option<i64>,
    fingerprint: String,
    tables: Vec<(String, Vec<String>)>,
}

/// The words under which the spec of the complete extraction is noted, and that of the one under way.
const COMPLETE_SPEC: &str = "spec";
const OPEN_SPEC: &str = "open spec";

/// How an extraction began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Anew.
    Fresh,
    /// An earlier one goes on where it stopped.
    Resumed,
}

impl Staging {
    /// Opens the file at `path`, or makes it; `tables` are the names with their link columns.
    pub fn open(
        path: &Path,
        spec_fingerprint: &str,
        tables: &[(&str, &[String])],
    ) -> Result<Self, StagingError> {
        let connection = schema::open(path)?;
        let tables =
            tables.iter().map(|&(name, links)| (name.to_owned(), links.to_vec())).collect();
        let mut staging = Self {
            connection,
            path: path.into(),
            sheets: Sheets::new(),
            open: None,
            fingerprint: spec_fingerprint.into(),
            tables,
        };
        staging.open = staging.generation("open")?;
        staging.reload()?;
        Ok(staging)
    }

    /// Whether a complete extraction is there that was made under the spec fingerprint given to
    /// [`Staging::open`].
    pub fn is_complete(&self) -> Result<bool, StagingError> {
        Ok(self.generation("complete")?.is_some() && self.is_of(COMPLETE_SPEC)?)
    }

    /// Whether an extraction is under way that was begun under that fingerprint.
    pub fn is_open(&self) -> Result<bool, StagingError> {
        Ok(self.open.is_some() && self.is_of(OPEN_SPEC)?)
    }

    fn is_of(&self, word: &str) -> Result<bool, StagingError> {
        Ok(self.word(word)?.is_some_and(|spec| spec == self.fingerprint))
    }

    /// Goes on with the extraction under way, or begins a new one beside the complete one.
    ///
    /// One under way that knows other tables than those declared is given up first.
    pub fn begin(&mut self) -> Result<Begun, StagingError> {
        if self.open.is_some() {
            let known = |(name, _): &(String, Vec<String>)| self.sheets.contains_key(name);
            if self.sheets.len() == self.tables.len() && self.tables.iter().all(known) {
                return Ok(Begun::Resumed);
            }
            self.discard()?;
        }
        let generation = self.generation("last")?.unwrap_or(0) + 1;
        let (fingerprint, tables) = (self.fingerprint.clone(), self.tables.clone());
        self.transact(|transaction| {
            for (name, links) in &tables {
                sheet::create(transaction, generation, name, links)?;
            }
            set_word(transaction, OPEN_SPEC, &fingerprint)?;
            set_word(transaction, "last", &generation.to_string())?;
            set_word(transaction, "open", &generation.to_string())
        })?;
        self.open = Some(generation);
        self.reload()?;
        Ok(Begun::Fresh)
    }

    /// Gives up the extraction under way; the complete one stays.
    pub fn discard(&mut self) -> Result<(), StagingError> {
        let Some(generation) = self.open else { return Ok(()) };
        self.transact(|transaction| {
            sheet::drop_generation(transaction, generation)?;
            forget_word(transaction, "open")
        })?;
        self.open = None;
        self.reload()
    }

    /// Makes the extraction under way the complete one and drops the one before.
    pub fn finish(&mut self) -> Result<(), StagingError> {
        let Some(generation) = self.open else { return Ok(()) };
        for table in self.sheets.keys() {
            if !self.progress(table)?.is_done() {
                return Err(StagingError::Unfinished { table: table.clone() });
            }
        }
        let before = self.generation("complete")?;
        let fingerprint = self.word(OPEN_SPEC)?.unwrap_or_default();
        self.transact(|transaction| {
            if let Some(before) = before {
                sheet::drop_generation(transaction, before)?;
            }
            set_word(transaction, "complete", &generation.to_string())?;
            set_word(transaction, COMPLETE_SPEC, &fingerprint)?;
            forget_word(transaction, "run")?;
            forget_word(transaction, "open")
        })?;
        self.open = None;
        self.reload()
    }

    /// Notes the run that works with the complete extraction.
    pub fn lend(&mut self, run: i64) -> Result<(), StagingError> {
        self.transact(|transaction| set_word(transaction, "run", &run.to_string()))
    }

    /// The run that works with the complete extraction; `None` when none has begun since it was
    /// read.
    pub fn lent_to(&self) -> Result<Option<i64>, StagingError> {
        self.generation("run")
    }

    /// How far a table is; `None` before its first page.
    pub fn resume_point(&self, table: &str) -> Result<Option<Progress>, StagingError> {
        let progress = self.progress(table)?;
        Ok((progress.pages > 0 || progress.is_done()).then_some(progress))
    }

    /// Notes how a table ended: read, not licensed, missing.
    pub fn close_table(&mut self, table: &str, state: &State) -> Result<(), StagingError> {
        let id = self.writable(table)?.id;
        progress::close(&self.connection, id, state).map_err(|error| self.fail(error))
    }

    /// The state of a table.
    pub fn state(&self, table: &str) -> Result<State, StagingError> {
        self.progress(table).map(|progress| progress.state)
    }

    /// How many rows of a table are staged.
    pub fn count(&self, table: &str) -> Result<u64, StagingError> {
        self.progress(table).map(|progress| progress.rows)
    }

    /// The columns of a table.
    pub fn columns(&self, table: &str) -> Result<Arc<Header>, StagingError> {
        self.sheet(table).map(|sheet| Arc::clone(&sheet.header))
    }

    /// The rows of a table in the order in which they were read.
    pub fn rows<'a>(
        &'a self,
        table: &str,
    ) -> Result<impl Iterator<Item = Result<Arc<Record>, StagingError>> + use<'a>, StagingError>
    {
        let sheet = self.sheet(table)?.clone();
        Ok(RecordIter::new(move |after| {
            read::batch(&self.connection, &sheet, after).map_err(|fault| fault.at(&self.path))
        }))
    }

    /// The remarks that were made while a table was read.
    pub fn faults(&self, table: &str) -> Result<Vec<Fault>, StagingError> {
        let sheet = self.sheet(table)?;
        fault::list(&self.connection, sheet.id).map_err(|error| self.fail(error))
    }

    /// The content hash of a row.
    pub fn hash(&self, table: &str, key: &str) -> Result<Option<[u8; 32]>, StagingError> {
        let sheet = self.sheet(table)?;
        read::hash(&self.connection, sheet, key).map_err(|error| self.fail(error))
    }

    /// The keys of a table in the order in which they were read.
    pub fn keys(&self, table: &str) -> Result<Vec<String>, StagingError> {
        let sheet = self.sheet(table)?;
        read::keys(&self.connection, sheet).map_err(|error| self.fail(error))
    }

    /// The values of a column, each once, empty ones left out, in the order in which they were
    /// read: the parents of a path such as `/groups/{groups.id}/contacts`.
    pub fn values(&self, table: &str, column: &str) -> Result<Vec<String>, StagingError> {
        let sheet = self.sheet(table)?;
        read::values(&self.connection, sheet, column).map_err(|fault| fault.at(&self.path))
    }

    fn progress(&self, table: &str) -> Result<Progress, StagingError> {
        let id = self.sheet(table)?.id;
        progress::read(&self.connection, id).map_err(|error| self.fail(error))
    }

    pub(super) fn sheet(&self, table: &str) -> Result<&Sheet, StagingError> {
        self.sheets.get(table).ok_or_else(|| StagingError::UnknownTable { table: table.into() })
    }

    /// The sheet of a table in the extraction under way.
    pub(super) fn writable(&self, table: &str) -> Result<&Sheet, StagingError> {
        match self.open {
            Some(_) => self.sheet(table),
            None => Err(StagingError::NotOpen { table: table.into() }),
        }
    }

    pub(super) fn fail(&self, error: rusqlite::Error) -> StagingError {
        StagingError::from_database(&self.path, error)
    }

    fn transact(
        &mut self,
        deed: impl FnOnce(&Transaction<'_>) -> Result<(), rusqlite::Error>,
    ) -> Result<(), StagingError> {
        let path = &self.path;
        let done = self.connection.transaction().and_then(|transaction| {
            deed(&transaction)?;
            transaction.commit()
        });
        done.map_err(|error| StagingError::from_database(path, error))
    }

    /// Reads the sheets again, as they stand on disk.
    pub(super) fn reload(&mut self) -> Result<(), StagingError> {
        let visible = match self.open {
            Some(generation) => Some(generation),
            None => self.generation("complete")?,
        };
        // Generations count from 1: 0 has no sheets.
        self.sheets = sheet::load(&self.connection, visible.unwrap_or(0))
            .map_err(|error| StagingError::from_database(&self.path, error))?;
        Ok(())
    }

    /// The number of a generation, or of a run.
    fn generation(&self, word: &str) -> Result<Option<i64>, StagingError> {
        Ok(self.word(word)?.and_then(|text| text.parse().ok()))
    }

    fn word(&self, word: &str) -> Result<Option<String>, StagingError> {
        read_word(&self.connection, word).map_err(|error| self.fail(error))
    }
}

/// What is noted under a word of the file's own memory.
pub(super) fn read_word(
    connection: &Connection,
    word: &str,
) -> Result<Option<String>, rusqlite::Error> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE word = ?1")?
        .query_row([word], |row| row.get(0))
        .optional()
}

fn set_word(connection: &Connection, word: &str, value: &str) -> Result<(), rusqlite::Error> {
    connection
        .execute("INSERT OR REPLACE INTO meta (word, value) VALUES (?1, ?2)", params![word, value])
        .map(drop)
}

fn forget_word(connection: &Connection, word: &str) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM meta WHERE word = ?1", [word]).map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::staging::sample::{Desk, page};

    fn names(staging: &Staging, table: &str) -> Vec<String> {
        staging
            .rows(table)
            .unwrap()
            .map(|record| record.unwrap().get("name").as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn an_extraction_killed_between_pages_goes_on_at_the_page_and_stages_nothing_twice() {
        let desk = Desk::new();
        let first = page(None, Some("2"), &[json!({"id": "1", "name": "Ann"})]);
        {
            let mut staging = desk.open();
            assert_eq!(staging.begin().unwrap(), Begun::Fresh);
            assert_eq!(staging.resume_point("contacts").unwrap(), None);
            staging.put("contacts", &first).unwrap();
        }
        let mut staging = desk.open();
        assert_eq!(staging.begin().unwrap(), Begun::Resumed);
        let point = staging.resume_point("contacts").unwrap().unwrap();
        assert_eq!((point.next.as_deref(), point.pages, point.rows), (Some("2"), 1, 1));
        assert_eq!(staging.put("contacts", &first).unwrap().new, 0, "the same page again");
        staging
            .put("contacts", &page(Some("2"), None, &[json!({"id": "2", "name": "Bob"})]))
            .unwrap();
        assert_eq!(names(&staging, "contacts"), ["Ann", "Bob"]);
        assert_eq!(staging.count("contacts").unwrap(), 2);
        assert_eq!(staging.state("contacts").unwrap(), State::Read);
    }

    #[test]
    fn the_previous_extraction_stays_until_the_new_one_is_complete() {
        let desk = Desk::new();
        let mut staging = desk.open();
        let close_rest = |staging: &mut Staging| {
            staging.close_table("groups", &State::NotLicensed { status: 404 }).unwrap();
            let file = "memberships.csv".into();
            staging.close_table("memberships", &State::Missing { file }).unwrap();
        };
        staging.begin().unwrap();
        staging.put("contacts", &page(None, None, &[json!({"id": "1", "name": "Ann"})])).unwrap();
        let error = staging.finish().unwrap_err();
        assert!(matches!(error, StagingError::Unfinished { .. }), "{error}");
        close_rest(&mut staging);
        staging.finish().unwrap();

        staging.begin().unwrap();
        staging.put("contacts", &page(None, None, &[json!({"id": "1", "name": "Anna"})])).unwrap();
        let complete = crate::staging::StagedRows::open(&desk.file()).unwrap();
        let record = complete.rows("contacts").unwrap().next().unwrap().unwrap();
        assert_eq!(record.get("name"), "Ann");
        close_rest(&mut staging);
        staging.finish().unwrap();
        assert_eq!(names(&staging, "contacts"), ["Anna"]);
        assert_eq!(staging.state("groups").unwrap(), State::NotLicensed { status: 404 });
    }

    #[test]
    fn an_extraction_under_another_spec_is_noticed_and_can_be_given_up() {
        let desk = Desk::new();
        let mut staging = desk.open();
        staging.begin().unwrap();
        for table in ["contacts", "groups", "memberships"] {
            staging.close_table(table, &State::NotLicensed { status: 404 }).unwrap();
        }
        staging.finish().unwrap();
        staging.lend(7).unwrap();
        staging.begin().unwrap();
        let mut other = desk.open_under("spec-2");
        assert!(!other.is_open().unwrap() && !other.is_complete().unwrap());
        other.discard().unwrap();
        assert_eq!(other.begin().unwrap(), Begun::Fresh);
        assert!(other.is_open().unwrap());
        // The complete one is still of the spec under which it was read.
        let first = desk.open();
        assert!(first.is_complete().unwrap() && !first.is_open().unwrap());
        assert_eq!(first.lent_to().unwrap(), Some(7));
    }

    #[test]
    fn a_damaged_file_says_that_it_may_be_deleted() {
        let desk = Desk::new();
        std::fs::create_dir_all(desk.file().parent().unwrap()).unwrap();
        std::fs::write(desk.file(), "this is no database at all, but long enough".repeat(40))
            .unwrap();
        let error = Staging::open(&desk.file(), "spec", &[]).unwrap_err();
        assert!(error.to_string().contains("nothing is lost"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_on_the_machine_can_read_the_staged_tables() {
        use std::os::unix::fs::PermissionsExt;
        let desk = Desk::new();
        let mut staging = desk.open();
        staging.begin().unwrap();
        for file in std::fs::read_dir(desk.file().parent().unwrap()).unwrap() {
            let mode = file.as_ref().unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{file:?}");
        }
    }
}
