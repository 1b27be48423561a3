//! One call at work on the state: records, links, children, ids and the journal, inside its transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value};

use super::fault::Fault;
use super::kind::Kind;

/// A record as stored: what it was given, normalised, without its links.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) id: i64,
    pub(crate) rev: i64,
    pub(crate) name: String,
    pub(crate) created: String,
    pub(crate) modified: String,
    pub(crate) deleted: Option<String>,
    pub(crate) creator: Option<i64>,
    pub(crate) body: Map<String, Value>,
}

/// The columns of a record, in the order [`Work::read`] wants them.
pub(crate) const COLUMNS: &str = "id, rev, name, created, modified, deleted, creator, body";

/// Who makes a call.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The user in whose name; 0 for the sandbox itself.
    pub(crate) user: i64,
    /// Whose program: `flitpipe`, `person` for everybody else, `sandbox`.
    pub(crate) actor: String,
    /// The id that the caller gave the call.
    pub(crate) request: String,
}

impl From<i64> for Caller {
    fn from(user: i64) -> Self {
        Self { user, actor: "sandbox".to_owned(), request: String::new() }
    }
}

/// One call at work.
pub(crate) struct Work<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) at: Timestamp,
    pub(crate) user: i64,
    actor: String,
    request: String,
}

/// What a mutation made of a record: as it was shown before, and after.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Change<'a> {
    pub(crate) before: Option<&'a Value>,
    pub(crate) after: Option<&'a Value>,
}

/// A time as the API writes it.
pub(crate) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

impl<'a> Work<'a> {
    pub(crate) fn new(db: &'a Connection, at: Timestamp, caller: Caller) -> Self {
        let Caller { user, actor, request } = caller;
        Self { db, at, user, actor, request }
    }

    /// Reads a row that selected [`COLUMNS`].
    pub(crate) fn read(kind: Kind, row: &Row<'_>) -> Result<Record, Fault> {
        let body: String = row.get(7)?;
        Ok(Record {
            kind,
            id: row.get(0)?,
            rev: row.get(1)?,
            name: row.get(2)?,
            created: row.get(3)?,
            modified: row.get(4)?,
            deleted: row.get(5)?,
            creator: row.get(6)?,
            body: serde_json::from_str(&body)?,
        })
    }

    /// A record, whether in the bin or not.
    pub(crate) fn find(&self, kind: Kind, id: i64) -> Result<Option<Record>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM record WHERE entity = ?1 AND id = ?2");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(params![kind.entity(), id])?;
        rows.next()?.map(|row| Self::read(kind, row)).transpose()
    }

    /// A record that is not in the bin. (Our choice: the bin answers like nothing at all.)
    pub(crate) fn get(&self, kind: Kind, id: i64) -> Result<Record, Fault> {
        self.find(kind, id)?
            .filter(|record| record.deleted.is_none())
            .ok_or_else(|| Fault::missing(kind.entity(), id))
    }

    /// The first live record of a name, exact but for case.
    pub(crate) fn named(&self, kind: Kind, name: &str) -> Result<Option<i64>, Fault> {
        let sql = "SELECT id FROM record WHERE entity = ?1 AND name = ?2 COLLATE NOCASE AND deleted IS NULL ORDER BY id LIMIT 1";
        let mut statement = self.db.prepare_cached(sql)?;
        Ok(statement.query_row(params![kind.entity(), name], |row| row.get(0)).optional()?)
    }

    /// All live records of a kind, by id.
    pub(crate) fn all(&self, kind: Kind) -> Result<Vec<Record>, Fault> {
        let sql = format!(
            "SELECT {COLUMNS} FROM record WHERE entity = ?1 AND deleted IS NULL ORDER BY id"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([kind.entity()])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(Self::read(kind, row)?);
        }
        Ok(records)
    }

    /// The next number of a counter: 1, 2, 3…
    pub(crate) fn next(&self, counter: &str) -> Result<i64, Fault> {
        let sql = "INSERT INTO counter VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET given = given + 1 RETURNING given";
        Ok(self.db.prepare_cached(sql)?.query_row([counter], |row| row.get(0))?)
    }

    /// A fresh id. Two allocators take turns and both step by four, so ids have gaps and do not grow steadily.
    fn next_id(&self, kind: Kind) -> Result<i64, Fault> {
        let given = self.next(kind.entity())? - 1;
        let start = if given % 2 == 0 { 3 } else { 1001 };
        Ok(start + 4 * (given / 2))
    }

    /// A new record, not yet stored.
    pub(crate) fn fresh(&self, kind: Kind) -> Result<Record, Fault> {
        let now = stamp(self.at);
        Ok(Record {
            kind,
            id: self.next_id(kind)?,
            rev: if kind == Kind::Lead { 2 } else { 0 },
            name: String::new(),
            created: now.clone(),
            modified: now,
            deleted: None,
            creator: (self.user > 0).then_some(self.user),
            body: Map::new(),
        })
    }

    /// Stores a record, new or changed.
    pub(crate) fn put(&self, record: &Record) -> Result<(), Fault> {
        let sql = "INSERT INTO record (entity, id, rev, name, created, modified, deleted, creator, body)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                   ON CONFLICT (entity, id) DO UPDATE SET rev = excluded.rev, name = excluded.name,
                     modified = excluded.modified, deleted = excluded.deleted, body = excluded.body";
        self.db.prepare_cached(sql)?.execute(params![
            record.kind.entity(),
            record.id,
            record.rev,
            record.name,
            record.created,
            record.modified,
            record.deleted,
            record.creator,
            serde_json::to_string(&record.body)?,
        ])?;
        Ok(())
    }

    /// A record as a writer must name it: alive, and unchanged since the caller read it.
    pub(crate) fn hold(&self, kind: Kind, id: i64, rev: &Value) -> Result<Record, Fault> {
        let record = self.get(kind, id)?;
        let given = match rev {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(Fault::invalid("rev is required"));
            }
        };
        if given != "REV_IGNORE" && given != record.rev.to_string() {
            return Err(Fault::stale());
        }
        Ok(record)
    }

    /// Marks a record as changed now.
    pub(crate) fn touch(&self, record: &mut Record) {
        record.rev += 1;
        record.modified = stamp(self.at);
    }

    /// A child was added or changed: the parent's `rev` grows.
    pub(crate) fn bump(&self, kind: Kind, id: i64) -> Result<(), Fault> {
        let sql = "UPDATE record SET rev = rev + 1, modified = ?3 WHERE entity = ?1 AND id = ?2";
        self.db.prepare_cached(sql)?.execute(params![kind.entity(), id, stamp(self.at)])?;
        Ok(())
    }

    /// Hangs a child (note, activity, task) on a record.
    pub(crate) fn adopt(&self, parent: (Kind, i64), child: (Kind, i64)) -> Result<(), Fault> {
        let sql = "INSERT OR IGNORE INTO child VALUES (?1, ?2, ?3, ?4)";
        let keys = params![parent.0.entity(), parent.1, child.0.entity(), child.1];
        self.db.prepare_cached(sql)?.execute(keys)?;
        self.bump(parent.0, parent.1)
    }

    /// The ids of the children of one kind.
    pub(crate) fn children(&self, parent: (Kind, i64), kind: Kind) -> Result<Vec<i64>, Fault> {
        let sql = "SELECT child_id FROM child WHERE entity = ?1 AND id = ?2 AND child_entity = ?3 ORDER BY child_id";
        let mut statement = self.db.prepare_cached(sql)?;
        let keys = params![parent.0.entity(), parent.1, kind.entity()];
        Ok(statement.query_map(keys, |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The records a child hangs on.
    pub(crate) fn parents(&self, child: (Kind, i64)) -> Result<Vec<(Kind, i64)>, Fault> {
        let sql = "SELECT entity, id FROM child WHERE child_entity = ?1 AND child_id = ?2 ORDER BY entity, id";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query(params![child.0.entity(), child.1])?;
        let mut parents = Vec::new();
        while let Some(row) = rows.next()? {
            let entity: String = row.get(0)?;
            if let Some(kind) = Kind::of(&entity) {
                parents.push((kind, row.get(1)?));
            }
        }
        Ok(parents)
    }

    /// What a record is linked to, of one kind, in order, with the word for the relationship.
    pub(crate) fn linked(
        &self,
        from: (Kind, i64),
        to: Kind,
    ) -> Result<Vec<(i64, Option<String>)>, Fault> {
        let sql = if from.0.entity() < to.entity() {
            "SELECT b_id, relationship FROM link WHERE a_entity = ?1 AND a_id = ?2 AND b_entity = ?3 ORDER BY position, b_id"
        } else {
            "SELECT a_id, relationship FROM link WHERE b_entity = ?1 AND b_id = ?2 AND a_entity = ?3 ORDER BY position, a_id"
        };
        let mut statement = self.db.prepare_cached(sql)?;
        let keys = params![from.0.entity(), from.1, to.entity()];
        let rows = statement.query_map(keys, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Replaces what a record is linked to, of one kind.
    pub(crate) fn relink(
        &self,
        from: (Kind, i64),
        to: Kind,
        links: &[(i64, Option<String>)],
    ) -> Result<(), Fault> {
        let first = from.0.entity() < to.entity();
        let clear = if first {
            "DELETE FROM link WHERE a_entity = ?1 AND a_id = ?2 AND b_entity = ?3"
        } else {
            "DELETE FROM link WHERE b_entity = ?1 AND b_id = ?2 AND a_entity = ?3"
        };
        self.db.prepare_cached(clear)?.execute(params![from.0.entity(), from.1, to.entity()])?;
        let mut insert = self
            .db
            .prepare_cached("INSERT OR REPLACE INTO link VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (position, (id, relationship)) in (0_i64..).zip(links) {
            let (a, b) = if first { (from, (to, *id)) } else { ((to, *id), from) };
            insert.execute(params![
                a.0.entity(),
                a.1,
                b.0.entity(),
                b.1,
                relationship,
                position
            ])?;
        }
        Ok(())
    }

    /// Replaces the addresses a record can be found by.
    pub(crate) fn index_emails(&self, of: (Kind, i64), addresses: &[String]) -> Result<(), Fault> {
        let clear = "DELETE FROM email WHERE entity = ?1 AND id = ?2";
        self.db.prepare_cached(clear)?.execute(params![of.0.entity(), of.1])?;
        let mut insert =
            self.db.prepare_cached("INSERT OR IGNORE INTO email VALUES (?1, ?2, ?3)")?;
        for address in addresses {
            insert.execute(params![of.0.entity(), of.1, address.to_lowercase()])?;
        }
        Ok(())
    }

    /// Writes an applied mutation into the journal.
    pub(crate) fn journal(
        &self,
        method: &str,
        of: Option<(Kind, i64)>,
        request: &Value,
        change: Change<'_>,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO journal (method, entity, id, user, request, at, actor, call, before, after)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        self.db.prepare_cached(sql)?.execute(params![
            method,
            of.map(|(kind, _)| kind.entity()),
            of.map(|(_, id)| id),
            self.user,
            request.to_string(),
            stamp(self.at),
            self.actor,
            self.request,
            change.before.map(Value::to_string),
            change.after.map(Value::to_string),
        ])?;
        Ok(())
    }
}
