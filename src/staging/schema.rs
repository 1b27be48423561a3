//! The staging file itself: opening, permissions, tables.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::StagingError;

/// Changes whenever the layout does; a file of another layout is made anew.
const LAYOUT: i64 = 1;

/// How long to wait for another connection.
const BUSY_WAIT: Duration = Duration::from_secs(10);

const TABLES: &str = "
    CREATE TABLE meta (word TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    -- A sheet is a table in one generation; its rows are in row_<id>, its links in link_<id>.
    CREATE TABLE sheet (
        id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, name TEXT NOT NULL,
        links TEXT NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL, next TEXT,
        pages INTEGER NOT NULL, rows INTEGER NOT NULL, UNIQUE (generation, name));
    CREATE TABLE header (
        sheet INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, shown TEXT NOT NULL,
        PRIMARY KEY (sheet, position)) WITHOUT ROWID;
    CREATE TABLE page (
        sheet INTEGER NOT NULL, began TEXT NOT NULL, body_hash BLOB NOT NULL, rows INTEGER NOT NULL,
        PRIMARY KEY (sheet, began)) WITHOUT ROWID;
    CREATE TABLE fault (
        number INTEGER PRIMARY KEY, sheet INTEGER NOT NULL, place TEXT NOT NULL, code TEXT NOT NULL,
        field TEXT NOT NULL, column_name TEXT NOT NULL, value TEXT NOT NULL, detail TEXT NOT NULL);
    CREATE INDEX fault_of_sheet ON fault (sheet);
    CREATE TABLE joined (into_sheet INTEGER, from_sheet INTEGER, added INTEGER, common INTEGER,
        differing INTEGER, PRIMARY KEY (into_sheet, from_sheet)) WITHOUT ROWID;
    CREATE TABLE difference (
        number INTEGER PRIMARY KEY, sheet INTEGER NOT NULL, key TEXT NOT NULL, place TEXT NOT NULL,
        column_name TEXT NOT NULL, kept TEXT NOT NULL, other TEXT NOT NULL);
    CREATE INDEX difference_of_sheet ON difference (sheet);
";

/// Opens the file for writing, making it (for its owner alone) when it is not there.
pub(super) fn open(path: &Path) -> Result<Connection, StagingError> {
    make_private(path).map_err(|source| StagingError::Open { path: path.into(), source })?;
    let fail = |source| StagingError::from_database(path, source);
    let mut connection = Connection::open(path).map_err(fail)?;
    prepare(&mut connection).map_err(fail)?;
    Ok(connection)
}

/// Opens the file for reading.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn prepare(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A page lost in a power cut is fetched again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let layout: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if layout == LAYOUT {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    drop_everything(&transaction)?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "user_version", LAYOUT)?;
    transaction.commit()
}

fn drop_everything(connection: &Connection) -> Result<(), rusqlite::Error> {
    let names: Vec<String> = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in names {
        connection.execute_batch(&format!("DROP TABLE \"{}\"", name.replace('"', "\"\"")))?;
    }
    Ok(())
}

fn make_private(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
