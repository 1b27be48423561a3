//! What can go wrong with staged tables.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A fault of the staging file.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// The file or its folder cannot be made or read.
    #[error("cannot open the staged tables in `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no readable database any more.
    #[error(
        "the staged tables in `{}` are damaged; delete the file and run again: nothing is lost, \
         the source is read once more",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The database refused.
    #[error("the staged tables in `{}` cannot be read or written", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A table was asked for that was never declared.
    #[error("no staged table is named `{table}`")]
    UnknownTable {
        /// Its name.
        table: String,
    },
    /// Rows were handed in although no extraction is open.
    #[error("rows of `{table}` were handed in outside an extraction")]
    NotOpen {
        /// The table.
        table: String,
    },
    /// An extraction cannot end before each of its tables has.
    #[error("the extraction cannot be closed: `{table}` has not been read to its end")]
    Unfinished {
        /// A table that is still being read.
        table: String,
    },
}

impl StagingError {
    /// The error for what the database said about the file at `path`.
    pub(super) fn from_database(path: &Path, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::damaged(path, &source)
            }
            Some(_) | None => Self::Database { path: path.into(), source },
        }
    }

    /// The error for content that nobody can have written.
    pub(super) fn damaged(path: &Path, detail: &impl ToString) -> Self {
        Self::Damaged { path: path.into(), detail: detail.to_string() }
    }
}
