//! Why a sandbox does not start.

use std::path::PathBuf;

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// Its folder cannot be made, read or emptied.
    #[error("sandbox folder {} cannot be used", dir.display())]
    Folder {
        /// The folder.
        dir: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Its state cannot be opened.
    #[error("sandbox state in {} cannot be opened", dir.display())]
    State {
        /// The folder.
        dir: PathBuf,
        /// What the database says.
        #[source]
        source: rusqlite::Error,
    },
    /// Its first records cannot be written.
    #[error("sandbox account cannot be filled: {message}")]
    Seed {
        /// What was refused.
        message: String,
    },
    /// The rules for its faults cannot be read.
    #[error("the sandbox's faults cannot be read: {message}")]
    Faults {
        /// What is wrong, and in which rule.
        message: String,
    },
    /// Its port cannot be had.
    #[error("sandbox port 127.0.0.1:{port} cannot be opened")]
    Port {
        /// The port asked for; 0 for any.
        port: u16,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// An export cannot be written.
    #[error("the export cannot be written to `{}`", file.display())]
    Export {
        /// The file or folder.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The folder for an export holds something else.
    #[error(
        "`{}` is not empty and holds no export of the sandbox: it is left alone; name an empty \
         folder or a new one",
        dir.display()
    )]
    Foreign {
        /// The folder.
        dir: PathBuf,
    },
}
