//! The calls that change a record, ready to be sent.

use serde_json::{Value, json};

use super::wrong::Wrong;
use super::{agenda, lead, links, note, party};
use crate::crm::compare::expected;
use crate::crm::{Inventory, MARKER_FIELD, NewRecord, Patch, Snapshot};
use crate::ground::{CrmRef, Entity};

/// A method and its parameters.
#[derive(Debug, PartialEq)]
pub(super) struct Letterhead {
    pub(super) method: &'static str,
    pub(super) params: Value,
}

/// The words with which an entity's methods are made.
struct Words {
    new: &'static str,
    get: &'static str,
    edit: &'static str,
    delete: &'static str,
    id: &'static str,
    body: &'static str,
}

const fn words(entity: Entity) -> Words {
    macro_rules! words {
        ($noun:literal, $small:literal) => {
            Words {
                new: concat!("new", $noun),
                get: concat!("get", $noun),
                edit: concat!("edit", $noun),
                delete: concat!("delete", $noun),
                id: concat!($small, "Id"),
                body: $small,
            }
        };
    }
    match entity {
        Entity::Accounts => words!("Account", "account"),
        Entity::Contacts => words!("Contact", "contact"),
        Entity::Leads => words!("Lead", "lead"),
        Entity::Activities => words!("Activity", "activity"),
        Entity::Tasks => words!("Task", "task"),
        Entity::Notes => words!("Note", "note"),
        Entity::Users => words!("User", "user"),
    }
}

/// The call that reads a record.
pub(super) fn get(at: &CrmRef) -> Letterhead {
    let words = words(at.entity);
    Letterhead { method: words.get, params: json!({words.id: links::id(&at.id.0)}) }
}

/// The call that deletes a record.
pub(super) fn delete(at: &CrmRef, rev: &str) -> Letterhead {
    let words = words(at.entity);
    Letterhead { method: words.delete, params: json!({words.id: links::id(&at.id.0), "rev": rev}) }
}

/// The call that creates a record.
pub(super) fn create(inventory: &Inventory, new: &NewRecord<'_>) -> Result<Letterhead, Wrong> {
    let entity = new.kind.entity();
    let words = words(entity);
    let fields = expected(new.kind, new.fields);
    let mut patch: Patch =
        fields.iter().map(|(path, value)| (path.clone(), Some(value.clone()))).collect();
    if matches!(entity, Entity::Accounts | Entity::Contacts | Entity::Leads) {
        patch.insert(MARKER_FIELD.to_owned(), Some(new.marker.into()));
    }
    let marker = Some(new.marker);
    let body = match entity {
        Entity::Accounts | Entity::Contacts => party::write(inventory, entity, None, &patch)?,
        Entity::Leads => lead::write(inventory, None, &patch)?,
        Entity::Activities => agenda::write_activity(inventory, (None, marker), &patch)?,
        Entity::Tasks => agenda::write_task((None, marker), &patch)?,
        Entity::Notes => {
            return Ok(Letterhead { method: words.new, params: note::write(&fields, new.marker)? });
        }
        Entity::Users => return Err(Wrong("users are not created by a migration".to_owned())),
    };
    Ok(Letterhead { method: words.new, params: json!({words.body: body}) })
}

/// The call that changes a record.
pub(super) fn edit(
    inventory: &Inventory,
    now: &Snapshot,
    patch: &Patch,
) -> Result<Letterhead, Wrong> {
    let entity = now.at.entity;
    let words = words(entity);
    let raw = Some(&now.raw);
    let body = match entity {
        Entity::Accounts | Entity::Contacts => party::write(inventory, entity, raw, patch)?,
        Entity::Leads => lead::write(inventory, raw, patch)?,
        Entity::Activities => agenda::write_activity(inventory, (Some(now), None), patch)?,
        Entity::Tasks => agenda::write_task((Some(now), None), patch)?,
        Entity::Notes => note::edit(now, patch)?,
        Entity::Users => return Err(Wrong("users are not changed by a migration".to_owned())),
    };
    let params = json!({words.id: links::id(&now.at.id.0), "rev": now.rev, words.body: body});
    Ok(Letterhead { method: words.edit, params })
}
