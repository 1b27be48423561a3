//! A time in a template: `now`, and the columns that are compared with it.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use minijinja::value::{DynObject, Object, ObjectRepr, Value};

use super::locale::Locale;
use super::moment;
use super::remark::Remark;
use super::stock::Stock;

/// A time that compares as the instant that it is, and reads as it was given.
///
/// Without an instant it is neither before nor after another one: whoever compares it is told so
/// through the stock, because no answer would be right.
#[derive(Debug)]
pub(super) struct Instant {
    at: Option<Timestamp>,
    text: String,
    column: String,
    stock: Arc<Stock>,
}

impl Instant {
    /// The time of the run.
    pub(super) fn now(stock: &Arc<Stock>) -> Value {
        let text = stock.now.to_string();
        let stock = Arc::clone(stock);
        Value::from_object(Self { at: Some(stock.now), text, column: "now".to_owned(), stock })
    }

    /// A cell of a column, by the formats and the zone of its source.
    pub(super) fn of_cell(column: &str, text: &str, locale: &Locale, stock: &Arc<Stock>) -> Value {
        let at = moment::read(text, locale).ok().and_then(|moment| moment.instant(&locale.zone));
        let (column, text) = (column.to_owned(), text.to_owned());
        Value::from_object(Self { at, text, column, stock: Arc::clone(stock) })
    }
}

impl Object for Instant {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.text.is_empty()
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        for side in [self, other] {
            if side.at.is_none() {
                self.stock.note_timeless(Timeless::of(side));
            }
        }
        Some(self.at.cmp(&other.at))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a value says nothing: what is empty, also as a time.
pub(super) fn is_nothing(value: &Value) -> bool {
    let is_empty_time =
        value.downcast_object_ref::<Instant>().is_some_and(|instant| instant.text.is_empty());
    value.is_undefined() || value.is_none() || is_empty_time
}

/// A cell that was compared as a time and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timeless {
    column: String,
    text: String,
}

impl Timeless {
    fn of(instant: &Instant) -> Self {
        Self { column: instant.column.clone(), text: instant.text.clone() }
    }

    /// Whether the cell is empty, rather than unreadable.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What is to be said about it.
    pub(super) fn remark(&self) -> Remark {
        let Self { column, text } = self;
        let why = if text.is_empty() {
            format!("`{column}` is empty")
        } else {
            format!("`{text:.60}` in `{column}` is no date in any format of the source")
        };
        Remark::new("bad_date", format!("{why}, and it is compared with another time; left out"))
    }
}
