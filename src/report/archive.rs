//! The archives of a spec: tables kept as files, and documents to rebuild from.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::file::Draft;
use super::guard::guarded;
use crate::ground::{Flag, Header, Record};
use crate::spec::{Archive, ArchiveFormat, Pipeline};
use crate::staging::{StagedRows, StagingError};
use crate::transform::{Mapping, TransformError, World};

/// An archive that was written.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Archived {
    /// Its file name.
    pub file: String,
    /// How many rows it holds.
    pub rows: u64,
    /// BLAKE3 of its bytes, in hex.
    pub hash: String,
    /// Rows that could not be judged by its `where`; they are kept in the archive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

/// What can go wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be written.
    #[error("archive `{}` cannot be written", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The rows cannot be read.
    #[error(transparent)]
    Staging(#[from] StagingError),
    /// The template fails.
    #[error(transparent)]
    Transform(#[from] TransformError),
}

/// Writes the archive at that position of the spec into a folder.
pub fn write(
    position: usize,
    (pipeline, mapping): (&Pipeline, &Mapping),
    (rows, world): (&StagedRows, &World<'_>),
    folder: &Path,
) -> Result<Archived, ArchiveError> {
    let archive = &pipeline.archives[position];
    let table = &pipeline.tables[archive.table].name;
    let header = rows.columns(table)?;
    let mut chosen = Vec::new();
    let mut cells = Vec::new();
    let mut flags = Vec::new();
    for row in rows.rows(table)? {
        let row = row?;
        match mapping.archive_cells(position, &row, world) {
            Ok(Some(values)) => {
                cells.push(values);
                chosen.push(row);
            }
            Ok(None) => {}
            Err(flag) => flags.push(flag),
        }
    }
    let document = match &archive.format {
        ArchiveFormat::Document { .. } => Some(mapping.document(position, &chosen, world)?),
        ArchiveFormat::Csv | ArchiveFormat::Json | ArchiveFormat::JsonLines => None,
    };
    let names = names(archive, &header);
    let file = folder.join(&archive.file);
    let bytes = bytes(archive, &names, &cells, document);
    put(&file, &bytes).map_err(|source| ArchiveError::Unwritable { file, source })?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    Ok(Archived { file: archive.file.clone(), rows: count(&chosen), hash, flags })
}

fn count(rows: &[Arc<Record>]) -> u64 {
    rows.len() as u64
}

fn names(archive: &Archive, header: &Header) -> Vec<String> {
    if archive.columns.is_empty() {
        return header.columns().iter().map(|column| column.shown.to_string()).collect();
    }
    archive.columns.iter().map(|cell| cell.name.clone()).collect()
}

fn bytes(
    archive: &Archive,
    names: &[String],
    rows: &[Vec<Value>],
    document: Option<String>,
) -> Vec<u8> {
    match &archive.format {
        ArchiveFormat::Csv => csv_bytes(names, rows),
        ArchiveFormat::Json => {
            let rows: Vec<_> = rows.iter().map(|row| object(names, row)).collect();
            serde_json::to_vec_pretty(&rows).unwrap_or_default()
        }
        ArchiveFormat::JsonLines => {
            let lines = rows.iter().map(|row| object(names, row).to_string() + "\n");
            lines.collect::<String>().into_bytes()
        }
        ArchiveFormat::Document { .. } => document.unwrap_or_default().into_bytes(),
    }
}

/// CSV for people: guarded against formulas, JSON cells as text.
fn csv_bytes(names: &[String], rows: &[Vec<Value>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail; a row longer than the header is cut to it.
    let mut put = |cells: Vec<String>| writer.write_record(cells).is_ok();
    let mut whole = put(names.to_vec());
    for row in rows {
        let cell = |position: usize| row.get(position).map(text).unwrap_or_default();
        whole &=
            put((0..names.len()).map(|position| guarded(&cell(position)).into_owned()).collect());
    }
    debug_assert!(whole, "every row has as many cells as the header");
    writer.into_inner().unwrap_or_default()
}

fn object(names: &[String], row: &[Value]) -> Value {
    let cell = |position: usize| row.get(position).cloned().unwrap_or(Value::Null);
    let entries = names.iter().enumerate().map(|(position, name)| (name.clone(), cell(position)));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn put(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = Draft::begin(file)?;
    draft.write_all(bytes)?;
    draft.finish()
}
