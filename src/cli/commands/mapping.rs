//! The mapping document of a plan.

use std::path::PathBuf;

use crate::crm::Crm;
use crate::engine::{EngineError, Prepared, Session};
use crate::report::mapping::{Basis, Document, write as write_document};

/// Writes the mapping document of a plan: its files.
pub(super) fn write<C: Crm>(
    session: &Session<'_, C>,
    prepared: &Prepared,
) -> Result<Vec<PathBuf>, EngineError> {
    let basis =
        Basis { pipeline: &session.pipeline, plan: &prepared.plan, inventory: &prepared.inventory };
    let document = Document::of(&basis);
    write_document(&document, &session.out)
        .map_err(|source| EngineError::Output { file: session.out.clone(), source })
}

/// Where the mapping document is, in a line.
pub(super) fn told(files: &[PathBuf]) -> String {
    let mut shown = files.iter().map(|file| file.display().to_string());
    let first = shown.next().unwrap_or_default();
    format!("mapping document: {first}; beside it {}", names(files))
}

fn names(files: &[PathBuf]) -> String {
    let names = files.iter().skip(1).filter_map(|file| file.file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>().join(", ")
}
