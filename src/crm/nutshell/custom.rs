//! Custom fields: their values on the wire and back.

use serde_json::{Map, Value, json};

use super::text::shown;
use crate::crm::{CustomField, Inventory, MARKER_FIELD, Patch, Values};
use crate::ground::Entity;
use crate::spec::{CustomType, Kind};

use crate::crm::normal::normal;

/// The custom field that holds a person's job title: the API has no other place for it.
pub(super) const JOB_TITLE: &str = "Job Title";

/// The options of a choice that stands for yes and no.
const YES_NO: [&str; 2] = ["Yes", "No"];

/// The type and the options with which a custom field is created.
pub(super) fn definition(kind: CustomType, options: &[String]) -> (&'static str, Vec<String>) {
    match kind {
        CustomType::Text | CustomType::Datetime => ("Text", Vec::new()),
        CustomType::LongText => ("LongText", Vec::new()),
        CustomType::Number => ("Number", Vec::new()),
        CustomType::Money => ("Currency", Vec::new()),
        CustomType::Date => ("Date", Vec::new()),
        CustomType::Bool => ("Decision", YES_NO.map(str::to_owned).to_vec()),
        // A choice without options would be refused.
        CustomType::Choice | CustomType::MultiChoice if options.is_empty() => ("Text", Vec::new()),
        CustomType::Choice | CustomType::MultiChoice => ("Decision", options.to_vec()),
    }
}

/// A value as the field takes it.
fn sent(field: Option<&CustomField>, value: &Value) -> Value {
    match field.map(|field| field.kind.as_str()) {
        Some("Enum" | "Decision") => match (value.as_bool(), value.as_array()) {
            (Some(flag), _) => YES_NO[usize::from(!flag)].into(),
            (None, Some(list)) => list.iter().map(shown).collect::<Vec<_>>().into(),
            (None, None) => shown(value).into(),
        },
        Some("Number") => normal(&Kind::Number, value),
        Some("Currency") if value.is_object() => value.clone(),
        Some("Date") => normal(&Kind::Date, value),
        Some(_) | None => shown(value).into(),
    }
}

/// A value as the field shows it, in normal form.
fn read(field: Option<&CustomField>, value: &Value) -> Value {
    let kind = match field.map(|field| field.kind.as_str()) {
        Some("Number") => Kind::Number,
        Some("Currency") => Kind::Money,
        Some("Date") => Kind::Date,
        Some(_) | None => Kind::Text,
    };
    normal(&kind, value)
}

/// Whether a path is a custom field of an entity: by its ending, or because the account has it.
pub(super) fn is_custom(inventory: &Inventory, entity: Entity, path: &str) -> bool {
    path.ends_with("__c") || inventory.custom_field(entity, path).is_some()
}

/// The custom fields that a patch touches.
pub(super) fn write(
    inventory: &Inventory,
    entity: Entity,
    patch: &Patch,
    body: &mut Map<String, Value>,
) {
    let mut fields = Map::new();
    for (path, value) in patch {
        let name = if path == "jobTitle" { JOB_TITLE } else { path };
        let field = inventory.custom_field(entity, name);
        if field.is_none() && !path.ends_with("__c") {
            continue;
        }
        let value = value.as_ref().map_or(Value::Null, |value| sent(field, value));
        fields.insert(name.to_owned(), value);
    }
    if !fields.is_empty() {
        body.insert("customFields".to_owned(), fields.into());
    }
}

/// Reads the custom fields of a rendered record; the marker among them.
pub(super) fn tell(
    inventory: &Inventory,
    entity: Entity,
    raw: &Value,
    fields: &mut Values,
) -> Option<String> {
    let mut marker = None;
    for (name, value) in raw.get("customFields").and_then(Value::as_object).into_iter().flatten() {
        if name == MARKER_FIELD {
            marker = value.as_str().map(str::to_owned);
            continue;
        }
        let path = if name == JOB_TITLE { "jobTitle" } else { name };
        let value = read(inventory.custom_field(entity, name), value);
        if !value.is_null() {
            fields.insert(path.to_owned(), value);
        }
    }
    marker
}

/// The body with which a custom field is created.
pub(super) fn creation(name: &str, kind: CustomType, options: &[String]) -> Value {
    let (word, choices) = definition(kind, options);
    let mut body = json!({"name": name, "title": name, "type": word});
    if !choices.is_empty() {
        body["choices"] = choices.into();
        body["isMultiple"] = (kind == CustomType::MultiChoice).into();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: &str) -> CustomField {
        CustomField {
            name: "F__c".to_owned(),
            kind: kind.to_owned(),
            options: vec![],
            multiple: false,
        }
    }

    #[test]
    fn every_type_takes_its_value_and_gives_it_back() {
        for (kind, value, wire) in [
            ("Enum", json!(true), json!("Yes")),
            ("Enum", json!(["A", "B"]), json!(["A", "B"])),
            ("Number", json!("7.50"), json!(7.5)),
            ("Date", json!("2024-12-01"), json!("2024-12-01")),
            (
                "Text",
                json!("2024-12-01T08:00:00-07:00[America/Denver]"),
                json!("2024-12-01T08:00:00-07:00"),
            ),
            ("Text", json!(["Contacts:7"]), json!("Contacts:7")),
            (
                "Currency",
                json!({"currency": "USD", "amount": "12.50"}),
                json!({"currency": "USD", "amount": "12.50"}),
            ),
        ] {
            assert_eq!(sent(Some(&field(kind)), &value), wire, "{kind}");
            assert!(
                crate::crm::compare::same_custom(&value, &read(Some(&field(kind)), &wire)),
                "{value}"
            );
        }
    }
}
