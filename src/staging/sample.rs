//! Small pages for the tests of this room.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use super::put::StagedPage;
use super::store::Staging;
use crate::ground::{Column, Header, Record};

/// A folder with a staging file of groups, contacts and memberships.
pub(super) struct Desk {
    pub(super) folder: TempDir,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("rezora/staging.db")
    }

    pub(super) fn open(&self) -> Staging {
        self.open_under("spec-1")
    }

    pub(super) fn open_under(&self, fingerprint: &str) -> Staging {
        let links = ["group_id".to_owned(), "contact_id".to_owned()];
        let tables: [(&str, &[String]); 3] =
            [("groups", &[]), ("contacts", &[]), ("memberships", &links)];
        Staging::open(&self.file(), fingerprint, &tables).unwrap()
    }
}

/// Rows given as JSON objects; the first column is the key.
pub(super) fn records(place: &str, rows: &[Value]) -> Vec<Record> {
    let mut header = Header::default();
    for name in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        header.push(Column { name: name.as_str().into(), shown: name.as_str().into() });
    }
    let header = Arc::new(header);
    let record = |(number, row): (usize, &Value)| Record {
        occurrence: None,
        key: row[&*header.columns()[0].name].as_str().unwrap().into(),
        place: format!("{place} row {}", number + 1).into(),
        source: 0,
        header: Arc::clone(&header),
        cells: header.columns().iter().map(|column| row[&*column.name].clone()).collect(),
    };
    rows.iter().enumerate().map(record).collect()
}

/// A page of such rows.
pub(super) fn page(began: Option<&str>, next: Option<&str>, rows: &[Value]) -> StagedPage {
    StagedPage {
        began: began.map(str::to_owned),
        next: next.map(str::to_owned),
        body_hash: [0; 32],
        records: records(&format!("/t page {}", began.unwrap_or("1")), rows),
        faults: Vec::new(),
    }
}
