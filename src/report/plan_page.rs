//! The plan as a page: what would be written, what waits, what is left behind, who owns what, and
//! what is to be done before.

use std::io;
use std::path::Path;

use super::inventory_lists::inventory;
use super::outcomes::outcomes;
use super::page::{Cell, Column, Fact, Heading, Page, TableHead, Tone};
use super::plan_lists::{columns, files, matched, owners, reading, sums, values};
use crate::crm::Inventory;
use crate::ground::Outcome;
use crate::plan::{Existing, Plan, deciding, unmapped, why};
use crate::spec::{ObjectKind, Pipeline};

/// What the page is about.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The spec.
    pub pipeline: &'a Pipeline,
    /// The account.
    pub inventory: &'a Inventory,
    /// The records that were there before.
    pub existing: &'a Existing,
    /// The plan.
    pub plan: &'a Plan,
}

const HELD: [Column<'_>; 6] = [
    Column::text("Object"),
    Column::code("Record"),
    Column::prose("Why it would wait"),
    Column::code("Column"),
    Column::text("Value"),
    Column::text("Where in the source"),
];

/// Writes the page.
///
/// # Errors
/// The file cannot be written.
pub fn write_plan_page(about: &Planned<'_>, file: &Path) -> io::Result<()> {
    let plan = about.plan;
    let sum =
        |outcome: Outcome| plan.objects.iter().map(|object| object.tally.of(outcome)).sum::<u64>();
    let source: u64 = plan.objects.iter().map(|object| object.tally.source).sum();
    let held = sum(Outcome::Flagged);
    let left = unmapped(&plan.columns).count() as u64;
    let heading = Heading {
        title: "Plan",
        subtitle: &format!("`{}` into the account {}", about.pipeline.name, about.inventory.name),
        facts: &[
            ("Records in the source", Fact::Count(source)),
            ("To be created", Fact::Count(sum(Outcome::Created))),
            ("To be updated", Fact::Count(sum(Outcome::Updated))),
            ("To wait for a person", Fact::Count(held)),
            ("Columns that nothing maps", Fact::Count(left)),
        ],
        files: &[
            ("plan.json", "the whole plan, to be approved"),
            ("mapping.html", "the mapping document, to be signed"),
        ],
    };
    let mut page = Page::begin(file, &heading)?;
    verdict(&mut page, about, held);
    let tallies: Vec<_> =
        plan.objects.iter().map(|object| (&*object.name, &object.tally)).collect();
    let introduction = "Each record of the source has exactly one outcome. `flagged` ones wait for a person and are not written.";
    outcomes(&mut page, ("What would become of the records", introduction), &tallies)?;
    if !about.pipeline.reconcile.sums.is_empty() {
        sums(&mut page, plan)?;
    }
    records_held(&mut page, plan)?;
    matched(&mut page, plan)?;
    columns(&mut page, plan)?;
    values(&mut page, plan)?;
    owners(&mut page, plan)?;
    if !plan.files.is_empty() {
        files(&mut page, plan)?;
    }
    reading(&mut page, plan)?;
    inventory(&mut page, about)?;
    made_first(&mut page, about);
    before(&mut page, about);
    page.finish()
}

fn verdict(page: &mut Page, about: &Planned<'_>, held: u64) {
    let gates = &about.plan.gates;
    if gates.is_empty() {
        let tone = if held == 0 { Tone::Good } else { Tone::Warn };
        let said = match held {
            0 => "Every record has its place, or a rule of the spec leaves it out.".to_owned(),
            1 => "1 record waits for a person; it is named below. All others have their place, or a rule of the spec leaves them out."
                .to_owned(),
            held => format!(
                "{held} records wait for a person; they are named below. All others have their place, or a rule of the spec leaves them out."
            ),
        };
        page.verdict(tone, "Nothing is in the way", &said);
        return;
    }
    let (statement, explanation) = match gates.len() {
        1 => (
            "Refused for 1 reason".to_owned(),
            "Nothing would be written until it is gone. It stands below with the way out.",
        ),
        count => (
            format!("Refused for {count} reasons"),
            "Nothing would be written until they are gone. Each stands below with the way out.",
        ),
    };
    page.verdict(Tone::Bad, &statement, explanation);
    page.section("gates", "What refuses the run", "");
    let terms: Vec<_> = gates
        .iter()
        .map(|gate| (format!("{}: {}", gate.code, gate.message), gate.hint.clone()))
        .collect();
    page.definition(&terms);
}

fn records_held(page: &mut Page, plan: &Plan) -> io::Result<()> {
    page.section(
        "held",
        "Records that would wait",
        "They are not written until the source or the spec is mended. A later run writes them then.",
    );
    let mut rows = page.table(&TableHead {
        id: "held",
        caption: "Records that would wait for a person",
        columns: &HELD,
        filters: &[0, 3],
        whole: Some("plan.json"),
        empty: "No record would wait.",
    });
    for object in &plan.objects {
        for held in &object.held {
            let flag = deciding(&held.flags);
            let part = |of: fn(&crate::ground::Flag) -> &str| flag.map(of).unwrap_or_default();
            rows.row(&[
                Cell::text(&*object.name),
                Cell::text(&*held.record),
                Cell::text(why(&held.flags)).toned(Tone::Warn),
                Cell::text(part(|flag| &flag.column)),
                Cell::text(part(|flag| &flag.value)),
                Cell::text(&*held.place),
            ])?;
        }
    }
    rows.end()
}

fn made_first(page: &mut Page, about: &Planned<'_>) {
    let plan = about.plan;
    page.section(
        "first",
        "What is created first, and what stays",
        "Custom fields, tags and sources are created before the records. A rollback takes the records back, not what is listed here.",
    );
    let fields = plan.provisioning.fields.iter();
    let mut made: Vec<_> =
        fields.map(|field| format!("custom field `{}` on {}", field.name, field.entity)).collect();
    for (entity, tags) in &plan.provisioning.tags {
        made.extend(tags.iter().map(|tag| format!("tag `{tag}` on {entity}")));
    }
    made.extend(
        plan.provisioning.sources.iter().map(|source| format!("source of leads `{source}`")),
    );
    if made.is_empty() {
        page.text("Nothing: all that the spec names is there already.");
    }
    page.list(&made);
    let stays = plan.irreversible();
    if !stays.is_empty() {
        page.subsection("Not taken back by a rollback");
        let terms =
            stays.iter().map(|one| (format!("{} {}", one.count, one.what), one.why.to_owned()));
        page.definition(&terms.collect::<Vec<_>>());
    }
    page.subsection("Calls that write");
    let mut calls: Vec<_> =
        plan.calls.iter().map(|(method, count)| (method.clone(), count.to_string())).collect();
    if plan.eta_s > 0.0 {
        let minutes = (plan.eta_s / 60.0).ceil();
        calls.push(("least time at the pace of the spec".into(), format!("{minutes:.0} min")));
    }
    page.definition(&calls);
}

/// What a person has to see to before the run: nothing here can be read from the API.
fn before(page: &mut Page, about: &Planned<'_>) {
    page.section("before", "Before the run", "What no API tells, and a person has to see to.");
    let kinds: Vec<_> = about.pipeline.objects.iter().map(|object| object.kind).collect();
    let has = |kind| kinds.contains(&kind);
    let mut items = vec![
        "Switch off the CRM's automations and its notifications about new records, or accept what they do: no rollback undoes it.".to_owned(),
        "Tell the people who work in the account when the run begins; what they change meanwhile is left as they made it.".to_owned(),
        "Keep a copy of the folder `.flitpipe` after the run: it is what a rollback is made of.".to_owned(),
    ];
    if has(ObjectKind::Note) || has(ObjectKind::File) || has(ObjectKind::Activity) {
        items.insert(1, "Give the API key the right to impersonate, so that notes and activities keep their authors.".to_owned());
    }
    let stages = &about.pipeline.destination.pipelines;
    if !stages.is_empty() {
        let names: Vec<_> = stages.keys().map(String::as_str).collect();
        items.push(format!(
            "Look whether the sales pipelines have the stages that are meant, which only people can make: {}.",
            names.join(", ")
        ));
    }
    page.list(&items);
}
