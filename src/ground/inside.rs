//! Into the JSON that a cell holds.

use std::borrow::Cow;

use serde_json::Value;

/// The value under the keys; a cell that holds JSON as text is read first. Null where they lead
/// nowhere.
pub fn inside<'v>(cell: &'v Value, keys: &[impl AsRef<str>]) -> Cow<'v, Value> {
    match cell {
        Value::String(text) if !keys.is_empty() => {
            let read = serde_json::from_str(text).unwrap_or(Value::Null);
            Cow::Owned(follow(&read, keys).cloned().unwrap_or_default())
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => follow(cell, keys).map_or(Cow::Owned(Value::Null), Cow::Borrowed),
    }
}

fn follow<'v>(value: &'v Value, keys: &[impl AsRef<str>]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |here, key| match here {
        Value::Object(members) => members.get(key.as_ref()),
        Value::Array(items) => {
            key.as_ref().parse().ok().and_then(|position: usize| items.get(position))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &Value, keys: &[&str], expected: &Value) {
        assert_eq!(*inside(input, keys), *expected, "{input}");
    }

    #[test]
    fn keys_lead_into_json_even_when_it_came_as_text() {
        check(&json!({"Buyer Stage": "Hot"}), &["Buyer Stage"], &json!("Hot"));
        check(&json!(r#"{"a":{"b":[1,2]}}"#), &["a", "b", "1"], &json!(2));
        check(&json!("plain"), &[], &json!("plain"));
    }

    #[test]
    fn a_key_that_is_not_there_is_empty() {
        check(&json!({"a": 1}), &["b"], &json!(null));
        check(&json!("no json"), &["b"], &json!(null));
    }
}
