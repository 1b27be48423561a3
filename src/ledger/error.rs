//! What can go wrong with the ledger.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::entry::EntryId;

/// A fault of the ledger; nothing is written to the CRM on a doubt.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another run holds the lock.
    #[error("another run is at work on `{}` ({holder}); wait for it, or stop it, and run again", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// Another run took the ledger over although this one had the lock.
    #[error(
        "another run has taken over the ledger (generation {now}, this run has {ours}); nothing more is sent by this one"
    )]
    Fenced {
        /// The generation of this run.
        ours: i64,
        /// The generation that the ledger has now.
        now: i64,
    },
    /// The file or folder cannot be used.
    #[error("the ledger's `{}` cannot be used", file.display())]
    Unusable {
        /// The file or folder.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others may read the ledger, which is full of personal data.
    #[error("`{}` can be read by others (mode {mode:o}); run `chmod go-rwx` on it and run again", file.display())]
    Exposed {
        /// The file or folder.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is not a ledger, or one of another flitpipe.
    #[error("`{}` is no ledger that this flitpipe knows: {detail}; nothing was touched", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What is odd, and what to do.
        detail: String,
    },
    /// The ledger is of another pipeline or another account.
    #[error("`{}` belongs to {found}, this run is for {wanted}; use another --state folder", file.display())]
    Elsewhere {
        /// The file.
        file: PathBuf,
        /// What it belongs to.
        found: String,
        /// What was wanted.
        wanted: String,
    },
    /// The database failed.
    #[error("the ledger `{}` failed: {detail}; nothing is sent without it", file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// What the database said.
        detail: String,
    },
    /// The disk is full.
    #[error("the disk is full: the ledger `{}` cannot grow, and nothing is sent without it; make room on the disk and run again", file.display())]
    Full {
        /// The file.
        file: PathBuf,
    },
    /// The ledger may not be what it was: nothing is written on a doubt.
    #[error("the ledger `{}` is not to be relied on: {what}; nothing was sent and nothing was changed", file.display())]
    Doubtful {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A record has an entry of which nobody knows yet what became.
    #[error("{key} has an open entry; what became of it must be known before the next deed")]
    StillOpen {
        /// The source record.
        key: String,
    },
    /// A record that is in the CRM was to be created, or matched, once more.
    #[error("{key} is {crm} already; it is edited, not written once more")]
    Linked {
        /// The source record.
        key: String,
        /// Where it is.
        crm: String,
    },
    /// A record that was never written was to be edited.
    #[error("{key} was not written yet; it is created or matched before it is edited")]
    Unlinked {
        /// The source record.
        key: String,
    },
    /// Another record of the CRM was meant than the one that is ours.
    #[error("{key} is {ours}, not {meant}; nothing else is edited or taken back in its name")]
    NotOurs {
        /// The source record.
        key: String,
        /// Where it is.
        ours: String,
        /// What was meant.
        meant: String,
    },
    /// A record of the CRM would belong to two source records.
    #[error("{crm} already stands for {owner}; it cannot stand for {key} as well")]
    Owned {
        /// The record of the CRM.
        crm: String,
        /// Whom it stands for.
        owner: String,
        /// Who wanted it.
        key: String,
    },
    /// An entry was settled twice, or never announced.
    #[error("entry {} is not open; an entry is settled once", entry.0)]
    NotOpen {
        /// The entry.
        entry: EntryId,
    },
    /// The thread that writes is gone.
    #[error("the ledger's writer has stopped; nothing is sent without it")]
    Stopped,
}

impl LedgerError {
    /// A fault of the database.
    pub(super) fn broken(file: &Path, error: &rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) {
            return Self::Doubtful { file: file.to_owned(), what: format!("{error}") };
        }
        Self::Broken { file: file.to_owned(), detail: told(error) }
    }

    /// Whether the ledger itself is in doubt: what is left is to rebuild it.
    pub const fn is_doubt(&self) -> bool {
        matches!(self, Self::Doubtful { .. })
    }

    /// Names the file of a fault that was found deeper down.
    pub(super) fn at(self, named: &Path) -> Self {
        if let Self::Broken { file, detail } = self {
            let file = if file.as_os_str().is_empty() { named.to_owned() } else { file };
            return Self::Broken { file, detail };
        }
        if let Self::Full { .. } = self {
            return Self::Full { file: named.to_owned() };
        }
        if let Self::Doubtful { what, .. } = self {
            return Self::Doubtful { file: named.to_owned(), what };
        }
        self
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            return Self::Full { file: PathBuf::new() };
        }
        Self::broken(Path::new(""), &error)
    }
}

/// What the database says, with what to do where it is known.
pub(super) fn told(error: &rusqlite::Error) -> String {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => ": another program writes to it, close that and run again",
        Some(_) | None => "",
    };
    format!("{error}{advice}")
}
