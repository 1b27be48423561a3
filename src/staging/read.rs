//! Reading records back: one, a batch, the children of another.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::cells;
use super::error::StagingError;
use super::sheet::Sheet;
use crate::ground::Record;

/// How many rows are read at a time.
pub(super) const BATCH: usize = 512;

/// What reading a row can fail with, before the file's name is put to it.
#[derive(Debug)]
pub(super) enum ReadFault {
    /// The database.
    Database(rusqlite::Error),
    /// Cells that are no JSON.
    Cells(serde_json::Error),
}

impl From<rusqlite::Error> for ReadFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl ReadFault {
    /// The error, naming the file.
    pub(super) fn at(self, path: &std::path::Path) -> StagingError {
        match self {
            Self::Database(source) => StagingError::from_database(path, source),
            Self::Cells(source) => StagingError::damaged(path, &source),
        }
    }
}

/// Rows with their numbers.
pub(super) type Batch = Vec<(i64, Record)>;

/// Records in the order in which they were read, a batch at a time; memory stays flat.
pub(super) struct RecordIter<F> {
    next_batch: F,
    batch: std::vec::IntoIter<(i64, Record)>,
    last: Option<i64>,
}

impl<F: FnMut(i64) -> Result<Batch, StagingError>> RecordIter<F> {
    pub(super) fn new(next_batch: F) -> Self {
        Self { next_batch, batch: Vec::new().into_iter(), last: Some(0) }
    }
}

impl<F: FnMut(i64) -> Result<Batch, StagingError>> Iterator for RecordIter<F> {
    type Item = Result<Arc<Record>, StagingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.batch.len() == 0 {
            match (self.next_batch)(self.last?) {
                Ok(batch) => self.batch = batch.into_iter(),
                Err(error) => {
                    self.last = None;
                    return Some(Err(error));
                }
            }
        }
        let next = self.batch.next();
        self.last = next.as_ref().map(|(seq, _)| *seq);
        next.map(|(_, record)| Ok(Arc::new(record)))
    }
}

/// The next rows after `after`.
pub(super) fn batch(
    connection: &Connection,
    sheet: &Sheet,
    after: i64,
) -> Result<Batch, ReadFault> {
    let id = sheet.id;
    let mut query = connection.prepare_cached(&format!(
        "SELECT seq, key, place, source, cells FROM row_{id} WHERE seq > ?1 ORDER BY seq LIMIT ?2"
    ))?;
    let mut rows = query.query(params![after, cells::signed(BATCH)])?;
    let mut found = Vec::with_capacity(BATCH);
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, record(sheet, row)?));
    }
    Ok(found)
}

/// The row with that key.
pub(super) fn get(
    connection: &Connection,
    sheet: &Sheet,
    key: &str,
) -> Result<Option<Record>, ReadFault> {
    let id = sheet.id;
    let mut query = connection.prepare_cached(&format!(
        "SELECT seq, key, place, source, cells FROM row_{id} WHERE key = ?1"
    ))?;
    let mut rows = query.query([key.trim()])?;
    rows.next()?.map(|row| record(sheet, row)).transpose()
}

/// The content hash of the row with that key.
pub(super) fn hash(
    connection: &Connection,
    sheet: &Sheet,
    key: &str,
) -> Result<Option<[u8; 32]>, rusqlite::Error> {
    connection
        .prepare_cached(&format!("SELECT hash FROM row_{} WHERE key = ?1", sheet.id))?
        .query_row([key.trim()], |row| row.get(0))
        .optional()
}

/// The keys in the order in which they were read.
pub(super) fn keys(connection: &Connection, sheet: &Sheet) -> Result<Vec<String>, rusqlite::Error> {
    connection
        .prepare_cached(&format!("SELECT key FROM row_{} ORDER BY seq", sheet.id))?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// The values of a column, each once, in the order in which they were read.
pub(super) fn values(
    connection: &Connection,
    sheet: &Sheet,
    column: &str,
) -> Result<Vec<String>, ReadFault> {
    let Some(position) = sheet.header.position(column) else { return Ok(Vec::new()) };
    let mut query =
        connection.prepare_cached(&format!("SELECT cells FROM row_{} ORDER BY seq", sheet.id))?;
    let mut rows = query.query([])?;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cells = cells::decode(&row.get::<_, String>(0)?).map_err(ReadFault::Cells)?;
        let value = cells.get(position).and_then(cells::scalar_text);
        found.extend(value.filter(|value| seen.insert(value.clone())));
    }
    Ok(found)
}

/// The rows whose `column` holds `value`: by index where the column is a link, else by a scan.
pub(super) fn children(
    connection: &Connection,
    sheet: &Sheet,
    column: &str,
    value: &str,
) -> Result<Vec<Record>, ReadFault> {
    let id = sheet.id;
    let (sql, number) = match sheet.links.iter().position(|link| link == column) {
        Some(link) => (
            format!(
                "SELECT seq, key, place, source, cells FROM row_{id} WHERE seq IN
                 (SELECT seq FROM link_{id} WHERE link = ?1 AND value = ?2) ORDER BY seq"
            ),
            link,
        ),
        None => match sheet.header.position(column) {
            None => return Ok(Vec::new()),
            Some(position) => (
                format!(
                    "SELECT seq, key, place, source, cells FROM row_{id}
                     WHERE trim(json_extract(cells, '$[' || ?1 || ']')) = ?2 ORDER BY seq"
                ),
                position,
            ),
        },
    };
    let mut query = connection.prepare_cached(&sql)?;
    let mut rows = query.query(params![cells::signed(number), value.trim()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(record(sheet, row)?);
    }
    Ok(found)
}

fn record(sheet: &Sheet, row: &Row<'_>) -> Result<Record, ReadFault> {
    let text = |position| {
        row.get_ref(position)
            .and_then(|value| value.as_str().map_err(rusqlite::Error::from))
            .map_err(ReadFault::Database)
    };
    Ok(Record {
        occurrence: None,
        key: text(1)?.into(),
        place: text(2)?.into(),
        source: row.get::<_, u32>(3)? as usize,
        header: Arc::clone(&sheet.header),
        cells: cells::decode(text(4)?).map_err(ReadFault::Cells)?,
    })
}
