//! Rows that mean the same thing: who stands for whom.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::DateTime;
use serde_json::Value;

use crate::ground::Record;
use crate::spec::{Object, Source};
use crate::transform::{Mapping, World};

/// The groups of an object's rows.
#[derive(Debug, Default)]
pub struct Groups {
    /// Row key to the key of the row that stands for it; only of merged rows.
    into: HashMap<Box<str>, Box<str>>,
    /// The row that stands for others, to those.
    members: HashMap<Box<str>, Vec<Box<str>>>,
    /// The first part of a key to how many groups share it.
    first: HashMap<Box<str>, u32>,
}

/// A row while the groups are being made.
struct Candidate {
    key: Box<str>,
    latest: Option<DateTime>,
}

impl Groups {
    /// Groups the rows of an object; without `dedupe` there are none.
    pub fn find(
        object: usize,
        (rules, sources): (&Object, &[Source]),
        rows: impl Iterator<Item = Arc<Record>>,
        (mapping, world): (&Mapping, &World<'_>),
    ) -> Self {
        let mut groups = Self::default();
        let Some(dedupe) = &rules.dedupe else { return groups };
        let mut candidates: HashMap<_, Vec<Candidate>> = HashMap::new();
        for row in rows {
            let belongs = mapping.belongs(object, &row, world).unwrap_or(false);
            let stays = belongs && matches!(mapping.skipped(object, &row, world), Ok(None));
            let Some(key) = mapping.dedupe_key(object, &row, world).filter(|_| stays) else {
                continue;
            };
            let latest = dedupe
                .latest
                .as_ref()
                .and_then(|column| when(row.get(column), &sources[row.source]));
            candidates.entry(key).or_default().push(Candidate { key: row.key.clone(), latest });
        }
        for (key, mut rows) in candidates {
            *groups.first.entry(key.first).or_default() += 1;
            if rows.len() > 1 {
                // The sort is stable: of equals the row that was read first stands for all.
                rows.sort_by_key(|row| std::cmp::Reverse(row.latest));
                groups.join(&rows);
            }
        }
        groups
    }

    fn join(&mut self, rows: &[Candidate]) {
        let Some((stands, merged)) = rows.split_first() else { return };
        let members = merged.iter().map(|row| row.key.clone()).collect();
        for row in merged {
            self.into.insert(row.key.clone(), stands.key.clone());
        }
        self.members.insert(stands.key.clone(), members);
    }

    /// The row that stands for this one, if another does.
    pub fn merged_into(&self, key: &str) -> Option<&str> {
        self.into.get(key).map(|key| &**key)
    }

    /// The rows that this one stands for.
    pub fn members(&self, key: &str) -> &[Box<str>] {
        self.members.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether other records share the first part of the key but not all of it.
    pub fn shares_first(&self, first: &str) -> bool {
        self.first.get(first).is_some_and(|&groups| groups > 1)
    }
}

/// The time in a cell, by the formats of its source; without a zone, for comparing only.
fn when(value: &Value, source: &Source) -> Option<DateTime> {
    const USUAL: [&str; 3] = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"];
    let text = value.as_str()?.trim();
    let declared = source.dates.iter().map(String::as_str);
    declared.chain(USUAL).find_map(|format| {
        let parts = jiff::fmt::strtime::parse(format, text).ok()?;
        parts.to_datetime().or_else(|_| parts.to_date().map(DateTime::from)).ok()
    })
}
