//! What a run does that no rollback takes back, counted before it is done.

use serde::Serialize;

use super::files::{FilePlans, Way};
use super::provision::Provisioning;

/// A sort of effect that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Irreversible {
    /// What, in the plural.
    pub what: &'static str,
    /// How many.
    pub count: u64,
    /// Why it stays.
    pub why: &'static str,
}

/// The effects of a run that stay, by what is created before the records and what becomes of files.
///
/// New records themselves are deleted by a rollback; what the CRM's automations and notifications
/// made of them is not known to anybody here.
pub(super) fn of(provisioning: &Provisioning, files: &FilePlans) -> Vec<Irreversible> {
    let tags: usize = provisioning.tags.values().map(std::collections::BTreeSet::len).sum();
    let count = |way: fn(&Way) -> bool| files.values().filter(|file| way(&file.way)).count();
    let all = [
        ("custom fields", provisioning.fields.len(), "no API deletes them"),
        ("tags", tags, "no API deletes them"),
        ("sources of leads", provisioning.sources.len(), "they are not deleted"),
        (
            "uploaded files",
            count(|way| matches!(way, Way::Upload)),
            "their notes are deleted, their content stays with the CRM",
        ),
        (
            "copies of large files",
            count(|way| matches!(way, Way::Copy(_))),
            "they stay in the customer's folder or bucket",
        ),
    ];
    let some = all.into_iter().filter(|(_, count, _)| *count > 0);
    some.map(|(what, count, why)| Irreversible { what, count: count as u64, why }).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_stays_is_counted_by_its_sort_and_nothing_is_named_that_does_not_happen() {
        let mut provisioning = Provisioning::default();
        assert!(of(&provisioning, &FilePlans::new()).is_empty());
        let tags = ["Hot", "Cold"].map(str::to_owned);
        provisioning.tags.insert("Contacts", BTreeSet::from(tags));
        provisioning.tags.insert("Leads", BTreeSet::from(["Hot".to_owned()]));
        let found = of(&provisioning, &FilePlans::new());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].what, found[0].count), ("tags", 3));
    }
}
