//! `bool`: yes or no, in five spellings.

use serde_json::Value;

use super::cell;
use super::remark::Reading;

/// Reads a yes or no: `true`, `yes`, `y`, `on`, `1` and their opposites.
pub(super) fn read(value: &Value) -> Reading {
    match said(value) {
        Some(yes) => Reading::Fine(Value::Bool(yes)),
        None => Reading::bad("bad_bool", "is neither a yes nor a no; left out"),
    }
}

/// What a cell says as a yes or no, if it says that.
pub(super) fn said(value: &Value) -> Option<bool> {
    if let Value::Bool(yes) = value {
        return Some(*yes);
    }
    match &*cell::text(value).to_lowercase() {
        "true" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &Value, expected: &str) {
        assert_eq!(read(input).line(), expected, "{input}");
    }

    #[test]
    fn five_spellings_of_yes_and_no_are_understood() {
        for yes in [json!("TRUE"), json!("Yes"), json!("y"), json!("on"), json!(1), json!(true)] {
            check(&yes, "true");
        }
        for no in [json!("False"), json!("NO"), json!("n"), json!("off"), json!("0")] {
            check(&no, "false");
        }
    }

    #[test]
    fn anything_else_is_flagged_not_guessed() {
        check(&json!("maybe"), "[bad_bool]");
        check(&json!(2), "[bad_bool]");
    }
}
