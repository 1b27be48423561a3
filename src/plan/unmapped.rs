//! Columns that hold something and that nothing in the spec names: they would be left behind
//! without a word.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::error::PlanError;
use super::prepare::Desk;
use crate::ground::Record;
use crate::spec::{Pipeline, named_columns};

/// A column that nothing names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// Its table.
    pub table: String,
    /// The column, as rules would name it.
    pub column: String,
    /// How many rows hold something there.
    pub rows: u64,
}

/// Those of every table that an object is made of; the fullest first.
pub(super) fn find(desk: &Desk) -> Result<Vec<Unmapped>, PlanError> {
    let pipeline: &Pipeline = &desk.pipeline;
    let tables: BTreeSet<usize> = pipeline.objects.iter().map(|object| object.table).collect();
    let mut found = Vec::new();
    for table in tables {
        let Some(named) = named_columns(pipeline, table) else { continue };
        let name = &pipeline.tables[table].name;
        let mut counts = BTreeMap::new();
        for row in desk.rows.rows(name)? {
            count(&*row?, &named, &mut counts);
        }
        let mut own: Vec<_> = counts.into_iter().collect();
        own.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        let unmapped =
            |(column, rows)| Unmapped { table: name.clone(), column: String::from(column), rows };
        found.extend(own.into_iter().map(unmapped));
    }
    Ok(found)
}

fn count(row: &Record, named: &BTreeSet<String>, counts: &mut BTreeMap<Box<str>, u64>) {
    for (column, cell) in row.header.columns().iter().zip(&row.cells) {
        let is_empty = match cell {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        if !is_empty && !named.contains(&*column.name) {
            *counts.entry(column.name.clone()).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::ground::{Column, Header};

    #[test]
    fn a_column_counts_where_it_holds_something_and_nothing_names_it() {
        let column = |name: &str| Column { name: name.into(), shown: name.into() };
        let header = Arc::new(Header::new(["id", "notes", "fax"].map(column).into()));
        let row = |cells: [Value; 3]| Record {
            key: "1".into(),
            occurrence: None,
            place: "contacts.csv line 2".into(),
            source: 0,
            header: Arc::clone(&header),
            cells: cells.into(),
        };
        let named = BTreeSet::from(["id".to_owned()]);
        let mut counts = BTreeMap::new();
        count(&row([json!("1"), json!("x"), Value::Null]), &named, &mut counts);
        count(&row([json!("2"), json!(0), json!([])]), &named, &mut counts);
        assert_eq!(counts, BTreeMap::from([("notes".into(), 2)]));
    }
}
