//! A rendered record as a snapshot.

use serde_json::Value;

use super::{agenda, lead, links, note, party};
use crate::crm::compare::kind_of;
use crate::crm::normal::{instant, normal};
use crate::crm::{Inventory, Snapshot, Values};
use crate::ground::{CrmId, CrmRef, Entity};

/// Reads a rendered record; `None` when it is none.
pub(super) fn snapshot(inventory: &Inventory, entity: Entity, raw: Value) -> Option<Snapshot> {
    let id = links::id_of(&raw)?;
    let mut fields = Values::new();
    let marker = match entity {
        Entity::Accounts | Entity::Contacts => party::read(inventory, entity, &raw, &mut fields),
        Entity::Leads => lead::read(inventory, &raw, &mut fields),
        Entity::Activities => agenda::read_activity(&raw, &mut fields),
        Entity::Tasks => agenda::read_task(&raw, &mut fields),
        Entity::Notes => note::read(&raw, &mut fields),
        Entity::Users => None,
    };
    for (path, value) in &mut fields {
        if let Some(kind) = kind_of(entity, path) {
            *value = normal(&kind, value);
        }
    }
    fields.retain(|_, value| !value.is_null());
    let creator = raw.get("creator").filter(|user| user.is_object()).or_else(|| raw.get("user"));
    let deleted = raw.get("deletedTime").is_some_and(|time| !time.is_null());
    Some(Snapshot {
        at: CrmRef::new(entity, CrmId(id.into())),
        rev: revision(&raw)?,
        created: raw.get("createdTime").and_then(Value::as_str).and_then(instant)?,
        deleted,
        marker,
        creator: creator.and_then(links::pointed),
        fields,
        raw,
    })
}

/// The revision of a rendered record.
pub(super) fn revision(raw: &Value) -> Option<String> {
    match raw.get("rev")? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
