//! The files of the document, each whole or not at all, readable by their owner only.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::model::Document;
use super::{html, markdown, sheets, xlsx};
use crate::report::file::Draft;

/// Writes every form of a document into a folder: the files, the one that people open first.
///
/// # Errors
/// A file cannot be written.
pub fn write(document: &Document, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let names = ["mapping.html", "mapping.xlsx", "mapping.md", "value-maps.csv", "owners.csv"];
    let files = names.map(|name| folder.join(name));
    let [page, book, text, values, owners] = &files;
    html::write(document, page)?;
    draft(book, |out| xlsx::write(document, out))?;
    draft(text, |out| markdown::write(document, out))?;
    draft(values, |out| sheets::write_values(document, out))?;
    draft(owners, |out| sheets::write_owners(document, out))?;
    Ok(files.into())
}

fn draft(place: &Path, fill: impl FnOnce(&mut Draft) -> io::Result<()>) -> io::Result<()> {
    let mut begun = Draft::begin(place)?;
    fill(&mut begun)?;
    begun.flush()?;
    begun.finish()
}
