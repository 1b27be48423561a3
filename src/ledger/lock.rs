//! One run at a time: a lock that the system takes back when its holder dies.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use jiff::Timestamp;

use super::error::LedgerError;
use crate::ground::failpoint;

/// The right to write, as long as it is kept.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a ledger's folder, which is made when it is missing.
    pub fn take(folder: &Path, now: Timestamp) -> Result<Self, LedgerError> {
        let fail = |source| LedgerError::Unusable { file: folder.to_owned(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fail)?;
        private(folder)?;
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join("lock"))
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = file.read_to_string(&mut holder);
                let holder = if read.is_ok() && !holder.is_empty() {
                    holder
                } else {
                    "unknown process".to_owned()
                };
                return Err(LedgerError::Locked {
                    folder: folder.to_owned(),
                    holder: holder.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        let text = format!("process {} since {now}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(fail)?;
        failpoint::reach("ledger.locked");
        Ok(Self { _file: file })
    }
}

/// Refuses a file or folder that others can read.
pub(super) fn private(path: &Path) -> Result<(), LedgerError> {
    let fail = |source| LedgerError::Unusable { file: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(fail)?.permissions().mode() & 0o777;
    let open_to_others = mode & 0o077;
    if open_to_others == 0 {
        Ok(())
    } else {
        Err(LedgerError::Exposed { file: path.to_owned(), mode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_taken_twice_names_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("rezora");
        let held = Lock::take(&folder, Timestamp::UNIX_EPOCH).unwrap();
        let error = Lock::take(&folder, Timestamp::UNIX_EPOCH).unwrap_err().to_string();
        assert!(
            error.contains(&format!("process {} since 1970-01-01", std::process::id())),
            "{error}"
        );
        drop(held);
        Lock::take(&folder, Timestamp::UNIX_EPOCH).unwrap();
    }

    #[test]
    fn a_folder_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let error = Lock::take(folder.path(), Timestamp::UNIX_EPOCH).unwrap_err().to_string();
        assert!(error.contains("chmod go-rwx"), "{error}");
    }
}
