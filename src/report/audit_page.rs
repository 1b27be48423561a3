//! The audit of a run as a page: outcomes, what waits, every remark, every file.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::audit::{AuditError, audit_list};
use super::outcomes::{look, outcomes};
use super::page::{Bar, Bars, Cell, Column, Fact, Heading, Page, Paint, Rows, TableHead, Tone};
use crate::ground::Outcome;
use crate::ledger::{Carried, Reader, RunId, Waiting};
use crate::plan::{Plan, Tally, VANISHED, deciding};

/// What the page is about.
#[derive(Debug, Clone, Copy)]
pub struct Audited<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The account's name.
    pub account: &'a str,
    /// The run.
    pub run: RunId,
    /// The run and when it began, in words.
    pub begun: &'a str,
    /// Whether it wrote a sample.
    pub is_sample: bool,
    /// The other files that belong to it: name, and what is in it.
    pub beside: &'a [(String, &'static str)],
    /// Object to its tally, in the order of the spec.
    pub tallies: &'a [(String, Tally)],
    /// What was predicted, with what was remarked while the source was read.
    pub plan: &'a Plan,
}

const HELD: [Column<'_>; 7] = [
    Column::chip("Outcome"),
    Column::text("Object"),
    Column::code("Record"),
    Column::prose("Why it waits"),
    Column::code("Field"),
    Column::code("Column"),
    Column::text("Value"),
];

const LEFT_OUT: [Column<'_>; 4] =
    [Column::chip("Outcome"), Column::text("Object"), Column::code("Record"), Column::prose("Why")];

const REMARKS: [Column<'_>; 8] = [
    Column::chip("Outcome"),
    Column::text("Object"),
    Column::code("Record"),
    Column::code("Remark"),
    Column::code("Field"),
    Column::code("Column"),
    Column::text("Value"),
    Column::prose("What was done"),
];

const FILES: [Column<'_>; 6] = [
    Column::code("Record"),
    Column::text("Name"),
    Column::number("Bytes"),
    Column::code("From"),
    Column::code("On"),
    Column::chip("How"),
];

/// Writes the page; the remarks come from the ledger, one by one.
///
/// # Errors
/// The ledger cannot be read, or the page not written.
pub fn write_audit_page(
    reader: &Reader,
    about: &Audited<'_>,
    file: &Path,
) -> Result<(), AuditError> {
    let fail = |source| AuditError::Unwritable { file: file.to_owned(), source };
    let mut page = begin(about, file).map_err(fail)?;
    let tallies: Vec<_> = about.tallies.iter().map(|(object, tally)| (&**object, tally)).collect();
    let introduction = "Every record of the source has exactly one outcome.";
    outcomes(&mut page, ("What became of the records", introduction), &tallies).map_err(fail)?;
    page.section(
        "held",
        "Waiting for a person",
        "These records were not written. Mend them in the source or the spec, then apply again: only they are written.",
    );
    let list = audit_list(about.run);
    let mut rows = page.table(&TableHead {
        id: "held",
        caption: "Records that wait for a person",
        columns: &HELD,
        filters: &[0, 1],
        whole: Some(&list),
        empty: "None.",
    });
    let mut result = Ok(());
    reader.remarks(about.run, |waiting| {
        if result.is_ok() && matches!(waiting.outcome, Outcome::Flagged | Outcome::Failed) {
            result = held(&mut rows, &waiting);
        }
    })?;
    result.and_then(|()| rows.end()).map_err(fail)?;
    left_out(&mut page, reader, about.run)?.map_err(fail)?;
    by_code(&mut page, about);
    remarks(&mut page, reader, about)?.map_err(fail)?;
    files(&mut page, reader, about.run)?.map_err(fail)?;
    page.finish().map_err(fail)
}

fn begin(about: &Audited<'_>, file: &Path) -> io::Result<Page> {
    let sum = |outcome| about.tallies.iter().map(|(_, tally)| tally.of(outcome)).sum::<u64>();
    let source: u64 = about.tallies.iter().map(|(_, tally)| tally.source).sum();
    let remarks: u64 = counts(about).values().sum();
    let waiting = sum(Outcome::Flagged) + sum(Outcome::Failed);
    let facts = [
        ("Records in the source", source),
        ("Created", sum(Outcome::Created)),
        ("Updated", sum(Outcome::Updated)),
        ("Unchanged", sum(Outcome::Unchanged)),
        ("Waiting for a person", waiting),
        ("Remarks", remarks),
    ];
    let facts = facts.map(|(label, count)| (label, Fact::Count(count)));
    let list = audit_list(about.run);
    let mut files = vec![
        (&*list, "every remark, file and record that was left out, a line of JSON each"),
        ("reconciliation.html", "what stands in the CRM, compared with the source"),
    ];
    files.extend(about.beside.iter().map(|(name, what)| (&**name, *what)));
    let heading = Heading {
        title: if about.is_sample { "Audit of a sample" } else { "Audit" },
        subtitle: &format!(
            "`{}` in the account {}, {}",
            about.pipeline, about.account, about.begun
        ),
        facts: &facts,
        files: &files,
    };
    let mut page = Page::begin(file, &heading)?;
    if waiting == 0 {
        page.verdict(
            Tone::Good,
            "Every record has found its outcome",
            "None waits for a person. What was remarked on single values stands below.",
        );
    } else {
        let statement = match waiting {
            1 => "A record waits for a person".to_owned(),
            waiting => format!("{waiting} records wait for a person"),
        };
        let explanation = "They were not written, and each stands below with its reason. All others have found their outcome.";
        page.verdict(Tone::Warn, &statement, explanation);
    }
    Ok(page)
}

fn held(rows: &mut Rows<'_, '_>, waiting: &Waiting) -> io::Result<()> {
    let flag = deciding(&waiting.flags);
    let part = |part: Option<&str>| Cell::text(part.unwrap_or_default().to_owned());
    rows.row(&[
        Cell::text(waiting.outcome.name()).toned(look(waiting.outcome).1),
        Cell::text(&*waiting.key.object),
        Cell::text(waiting.key.to_string()),
        Cell::text(&*waiting.reason),
        part(flag.map(|flag| &*flag.field)),
        part(flag.map(|flag| &*flag.column)),
        part(flag.map(|flag| &*flag.value)),
    ])
}

/// The records that are not written on purpose: left out by a rule, or merged into another one.
fn left_out(page: &mut Page, reader: &Reader, run: RunId) -> Result<io::Result<()>, AuditError> {
    page.section(
        "left-out",
        "Left out and merged",
        "These records have none of their own in the CRM: a rule of the spec leaves them out, or another record stands for them as well.",
    );
    let list = audit_list(run);
    let mut rows = page.table(&TableHead {
        id: "left-out",
        caption: "Records left out or merged",
        columns: &LEFT_OUT,
        filters: &[0, 1],
        whole: Some(&list),
        empty: "None.",
    });
    let mut result = Ok(());
    reader.remarks(run, |waiting| {
        if result.is_ok() && matches!(waiting.outcome, Outcome::Skipped | Outcome::Merged) {
            result = rows.row(&[
                Cell::text(waiting.outcome.name()).toned(look(waiting.outcome).1),
                Cell::text(&*waiting.key.object),
                Cell::text(waiting.key.to_string()),
                Cell::text(&*waiting.reason),
            ]);
        }
    })?;
    Ok(result.and_then(|()| rows.end()))
}

/// Code to how often it was remarked: on records, and while the source was read.
fn counts<'a>(about: &Audited<'a>) -> BTreeMap<&'a str, u64> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (code, count) in about.tallies.iter().flat_map(|(_, tally)| &tally.flags) {
        *counts.entry(code).or_default() += count;
    }
    for remark in &about.plan.reading {
        *counts.entry(&*remark.flag.code).or_default() += 1;
    }
    counts
}

/// How often each remark was made.
fn by_code(page: &mut Page, about: &Audited<'_>) {
    page.section(
        "remarks",
        "Every remark",
        "What was found on the way and what was done about it: values that were kept, left out, shortened or mended.",
    );
    let counts = counts(about);
    let of = counts.values().sum();
    let mut bars: Vec<_> = counts
        .into_iter()
        .map(|(label, value)| Bar { label, value, of, paint: Paint::Blue })
        .collect();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
    if !bars.is_empty() {
        page.bars(&Bars { title: "Remarks by kind", bars: &bars });
    }
}

fn remarks(
    page: &mut Page,
    reader: &Reader,
    about: &Audited<'_>,
) -> Result<io::Result<()>, AuditError> {
    let list = audit_list(about.run);
    let mut rows = page.table(&TableHead {
        id: "remarks",
        caption: "Every remark",
        columns: &REMARKS,
        filters: &[0, 1, 3],
        whole: Some(&list),
        empty: "None.",
    });
    let mut result = Ok(());
    reader.remarks(about.run, |waiting| {
        if result.is_ok() {
            result = remark(&mut rows, &waiting);
        }
    })?;
    Ok(result.and_then(|()| beside(&mut rows, about.plan)).and_then(|()| rows.end()))
}

fn remark(rows: &mut Rows<'_, '_>, waiting: &Waiting) -> io::Result<()> {
    let record = waiting.key.to_string();
    waiting.flags.iter().try_for_each(|flag| {
        rows.row(&[
            Cell::text(waiting.outcome.name()).toned(look(waiting.outcome).1),
            Cell::text(&*waiting.key.object),
            Cell::text(&*record),
            Cell::text(&*flag.code),
            Cell::text(&*flag.field),
            Cell::text(&*flag.column),
            Cell::text(&*flag.value),
            Cell::text(&*flag.detail),
        ])
    })
}

/// What was remarked while the source was read, and what is gone from it.
fn beside(rows: &mut Rows<'_, '_>, plan: &Plan) -> io::Result<()> {
    for remark in &plan.reading {
        rows.row(&[
            Cell::text("read"),
            Cell::text(&*remark.table),
            Cell::text(&*remark.place),
            Cell::text(&*remark.flag.code),
            Cell::text(&*remark.flag.field),
            Cell::text(&*remark.flag.column),
            Cell::text(&*remark.flag.value),
            Cell::text(&*remark.flag.detail),
        ])?;
    }
    for object in &plan.objects {
        for gone in &object.vanished {
            rows.row(&[
                Cell::text(VANISHED).toned(Tone::Warn),
                Cell::text(&*object.name),
                Cell::text(&*gone.record),
                Cell::text(VANISHED),
                Cell::text(""),
                Cell::text(""),
                Cell::text(&*gone.at),
                Cell::text("gone from the source; it stays in the CRM"),
            ])?;
        }
    }
    Ok(())
}

fn files(page: &mut Page, reader: &Reader, run: RunId) -> Result<io::Result<()>, AuditError> {
    page.section("files", "Files", "The files that this run carried, and where they went.");
    let mut rows = page.table(&TableHead {
        id: "files",
        caption: "Files that were carried",
        columns: &FILES,
        filters: &[5],
        whole: None,
        empty: "None was carried in this run.",
    });
    let mut result = Ok(());
    reader.carried(run, |carried| {
        if result.is_ok() {
            result = carried_row(&mut rows, &carried);
        }
    })?;
    Ok(result.and_then(|()| rows.end()))
}

fn carried_row(rows: &mut Rows<'_, '_>, carried: &Carried) -> io::Result<()> {
    let part = |name: &str| match carried.content.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let how = match (part("uploaded").as_str(), part("copied").as_str()) {
        ("" | "false", "" | "false") => Cell::text("linked"),
        ("" | "false", _) => Cell::text("copied"),
        _ => Cell::text("uploaded").toned(Tone::Good),
    };
    rows.row(&[
        Cell::text(carried.key.to_string()),
        Cell::text(part("name")),
        Cell::text(part("bytes")),
        Cell::text(part("from")),
        Cell::text(carried.on_key.as_ref().map_or(carried.on.clone(), ToString::to_string)),
        how,
    ])
}
