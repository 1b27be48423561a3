//! The objects and tables: what becomes of each, honestly, and why.

use std::fmt::Write;

use super::basis::{Basis, Status, files};
use super::model::{Block, Cell, Column, Kind, Section, Table, code, listed};
use super::words::becomes;
use crate::ground::counted;
use crate::plan::ObjectPlan;
use crate::report::page::Tone;
use crate::spec::Object;
use crate::transform::DELETED;

const COLUMNS: [Column; 7] = [
    Column::new("Table", Kind::Code, 20),
    Column::new("Rows", Kind::Number, 9),
    Column::new("Status", Kind::Chip, 19),
    Column::new("Becomes", Kind::Text, 24),
    Column::under("Relation", Kind::Text, 9),
    Column::new("Why, and how", Kind::Prose, 80),
    Column::new("Kept as well in", Kind::Code, 28),
];

/// The section.
pub(super) fn section(basis: &Basis<'_>) -> Section {
    let mut rows = Vec::new();
    for table in basis.tables() {
        let of_it = basis.pipeline.objects.iter().filter(|object| object.table == table);
        let before = rows.len();
        rows.extend(of_it.map(|object| migrated(basis, object)));
        if rows.len() == before {
            rows.push(other(basis, table));
        }
    }
    let table = Table {
        id: "objects",
        caption: "Tables of the source and what becomes of them",
        columns: &COLUMNS,
        filters: &[2],
        is_grouped: false,
        rows,
        empty: "The spec reads no table.",
        sheet: Some("Objects"),
    };
    Section {
        id: "objects",
        title: "Objects",
        introduction: "Each table of the source with its honest status: what becomes records, what arrives within other records, what is kept as a file, and what nobody but a person can carry over.".into(),
        blocks: vec![Block::Table(table)],
        sheet: "Objects",
    }
}

fn tone(status: Status) -> Tone {
    match status {
        Status::Migrated | Status::Embedded => Tone::Good,
        Status::Archived | Status::Reference => Tone::Plain,
        Status::Manual => Tone::Warn,
    }
}

fn chip(status: Status) -> Cell {
    Cell::toned(status.name(), tone(status))
}

fn migrated(basis: &Basis<'_>, object: &Object) -> Vec<Cell> {
    let plan = basis.plan.objects.iter().find(|plan| plan.name == object.name);
    let relation = match (&object.expand, &object.dedupe) {
        (Some(_), _) => "1:N",
        (None, Some(_)) => "N:1",
        (None, None) => "1:1",
    };
    let (data, documents) = basis.archives(object.table);
    let kept: Vec<_> = data.into_iter().chain(documents).collect();
    vec![
        basis.pipeline.tables[object.table].name.as_str().into(),
        Cell::number(basis.rows(object.table)),
        chip(Status::Migrated),
        format!("{}: {}", object.name, becomes(object.kind)).into(),
        relation.into(),
        how(basis, object, plan).into(),
        kept.join(", ").into(),
    ]
}

/// How rows become records of an object.
fn how(basis: &Basis<'_>, object: &Object, plan: Option<&ObjectPlan>) -> String {
    let mut parts = Vec::new();
    if let Some(condition) = &object.condition {
        let count = plan.map_or(0, |plan| plan.tally.rows());
        parts.push(format!("only rows where {} ({count})", code(&condition.text)));
    }
    let completing = basis.pipeline.tables.iter().filter(|one| one.completes == Some(object.table));
    for table in completing {
        let source = code(&basis.pipeline.sources[table.source].name);
        parts.push(format!("rows that only {source} has are added"));
    }
    let deleted = plan.and_then(|plan| plan.tally.reasons.get(DELETED)).copied();
    parts.extend(deleted.map(|count| format!("left out: {DELETED} ({count})")));
    for skip in &object.skip {
        let count = plan.and_then(|plan| plan.tally.reasons.get(&skip.reason)).copied();
        let count = count.unwrap_or_default();
        parts.push(format!("left out: {} ({count})", skip.reason));
    }
    if let Some(dedupe) = &object.dedupe {
        let mut text = format!("rows that agree in {} become one", listed(&dedupe.by, " and "));
        if let Some(latest) = &dedupe.latest {
            write!(text, ", the latest by {} standing for all", code(latest)).unwrap_or_default();
        }
        parts.push(text);
    }
    if object.expand.is_some() {
        let (series, records) = plan.map_or((0, 0), |plan| plan.tally.series);
        parts.push(format!(
            "each time of a series is a record of its own ({series} series, {})",
            counted(records, "record", "records")
        ));
    }
    if object.matching.0.is_empty() {
        parts.push("always new records".to_owned());
    } else {
        let by = listed(&object.matching.0, " and ");
        parts.push(format!("a record that the CRM has already is known by its {by} and filled in"));
    }
    parts.join("; ")
}

fn other(basis: &Basis<'_>, table: usize) -> Vec<Cell> {
    let status = basis.status(table);
    let (data, documents) = basis.archives(table);
    let (becomes, why) = match status {
        Status::Migrated => (String::new(), String::new()),
        Status::Embedded => embedded(basis, table),
        Status::Archived => {
            (data.join(", "), "the CRM has no place for it: it is kept whole as a file".to_owned())
        }
        Status::Reference => {
            let names = [&documents[..], &basis.within_documents(table)].concat();
            let why =
                "the CRM takes it through no API: the document says how to rebuild it by hand";
            (names.join(", "), why.to_owned())
        }
        Status::Manual => (String::new(), manual(basis, table)),
    };
    let kept: Vec<_> = match status {
        Status::Archived => documents,
        Status::Migrated | Status::Embedded | Status::Reference | Status::Manual => {
            let more = if status == Status::Reference { Vec::new() } else { documents };
            data.into_iter().chain(more).collect()
        }
    };
    vec![
        basis.pipeline.tables[table].name.as_str().into(),
        Cell::number(basis.rows(table)),
        chip(status),
        becomes.into(),
        String::new().into(),
        why.into(),
        kept.join(", ").into(),
    ]
}

/// What a table without an object of its own arrives in.
fn embedded(basis: &Basis<'_>, table: usize) -> (String, String) {
    let uses = basis.uses(table);
    let mut fields: Vec<String> = Vec::new();
    for column in basis.columns(table) {
        for field in super::basis::fields_of(&uses.column(&column.column)) {
            let name = basis.field_name(field);
            if !fields.contains(&name) {
                fields.push(name);
            }
        }
    }
    let mut why = Vec::new();
    if basis.pipeline.owners.table == Some(table) {
        let by = code(&basis.pipeline.owners.match_column);
        why.push(format!(
            "matched by {by} to users of the CRM, who own the records; users are not created"
        ));
    }
    if !fields.is_empty() {
        let more = counted(fields.len() as u64, "field takes", "fields take");
        why.push(format!("no record of its own: {more} what it says, where a record links to it"));
    }
    (fields.join(", "), why.join("; "))
}

fn manual(basis: &Basis<'_>, table: usize) -> String {
    let name = &basis.pipeline.tables[table].name;
    let about_stages = ["pipeline", "stage"].iter().any(|word| name.contains(word));
    if about_stages {
        let named = !basis.pipeline.destination.pipelines.is_empty();
        let where_ = if named { " as listed under By hand" } else { "" };
        return format!(
            "no API creates sales pipelines and stages: an administrator sets them up{where_}"
        );
    }
    if basis.rows(table) == 0 {
        return "it has no rows, or it is not licensed in this account".to_owned();
    }
    let what = "nothing in the spec moves or keeps it: somebody has to decide what becomes of it";
    what.to_owned()
}

/// How many tables and rows have each status.
pub(super) fn by_status(basis: &Basis<'_>) -> Vec<Vec<Cell>> {
    let counted = |status: Status| {
        let of_it: Vec<_> = basis.tables().filter(|table| basis.status(*table) == status).collect();
        let rows = of_it.iter().map(|table| basis.rows(*table)).sum();
        let names: Vec<_> =
            of_it.iter().map(|table| basis.pipeline.tables[*table].name.as_str()).collect();
        vec![
            chip(status),
            Cell::number(of_it.len() as u64),
            Cell::number(rows),
            files(&names).into(),
        ]
    };
    Status::ALL.into_iter().map(counted).collect()
}
