//! Files that appear whole or not at all, readable by their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::ground::failpoint;

/// A file being written beside its final place.
#[derive(Debug)]
pub(super) struct Draft {
    writer: BufWriter<File>,
    part: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// Begins a file; its folder is made when it is missing.
    pub(super) fn begin(place: &Path) -> io::Result<Self> {
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = place.with_file_name(name);
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        Ok(Self { writer: BufWriter::new(file), part, place: place.to_owned() })
    }

    /// Puts the file in its place.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        failpoint::attempt("report.file_drafted")?;
        fs::rename(&self.part, &self.place)?;
        failpoint::reach("report.file_placed");
        Ok(())
    }
}

/// Writes a text whole.
///
/// # Errors
/// The file cannot be written.
pub fn write_text(text: &str, place: &Path) -> io::Result<()> {
    let mut draft = Draft::begin(place)?;
    draft.write_all(text.as_bytes())?;
    draft.finish()
}

impl Drop for Draft {
    /// What was not finished leaves nothing behind; of a finished one there is no part any more.
    fn drop(&mut self) {
        fs::remove_file(&self.part).unwrap_or_default();
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
