//! `join`: several values become one text.

use serde_json::Value;

use crate::ground::is_blank;

use super::cell;

/// The values that say something, joined; nothing when none does.
pub(super) fn join(values: &[Value], glue: &str) -> Option<Value> {
    let parts: Vec<_> = values.iter().filter(|value| !is_blank(value)).map(cell::text).collect();
    (!parts.is_empty()).then(|| Value::String(parts.join(glue)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn empty_parts_leave_no_gap() {
        assert_eq!(
            join(&[json!("Jane"), json!(null), json!("Smith")], " "),
            Some(json!("Jane Smith"))
        );
        assert_eq!(join(&[json!(""), json!(null)], " "), None);
    }
}
