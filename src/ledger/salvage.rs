//! What is left of a ledger that is lost or in doubt, to begin again from.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::anchor::{self, Head};
use super::backup;
use super::book::Identity;
use super::check::{self, Depth};
use super::error::LedgerError;
use super::{chain, found, schema};
use crate::ground::failpoint;

/// What a rebuilt ledger began from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The ledger that was there: whole, but perhaps not the latest.
    Kept,
    /// A copy of it.
    Copy(PathBuf),
    /// Nothing: entries, values from before and the secret of the markers are gone.
    Nothing,
}

/// What is known before a ledger is rebuilt.
#[derive(Debug)]
pub(super) struct Salvaged {
    pub(super) base: Base,
    /// What the lost ledger had come to, as its anchor says.
    pub(super) anchor: Option<Head>,
}

/// A file that could be gone on from.
struct Candidate {
    /// Whether the anchor is of the same ledger.
    anchored: bool,
    seq: i64,
    base: Base,
}

/// Chooses what to begin from and puts it in the ledger's place; what stood there before is moved
/// aside, never deleted.
pub(super) fn salvage(folder: &Path, identity: &Identity) -> Result<Salvaged, LedgerError> {
    let file = folder.join("ledger.db");
    let anchor = anchor::read(folder)?;
    let mut candidates = Vec::new();
    candidates.extend(candidate(&file, identity, (anchor.as_ref(), Base::Kept))?);
    for copy in backup::copies(folder)? {
        let base = Base::Copy(copy.file.clone());
        candidates.extend(candidate(&copy.file, identity, (anchor.as_ref(), base))?);
    }
    // Of equals the first: the ledger itself stands before its copies.
    let best = candidates.into_iter().rev().max_by_key(|one| (one.anchored, one.seq));
    let base = best.map_or(Base::Nothing, |best| best.base);
    if base != Base::Kept {
        move_aside(folder)?;
    }
    if let Base::Copy(copy) = &base {
        backup::put_back(copy, &file)?;
    }
    Ok(Salvaged { base, anchor })
}

/// Notes that a ledger takes the place of a lost one, whose processes can write no more.
pub(super) fn note(connection: &Connection, salvaged: &Salvaged) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let lost = match &salvaged.anchor {
        Some(head) => format!("anchor at event {} of generation {}", head.seq, head.generation),
        None => "no anchor".to_owned(),
    };
    if let Some(head) = &salvaged.anchor {
        let behind = found::generation(&transaction)? < head.generation;
        if behind {
            let sql = "UPDATE meta SET v = ?1 WHERE k = 'generation'";
            transaction.execute(sql, [head.generation.to_string()])?;
        }
    }
    chain::rebuilt(&transaction, &lost)?;
    transaction.commit()?;
    failpoint::reach("ledger.loss_noted");
    Ok(())
}

/// The file, if it is a whole ledger of this pipeline and account.
fn candidate(
    file: &Path,
    identity: &Identity,
    (anchor, base): (Option<&Head>, Base),
) -> Result<Option<Candidate>, LedgerError> {
    let opened = match schema::open_for_reading(file) {
        Ok(Some(connection)) => connection,
        Ok(None)
        | Err(
            LedgerError::Doubtful { .. } | LedgerError::Broken { .. } | LedgerError::Foreign { .. },
        ) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    match found::belongs(&opened, identity, file) {
        Ok(()) => {}
        // The ledger of another account is in the wrong place; it must not be pushed aside.
        Err(error @ LedgerError::Elsewhere { .. }) if base == Base::Kept => return Err(error),
        Err(_) => return Ok(None),
    }
    if !matches!(check::sound(&opened, Depth::All), Ok(None)) {
        return Ok(None);
    }
    let Ok(uuid) = found::meta(&opened, "uuid") else { return Ok(None) };
    let Ok((seq, _)) = chain::last(&opened) else { return Ok(None) };
    let anchored = anchor.is_none_or(|head| head.ledger == anchor::ledger_of(&uuid));
    Ok(Some(Candidate { anchored, seq, base }))
}

/// Moves ledger and log to a name that is free.
fn move_aside(folder: &Path) -> Result<(), LedgerError> {
    let names = ["ledger.db", "ledger.db-wal", "ledger.db-shm"];
    let there: Vec<_> = names.into_iter().filter(|name| folder.join(name).exists()).collect();
    if there.is_empty() {
        return Ok(());
    }
    let (mut number, mut aside) = (1, folder.join("doubtful-1"));
    while aside.exists() {
        number += 1;
        aside = folder.join(format!("doubtful-{number}"));
    }
    let fail = |source| LedgerError::Unusable { file: aside.clone(), source };
    fs::DirBuilder::new().mode(0o700).create(&aside).map_err(fail)?;
    for name in there {
        fs::rename(folder.join(name), aside.join(name)).map_err(fail)?;
        failpoint::reach("ledger.set_aside");
    }
    Ok(())
}
