//! Whether people touched a record of ours, so that it must not be deleted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::three_way::{items, same};
use crate::crm::{self, Snapshot, Values};
use crate::ground::{CrmRef, Entity};
use crate::ledger::Origin;
use crate::spec::ObjectKind;

/// Fields that the CRM itself fills in, so that their presence is nobody's work.
const DEFAULTS: [&str; 8] =
    ["accountType", "stage", "status", "closedTime", "name", "isAllDay", "type", "author"];

/// What a note has from its making, and no edit changes.
const NOTE_KEEPS: [&str; 2] = ["author", "file"];

/// Fields that name other records.
pub(super) const LINKS: [&str; 5] = ["accounts", "contacts", "leads", "participants", "entity"];

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

/// What people did to the fields of a record of ours, if anything.
pub(super) fn touched(made: &Made<'_>, now: &Snapshot) -> Option<Touched> {
    let mut changed = crm::differences(made.kind, made.after, now);
    changed.retain(|path| made.links == Links::All || !is_link(path) || has_grown(made, now, path));
    if !changed.is_empty() {
        let why = format!("people changed {}", changed.join(", "));
        return Some(Touched { why, fields: changed });
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
    let why = format!("people added {}", added.join(", "));
    (!added.is_empty()).then_some(Touched { why, fields: added })
}

/// The state of a record as a person sees it, so that a decision about it does not outlive it: its
/// own fields, and what of others would lose it. Links and revision move with our own deeds.
pub(super) fn state_of(fields: &Values, foreign: &BTreeSet<CrmRef>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, value) in fields.iter().filter(|(path, _)| !is_link(path)) {
        hasher.update(format!("{path}={value}\n").as_bytes());
    }
    for at in foreign {
        hasher.update(format!("{at}\n").as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Whether a link leads where we did not have it lead.
fn has_grown(made: &Made<'_>, now: &Snapshot, path: &str) -> bool {
    let ours = items(made.after.get(path));
    items(now.fields.get(path)).iter().any(|item| !ours.contains(item))
}

/// Links to other records: they appear on this one when another of ours was linked to it.
fn is_link(path: &str) -> bool {
    LINKS.contains(&path)
}
