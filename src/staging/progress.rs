//! How far the extraction of a table is.

use rusqlite::{Connection, params};

use super::cells::signed;

/// What is known of a table's extraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where to go on; `None` at the beginning, and when there is nothing more.
    pub next: Option<String>,
    /// Pages staged.
    pub pages: u64,
    /// Rows staged.
    pub rows: u64,
    /// The state.
    pub state: State,
}

impl Progress {
    /// Whether there is nothing more to read.
    pub fn is_done(&self) -> bool {
        self.state != State::Reading
    }
}

/// The state of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is being read.
    Reading,
    /// It was read to its end.
    Read,
    /// The customer's account does not have it.
    NotLicensed {
        /// The HTTP status that said so.
        status: u16,
    },
    /// Its file is not there, and that is allowed.
    Missing {
        /// The file.
        file: String,
    },
}

impl State {
    fn words(&self) -> (&'static str, String) {
        match self {
            Self::Reading => ("reading", String::new()),
            Self::Read => ("read", String::new()),
            Self::NotLicensed { status } => ("not_licensed", status.to_string()),
            Self::Missing { file } => ("missing", file.clone()),
        }
    }

    fn from_words(word: &str, detail: String) -> Self {
        match word {
            "read" => Self::Read,
            "not_licensed" => Self::NotLicensed { status: detail.parse().unwrap_or_default() },
            "missing" => Self::Missing { file: detail },
            // An unknown word can only cost another look at the source.
            _ => Self::Reading,
        }
    }
}

/// The progress of a sheet.
pub(super) fn read(connection: &Connection, sheet: i64) -> Result<Progress, rusqlite::Error> {
    connection
        .prepare_cached("SELECT next, pages, rows, state, detail FROM sheet WHERE id = ?1")?
        .query_row([sheet], |row| {
            Ok(Progress {
                next: row.get(0)?,
                pages: row.get::<_, i64>(1)?.unsigned_abs(),
                rows: row.get::<_, i64>(2)?.unsigned_abs(),
                state: State::from_words(&row.get::<_, String>(3)?, row.get(4)?),
            })
        })
}

/// Notes a page: where the next begins, and how many rows it brought.
pub(super) fn advance(
    connection: &Connection,
    sheet: i64,
    next: Option<&str>,
    rows: usize,
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(
            "UPDATE sheet SET next = ?2, pages = pages + 1, rows = rows + ?3 WHERE id = ?1",
        )?
        .execute(params![sheet, next, signed(rows)])
        .map(drop)
}

/// Notes how a table ended.
pub(super) fn close(
    connection: &Connection,
    sheet: i64,
    state: &State,
) -> Result<(), rusqlite::Error> {
    let (word, detail) = state.words();
    connection
        .prepare_cached("UPDATE sheet SET state = ?2, detail = ?3, next = NULL WHERE id = ?1")?
        .execute(params![sheet, word, detail])
        .map(drop)
}
