//! The runs: what was started, and how it ended.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{chain, column};

/// The number of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct RunId(pub i64);

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// Writing.
    Apply,
    /// Writing a covering sample.
    Sample,
    /// Taking back.
    Rollback,
    /// Making good what a lost ledger knew.
    Rebuild,
    /// Deleting second copies of records.
    Sweep,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// At work, or dead without a word.
    Running,
    /// Stopped before its end, to be gone on with.
    Stopped,
    /// At its end.
    Done,
}

/// A run.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What it is for.
    pub kind: RunKind,
    /// The run that it takes back; `None` for all, and for runs that take nothing back.
    pub of: Option<RunId>,
    /// Fingerprint of the spec that it ran.
    pub fingerprint: String,
    /// How it stands.
    pub state: RunState,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Its exit code.
    pub exit: Option<i64>,
}

/// A run that is to begin.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) kind: RunKind,
    pub(super) of: Option<RunId>,
    pub(super) fingerprint: String,
}

impl RunKind {
    /// Whether it makes records of the source: of all of it, or of a sample.
    pub const fn writes(self) -> bool {
        match self {
            Self::Apply | Self::Sample => true,
            Self::Rollback | Self::Rebuild | Self::Sweep => false,
        }
    }

    const ALL: [Self; 5] = [Self::Apply, Self::Sample, Self::Rollback, Self::Rebuild, Self::Sweep];

    const fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Sample => "sample",
            Self::Rollback => "rollback",
            Self::Rebuild => "rebuild",
            Self::Sweep => "sweep",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl RunState {
    const ALL: [Self; 3] = [Self::Running, Self::Stopped, Self::Done];

    const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

const COLUMNS: &str = "id, kind, of, fingerprint, state, started, ended, exit";

pub(super) fn begin(
    connection: &Connection,
    beginning: &Beginning,
    generation: i64,
    now: Timestamp,
) -> rusqlite::Result<RunId> {
    connection.execute(
        "INSERT INTO run(kind, of, fingerprint, generation, state, started)
         VALUES (?1, ?2, ?3, ?4, 'running', ?5)",
        params![
            beginning.kind.name(),
            beginning.of.map(|run| run.0),
            beginning.fingerprint,
            generation,
            now.to_string()
        ],
    )?;
    let run = RunId(connection.last_insert_rowid());
    chain::begun(connection, run, beginning.kind.name())?;
    Ok(run)
}

/// A run that goes on.
pub(super) fn resume(connection: &Connection, run: RunId) -> rusqlite::Result<()> {
    let sql = "UPDATE run SET state = 'running', ended = NULL, exit = NULL WHERE id = ?1";
    connection.execute(sql, [run.0])?;
    chain::resumed(connection, run)
}

/// A run that leaves an open entry behind has stopped, whatever it believes: it is to be gone on
/// with, because nobody knows what became of that entry.
pub(super) fn end(
    connection: &Connection,
    (run, state): (RunId, RunState),
    exit: u8,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE run SET exit = ?3, ended = ?4, state = CASE
                 WHEN ?2 = 'done' AND EXISTS (SELECT 1 FROM entry WHERE outcome IS NULL)
                 THEN 'stopped' ELSE ?2 END
               WHERE id = ?1";
    connection.execute(sql, params![run.0, state.name(), exit, now.to_string()])?;
    chain::ended(connection, run)
}

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Run>> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM run ORDER BY id"))?;
    statement.query_map([], from_row)?.collect()
}

pub(super) fn unfinished(connection: &Connection) -> rusqlite::Result<Option<Run>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM run WHERE id = (SELECT max(id) FROM run) AND state <> 'done'"
    );
    connection.query_row(&sql, [], from_row).optional()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: RunId(row.get(0)?),
        kind: column::word(row, 1, RunKind::named)?,
        of: row.get::<_, Option<i64>>(2)?.map(RunId),
        fingerprint: row.get(3)?,
        state: column::word(row, 4, RunState::named)?,
        started: column::time(row, 5)?,
        ended: column::time_if_any(row, 6)?,
        exit: row.get(7)?,
    })
}
