//! Which of the wanted fields differ from what stands in the CRM.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::Value;

use super::normal::{instant, normal, single_spaced, utc};
use super::records::{Snapshot, Values};
use crate::ground::Entity;
use crate::spec::{Kind, ObjectKind};

/// The paths whose wanted value differs from what stands there, in order.
///
/// Fields that the CRM keeps in a text are compared as they stand in that text; what can never be
/// changed afterwards (a note's author, the record it stands on) is not compared.
pub fn differences(kind: ObjectKind, wanted: &Values, now: &Snapshot) -> Vec<String> {
    let entity = kind.entity();
    let noted = matches!(kind, ObjectKind::Note | ObjectKind::File);
    let fixed = |path: &str| noted && ["author", "entity", "file", "content"].contains(&path);
    expected(kind, wanted)
        .into_iter()
        .filter(|(path, _)| !fixed(path))
        .filter(|(path, value)| !same(entity, path, value, now.fields.get(path)))
        .map(|(path, _)| path)
        .collect()
}

/// The fields as a snapshot would show them once they are written.
pub fn expected(kind: ObjectKind, wanted: &Values) -> Values {
    let mut fields = wanted.clone();
    match kind {
        ObjectKind::Task => {
            for (alias, path) in [("name", "title"), ("owner", "assignee")] {
                if let Some(value) = fields.remove(alias) {
                    fields.entry(path.to_owned()).or_insert(value);
                }
            }
        }
        ObjectKind::File => {
            let part = |path: &str| wanted.get(path).and_then(Value::as_str).unwrap_or_default();
            let lines = [part("name"), part("note"), part("link")];
            let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
            for path in ["name", "link", "content"] {
                fields.remove(path);
            }
            fields.insert("note".to_owned(), lines.join("\n").into());
        }
        ObjectKind::Deal | ObjectKind::Lead => {
            if let Some(owner) = fields.remove("owner") {
                fields.entry("assignee".to_owned()).or_insert(owner);
            }
        }
        ObjectKind::Activity => span(&mut fields),
        ObjectKind::Company | ObjectKind::Person | ObjectKind::Note => {}
    }
    let noted = kind.entity() == Entity::Notes;
    if let Some(Value::String(date)) = fields.get_mut("date").filter(|_| noted) {
        *date = super::nutshell::heading_time(date);
    }
    fields.retain(|_, value| !value.is_null());
    fields
}

/// The path under which a snapshot shows a field that was written at `path`.
pub fn shown_at(kind: ObjectKind, path: &str) -> &str {
    match (kind, path) {
        (ObjectKind::Task, "name") => "title",
        (ObjectKind::Task | ObjectKind::Deal | ObjectKind::Lead, "owner") => "assignee",
        (ObjectKind::File, "name" | "link" | "content") => "note",
        (_, path) => path,
    }
}

/// The CRM keeps start and end of an activity and shows the time between them: what is not said
/// follows from the others, an end that nobody names is the start.
fn span(fields: &mut Values) {
    let at = |path: &str| fields.get(path).and_then(Value::as_str).and_then(instant);
    let Some(start) = at("startTime") else { return };
    if let Some(end) = at("endTime") {
        fields.insert("duration".to_owned(), (end.as_second() - start.as_second()).into());
        return;
    }
    let length = fields.get("duration").map(|length| normal(&Kind::Duration, length));
    let length = length.and_then(|length| length.as_i64()).unwrap_or_default();
    if let Ok(end) = start.checked_add(SignedDuration::from_secs(length)) {
        fields.insert("endTime".to_owned(), utc(end).into());
        fields.insert("duration".to_owned(), length.into());
    }
}

/// Whether a field holds the wanted value in the CRM's form.
pub fn same(entity: Entity, path: &str, wanted: &Value, stands: Option<&Value>) -> bool {
    let stands = stands.unwrap_or(&Value::Null);
    match kind_of(entity, path) {
        Some(Kind::Text) => name(path, wanted) == name(path, stands),
        Some(kind @ (Kind::Tags | Kind::Sources)) => {
            folded(&normal(&kind, wanted)) == folded(&normal(&kind, stands))
        }
        Some(kind) => normal(&kind, wanted) == normal(&kind, stands),
        None => same_custom(wanted, stands),
    }
}

/// The names in a list without the differences that the CRM does not make.
fn folded(names: &Value) -> BTreeSet<String> {
    let names = names.as_array().into_iter().flatten();
    names.map(|name| name.as_str().unwrap_or_default().to_lowercase()).collect()
}

/// A text; the CRM keeps single spaces in names.
fn name(path: &str, value: &Value) -> Value {
    let text = normal(&Kind::Text, value);
    match text.as_str().filter(|_| path == "name") {
        Some(name) => single_spaced(name).into(),
        None => text,
    }
}

/// Whether a custom field, or a footer, holds the wanted value in the CRM's form.
pub(super) fn same_custom(wanted: &Value, stands: &Value) -> bool {
    let text = super::nutshell::shown(wanted);
    let kind = match wanted {
        Value::Bool(_) => Kind::Bool,
        Value::Number(_) => Kind::Number,
        Value::String(_) if stands.is_number() => Kind::Number,
        Value::Object(map) if map.contains_key("currency") => Kind::Money,
        Value::String(text) if instant(text).is_some() => Kind::Time,
        Value::String(_) | Value::Array(_) | Value::Object(_) | Value::Null => Kind::Choice,
    };
    let equal = normal(&kind, wanted) == normal(&kind, stands);
    let folded = |text: &str| single_spaced(text);
    equal || stands.as_str().is_some_and(|stands| folded(stands) == folded(&text))
}

/// The type of a field by its path; `None` for a custom field.
pub(super) fn kind_of(entity: Entity, path: &str) -> Option<Kind> {
    if path.ends_with("__c") {
        return None;
    }
    let (word, rest) = path.split_once('.').unwrap_or((path, ""));
    let last = rest.rsplit('.').next().unwrap_or_default();
    Some(match word {
        "email" => Kind::Email,
        "phone" => Kind::Phone,
        "url" => Kind::Url,
        "address" if last == "country" => Kind::Country,
        "tags" => Kind::Tags,
        "sources" => Kind::Sources,
        "owner" | "assignee" | "author" => Kind::User,
        "accounts" | "contacts" | "leads" | "participants" => Kind::Reference(Vec::new()),
        "value" => Kind::Money,
        "stage" => Kind::Stage,
        "startTime" | "endTime" | "dueTime" | "closedTime" | "completedTime" => Kind::Time,
        "duration" => Kind::Duration,
        "isAllDay" => Kind::Bool,
        "file" => return None,
        "address" | "name" | "title" | "description" | "note" | "date" | "author_name" | "type"
        | "industry" | "accountType" | "jobTitle" | "status" | "location" | "entity" => Kind::Text,
        // A custom field that the account has under a name of its own.
        _ if matches!(entity, Entity::Accounts | Entity::Contacts | Entity::Leads) => return None,
        _ => Kind::Text,
    })
}
