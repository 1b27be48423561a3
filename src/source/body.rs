//! What a body says: a list of rows, an error dressed up as one, or nonsense.

use serde_json::{Map, Value};

use super::envelope;
use super::shape;
use crate::spec::Table;

/// A body, understood.
#[derive(Debug, PartialEq)]
pub(super) enum Body {
    /// Rows.
    List {
        /// They.
        items: Vec<Value>,
        /// What the body says about rows beyond them.
        beyond: Beyond,
    },
    /// An error, whatever the HTTP status was.
    Error {
        /// Its code, if it has one.
        code: Option<u16>,
        /// What it says.
        text: String,
    },
    /// No list can be found.
    Nonsense(String),
}

/// What a body says about further pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beyond {
    /// Nothing.
    Unsaid,
    /// There are more.
    More,
    /// The list has so many rows.
    Total(u64),
}

/// Understands the body of a list of `table` whose rows stand under `items`.
pub(super) fn understand(body: Value, items: Option<&str>, table: &Table) -> Body {
    match body {
        Value::Array(rows) => match lone_error(&rows, table) {
            Some(answer) => answer,
            None => Body::List { items: rows, beyond: Beyond::Unsaid },
        },
        Value::Object(entries) => from_object(entries, items),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Body::Nonsense("the answer is JSON, but no list of rows".into())
        }
    }
}

fn from_object(mut entries: Map<String, Value>, items: Option<&str>) -> Body {
    let lists = match envelope::take_rows(&mut entries, items) {
        Ok(rows) => return Body::List { items: rows, beyond: beyond(&entries) },
        Err(lists) => lists,
    };
    if let Some(answer) = error(&entries) {
        return answer;
    }
    Body::Nonsense(envelope::no_rows("the answer", items, lists))
}

/// A list of one row without a key that has a `status` or an `error` is no row.
fn lone_error(rows: &[Value], table: &Table) -> Option<Body> {
    let [Value::Object(row)] = rows else { return None };
    let is_key = |shown: &String| {
        let column = shape::column(table, shown);
        table.key.iter().any(|key| **key == *column.name)
    };
    if row.keys().any(is_key) {
        return None;
    }
    error(row)
}

fn error(entries: &Map<String, Value>) -> Option<Body> {
    let said =
        entries.get("error").filter(|error| !matches!(error, Value::Null | Value::Bool(false)));
    let status = entries.get("status");
    let code = [status, entries.get("code"), part(said, "code"), part(said, "status")]
        .into_iter()
        .flatten()
        .find_map(http_code);
    let text = [part(said, "message"), said, entries.get("message"), status]
        .into_iter()
        .flatten()
        .find_map(shape::scalar_text)
        .unwrap_or_default();
    let good_word = status.and_then(Value::as_str).is_some_and(|status| {
        ["ok", "success"].iter().any(|good| status.eq_ignore_ascii_case(good))
    });
    if said.is_none() && (good_word || code.is_some_and(|code| code < 400)) {
        // "All went well", and no row.
        return Some(Body::List { items: Vec::new(), beyond: Beyond::Unsaid });
    }
    let bad_word = status.and_then(Value::as_str).is_some_and(|status| {
        ["error", "fail", "failed", "failure"].iter().any(|bad| status.eq_ignore_ascii_case(bad))
    });
    let bad = said.is_some() || bad_word || code.is_some();
    bad.then_some(Body::Error { code: code.filter(|&code| code >= 400), text })
}

fn part<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    value?.get(key)
}

fn http_code(value: &Value) -> Option<u16> {
    shape::scalar_text(value)?.parse().ok().filter(|code| (200..600).contains(code))
}

fn beyond(entries: &Map<String, Value>) -> Beyond {
    let meta = ["meta", "pagination", "paging"]
        .iter()
        .find_map(|key| entries.get(*key).and_then(Value::as_object));
    let look =
        |keys: [&str; 3]| keys.iter().find_map(|key| entries.get(*key).or_else(|| meta?.get(*key)));
    if look(["has_more", "hasMore", "more"]).and_then(Value::as_bool) == Some(true) {
        return Beyond::More;
    }
    let total = look(["total", "total_count", "totalCount"]);
    total.and_then(Value::as_u64).map_or(Beyond::Unsaid, Beyond::Total)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::sample;

    fn check(body: &Value, items: Option<&str>, expected: &str) {
        let table = sample::table("contacts", "/contacts", "id");
        let shown = match understand(body.clone(), items, &table) {
            Body::List { items, beyond } => format!("{} rows, {beyond:?}", items.len()),
            Body::Error { code, text } => format!("error {code:?} {text}"),
            Body::Nonsense(detail) => detail,
        };
        assert_eq!(shown, expected, "{body}");
    }

    #[test]
    fn rows_are_found_in_every_envelope() {
        check(&json!([{"id": 1}, {"id": 2}]), None, "2 rows, Unsaid");
        check(
            &json!({"data": [{"id": 1}], "meta": {"total": 9}}),
            Some("data"),
            "1 rows, Total(9)",
        );
        check(&json!({"list": [], "has_more": true}), None, "0 rows, More");
        check(&json!([{"id": 1, "status": "404"}]), None, "1 rows, Unsaid");
        check(&json!({"data": [{"id": 1}], "error": null}), Some("data"), "1 rows, Unsaid");
    }

    #[test]
    fn an_error_inside_a_good_answer_is_an_error() {
        check(&json!([{"status": "500", "error": "boom"}]), None, "error Some(500) boom");
        check(&json!({"status": "error", "message": "no"}), Some("data"), "error None no");
        check(
            &json!({"error": {"code": 403, "message": "no"}}),
            Some("data"),
            "error Some(403) no",
        );
        check(&json!([{"status": "200"}]), None, "0 rows, Unsaid");
    }

    #[test]
    fn an_answer_without_a_list_is_nonsense_not_an_empty_table() {
        check(
            &json!({"items": []}),
            Some("data"),
            "the answer has no list of rows under `data`; its lists: `items`; name the one with the rows, as `items: items`",
        );
        check(
            &json!({"a": [], "b": []}),
            None,
            "the answer has several lists, or one that lies deeper; its lists: `a`, `b`; name the one with the rows, as `items: a`",
        );
        check(&json!("maintenance"), None, "the answer is JSON, but no list of rows");
    }
}
