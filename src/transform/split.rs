//! `split` and `unique`: one text becomes several values.

use serde_json::Value;

use crate::ground::is_blank;

/// The parts of every text that say something; lists are taken apart as well.
pub(super) fn split(values: Vec<Value>, sign: &str) -> Vec<Value> {
    flatten(values).into_iter().flat_map(|value| parts(value, sign)).collect()
}

fn parts(value: Value, sign: &str) -> Vec<Value> {
    let Value::String(text) = &value else { return vec![value] };
    let parts = text.split(sign).map(str::trim).filter(|part| !part.is_empty());
    parts.map(Value::from).collect()
}

/// Lists among the values as their elements.
pub(super) fn flatten(values: Vec<Value>) -> Vec<Value> {
    let mut flat = Vec::with_capacity(values.len());
    for value in values {
        if let Value::Array(items) = value {
            flat.extend(items);
        } else {
            flat.push(value);
        }
    }
    flat.retain(|value| !is_blank(value));
    flat
}

/// The values without repetitions, in their order.
pub(super) fn unique(values: Vec<Value>) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    values.into_iter().filter(|value| seen.insert(value.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: Value, expected: &[&str]) {
        assert_eq!(split(vec![input], ";"), expected);
    }

    #[test]
    fn a_cell_with_several_values_is_taken_apart() {
        check(json!("VIP; Newsletter;;"), &["VIP", "Newsletter"]);
        check(json!(["a;b", "c"]), &["a", "b", "c"]);
        check(json!(" "), &[]);
    }

    #[test]
    fn repeated_values_are_kept_once() {
        assert_eq!(unique(vec![json!("b"), json!("a"), json!("b")]), [json!("b"), json!("a")]);
    }
}
