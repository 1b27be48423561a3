//! The stamp in the folder of an export: what made it, and which files are its own.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

/// The file of the stamp.
const FILE: &str = ".flitpipe-export.json";

/// The generator's version: it goes up when the same seed gives other bytes.
pub(crate) const VERSION: u32 = 1;

/// What made the export in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) version: u32,
    pub(crate) seed: u64,
    pub(crate) scale: u32,
    pub(crate) now: String,
    /// Whether all of its files were written.
    pub(crate) whole: bool,
    /// Its files, below the folder.
    pub(crate) files: Vec<String>,
}

impl Stamp {
    /// The stamp of a folder; `None` where there is none that can be read.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let bytes = fs::read(folder.join(FILE)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Puts the stamp into a folder.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let draft = folder.join(format!("{FILE}.part"));
        fs::write(&draft, serde_json::to_vec_pretty(self)?)?;
        fs::rename(draft, folder.join(FILE))
    }

    /// Whether both were made alike, whichever week they show, and this one is whole.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        let made = |stamp: &Self| (stamp.version, stamp.seed, stamp.scale, stamp.now.clone());
        self.whole && made(self) == made(other)
    }

    /// Removes the files of the export and nothing else. Until that is done the stamp says that
    /// the export is not whole; it stays.
    pub(crate) fn remove_files(&self, folder: &Path) -> io::Result<()> {
        Self { whole: false, ..self.clone() }.write(folder)?;
        let own = |path: &&Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        for path in self.files.iter().map(Path::new).filter(own) {
            gone(fs::remove_file(folder.join(path)))?;
        }
        for path in self.files.iter().map(Path::new).filter(own) {
            let above = path.ancestors().skip(1).filter(|above| *above != Path::new(""));
            for above in above {
                // A folder in which somebody else has put something stays.
                drop(fs::remove_dir(folder.join(above)));
            }
        }
        Ok(())
    }

    /// Removes the stamp itself.
    pub(crate) fn remove(folder: &Path) -> io::Result<()> {
        gone(fs::remove_file(folder.join(FILE)))
    }
}

/// What is gone already is no fault.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
