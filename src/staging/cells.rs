//! Cells as text on disk, and the hash that tells whether a row changed.

use std::borrow::Borrow;

use blake3::Hasher;
use serde_json::Value;

use crate::ground::{Header, Record};

/// The hash of what a record says: columns by name, nulls and absent columns alike left out, so
/// that neither a new empty column nor another order of columns counts as a change.
pub fn content_hash(record: &Record) -> [u8; 32] {
    hash_cells(&sorted_positions(&record.header), &record.header, &record.cells)
}

/// The positions of the columns, sorted by name.
pub(super) fn sorted_positions(header: &Header) -> Vec<usize> {
    let columns = header.columns();
    let mut positions: Vec<usize> = (0..columns.len()).collect();
    positions.sort_by(|&left, &right| columns[left].name.cmp(&columns[right].name));
    positions
}

/// [`content_hash`] with the order of the columns worked out once for many rows.
pub(super) fn hash_cells(
    positions: &[usize],
    header: &Header,
    cells: &[impl Borrow<Value>],
) -> [u8; 32] {
    let mut hasher = Hasher::new();
    for &position in positions {
        match cells.get(position).map(Borrow::borrow) {
            None | Some(Value::Null) => {}
            Some(value) => {
                feed_text(&mut hasher, b'c', &header.columns()[position].name);
                feed(&mut hasher, value);
            }
        }
    }
    *hasher.finalize().as_bytes()
}

fn feed_text(hasher: &mut Hasher, tag: u8, text: &str) {
    hasher.update(&[tag]);
    hasher.update(&text.len().to_le_bytes());
    hasher.update(text.as_bytes());
}

fn feed(hasher: &mut Hasher, value: &Value) {
    match value {
        Value::Null => feed_text(hasher, b'n', ""),
        Value::Bool(true) => feed_text(hasher, b't', ""),
        Value::Bool(false) => feed_text(hasher, b'f', ""),
        Value::Number(number) => feed_text(hasher, b'd', &number.to_string()),
        Value::String(text) => feed_text(hasher, b's', text),
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                feed(hasher, item);
            }
            hasher.update(b"]");
        }
        Value::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|left, right| left.0.cmp(right.0));
            hasher.update(b"{");
            for (key, item) in sorted {
                feed_text(hasher, b'k', key);
                feed(hasher, item);
            }
            hasher.update(b"}");
        }
    }
}

/// Cells as they stand on disk: a JSON array without the nulls at its end.
pub(super) fn encode(cells: &[&Value]) -> Result<String, serde_json::Error> {
    let filled = cells.iter().rposition(|cell| !cell.is_null()).map_or(0, |last| last + 1);
    serde_json::to_string(&cells[..filled])
}

/// The reverse of [`encode`].
pub(super) fn decode(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    serde_json::from_str(text)
}

/// The keys that a link cell names: itself, or each element of a list.
pub(super) fn link_values(cell: &Value) -> Vec<String> {
    match cell {
        Value::Array(items) => items.iter().filter_map(scalar_text).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            scalar_text(cell).into_iter().collect()
        }
    }
}

/// A scalar as the text of a key: numbers as written, spaces around it gone; `None` when empty.
pub(super) fn scalar_text(cell: &Value) -> Option<String> {
    let text = match cell {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A count or position in the form that the database takes.
pub(super) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::ground::Column;

    fn record(columns: &[&str], cells: Vec<Value>) -> Record {
        let columns =
            columns.iter().map(|&name| Column { name: name.into(), shown: name.into() }).collect();
        let header = Arc::new(Header::new(columns));
        Record { key: "1".into(), occurrence: None, place: "".into(), source: 0, header, cells }
    }

    #[test]
    fn a_new_empty_column_or_another_order_is_no_change() {
        let before = record(&["id", "name"], vec![json!(1), json!("Ann")]);
        let after = record(&["name", "fax", "id"], vec![json!("Ann"), Value::Null, json!(1)]);
        assert_eq!(content_hash(&before), content_hash(&after));
    }

    #[test]
    fn a_value_that_moves_to_another_column_or_type_is_a_change() {
        let hash = |column, value| content_hash(&record(&[column], vec![value]));
        assert_ne!(hash("home", json!("5")), hash("work", json!("5")));
        assert_ne!(hash("home", json!("5")), hash("home", json!(5)));
        assert_ne!(hash("list", json!(["ab"])), hash("list", json!(["a", "b"])));
    }

    #[test]
    fn the_order_of_keys_in_a_nested_object_is_no_change() {
        let hash = |value| content_hash(&record(&["properties"], vec![value]));
        assert_eq!(hash(json!({"a": 1, "b": 2})), hash(json!({"b": 2, "a": 1})));
    }
}
