//! The ledger's file: opened, recognised, or refused.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::LedgerError;
use super::lock::private;

/// `FLIT`, so that other programs know the file.
const APPLICATION_ID: i64 = 0x464C_4954;

/// Raised when the tables change.
const VERSION: i64 = 3;

/// How long a reader or writer waits for another program's lock on the database.
const BUSY_WAIT: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK(kind IN ('apply','sample','rollback','rebuild','sweep')), of INTEGER REFERENCES run,
  fingerprint TEXT NOT NULL, generation INTEGER NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('running','stopped','done')),
  started TEXT NOT NULL, ended TEXT, exit INTEGER) STRICT;

-- Announced before the deed; the columns after `at` are filled once, with `crm` for a create.
CREATE TABLE entry(
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run,
  object TEXT NOT NULL, key TEXT NOT NULL,
  aspect TEXT NOT NULL CHECK(aspect IN ('whole','closing','late')),
  deed TEXT NOT NULL CHECK(deed IN ('create','fill','edit','delete','restore','adopt','sweep')),
  generation INTEGER NOT NULL, entity TEXT NOT NULL, crm TEXT,
  rev_before TEXT, before TEXT, after TEXT, hash TEXT NOT NULL,
  undoes INTEGER REFERENCES entry, at TEXT NOT NULL,
  outcome TEXT CHECK(outcome IN ('done','not_applied','refused','conflict')),
  rev TEXT, detail TEXT, left_alone TEXT, settled TEXT,
  CHECK((undoes IS NOT NULL) = (deed IN ('delete','restore')))) STRICT;
-- At most one open deed on a record, of whatever aspect: two would collide on its revision.
CREATE UNIQUE INDEX entry_open ON entry(object, key) WHERE outcome IS NULL;
CREATE INDEX entry_record ON entry(object, key, id);
CREATE INDEX entry_run ON entry(run, id);
CREATE UNIQUE INDEX entry_undone ON entry(undoes) WHERE undoes IS NOT NULL AND outcome = 'done';
CREATE TRIGGER entry_stays BEFORE DELETE ON entry
  BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER entry_keeps_its_word BEFORE UPDATE OF id, run, object, key, aspect, deed,
    generation, entity, rev_before, before, after, hash, undoes, at ON entry
  BEGIN SELECT RAISE(ABORT, 'what was announced is never changed'); END;
CREATE TRIGGER entry_once BEFORE UPDATE ON entry
  WHEN OLD.outcome IS NOT NULL OR NEW.outcome IS NULL
    OR (OLD.crm IS NOT NULL AND NEW.crm IS NOT OLD.crm)
  BEGIN SELECT RAISE(ABORT, 'an entry is settled once, for the record it names'); END;

-- The sum of the entries: where a record is and what in it is ours.
CREATE TABLE link(
  object TEXT NOT NULL, key TEXT NOT NULL, entity TEXT NOT NULL, crm TEXT NOT NULL,
  rev TEXT NOT NULL, origin TEXT NOT NULL CHECK(origin IN ('created','matched','adopted')),
  after TEXT NOT NULL, PRIMARY KEY(object, key)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX link_crm ON link(entity, crm);
CREATE TABLE hash(
  object TEXT NOT NULL, key TEXT NOT NULL, aspect TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY(object, key, aspect)) STRICT, WITHOUT ROWID;

CREATE TABLE verdict(
  run INTEGER NOT NULL REFERENCES run, object TEXT NOT NULL, key TEXT NOT NULL,
  outcome TEXT NOT NULL, reason TEXT NOT NULL, flags TEXT,
  PRIMARY KEY(run, object, key)) STRICT, WITHOUT ROWID;
CREATE INDEX verdict_record ON verdict(object, key, run);

CREATE TABLE provision(
  kind TEXT NOT NULL, entity TEXT NOT NULL, name TEXT NOT NULL, crm TEXT,
  created INTEGER NOT NULL, run INTEGER NOT NULL REFERENCES run,
  PRIMARY KEY(kind, entity, name)) STRICT, WITHOUT ROWID;

-- What happened, in order: `digest` is that of the row spoken of, `hash` that of this row and of
-- the hash before it.
CREATE TABLE chain(
  seq INTEGER PRIMARY KEY, event TEXT NOT NULL, ref TEXT NOT NULL, detail TEXT NOT NULL,
  digest BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TRIGGER chain_stays BEFORE DELETE ON chain
  BEGIN SELECT RAISE(ABORT, 'the chain is never cut'); END;
CREATE TRIGGER chain_keeps_its_word BEFORE UPDATE ON chain
  BEGIN SELECT RAISE(ABORT, 'the chain is never changed'); END;
";

/// How a file looks from outside.
enum Look {
    /// Nothing in it: a new file, or one whose maker died first.
    Blank,
    /// A ledger of this version.
    Ours,
    /// Something else.
    Odd(String),
}

/// Opens the ledger for writing; a blank one gets its tables and, in the same transaction, what
/// `introduce` puts in, so that a half-made ledger is never met.
pub(super) fn open(
    file: &Path,
    introduce: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<Connection, LedgerError> {
    if !file.exists() {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        made.map_err(|source| LedgerError::Unusable { file: file.to_owned(), source })?;
    }
    let fail = |error: rusqlite::Error| LedgerError::broken(file, &error);
    let connection = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    match look(&connection).map_err(fail)? {
        Look::Blank => make(&connection, introduce).map_err(fail)?,
        Look::Ours => {}
        Look::Odd(detail) => return Err(LedgerError::Foreign { file: file.to_owned(), detail }),
    }
    settings(&connection).map_err(fail)?;
    Ok(connection)
}

/// Opens the ledger for reading beside a run; `None` when there is none yet.
pub(super) fn open_for_reading(file: &Path) -> Result<Option<Connection>, LedgerError> {
    if !file.exists() {
        return Ok(None);
    }
    let fail = |error: rusqlite::Error| LedgerError::broken(file, &error);
    let mut connection = connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut looked = look(&connection);
    // Whoever made the ledger died over its first transaction: what is left of it has to be rolled
    // back before anybody can read, and a reader may not.
    if matches!(&looked, Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly)) {
        look(&connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?).map_err(fail)?;
        connection = connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        looked = look(&connection);
    }
    match looked.map_err(fail)? {
        Look::Blank => Ok(None),
        Look::Ours => Ok(Some(connection)),
        Look::Odd(detail) => Err(LedgerError::Foreign { file: file.to_owned(), detail }),
    }
}

fn connect(file: &Path, access: OpenFlags) -> Result<Connection, LedgerError> {
    private(file)?;
    let open = || {
        let connection =
            Connection::open_with_flags(file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_WAIT)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(|error| LedgerError::broken(file, &error))
}

fn look(connection: &Connection) -> rusqlite::Result<Look> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let id = match number("application_id") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Ok(Look::Odd("it is no database; move it away and run again".to_owned()));
        }
        other => other?,
    };
    let version = number("user_version")?;
    if id == APPLICATION_ID {
        return Ok(match version.cmp(&VERSION) {
            std::cmp::Ordering::Equal => Look::Ours,
            std::cmp::Ordering::Greater => Look::Odd(format!(
                "its version is {version}, this flitpipe knows {VERSION}; install the newer flitpipe"
            )),
            std::cmp::Ordering::Less => Look::Odd(format!(
                "its version is {version}, this flitpipe needs {VERSION}; take its records back with \
                 the flitpipe that made it, move it away, and run again"
            )),
        });
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id == 0 && version == 0 && tables == 0 {
        return Ok(Look::Blank);
    }
    Ok(Look::Odd("it is another program's database; move it away and run again".to_owned()))
}

fn make(
    connection: &Connection,
    introduce: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute_batch(TABLES)?;
    introduce(&transaction)?;
    transaction.commit()
}

/// The tables, indexes and triggers as they were declared, by name.
pub(super) fn declared(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// As [`declared`], of a ledger that nobody has touched.
pub(super) fn as_made() -> rusqlite::Result<Vec<(String, String)>> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(TABLES)?;
    declared(&connection)
}

fn settings(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A power cut must not forget an intent: that would be a record written twice.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "foreign_keys", true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    fn refusal(prepare: impl FnOnce(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ledger.db");
        drop(open(&file, |_| Ok(())).unwrap());
        prepare(&file);
        let before = fs::read(&file).unwrap();
        let reading = open_for_reading(&file).unwrap_err().to_string();
        assert_eq!(reading, open(&file, |_| Ok(())).unwrap_err().to_string());
        assert_eq!(before, fs::read(&file).unwrap(), "it was touched");
        reading
    }

    #[test]
    fn a_newer_ledger_is_refused_with_what_to_do() {
        let error = refusal(|file| {
            let connection = Connection::open(file).unwrap();
            connection.pragma_update(None, "user_version", 99).unwrap();
        });
        assert!(error.contains("version is 99") && error.contains("install the newer"), "{error}");
    }

    #[test]
    fn an_older_ledger_is_refused_with_what_to_do() {
        let error = refusal(|file| {
            let connection = Connection::open(file).unwrap();
            connection.pragma_update(None, "user_version", 1).unwrap();
        });
        assert!(
            error.contains("version is 1") && error.contains("the flitpipe that made"),
            "{error}"
        );
    }

    #[test]
    fn a_database_of_another_program_is_refused() {
        let error = refusal(|file| {
            fs::write(file, "").unwrap();
            let connection = Connection::open(file).unwrap();
            connection.execute_batch("CREATE TABLE songs(title)").unwrap();
        });
        assert!(error.contains("another program's database"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let error = refusal(|file| fs::write(file, "name,email\n".repeat(100)).unwrap());
        assert!(error.contains("no database"), "{error}");
    }

    #[test]
    fn a_ledger_that_others_can_read_is_refused() {
        let error =
            refusal(|file| fs::set_permissions(file, Permissions::from_mode(0o640)).unwrap());
        assert!(error.contains("mode 640") && error.contains("chmod go-rwx"), "{error}");
    }

    #[test]
    fn a_ledger_whose_maker_died_before_it_was_filled_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ledger.db");
        let full = Err(rusqlite::Error::InvalidQuery);
        assert!(open(&file, |_| full).is_err());
        assert!(open_for_reading(&file).unwrap().is_none());
        drop(open(&file, |_| Ok(())).unwrap());
        assert!(open_for_reading(&file).unwrap().is_some());
    }

    #[test]
    fn a_ledger_whose_maker_was_killed_over_its_first_transaction_is_made_again() {
        let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = there.path().join("ledger.db");
        let maker = Connection::open(&file).unwrap();
        maker.pragma_update(None, "cache_size", 1).unwrap();
        maker.execute_batch("BEGIN; CREATE TABLE half(made)").unwrap();
        for _ in 0..64 {
            // More than the cache holds: pages go to the disk before the end, and the journal too.
            maker.execute("INSERT INTO half VALUES (zeroblob(4096))", []).unwrap();
        }
        for name in ["ledger.db", "ledger.db-journal"] {
            let copy = here.path().join(name);
            fs::copy(there.path().join(name), &copy).unwrap();
            fs::set_permissions(&copy, Permissions::from_mode(0o600)).unwrap();
        }
        let file = here.path().join("ledger.db");
        assert!(fs::metadata(&file).unwrap().len() > 0, "it is half made");
        assert!(open_for_reading(&file).unwrap().is_none());
        drop(open(&file, |_| Ok(())).unwrap());
        assert!(open_for_reading(&file).unwrap().is_some());
    }

    #[test]
    fn an_entry_is_neither_deleted_nor_rewritten() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("ledger.db"), |_| Ok(())).unwrap();
        connection
            .execute_batch(
                "INSERT INTO run VALUES (1,'apply',NULL,'f',1,'running','t',NULL,NULL);
                 INSERT INTO entry(id,run,object,key,aspect,deed,generation,entity,hash,at)
                 VALUES (1,1,'people','1','whole','create',1,'Contacts','h','t')",
            )
            .unwrap();
        let refused = |sql: &str| connection.execute_batch(sql).unwrap_err().to_string();
        assert!(refused("DELETE FROM entry").contains("never deleted"));
        assert!(
            refused("UPDATE entry SET outcome = 'done', after = '{}'").contains("never changed")
        );
        connection.execute_batch("UPDATE entry SET outcome = 'done', crm = '7'").unwrap();
        assert!(refused("UPDATE entry SET outcome = 'refused'").contains("settled once"));
    }
}
