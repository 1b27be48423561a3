//! What people did in the week between two exports, at rows that a test can name.

use super::calendar::{office, time};
use super::plan::Plan;
use super::row::Row;
use crate::sandbox::dice::dice;

/// Something that was done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// What the case is.
    pub case: &'static str,
    /// Its table.
    pub table: &'static str,
    /// The key of the row.
    pub key: &'static str,
    /// What was done.
    pub deed: Deed,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// This column has this value now, and the row a new modified date.
    Set(&'static str, &'static str),
    /// This column has this value now, and the modified date went back by years.
    SetBackdated(&'static str, &'static str),
    /// The row has a new modified date and nothing else.
    Touch,
    /// The row is not in the export any more.
    Remove,
    /// The row is new; its table is not one of those that simply go on.
    Add,
}

const fn change(table: &'static str, key: &'static str, deed: Deed, case: &'static str) -> Change {
    Change { case, table, key, deed }
}

const CHANGES: [Change; 25] = [
    change("companies", "1120", Deed::Set("phone", "212-555-0120"), "a value changed"),
    change("companies", "1121", Deed::Touch, "touched only"),
    change("companies", "1122", Deed::Set("parent_company_id", "1003"), "below another company"),
    change("companies", "1123", Deed::Remove, "gone"),
    change("companies", "1124", Deed::Set("is_deleted", "Yes"), "deleted now"),
    change("contacts", "1120", Deed::Set("job_title", "Of Counsel"), "a value changed"),
    change("contacts", "1121", Deed::Touch, "touched only"),
    change("contacts", "1122", Deed::Set("company_id", "1003"), "at another company"),
    change("contacts", "1123", Deed::Set("owner_id", "9"), "another owner"),
    change("contacts", "1124", Deed::Remove, "gone"),
    change("contacts", "1125", Deed::SetBackdated("job_title", "Partner"), "changed, dated back"),
    change("contacts", "1126", Deed::Set("job_title", ""), "emptied"),
    change("contacts", "1127", Deed::Set("email_opt_out", "Yes"), "no e-mail wanted any more"),
    change("deals", "360", Deed::Set("amount", "$99,000.00"), "a value changed"),
    change("deals", "361", Deed::Set("owner_id", "9"), "another owner"),
    change("deals", "362", Deed::Touch, "touched only"),
    change("deals", "363", Deed::Remove, "gone"),
    change("leads", "5060", Deed::Set("status", "Nurturing"), "a value changed"),
    change("tasks", "9060", Deed::Set("priority", "Low"), "a value changed"),
    change("tasks", "9061", Deed::Touch, "touched only"),
    change("calls", "7060", Deed::Remove, "gone"),
    change("meetings", "6160", Deed::Set("location", "Room 9"), "a value changed"),
    change("notes", "4460", Deed::Set("body", "<p>Edited afterwards.</p>"), "a value changed"),
    change("contact_companies", "1130|1131", Deed::Add, "a further company"),
    change("deal_contacts", "365|1130", Deed::Add, "a further contact"),
];

/// How many new rows the tables have that simply go on; their ids follow the last ones.
const NEW: [(&str, u64); 10] = [
    ("companies", 2),
    ("contacts", 5),
    ("deals", 2),
    ("leads", 3),
    ("tasks", 4),
    ("calls", 6),
    ("emails", 3),
    ("meetings", 1),
    ("notes", 3),
    ("files", 1),
];

/// All changes, but not the new rows of tables that simply go on.
pub fn changes() -> &'static [Change] {
    &CHANGES
}

/// Does to the rows of a table what people did; `next` makes its n-th further row.
pub(crate) fn change_rows(
    table: &str,
    plan: Plan,
    rows: &mut Vec<Row>,
    next: Option<impl Fn(u64) -> Row>,
) {
    for change in CHANGES.iter().filter(|change| change.table == table) {
        one(change, plan, rows);
    }
    let count = NEW.iter().find(|(name, _)| *name == table).map_or(0, |(_, count)| *count);
    if let Some(next) = next {
        rows.extend((1..=count).map(|further| {
            let mut row = next(further);
            for column in ["created_date", "called_at", "sent_at", "modified_date"] {
                date(&mut row, column, &in_the_week(plan, further));
            }
            row
        }));
    }
}

fn one(change: &Change, plan: Plan, rows: &mut Vec<Row>) {
    if change.deed == Deed::Remove {
        rows.retain(|row| row.key() != change.key);
        return;
    }
    if change.deed == Deed::Add {
        let mut row = Row::of(change.table);
        for (column, part) in row.layout.key.iter().zip(change.key.split('|')) {
            row.set(column, part);
        }
        rows.push(row);
        return;
    }
    for row in rows.iter_mut().filter(|row| row.key() == change.key) {
        let now = in_the_week(plan, 0);
        match change.deed {
            Deed::Set(column, value) => {
                row.set(column, value);
                date(row, "modified_date", &now);
            }
            Deed::SetBackdated(column, value) => {
                row.set(column, value);
                date(row, "modified_date", "01/02/2015 9:00 AM");
            }
            Deed::Touch => date(row, "modified_date", &now),
            Deed::Remove | Deed::Add => {}
        }
    }
}

/// Fills a column with a time, if the table has it.
fn date(row: &mut Row, column: &str, value: &str) {
    if row.layout.columns.contains(&column) {
        row.set(column, value);
    }
}

/// A time in the week after the first export.
fn in_the_week(plan: Plan, at: u64) -> String {
    let mut rng = dice(plan.seed, "allegory later", at);
    let days = rng.i64(1..=6);
    time(office(&mut rng, plan.now, days))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::civil::datetime;

    use super::*;
    use crate::sandbox::allegory::plan::Week;
    use crate::sandbox::allegory::world::{Content, tables};

    fn rows(week: Week) -> Vec<Row> {
        let plan = Plan { seed: 1, scale: 1, now: datetime(2026, 3, 2, 7, 0, 0, 0) };
        let rows = |(_, content)| match content {
            Content::Rows(rows) => rows,
            Content::Values(_) => Vec::new(),
        };
        tables(plan, week).into_iter().flat_map(rows).collect()
    }

    #[test]
    fn two_exports_differ_in_the_named_changes_and_in_new_rows_alone() {
        let name = |row: &Row| (row.layout.name, row.key());
        let (first, later) = (rows(Week::First), rows(Week::Later));
        let before: HashSet<_> = first.iter().map(name).collect();
        let after: HashSet<_> = later.iter().map(name).collect();
        let named = |deed: fn(&Deed) -> bool| -> HashSet<_> {
            let some = CHANGES.iter().filter(|change| deed(&change.deed));
            some.map(|change| (change.table, change.key.to_owned())).collect()
        };
        let gone: HashSet<_> = before.difference(&after).cloned().collect();
        assert_eq!(gone, named(|deed| *deed == Deed::Remove));
        let new = u64::try_from(after.difference(&before).count()).unwrap();
        assert_eq!(new, NEW.iter().map(|(_, count)| count).sum::<u64>() + 2);
        let same: HashSet<&Row> = first.iter().collect();
        let edited: HashSet<_> = later
            .iter()
            .filter(|row| before.contains(&name(row)) && !same.contains(row))
            .map(name)
            .collect();
        assert_eq!(edited, named(|deed| !matches!(deed, Deed::Remove | Deed::Add)));
    }
}
