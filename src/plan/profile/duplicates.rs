//! Rows that may mean the same thing: by e-mail, telephone number or name.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::damage::EXAMPLES;
use super::distinct::hash;

/// Rows that share a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DuplicateGroup {
    /// The value in the form in which it is compared.
    pub value: String,
    /// How many rows share it.
    pub rows: u64,
    /// The keys of the first of them.
    pub keys: Vec<String>,
}

/// What rows of a table share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicates {
    /// By what: `email`, `phone`, `name`.
    pub by: &'static str,
    /// The columns that are compared.
    pub columns: Vec<String>,
    /// How many values are shared.
    pub groups: u64,
    /// How many rows share one.
    pub rows: u64,
    /// How many of the values are mailboxes that several people read.
    pub shared_mailboxes: u64,
    /// The largest groups.
    pub examples: Vec<DuplicateGroup>,
}

/// The values of a table by which rows are compared, while they are counted: a hash and a key for
/// each value, and more only for those that are shared.
#[derive(Debug, Default)]
pub(super) struct Doubles {
    first: HashMap<u64, Box<str>>,
    shared: BTreeMap<u64, DuplicateGroup>,
}

impl Doubles {
    /// Notes that a row has a value; a row is counted once for each value.
    pub(super) fn add(&mut self, value: &str, key: &str) {
        if value.is_empty() {
            return;
        }
        let hash = hash(value);
        let Some(first) = self.first.get(&hash) else {
            self.first.insert(hash, key.into());
            return;
        };
        if &**first == key {
            return;
        }
        let group = self.shared.entry(hash).or_insert_with(|| DuplicateGroup {
            value: value.to_owned(),
            rows: 1,
            keys: vec![first.to_string()],
        });
        if group.keys.last().is_some_and(|last| last == key) {
            return;
        }
        group.rows += 1;
        if group.keys.len() < EXAMPLES {
            group.keys.push(key.to_owned());
        }
    }

    /// What is shared; `None` when nothing is.
    pub(super) fn finish(
        self,
        by: &'static str,
        columns: &[String],
        is_shared: impl Fn(&str) -> bool,
    ) -> Option<Duplicates> {
        let mut groups: Vec<_> = self.shared.into_values().collect();
        groups.sort_by(|left, right| {
            right.rows.cmp(&left.rows).then_with(|| left.value.cmp(&right.value))
        });
        (!groups.is_empty()).then(|| Duplicates {
            by,
            columns: columns.to_vec(),
            groups: groups.len() as u64,
            rows: groups.iter().map(|group| group.rows).sum(),
            shared_mailboxes: groups.iter().filter(|group| is_shared(&group.value)).count() as u64,
            examples: groups.into_iter().take(EXAMPLES).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_share_a_value_are_a_group_with_the_largest_first() {
        let mut doubles = Doubles::default();
        for (value, key) in [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4"), ("b", "5"), ("c", "6")]
        {
            doubles.add(value, key);
        }
        let found = doubles.finish("email", &["email".to_owned()], |value| value == "a").unwrap();
        assert_eq!((found.groups, found.rows, found.shared_mailboxes), (2, 5, 1));
        assert_eq!(found.examples[0].keys, ["2", "4", "5"]);
        assert_eq!(found.examples[1].keys, ["1", "3"]);
    }

    #[test]
    fn a_row_with_one_value_in_two_columns_is_no_duplicate_of_itself() {
        let mut doubles = Doubles::default();
        doubles.add("a", "1");
        doubles.add("a", "1");
        doubles.add("", "1");
        doubles.add("", "2");
        assert_eq!(doubles.finish("phone", &[], |_| false), None);
    }
}
