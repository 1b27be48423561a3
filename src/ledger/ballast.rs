//! Ballast: room on the disk that is given back when it is full, so that what was sent can still be
//! noted.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::LedgerError;
use crate::ground::failpoint;

/// The file's name beside the ledger.
pub(super) const NAME: &str = "ledger.ballast";

/// Enough for the outcomes of everything that can be under way.
const SIZE: u64 = 16 * 1024 * 1024;

/// Makes room when the disk is full; whether there is hope.
pub(super) type Relief = Box<dyn FnMut(&Connection) -> bool + Send>;

/// Puts the ballast down where it is missing; its blocks are really taken, whatever the file system
/// does with zeros.
pub(super) fn put_down(folder: &Path) -> Result<(), LedgerError> {
    let file = folder.join(NAME);
    if fs::metadata(&file).is_ok_and(|found| found.len() == SIZE) {
        return Ok(());
    }
    let draft = folder.join("ledger.ballast.part");
    let made = fill(&draft).and_then(|()| failpoint::attempt("ledger.ballast_drafted"));
    let made = made.and_then(|()| fs::rename(&draft, &file));
    made.map_err(|source| {
        // What could be written of it only makes the disk fuller.
        drop(fs::remove_file(&draft));
        if source.kind() == ErrorKind::StorageFull {
            LedgerError::Full { file }
        } else {
            LedgerError::Unusable { file, source }
        }
    })
}

/// Gives the ballast of a folder back, once.
pub(super) fn give_back(folder: &Path) -> Relief {
    let file: PathBuf = folder.join(NAME);
    Box::new(move |_| fs::remove_file(&file).is_ok())
}

fn fill(draft: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    let mut noise = blake3::Hasher::new().update(b"ballast").finalize_xof();
    let mut block = vec![0; 64 * 1024];
    let mut left = SIZE;
    while left > 0 {
        noise.fill(&mut block);
        file.write_all(&block)?;
        left = left.saturating_sub(block.len() as u64);
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ballast_takes_its_room_and_gives_it_back_once() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        put_down(folder.path()).unwrap();
        let found = fs::metadata(folder.path().join(NAME)).unwrap();
        assert!(found.blocks() * 512 >= SIZE, "{found:?}");
        let mut relief = give_back(folder.path());
        let connection = Connection::open_in_memory().unwrap();
        assert!(relief(&connection));
        assert!(!folder.path().join(NAME).exists());
        assert!(!relief(&connection), "it has nothing left");
    }
}
