//! Writing people, companies and leads: a patch by key onto a record, new or held.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::kind::Kind;
use super::normal::{self, text};
use super::work::{Record, Work};
use super::{custom, leads, notes};

/// Creates a person, company or lead.
pub(crate) fn create(work: &Work<'_>, kind: Kind, given: &Value) -> Result<Record, Fault> {
    let given = object(given)?;
    let mut record = work.fresh(kind)?;
    if kind == Kind::Lead {
        leads::begin(work, &mut record, given)?;
    }
    if kind == Kind::Account
        && let Some(id) = work.named(Kind::AccountType, "Client")?
    {
        record.body.insert("accountTypeId".to_owned(), id.into());
    }
    patch(work, &mut record, given)?;
    if kind == Kind::Contact {
        let reachable = ["name", "email", "phone"].iter().any(|key| record.body.contains_key(*key));
        if !reachable {
            return Err(Fault::invalid(
                "A contact needs a name, a phone number or an email address",
            ));
        }
    }
    finish(work, &mut record, given)?;
    Ok(record)
}

/// Edits one: by key, lists replaced whole.
pub(crate) fn edit(
    work: &Work<'_>,
    kind: Kind,
    id: i64,
    rev: &Value,
    given: &Value,
) -> Result<Record, Fault> {
    let mut record = work.hold(kind, id, rev)?;
    let given = object(given)?;
    if kind == Kind::Lead {
        leads::typed_entries(given)?;
    }
    patch(work, &mut record, given)?;
    work.touch(&mut record);
    finish(work, &mut record, given)?;
    work.get(kind, id)
}

/// Puts a record of any kind into the bin.
pub(crate) fn delete(work: &Work<'_>, kind: Kind, id: i64, rev: &Value) -> Result<(), Fault> {
    let mut record = work.hold(kind, id, rev)?;
    work.touch(&mut record);
    record.deleted = Some(record.modified.clone());
    work.put(&record)
}

/// Takes a record out of the bin.
pub(crate) fn undelete(work: &Work<'_>, kind: Kind, id: i64) -> Result<Record, Fault> {
    let mut record = work.find(kind, id)?.ok_or_else(|| Fault::missing(kind.entity(), id))?;
    record.deleted = None;
    work.touch(&mut record);
    work.put(&record)?;
    Ok(record)
}

/// The object in a parameter.
pub(crate) fn object(given: &Value) -> Result<&Map<String, Value>, Fault> {
    given.as_object().ok_or_else(|| Fault::invalid("the record must be an object"))
}

fn patch(work: &Work<'_>, record: &mut Record, given: &Map<String, Value>) -> Result<(), Fault> {
    for (key, value) in given {
        match (key.as_str(), record.kind) {
            ("name", Kind::Contact) => set(record, "name", normal::person_name(value)),
            ("name", Kind::Account) => set(record, "name", text(value).map(Value::String)),
            ("email", Kind::Contact | Kind::Account) => set(record, "email", normal::emails(value)),
            ("phone", Kind::Contact | Kind::Account) => set(record, "phone", normal::phones(value)),
            ("url", Kind::Contact | Kind::Account) => set(record, "url", normal::urls(value)),
            ("address", Kind::Contact | Kind::Account) => {
                set(record, "address", normal::addresses(value));
            }
            ("description", Kind::Contact | Kind::Account) => {
                set(record, "description", text(value).map(Value::String));
            }
            ("owner", Kind::Contact | Kind::Account) => {
                let owner = user(work, value)?;
                set(record, "owner", owner);
            }
            ("accountTypeId", Kind::Account) => {
                listed(work, record, key, (Kind::AccountType, value))?;
            }
            ("industryId", Kind::Account) => listed(work, record, key, (Kind::Industry, value))?,
            ("territoryId", Kind::Contact | Kind::Account) => {
                listed(work, record, key, (Kind::Territory, value))?;
            }
            ("tags", _) => tags(work, record, value)?,
            ("customFields", _) => customs(work, record, value)?,
            (_, Kind::Lead) => leads::set(work, record, key, value)?,
            // Unknown keys are ignored. (Our choice: what the live server does is unknown.)
            _ => {}
        }
    }
    Ok(())
}

/// Sets a key, or takes it away: what is empty is absent.
pub(crate) fn set(record: &mut Record, key: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            record.body.insert(key.to_owned(), value);
        }
        None => {
            record.body.shift_remove(key);
        }
    }
}

/// A number, also when it comes as text.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

/// Sets a key to the id of an entry of one of the account's lists.
pub(crate) fn listed(
    work: &Work<'_>,
    record: &mut Record,
    key: &str,
    (kind, value): (Kind, &Value),
) -> Result<(), Fault> {
    let id = integer(value);
    if let Some(id) = id {
        work.get(kind, id).map_err(|_| unknown(kind, id))?;
    } else if !value.is_null() {
        return Err(Fault::invalid(format!("{key} must be an id")));
    }
    set(record, key, id.map(Value::from));
    Ok(())
}

/// A reference to something that is not there.
pub(crate) fn unknown(kind: Kind, id: i64) -> Fault {
    Fault::invalid(format!("{} {id} does not exist", kind.entity()))
}

/// A reference to a user or a team, checked.
pub(crate) fn user(work: &Work<'_>, value: &Value) -> Result<Option<Value>, Fault> {
    if value.is_null() {
        return Ok(None);
    }
    let entity = value.get("entityType").and_then(Value::as_str).unwrap_or("Users");
    let id = value.get("id").and_then(integer);
    let (Some(kind @ (Kind::User | Kind::Team)), Some(id)) = (Kind::of(entity), id) else {
        return Err(Fault::invalid("an owner must be {entityType: Users or Teams, id}"));
    };
    work.get(kind, id).map_err(|_| unknown(kind, id))?;
    Ok(Some(json!({"entityType": kind.entity(), "id": id})))
}

fn tags(work: &Work<'_>, record: &mut Record, value: &Value) -> Result<(), Fault> {
    let known = super::lists::tags(work, record.kind)?;
    let mut kept: Vec<Value> = Vec::new();
    for tag in value.as_array().into_iter().flatten() {
        let name = text(tag).or_else(|| tag.get("name").and_then(text)).unwrap_or_default();
        if !known.contains(&name) {
            return Err(Fault::invalid(format!("{name} is not a tag of {}", record.kind.entity())));
        }
        if !kept.contains(&Value::String(name.clone())) {
            kept.push(name.into());
        }
    }
    set(record, "tags", Some(kept.into()));
    Ok(())
}

fn customs(work: &Work<'_>, record: &mut Record, value: &Value) -> Result<(), Fault> {
    let stored = record.body.shift_remove("customFields");
    let mut stored = match stored {
        Some(Value::Object(map)) => map,
        Some(_) | None => Map::new(),
    };
    custom::merge(work, record.kind, &mut stored, value)?;
    set(record, "customFields", (!stored.is_empty()).then_some(Value::Object(stored)));
    Ok(())
}

/// What needs the record to exist: its links, its addresses in the index, the appended note.
fn finish(work: &Work<'_>, record: &mut Record, given: &Map<String, Value>) -> Result<(), Fault> {
    let name = record.body.get("name");
    let shown = name.and_then(|name| text(name.get("displayName").unwrap_or(name)));
    if record.kind != Kind::Lead {
        record.name = shown.unwrap_or_default();
    }
    work.put(record)?;
    let own = (record.kind, record.id);
    if given.contains_key("email") {
        let addresses: Vec<String> = record
            .body
            .get("email")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|map| map.values().filter_map(text))
            .collect();
        work.index_emails(own, &addresses)?;
    }
    link_all(work, own, given)?;
    if let Some(note) = given.get("note").filter(|note| !note.is_null()) {
        notes::write(work, own, note)?;
    }
    Ok(())
}

fn link_all(work: &Work<'_>, own: (Kind, i64), given: &Map<String, Value>) -> Result<(), Fault> {
    for (key, kind) in
        [("accounts", Kind::Account), ("contacts", Kind::Contact), ("leads", Kind::Lead)]
    {
        if kind == own.0 {
            continue;
        }
        let primary =
            given.get("primaryAccount").filter(|_| own.0 == Kind::Lead && kind == Kind::Account);
        if !given.contains_key(key) && primary.is_none() {
            continue;
        }
        let mut entries = Vec::new();
        for entry in primary
            .into_iter()
            .chain(given.get(key).and_then(Value::as_array).into_iter().flatten())
        {
            if let Some(link) = entry_of(work, kind, entry)? {
                entries.push(link);
            }
        }
        // Naming only the primary account keeps the others behind it.
        if !given.contains_key(key) {
            entries.extend(work.linked(own, kind)?);
        }
        let mut seen = std::collections::HashSet::new();
        entries.retain(|(id, _)| seen.insert(*id));
        work.relink(own, kind, &entries)?;
    }
    Ok(())
}

fn entry_of(
    work: &Work<'_>,
    kind: Kind,
    entry: &Value,
) -> Result<Option<(i64, Option<String>)>, Fault> {
    if entry.is_null() {
        return Ok(None);
    }
    let id = entry
        .get("id")
        .or(Some(entry))
        .and_then(integer)
        .ok_or_else(|| Fault::invalid(format!("an entry of {} needs an id", kind.entity())))?;
    work.get(kind, id).map_err(|_| unknown(kind, id))?;
    Ok(Some((id, entry.get("relationship").and_then(text))))
}
