//! What a table holds, counted in one pass over its rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::column::{ColumnProfile, ColumnSums};
use super::duplicates::{Doubles, Duplicates};
use super::links::{LinkProfile, LinkSums, scalar};
use super::roles::Roles;
use super::survey::TableState;
use crate::ground::{Record, is_blank};
use crate::transform::Eye;

/// How many keys of a column's JSON have a row of their own.
const KEYS_MAX: usize = 200;

/// What was remarked while a table was read.
#[derive(Debug, Clone, Serialize)]
pub struct Remark {
    /// The stable word.
    pub code: String,
    /// How often.
    pub count: u64,
    /// What it means, of the first.
    pub detail: String,
    /// Where the first ones stand.
    pub places: Vec<String>,
}

/// What a table holds.
#[derive(Debug, Clone, Serialize)]
pub struct TableProfile {
    /// Its name, as it is staged.
    pub table: String,
    /// Its source.
    pub source: String,
    /// What became of its reading.
    pub state: TableState,
    /// How many rows it has.
    pub rows: u64,
    /// The columns of its key.
    pub key: Vec<String>,
    /// Whether an object is made of its rows.
    pub moved: bool,
    /// Its columns; behind a column of JSON its keys.
    pub columns: Vec<ColumnProfile>,
    /// Rows that may mean the same thing.
    pub duplicates: Vec<Duplicates>,
    /// Its links.
    pub links: Vec<LinkProfile>,
    /// What was remarked while it was read.
    pub remarks: Vec<Remark>,
}

/// The columns of a table while they are counted.
pub(super) struct TableSums<'a> {
    eye: &'a Eye,
    roles: &'a Roles,
    rows: u64,
    columns: IndexMap<String, (String, ColumnSums)>,
    /// Column to its keys, and to the number of rows that have an object there.
    keys: BTreeMap<String, (u64, IndexMap<String, ColumnSums>)>,
    emails: Doubles,
    phones: Doubles,
    names: Doubles,
}

impl<'a> TableSums<'a> {
    pub(super) fn new(eye: &'a Eye, roles: &'a Roles) -> Self {
        Self {
            eye,
            roles,
            rows: 0,
            columns: IndexMap::new(),
            keys: BTreeMap::new(),
            emails: Doubles::default(),
            phones: Doubles::default(),
            names: Doubles::default(),
        }
    }

    pub(super) fn add(&mut self, row: &Arc<Record>) {
        self.rows += 1;
        for (column, cell) in row.header.columns().iter().zip(&row.cells) {
            if !self.columns.contains_key(&*column.name) {
                let sums = ColumnSums::new(self.roles.role(&column.name));
                self.columns.insert(column.name.to_string(), (column.shown.to_string(), sums));
            }
            if let Some((_, sums)) = self.columns.get_mut(&*column.name) {
                sums.add(row, cell, self.eye);
            }
            self.inner(row, &column.name, cell);
        }
        self.doubles(row);
    }

    /// The keys of an object in a cell, also of one that came as text.
    fn inner(&mut self, row: &Record, column: &str, cell: &Value) {
        if let Value::Object(members) = cell {
            self.members(row, column, members);
        } else if let Value::String(text) = cell
            && text.trim_start().starts_with('{')
            && let Ok(Value::Object(members)) = serde_json::from_str(text)
        {
            self.members(row, column, &members);
        }
    }

    fn members(&mut self, row: &Record, column: &str, members: &Map<String, Value>) {
        let (rows, keys) = self.keys.entry(column.to_owned()).or_default();
        *rows += 1;
        for (key, value) in members {
            if !keys.contains_key(key) && keys.len() < KEYS_MAX {
                let role = self.roles.role(&format!("{column}.{key}"));
                keys.insert(key.clone(), ColumnSums::new(role));
            }
            if let Some(sums) = keys.get_mut(key) {
                sums.add(row, value, self.eye);
            }
        }
    }

    fn doubles(&mut self, row: &Record) {
        for column in &self.roles.emails {
            for address in scalar(row.get(column)).iter().flat_map(|text| Eye::emails(text)) {
                self.emails.add(&address, &row.key);
            }
        }
        for column in &self.roles.phones {
            let cell = row.get(column);
            let number = if is_blank(cell) { None } else { self.eye.phone(cell) };
            self.phones.add(&number.unwrap_or_default(), &row.key);
        }
        let parts = self.roles.names.iter().filter_map(|column| scalar(row.get(column)));
        let name = parts.collect::<Vec<_>>().join(" ").to_lowercase();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        self.names.add(&name, &row.key);
    }

    /// Puts what was counted into the profile of its table.
    pub(super) fn finish(mut self, profile: &mut TableProfile, links: Vec<LinkSums>) {
        profile.rows = self.rows;
        for (column, (shown, sums)) in self.columns {
            let keys = self.keys.remove(&column);
            profile.columns.push(sums.finish((column.clone(), shown), self.rows));
            let Some((objects, keys)) = keys else { continue };
            let inner = keys.into_iter().map(|(key, sums)| {
                let names = (format!("{column}.{key}"), key);
                sums.finish(names, objects)
            });
            profile.columns.extend(inner);
        }
        let nobody = |_: &str| false;
        let found = [
            self.emails.finish("email", &self.roles.emails, Eye::is_shared),
            self.phones.finish("phone", &self.roles.phones, nobody),
            self.names.finish("name", &self.roles.names, nobody),
        ];
        profile.duplicates = found.into_iter().flatten().collect();
        profile.links = links.into_iter().map(LinkSums::finish).collect();
    }
}
