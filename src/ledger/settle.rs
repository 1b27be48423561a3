//! Announcing and settling entries.

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, params};
use serde_json::Value;

use super::chain;
use super::entry::{Aspect, Deed, EntryId, Found, Intent, OpenEntry, Settled};
use super::error::LedgerError;
use super::run::RunId;
use super::sum;
use crate::ground::{CrmId, CrmRef};

/// Writes an entry down.
pub(super) fn announce(
    connection: &Connection,
    intent: &Intent,
    generation: i64,
) -> Result<EntryId, LedgerError> {
    makes_sense(connection, intent)?;
    let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
    connection
        .prepare_cached(
            "INSERT INTO entry(run, object, key, aspect, deed, generation, entity, crm,
                               rev_before, before, after, hash, undoes, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            intent.run.0,
            &*intent.key.object,
            &*intent.key.id,
            intent.aspect.name(),
            intent.deed.name(),
            generation,
            intent.entity.name(),
            intent.crm.as_ref().map(|id| &*id.0),
            intent.rev_before,
            text(&intent.before),
            text(&intent.after),
            intent.hash,
            intent.undoes.map(|entry| entry.0),
            intent.at.to_string(),
        ])
        .map_err(|error| still_open(error, intent))?;
    let entry = EntryId(connection.last_insert_rowid());
    chain::announced(connection, entry, intent)?;
    Ok(entry)
}

/// Settles an entry and brings the sum up to date.
pub(super) fn settle(
    connection: &Connection,
    entry: &OpenEntry,
    settled: &Settled,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let (outcome, detail, left) = match settled {
        Settled::Done { how, .. } => ("done", *how, None),
        Settled::Partly { left, .. } => ("done", "partly", Some(left)),
        Settled::NotApplied { how } => ("not_applied", how.as_str(), None),
        Settled::Refused { reason } => ("refused", reason.as_str(), None),
        Settled::Conflict { detail } => ("conflict", detail.as_str(), None),
    };
    let place = settled.place();
    let changed = connection
        .prepare_cached(
            "UPDATE entry SET outcome = ?2, crm = coalesce(?3, crm), rev = ?4, detail = ?5,
                              left_alone = ?6, settled = ?7
             WHERE id = ?1 AND outcome IS NULL",
        )?
        .execute(params![
            entry.id.0,
            outcome,
            place.map(|(crm, _)| &*crm.0),
            place.map(|(_, rev)| rev),
            detail,
            left,
            at.to_string()
        ])?;
    if changed == 0 {
        return Err(LedgerError::NotOpen { entry: entry.id });
    }
    chain::settled(connection, entry.id, outcome)?;
    place.map_or(Ok(()), |(crm, rev)| sum::add(connection, entry, crm, rev))
}

/// Takes a record of the CRM that carries our marker for the one that a lost ledger knew: an entry
/// that is done as soon as it is announced, because nothing is sent.
pub(super) fn adopt(
    connection: &Connection,
    found: Found,
    (run, generation): (RunId, i64),
    now: Timestamp,
) -> Result<(), LedgerError> {
    let Found { key, at, rev } = found;
    let crm = at.id.clone();
    let intent = Intent {
        run,
        key,
        aspect: Aspect::Whole,
        deed: Deed::Adopt,
        entity: at.entity,
        crm: Some(at.id),
        rev_before: Some(rev.clone()),
        before: None,
        after: None,
        hash: String::new(),
        undoes: None,
        at: now,
    };
    let id = announce(connection, &intent, generation)?;
    let settled = Settled::Done { crm, rev, how: "found by its marker" };
    settle(connection, &OpenEntry { id, intent }, &settled, now)
}

impl Settled {
    /// The record and its revision, when something was done.
    fn place(&self) -> Option<(&CrmId, &str)> {
        match self {
            Self::Done { crm, rev, .. } | Self::Partly { crm, rev, .. } => Some((crm, rev)),
            Self::NotApplied { .. } | Self::Refused { .. } | Self::Conflict { .. } => None,
        }
    }
}

/// Refuses, before anything is sent, what would double a record or touch somebody else's.
fn makes_sense(connection: &Connection, intent: &Intent) -> Result<(), LedgerError> {
    let key = intent.key.to_string();
    match (intent.deed, sum::place(connection, &intent.key)?) {
        (Deed::Create | Deed::Fill, Some(at)) => {
            Err(LedgerError::Linked { key, crm: at.to_string() })
        }
        (Deed::Fill, None) | (Deed::Adopt, _) => match &intent.crm {
            Some(crm) => sum::owned_by_nobody_else(connection, intent, crm),
            None => Err(LedgerError::Unlinked { key }),
        },
        (Deed::Sweep, at) => second(connection, intent, at),
        (Deed::Edit, None) => Err(LedgerError::Unlinked { key }),
        (Deed::Create | Deed::Delete | Deed::Restore, None) => Ok(()),
        (Deed::Edit | Deed::Delete | Deed::Restore, Some(at)) => is_ours(intent, &at),
    }
}

/// A second copy is a record that stands for nothing.
fn second(connection: &Connection, intent: &Intent, at: Option<CrmRef>) -> Result<(), LedgerError> {
    let key = intent.key.to_string();
    let Some(crm) = &intent.crm else { return Err(LedgerError::Unlinked { key }) };
    match at.filter(|at| at.entity == intent.entity && at.id == *crm) {
        Some(at) => Err(LedgerError::Linked { key, crm: at.to_string() }),
        None => sum::owned_by_nobody_else(connection, intent, crm),
    }
}

fn is_ours(intent: &Intent, at: &CrmRef) -> Result<(), LedgerError> {
    match &intent.crm {
        Some(crm) if intent.entity != at.entity || *crm != at.id => Err(LedgerError::NotOurs {
            key: intent.key.to_string(),
            ours: at.to_string(),
            meant: CrmRef::new(intent.entity, crm.clone()).to_string(),
        }),
        Some(_) | None => Ok(()),
    }
}

fn still_open(error: rusqlite::Error, intent: &Intent) -> LedgerError {
    let unique = error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && error.to_string().contains("UNIQUE");
    if unique { LedgerError::StillOpen { key: intent.key.to_string() } } else { error.into() }
}
