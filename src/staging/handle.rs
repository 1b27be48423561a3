//! The complete extraction as the other rooms read it: look-ups from several threads.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::error::StagingError;
use super::fault::{self, Fault};
use super::progress::{self, Progress, State};
use super::read::{self, ReadFault, RecordIter};
use super::recent::Recent;
use super::schema;
use super::sheet::{self, Sheet, Sheets};
use super::store::read_word;
use super::union::{self, StagedDifference};
use crate::ground::{Header, Record, Rows};

/// Half of how many records are kept at hand.
const RECENT_ROOM: usize = 2_048;

/// The staged tables of the last complete extraction, read-only.
///
/// The trait [`Rows`] has no way to report a fault of the file; [`StagedRows::check`] has, and is
/// to be asked before what was looked up is acted upon.
#[derive(Debug)]
pub struct StagedRows {
    path: PathBuf,
    sheets: Sheets,
    idle: Mutex<Vec<Connection>>,
    recent: Mutex<Recent>,
    fault: Mutex<Option<StagingError>>,
}

impl StagedRows {
    /// Opens the file for reading.
    pub fn open(path: &Path) -> Result<Self, StagingError> {
        let (connection, sheets) =
            first_look(path).map_err(|error| StagingError::from_database(path, error))?;
        Ok(Self {
            path: path.into(),
            sheets,
            idle: Mutex::new(vec![connection]),
            recent: Mutex::new(Recent::new(RECENT_ROOM)),
            fault: Mutex::new(None),
        })
    }

    /// The first fault that a look-up met, if any.
    pub fn check(&self) -> Result<(), StagingError> {
        lock(&self.fault).take().map_or(Ok(()), Err)
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
        let sheet = self.sheet(table)?;
        Ok(RecordIter::new(move |after| {
            self.with(|connection| read::batch(connection, sheet, after))
        }))
    }

    /// The state of a table.
    pub fn state(&self, table: &str) -> Result<State, StagingError> {
        self.progress(table).map(|progress| progress.state)
    }

    /// How many rows of a table are staged.
    pub fn count(&self, table: &str) -> Result<u64, StagingError> {
        self.progress(table).map(|progress| progress.rows)
    }

    /// Whether a table has a row with that key.
    pub fn holds(&self, table: &str, key: &str) -> Result<bool, StagingError> {
        let sheet = self.sheet(table)?;
        self.with(|connection| Ok(read::hash(connection, sheet, key)?.is_some()))
    }

    /// The remarks that were made while a table was read.
    pub fn faults(&self, table: &str) -> Result<Vec<Fault>, StagingError> {
        let sheet = self.sheet(table)?;
        self.with(|connection| Ok(fault::list(connection, sheet.id)?))
    }

    /// The differences that unions found in a table.
    pub fn differences(&self, table: &str) -> Result<Vec<StagedDifference>, StagingError> {
        let sheet = self.sheet(table)?;
        self.with(|connection| Ok(union::list(connection, sheet.id)?))
    }

    fn progress(&self, table: &str) -> Result<Progress, StagingError> {
        let sheet = self.sheet(table)?;
        self.with(|connection| Ok(progress::read(connection, sheet.id)?))
    }

    fn sheet(&self, table: &str) -> Result<&Sheet, StagingError> {
        self.sheets.get(table).ok_or_else(|| StagingError::UnknownTable { table: table.into() })
    }

    fn find(&self, table: &str, key: &str) -> Result<Option<Arc<Record>>, StagingError> {
        let sheet = self.sheet(table)?;
        let key = key.trim();
        if let Some(record) = lock(&self.recent).get(sheet.id, key) {
            return Ok(Some(record));
        }
        let Some(record) = self.with(|connection| read::get(connection, sheet, key))? else {
            return Ok(None);
        };
        let record = Arc::new(record);
        lock(&self.recent).keep(sheet.id, Arc::clone(&record));
        Ok(Some(record))
    }

    /// Runs `deed` on a connection that no other thread has in hand.
    fn with<T>(
        &self,
        deed: impl FnOnce(&Connection) -> Result<T, ReadFault>,
    ) -> Result<T, StagingError> {
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path)
                .map_err(|error| StagingError::from_database(&self.path, error))?,
        };
        let answer = deed(&connection).map_err(|fault| fault.at(&self.path));
        lock(&self.idle).push(connection);
        answer
    }

    fn or_note<T: Default>(&self, answer: Result<T, StagingError>) -> T {
        answer.unwrap_or_else(|error| {
            lock(&self.fault).get_or_insert(error);
            T::default()
        })
    }
}

impl Rows for StagedRows {
    fn get(&self, table: &str, key: &str) -> Option<Arc<Record>> {
        self.or_note(self.find(table, key))
    }

    fn children(&self, table: &str, column: &str, value: &str) -> Vec<Arc<Record>> {
        let found = self.sheet(table).and_then(|sheet| {
            self.with(|connection| read::children(connection, sheet, column, value))
        });
        self.or_note(found).into_iter().map(Arc::new).collect()
    }
}

fn first_look(path: &Path) -> Result<(Connection, Sheets), rusqlite::Error> {
    let connection = schema::open_to_read(path)?;
    let generation = read_word(&connection, "complete")?.and_then(|text| text.parse().ok());
    let sheets = sheet::load(&connection, generation.unwrap_or(0))?;
    Ok((connection, sheets))
}

/// Nothing here is left half done by a panic, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::staging::sample::{Desk, page};

    fn staged() -> (Desk, StagedRows) {
        let desk = Desk::new();
        let mut staging = desk.open();
        staging.begin().unwrap();
        staging.put("contacts", &page(None, None, &[json!({"id": "42", "name": "Ann"})])).unwrap();
        let rows = [
            json!({"id": "1", "group_id": "5", "contact_id": 42, "role": "x"}),
            json!({"id": "2", "group_id": "6", "contact_id": ["41", "42"], "role": 7}),
            json!({"id": "3", "group_id": "5", "contact_id": null, "role": "x"}),
        ];
        staging.put("memberships", &page(None, None, &rows)).unwrap();
        staging.close_table("groups", &State::NotLicensed { status: 403 }).unwrap();
        staging.finish().unwrap();
        let rows = StagedRows::open(&desk.file()).unwrap();
        (desk, rows)
    }

    fn children(rows: &StagedRows, column: &str, value: &str) -> Vec<String> {
        rows.children("memberships", column, value).iter().map(|row| row.key.to_string()).collect()
    }

    #[test]
    fn a_row_is_found_by_its_key_and_its_children_by_their_link() {
        let (_desk, rows) = staged();
        assert_eq!(rows.get("contacts", "42").unwrap().get("name"), "Ann");
        assert_eq!(rows.get("contacts", " 42 ").unwrap().get("name"), "Ann", "kept at hand");
        assert!(rows.get("contacts", "43").is_none());
        assert_eq!(rows.state("groups").unwrap(), State::NotLicensed { status: 403 });
        assert_eq!(rows.count("memberships").unwrap(), 3);
        assert!(rows.get("groups", "5").is_none(), "a module that is not licensed has no rows");
        assert_eq!(children(&rows, "group_id", "5"), ["1", "3"]);
        assert_eq!(children(&rows, "contact_id", "42"), ["1", "2"]);
        rows.check().unwrap();
    }

    #[test]
    fn a_column_that_is_no_link_is_searched_row_by_row() {
        let (_desk, rows) = staged();
        assert_eq!(children(&rows, "role", "x"), ["1", "3"]);
        assert_eq!(children(&rows, "role", "7"), ["2"]);
        assert!(children(&rows, "no_such_column", "7").is_empty());
        rows.check().unwrap();
    }

    #[test]
    fn a_table_that_was_never_declared_is_remembered_as_a_fault() {
        let (_desk, rows) = staged();
        assert!(rows.get("drips", "1").is_none());
        assert!(matches!(rows.check(), Err(StagingError::UnknownTable { .. })));
        rows.check().unwrap();
    }

    #[test]
    fn several_threads_look_up_at_once() {
        let (_desk, rows) = staged();
        let look = || {
            for _ in 0..50 {
                assert_eq!(children(&rows, "group_id", "5").len(), 2);
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(look))));
        rows.check().unwrap();
    }
}
