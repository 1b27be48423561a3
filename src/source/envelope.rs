//! Where rows stand in an object around them: its only list, or the one that `items` names.

use serde_json::{Map, Value};

/// How many lists a message names.
const NAMED_MAX: usize = 8;

/// Takes the rows out of the object. `items` is a key, or several with dots between them.
///
/// The error says which lists there are; without any it is `None`.
pub(super) fn take_rows(
    entries: &mut Map<String, Value>,
    items: Option<&str>,
) -> Result<Vec<Value>, Option<String>> {
    let path = match items {
        Some(path) => path.to_owned(),
        None => only_list(entries)?,
    };
    let found = match entries.get_mut(&path) {
        Some(found) => Some(found),
        None => below(entries, &path),
    };
    match found {
        Some(Value::Array(rows)) => Ok(std::mem::take(rows)),
        Some(_) | None => Err(named(&lists(entries))),
    }
}

fn below<'v>(entries: &'v mut Map<String, Value>, path: &str) -> Option<&'v mut Value> {
    let mut keys = path.split('.');
    let first = entries.get_mut(keys.next()?)?;
    keys.try_fold(first, |here, key| here.get_mut(key))
}

fn only_list(entries: &Map<String, Value>) -> Result<String, Option<String>> {
    let mut own = entries.iter().filter(|(_, value)| value.is_array());
    match (own.next(), own.next()) {
        (Some((key, _)), None) => Ok(key.clone()),
        (_, _) => Err(named(&lists(entries))),
    }
}

/// The lists of an object, and of the objects in it.
fn lists(entries: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in entries {
        if value.is_array() {
            found.push(key.clone());
        }
        let inner = value.as_object().into_iter().flatten();
        let inner = inner.filter(|(_, value)| value.is_array());
        found.extend(inner.map(|(below, _)| format!("{key}.{below}")));
    }
    found
}

fn named(lists: &[String]) -> Option<String> {
    let first = lists.first()?;
    let shown: Vec<_> = lists.iter().take(NAMED_MAX).map(|list| format!("`{list}`")).collect();
    let more = if lists.len() > NAMED_MAX { ", …" } else { "" };
    let shown = shown.join(", ");
    Some(format!("its lists: {shown}{more}; name the one with the rows, as `items: {first}`"))
}

/// What is said of an object in which no rows are found.
pub(super) fn no_rows(whole: &str, items: Option<&str>, lists: Option<String>) -> String {
    let what = match (items, &lists) {
        (Some(path), _) => format!("{whole} has no list of rows under `{path}`"),
        (None, Some(_)) => format!("{whole} has several lists, or one that lies deeper"),
        (None, None) => format!("{whole} has no list of rows"),
    };
    lists.map_or_else(|| what.clone(), |lists| format!("{what}; {lists}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(body: &Value, items: Option<&str>, expected: Result<usize, &str>) {
        let mut entries = body.as_object().unwrap().clone();
        let found = take_rows(&mut entries, items).map(|rows| rows.len());
        let expected = expected.map_err(|text| (!text.is_empty()).then(|| text.to_owned()));
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn the_only_list_holds_the_rows_and_a_path_finds_one_that_lies_deeper() {
        check(&json!({"count": 2, "results": [{}, {}]}), None, Ok(2));
        let body = json!({"open": {"count": 1, "rows": [{}]}, "tags": [{}, {}, {}]});
        check(&body, Some("open.rows"), Ok(1));
        check(&json!({"open.rows": [{}]}), Some("open.rows"), Ok(1));
    }

    #[test]
    fn several_lists_are_told_with_the_word_that_chooses_one() {
        let body = json!({"open": {"rows": [{}]}, "tags": [], "users": []});
        let lists = "its lists: `open.rows`, `tags`, `users`; name the one with the rows, as \
                     `items: open.rows`";
        check(&body, None, Err(lists));
        check(&body, Some("rows"), Err(lists));
        check(&json!({"count": 0}), None, Err(""));
    }
}
