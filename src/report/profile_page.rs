//! The audit of a source as a page: findings first, then tables, columns, owners and files.

use std::io;
use std::path::Path;

use super::page::{Bar, Bars, Cell, Column, Fact, Heading, Page, Paint, TableHead, Tone};
use super::profile_lists::{duplicates, files, links, owners};
use crate::plan::{ColumnProfile, Finding, Profile, Severity, TableProfile, TableState};

/// How many values of a column are shown.
const VALUES_SHOWN: usize = 5;

const FINDINGS: [Column<'_>; 8] = [
    Column::chip("How grave"),
    Column::code("Finding"),
    Column::text("Table"),
    Column::code("Column"),
    Column::number("How many"),
    Column::prose("What was found"),
    Column::prose("What to do"),
    Column::text("Examples"),
];

const TABLES: [Column<'_>; 7] = [
    Column::text("Table"),
    Column::text("Source"),
    Column::chip("State"),
    Column::number("Rows"),
    Column::number("Columns"),
    Column::code("Key"),
    Column::chip("Becomes records"),
];

const COLUMNS: [Column<'_>; 11] = [
    Column::text("Table"),
    Column::code("Column"),
    Column::chip("In the spec"),
    Column::number("Filled"),
    Column::number("Share"),
    Column::number("Distinct"),
    Column::text("Type"),
    Column::number("Longest"),
    Column::text("Range"),
    Column::text("Frequent values"),
    Column::text("Suspect"),
];

/// Writes the page of an audit; `beside` are the files beside it.
///
/// # Errors
/// The page cannot be written.
pub fn write_profile_page(
    profile: &Profile,
    beside: &[(&str, &str)],
    file: &Path,
) -> io::Result<()> {
    let rows: u64 = profile.tables.iter().map(|table| table.rows).sum();
    let columns = profile.tables.iter().flat_map(|table| &table.columns);
    let filled = columns.filter(|column| column.filled > 0).count();
    let facts = [
        ("Tables", Fact::Count(profile.tables.len() as u64)),
        ("Rows", Fact::Count(rows)),
        ("Columns that hold something", Fact::Count(filled as u64)),
        ("Findings", Fact::Count(profile.findings.len() as u64)),
        ("How hard the move is", Fact::Words(profile.complexity.grade.to_owned())),
    ];
    let mut page = Page::begin(
        file,
        &Heading {
            title: "What the source holds",
            subtitle: &format!(
                "Audit of the source of `{}`, before anything moves",
                profile.pipeline
            ),
            facts: &facts,
            files: beside,
        },
    )?;
    verdict(&mut page, profile);
    findings(&mut page, &profile.findings)?;
    complexity(&mut page, profile);
    tables(&mut page, &profile.tables)?;
    columns_of(&mut page, &profile.tables)?;
    fill_rates(&mut page, &profile.tables);
    owners(&mut page, profile)?;
    duplicates(&mut page, &profile.tables)?;
    links(&mut page, &profile.tables)?;
    files(&mut page, profile)?;
    page.finish()
}

fn verdict(page: &mut Page, profile: &Profile) {
    let count = |severity| profile.findings.iter().filter(|one| one.severity == severity).count();
    let (grave, look) = (count(Severity::Grave), count(Severity::Look));
    match (grave, look) {
        (0, 0) => page.verdict(
            Tone::Good,
            "Nothing was found that needs a decision",
            "What is good to know stands below.",
        ),
        (0, look) => page.verdict(
            Tone::Warn,
            &format!("Nothing grave, and {look} to be looked at"),
            "Somebody has to decide about these before the move. Each says what to do.",
        ),
        (grave, look) => page.verdict(
            Tone::Bad,
            &match look {
                0 => format!("{grave} grave"),
                look => format!("{grave} grave, and {look} to be looked at"),
            },
            "With what is grave, records or values would be lost or wrong. Each says what to do.",
        ),
    }
}

const fn severity(severity: Severity) -> (&'static str, Tone) {
    match severity {
        Severity::Grave => ("grave", Tone::Bad),
        Severity::Look => ("look", Tone::Warn),
        Severity::Note => ("note", Tone::Plain),
    }
}

fn findings(page: &mut Page, findings: &[Finding]) -> io::Result<()> {
    page.section("findings", "Findings", "The gravest first, with the first rows that show them.");
    let mut rows = page.table(&TableHead {
        id: "findings",
        caption: "Findings",
        columns: &FINDINGS,
        filters: &[0, 1, 2],
        whole: None,
        empty: "None.",
    });
    for one in findings {
        let (word, tone) = severity(one.severity);
        let examples: Vec<_> = one
            .examples
            .iter()
            .map(|example| format!("{}: {}", example.key, example.value))
            .collect();
        rows.row(&[
            Cell::text(word).toned(tone),
            Cell::text(&*one.code),
            Cell::text(&*one.table),
            Cell::text(&*one.column),
            Cell::number(one.count),
            Cell::text(&*one.message),
            Cell::text(&*one.advice),
            Cell::text(examples.join("\n")),
        ])?;
    }
    rows.end()
}

fn complexity(page: &mut Page, profile: &Profile) {
    let complexity = &profile.complexity;
    page.section(
        "complexity",
        "How hard the move is",
        &format!(
            "Points: {}. For each reason 0 is as usual, 1 some work, 2 much work.",
            complexity.points
        ),
    );
    let reasons: Vec<_> = complexity
        .reasons
        .iter()
        .map(|reason| (format!("{} +{}", reason.about, reason.points), reason.why.clone()))
        .collect();
    page.definition(&reasons);
    if !profile.left_out.is_empty() {
        page.subsection("Left out of this audit");
        page.list(&profile.left_out);
    }
}

fn tables(page: &mut Page, tables: &[TableProfile]) -> io::Result<()> {
    page.section("tables", "Tables", "What was read.");
    let mut rows = page.table(&TableHead {
        id: "tables",
        caption: "Tables",
        columns: &TABLES,
        filters: &[1, 2, 6],
        whole: None,
        empty: "None.",
    });
    for table in tables {
        let state = match &table.state {
            TableState::Read => Cell::text("read").toned(Tone::Good),
            TableState::NotLicensed { status } => {
                Cell::text(format!("not licensed (HTTP {status})")).toned(Tone::Warn)
            }
            TableState::Missing { .. } => Cell::text("missing").toned(Tone::Warn),
        };
        rows.row(&[
            Cell::text(&*table.table),
            Cell::text(&*table.source),
            state,
            Cell::number(table.rows),
            Cell::number(table.columns.len()),
            Cell::text(table.key.join(" + ")),
            if table.moved { Cell::text("yes").toned(Tone::Good) } else { Cell::text("no") },
        ])?;
    }
    rows.end()?;
    coverage(page, tables);
    Ok(())
}

/// How many columns of each table the spec names.
fn coverage(page: &mut Page, tables: &[TableProfile]) {
    let bars: Vec<_> = tables
        .iter()
        .filter_map(|table| {
            let filled = || table.columns.iter().filter(|column| column.filled > 0);
            let named = filled().filter(|column| column.named).count();
            let (value, of) = (u64::try_from(named).ok()?, u64::try_from(filled().count()).ok()?);
            let paint = if value == of { Paint::Blue } else { Paint::Amber };
            (of > 0).then_some(Bar { label: &table.table, value, of, paint })
        })
        .collect();
    if !bars.is_empty() {
        let title = "Columns that the spec names, of those that hold something";
        page.bars(&Bars { title, bars: &bars });
    }
}

fn columns_of(page: &mut Page, tables: &[TableProfile]) -> io::Result<()> {
    page.section(
        "columns",
        "Columns",
        "How full each column is, what stands in it, and whether the spec names it.",
    );
    let mut rows = page.table(&TableHead {
        id: "columns",
        caption: "Columns",
        columns: &COLUMNS,
        filters: &[0, 2, 6],
        whole: None,
        empty: "None.",
    });
    for table in tables {
        for column in &table.columns {
            rows.row(&column_row(table, column))?;
        }
    }
    rows.end()
}

fn column_row<'a>(table: &'a TableProfile, column: &'a ColumnProfile) -> [Cell<'a>; 11] {
    let top = column.top.iter().take(VALUES_SHOWN);
    let top: Vec<_> = top.map(|one| format!("{} ×{}", one.value, one.count)).collect();
    let range = match (&column.min, &column.max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        _ => String::new(),
    };
    let spotted: Vec<_> =
        column.spotted.iter().map(|(code, spotted)| format!("{code} {}", spotted.count)).collect();
    let about = if column.distinct_exact { "" } else { "≈" };
    let named = match (column.named, column.filled) {
        (true, _) => Cell::text("named").toned(Tone::Good),
        (false, 0) => Cell::text("empty"),
        (false, _) => Cell::text("not named").toned(Tone::Warn),
    };
    [
        Cell::text(&*table.table),
        Cell::text(&*column.column),
        named,
        Cell::number(column.filled),
        Cell::text(format!("{:.1} %", column.fill_rate * 100.0)),
        Cell::text(format!("{about}{}", column.distinct)),
        Cell::text(column.kind),
        Cell::number(column.length.max),
        Cell::text(range),
        Cell::text(top.join("\n")),
        Cell::text(spotted.join("\n")).toned(Tone::Warn),
    ]
}

/// How full the columns are of which records are made.
fn fill_rates(page: &mut Page, tables: &[TableProfile]) {
    page.section(
        "fill",
        "Fill rates",
        "The columns that are filled in some rows and not in others, of tables that become records.",
    );
    for table in tables.iter().filter(|table| table.moved) {
        fill(page, table);
    }
}

/// The columns of a table that are filled in part.
fn fill(page: &mut Page, table: &TableProfile) {
    let bars: Vec<_> = table
        .columns
        .iter()
        // Keys within JSON are shares of other rows.
        .filter(|column| !column.column.contains('.'))
        .filter(|column| column.filled > 0 && column.filled < table.rows)
        .map(|column| Bar {
            label: &column.column,
            value: column.filled,
            of: table.rows,
            paint: Paint::Blue,
        })
        .collect();
    if !bars.is_empty() {
        page.bars(&Bars { title: &table.table, bars: &bars });
    }
}
