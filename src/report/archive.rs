//! The archives of a spec: tables kept as files, and documents to rebuild from.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::Draft;
use super::sheet::Sheet;
use crate::ground::{Flag, Header, Record};
use crate::spec::{Archive, ArchiveFormat, Pipeline};
use crate::staging::{StagedRows, StagingError};
use crate::transform::{DocumentRows, Kept, Mapping, TransformError, World};

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

/// Writes the archive at that position of the spec into a folder. Tables go row by row; a document
/// is made in memory.
pub fn write(
    position: usize,
    rules: (&Pipeline, &Mapping),
    (rows, world): (&StagedRows, &World<'_>),
    folder: &Path,
) -> Result<Archived, ArchiveError> {
    let (pipeline, mapping) = rules;
    let archive = &pipeline.archives[position];
    let table = &pipeline.tables[archive.table].name;
    let file = folder.join(&archive.file);
    let fail = |source| ArchiveError::Unwritable { file: file.clone(), source };
    let mut out = Hashed::begin(&file).map_err(fail)?;
    let mut archived =
        Archived { file: archive.file.clone(), rows: 0, hash: String::new(), flags: Vec::new() };
    let kept = rows.rows(table)?.filter_map(|row| {
        let row = match row {
            Ok(row) => row,
            Err(error) => return Some(Err(ArchiveError::from(error))),
        };
        let Kept { cells, flag } = mapping.archive_row(position, &row, world)?;
        archived.rows += 1;
        archived.flags.extend(flag);
        Some(Ok((row, cells)))
    });
    if let ArchiveFormat::Document { .. } = archive.format {
        let chosen: Vec<_> = kept.map(|kept| Ok(kept?.0)).collect::<Result<_, ArchiveError>>()?;
        let tables = document_rows(position, rules, rows, chosen)?;
        out.write_all(mapping.document(position, tables, world)?.as_bytes()).map_err(fail)?;
    } else {
        let names = names(archive, &*rows.columns(table)?);
        let mut sheet = Sheet::begin(&archive.format, names, &mut out).map_err(fail)?;
        for kept in kept {
            sheet.row(&kept?.1).map_err(fail)?;
        }
        sheet.end().map_err(fail)?;
    }
    archived.hash = out.finish().map_err(fail)?;
    Ok(archived)
}

/// The rows that a document is about, with those of the other tables that its template names.
fn document_rows(
    position: usize,
    (pipeline, mapping): (&Pipeline, &Mapping),
    rows: &StagedRows,
    chosen: Vec<Arc<Record>>,
) -> Result<DocumentRows, ArchiveError> {
    let mut others = Vec::new();
    for &table in mapping.document_tables(position) {
        let found = rows.rows(&pipeline.tables[table].name)?.collect::<Result<_, _>>()?;
        others.push((table, found));
    }
    Ok(DocumentRows { rows: chosen, others })
}

fn names(archive: &Archive, header: &Header) -> Vec<String> {
    if archive.columns.is_empty() {
        return header.columns().iter().map(|column| column.shown.to_string()).collect();
    }
    archive.columns.iter().map(|cell| cell.name.clone()).collect()
}

/// A file on its way to its place, hashed as it is written.
struct Hashed {
    draft: Draft,
    hasher: blake3::Hasher,
}

impl Hashed {
    fn begin(file: &Path) -> io::Result<Self> {
        Ok(Self { draft: Draft::begin(file)?, hasher: blake3::Hasher::new() })
    }

    /// Puts the file in its place; its hash in hex.
    fn finish(self) -> io::Result<String> {
        self.draft.finish()?;
        Ok(self.hasher.finalize().to_hex().to_string())
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.draft.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}
