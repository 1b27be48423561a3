//! What a column holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::damage::{Damage, Spotted, codes};
use super::distinct::{Distinct, Frequent};
use super::lengths::{Lengths, Spread};
use super::roles::Role;
use crate::ground::{Record, is_blank};
use crate::transform::{Eye, Shape, Size};

/// A text of at most so many different values, each of which stands there several times, is an
/// enumeration.
const ENUMERATION_MAX: u64 = 60;

/// A column of yes and no has at most so many spellings, odd ones among them.
const BOOLEAN_MAX: u64 = 24;

/// How often a value of an enumeration stands there on average, at least.
const ENUMERATION_TIMES: u64 = 4;

/// The longest value of an enumeration, in characters.
const ENUMERATION_CHARS_MAX: u64 = 80;

/// Below this share a type is no type of the column.
const TYPE_SHARE_MIN: f64 = 0.5;

/// What a column holds.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnProfile {
    /// Its name, as rules write it; a key within JSON stands behind a dot.
    pub column: String,
    /// Its name in the source.
    pub shown: String,
    /// The first destination field that reads it.
    pub field: Option<String>,
    /// Whether anything in the spec names it.
    pub named: bool,
    /// Rows that hold something there.
    pub filled: u64,
    /// Their share of all rows, 0 to 1; of the rows with an object for a key within JSON.
    pub fill_rate: f64,
    /// Different values.
    pub distinct: u64,
    /// Whether that number is exact.
    pub distinct_exact: bool,
    /// Whether no value stands there twice; null when there are too many to say.
    pub unique: Option<bool>,
    /// The type that most values fit.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The share of values that fit it, 0 to 1.
    pub type_share: f64,
    /// Lengths in characters.
    pub length: Spread,
    /// The smallest number or earliest time.
    pub min: Option<String>,
    /// The greatest number or latest time.
    pub max: Option<String>,
    /// The most frequent values.
    pub top: Vec<Frequent>,
    /// The greatest length that the destination takes, in words; empty when there is none.
    pub limit: String,
    /// What is suspect, by code.
    pub spotted: BTreeMap<&'static str, Spotted>,
    /// Values that do not fit the type.
    pub odd: Spotted,
    /// Where it is filled first.
    pub first: String,
}

/// A column while it is counted.
#[derive(Debug, Default)]
pub(super) struct ColumnSums {
    role: Role,
    filled: u64,
    first: String,
    distinct: Distinct,
    lengths: Lengths,
    shapes: BTreeMap<Shape, Spotted>,
    leading_zeros: u64,
    numbers: Option<(f64, f64)>,
    times: Option<(Timestamp, Timestamp)>,
    damage: Damage,
}

impl ColumnSums {
    pub(super) fn new(role: Role) -> Self {
        Self { role, ..Self::default() }
    }

    pub(super) fn add(&mut self, row: &Record, cell: &Value, eye: &Eye) {
        if is_blank(cell) {
            return;
        }
        if self.filled == 0 {
            self.first = row.place.to_string();
        }
        self.filled += 1;
        let (shape, size) = eye.look(cell);
        if let Value::String(text) = cell {
            for code in codes(text, shape, &self.role) {
                self.damage.entry(code).or_default().note(row, text);
            }
            self.note(row, text.trim(), shape);
        } else {
            self.note(row, &cell.to_string(), shape);
        }
        match size {
            Size::None => {}
            Size::Number(number) => self.numbers = Some(widened(self.numbers, number)),
            Size::Time(time) => self.times = Some(widened(self.times, time)),
        }
    }

    fn note(&mut self, row: &Record, text: &str, shape: Shape) {
        self.distinct.add(text);
        self.lengths.add(text.chars().count() as u64);
        self.shapes.entry(shape).or_default().note(row, text);
        let leads = shape == Shape::Integer && text.len() > 1 && text.starts_with('0');
        self.leading_zeros += u64::from(leads);
    }

    /// The profile of the column among so many rows.
    pub(super) fn finish(self, (column, shown): (String, String), rows: u64) -> ColumnProfile {
        let (kind, fitting) = self.kind();
        let fits: u64 = fitting.iter().map(|shape| self.count(*shape)).sum();
        let mut odd = Spotted::default();
        for (_, spotted) in self.shapes.iter().filter(|(shape, _)| !fitting.contains(shape)) {
            odd.count += spotted.count;
            odd.examples.extend(spotted.examples.iter().cloned());
        }
        odd.examples.truncate(super::damage::EXAMPLES);
        let (min, max) = self.range(kind);
        ColumnProfile {
            column,
            shown,
            field: self.role.field.clone(),
            named: self.role.is_named,
            filled: self.filled,
            fill_rate: share(self.filled, rows),
            distinct: self.distinct.count(),
            distinct_exact: self.distinct.is_exact(),
            unique: if self.filled == 0 { None } else { self.distinct.is_unique() },
            kind,
            type_share: share(fits, self.filled),
            length: self.lengths.spread(),
            min,
            max,
            top: self.distinct.top(),
            limit: self.role.limit(),
            spotted: self.damage,
            odd,
            first: self.first,
        }
    }

    fn count(&self, shape: Shape) -> u64 {
        self.shapes.get(&shape).map_or(0, |spotted| spotted.count)
    }

    /// The type of the column, and the shapes that fit it.
    fn kind(&self) -> (&'static str, Vec<Shape>) {
        let all = Shape::ALL.to_vec();
        if self.filled == 0 {
            return ("empty", all);
        }
        let is_flag = self.numbers.is_none_or(|(min, max)| min >= 0.0 && max <= 1.0);
        let words = [Shape::Boolean, Shape::Integer];
        if is_flag && self.is_boolean(&words) {
            return ("boolean", words.to_vec());
        }
        // Of types that include one another the narrowest that takes the most.
        let candidates: [&[Shape]; 11] = [
            &[Shape::Boolean],
            &[Shape::Integer],
            &[Shape::Decimal, Shape::Integer],
            &[Shape::Amount, Shape::Decimal, Shape::Integer],
            &[Shape::Date],
            &[Shape::Timestamp, Shape::Date],
            &[Shape::Email],
            &[Shape::Url],
            &[Shape::Phone, Shape::Integer],
            &[Shape::Object],
            &[Shape::List],
        ];
        let mut best: (&[Shape], u64) = (&[], 0);
        for shapes in candidates {
            let own = shapes.first().is_some_and(|shape| self.count(*shape) > 0);
            let fits = shapes.iter().map(|shape| self.count(*shape)).sum();
            if own && fits > best.1 {
                best = (shapes, fits);
            }
        }
        if self.count(Shape::Html) * 5 >= self.filled {
            return ("HTML", all);
        }
        if self.share_of(best.0) < TYPE_SHARE_MIN {
            return (if self.is_enumeration() { "enumeration" } else { "text" }, all);
        }
        let word = match best.0.first() {
            Some(Shape::Integer) if self.leading_zeros > 0 => "digits",
            Some(shape) => shape.name(),
            None => "text",
        };
        (word, best.0.to_vec())
    }

    /// Words of yes and no, with or without 0 and 1; or 0 and 1 alone.
    fn is_boolean(&self, words: &[Shape]) -> bool {
        let distinct = self.distinct.count();
        let has_words = self.count(Shape::Boolean) > 0 && distinct <= BOOLEAN_MAX;
        let is_bits = distinct == 2 && self.count(Shape::Integer) == self.filled;
        is_bits || (has_words && self.share_of(words) >= TYPE_SHARE_MIN)
    }

    fn share_of(&self, shapes: &[Shape]) -> f64 {
        share(shapes.iter().map(|shape| self.count(*shape)).sum(), self.filled)
    }

    fn is_enumeration(&self) -> bool {
        let distinct = self.distinct.count();
        self.distinct.is_exact()
            && distinct <= ENUMERATION_MAX
            && distinct * ENUMERATION_TIMES <= self.filled
            && self.lengths.spread().max <= ENUMERATION_CHARS_MAX
    }

    fn range(&self, kind: &str) -> (Option<String>, Option<String>) {
        match (kind, self.numbers, self.times) {
            ("integer" | "decimal" | "amount", Some((min, max)), _) => {
                (Some(min.to_string()), Some(max.to_string()))
            }
            ("date" | "timestamp", _, Some((min, max))) => {
                (Some(min.to_string()), Some(max.to_string()))
            }
            _ => (None, None),
        }
    }
}

/// A range that has another value in it.
fn widened<T: PartialOrd + Copy>(range: Option<(T, T)>, value: T) -> (T, T) {
    let (mut min, mut max) = range.unwrap_or((value, value));
    if value < min {
        min = value;
    }
    if value > max {
        max = value;
    }
    (min, max)
}

/// A part of a whole, 0 to 1, to four places; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0
}
