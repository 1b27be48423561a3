//! Rows as the source gives them to records: names, nulls, keys.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::SourceError;
use super::page::RowFault;
use crate::ground::{Column, Header, Record, inside, snake_case};
use crate::spec::Table;

/// Shapes the rows of a page.
pub(super) struct Shaper<'a> {
    table: &'a Table,
    nulls: &'a [String],
    /// The file or path, for messages.
    origin: String,
    header: Header,
    /// Column as written to its position.
    positions: HashMap<String, usize>,
    /// Columns that are taken out of the JSON of others.
    lifts: Vec<Lift>,
    rows: Vec<(Box<str>, Box<str>, Vec<Value>)>,
    /// What was remarked so far.
    pub(super) faults: Vec<RowFault>,
}

/// The column that a table calls `shown` in its source.
pub(super) fn column(table: &Table, shown: &str) -> Column {
    let own = snake_case(shown);
    let name = table.rename.get(&*own).map_or(own, |renamed| renamed.as_str().into());
    Column { name, shown: shown.trim().into() }
}

/// A `rename` with dots: a value within a column becomes a column of its own.
struct Lift {
    /// The column as the source calls it, in snake case.
    column: Box<str>,
    keys: Vec<String>,
    /// What it becomes.
    to: Column,
}

fn lifts(table: &Table) -> Vec<Lift> {
    let lift = |(from, to): (&String, &String)| {
        let (column, keys) = from.split_once('.')?;
        let keys = keys.split('.').map(str::to_owned).collect();
        let to = Column { name: to.as_str().into(), shown: from.as_str().into() };
        let column = table.rename.get(column).map_or(column, String::as_str);
        Some(Lift { column: column.into(), keys, to })
    };
    table.rename.iter().filter_map(lift).collect()
}

impl<'a> Shaper<'a> {
    pub(super) fn new(table: &'a Table, nulls: &'a [String], origin: &str) -> Self {
        Self {
            table,
            nulls,
            origin: origin.into(),
            header: Header::default(),
            positions: HashMap::new(),
            lifts: lifts(table),
            rows: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// How many rows there are so far.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The name of the column at a position; empty when there is none.
    pub(super) fn column_name(&self, position: usize) -> &str {
        self.header.columns().get(position).map_or("", |column| &column.name)
    }

    /// The columns of a file, all at once: two of one name are an error.
    pub(super) fn set_columns(&mut self, shown: &[String]) -> Result<(), SourceError> {
        for (number, shown) in shown.iter().enumerate() {
            let mut column = column(self.table, shown);
            if column.name.is_empty() {
                column.name = format!("column_{}", number + 1).into();
            }
            if let Some(first) = self.header.position(&column.name) {
                let at = |shown: &str, number: usize| format!("`{shown}` (column {number})");
                let place = self.origin.clone();
                let first = at(&self.header.columns()[first].shown, first + 1);
                let second = at(&column.shown, number + 1);
                let name = column.name.into();
                return Err(SourceError::DuplicateColumn { place, name, first, second });
            }
            self.header.push(column);
        }
        let taken = |lift: &&Lift| self.header.position(&lift.to.name).is_some();
        if let Some(lift) = self.lifts.iter().find(taken) {
            let first = self.header.position(&lift.to.name).unwrap_or_default();
            return Err(self.duplicate(first, &lift.to));
        }
        Ok(())
    }

    /// Takes a row in the order of [`Shaper::set_columns`].
    pub(super) fn push_cells(&mut self, place: String, mut cells: Vec<Value>) {
        self.lift(&mut cells);
        for cell in &mut cells {
            if self.is_nothing(cell) {
                *cell = Value::Null;
            }
        }
        match self.key(&cells) {
            Some(key) => self.rows.push((key.into(), place.into(), cells)),
            None => self.no_key(&place),
        }
    }

    /// Takes a row given as a JSON object; anything else is remarked.
    pub(super) fn push_value(&mut self, place: String, value: Value) -> Result<(), SourceError> {
        let Value::Object(entries) = value else {
            let detail = "a row was expected here, an object; it is left out";
            self.faults.push(RowFault::new(&place, "not_a_row", &value.to_string(), detail));
            return Ok(());
        };
        let cells = self.arrange(entries)?;
        self.push_cells(place, cells);
        Ok(())
    }

    /// The records, with one header.
    pub(super) fn finish(self) -> (Vec<Record>, Vec<RowFault>) {
        let header = Arc::new(self.header);
        let source = self.table.source;
        let record = |(key, place, cells)| Record {
            key,
            occurrence: None,
            place,
            source,
            header: Arc::clone(&header),
            cells,
        };
        (self.rows.into_iter().map(record).collect(), self.faults)
    }

    fn arrange(&mut self, entries: Map<String, Value>) -> Result<Vec<Value>, SourceError> {
        let mut cells = vec![Value::Null; self.header.columns().len()];
        let mut filled = vec![false; cells.len()];
        for (shown, value) in entries {
            let position = self.position(&shown);
            if position >= cells.len() {
                cells.resize(position + 1, Value::Null);
                filled.resize(position + 1, false);
            }
            if filled[position] {
                return Err(self.duplicate(position, &column(self.table, &shown)));
            }
            filled[position] = true;
            cells[position] = value;
        }
        let taken = |lift: &&Lift| {
            let position = self.header.position(&lift.to.name);
            position.is_some_and(|position| filled.get(position) == Some(&true))
        };
        if let Some(lift) = self.lifts.iter().find(taken) {
            let first = self.header.position(&lift.to.name).unwrap_or_default();
            return Err(self.duplicate(first, &lift.to));
        }
        Ok(cells)
    }

    /// Gives the values that lie within other columns a column of their own.
    fn lift(&mut self, cells: &mut Vec<Value>) {
        for lift in &self.lifts {
            let from = self.header.position(&lift.column).and_then(|position| cells.get(position));
            let value = from.map(|cell| inside(cell, &lift.keys).into_owned());
            let position = self.header.push(lift.to.clone());
            if position >= cells.len() {
                cells.resize(position + 1, Value::Null);
            }
            cells[position] = value.unwrap_or_default();
        }
    }

    fn position(&mut self, shown: &str) -> usize {
        if let Some(&position) = self.positions.get(shown) {
            return position;
        }
        let position = self.header.push(column(self.table, shown));
        self.positions.insert(shown.into(), position);
        position
    }

    fn is_nothing(&self, cell: &Value) -> bool {
        cell.as_str().is_some_and(|text| self.nulls.iter().any(|null| null.trim() == text.trim()))
    }

    fn key(&self, cells: &[Value]) -> Option<String> {
        let part = |name: &String| {
            let cell = self.header.position(name).and_then(|position| cells.get(position));
            cell.and_then(scalar_text).unwrap_or_default()
        };
        let parts: Vec<String> = self.table.key.iter().map(part).collect();
        parts.iter().any(|part| !part.is_empty()).then(|| parts.join("|"))
    }

    fn no_key(&mut self, place: &str) {
        let columns = self.table.key.join(", ");
        let detail = format!("the key (`{columns}`) is empty; the row is left out");
        let mut fault = RowFault::new(place, "no_key", "", &detail);
        fault.flag.column = columns.into();
        self.faults.push(fault);
    }

    fn duplicate(&self, first: usize, second: &Column) -> SourceError {
        SourceError::DuplicateColumn {
            place: self.origin.clone(),
            name: second.name.to_string(),
            first: format!("`{}`", self.header.columns()[first].shown),
            second: format!("`{}`", second.shown),
        }
    }
}

/// A scalar as text, spaces around it gone; `None` for anything else and when empty.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}
