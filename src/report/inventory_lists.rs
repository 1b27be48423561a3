//! What the account has already, for the page of a plan.

use std::io;

use super::page::{Cell, Column, Page, TableHead, Tone};
use super::plan_page::Planned;
use crate::crm::{CrmUser, CustomField, Inventory};

const THINGS: [Column<'_>; 4] = [
    Column::chip("What"),
    Column::text("On"),
    Column::text("Name"),
    Column::text("What is known of it"),
];

const EXISTING: [Column<'_>; 3] =
    [Column::text("Object"), Column::text("Records of the CRM"), Column::number("How many")];

/// Users, custom fields, sales pipelines, activity types, tags and sources, and the records that
/// were looked at.
pub(super) fn inventory(page: &mut Page, about: &Planned<'_>) -> io::Result<()> {
    let has = about.inventory;
    page.section(
        "account",
        "What the account has already",
        "Users, custom fields, sales pipelines, activity types, tags and sources as they stood when the plan was made, and the records that could be known again.",
    );
    let mut rows = page.table(&TableHead {
        id: "account",
        caption: "What the account has already",
        columns: &THINGS,
        filters: &[0, 1],
        whole: Some("plan.json"),
        empty: "The account is empty.",
    });
    for thing in things(has) {
        rows.row(&[
            Cell::text(thing.what),
            Cell::text(thing.on),
            Cell::text(thing.name),
            Cell::text(thing.known).toned(thing.tone),
        ])?;
    }
    rows.end()?;
    existing(page, about)
}

/// A line of the inventory.
struct Thing<'a> {
    what: &'static str,
    on: &'a str,
    name: &'a str,
    known: String,
    tone: Tone,
}

impl<'a> Thing<'a> {
    const fn new(what: &'static str, on: &'a str, name: &'a str) -> Self {
        Self { what, on, name, known: String::new(), tone: Tone::Plain }
    }
}

fn things(has: &Inventory) -> Vec<Thing<'_>> {
    let mut things: Vec<_> = has.users.iter().map(user).collect();
    for (entity, fields) in &has.custom_fields {
        things.extend(fields.iter().map(|field| Thing {
            known: kind(field),
            ..Thing::new("custom field", entity.name(), &field.name)
        }));
    }
    things.extend(has.pipelines.iter().map(|pipeline| {
        let stages: Vec<_> = pipeline.stages.iter().map(|stage| &*stage.name).collect();
        Thing {
            known: stages.join(" → "), ..Thing::new("sales pipeline", "Leads", &pipeline.name)
        }
    }));
    let types = has.activity_types.iter();
    things.extend(types.map(|one| Thing::new("activity type", "Activities", &one.name)));
    for (entity, tags) in &has.tags {
        things.extend(tags.iter().map(|tag| Thing::new("tag", entity.name(), tag)));
    }
    things.extend(has.sources.iter().map(|one| Thing::new("source", "Leads", &one.name)));
    things
}

fn user(user: &CrmUser) -> Thing<'_> {
    let mut known = user.emails.clone();
    let tone = if user.enabled { Tone::Plain } else { Tone::Warn };
    known.extend((!user.enabled).then(|| "disabled: cannot own records".to_owned()));
    Thing { known: known.join(", "), tone, ..Thing::new("user", "", &user.name) }
}

/// The type of a custom field, with what a choice has on offer.
fn kind(field: &CustomField) -> String {
    let several = if field.multiple { ", several" } else { "" };
    let options = field.options.join(", ");
    let between = if options.is_empty() { "" } else { ": " };
    format!("{}{several}{between}{options}", field.kind)
}

/// How many records there are, those of earlier runs among them, for the objects that look for their
/// own there.
fn existing(page: &mut Page, about: &Planned<'_>) -> io::Result<()> {
    page.subsection("Existing records");
    let mut rows = page.table(&TableHead {
        id: "existing",
        caption: "Existing records that were looked at",
        columns: &EXISTING,
        filters: &[],
        whole: None,
        empty: "None was found, or no object looks for its records by `match`.",
    });
    for (object, count) in &about.existing.seen {
        let object = &about.pipeline.objects[*object];
        rows.row(&[
            Cell::text(&*object.name),
            Cell::text(object.kind.entity().name()),
            Cell::number(count),
        ])?;
    }
    rows.end()
}
