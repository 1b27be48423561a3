//! What can be taken back, the latest first, and what was.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::column;
use super::entry::{Aspect, Deed, EntryId, Intent, OpenEntry};
use super::run::RunId;
use crate::ground::{CrmId, SourceKey};

/// A deed that can be taken back.
#[derive(Debug, Clone)]
pub struct Undo {
    /// Its entry.
    pub entry: EntryId,
    /// What was done.
    pub intent: Intent,
    /// The revision that the CRM gave afterwards.
    pub rev: String,
}

/// How an undo ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Undone {
    /// The record is deleted.
    Deleted,
    /// The values are as they were.
    Restored,
    /// Nothing was to be done.
    Nothing,
    /// People changed the record; it, or what they changed of it, is left.
    Conflict,
}

const COLUMNS: &str = "id, run, object, key, aspect, deed, entity, crm, rev_before, before, after, \
                       hash, undoes, at, rev";

/// That an entry of the alias given was done, and neither it nor its record was taken back.
fn stands(alias: &str) -> String {
    format!(
        "{alias}.outcome = 'done' AND {alias}.deed IN ('create','fill','edit','adopt')
         AND NOT EXISTS (SELECT 1 FROM entry AS u WHERE u.undoes = {alias}.id
                         AND u.undoes IS NOT NULL AND u.outcome = 'done')
         AND NOT EXISTS (SELECT 1 FROM entry AS d WHERE d.object = {alias}.object
                         AND d.key = {alias}.key AND d.id > {alias}.id
                         AND d.deed = 'delete' AND d.outcome = 'done')"
    )
}

/// At most `count` deeds that stand, the latest first, all of them older than `below`.
///
/// With a run: its deeds, and later deeds on the same records, which lie on top of them.
pub(super) fn list(
    connection: &Connection,
    run: Option<RunId>,
    below: Option<EntryId>,
    count: usize,
) -> rusqlite::Result<Vec<Undo>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM entry AS e
         WHERE e.id < ?2 AND {}
           AND (?1 IS NULL OR e.run = ?1 OR (e.run > ?1 AND EXISTS (
                SELECT 1 FROM entry AS f
                WHERE f.object = e.object AND f.key = e.key AND f.run = ?1 AND {})))
         ORDER BY e.id DESC LIMIT ?3",
        stands("e"),
        stands("f")
    );
    let below = below.map_or(i64::MAX, |entry| entry.0);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![run.map(|run| run.0), below, count], |row| {
        let OpenEntry { id, intent } = intent(row)?;
        Ok(Undo { entry: id, intent, rev: row.get::<_, Option<String>>(14)?.unwrap_or_default() })
    })?;
    rows.collect()
}

/// Entries of which nobody knows what became, in the order of announcement.
pub(super) fn open(connection: &Connection) -> rusqlite::Result<Vec<OpenEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM entry WHERE outcome IS NULL ORDER BY id");
    let mut statement = connection.prepare(&sql)?;
    statement.query_map([], intent)?.collect()
}

/// All that was written down of a record, in order.
pub(super) fn entries(
    connection: &Connection,
    key: &SourceKey,
) -> rusqlite::Result<Vec<OpenEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM entry WHERE object = ?1 AND key = ?2 ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([&*key.object, &*key.id], intent)?.collect()
}

/// What a rollback came to: object and how to how many. A conflict that a later attempt of the same
/// run got over counts as what it became.
pub(super) fn counts(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<BTreeMap<(String, Undone), u64>> {
    let sql = "SELECT object, CASE
                 WHEN outcome = 'conflict' OR left_alone IS NOT NULL THEN 'conflict'
                 WHEN detail = 'nothing to do' THEN 'nothing' ELSE deed END AS how, count(*)
               FROM entry AS e
               WHERE run = ?1 AND deed IN ('delete','restore') AND outcome IN ('done','conflict')
                 AND NOT EXISTS (SELECT 1 FROM entry AS n WHERE n.object = e.object
                                 AND n.key = e.key AND n.run = e.run AND n.undoes = e.undoes
                                 AND n.id > e.id AND n.outcome IN ('done','conflict'))
               GROUP BY 1, 2";
    let mut statement = connection.prepare(sql)?;
    let named = |word: &str| match word {
        "conflict" => Some(Undone::Conflict),
        "nothing" => Some(Undone::Nothing),
        "delete" => Some(Undone::Deleted),
        "restore" => Some(Undone::Restored),
        _ => None,
    };
    let rows = statement.query_map([run.0], |row| {
        Ok(((row.get(0)?, column::word(row, 1, named)?), column::count(row, 2)?))
    })?;
    rows.collect()
}

fn intent(row: &Row<'_>) -> rusqlite::Result<OpenEntry> {
    let intent = Intent {
        run: RunId(row.get(1)?),
        key: column::key(row, 2)?,
        aspect: column::word(row, 4, Aspect::named)?,
        deed: column::word(row, 5, Deed::named)?,
        entity: column::entity(row, 6)?,
        crm: row.get::<_, Option<Box<str>>>(7)?.map(CrmId),
        rev_before: row.get(8)?,
        before: column::json(row, 9)?,
        after: column::json(row, 10)?,
        hash: row.get(11)?,
        undoes: row.get::<_, Option<i64>>(12)?.map(EntryId),
        at: column::time(row, 13)?,
    };
    Ok(OpenEntry { id: EntryId(row.get(0)?), intent })
}
