//! Copies of the ledger, taken while it is open: with them a lost one keeps its values from before.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::error::LedgerError;
use crate::ground::failpoint;

/// The folder beside the ledger.
const FOLDER: &str = "backup";

/// How many copies are kept.
const KEPT: usize = 5;

/// Pages copied at a stroke: nobody else needs the database, so that no pause is made.
const PAGES: i32 = 4096;

/// A copy, named by the number of the ledger's last event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) seq: i64,
    pub(super) file: PathBuf,
}

/// The copies in a ledger's folder, the latest first.
pub(super) fn copies(folder: &Path) -> Result<Vec<Copy>, LedgerError> {
    let folder = folder.join(FOLDER);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let fail = |source| LedgerError::Unusable { file: folder.clone(), source };
    let mut copies = Vec::new();
    for entry in fs::read_dir(&folder).map_err(fail)? {
        let file = entry.map_err(fail)?.path();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let seq = name.strip_prefix("ledger-").and_then(|rest| rest.strip_suffix(".db"));
        if let Some(seq) = seq.and_then(|seq| seq.parse().ok()) {
            copies.push(Copy { seq, file });
        }
    }
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.seq));
    Ok(copies)
}

/// Copies the ledger, unless nothing happened since the last copy; old copies go.
pub(super) fn take(folder: &Path, connection: &Connection) -> Result<(), LedgerError> {
    let last = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let seq = last("SELECT coalesce(max(seq), 0) FROM chain")?;
    let news = last("SELECT coalesce(max(seq), 0) FROM chain WHERE event <> 'opened'")?;
    if copies(folder)?.first().is_some_and(|copy| copy.seq >= news) {
        return Ok(());
    }
    let inside = folder.join(FOLDER);
    let fail = |source| LedgerError::Unusable { file: inside.clone(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&inside).map_err(fail)?;
    let draft = inside.join("ledger.db.part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(fail)?;
    write(connection, &draft).map_err(|error| LedgerError::from(error).at(&draft))?;
    failpoint::attempt("ledger.copy_drafted").map_err(fail)?;
    fs::rename(&draft, inside.join(format!("ledger-{seq:012}.db"))).map_err(fail)?;
    failpoint::reach("ledger.copied");
    for old in copies(folder)?.into_iter().skip(KEPT) {
        fs::remove_file(old.file).map_err(fail)?;
    }
    Ok(())
}

/// Puts a copy where the ledger was.
pub(super) fn put_back(copy: &Path, ledger: &Path) -> Result<(), LedgerError> {
    let fail = |source| LedgerError::Unusable { file: copy.to_owned(), source };
    let draft = ledger.with_extension("db.part");
    let mut options = OpenOptions::new();
    let target = options.write(true).create(true).truncate(true).mode(0o600).open(&draft);
    let mut target = target.map_err(fail)?;
    let mut source = fs::File::open(copy).map_err(fail)?;
    std::io::copy(&mut source, &mut target).map_err(fail)?;
    target.sync_all().map_err(fail)?;
    failpoint::attempt("ledger.return_drafted").map_err(fail)?;
    fs::rename(&draft, ledger).map_err(fail)?;
    failpoint::reach("ledger.put_back");
    Ok(())
}

fn write(from: &Connection, file: &Path) -> rusqlite::Result<()> {
    let mut to = Connection::open(file)?;
    Backup::new(from, &mut to)?.run_to_completion(PAGES, Duration::ZERO, None)?;
    // One file that stands for itself, without a log.
    to.pragma_update(None, "journal_mode", "delete")
}
