//! The folder of a source's files, or their zip, and the paths that stay in it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use tempfile::TempDir;

use super::error::SourceError;
use super::text_file::Copies;
use super::xlsx_sheet::Sheets;
use super::zip_unpack::{self, LIMITS, Unpacked, Wanted};

/// A folder, or a zip that is unpacked into one.
#[derive(Debug)]
pub(super) struct Folder {
    name: String,
    /// The folder or zip, as the spec names it.
    given: PathBuf,
    /// Where files are looked up, in this order.
    roots: Vec<PathBuf>,
    /// The private folder of a zip; it goes when the reader goes.
    unpacked: Option<TempDir>,
    /// Sheets of XLSX files read in this run.
    pub(super) sheets: Sheets,
    /// Files hashed in this run, with what they looked like then.
    prints: Mutex<HashMap<PathBuf, (Look, String)>>,
    copies: Copies,
}

/// Length and time of change: a file that keeps both is not hashed again.
type Look = (u64, Option<SystemTime>);

impl Folder {
    /// The folder at `given`; a zip is unpacked for as long as this lives.
    pub(super) fn open(name: &str, given: &Path) -> Result<Self, SourceError> {
        Self::with(name, given, Wanted::All)
    }

    /// The same for a look at the first `bytes` of one file: of a zip nothing else is unpacked.
    pub(super) fn glance(
        name: &str,
        given: &Path,
        (path, bytes): (&str, u64),
    ) -> Result<Self, SourceError> {
        Self::with(name, given, Wanted::Head(path, bytes))
    }

    fn with(name: &str, given: &Path, wanted: Wanted<'_>) -> Result<Self, SourceError> {
        let (roots, unpacked) = if is_zip(given) {
            let Unpacked { place, top } = zip_unpack::unpack(given, wanted, &LIMITS)?;
            let unreadable = |source| SourceError::Unreadable { file: given.into(), source };
            let root = fs::canonicalize(place.path()).map_err(unreadable)?;
            let inner = top.map(|top| root.join(top));
            (inner.into_iter().chain([root]).collect(), Some(place))
        } else {
            (vec![given.into()], None)
        };
        Ok(Self {
            name: name.into(),
            given: given.into(),
            roots,
            unpacked,
            sheets: Sheets::default(),
            prints: Mutex::default(),
            copies: Copies::default(),
        })
    }

    /// The file at `path` below the folder; `None` when it is not there.
    ///
    /// Absolute paths, `..` and links that lead out are refused.
    pub(super) fn file(&self, path: &str) -> Result<Option<PathBuf>, SourceError> {
        let outside = || SourceError::Outside { name: self.name.clone(), path: path.into() };
        let relative = Path::new(path);
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if path.is_empty() || !relative.components().all(inside) {
            return Err(outside());
        }
        let mut is_there = false;
        for root in &self.roots {
            let Some(root) = canonical(root)? else { continue };
            is_there = true;
            let Some(file) = canonical(&root.join(relative))? else { continue };
            if !file.starts_with(&root) {
                return Err(outside());
            }
            if file.is_file() {
                return Ok(Some(file));
            }
        }
        if is_there { Ok(None) } else { Err(SourceError::MissingFile { file: self.given.clone() }) }
    }

    /// Where copies of its files may be made.
    pub(super) const fn copies(&self) -> &Copies {
        &self.copies
    }

    /// The file at `path`, as the spec's user would call it.
    pub(super) fn shown(&self, path: &str) -> PathBuf {
        self.given.join(path)
    }

    /// The error with the file as the spec's user would call it: nobody knows the private folder
    /// that a zip is unpacked into.
    pub(super) fn as_given(&self, mut error: SourceError) -> SourceError {
        if let SourceError::Unreadable { file, .. }
        | SourceError::Broken { file, .. }
        | SourceError::Changed { file } = &mut error
            && self.unpacked.is_some()
        {
            let inner = self.roots.iter().find_map(|root| file.strip_prefix(root).ok());
            if let Some(path) = inner {
                *file = self.given.join(path);
            }
        }
        error
    }

    /// Size and hash of a file.
    pub(super) fn fingerprint(&self, file: &Path) -> Result<String, SourceError> {
        let unreadable = |source| SourceError::Unreadable { file: file.into(), source };
        let metadata = fs::metadata(file).map_err(unreadable)?;
        let look = (metadata.len(), metadata.modified().ok());
        let mut prints = self.prints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, print)) = prints.get(file).filter(|(before, _)| *before == look) {
            return Ok(print.clone());
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(file).map_err(unreadable)?).map_err(unreadable)?;
        let print = format!("{}-{}", metadata.len(), hasher.finalize());
        prints.insert(file.into(), (look, print.clone()));
        Ok(print)
    }
}

/// Whether a path leads to a file that calls itself a zip.
fn is_zip(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ending.eq_ignore_ascii_case("zip") && path.is_file()
}

fn canonical(path: &Path) -> Result<Option<PathBuf>, SourceError> {
    match fs::canonicalize(path) {
        Ok(path) => Ok(Some(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SourceError::Unreadable { file: path.into(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::zip_sample::zip;

    #[test]
    fn paths_that_lead_out_of_the_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("export")).unwrap();
        fs::write(folder.path().join("secret.csv"), "x").unwrap();
        fs::write(folder.path().join("export/a.csv"), "x").unwrap();
        let export = Folder::open("crm", &folder.path().join("export")).unwrap();
        assert!(export.file("a.csv").unwrap().is_some());
        assert!(export.file("./b.csv").unwrap().is_none());
        for path in ["../secret.csv", "/etc/passwd", "x/../../secret.csv", ""] {
            assert!(matches!(export.file(path), Err(SourceError::Outside { .. })), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_out_of_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("export")).unwrap();
        fs::write(folder.path().join("secret.csv"), "x").unwrap();
        let link = folder.path().join("export/a.csv");
        std::os::unix::fs::symlink("../secret.csv", link).unwrap();
        let export = Folder::open("crm", &folder.path().join("export")).unwrap();
        assert!(matches!(export.file("a.csv"), Err(SourceError::Outside { .. })));
    }

    fn zipped(place: &Path, entries: &[(&str, &[u8])]) -> Folder {
        let file = place.join("export.zip");
        fs::write(&file, zip(entries)).unwrap();
        Folder::open("crm", &file).unwrap()
    }

    #[test]
    fn a_zip_is_a_folder_whose_one_folder_on_top_is_looked_through() {
        let place = tempfile::tempdir().unwrap();
        let export = zipped(place.path(), &[("e-2026/a.csv", b"id\n"), ("e-2026/f/b.pdf", b"x")]);
        for path in ["a.csv", "./a.csv", "f/b.pdf", "e-2026/a.csv"] {
            assert!(export.file(path).unwrap().is_some(), "{path}");
        }
        assert!(export.file("c.csv").unwrap().is_none());
        assert!(matches!(export.file("../e-2026/a.csv"), Err(SourceError::Outside { .. })));
        assert_eq!(export.shown("a.csv"), place.path().join("export.zip/a.csv"));
    }

    #[test]
    fn a_zip_that_is_unpacked_anew_gives_the_same_fingerprints_as_a_folder() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("a.csv"), "id\n1\n").unwrap();
        let print =
            |folder: &Folder| folder.fingerprint(&folder.file("a.csv").unwrap().unwrap()).unwrap();
        let plain = print(&Folder::open("crm", place.path()).unwrap());
        let first = print(&zipped(place.path(), &[("a.csv", b"id\n1\n")]));
        let again = print(&zipped(place.path(), &[("e/a.csv", b"id\n1\n"), ("e/b.csv", b"")]));
        assert_eq!((&first, &again), (&plain, &plain));
        assert_ne!(print(&zipped(place.path(), &[("a.csv", b"id\n2\n")])), plain);
    }
}
