//! Whether people touched a record of ours, so that it must not be deleted.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::error::EngineError;
use super::session::Session;
use super::three_way::same;
use crate::crm::{self, Crm, Snapshot};
use crate::ground::{CrmRef, Entity};
use crate::ledger::Origin;
use crate::spec::ObjectKind;

/// Fields that the CRM itself fills in, so that their presence is nobody's work.
const DEFAULTS: [&str; 8] =
    ["accountType", "stage", "status", "closedTime", "name", "isAllDay", "type", "author"];

/// What a note has from its making, and no edit changes.
const NOTE_KEEPS: [&str; 2] = ["author", "file"];

/// A record as we left it.
pub(super) struct Made<'a> {
    /// Its kind.
    pub kind: ObjectKind,
    /// What is ours in it.
    pub after: &'a BTreeMap<String, Value>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether links that are gone count as touched: those to a record that we deleted go with it.
    pub links: Links,
}

/// What people did to a record.
pub(super) struct Touched {
    /// In words.
    pub why: String,
    /// The fields that they changed or filled.
    pub fields: Vec<String>,
}

/// Which changes of links were made by people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// All.
    All,
    /// Only those that are new.
    Added,
}

/// What people did to a record of ours, if anything; `kept` are records of ours that had to stay.
pub(super) async fn touched<C: Crm>(
    session: &Session<'_, C>,
    made: &Made<'_>,
    now: &Snapshot,
    kept: &HashSet<CrmRef>,
) -> Result<Option<Touched>, EngineError> {
    let mut changed = crm::differences(made.kind, made.after, now);
    changed.retain(|path| made.links == Links::All || !is_link(path) || has_grown(made, now, path));
    if !changed.is_empty() {
        let why = format!("people changed {}", changed.join(", "));
        return Ok(Some(Touched { why, fields: changed }));
    }
    // Of a note that was found again nobody knows what its making gave it: these stay for good.
    let given = made.origin == Origin::Adopted && now.at.entity == Entity::Notes;
    let added: Vec<_> = now
        .fields
        .iter()
        .filter(|(path, value)| !made.after.contains_key(*path) && !same(Some(value), None))
        .filter(|(path, _)| !DEFAULTS.contains(&path.as_str()) && !is_link(path))
        .filter(|(path, _)| !(given && NOTE_KEEPS.contains(&path.as_str())))
        .map(|(path, _)| path.clone())
        .collect();
    if !added.is_empty() {
        let why = format!("people added {}", added.join(", "));
        return Ok(Some(Touched { why, fields: added }));
    }
    let foreign = foreign(session, now, kept).await?;
    let why = format!("{} notes or activities of people hang on it", foreign.len());
    Ok((!foreign.is_empty()).then_some(Touched { why, fields: Vec::new() }))
}

/// The state of a record as a person sees it, so that a decision about it does not outlive it: its
/// own fields, and what of others hangs on it. Links and revision move with our own deeds.
pub(super) async fn state_of<C: Crm>(
    session: &Session<'_, C>,
    now: &Snapshot,
    kept: &HashSet<CrmRef>,
) -> Result<String, EngineError> {
    let mut hasher = blake3::Hasher::new();
    for (path, value) in now.fields.iter().filter(|(path, _)| !is_link(path)) {
        hasher.update(format!("{path}={value}\n").as_bytes());
    }
    let mut foreign = foreign(session, now, kept).await?;
    foreign.sort();
    for at in foreign {
        hasher.update(format!("{at}\n").as_bytes());
    }
    Ok(hasher.finalize().to_hex()[..16].to_owned())
}

/// Notes and activities of people, or of ours that had to stay: they would be lost with the record.
async fn foreign<C: Crm>(
    session: &Session<'_, C>,
    now: &Snapshot,
    kept: &HashSet<CrmRef>,
) -> Result<Vec<CrmRef>, EngineError> {
    let mut foreign = Vec::new();
    if !matches!(now.at.entity, Entity::Accounts | Entity::Contacts | Entity::Leads) {
        return Ok(foreign);
    }
    for entity in [Entity::Notes, Entity::Activities] {
        let children = session.crm.on_record(&now.at, entity).await?.into_iter();
        let others = children.filter(|child| child.marker.is_none() || kept.contains(&child.at));
        foreign.extend(others.map(|child| child.at));
    }
    Ok(foreign)
}

/// Whether a link leads where we did not have it lead.
fn has_grown(made: &Made<'_>, now: &Snapshot, path: &str) -> bool {
    let items = |value: Option<&Value>| match value {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(value) => vec![value.clone()],
    };
    let ours = items(made.after.get(path));
    items(now.fields.get(path)).iter().any(|item| !ours.contains(item))
}

/// Links to other records: they appear on this one when another of ours was linked to it.
fn is_link(path: &str) -> bool {
    ["accounts", "contacts", "leads", "participants", "entity"].contains(&path)
}
