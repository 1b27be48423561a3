//! Links between tables: those that lead nowhere, and chains of parents that come back to
//! themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::damage::Spotted;
use crate::ground::Record;
use crate::staging::{StagedRows, StagingError};

/// How many circles are named.
const CIRCLES_MAX: usize = 20;

/// A link that the spec declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkProfile {
    /// The column.
    pub column: String,
    /// The table to which it leads.
    pub to: String,
    /// How many keys stand there.
    pub filled: u64,
    /// Keys of rows that are not there.
    pub missing: Spotted,
    /// Whether the other table could be read at all; if not, nothing counts as missing.
    pub readable: bool,
    /// How many circles there are.
    pub circles: u64,
    /// Circles, each as the keys along it, the smallest first.
    pub circle_keys: Vec<Vec<String>>,
}

/// A link while it is counted.
#[derive(Debug)]
pub(super) struct LinkSums {
    profile: LinkProfile,
    /// Row to parent, for a link into its own table.
    parents: Option<BTreeMap<Box<str>, Box<str>>>,
}

impl LinkSums {
    pub(super) fn new((column, to): (&str, &str), own: &str, readable: Readable) -> Self {
        let profile = LinkProfile {
            column: column.to_owned(),
            to: to.to_owned(),
            filled: 0,
            missing: Spotted::default(),
            readable: readable == Readable::Yes,
            circles: 0,
            circle_keys: Vec::new(),
        };
        Self { profile, parents: (own == to).then(BTreeMap::new) }
    }

    pub(super) fn add(&mut self, row: &Record, rows: &StagedRows) -> Result<(), StagingError> {
        let cell = row.get(&self.profile.column);
        let keys = match cell {
            Value::Array(items) => items.iter().filter_map(scalar).collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => scalar(cell).into_iter().collect::<Vec<_>>(),
        };
        for key in keys {
            self.profile.filled += 1;
            if self.profile.readable && !rows.holds(&self.profile.to, &key)? {
                self.profile.missing.note(row, &key);
            }
            if let Some(parents) = &mut self.parents {
                parents.insert(row.key.clone(), key.into());
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> LinkProfile {
        let circles = self.parents.as_ref().map(circles).unwrap_or_default();
        self.profile.circles = circles.len() as u64;
        self.profile.circle_keys = circles.into_iter().take(CIRCLES_MAX).collect();
        self.profile
    }
}

/// Whether a table could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readable {
    Yes,
    No,
}

/// Each circle once, as the keys along it from the smallest.
fn circles(parents: &BTreeMap<Box<str>, Box<str>>) -> Vec<Vec<String>> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for start in parents.keys() {
        let mut path: Vec<&str> = Vec::new();
        let mut on_path: BTreeSet<&str> = BTreeSet::new();
        let mut at: Option<&str> = Some(start);
        while let Some(key) = at.filter(|key| !done.contains(key)) {
            if !on_path.insert(key) {
                let begin = path.iter().position(|one| *one == key).unwrap_or(0);
                found.push(from_smallest(&path[begin..]));
                break;
            }
            path.push(key);
            at = parents.get(key).map(|parent| &**parent);
        }
        done.extend(path);
    }
    found
}

fn from_smallest(circle: &[&str]) -> Vec<String> {
    let smallest = circle.iter().enumerate().min_by_key(|(_, key)| **key);
    let (tail, head) = circle.split_at(smallest.map_or(0, |(position, _)| position));
    head.iter().chain(tail).map(ToString::to_string).collect()
}

/// A scalar as text without outer blanks; `None` for anything else and when empty.
pub(super) fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_named_once_and_what_leads_into_them_is_none() {
        let pairs =
            [("1", "1"), ("2", "3"), ("3", "2"), ("4", "5"), ("5", "6"), ("6", "4"), ("7", "4")];
        let parents = pairs.map(|(row, parent)| (row.into(), parent.into())).into();
        assert_eq!(circles(&parents), [vec!["1"], vec!["2", "3"], vec!["4", "5", "6"]]);
        let straight = [("1", "2"), ("2", "9")].map(|(a, b)| (a.into(), b.into())).into();
        assert!(circles(&straight).is_empty());
    }
}
