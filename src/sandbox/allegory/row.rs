//! A row of a table.

use super::layout::{Layout, layout};

/// A row: one cell for each column of its table, empty at first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) layout: &'static Layout,
    pub(crate) cells: Vec<String>,
}

impl Row {
    /// An empty row of a table; of no columns when there is no such table.
    pub(crate) fn of(table: &str) -> Self {
        static NOTHING: Layout =
            Layout { name: "", file: "", form: super::layout::Form::Csv, key: &[], columns: &[] };
        let layout = layout(table).unwrap_or(&NOTHING);
        Self { layout, cells: vec![String::new(); layout.columns.len()] }
    }

    /// The row with a column filled.
    pub(crate) fn with(mut self, column: &str, value: impl Into<String>) -> Self {
        self.set(column, value);
        self
    }

    /// Fills a column. A column that the table lacks is a slip in this room: it fails in tests.
    pub(crate) fn set(&mut self, column: &str, value: impl Into<String>) {
        let place = self.layout.columns.iter().position(|known| *known == column);
        debug_assert!(place.is_some(), "{} has no {column}", self.layout.name);
        if let Some(cell) = place.and_then(|place| self.cells.get_mut(place)) {
            *cell = value.into();
        }
    }

    /// The cell of a column.
    pub(crate) fn get(&self, column: &str) -> &str {
        let place = self.layout.columns.iter().position(|known| *known == column);
        place.and_then(|place| self.cells.get(place)).map_or("", String::as_str)
    }

    /// The key of the row, as it is addressed: trimmed parts, joined by `|`.
    pub(crate) fn key(&self) -> String {
        let parts: Vec<&str> =
            self.layout.key.iter().map(|column| self.get(column).trim()).collect();
        parts.join("|")
    }
}
