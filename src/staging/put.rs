//! Staging a page: its rows, their links and its remarks in one transaction.

use std::sync::Arc;

use rusqlite::{Connection, params};
use serde_json::Value;

use super::cells;
use super::error::StagingError;
use super::fault::{self, Fault};
use super::progress::{self, State};
use super::sheet::Sheet;
use super::store::Staging;
use crate::ground::{Flag, Header, Record, failpoint};

/// A page as the source gave it.
#[derive(Debug, Clone)]
pub struct StagedPage {
    /// Where it began; `None` for the first.
    pub began: Option<String>,
    /// Where the next begins; `None` when this is the last.
    pub next: Option<String>,
    /// The hash of its body.
    pub body_hash: [u8; 32],
    /// Its rows, keyed.
    pub records: Vec<Record>,
    /// What was remarked on it.
    pub faults: Vec<Fault>,
}

/// What became of the rows of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutReport {
    /// Rows that were not there.
    pub new: usize,
    /// Rows that were there with the same content.
    pub identical: usize,
    /// Rows kept out because another row has their key with other content.
    pub conflicting: usize,
}

impl Staging {
    /// Stages a page; one that was staged already changes nothing. The last page closes the table.
    pub fn put(&mut self, table: &str, page: &StagedPage) -> Result<PutReport, StagingError> {
        let mut sheet = self.writable(table)?.clone();
        let done = put_page(&mut self.connection, &mut sheet, page);
        match done {
            Ok(report) => {
                self.sheets.insert(table.into(), sheet);
                Ok(report)
            }
            Err(error) => Err(self.fail(error)),
        }
    }
}

fn put_page(
    connection: &mut Connection,
    sheet: &mut Sheet,
    page: &StagedPage,
) -> Result<PutReport, rusqlite::Error> {
    let transaction = connection.transaction()?;
    let began = page.began.as_deref().unwrap_or("");
    let fresh = transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO page (sheet, began, body_hash, rows) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![sheet.id, began, page.body_hash, cells::signed(page.records.len())])?;
    if fresh == 0 {
        return Ok(PutReport::default());
    }
    let mut desk = Desk::new(&transaction, sheet);
    for record in &page.records {
        desk.put(record)?;
    }
    let (report, conflicts) = (desk.report, desk.conflicts);
    fault::keep(&transaction, sheet.id, &page.faults)?;
    fault::keep(&transaction, sheet.id, &conflicts)?;
    progress::advance(&transaction, sheet.id, page.next.as_deref(), report.new)?;
    if page.next.is_none() {
        progress::close(&transaction, sheet.id, &State::Read)?;
    }
    failpoint::reach("staging.page_put");
    transaction.commit()?;
    failpoint::reach("staging.page_committed");
    Ok(report)
}

/// Puts records into a sheet, one after the other.
pub(super) struct Desk<'a> {
    connection: &'a Connection,
    sheet: &'a mut Sheet,
    /// The header of the last record and where its columns stand in the sheet.
    aligned: Option<(Arc<Header>, Vec<usize>)>,
    /// The sheet's positions in the order of names, for the hash.
    sorted: Vec<usize>,
    /// The sheet's position of each link column.
    links: Vec<Option<usize>>,
    pub(super) report: PutReport,
    pub(super) conflicts: Vec<Fault>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(connection: &'a Connection, sheet: &'a mut Sheet) -> Self {
        let (sorted, links) = (Vec::new(), Vec::new());
        let (report, conflicts) = (PutReport::default(), Vec::new());
        Self { connection, sheet, aligned: None, sorted, links, report, conflicts }
    }

    /// Stages a record under its key, unless the key is taken.
    pub(super) fn put(&mut self, record: &Record) -> Result<(), rusqlite::Error> {
        let cells = self.arrange(record)?;
        let hash = cells::hash_cells(&self.sorted, &self.sheet.header, &cells);
        let text = cells::encode(&cells).map_err(|error| to_sql(error.into()))?;
        let key = record.key.trim();
        let added = self
            .connection
            .prepare_cached(&format!(
                "INSERT INTO row_{} (key, place, source, hash, cells) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (key) DO NOTHING",
                self.sheet.id
            ))?
            .execute(params![key, &*record.place, cells::signed(record.source), hash, text])?;
        if added == 0 {
            return self.meet(key, hash, record);
        }
        self.report.new += 1;
        self.link(self.connection.last_insert_rowid(), &cells)
    }

    /// The record's cells in the order of the sheet's columns.
    fn arrange<'r>(&mut self, record: &'r Record) -> Result<Vec<&'r Value>, rusqlite::Error> {
        let known =
            self.aligned.as_ref().is_some_and(|(last, _)| Arc::ptr_eq(last, &record.header));
        if !known {
            let positions = self.sheet.align(self.connection, &record.header)?;
            let header = &self.sheet.header;
            self.sorted = cells::sorted_positions(header);
            self.links = self.sheet.links.iter().map(|link| header.position(link)).collect();
            self.aligned = Some((Arc::clone(&record.header), positions));
        }
        let mut cells = vec![&Value::Null; self.sheet.header.columns().len()];
        if let Some((_, positions)) = &self.aligned {
            for (&position, cell) in positions.iter().zip(&record.cells) {
                cells[position] = cell;
            }
        }
        Ok(cells)
    }

    /// The key is taken: by the same row, or by another one.
    fn meet(&mut self, key: &str, hash: [u8; 32], record: &Record) -> Result<(), rusqlite::Error> {
        let (there, place): ([u8; 32], String) = self
            .connection
            .prepare_cached(&format!(
                "SELECT hash, place FROM row_{} WHERE key = ?1",
                self.sheet.id
            ))?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if there == hash {
            self.report.identical += 1;
            return Ok(());
        }
        self.report.conflicting += 1;
        let detail = format!(
            "another row with this key but other content was read first, at {place}; this one is \
             left out"
        );
        let flag = Flag::new("duplicate_key", "", "", key, &detail);
        self.conflicts.push(Fault { place: record.place.clone(), flag });
        Ok(())
    }

    fn link(&self, seq: i64, cells: &[&Value]) -> Result<(), rusqlite::Error> {
        for (number, position) in self.links.iter().enumerate() {
            let Some(cell) = position.and_then(|position| cells.get(position)) else { continue };
            for value in cells::link_values(cell) {
                self.connection
                    .prepare_cached(&format!(
                        "INSERT OR IGNORE INTO link_{} (link, value, seq) VALUES (?1, ?2, ?3)",
                        self.sheet.id
                    ))?
                    .execute(params![cells::signed(number), value, seq])?;
            }
        }
        Ok(())
    }
}

fn to_sql(error: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::staging::sample::{Desk as File, page};

    #[test]
    fn the_same_row_twice_collapses_and_another_row_with_its_key_is_kept_out_with_both_places() {
        let file = File::new();
        let mut staging = file.open();
        staging.begin().unwrap();
        let row = |name: &str| json!({"id": "7", "name": name});
        staging.put("contacts", &page(None, Some("2"), &[row("Ann")])).unwrap();
        let report = staging.put("contacts", &page(Some("2"), None, &[row("Ann"), row("Eve")]));
        assert_eq!(report.unwrap(), PutReport { new: 0, identical: 1, conflicting: 1 });
        let faults = staging.faults("contacts").unwrap();
        assert_eq!(faults.len(), 1);
        assert_eq!(&*faults[0].flag.code, "duplicate_key");
        assert_eq!(&*faults[0].place, "/t page 2 row 2");
        assert!(faults[0].flag.detail.contains("/t page 1 row 1"), "{faults:?}");
    }

    #[test]
    fn columns_that_turn_up_later_are_added_at_the_end() {
        let file = File::new();
        let mut staging = file.open();
        staging.begin().unwrap();
        staging
            .put("contacts", &page(None, Some("2"), &[json!({"id": "1", "name": "Ann"})]))
            .unwrap();
        let later = json!({"id": "2", "fax": "555", "name": "Bob"});
        staging.put("contacts", &page(Some("2"), None, &[later])).unwrap();
        let header = staging.columns("contacts").unwrap();
        let names: Vec<&str> = header.columns().iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["id", "name", "fax"]);
        let rows: Vec<_> = staging.rows("contacts").unwrap().map(Result::unwrap).collect();
        assert_eq!((rows[0].get("fax"), rows[1].get("fax")), (&json!(null), &json!("555")));
        assert_eq!(rows[1].get("name"), "Bob");
    }

    #[test]
    fn many_rows_are_staged_in_one_pass_and_read_back_in_order() {
        let file = File::new();
        let mut staging = file.open();
        staging.begin().unwrap();
        let rows: Vec<_> =
            (0..3_000).map(|n| json!({"id": format!("k{n}"), "group_id": "5"})).collect();
        staging.put("memberships", &page(None, None, &rows)).unwrap();
        let keys: Vec<_> = staging
            .rows("memberships")
            .unwrap()
            .map(|record| record.unwrap().key.clone())
            .collect();
        assert_eq!(keys.len(), 3_000);
        assert_eq!((&*keys[0], &*keys[2_999]), ("k0", "k2999"));
        assert_eq!(staging.values("memberships", "group_id").unwrap(), ["5"]);
    }
}
