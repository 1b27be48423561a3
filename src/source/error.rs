//! What can go wrong with a source.

use std::io;
use std::path::PathBuf;

/// A fault of a source, of its files, or of what a spec says about them.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The host did not give an answer that can be used, however often it was asked.
    #[error(
        "source `{name}`{account} does not answer usefully at {url} ({attempts} attempts): \
         {detail}; nothing is lost, run again to go on"
    )]
    Unwilling {
        /// The source.
        name: String,
        /// ` as user`, or nothing.
        account: String,
        /// The address, without its query.
        url: String,
        /// How often it was asked.
        attempts: u32,
        /// What it said last.
        detail: String,
    },
    /// The host does not accept the credentials.
    #[error("source `{name}`{account} refuses the credentials at {url} (HTTP {status})")]
    Refused {
        /// The source.
        name: String,
        /// ` as user`, or nothing.
        account: String,
        /// The address, without its query.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The host says that the request is wrong.
    #[error("source `{name}` rejects the request to {url} (HTTP {status}): {detail}")]
    Rejected {
        /// The source.
        name: String,
        /// The address, without its query.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// The host gives the same page again and again.
    #[error(
        "source `{name}` repeats page {page} at {url}: the page before it had the same rows; \
         nothing is lost, run again to go on"
    )]
    Repeated {
        /// The source.
        name: String,
        /// The address, without its query.
        url: String,
        /// The page.
        page: usize,
    },
    /// More bytes than anybody should send.
    #[error("{place} is larger than {bytes_max} bytes")]
    TooLarge {
        /// What.
        place: String,
        /// The limit.
        bytes_max: u64,
    },
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be set up")]
    Client {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The list of accounts is not one.
    #[error("the accounts of source `{name}` are not lines of `user,password` (line {line})")]
    Logins {
        /// The source.
        name: String,
        /// The line, from 1.
        line: usize,
    },
    /// The cursor is not one of this table.
    #[error("the extraction of `{table}` cannot go on where it stopped: its place is unreadable")]
    Cursor {
        /// The table.
        table: String,
    },
    /// Two columns have one name.
    #[error("{place} has two columns named `{name}`: {first} and {second}")]
    DuplicateColumn {
        /// The file or path.
        place: String,
        /// The name in snake case.
        name: String,
        /// The first, as written, and of a file with a header its position.
        first: String,
        /// The second, likewise.
        second: String,
    },
    /// A file is not there.
    #[error("`{}` is not there; mark the table `optional` if it may be missing", file.display())]
    MissingFile {
        /// The file.
        file: PathBuf,
    },
    /// Several files are not there.
    #[error(
        "{} files are not there: {}; mark a table `optional` if its file may be missing",
        files.len(),
        files.iter().map(|file| format!("`{}`", file.display())).collect::<Vec<_>>().join(", ")
    )]
    MissingFiles {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// A file cannot be read.
    #[error("`{}` cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not what its name says.
    #[error("`{}` is broken at {place}: {detail}", file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// The place in it.
        place: String,
        /// What is wrong.
        detail: String,
    },
    /// An entry of a zip is not as it should be, so nothing of the zip is read.
    #[error("`{}` is refused: its entry `{entry}` {detail}", file.display())]
    Archive {
        /// The zip.
        file: PathBuf,
        /// The entry, as written in it.
        entry: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A file changed between two pages.
    #[error("`{}` changed while it was read; the extraction has to begin anew", file.display())]
    Changed {
        /// The file.
        file: PathBuf,
    },
    /// A path leads out of the source's folder.
    #[error("`{path}` leads out of the folder of source `{name}`")]
    Outside {
        /// The source.
        name: String,
        /// The path.
        path: String,
    },
    /// No reader for such a file.
    #[error("`{path}` is no csv, tsv, txt, json, jsonl, ndjson, xlsx or xlsm file")]
    Format {
        /// The path.
        path: String,
    },
    /// The encoding is unknown, or not read yet.
    #[error("files in the encoding `{label}` cannot be read")]
    Encoding {
        /// Its label.
        label: String,
    },
    /// A file to be downloaded is not there any more.
    #[error("{address} is not there (HTTP {status})")]
    NotFound {
        /// Its address, without its query.
        address: String,
        /// The HTTP status.
        status: u16,
    },
    /// An address of this machine or its network was given as that of a file.
    #[error("{address} is refused: it leads into a private network")]
    Private {
        /// Its address, without its query.
        address: String,
    },
    /// A download broke off, or could not be kept.
    #[error("the download of {address} broke off: {detail}")]
    Interrupted {
        /// Its address, without its query.
        address: String,
        /// Why.
        detail: String,
    },
}

impl SourceError {
    /// Whether it is the world that is unwilling, so that the same command may succeed later.
    pub const fn is_unwilling(&self) -> bool {
        matches!(
            self,
            Self::Unwilling { .. }
                | Self::Refused { .. }
                | Self::Rejected { .. }
                | Self::Repeated { .. }
                | Self::TooLarge { .. }
                | Self::Client { .. }
                | Self::Changed { .. }
                | Self::Unreadable { .. }
                | Self::Interrupted { .. }
        )
    }
}
