//! Whose records they are, and which owners the CRM does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::links::scalar;
use crate::crm::Inventory;
use crate::ground::{OwnerRule, Owners as _, Record, Rows, inside};
use crate::plan::OwnerTable;
use crate::spec::{ColumnPath, Pipeline};

/// An owner of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerProfile {
    /// The owner's e-mail, or what the rows name when there is no such user in the source.
    pub owner: String,
    /// `matched`, `aliased`, `fallback` (the CRM has no such enabled user), or `not compared`.
    pub rule: &'static str,
    /// How many rows name the owner.
    pub rows: u64,
}

/// The owners of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OwnersProfile {
    /// Whether the users of the CRM were read.
    pub compared: bool,
    /// The owners, whoever owns most first.
    pub owners: Vec<OwnerProfile>,
    /// Rows that name nobody.
    pub nobody: u64,
}

/// Owners while their rows are counted.
#[derive(Debug, Default)]
pub(super) struct OwnerSums {
    rows: BTreeMap<String, u64>,
    nobody: u64,
}

impl OwnerSums {
    /// Notes whom a row names at the end of these paths.
    pub(super) fn add(
        &mut self,
        row: &Arc<Record>,
        paths: &[ColumnPath],
        (rows, pipeline): (&dyn Rows, &Pipeline),
    ) {
        if paths.is_empty() {
            return;
        }
        let named: BTreeSet<String> =
            paths.iter().filter_map(|path| named(path, row, (rows, pipeline))).collect();
        self.nobody += u64::from(named.is_empty());
        for owner in named {
            *self.rows.entry(owner).or_default() += 1;
        }
    }

    pub(super) fn finish(
        self,
        (pipeline, inventory): (&Pipeline, Option<&Inventory>),
        users: Vec<Arc<Record>>,
    ) -> OwnersProfile {
        let none = Inventory::default();
        let known = inventory.unwrap_or(&none);
        let table = OwnerTable::resolve(&pipeline.owners, users.into_iter(), known);
        let mut sums: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
        for (id, count) in self.rows {
            let owner = table.owner(Some(&id));
            let rule = match (inventory, owner.rule) {
                (None, _) => "not compared",
                (Some(_), OwnerRule::Matched) => "matched",
                (Some(_), OwnerRule::Aliased) => "aliased",
                (Some(_), OwnerRule::Fallback) => "fallback",
            };
            *sums.entry((owner.asked.to_string(), rule)).or_default() += count;
        }
        let owner = |((owner, rule), rows)| OwnerProfile { owner, rule, rows };
        let mut owners: Vec<_> = sums.into_iter().map(owner).collect();
        owners.sort_by_key(|owner| std::cmp::Reverse(owner.rows));
        OwnersProfile { compared: inventory.is_some(), owners, nobody: self.nobody }
    }
}

/// What stands at the end of a path; links that lead nowhere name nobody.
pub(super) fn named(
    path: &ColumnPath,
    row: &Arc<Record>,
    (rows, pipeline): (&dyn Rows, &Pipeline),
) -> Option<String> {
    let mut here = Arc::clone(row);
    for step in &path.links {
        let key = scalar(here.get(&step.column))?;
        here = rows.get(&pipeline.tables[step.table].name, &key)?;
    }
    scalar(&inside(here.get(&path.column), &path.keys))
}
