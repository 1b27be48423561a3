//! The whole export: every table, from seed, scale, date and week alone.

use serde_json::Value;

use super::layout::{LAYOUTS, Layout};
use super::plan::{Plan, Week};
use super::row::Row;
use super::{
    calls, companies, contacts, deals, dirt, documents, emails, files, later, leads, links,
    meetings, notes, schema, tasks, users,
};

/// A table whose rows are counted: its name, how many rows it has, and how one is made.
type Counted = (&'static str, fn(Plan) -> u64, fn(Plan, u64) -> Row);

const COUNTED: [Counted; 10] = [
    ("companies", Plan::companies, companies::one),
    ("contacts", Plan::contacts, contacts::one),
    ("deals", Plan::deals, deals::one),
    ("leads", Plan::leads, leads::one),
    ("tasks", Plan::tasks, tasks::one),
    ("calls", Plan::calls, calls::one),
    ("emails", Plan::emails, emails::one),
    ("meetings", Plan::meetings, meetings::one),
    ("notes", Plan::notes, notes::one),
    ("files", Plan::files, files::one),
];

/// A table with what stands in it.
#[derive(Debug)]
pub(crate) enum Content {
    /// Rows of a delimited file.
    Rows(Vec<Row>),
    /// The values of a JSON array.
    Values(Vec<Value>),
}

/// All tables in the order of their layouts.
pub(crate) fn tables(plan: Plan, week: Week) -> Vec<(&'static Layout, Content)> {
    let table = |layout: &'static Layout| {
        let content = match documents(layout.name) {
            Some(values) => Content::Values(values),
            None => Content::Rows(rows(layout.name, plan, week)),
        };
        (layout, content)
    };
    LAYOUTS.iter().map(table).collect()
}

fn documents(name: &str) -> Option<Vec<Value>> {
    match name {
        "workflows" => Some(documents::workflows()),
        "email_templates" => Some(documents::email_templates()),
        "reports" => Some(documents::reports()),
        _ => None,
    }
}

fn rows(name: &str, plan: Plan, week: Week) -> Vec<Row> {
    let counted = COUNTED.iter().find(|(table, ..)| *table == name);
    let mut rows: Vec<Row> = match counted {
        Some((_, count, one)) => (1..=count(plan)).map(|at| one(plan, at)).collect(),
        None => uncounted(name, plan),
    };
    dirt::spoil(name, &mut rows);
    match week {
        Week::First => {}
        Week::Later => {
            let next =
                counted.map(|(_, count, one)| move |further: u64| one(plan, count(plan) + further));
            later::change_rows(name, plan, &mut rows, next);
        }
    }
    rows
}

fn uncounted(name: &str, plan: Plan) -> Vec<Row> {
    match name {
        "users" => users::all(),
        "contact_companies" => links::contact_companies(plan),
        "deal_contacts" => links::deal_contacts(plan),
        "meeting_attendees" => meetings::attendees(plan),
        "pipelines" => schema::pipelines(),
        "custom_fields" => schema::custom_fields(),
        "custom_objects" => schema::custom_objects(plan),
        "custom_object_links" => schema::custom_object_links(plan),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use encoding_rs::WINDOWS_1252;
    use jiff::civil::datetime;

    use super::*;

    fn world(scale: u64) -> Vec<(&'static Layout, Vec<Row>)> {
        let plan = Plan { seed: 1, scale, now: datetime(2026, 3, 2, 7, 0, 0, 0) };
        let rows = |(layout, content)| match content {
            Content::Rows(rows) => Some((layout, rows)),
            Content::Values(_) => None,
        };
        tables(plan, Week::First).into_iter().filter_map(rows).collect()
    }

    #[test]
    fn every_key_stands_once_and_every_letter_can_be_written() {
        for (layout, rows) in world(1) {
            let keys: HashSet<String> = rows.iter().map(Row::key).collect();
            assert_eq!(keys.len(), rows.len(), "{}", layout.name);
            for cell in rows.iter().flat_map(|row| &row.cells) {
                assert!(!WINDOWS_1252.encode(cell).2, "{}: {cell}", layout.name);
            }
        }
    }

    #[test]
    fn every_case_of_dirt_has_its_row() {
        let world = world(1);
        for case in dirt() {
            let (_, rows) = world.iter().find(|(layout, _)| layout.name == case.table).unwrap();
            let row = rows.iter().find(|row| row.key() == case.key);
            let row = row.unwrap_or_else(|| panic!("{} has no {}", case.table, case.key));
            assert_eq!(row.get(case.column), case.value, "{} {}", case.table, case.key);
        }
    }

    #[test]
    fn scale_multiplies_what_people_made_and_not_the_account_itself() {
        let (one, three) = (world(1), world(3));
        for ((layout, one), (_, three)) in one.iter().zip(&three) {
            let account = ["users", "pipelines", "custom_fields"].contains(&layout.name);
            let least = if account { one.len() } else { one.len() * 5 / 2 };
            let fixed = ["contact_companies"].contains(&layout.name);
            assert!(fixed || three.len() >= least, "{}: {}", layout.name, three.len());
            assert_eq!(account, one.len() == three.len(), "{}", layout.name);
        }
    }

    #[test]
    fn no_stage_and_no_status_is_outside_of_what_a_mapping_can_name() {
        let deals = ["open", "won", "lost", "abandoned"];
        let leads = ["new", "working", "nurturing", "qualified", "unqualified", "converted"];
        let tasks = ["completed", "pending", "deferred"];
        let stages = deals::STAGES.map(|(pipeline, stage, ..)| format!("{pipeline} / {stage}"));
        let stages = stages.map(|stage| stage.to_lowercase());
        for (layout, rows) in world(1) {
            let statuses = match layout.name {
                "deals" => &deals[..],
                "leads" => &leads,
                "tasks" => &tasks,
                _ => continue,
            };
            for row in &rows {
                let cell = |column| row.get(column).trim().to_lowercase();
                let stage = format!("{} / {}", cell("pipeline"), cell("stage"));
                let placed = layout.name != "deals" || stages.contains(&stage);
                assert!(placed && statuses.contains(&&*cell("status")), "{}", row.key());
            }
        }
    }
}
