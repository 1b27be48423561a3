//! The folder of a source's files, and the paths that stay in it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::error::SourceError;
use super::text_file::Copies;

/// A folder.
#[derive(Debug)]
pub(super) struct Folder {
    name: String,
    root: PathBuf,
    /// Files hashed in this run, with what they looked like then.
    prints: Mutex<HashMap<PathBuf, (Look, String)>>,
    copies: Copies,
}

/// Length and time of change: a file that keeps both is not hashed again.
type Look = (u64, Option<SystemTime>);

impl Folder {
    pub(super) fn new(name: &str, root: &Path) -> Self {
        Self {
            name: name.into(),
            root: root.into(),
            prints: Mutex::default(),
            copies: Copies::default(),
        }
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
        let root = canonical(&self.root)?
            .ok_or_else(|| SourceError::MissingFile { file: self.root.clone() })?;
        let Some(file) = canonical(&root.join(relative))? else { return Ok(None) };
        if !file.starts_with(&root) {
            return Err(outside());
        }
        Ok(file.is_file().then_some(file))
    }

    /// Where copies of its files may be made.
    pub(super) const fn copies(&self) -> &Copies {
        &self.copies
    }

    /// The file at `path`, as the spec's user would call it.
    pub(super) fn shown(&self, path: &str) -> PathBuf {
        self.root.join(path)
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

    #[test]
    fn paths_that_lead_out_of_the_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("export")).unwrap();
        fs::write(folder.path().join("secret.csv"), "x").unwrap();
        fs::write(folder.path().join("export/a.csv"), "x").unwrap();
        let export = Folder::new("crm", &folder.path().join("export"));
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
        let export = Folder::new("crm", &folder.path().join("export"));
        assert!(matches!(export.file("a.csv"), Err(SourceError::Outside { .. })));
    }
}
