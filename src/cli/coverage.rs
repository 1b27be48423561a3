//! What the spec does not cover, for people: values without a match, columns that nothing maps.

use std::fmt::Write;

use crate::ground::counted;
use crate::plan::{Disposition, ObjectPlan, OwnerUse};
use crate::report::NOBODY;

/// How many values or columns are named in one place.
const NAMED: usize = 12;

/// The values that no map of the object has, the most frequent first.
pub(super) fn unmatched(object: &ObjectPlan) -> String {
    let mut text = String::new();
    for (field, map) in object.fields.iter().filter_map(|one| Some((&one.field, one.map.as_ref()?)))
    {
        let mut values: Vec<_> = map.unmatched.iter().collect();
        values.sort_by_key(|(_, lack)| std::cmp::Reverse(lack.count));
        let shown = values.iter().map(|(value, lack)| {
            let near = lack.near.as_ref().map(|near| format!(" (near \"{near}\")"));
            format!("{}× \"{value}\"{}", lack.count, near.unwrap_or_default())
        });
        if values.is_empty() {
            continue;
        }
        let (name, list) = (&object.name, some(shown, values.len()));
        writeln!(text, "  {name}.{field}: no match for\n      {list}").unwrap_or_default();
    }
    text
}

/// The columns that hold something and that nothing maps, a line for each table.
pub(super) fn unmapped(columns: &[&Disposition]) -> String {
    let mut text = String::new();
    for columns in columns.chunk_by(|left, right| left.table == right.table) {
        let Some(Disposition { table, .. }) = columns.first() else { continue };
        let shown = columns
            .iter()
            .map(|column| format!("{} ({})", column.column, counted(column.rows, "row", "rows")));
        let list = some(shown, columns.len());
        writeln!(text, "  {table}: columns that nothing maps: {list}").unwrap_or_default();
    }
    if !text.is_empty() {
        text.push_str("      map them, or name them under `ignore`\n");
    }
    text
}

/// The owners that are not simply users of the CRM.
pub(super) fn owners(owners: &[OwnerUse]) -> String {
    let mut text = String::new();
    for used in owners.iter().filter(|used| used.rule != "matched") {
        let (OwnerUse { owner, rule, why, .. }, what) = (used, used.what());
        let line = match (*rule, owner.as_str()) {
            ("fallback", "") => format!("{NOBODY}: the fallback owns {what}"),
            ("fallback", _) => format!("{owner}: {why}; the fallback owns {what}"),
            (rule, _) => format!("{owner}: {rule} ({what})"),
        };
        writeln!(text, "  owner {line}").unwrap_or_default();
    }
    text
}

fn some(items: impl Iterator<Item = String>, count: usize) -> String {
    let mut shown: Vec<_> = items.take(NAMED).collect();
    if count > NAMED {
        shown.push(format!("and {} more (all of them with --json)", count - NAMED));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::{Disposed, FieldCoverage, MapCoverage, NoMatch};

    fn plan(values: BTreeMap<String, u64>) -> ObjectPlan {
        let near = |value: &str| (value == "Legal").then(|| "Law".to_owned());
        let lack = |(value, count): (String, u64)| {
            let near = near(&value);
            (value, NoMatch { count, near })
        };
        let unmatched = values.into_iter().map(lack).collect();
        let map = Some(MapCoverage { unmatched, ..MapCoverage::default() });
        let industry = FieldCoverage {
            field: "industry".into(),
            filled: 0,
            blank: 0,
            example: None,
            map,
            flags: BTreeMap::new(),
        };
        ObjectPlan { fields: vec![industry], ..ObjectPlan::new("companies") }
    }

    #[test]
    fn the_most_frequent_values_without_a_match_come_first() {
        let values = [("Energy".to_owned(), 2), ("Legal".to_owned(), 9)].into();
        let expected = "  companies.industry: no match for\n      9× \"Legal\" (near \"Law\"), 2× \"Energy\"\n";
        assert_eq!(unmatched(&plan(values)), expected);
    }

    #[test]
    fn an_owner_that_the_crm_does_not_have_is_told_with_who_owns_instead() {
        let used = |owner: &str, rule, count| OwnerUse {
            owner: owner.into(),
            rule,
            user: String::new(),
            count,
            objects: [("people".to_owned(), count)].into(),
            why: "no user of the CRM has this e-mail",
        };
        let owned = [
            used("ann@x.example", "matched", 5),
            used("bo@x.example", "fallback", 4),
            used("cy@x.example", "aliased", 3),
            used("", "fallback", 2),
        ];
        let text = owners(&owned);
        let lines: Vec<_> = text.lines().collect();
        let expected = [
            "  owner bo@x.example: no user of the CRM has this e-mail; the fallback owns people 4",
            "  owner cy@x.example: aliased (people 3)",
            "  owner (nobody is named): the fallback owns people 2",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_long_list_is_cut_and_says_where_the_rest_is() {
        let values = (0..15).map(|number| (format!("v{number}"), 1)).collect();
        let text = unmatched(&plan(values));
        assert!(text.ends_with("and 3 more (all of them with --json)\n"), "{text}");
    }

    #[test]
    fn columns_that_nothing_maps_stand_under_their_table_with_the_way_out() {
        let column = |table: &str, column: &str, rows| Disposition {
            table: table.into(),
            column: column.into(),
            shown: column.into(),
            rows,
            way: Disposed::Unmapped,
            to: Vec::new(),
        };
        let columns = [column("a", "fax", 3), column("a", "notes", 1), column("b", "x", 2)];
        let lines: Vec<_> =
            unmapped(&columns.iter().collect::<Vec<_>>()).lines().map(str::to_owned).collect();
        let expected = [
            "  a: columns that nothing maps: fax (3 rows), notes (1 row)",
            "  b: columns that nothing maps: x (2 rows)",
            "      map them, or name them under `ignore`",
        ];
        assert_eq!(lines, expected);
        assert_eq!(unmapped(&[]), "");
    }
}
