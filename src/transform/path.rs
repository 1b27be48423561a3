//! Paths: from a row over links to a column, and into its JSON.

use std::sync::Arc;

use serde_json::Value;

use crate::ground::{Record, Rows};
use crate::spec::{ColumnPath, Pipeline};

use super::cell;
use super::scene::Scene;

/// The value at the end of a path; null where a link leads nowhere.
pub(super) fn value(path: &ColumnPath, scene: &Scene<'_>) -> Value {
    follow(path, &scene.record, scene.world.rows, &scene.workshop.pipeline)
}

/// The same for a row by itself.
pub(super) fn follow(
    path: &ColumnPath,
    record: &Arc<Record>,
    rows: &dyn Rows,
    pipeline: &Pipeline,
) -> Value {
    if path.links.is_empty() {
        return inside(record.get(&path.column), &path.keys);
    }
    let mut here = Arc::clone(record);
    for step in &path.links {
        let key = cell::text(here.get(&step.column));
        if key.is_empty() {
            return Value::Null;
        }
        let Some(next) = rows.get(&pipeline.tables[step.table].name, &key) else {
            return Value::Null;
        };
        here = next;
    }
    inside(here.get(&path.column), &path.keys)
}

/// The value under the keys; a cell that holds JSON as text is read first.
fn inside(value: &Value, keys: &[String]) -> Value {
    if keys.is_empty() {
        return value.clone();
    }
    let parsed;
    let mut here = value;
    if let Value::String(text) = value {
        parsed = serde_json::from_str(text).unwrap_or(Value::Null);
        here = &parsed;
    }
    for key in keys {
        let next = match here {
            Value::Object(members) => members.get(key),
            Value::Array(items) => key.parse().ok().and_then(|position: usize| items.get(position)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        let Some(next) = next else { return Value::Null };
        here = next;
    }
    here.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &Value, keys: &[&str], expected: &Value) {
        let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
        assert_eq!(inside(input, &keys), *expected, "{input}");
    }

    #[test]
    fn keys_lead_into_json_even_when_it_came_as_text() {
        check(&json!({"Buyer Stage": "Hot"}), &["Buyer Stage"], &json!("Hot"));
        check(&json!(r#"{"a":{"b":[1,2]}}"#), &["a", "b", "1"], &json!(2));
    }

    #[test]
    fn a_key_that_is_not_there_is_empty() {
        check(&json!({"a": 1}), &["b"], &json!(null));
        check(&json!("no json"), &["b"], &json!(null));
    }
}
