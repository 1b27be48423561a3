//! People and companies: their fields on the wire and back.

use serde_json::{Map, Value, json};

use super::wrong::Wrong;
use super::{custom, labels, links};
use crate::crm::normal::single_spaced;
use crate::crm::{Inventory, Listed, Patch, Values};
use crate::ground::Entity;

/// The body of a create (nothing stands) or an edit.
pub(super) fn write(
    inventory: &Inventory,
    entity: Entity,
    raw: Option<&Value>,
    patch: &Patch,
) -> Result<Value, Wrong> {
    let mut body = Map::new();
    for (path, value) in patch {
        one(inventory, entity, (path, value.as_ref()), &mut body)?;
    }
    labels::rebuild(raw, patch, &mut body);
    relate(inventory, entity, (raw, patch), &mut body)?;
    custom::write(inventory, entity, patch, &mut body);
    Ok(body.into())
}

fn one(
    inventory: &Inventory,
    entity: Entity,
    (path, value): (&str, Option<&Value>),
    body: &mut Map<String, Value>,
) -> Result<(), Wrong> {
    let plain = value.cloned().unwrap_or(Value::Null);
    let (key, value) = match path {
        "name" => ("name", plain.as_str().map_or(Value::Null, |text| single_spaced(text).into())),
        "description" => ("description", plain),
        "tags" => ("tags", if plain.is_null() { json!([]) } else { listed(plain) }),
        "owner" => (
            "owner",
            value.and_then(Value::as_str).map(links::reference).transpose()?.unwrap_or(Value::Null),
        ),
        "industry" if entity == Entity::Accounts => {
            ("industryId", entry(&inventory.industries, "industry", value)?)
        }
        "accountType" if entity == Entity::Accounts => {
            ("accountTypeId", entry(&inventory.account_types, "account type", value)?)
        }
        "accounts" | "contacts" | "leads" | "jobTitle" => return Ok(()),
        path if labels::family_of(path).is_some() || custom::is_custom(inventory, entity, path) => {
            return Ok(());
        }
        _ => return Err(Wrong(format!("{entity} have no field `{path}` that can be written"))),
    };
    body.insert(key.to_owned(), value);
    Ok(())
}

/// A value as a list.
pub(super) fn listed(value: Value) -> Value {
    if value.is_array() { value } else { json!([value]) }
}

/// The id of a list's entry by its name.
pub(super) fn entry(list: &[Listed], what: &str, value: Option<&Value>) -> Result<Value, Wrong> {
    let Some(name) = value.and_then(Value::as_str) else { return Ok(Value::Null) };
    let found = list.iter().find(|one| one.name.to_lowercase() == name.trim().to_lowercase());
    found
        .map(|one| links::id(&one.id.0))
        .ok_or_else(|| Wrong(format!("there is no {what} `{name}`")))
}

/// The links, and the job title where it has no custom field of its own.
fn relate(
    inventory: &Inventory,
    entity: Entity,
    (raw, patch): (Option<&Value>, &Patch),
    body: &mut Map<String, Value>,
) -> Result<(), Wrong> {
    for key in ["accounts", "contacts", "leads"] {
        let title = job_title(inventory, entity, key, patch);
        let Some(value) = patch.get(key) else { continue };
        let entries = links::related(raw, key, value.as_ref(), title)?;
        body.insert(key.to_owned(), entries);
    }
    let titled = patch.get("jobTitle").is_some_and(Option::is_some);
    if titled && title_is_relationship(inventory, entity) && !patch.contains_key("accounts") {
        let standing = raw.map(|raw| links::pointed_list(raw, "accounts")).unwrap_or_default();
        if standing.is_empty() {
            return Err(Wrong(format!(
                "a job title needs a company or the custom field `{}`",
                custom::JOB_TITLE
            )));
        }
        let title = job_title(inventory, entity, "accounts", patch);
        body.insert(
            "accounts".to_owned(),
            links::related(raw, "accounts", Some(&json!(standing)), title)?,
        );
    }
    Ok(())
}

fn title_is_relationship(inventory: &Inventory, entity: Entity) -> bool {
    entity == Entity::Contacts && inventory.custom_field(entity, custom::JOB_TITLE).is_none()
}

/// The job title, which is also what relates a person to a company.
fn job_title<'a>(
    inventory: &Inventory,
    entity: Entity,
    key: &str,
    patch: &'a Patch,
) -> Option<&'a str> {
    let wanted = key == "accounts" && title_is_relationship(inventory, entity);
    patch.get("jobTitle").filter(|_| wanted)?.as_ref()?.as_str()
}

/// The fields of a rendered record, and its marker.
pub(super) fn read(
    inventory: &Inventory,
    entity: Entity,
    raw: &Value,
    fields: &mut Values,
) -> Option<String> {
    let name = raw.pointer("/name/displayName").or_else(|| raw.get("name")).and_then(Value::as_str);
    for (path, text) in [
        ("name", name),
        ("description", raw.get("description").and_then(Value::as_str)),
        ("industry", raw.pointer("/industry/name").and_then(Value::as_str)),
        ("accountType", raw.pointer("/accountType/name").and_then(Value::as_str)),
    ] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            fields.insert(path.to_owned(), text.into());
        }
    }
    if let Some(owner) = raw.get("owner").and_then(links::pointed) {
        fields.insert("owner".to_owned(), owner.into());
    }
    for family in labels::FAMILIES {
        labels::read(family, raw.get(family), fields);
    }
    tell_lists(raw, &["accounts", "contacts", "leads"], fields);
    if title_is_relationship(inventory, entity) {
        let title = raw.pointer("/accounts/0/relationship").and_then(Value::as_str);
        if let Some(title) = title.filter(|title| !title.is_empty()) {
            fields.insert("jobTitle".to_owned(), title.into());
        }
    }
    custom::tell(inventory, entity, raw, fields)
}

/// Links and tags of a rendered record.
pub(super) fn tell_lists(raw: &Value, keys: &[&str], fields: &mut Values) {
    for key in keys {
        let linked = links::pointed_list(raw, key);
        if !linked.is_empty() {
            fields.insert((*key).to_owned(), linked.into());
        }
    }
    let tags = raw.get("tags").and_then(Value::as_array).filter(|tags| !tags.is_empty());
    if let Some(tags) = tags {
        let name = |tag: &Value| tag.get("name").unwrap_or(tag).clone();
        fields.insert("tags".to_owned(), tags.iter().map(name).collect());
    }
}
