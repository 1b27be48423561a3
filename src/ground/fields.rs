//! The fields that a record becomes: destination paths and their values.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::key::{CrmId, SourceKey};

/// A user of the CRM to whom something belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's id in the CRM.
    pub id: CrmId,
    /// The name of the person in the source, who may be another one when the user is a fallback.
    pub name: Box<str>,
}

/// The value of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// A value ready to be sent: text, number, boolean or a list of them.
    ///
    /// Times are RFC 9557 text with offset and zone (`2024-12-01T08:00:00-07:00[America/Denver]`),
    /// dates `2024-12-01`, money `{"currency": "USD", "amount": "12.50"}`, durations seconds.
    Plain(Value),
    /// Other records of this migration; their CRM ids are put in when the change is sent.
    Links(Vec<SourceKey>),
    /// A user of the CRM.
    User(User),
}

/// The fields of one record: destination path (`address.work.city`, `Rezora_Id__c`) to value.
///
/// Empty values are absent, never null.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(pub IndexMap<Box<str>, Made>);

impl Fields {
    /// The value at a path.
    pub fn get(&self, path: &str) -> Option<&Made> {
        self.0.get(path)
    }

    /// Sets the value at a path.
    pub fn set(&mut self, path: &str, made: Made) {
        self.0.insert(path.into(), made);
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields as JSON with links as source keys: the same text for the same record, whatever
    /// ids the CRM gave, so that its hash tells whether anything changed.
    pub fn canonical(&self) -> Value {
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_by(|left, right| left.0.cmp(right.0));
        entries
            .into_iter()
            .map(|(path, made)| (path.to_string(), made.canonical()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

impl Made {
    /// The value as people read it: lists with commas, amounts after their currency, records by
    /// their keys, users by their names.
    pub fn shown(&self) -> String {
        match self {
            Self::Plain(value) => shown(value),
            Self::Links(keys) => {
                keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            }
            Self::User(user) => user.name.to_string(),
        }
    }

    fn canonical(&self) -> Value {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Links(keys) => {
                json!({ "links": keys.iter().map(ToString::to_string).collect::<Vec<_>>() })
            }
            Self::User(user) => json!({ "user": user.id.to_string(), "name": &*user.name }),
        }
    }
}

/// A value of JSON as people read it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(parts) => match (parts.get("currency"), parts.get("amount")) {
            (Some(Value::String(currency)), Some(amount)) if parts.len() == 2 => {
                format!("{currency} {}", shown(amount))
            }
            (_, _) => value.to_string(),
        },
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_people_write_it() {
        let money = json!({"currency": "USD", "amount": "12.50"});
        assert_eq!(shown(&money), "USD 12.50");
        assert_eq!(shown(&json!(["a@x.example", "b@x.example"])), "a@x.example, b@x.example");
        assert_eq!(shown(&json!({"city": "Ulm"})), r#"{"city":"Ulm"}"#);
        assert_eq!(Made::Links(vec![SourceKey::new("people", "7")]).shown(), "people:7");
    }
}
