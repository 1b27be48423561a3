//! `each`: the rows of a child table, filtered and in order.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use crate::spec::{Direction, Each};

use super::cell;
use super::locale::Locale;
use super::moment;
use super::path;
use super::remark::Remark;
use super::scene::Scene;
use super::templates::TemplateId;

/// The side of a list that is kept when not all of it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// The beginning.
    First,
    /// The end: the list runs from old to new.
    Last,
}

/// The children of all these rows, in order: those of merged rows come together.
pub(super) fn children<'a>(
    each: &Each,
    condition: Option<TemplateId>,
    scenes: &[Scene<'a>],
) -> Result<Vec<Scene<'a>>, Remark> {
    let mut children = Vec::new();
    for scene in scenes {
        let table = &scene.workshop.pipeline.tables[each.child.table].name;
        let rows = scene.world.rows.children(table, &each.child.column, &scene.record.key);
        for row in rows {
            let child = scene.child(each.child.table, row);
            if condition.map_or(Ok(true), |id| child.holds(id))? {
                children.push(child);
            }
        }
    }
    if let Some((column, direction)) = &each.order {
        let key = |child: &Scene<'_>| Key::of(&path::value(column, child), child.locale());
        let mut keyed: Vec<_> = children.into_iter().map(|child| (key(&child), child)).collect();
        keyed.sort_by(|(left, _), (right, _)| match direction {
            Direction::Up => left.compare(right),
            Direction::Down => right.compare(left),
        });
        children = keyed.into_iter().map(|(_, child)| child).collect();
    }
    Ok(children)
}

/// What is kept of a list of these children: the newest, where they are ordered by a time.
pub(super) fn keep(each: &Each, children: &[Scene<'_>]) -> Keep {
    let Some((column, Direction::Up)) = &each.order else { return Keep::First };
    let newest = children.last();
    let key = newest.map(|child| Key::of(&path::value(column, child), child.locale()));
    if matches!(key, Some(Key::Time(_))) { Keep::Last } else { Keep::First }
}

/// What rows are ordered by; those that say nothing come before all others, numbers before times,
/// and times before other texts.
#[derive(Debug, Clone, PartialEq)]
enum Key {
    Nothing,
    Number(f64),
    Time(Timestamp),
    Text(String),
}

impl Key {
    fn of(value: &Value, locale: &Locale) -> Self {
        let text = cell::text(value);
        if text.is_empty() {
            return Self::Nothing;
        }
        if let Ok(number) = text.parse() {
            return Self::Number(number);
        }
        let time = moment::read(&text, locale).ok().and_then(|time| time.instant(&locale.zone));
        time.map_or_else(|| Self::Text(text.into_owned()), Self::Time)
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Time(left), Self::Time(right)) => left.cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Number(_) => 1,
            Self::Time(_) => 2,
            Self::Text(_) => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(formats: &[&str], lesser: &str, greater: &str) {
        let locale = Locale::of("America/New_York", formats);
        let key = |text: &str| Key::of(&json!(text), &locale);
        assert_eq!(key(lesser).compare(&key(greater)), Ordering::Less, "{lesser} / {greater}");
    }

    #[test]
    fn numbers_are_ordered_as_numbers_even_when_they_are_text() {
        check(&[], "9", "10");
        check(&[], "Ann", "Bob");
        check(&[], "", "0");
    }

    #[test]
    fn times_are_ordered_as_times_however_the_source_writes_them() {
        let formats = ["%m/%d/%Y %I:%M %p", "%m/%d/%Y"];
        check(&[], "2024-12-31", "2025-01-02");
        check(&[], "2025-01-02T23:00:00-05:00", "2025-01-03T05:00:00Z");
        check(&formats, "12/31/2024 11:59 PM", "01/02/2025 8:00 AM");
        check(&formats, "1/2/2025 9:00 AM", "1/2/2025 1:00 PM");
    }
}
