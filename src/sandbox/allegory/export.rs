//! Writing an export into a folder.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::files;
use super::plan::{Plan, Week};
use super::sheet;
use super::stamp::{Stamp, VERSION};
use super::world::{Content, tables};
use crate::sandbox::error::SandboxError;
use crate::sandbox::rezora;

/// Where the office is.
const ZONE: &str = "America/New_York";

/// How an export is made.
#[derive(Debug, Clone, Copy)]
pub struct ExportOptions {
    /// Decides the generated data.
    pub seed: u64,
    /// Multiplies what people made; 0 counts as 1.
    pub scale: u32,
    /// When the first export is made.
    pub now: Timestamp,
    /// Which export.
    pub week: Week,
}

impl ExportOptions {
    /// The standard export: seed 1, 2026-03-02, the first week.
    pub fn new(scale: u32) -> Self {
        Self { seed: 1, scale: scale.max(1), now: rezora::today(), week: Week::First }
    }

    fn plan(&self) -> Plan {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        let now = self.now.to_zoned(zone).datetime();
        Plan { seed: self.seed, scale: u64::from(self.scale.max(1)), now }
    }

    fn stamp(&self, files: Vec<String>) -> Stamp {
        let (scale, now) = (self.scale.max(1), self.now.to_string());
        Stamp { version: VERSION, seed: self.seed, scale, now, whole: false, files }
    }
}

/// A table that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub table: &'static str,
    /// Its file in the folder.
    pub file: &'static str,
    /// How many rows stand in it, the misshapen among them.
    pub rows: usize,
}

/// An export that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Where.
    pub folder: PathBuf,
    /// Its tables.
    pub tables: Vec<Written>,
    /// How many files lie beside them.
    pub files: usize,
}

/// Writes an export into a folder that is not there, empty, or an export of ours already. Any
/// other folder is refused: it may be somebody's real data.
pub fn write(folder: &Path, options: &ExportOptions) -> Result<Export, SandboxError> {
    let blame = |source| SandboxError::Export { file: folder.to_owned(), source };
    make_room(folder)?;
    let mut contents = Vec::new();
    let mut written = Vec::new();
    for (layout, content) in tables(options.plan(), options.week) {
        let (bytes, rows) = match &content {
            Content::Rows(rows) => sheet::delimited(layout, rows, options.week),
            Content::Values(values) => sheet::json(values),
        };
        contents.push((layout.file.to_owned(), files::Content::Bytes(bytes)));
        written.push(Written { table: layout.name, file: layout.file, rows });
        if let Content::Rows(rows) = &content
            && layout.name == "files"
        {
            contents.extend(files::on_disk(rows));
        }
    }
    let mut stamp = options.stamp(contents.iter().map(|(path, _)| path.clone()).collect());
    stamp.write(folder).map_err(blame)?;
    for (path, content) in &contents {
        let file = folder.join(path);
        put(&file, content).map_err(|source| SandboxError::Export { file, source })?;
    }
    stamp.whole = true;
    stamp.write(folder).map_err(blame)?;
    let files = contents.len() - written.len();
    Ok(Export { folder: folder.to_owned(), tables: written, files })
}

/// Writes an export unless one of the same seed, scale and date is there, whichever week it shows
/// and whatever was edited in it since.
pub fn ensure(folder: &Path, options: &ExportOptions) -> Result<(), SandboxError> {
    if Stamp::read(folder).is_some_and(|stamp| stamp.fits(&options.stamp(Vec::new()))) {
        return Ok(());
    }
    write(folder, options).map(drop)
}

/// Removes an export of ours from a folder; what else lies there stays.
pub fn clear(folder: &Path) -> Result<(), SandboxError> {
    let Some(stamp) = Stamp::read(folder) else { return Ok(()) };
    let removed = stamp.remove_files(folder).and_then(|()| Stamp::remove(folder));
    removed.map_err(|source| SandboxError::Export { file: folder.to_owned(), source })
}

/// Makes the folder, or empties it of an older export of ours.
fn make_room(folder: &Path) -> Result<(), SandboxError> {
    let blame = |source| SandboxError::Export { file: folder.to_owned(), source };
    if let Some(stamp) = Stamp::read(folder) {
        return stamp.remove_files(folder).map_err(blame);
    }
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            Some(_) => Err(SandboxError::Foreign { dir: folder.to_owned() }),
            None => Ok(()),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(blame)
        }
        Err(error) => Err(blame(error)),
    }
}

fn put(file: &Path, content: &files::Content) -> io::Result<()> {
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent)?;
    }
    match content {
        files::Content::Bytes(bytes) => fs::write(file, bytes),
        files::Content::Zeros(count) => File::create(file)?.set_len(*count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_kept_while_it_fits_and_written_again_when_it_does_not() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("allegory");
        let users = folder.join("users.csv");
        let edited = || fs::read(&users).unwrap() == b"edited";
        let one = ExportOptions::new(1);
        ensure(&folder, &one).unwrap();
        fs::write(&users, "edited").unwrap();
        ensure(&folder, &ExportOptions { week: Week::Later, ..one }).unwrap();
        assert!(edited(), "either week is kept");
        ensure(&folder, &ExportOptions { seed: 2, ..one }).unwrap();
        assert!(!edited(), "another seed is another export");
        fs::write(&users, "edited").unwrap();
        let stamp = Stamp::read(&folder).unwrap();
        Stamp { whole: false, ..stamp }.write(&folder).unwrap();
        ensure(&folder, &ExportOptions { seed: 2, ..one }).unwrap();
        assert!(!edited(), "half an export is none");
    }

    #[test]
    fn clearing_takes_our_own_files_and_leaves_the_others() {
        let place = tempfile::tempdir().unwrap();
        write(place.path(), &ExportOptions::new(1)).unwrap();
        fs::write(place.path().join("files/220/mine.txt"), "mine").unwrap();
        clear(place.path()).unwrap();
        let left: Vec<_> = fs::read_dir(place.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(place.path().join("files/220/mine.txt").exists());
        let refused = write(place.path(), &ExportOptions::new(1));
        assert!(matches!(refused, Err(SandboxError::Foreign { .. })), "{refused:?}");
    }
}
