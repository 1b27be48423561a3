//! Leads: their fields on the wire and back, and how one is closed.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::party::{entry, listed, tell_lists};
use super::wrong::Wrong;
use super::{custom, links};
use crate::crm::normal::{instant, normal, number, utc};
use crate::crm::{Inventory, Patch, Values};
use crate::ground::Entity;
use crate::spec::Kind;

/// The states of a lead and their numbers.
const STATES: [(&str, i64); 5] =
    [("open", 0), ("pending", 1), ("won", 10), ("lost", 11), ("cancelled", 12)];

/// The word for a number of the API.
pub(super) fn state(number: i64) -> Option<&'static str> {
    STATES.iter().find(|(_, own)| *own == number).map(|(word, _)| *word)
}

/// What a create leaves out: a lead begins open and is closed by an edit.
pub(super) fn deferred(fields: &Values) -> Patch {
    let later = fields.iter().filter(|(path, value)| match path.as_str() {
        "status" => value.as_str() != Some("open"),
        "closedTime" => true,
        _ => false,
    });
    later.map(|(path, value)| (path.clone(), Some(value.clone()))).collect()
}

/// The body of a create (nothing stands) or an edit.
pub(super) fn write(
    inventory: &Inventory,
    raw: Option<&Value>,
    patch: &Patch,
) -> Result<Value, Wrong> {
    let mut body = Map::new();
    for (path, value) in patch {
        let value = value.as_ref();
        match path.as_str() {
            // The state comes first, so that a closing date is put on a closed lead.
            "status" => {
                if raw.is_some() {
                    status(inventory, raw, value, &mut body)?;
                }
            }
            "closedTime" if raw.is_none() => {}
            other => {
                if let Some((key, value)) = one(inventory, raw, other, value)? {
                    body.insert(key.to_owned(), value);
                }
            }
        }
    }
    // The status has its place before the closing time whatever the order of the alphabet.
    if let Some(time) = body.shift_remove("closedTime") {
        body.insert("closedTime".to_owned(), time);
    }
    if raw.is_none() {
        main_account(&mut body);
    }
    custom::write(inventory, Entity::Leads, patch, &mut body);
    Ok(body.into())
}

fn one(
    inventory: &Inventory,
    raw: Option<&Value>,
    path: &str,
    value: Option<&Value>,
) -> Result<Option<(&'static str, Value)>, Wrong> {
    let plain = value.cloned().unwrap_or(Value::Null);
    Ok(Some(match path {
        "description" => ("description", plain),
        "dueTime" => ("dueTime", time(path, value)?),
        "closedTime" => ("closedTime", time(path, value)?),
        "tags" => ("tags", if plain.is_null() { json!([]) } else { listed(plain) }),
        "value" => ("value", amount(value)?),
        "stage" => ("milestoneId", stage(inventory, value)?),
        "assignee" | "owner" => {
            let user = value.and_then(Value::as_str).map(links::reference).transpose()?;
            ("assignee", user.unwrap_or(Value::Null))
        }
        "accounts" => ("accounts", links::related(raw, "accounts", value, None)?),
        "contacts" => ("contacts", links::related(raw, "contacts", value, None)?),
        "sources" => ("sources", sources(inventory, value)?),
        path if custom::is_custom(inventory, Entity::Leads, path) => return Ok(None),
        _ => return Err(Wrong(format!("leads have no field `{path}` that can be written"))),
    }))
}

/// A new lead names its first company apart from the others.
fn main_account(body: &mut Map<String, Value>) {
    let Some(Value::Array(accounts)) = body.get_mut("accounts").filter(|list| list[0].is_object())
    else {
        return;
    };
    let first = accounts.remove(0);
    if accounts.is_empty() {
        body.shift_remove("accounts");
    }
    body.insert("primaryAccount".to_owned(), first);
}

/// A time as it is sent.
pub(super) fn time(path: &str, value: Option<&Value>) -> Result<Value, Wrong> {
    let Some(text) = value.and_then(Value::as_str) else { return Ok(Value::Null) };
    let instant = instant(text).or_else(|| instant(&format!("{text}T00:00:00")));
    let instant = instant.ok_or_else(|| Wrong(format!("`{path}` is no time: {text}")))?;
    Ok(utc(instant).into())
}

fn amount(value: Option<&Value>) -> Result<Value, Wrong> {
    let Some(value) = value else { return Ok(Value::Null) };
    let plain = normal(&Kind::Money, value);
    let figure =
        plain.get("amount").and_then(Value::as_str).and_then(|text| text.parse::<Decimal>().ok());
    let figure = figure.and_then(number).ok_or_else(|| Wrong("`value` is no amount".to_owned()))?;
    Ok(json!({"currency": plain["currency"], "amount": figure}))
}

fn stage(inventory: &Inventory, value: Option<&Value>) -> Result<Value, Wrong> {
    let Some(written) = value.and_then(Value::as_str) else { return Ok(Value::Null) };
    let stage = inventory.stage(written);
    let stage = stage.ok_or_else(|| Wrong(format!("there is no stage `{written}`")))?;
    Ok(links::id(&stage.id.0))
}

fn sources(inventory: &Inventory, value: Option<&Value>) -> Result<Value, Wrong> {
    let mut entries = Vec::new();
    for name in value.map(links::list).unwrap_or_default() {
        let id = entry(&inventory.sources, "source", Some(&name.into()))?;
        entries.push(json!({"entityType": "Sources", "id": id}));
    }
    Ok(entries.into())
}

/// A state is no field: a lead is closed by an outcome, set pending by a flag, reopened by a zero.
fn status(
    inventory: &Inventory,
    raw: Option<&Value>,
    value: Option<&Value>,
    body: &mut Map<String, Value>,
) -> Result<(), Wrong> {
    let wanted = value.and_then(Value::as_str).unwrap_or("open");
    let now = raw.and_then(|raw| raw.get("status")?.as_i64()).unwrap_or_default();
    match wanted {
        "open" => {
            body.insert("status".to_owned(), 0.into());
        }
        "pending" => {
            if now >= 10 {
                body.insert("status".to_owned(), 0.into());
            }
            body.insert("isPending".to_owned(), true.into());
        }
        closed => {
            let outcome = inventory.outcomes.iter().find(|one| one.status == closed);
            let outcome =
                outcome.ok_or_else(|| Wrong(format!("there is no outcome for `{closed}`")))?;
            let reference = json!({"entityType": "Lead_Outcomes", "id": links::id(&outcome.id.0)});
            body.insert("outcome".to_owned(), reference);
        }
    }
    Ok(())
}

/// The fields of a rendered lead, and its marker.
pub(super) fn read(inventory: &Inventory, raw: &Value, fields: &mut Values) -> Option<String> {
    let text =
        |path: &str| raw.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(description) = text("/description") {
        fields.insert("description".to_owned(), description.into());
    }
    if let (Some(pipeline), Some(stage)) = (text("/stageset/name"), text("/milestone/name")) {
        fields.insert("stage".to_owned(), format!("{pipeline} / {stage}").into());
    }
    if let Some(state) = raw.get("status").and_then(Value::as_i64).and_then(state) {
        fields.insert("status".to_owned(), state.into());
    }
    for key in ["dueTime", "closedTime"] {
        if let Some(time) = raw.get(key).filter(|time| time.is_string()) {
            fields.insert(key.to_owned(), normal(&Kind::Time, time));
        }
    }
    if let Some(value) = raw.get("value").filter(|value| value.is_object()) {
        fields.insert("value".to_owned(), normal(&Kind::Money, value));
    }
    if let Some(assignee) = raw.get("assignee").and_then(links::pointed) {
        fields.insert("assignee".to_owned(), assignee.into());
    }
    let sources = raw.get("sources").and_then(Value::as_array).into_iter().flatten();
    let sources: Vec<Value> = sources.filter_map(|one| one.get("name").cloned()).collect();
    if !sources.is_empty() {
        fields.insert("sources".to_owned(), sources.into());
    }
    tell_lists(raw, &["accounts", "contacts"], fields);
    custom::tell(inventory, Entity::Leads, raw, fields)
}
