//! A row of a source table.

use std::sync::Arc;

use serde_json::Value;

use super::header::Header;

/// Whether a cell says nothing: null, blank text, an empty list or object.
pub fn is_blank(cell: &Value) -> bool {
    match cell {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A row of a source table, as it was read.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its key in the table: the key columns' values, joined by `|` when there are several.
    pub key: Box<str>,
    /// Which one of a series of records it is, when `expand` makes several of one row: the day, or
    /// the day and time, on which it takes place.
    pub occurrence: Option<Box<str>>,
    /// Where it stood, for messages: `contacts.csv line 17`, `/contacts page 3 row 12`.
    pub place: Box<str>,
    /// Which source of the pipeline it came from (its position there): the time zone hangs on it.
    pub source: usize,
    /// The table's columns.
    pub header: Arc<Header>,
    /// The values, in the header's order; shorter than it when trailing columns are absent.
    pub cells: Vec<Value>,
}

/// What an absent column holds.
static ABSENT: Value = Value::Null;

impl Record {
    /// The id under which it is known as a record: its key, `6100@2025-01-06` in a series.
    pub fn id(&self) -> Box<str> {
        match &self.occurrence {
            None => self.key.clone(),
            Some(occurrence) => format!("{}@{occurrence}", self.key).into(),
        }
    }

    /// The value of a column; null when the column or the cell is absent.
    pub fn get(&self, column: &str) -> &Value {
        self.header
            .position(column)
            .and_then(|position| self.cells.get(position))
            .unwrap_or(&ABSENT)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blank_cells_say_nothing_but_zero_and_false_do() {
        assert!([json!(null), json!(" \t"), json!([]), json!({})].iter().all(is_blank));
        assert!(![json!(0), json!(false), json!("x")].iter().any(is_blank));
    }
}
