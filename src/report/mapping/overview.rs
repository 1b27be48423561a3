//! The head of the document, and its figures.

use super::basis::Basis;
use super::model::{Block, Cell, Column, Document, Kind, Section, Table, code};
use super::words::becomes;
use super::{creation, fields, limits, objects, owners, signature, values};
use crate::ground::Outcome;
use crate::ground::counted;
use crate::plan::unmapped;
use crate::report::page::{Fact, Tone};

const STATUSES: [Column; 4] = [
    Column::new("Status", Kind::Chip, 20),
    Column::new("Tables", Kind::Number, 10),
    Column::new("Rows", Kind::Number, 12),
    Column::new("Which", Kind::Prose, 70),
];

const COLUMNS: [Column; 3] = [
    Column::new("Status", Kind::Chip, 20),
    Column::new("Columns", Kind::Number, 10),
    Column::new("What it means", Kind::Text, 60),
];

const OUTCOMES: [Column; 10] = [
    Column::new("Object", Kind::Code, 20),
    Column::new("Becomes", Kind::Text, 22),
    Column::new("Source", Kind::Number, 12),
    Column::new("Created", Kind::Number, 12),
    Column::new("Updated", Kind::Number, 12),
    Column::new("Unchanged", Kind::Number, 12),
    Column::new("Merged", Kind::Number, 12),
    Column::new("Skipped", Kind::Number, 12),
    Column::new("Flagged", Kind::Number, 12),
    Column::new("Failed", Kind::Number, 12),
];

impl Document {
    /// The document of a plan.
    pub fn of(basis: &Basis<'_>) -> Self {
        let (values, mut choices) = values::section(basis);
        choices.push(owners::choice(basis));
        Self {
            subtitle: subtitle(basis),
            verdict: verdict(basis),
            facts: facts(basis),
            sections: vec![
                section(basis),
                objects::section(basis),
                fields::section(basis),
                values,
                owners::section(basis),
                creation::section(basis),
                limits::section(basis),
                signature::section(basis),
            ],
            choices,
        }
    }
}

fn subtitle(basis: &Basis<'_>) -> String {
    format!("{}: {} into {}", basis.pipeline.name, basis.sources().join(", "), basis.account())
}

fn facts(basis: &Basis<'_>) -> Vec<(&'static str, Fact)> {
    let plan = basis.plan;
    let records: u64 = plan.objects.iter().map(|object| object.tally.source).sum();
    let fields: usize = basis.pipeline.objects.iter().map(|object| object.fields.len()).sum();
    let calls: u64 = plan.calls.values().sum();
    let mut facts = vec![
        ("Pipeline", Fact::Words(basis.pipeline.name.clone())),
        ("Version", Fact::Words(basis.version())),
        ("Records", Fact::Count(records)),
        ("Tables", Fact::Count(basis.tables().count() as u64)),
        ("Source fields", Fact::Count(plan.columns.len() as u64)),
        ("Destination fields", Fact::Count(fields as u64)),
        ("Writing calls", Fact::Count(calls)),
    ];
    if plan.eta_s > 0.0 {
        let least = format!("{:.0} min", (plan.eta_s / 60.0).ceil());
        facts.push(("At least", Fact::Words(least)));
    }
    if let Some(name) = &basis.pipeline.destination.plan.name {
        facts.push(("Plan of the account", Fact::Words(name.clone())));
    }
    facts
}

/// What is still open before anybody signs.
fn verdict(basis: &Basis<'_>) -> (Tone, String, String) {
    let plan = basis.plan;
    let left = unmapped(&plan.columns).count() as u64;
    let lost = values::unmatched(basis);
    let fallen = owners::fallen(basis);
    let held: u64 = plan.objects.iter().map(|object| object.tally.of(Outcome::Flagged)).sum();
    let points = [
        (left, "column is unmapped", "columns are unmapped"),
        (lost, "value has no match", "values have no match"),
        (fallen, "owner has no user", "owners have no user"),
        (held, "record would wait for a person", "records would wait for a person"),
    ];
    let open: Vec<_> = points
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, more)| counted(count, one, more))
        .collect();
    let explanation = "Every column, value and owner of the source stands below, with what becomes of it. Nothing moves before this document is signed.";
    if !plan.gates.is_empty() {
        let points = counted(plan.gates.len() as u64, "point refuses", "points refuse");
        return (Tone::Bad, format!("{points} the run as it stands"), explanation.to_owned());
    }
    if open.is_empty() {
        let statement = "Every column, value and owner has its place";
        return (Tone::Good, statement.to_owned(), explanation.to_owned());
    }
    let statement = format!("To be looked at before signing: {}", open.join(", "));
    (Tone::Warn, statement, explanation.to_owned())
}

fn section(basis: &Basis<'_>) -> Section {
    let mut blocks = Vec::new();
    if !basis.plan.gates.is_empty() {
        let gates = basis.plan.gates.iter();
        let told =
            gates.map(|gate| format!("{}: {}. {}", code(gate.code), gate.message, gate.hint));
        blocks.push(Block::List("What refuses the run", told.collect()));
    }
    let statuses = objects::by_status(basis);
    blocks.push(table("statuses", "Tables by what becomes of them", &STATUSES, statuses));
    let columns = fields::by_status(basis);
    blocks.push(table("columns", "Source fields by what becomes of them", &COLUMNS, columns));
    let outcomes = outcomes(basis);
    blocks.push(table("outcomes", "Records by predicted outcome", &OUTCOMES, outcomes));
    Section {
        id: "overview",
        title: "Overview",
        introduction: String::new(),
        blocks,
        sheet: "Overview",
    }
}

fn table(
    id: &'static str,
    caption: &'static str,
    columns: &'static [Column],
    rows: Vec<Vec<Cell>>,
) -> Block {
    let (filters, is_grouped): (&[usize], bool) = (&[], false);
    Block::Table(Table {
        id,
        caption,
        columns,
        filters,
        is_grouped,
        rows,
        empty: "None.",
        sheet: None,
    })
}

fn outcomes(basis: &Basis<'_>) -> Vec<Vec<Cell>> {
    let rows = basis.plan.objects.iter().zip(&basis.pipeline.objects);
    rows.map(|(plan, object)| {
        let mut row: Vec<Cell> = vec![
            plan.name.as_str().into(),
            becomes(object.kind).into(),
            Cell::number(plan.tally.source),
        ];
        row.extend(Outcome::ALL.iter().map(|outcome| Cell::number(plan.tally.of(*outcome))));
        row
    })
    .collect()
}
