//! Into the JSON that a cell holds.

use std::borrow::Cow;

use serde_json::Value;

/// The value under the keys; a cell that holds JSON as text is read first. A number chooses an
/// element of a list, another key is looked for in each of them. Null where keys lead nowhere.
pub fn inside<'v>(cell: &'v Value, keys: &[impl AsRef<str>]) -> Cow<'v, Value> {
    match cell {
        Value::String(text) if !keys.is_empty() => {
            let read = serde_json::from_str(text).unwrap_or_default();
            Cow::Owned(follow(&read, keys).into_owned())
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => follow(cell, keys),
    }
}

fn follow<'v>(value: &'v Value, keys: &[impl AsRef<str>]) -> Cow<'v, Value> {
    let Some((key, rest)) = keys.split_first() else { return Cow::Borrowed(value) };
    let next = match value {
        Value::Object(members) => members.get(key.as_ref()),
        Value::Array(items) => match key.as_ref().parse::<usize>() {
            Ok(position) => items.get(position),
            Err(_) => return Cow::Owned(each(items, keys)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    next.map_or(Cow::Owned(Value::Null), |next| follow(next, rest))
}

/// What lies under the keys in each element, as one list.
fn each(items: &[Value], keys: &[impl AsRef<str>]) -> Value {
    let mut found = Vec::new();
    for item in items {
        match follow(item, keys).into_owned() {
            Value::Null => {}
            Value::Array(values) => found.extend(values),
            value @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                found.push(value);
            }
        }
    }
    if found.is_empty() { Value::Null } else { Value::Array(found) }
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
    fn a_key_behind_a_list_is_looked_for_in_each_of_its_elements() {
        let people =
            json!([{"id": 1, "tags": ["a", "b"]}, {"name": "x"}, {"id": 2, "tags": ["c"]}]);
        check(&people, &["id"], &json!([1, 2]));
        check(&people, &["tags"], &json!(["a", "b", "c"]));
        check(&people, &["2", "id"], &json!(2));
        check(&json!(people.to_string()), &["id"], &json!([1, 2]));
        check(&people, &["phone"], &json!(null));
    }

    #[test]
    fn a_key_that_is_not_there_is_empty() {
        check(&json!({"a": 1}), &["b"], &json!(null));
        check(&json!("no json"), &["b"], &json!(null));
    }
}
