//! A row, or the rows of a document, as the object that templates look into.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

use crate::ground::{Record, is_blank};

use super::bool;
use super::cell;
use super::habit::Habit;
use super::instant::Instant;
use super::stock::Stock;

/// Under this name, which no template can write, filters find the stock.
const STOCK: &str = "\0stock";

/// A row in a template: its columns, its links, its children.
///
/// What is empty is undefined there: it prints as nothing, is false, and so are its attributes.
/// A name that is no column, link or child of the table is a fault.
#[derive(Debug)]
pub(super) struct Page {
    /// The row.
    pub(super) record: Arc<Record>,
    /// Its table.
    pub(super) table: usize,
    /// The rows around it.
    pub(super) stock: Arc<Stock>,
    /// How the template uses the columns.
    pub(super) habit: Arc<Habit>,
}

impl Page {
    /// A row of a table for templates.
    pub(super) fn value(
        table: usize,
        record: Arc<Record>,
        (stock, habit): (Arc<Stock>, Arc<Habit>),
    ) -> Value {
        Value::from_object(Self { record, table, stock, habit })
    }

    fn another(&self, table: usize, record: Arc<Record>) -> Value {
        Self::value(table, record, (Arc::clone(&self.stock), Arc::clone(&self.habit)))
    }

    fn cell(&self, name: &str) -> Value {
        let value = self.record.get(name);
        if is_blank(value) {
            return Value::UNDEFINED;
        }
        if self.habit.truths.iter().any(|column| column == name) {
            return bool::said(value).map_or_else(|| shown(value), Value::from);
        }
        shown(value)
    }

    /// The cell as a time that compares with `now`.
    fn instant(&self, name: &str) -> Value {
        let text = cell::text(self.record.get(name));
        match self.stock.locales.get(self.record.source) {
            Some(locale) => Instant::of_cell(name, &text, locale, &self.stock),
            None => self.cell(name),
        }
    }

    fn look_up(&self, name: &str) -> Value {
        match name {
            "now" => return self.habit.now(&self.stock),
            STOCK => {
                return Value::from_object(Handle(
                    Arc::clone(&self.stock),
                    Arc::clone(&self.habit),
                ));
            }
            _ => {}
        }
        let chart = self.stock.atlas.chart(self.table);
        if let Some((column, table)) = chart.links.get(name) {
            let key = cell::text(self.record.get(column));
            if key.is_empty() {
                return Value::UNDEFINED;
            }
            let row = self.stock.row(*table, &key);
            return row.map_or(Value::UNDEFINED, |row| self.another(*table, row));
        }
        if let Some(child) = chart.children.get(name) {
            let rows = self.stock.children(child.table, &child.column, &self.record.key);
            return rows.into_iter().map(|row| self.another(child.table, row)).collect();
        }
        if chart.columns.contains(name) {
            return Value::UNDEFINED;
        }
        self.stock.note_unknown(name);
        Value::UNDEFINED
    }
}

impl Object for Page {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        key.as_str().and_then(|name| self.get_value_by_str(name))
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let is_here = self.record.header.position(name).is_some();
        let is_column = || is_here || self.stock.atlas.chart(self.table).columns.contains(name);
        if self.habit.instants.iter().any(|column| column == name) && is_column() {
            return Some(self.instant(name));
        }
        if is_here {
            return Some(self.cell(name));
        }
        Some(self.look_up(name))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

/// What the template of a document begins with: `rows`, `name`, `now`, and the tables that it names.
#[derive(Debug)]
pub(super) struct Cover {
    /// The name of the pipeline.
    pub(super) name: String,
    /// The table of the rows.
    pub(super) table: usize,
    /// The rows.
    pub(super) rows: Vec<Arc<Record>>,
    /// The other tables that the template names.
    pub(super) others: Vec<(usize, Vec<Arc<Record>>)>,
    /// The rows around them.
    pub(super) stock: Arc<Stock>,
    /// How the template uses the columns.
    pub(super) habit: Arc<Habit>,
}

impl Cover {
    fn all(&self, table: usize, rows: &[Arc<Record>]) -> Value {
        let page = |record: &Arc<Record>| {
            let around = (Arc::clone(&self.stock), Arc::clone(&self.habit));
            Page::value(table, Arc::clone(record), around)
        };
        rows.iter().map(page).collect()
    }

    fn other(&self, name: &str) -> Option<Value> {
        let named = |table: usize| self.stock.atlas.chart(table).name == name;
        let (table, rows) = self.others.iter().find(|(table, _)| named(*table))?;
        Some(self.all(*table, rows))
    }
}

impl Object for Cover {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        key.as_str().and_then(|name| self.get_value_by_str(name))
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        if let Some(other) = self.other(name) {
            return Some(other);
        }
        Some(match name {
            "rows" => self.all(self.table, &self.rows),
            "name" => Value::from(&*self.name),
            "now" => self.habit.now(&self.stock),
            STOCK => Value::from_object(Handle(Arc::clone(&self.stock), Arc::clone(&self.habit))),
            _ => {
                self.stock.note_unknown(name);
                Value::UNDEFINED
            }
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

#[derive(Debug)]
struct Handle(Arc<Stock>, Arc<Habit>);

impl Object for Handle {}

/// The stock of the template that is being rendered.
pub(super) fn stock_of(state: &minijinja::State<'_, '_>) -> Option<Arc<Stock>> {
    shelf_of(state).map(|(stock, _)| stock)
}

/// The stock of the template that is being rendered, and how it uses columns.
pub(super) fn shelf_of(state: &minijinja::State<'_, '_>) -> Option<(Arc<Stock>, Arc<Habit>)> {
    let value = state.lookup(STOCK)?;
    let Handle(stock, habit) = value.downcast_object_ref::<Handle>()?;
    Some((Arc::clone(stock), Arc::clone(habit)))
}

/// A JSON value for templates; null is undefined.
pub(super) fn shown(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::UNDEFINED,
        serde_json::Value::Bool(yes) => Value::from(*yes),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map(Value::from)
            .or_else(|| number.as_f64().map(Value::from))
            .unwrap_or_else(|| Value::from(number.to_string())),
        serde_json::Value::String(text) => Value::from(text.trim()),
        serde_json::Value::Array(items) => items.iter().map(shown).collect(),
        serde_json::Value::Object(members) => {
            Value::from_pairs(members.iter().map(|(key, value)| (key.as_str(), shown(value))))
        }
    }
}
