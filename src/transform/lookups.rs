//! Filters that find rows and columns in a document: by key, by name, by what they have in common.

use indexmap::IndexMap;
use minijinja::value::Rest;
use minijinja::{Error, ErrorKind, State, Value};

use crate::ground::is_blank;

use super::page::{self, Page, shown};

/// `link.to_id | row_of('contacts')`: the row of a table with that key; nothing when there is none.
pub(super) fn row_of(state: &State<'_, '_>, key: &Value, table: &str) -> Result<Value, Error> {
    let Some((stock, habit)) = page::shelf_of(state) else { return Ok(Value::UNDEFINED) };
    let Some(position) = stock.atlas.position(table) else {
        let detail = format!("there is no table `{table}`");
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    };
    let key = said(key);
    if key.is_empty() {
        return Ok(Value::UNDEFINED);
    }
    let found = stock.row(position, &key);
    Ok(found.map_or(Value::UNDEFINED, |row| Page::value(position, row, (stock, habit))))
}

/// `rows | by('object', 'kind')`: what these columns hold, joined by `|`, to the rows that hold it,
/// in the order of the rows.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over")]
pub(super) fn by(
    state: &State<'_, '_>,
    rows: &Value,
    columns: Rest<String>,
) -> Result<Value, Error> {
    let mut groups: IndexMap<String, Vec<Value>> = IndexMap::new();
    if rows.is_undefined() {
        return Ok(Value::from_pairs(std::iter::empty::<(String, Value)>()));
    }
    for row in rows.try_iter()? {
        state.consume_fuel(1)?;
        let parts: Result<Vec<_>, Error> =
            columns.iter().map(|column| Ok(said(&row.get_attr(column)?))).collect();
        groups.entry(parts?.join("|")).or_default().push(row);
    }
    Ok(Value::from_pairs(groups.into_iter().map(|(key, rows)| (key, Value::from(rows)))))
}

/// `row | maybe('subject', 'title')`: the first of these columns that the row has and that is not
/// empty; one that no row has is no fault.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over")]
pub(super) fn maybe(row: &Value, columns: Rest<String>) -> Value {
    let Some(page) = row.downcast_object_ref::<Page>() else { return Value::UNDEFINED };
    let cells = columns.iter().map(|column| page.record.get(column));
    let found = cells.into_iter().find(|value| !is_blank(value));
    found.map_or(Value::UNDEFINED, shown)
}

/// `row | columns('name')`: header to value of every column that is not empty, but for those named.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over")]
pub(super) fn columns(row: &Value, without: Rest<String>) -> Value {
    let Some(page) = row.downcast_object_ref::<Page>() else { return Value::UNDEFINED };
    let columns = page.record.header.columns().iter().zip(&page.record.cells);
    let told = columns
        .filter(|(column, value)| {
            !is_blank(value) && !without.iter().any(|name| **name == *column.name)
        })
        .map(|(column, value)| (column.shown.to_string(), shown(value)));
    Value::from_pairs(told)
}

fn said(value: &Value) -> String {
    if value.is_undefined() || value.is_none() { String::new() } else { value.to_string() }
}
