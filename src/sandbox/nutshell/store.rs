//! The state on disk: one `SQLite` file, one connection, one transaction for each call.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::fault::Fault;
use super::work::{Caller, Work};

/// Where the time of a write comes from.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The open state.
pub(crate) struct Store {
    connection: Mutex<Connection>,
    clock: Clock,
}

impl Store {
    /// Opens `nutshell.db` in a folder; the second value tells whether it is new.
    pub(crate) fn open(dir: &Path, clock: Clock) -> Result<(Self, bool), rusqlite::Error> {
        let connection = Connection::open(dir.join("nutshell.db"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(include_str!("schema.sql"))?;
        complete(&connection)?;
        let records: i64 =
            connection.query_row("SELECT count(*) FROM record", [], |row| row.get(0))?;
        Ok((Self { connection: Mutex::new(connection), clock }, records == 0))
    }

    /// The time of writes.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Runs one call as one transaction: committed when it succeeds, undone when it is refused.
    pub(crate) fn call<T>(
        &self,
        caller: impl Into<Caller>,
        call: impl FnOnce(&Work<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        // A panic in another call rolled its transaction back: the connection is still good.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let work = Work::new(&transaction, (self.clock)(), caller.into());
        let answer = call(&work)?;
        transaction.commit()?;
        Ok(answer)
    }

    /// Counts a call in its own transaction, so that refused calls count as well.
    pub(crate) fn count(&self, method: &str) -> Result<(), Fault> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached(
                "INSERT INTO calls VALUES (?1, 1) ON CONFLICT (method) DO UPDATE SET count = count + 1",
            )?
            .execute([method])?;
        Ok(())
    }
}

/// Gives the journal of an older state the columns that it lacks.
fn complete(connection: &Connection) -> Result<(), rusqlite::Error> {
    let sql = "SELECT count(*) FROM pragma_table_info('journal') WHERE name = 'actor'";
    let known: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if known == 0 {
        for column in ["actor", "call", "before", "after"] {
            connection.execute_batch(&format!("ALTER TABLE journal ADD COLUMN {column} TEXT"))?;
        }
    }
    Ok(())
}
