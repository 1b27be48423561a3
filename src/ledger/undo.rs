//! What can be taken back, the latest first, and what was.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::column;
use super::entry::{Aspect, Deed, EntryId, Intent, OpenEntry};
use super::run::RunId;
use crate::ground::{CrmId, Entity, SourceKey};

/// A deed that can be taken back, or what an undo left of it to people.
#[derive(Debug, Clone)]
pub struct Undo {
    /// The entry that the next undo names: the deed's own, or that of its last undo.
    pub entry: EntryId,
    /// The entry of the deed.
    pub deed: EntryId,
    /// What was done; of what was left only the paths that are not given back yet.
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

/// Which deeds are asked for, of those that can be taken back.
#[derive(Debug, Clone, Default)]
pub struct Back {
    /// Those of a run and of what lies on top of it; `None`: all.
    pub run: Option<RunId>,
    /// Those on the records of a kind; `None`: of every kind.
    pub entity: Option<Entity>,
    /// The deeds of that run of which undos left something, when the way back began: what lies on
    /// top of these comes first too. They are asked for once, not for every page.
    pub left: Vec<EntryId>,
}

const COLUMNS: &str = "id, run, object, key, aspect, deed, entity, crm, rev_before, before, after, \
                       hash, undoes, at, rev";

/// Deeds of which an undo left something to people: the deed, the last of its undos, the paths left.
///
/// These are the paths that the deed changed and that no undo gave back, so that they are known even
/// of an undo that was found done after a kill. An undo after which the record was gone leaves none.
const LEFT_BEHIND: &str = "
    WITH RECURSIVE undone(first, last, paths) AS (
      SELECT e.id, r.id,
             (SELECT json_group_array(b.key) FROM json_each(e.before) AS b
              WHERE NOT EXISTS (SELECT 1 FROM json_each(r.after) AS a WHERE a.key = b.key))
        FROM entry AS r JOIN entry AS e ON e.id = r.undoes
       WHERE r.deed = 'restore' AND r.outcome = 'done' AND r.after IS NOT NULL
         AND e.deed <> 'restore'
      UNION ALL
      SELECT first, r.id,
             (SELECT json_group_array(b.value) FROM json_each(paths) AS b
              WHERE NOT EXISTS (SELECT 1 FROM json_each(r.after) AS a WHERE a.key = b.value))
        FROM undone JOIN entry AS r ON r.undoes = last
       WHERE r.outcome = 'done' AND r.after IS NOT NULL AND paths <> '[]'),
    left_behind(first, last, paths) AS (
      SELECT first, last, paths FROM undone
       WHERE paths <> '[]' AND NOT EXISTS (SELECT 1 FROM entry AS u WHERE u.undoes = last
                                           AND u.undoes IS NOT NULL AND u.outcome = 'done'))";

/// That an entry of the alias given was done, and neither it nor its record was taken back.
fn stands(alias: &str) -> String {
    format!(
        "{alias}.outcome = 'done' AND {alias}.deed IN ('create','fill','edit','adopt')
         AND NOT EXISTS (SELECT 1 FROM entry AS u WHERE u.undoes = {alias}.id
                         AND u.undoes IS NOT NULL AND u.outcome = 'done')
         AND {}",
        not_deleted(alias)
    )
}

/// That the record of an entry was not deleted since.
fn not_deleted(alias: &str) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM entry AS d WHERE d.object = {alias}.object
                     AND d.key = {alias}.key AND d.id > {alias}.id
                     AND d.deed = 'delete' AND d.outcome = 'done')"
    )
}

/// The deeds of which undos left something, as [`in_scope`] asks for them.
const LEFT: &str = "SELECT first FROM left_behind";

/// That an entry `e` is of the run `?1`, or lies on top of one that is and that can be taken back;
/// every entry is when there is no such run.
fn in_scope(left: &str) -> String {
    format!(
        "(?1 IS NULL OR e.run = ?1 OR (e.run > ?1 AND EXISTS (
            SELECT 1 FROM entry AS f WHERE f.object = e.object AND f.key = e.key AND f.run = ?1
             AND (f.id IN ({left}) OR {}))))",
        stands("f")
    )
}

/// At most `count` deeds that stand, the latest first, all of them older than `below`.
pub(super) fn list(
    connection: &Connection,
    back: &Back,
    below: Option<EntryId>,
    count: usize,
) -> rusqlite::Result<Vec<Undo>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM entry AS e
         WHERE e.id < ?2 AND (?4 IS NULL OR e.entity = ?4) AND {} AND {}
         ORDER BY e.id DESC LIMIT ?3",
        stands("e"),
        in_scope("SELECT value FROM json_each(?5)")
    );
    let below = below.map_or(i64::MAX, |entry| entry.0);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    let left: Vec<i64> = back.left.iter().map(|entry| entry.0).collect();
    let (run, entity) = (back.run.map(|run| run.0), back.entity.map(Entity::name));
    let given = params![run, below, count, entity, serde_json::json!(left).to_string()];
    let rows = statement.query_map(given, |row| {
        let OpenEntry { id, intent } = intent(row)?;
        let rev = row.get::<_, Option<String>>(14)?.unwrap_or_default();
        Ok(Undo { entry: id, deed: id, intent, rev })
    })?;
    rows.collect()
}

/// How many deeds the whole [`list`] has, and the records that some of them made.
pub(super) fn survey(
    connection: &Connection,
    run: Option<RunId>,
) -> rusqlite::Result<(u64, HashSet<SourceKey>)> {
    let sql = format!(
        "{LEFT_BEHIND} SELECT object, key, deed IN ('create','adopt') FROM entry AS e
         WHERE {} AND {}",
        stands("e"),
        in_scope(LEFT)
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params![run.map(|run| run.0)])?;
    let (mut count, mut made) = (0, HashSet::new());
    while let Some(row) = rows.next()? {
        count += 1;
        if row.get(2)? {
            made.insert(column::key(row, 0)?);
        }
    }
    Ok((count, made))
}

/// What undos left to people of deeds in the scope of [`list`], the latest deed first.
pub(super) fn left_behind(
    connection: &Connection,
    run: Option<RunId>,
) -> rusqlite::Result<Vec<Undo>> {
    let sql = format!(
        "{LEFT_BEHIND} SELECT {COLUMNS}, last, paths
         FROM left_behind JOIN entry AS e ON e.id = first
         WHERE {} AND {} ORDER BY e.id DESC",
        not_deleted("e"),
        in_scope(LEFT)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![run.map(|run| run.0)], |row| {
        let OpenEntry { id, mut intent } = intent(row)?;
        let rev = row.get::<_, Option<String>>(14)?.unwrap_or_default();
        let paths: Vec<String> = column::json(row, 16)?.unwrap_or_default();
        if let Some(Value::Object(before)) = &mut intent.before {
            before.retain(|path, _| paths.contains(path));
        }
        Ok(Undo { entry: EntryId(row.get(15)?), deed: id, intent, rev })
    })?;
    rows.collect()
}

/// Entries of which nobody knows what became, in the order of announcement.
pub(super) fn open(connection: &Connection) -> rusqlite::Result<Vec<OpenEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM entry WHERE outcome IS NULL ORDER BY id");
    let mut statement = connection.prepare(&sql)?;
    statement.query_map([], intent)?.collect()
}

/// Which entries of a record are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    /// Whatever became of them.
    All,
    /// Those that are done.
    Done,
}

/// What was written down of a record, in order.
pub(super) fn entries(
    connection: &Connection,
    key: &SourceKey,
    which: Which,
) -> rusqlite::Result<Vec<OpenEntry>> {
    let outcome = match which {
        Which::All => "",
        Which::Done => "AND outcome = 'done'",
    };
    let sql =
        format!("SELECT {COLUMNS} FROM entry WHERE object = ?1 AND key = ?2 {outcome} ORDER BY id");
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ledger::laws::{
        NOW, done, home, intent, open, person, run, state, take_back, write,
    };
    use crate::ledger::{Ledger, Settled};

    /// Undoes an entry by giving these values back.
    async fn give_back(
        ledger: &Ledger,
        (run, undoes): (RunId, EntryId),
        key: &SourceKey,
        given: Option<Value>,
    ) -> EntryId {
        let mut intent = intent(run, key, Deed::Restore, Some("7"));
        (intent.after, intent.undoes) = (given, Some(undoes));
        let entry = ledger.announce(intent).await.unwrap();
        let id = entry.id;
        // As it is settled when it was found done after a kill: nothing is said of what was left.
        let found = Settled::Done { crm: 7.into(), rev: "3".into(), how: "found" };
        ledger.settle(entry, found, None, NOW).await.unwrap();
        id
    }

    #[tokio::test]
    async fn what_an_undo_did_not_give_back_is_known_until_another_one_does() {
        let folder = home();
        let ledger = open(&folder);
        let (first, key) = (run(&ledger), person("1"));
        let mut fill = intent(first, &key, Deed::Fill, Some("7"));
        fill.before = Some(json!({"name": "old", "city": null, "phone": "1"}));
        let entry = ledger.announce(fill).await.unwrap();
        let fill = entry.id;
        ledger.settle(entry, done("7"), None, NOW).await.unwrap();
        let left = |run| -> Vec<(EntryId, EntryId, Value)> {
            let left = ledger.reader().left_behind(run).unwrap().into_iter();
            left.map(|undo| (undo.deed, undo.entry, undo.intent.before.unwrap())).collect()
        };
        assert_eq!(left(None), []);

        let back = ledger.begin_rollback(None, "f", NOW).unwrap();
        let once = give_back(&ledger, (back, fill), &key, Some(json!({"city": null}))).await;
        let expected = [(fill, once, json!({"name": "old", "phone": "1"}))];
        assert_eq!(left(None), expected);
        assert!(ledger.reader().undo_list(None).unwrap().is_empty());

        // What a later run did to the record lies on top of what is left of the first one.
        let again = run(&ledger);
        let on_top = write(&ledger, again, &key, Deed::Fill, "7").await;
        assert_eq!((left(Some(first)), left(Some(again))), (expected.to_vec(), vec![]));
        let list = ledger.reader().undo_list(Some(first)).unwrap();
        assert_eq!(list.iter().map(|undo| undo.deed).collect::<Vec<_>>(), [on_top]);
        take_back(&ledger, back, &list[0]).await;

        let twice = give_back(&ledger, (back, once), &key, Some(json!({"phone": "1"}))).await;
        assert_eq!(left(None), [(fill, twice, json!({"name": "old"}))]);
        give_back(&ledger, (back, twice), &key, None).await;
        assert_eq!(left(None), [], "the record was gone");
        assert!(state(&ledger, &key).is_none());
        assert_eq!(ledger.reader().doubt().unwrap(), None);
    }
}
