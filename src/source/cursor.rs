//! Where an extraction is within a table: enough to go on after a kill.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::SourceError;

/// The beginning of a page, as opaque text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// A place in a list over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RestMark {
    /// The parent's position, 0 for a table without.
    pub(super) parent: usize,
    /// The parent's value, to notice when the positions have moved.
    pub(super) of: Option<String>,
    /// The account's position.
    pub(super) account: usize,
    /// The page, from 1.
    pub(super) page: usize,
    /// Rows read of this list so far.
    pub(super) read: usize,
    /// Hash of the rows of the page before.
    pub(super) last: Option<String>,
    /// Whether the page before had another size than asked for.
    pub(super) odd: bool,
    /// Whether an account had this list.
    pub(super) seen: bool,
    /// Whether any list of this table was there.
    pub(super) any: bool,
}

impl Default for RestMark {
    fn default() -> Self {
        Self {
            parent: 0,
            of: None,
            account: 0,
            page: 1,
            read: 0,
            last: None,
            odd: false,
            seen: false,
            any: false,
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct FileMark {
    /// The byte at which the next row begins.
    pub(super) offset: u64,
    /// The line of that byte, from 1.
    pub(super) line: u64,
    /// Rows read before.
    pub(super) row: u64,
    /// Size and hash of the file.
    pub(super) fingerprint: String,
}

impl Cursor {
    pub(super) fn of(mark: &impl Serialize) -> Self {
        Self(serde_json::to_string(mark).unwrap_or_default())
    }

    pub(super) fn mark<T: DeserializeOwned>(&self, table: &str) -> Result<T, SourceError> {
        serde_json::from_str(&self.0).map_err(|_| SourceError::Cursor { table: table.into() })
    }
}
