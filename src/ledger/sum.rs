//! The sum of the entries: where a record is, what in it is ours, what was last written.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

use super::column;
use super::entry::{Aspect, Deed, EntryId, Intent, OpenEntry, Origin, State};
use super::error::LedgerError;
use crate::ground::{CrmId, CrmRef, SourceKey};

/// Adds a deed that is done.
pub(super) fn add(
    connection: &Connection,
    entry: &OpenEntry,
    crm: &CrmId,
    rev: &str,
) -> Result<(), LedgerError> {
    let intent = &entry.intent;
    match intent.deed {
        Deed::Create | Deed::Fill | Deed::Edit => written(connection, intent, crm, rev),
        Deed::Adopt => {
            forget(connection, &intent.key)?;
            place_at(connection, intent, crm, rev)
        }
        Deed::Delete => forget(connection, &intent.key),
        Deed::Restore => restored(connection, intent, rev),
        // The copy never stood for anything.
        Deed::Sweep => Ok(()),
    }
}

/// Where a record is in the CRM.
pub(super) fn place(connection: &Connection, key: &SourceKey) -> rusqlite::Result<Option<CrmRef>> {
    connection
        .prepare_cached("SELECT entity, crm FROM link WHERE object = ?1 AND key = ?2")?
        .query_row([&*key.object, &*key.id], |row| column::place(row, 0))
        .optional()
}

/// For which source record one of the CRM stands.
pub(super) fn owner(connection: &Connection, at: &CrmRef) -> rusqlite::Result<Option<SourceKey>> {
    connection
        .prepare_cached("SELECT object, key FROM link WHERE entity = ?1 AND crm = ?2")?
        .query_row([at.entity.name(), &at.id.0], |row| column::key(row, 0))
        .optional()
}

/// Where a record of the CRM that stands for a source record comes from.
pub(super) fn origin_of(connection: &Connection, at: &CrmRef) -> rusqlite::Result<Option<Origin>> {
    connection
        .prepare_cached("SELECT origin FROM link WHERE entity = ?1 AND crm = ?2")?
        .query_row([at.entity.name(), &at.id.0], |row| column::word(row, 0, Origin::named))
        .optional()
}

/// What is known of a record.
pub(super) fn state(connection: &Connection, key: &SourceKey) -> rusqlite::Result<Option<State>> {
    let sql = "SELECT entity, crm, rev, origin, after FROM link WHERE object = ?1 AND key = ?2";
    let found = connection
        .prepare_cached(sql)?
        .query_row([&*key.object, &*key.id], |row| {
            Ok(State {
                at: column::place(row, 0)?,
                rev: row.get(2)?,
                origin: column::word(row, 3, Origin::named)?,
                hashes: std::collections::BTreeMap::new(),
                after: column::json(row, 4)?.unwrap_or_default(),
            })
        })
        .optional()?;
    let Some(mut state) = found else { return Ok(None) };
    let sql = "SELECT aspect, hash FROM hash WHERE object = ?1 AND key = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let hashes = statement.query_map([&*key.object, &*key.id], |row| {
        Ok((column::word(row, 0, Aspect::named)?, row.get(1)?))
    })?;
    state.hashes = hashes.collect::<Result<_, _>>()?;
    Ok(Some(state))
}

fn written(
    connection: &Connection,
    intent: &Intent,
    crm: &CrmId,
    rev: &str,
) -> Result<(), LedgerError> {
    place_at(connection, intent, crm, rev)?;
    remember(connection, intent, &intent.hash)
}

/// Notes where a record is and what in it is ours.
fn place_at(
    connection: &Connection,
    intent: &Intent,
    crm: &CrmId,
    rev: &str,
) -> Result<(), LedgerError> {
    let key = &intent.key;
    owned_by_nobody_else(connection, intent, crm)?;
    let origin = origin(intent.deed);
    let after = intent.after.as_ref().map_or_else(|| "{}".to_owned(), ToString::to_string);
    connection
        .prepare_cached(
            "INSERT INTO link(object, key, entity, crm, rev, origin, after)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT(object, key) DO UPDATE SET rev = excluded.rev, after = excluded.after",
        )?
        .execute(params![
            &*key.object,
            &*key.id,
            intent.entity.name(),
            &*crm.0,
            rev,
            origin.name(),
            after
        ])?;
    Ok(())
}

/// Where a record comes from whose first deed is this one.
pub(super) const fn origin(first: Deed) -> Origin {
    match first {
        Deed::Create => Origin::Created,
        Deed::Adopt => Origin::Adopted,
        Deed::Fill | Deed::Edit | Deed::Delete | Deed::Restore | Deed::Sweep => Origin::Matched,
    }
}

/// A record of the CRM stands for one source record, or the second one is an error.
pub(super) fn owned_by_nobody_else(
    connection: &Connection,
    intent: &Intent,
    crm: &CrmId,
) -> Result<(), LedgerError> {
    let at = CrmRef::new(intent.entity, crm.clone());
    match owner(connection, &at)? {
        Some(owner) if owner != intent.key => Err(LedgerError::Owned {
            crm: at.to_string(),
            owner: owner.to_string(),
            key: intent.key.to_string(),
        }),
        Some(_) | None => Ok(()),
    }
}

/// What is ours in a record once its values are given back, as JSON; null gives a path up.
fn given_back(connection: &Connection, intent: &Intent) -> rusqlite::Result<String> {
    let before: Option<Option<Map<String, Value>>> = connection
        .prepare_cached("SELECT after FROM link WHERE object = ?1 AND key = ?2")?
        .query_row([&*intent.key.object, &*intent.key.id], |row| column::json(row, 0))
        .optional()?;
    let mut ours = before.flatten().unwrap_or_default();
    for (path, value) in intent.after.as_ref().and_then(Value::as_object).into_iter().flatten() {
        if value.is_null() {
            ours.shift_remove(path);
        } else {
            ours.insert(path.clone(), value.clone());
        }
    }
    Ok(Value::Object(ours).to_string())
}

fn remember(connection: &Connection, intent: &Intent, hash: &str) -> Result<(), LedgerError> {
    connection
        .prepare_cached(
            "INSERT INTO hash(object, key, aspect, hash) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT(object, key, aspect) DO UPDATE SET hash = excluded.hash",
        )?
        .execute(params![&*intent.key.object, &*intent.key.id, intent.aspect.name(), hash])?;
    Ok(())
}

fn forget(connection: &Connection, key: &SourceKey) -> Result<(), LedgerError> {
    for sql in [
        "DELETE FROM link WHERE object = ?1 AND key = ?2",
        "DELETE FROM hash WHERE object = ?1 AND key = ?2",
    ] {
        connection.prepare_cached(sql)?.execute([&*key.object, &*key.id])?;
    }
    Ok(())
}

/// After a restore the record is as it was before the entry that was undone: a filled one is not
/// ours any more, an edited one has the hash of the entry before, if there is one.
fn restored(connection: &Connection, intent: &Intent, rev: &str) -> Result<(), LedgerError> {
    let Some(EntryId(undone)) = intent.undoes else { return Ok(()) };
    let key = &intent.key;
    let deed = connection
        .prepare_cached("SELECT deed FROM entry WHERE id = ?1")?
        .query_row([undone], |row| column::word(row, 0, Deed::named))?;
    if deed == Deed::Fill {
        return forget(connection, key);
    }
    let after = given_back(connection, intent)?;
    let still_ours = connection
        .prepare_cached("UPDATE link SET rev = ?3, after = ?4 WHERE object = ?1 AND key = ?2")?
        .execute(params![&*key.object, &*key.id, rev, after])?;
    if still_ours == 0 {
        return Ok(());
    }
    connection
        .prepare_cached("DELETE FROM hash WHERE object = ?1 AND key = ?2 AND aspect = ?3")?
        .execute(params![&*key.object, &*key.id, intent.aspect.name()])?;
    match hash_before(connection, intent, undone)? {
        Some(hash) => remember(connection, intent, &hash),
        None => Ok(()),
    }
}

/// The hash of the last deed of this aspect before `undone` that stands; never of a record that the
/// ledger has given back since.
fn hash_before(
    connection: &Connection,
    intent: &Intent,
    undone: i64,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(
            "SELECT hash FROM entry AS e
             WHERE object = ?1 AND key = ?2 AND aspect = ?3 AND id < ?4
               AND outcome = 'done' AND deed IN ('create', 'fill', 'edit')
               AND NOT EXISTS (SELECT 1 FROM entry AS u WHERE u.undoes = e.id
                               AND u.undoes IS NOT NULL AND u.outcome = 'done')
               AND NOT EXISTS (SELECT 1 FROM entry AS d WHERE d.object = e.object
                               AND d.key = e.key AND d.id > e.id AND d.id < ?4
                               AND d.deed IN ('delete', 'adopt') AND d.outcome = 'done')
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(
            params![&*intent.key.object, &*intent.key.id, intent.aspect.name(), undone],
            |row| row.get(0),
        )
        .optional()
}
