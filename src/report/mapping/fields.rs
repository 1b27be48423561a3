//! Every column of the source, once, with what becomes of it; and the fields that need none.

use std::collections::{BTreeMap, BTreeSet};

use super::basis::{Basis, fields_of};
use super::model::{Block, Cell, Column, Kind, Lines, Section, Table, code, sample};
use super::remarks::meaning;
use super::words::{mapping_type, sentence};
use crate::ground::counted;
use crate::plan::{Disposed, Disposition};
use crate::report::columns::tone;
use crate::report::page::Tone;
use crate::spec::{ColumnUse, From};

const COLUMNS: [Column; 9] = [
    Column::new("Table", Kind::Code, 16),
    Column::new("Source field", Kind::Text, 22),
    Column::new("Status", Kind::Chip, 13),
    Column::new("Destination field", Kind::Code, 30),
    Column::under("Mapping type", Kind::Text, 22),
    Column::new("Rule", Kind::Prose, 60),
    Column::new("Sample", Kind::Text, 44),
    Column::new("Coverage", Kind::Prose, 30),
    Column::under("Remarks", Kind::Text, 26),
];

const MADE: [Column; 6] = [
    Column::new("Destination field", Kind::Code, 30),
    Column::under("Mapping type", Kind::Text, 22),
    Column::new("Rule", Kind::Prose, 70),
    Column::new("Sample", Kind::Text, 44),
    Column::new("Coverage", Kind::Prose, 30),
    Column::under("Remarks", Kind::Text, 26),
];

const MEANINGS: [Column; 3] = [
    Column::new("Remark", Kind::Code, 24),
    Column::new("How often", Kind::Number, 11),
    Column::new("What it means", Kind::Text, 80),
];

/// The section.
pub(super) fn section(basis: &Basis<'_>) -> Section {
    let mut mapped = BTreeSet::new();
    let mut rows = Vec::new();
    for table in basis.tables() {
        let uses = basis.uses(table);
        for column in basis.columns(table) {
            let uses = uses.column(&column.column);
            let fields = fields_of(&uses);
            mapped.extend(fields.iter().copied());
            rows.push(row(basis, (column, &uses), &fields));
        }
    }
    let columns = Table {
        id: "fields",
        caption: "Every column of the source",
        columns: &COLUMNS,
        filters: &[0, 2, 4],
        is_grouped: true,
        rows,
        empty: "The source has no columns.",
        sheet: Some("Fields"),
    };
    let made = Table {
        id: "made",
        caption: "Fields that no column of the source makes",
        columns: &MADE,
        filters: &[],
        is_grouped: false,
        rows: without_column(basis, &mapped),
        empty: "Every field has a column of the source behind it.",
        sheet: Some("Other fields"),
    };
    let remarks = basis.remarks().into_iter();
    let remarks = Table {
        id: "remarks",
        caption: "What the remarks mean",
        columns: &MEANINGS,
        filters: &[],
        is_grouped: false,
        rows: remarks
            .map(|(word, count)| vec![word.into(), Cell::number(count), meaning(word).into()])
            .collect(),
        empty: "There are no remarks.",
        sheet: Some("Remarks"),
    };
    Section {
        id: "fields",
        title: "Fields",
        introduction: "Every column of the source stands here once. Samples show the first value and what is written; coverage says how many records are written with a value, and how many without.".into(),
        blocks: vec![Block::Table(columns), Block::Table(made), Block::Table(remarks)],
        sheet: "Fields",
    }
}

fn row(
    basis: &Basis<'_>,
    (column, uses): (&Disposition, &[&ColumnUse]),
    fields: &[(usize, usize)],
) -> Vec<Cell> {
    let (mut sorts, mut rule) = (Vec::new(), Lines::default());
    let (mut samples, mut coverage) = (Lines::default(), Lines::default());
    let mut remarks = Lines::default();
    for field in fields {
        let name = basis.field_name(*field);
        let made = Made::of(basis, *field);
        if !sorts.contains(&made.sort) {
            sorts.push(made.sort);
        }
        rule.push(&name, made.rule);
        samples.push(&name, made.sample);
        coverage.push(&name, made.coverage);
        remarks.push(&name, made.remarks);
    }
    let names: Vec<_> = fields.iter().map(|field| basis.field_name(*field)).collect();
    let rule = if fields.is_empty() { without_field(basis, column, uses) } else { rule.told() };
    let filled = counted(column.rows, "row has", "rows have");
    let coverage = coverage.told();
    let line = if coverage.is_empty() { "" } else { "\n" };
    vec![
        column.table.as_str().into(),
        header(column).into(),
        Cell::toned(column.status(), tone(column)),
        names.join("\n").into(),
        sorts.join("\n").into(),
        rule.into(),
        samples.plain().into(),
        format!("{filled} a value{line}{coverage}").into(),
        remarks.plain().into(),
    ]
}

/// The header as it stands in the source, and the name by which rules know it.
fn header(column: &Disposition) -> String {
    if column.shown == column.column || column.shown.is_empty() {
        column.column.clone()
    } else {
        format!("{} ({})", column.shown, column.column)
    }
}

/// Why no field is made of a column.
fn without_field(basis: &Basis<'_>, column: &Disposition, uses: &[&ColumnUse]) -> String {
    let pipeline = basis.pipeline;
    let mut parts: Vec<String> = Vec::new();
    for used in uses {
        parts.push(match used {
            ColumnUse::Mapped(..) => continue,
            ColumnUse::Key => "names its row, in the ledger and in the marker".to_owned(),
            ColumnUse::Link => "leads to rows of another table".to_owned(),
            ColumnUse::Rule => "decides about rows".to_owned(),
            ColumnUse::Archived(archive) => {
                format!("kept in {}", code(&pipeline.archives[*archive].file))
            }
            ColumnUse::Ignored(object) => {
                format!("ignored by its name under {}", code(&pipeline.objects[*object].name))
            }
            ColumnUse::IgnoredRest(object) => {
                format!("ignored with all the rest under {}", code(&pipeline.objects[*object].name))
            }
        });
    }
    if parts.is_empty() {
        parts.push(explained(column.way, column.status()).to_owned());
    }
    parts.join("; ")
}

/// What the document says of a field.
struct Made {
    sort: String,
    rule: String,
    sample: String,
    coverage: String,
    remarks: String,
}

impl Made {
    fn of(basis: &Basis<'_>, (object, field): (usize, usize)) -> Self {
        let rule = sentence(basis.pipeline, (object, field));
        let sort = mapping_type(&basis.pipeline.objects[object].fields[field]);
        let Some(found) = basis.coverage((object, field)) else {
            let none = String::new;
            return Self { sort, rule, sample: none(), coverage: none(), remarks: none() };
        };
        let shown = found
            .example
            .as_ref()
            .map(|example| format!("{} → {}", sample(&example.from), sample(&example.to)));
        let flags: Vec<_> =
            found.flags.iter().map(|(word, count)| format!("{word} {count}")).collect();
        Self {
            sort,
            rule,
            sample: shown.unwrap_or_default(),
            coverage: format!("{} filled, {} blank", found.filled, found.blank),
            remarks: flags.join(", "),
        }
    }
}

/// Constants, templates, and fields of tables that are empty.
fn without_column(basis: &Basis<'_>, mapped: &BTreeSet<(usize, usize)>) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for (object, rules) in basis.pipeline.objects.iter().enumerate() {
        for (field, rule) in rules.fields.iter().enumerate() {
            if mapped.contains(&(object, field)) {
                continue;
            }
            let mut made = Made::of(basis, (object, field));
            if !matches!(rule.rule.from, From::Value(_) | From::Template(_)) {
                made.rule.push_str("; its table has no rows");
            }
            let name = basis.field_name((object, field));
            let rest = [made.sort, made.rule, made.sample, made.coverage, made.remarks];
            rows.push(std::iter::once(name).chain(rest).map(Cell::from).collect());
        }
    }
    rows
}

/// How many columns have each status, and what it means.
pub(super) fn by_status(basis: &Basis<'_>) -> Vec<Vec<Cell>> {
    let mut counts: BTreeMap<(Disposed, &'static str), (u64, Tone)> = BTreeMap::new();
    for column in &basis.plan.columns {
        let status = column.status();
        // Why an empty column is carried nowhere makes no difference.
        let way = if status == "empty" { Disposed::Unmapped } else { column.way };
        let known = counts.entry((way, status)).or_insert((0, tone(column)));
        known.0 += 1;
    }
    let row = |((way, status), (count, tone)): ((Disposed, &'static str), (u64, Tone))| {
        vec![Cell::toned(status, tone), Cell::number(count), explained(way, status).into()]
    };
    counts.into_iter().map(row).collect()
}

fn explained(way: Disposed, status: &str) -> &'static str {
    if status == "empty" {
        return "nothing maps it, and no row has a value";
    }
    match way {
        Disposed::Mapped => "fields are made of it",
        Disposed::Key => "it names rows: known in the ledger and in the marker",
        Disposed::Link => "it leads to rows of another table",
        Disposed::Rule => "it decides about rows",
        Disposed::Archived => "a file keeps it",
        Disposed::Ignored => "the spec leaves it out on purpose",
        Disposed::NotLookedUp => {
            "it does not arrive: its table makes no records, and nothing takes it from there"
        }
        Disposed::Unmapped => "nothing maps it: it is left behind until somebody decides",
    }
}
