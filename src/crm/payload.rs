//! The payload check: the fields of a record against the schema of its kind, before it is announced.

use serde_json::{Map, Value, json};

use super::records::Values;
use crate::spec::{ObjectKind, PayloadFault, kind_schema};

/// The faults of a record, none when it can be sent.
///
/// Fields that exist only between us and the CRM (`author_name`, the reference of an upload, a
/// link) are not in the schemas and not checked.
pub fn check(kind: ObjectKind, fields: &Values) -> Vec<PayloadFault> {
    kind_schema(kind).faults(&nested(kind, fields))
}

/// The fields as a document: dots become levels; a value without a label among labelled ones gets
/// the label `0`.
fn nested(kind: ObjectKind, fields: &Values) -> Value {
    let mut document = Map::new();
    for (path, value) in fields {
        match (kind, path.as_str()) {
            (_, "author_name") => {}
            (ObjectKind::File, "file" | "link") => {
                document.insert("content".to_owned(), "sent".into());
            }
            (_, custom) if custom.ends_with("__c") => {
                document.insert(custom.to_owned(), value.clone());
            }
            (_, path) => put(&mut document, path, value),
        }
    }
    document.into()
}

fn put(document: &mut Map<String, Value>, path: &str, value: &Value) {
    let Some((first, rest)) = path.split_once('.') else {
        match document.get_mut(path) {
            Some(Value::Object(levels)) => levels.insert("0".to_owned(), value.clone()),
            Some(_) | None => document.insert(path.to_owned(), value.clone()),
        };
        return;
    };
    let level = document.entry(first).or_insert_with(|| json!({}));
    if !level.is_object() {
        *level = json!({"0": level.take()});
    }
    if let Value::Object(levels) = level {
        put(levels, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_line(kind: ObjectKind, fields: Value) -> String {
        let fields: Values = serde_json::from_value(fields).unwrap();
        let faults = check(kind, &fields);
        faults.iter().map(|fault| fault.path.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_record_that_can_be_sent_has_no_faults() {
        let person = json!({
            "name": "Jane", "email": ["a@mail.example"], "email.secondary": "b@mail.example",
            "phone.mobile": "+13035551234", "address.city": "Golden", "address.work.city": "Reno",
            "owner": "Users:3", "accounts": ["Accounts:7"], "tags": ["Hot"], "Score__c": 7,
        });
        assert_eq!(check_line(ObjectKind::Person, person), "");
        let note = json!({"entity": "Contacts:7", "note": "x", "author_name": "Jane",
            "date": "2024-12-01T08:00:00-07:00[America/Denver]", "author": "Users:3"});
        assert_eq!(check_line(ObjectKind::Note, note), "");
        let file = json!({"entity": "Contacts:7", "name": "x.pdf", "file": {"id": 3}});
        assert_eq!(check_line(ObjectKind::File, file), "");
    }

    #[test]
    fn a_record_that_cannot_be_sent_names_the_field() {
        let long = "x".repeat(101);
        let deal = json!({"description": long, "stage": "Sales / Qualify"});
        assert_eq!(check_line(ObjectKind::Deal, deal), "description");
        let person = json!({"name": "Jane", "owner": "Jane"});
        assert_eq!(check_line(ObjectKind::Person, person), "owner");
        assert!(!check(ObjectKind::Person, &Values::new()).is_empty(), "a name is required");
    }
}
