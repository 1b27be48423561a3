//! How two sources differ about the same record.

use serde_json::Value;

use super::shape::scalar_text;
use crate::ground::Record;

/// A column about which two sources differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The column.
    pub column: Box<str>,
    /// What the source in service says.
    pub current: Box<str>,
    /// What the other one says.
    pub other: Box<str>,
}

/// The columns that both have and in which they differ; spaces around a value do not count, nor
/// does whether a number or a truth is written as text.
pub fn compare(current: &Record, other: &Record) -> Vec<Difference> {
    let both = other.header.columns().iter().filter_map(|column| {
        current.header.position(&column.name)?;
        Some(&column.name)
    });
    both.filter_map(|name| {
        let (mine, theirs) = (current.get(name), other.get(name));
        let (current, other) = (text(mine), text(theirs));
        let differ = current != other && truth(mine).is_none_or(|mine| Some(mine) != truth(theirs));
        differ.then(|| Difference {
            column: name.clone(),
            current: current.into(),
            other: other.into(),
        })
    })
    .collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            scalar_text(value).unwrap_or_default()
        }
    }
}

/// The truth that a value may stand for: the older API writes `0` and `1`.
fn truth(value: &Value) -> Option<bool> {
    match text(value).to_lowercase().as_str() {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::ground::{Column, Header};

    fn record(row: &Value) -> Record {
        let row = row.as_object().unwrap();
        let column = |name: &String| Column { name: name.as_str().into(), shown: "".into() };
        let header = Arc::new(Header::new(row.keys().map(column).collect()));
        let cells = row.values().cloned().collect();
        Record { key: "1".into(), occurrence: None, place: "".into(), source: 0, header, cells }
    }

    #[test]
    fn only_columns_that_both_have_are_compared_and_spelling_of_types_does_not_count() {
        let current = record(&json!({"id": 7, "name": "Ann ", "optout": true, "new": "x"}));
        let other = record(&json!({"name": "Ann", "id": "7", "optout": "1", "old": "y"}));
        assert_eq!(compare(&current, &other), []);
    }

    #[test]
    fn every_difference_is_named_with_both_values() {
        let current = record(&json!({"name": "Ann", "phone": null, "optout": false}));
        let other = record(&json!({"name": "Anna", "phone": "555", "optout": "1"}));
        let columns: Vec<_> = compare(&current, &other)
            .iter()
            .map(|found| format!("{}: {} / {}", found.column, found.current, found.other))
            .collect();
        assert_eq!(columns, ["name: Ann / Anna", "phone:  / 555", "optout: false / 1"]);
    }
}
