//! What a reader hands out.

use std::path::PathBuf;

use super::cursor::Cursor;
use crate::ground::{Flag, Record};

/// A page of a table.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it began; `None` for the first.
    pub cursor: Option<Cursor>,
    /// Where the next one begins; `None` when this is the last.
    pub next: Option<Cursor>,
    /// The hash of its rows.
    pub body_hash: [u8; 32],
    /// Its rows; they share one header.
    pub rows: Vec<Record>,
    /// What was remarked; a row that was kept out has a remark.
    pub faults: Vec<RowFault>,
}

/// A remark on a row or another place of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Where: `contacts.csv line 17`, `/contacts page 3 row 12`.
    pub place: Box<str>,
    /// What: `no_key`, `ragged_row`, `open_quote`, `bad_encoding`, `encoding_suspect`, `footer`,
    /// `bad_json`, `not_a_row`, `empty_file`, `cell_error`, `digits_lost`, `no_such_parent`,
    /// `not_allowed`, `count_differs`.
    pub flag: Flag,
}

impl RowFault {
    pub(super) fn new(place: &str, code: &str, value: &str, detail: &str) -> Self {
        Self { place: place.into(), flag: Flag::new(code, "", "", value, detail) }
    }
}

/// What a source says when it is asked for a page.
#[derive(Debug, Clone)]
pub enum TableState {
    /// A page.
    Page(Page),
    /// The customer's account does not have this table.
    NotLicensed {
        /// The HTTP status that said so.
        status: u16,
    },
    /// The file is not there, which the spec allows.
    Missing {
        /// The file.
        file: PathBuf,
    },
}
