//! The reconciliation as a page: the verdict, the counts, the sums, and every difference.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::findings::{DIFFERENCES, Difference, Found, ObjectFindings, Sort, Sums};
use super::page::{
    Cell, Column, Fact, Heading, Page, Paint, Series, Stacked, StackedBar, TableHead, Tone,
};
use super::reconciliation::Breached;
use super::reconciliation_fields::{fill, owners};
use crate::ground::counted;

/// Of how much a reconciliation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything that the spec moves.
    Whole,
    /// The records of the last sample.
    Sample,
    /// Everything, of which only samples were written.
    SampledOnly,
}

impl Extent {
    const fn title(self) -> &'static str {
        match self {
            Self::Whole | Self::SampledOnly => "Reconciliation",
            Self::Sample => "Reconciliation of a sample",
        }
    }

    const fn said(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Sample => {
                "Only a sample was written by this run: all numbers here are those of its records."
            }
            Self::SampledOnly => {
                "Only samples were written so far: what stands in the CRM is theirs, and the rest of the source still has to move."
            }
        }
    }
}

/// What the page is about.
#[derive(Clone, Copy)]
pub struct Reconciled<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The account's name.
    pub account: &'a str,
    /// The run and when it began; empty when nothing was run.
    pub run: &'a str,
    /// Of how much it is.
    pub extent: Extent,
    /// Whether the source was read again since that run.
    pub is_later: bool,
    /// A user of the CRM (`Users:3`) by name and e-mail.
    pub user: &'a dyn Fn(&str) -> Option<String>,
    /// What was found.
    pub found: &'a Found,
    /// Which limits are not kept.
    pub breaches: &'a [Breached],
}

const OBJECTS: [Column<'_>; 11] = [
    Column::text("Object"),
    Column::number("In the source"),
    Column::number("In the CRM"),
    Column::number("Looked at"),
    Column::number("Missing"),
    Column::number("Duplicates"),
    Column::number("Broken links"),
    Column::number("Differing values"),
    Column::number("Explained"),
    Column::number("Values compared"),
    Column::chip("Result"),
];

const SUMS: [Column<'_>; 7] = [
    Column::text("Object"),
    Column::code("Field"),
    Column::text("Currency"),
    Column::text("Stage"),
    Column::number("From the source"),
    Column::number("In the CRM"),
    Column::number("Difference"),
];

const LISTED: [Column<'_>; 8] = [
    Column::chip("Kind"),
    Column::text("Object"),
    Column::code("Record"),
    Column::code("In the CRM"),
    Column::code("Field"),
    Column::change("From the source, in the CRM"),
    Column::code("Rule"),
    Column::prose("What is known"),
];

/// The columns of kind, object and rule.
const FILTERS: [usize; 3] = [0, 1, 6];

/// Writes the page beside the list of differences, from which it takes them.
///
/// # Errors
/// The list cannot be read, or the page not written.
pub fn write_reconciliation_page(
    about: &Reconciled<'_>,
    differences: &Path,
    file: &Path,
) -> io::Result<()> {
    let sum =
        |of: fn(&ObjectFindings) -> u64| Fact::Count(about.found.objects.values().map(of).sum());
    let unexplained = |found: &ObjectFindings| count(found, |sort| sort != Sort::Explained);
    let (source, stands) = (sum(|found| found.source), sum(|found| found.destination));
    let looked_at = sum(ObjectFindings::looked_at);
    let (values, open) = (sum(|found| found.values), sum(unexplained));
    let explained = sum(|found| found.count(Sort::Explained));
    let subtitle =
        [format!("`{}` in the account {}", about.pipeline, about.account), about.run.to_owned()];
    let subtitle = subtitle.map(|part| Some(part).filter(|part| !part.is_empty()));
    let heading = Heading {
        title: about.extent.title(),
        subtitle: &subtitle.into_iter().flatten().collect::<Vec<_>>().join(", "),
        facts: &[
            ("Records in the source", source),
            ("Records written", stands),
            ("Of these looked at", looked_at),
            ("Values compared", values),
            ("Differences without a reason", open),
            ("Differences with a reason", explained),
        ],
        files: &[(DIFFERENCES, "every difference, a line of JSON each")],
    };
    let mut page = Page::begin(file, &heading)?;
    verdict(&mut page, about);
    if !about.breaches.is_empty() {
        limits(&mut page, about.breaches)?;
    }
    objects(&mut page, about)?;
    if !about.found.sums.is_empty() {
        sums(&mut page, &about.found.sums)?;
    }
    fill(&mut page, &about.found.objects)?;
    owners(&mut page, about)?;
    listed(&mut page, about, differences)?;
    page.finish()
}

fn count(found: &ObjectFindings, wanted: impl Fn(Sort) -> bool) -> u64 {
    found.counts.iter().filter(|(sort, _)| wanted(**sort)).map(|(_, count)| count).sum()
}

fn verdict(page: &mut Page, about: &Reconciled<'_>) {
    let later = if about.is_later {
        "The source was read again after this run. Where it changed since, a record is compared with what was written, and `source_changed` says so; the next apply brings it."
    } else {
        ""
    };
    for said in [about.extent.said(), later].into_iter().filter(|said| !said.is_empty()) {
        page.text(said);
    }
    let is_all = about.found.objects.values().all(|found| found.unread == 0);
    match about.breaches.len() {
        0 if about.found.is_equal() => page.verdict(
            Tone::Good,
            "The numbers add up",
            if is_all {
                "Every record that was written stands in the CRM, with the values that the rules make of the source."
            } else {
                "Every record that was looked at stands in the CRM, with the values that the rules make of the source. Not all were looked at: below stands of which objects."
            },
        ),
        0 => page.verdict(
            Tone::Good,
            "The numbers add up",
            if is_all {
                "The differences that were found are within the limits of the spec. Each stands below, with what is known about it."
            } else {
                "The differences that were found are within the limits of the spec. Each stands below, with what is known about it. Not all records were looked at: below stands of which objects."
            },
        ),
        1 => page.verdict(
            Tone::Bad,
            "The numbers do not add up",
            "A limit of `reconcile:` in the spec is not kept. It stands first below, and then every difference.",
        ),
        count => page.verdict(
            Tone::Bad,
            "The numbers do not add up",
            &format!("{count} limits of `reconcile:` in the spec are not kept. They stand first below, and then every difference."),
        ),
    }
}

fn limits(page: &mut Page, breaches: &[Breached]) -> io::Result<()> {
    page.section(
        "limits",
        "Limits that are not kept",
        "What the spec tolerates was exceeded here.",
    );
    let columns = [Column::chip("Limit"), Column::text("Where"), Column::prose("What was found")];
    let mut rows = page.table(&TableHead {
        id: "limits",
        caption: "Limits that are not kept",
        columns: &columns,
        filters: &[],
        whole: None,
        empty: "",
    });
    for breach in breaches {
        rows.row(&[
            Cell::text(breach.limit).toned(Tone::Bad),
            Cell::text(&*breach.object),
            Cell::text(&*breach.found),
        ])?;
    }
    rows.end()
}

fn objects(page: &mut Page, about: &Reconciled<'_>) -> io::Result<()> {
    page.section(
        "objects",
        "Object by object",
        "Records of the source beside those that were written and stand in the CRM, or were not found missing. The source has more where records were merged, skipped or held.",
    );
    let found = &about.found.objects;
    let mut rows = page.table(&TableHead {
        id: "objects",
        caption: "Counts of each object",
        columns: &OBJECTS,
        filters: &[],
        whole: None,
        empty: "The spec has no objects.",
    });
    for (object, findings) in found {
        let of = |sort| match findings.count(sort) {
            0 => Cell::number(0),
            count if sort == Sort::Explained => Cell::number(count),
            count => Cell::number(count).toned(Tone::Bad),
        };
        let is_over = about.breaches.iter().any(|breach| {
            breach.object.split(' ').next().is_some_and(|name| name == object.as_str())
        });
        let result = match (is_over, count(findings, |sort| sort != Sort::Explained)) {
            (true, _) => Cell::text("over the limit").toned(Tone::Bad),
            (false, 0) if findings.unread > 0 => Cell::text("adds up so far").toned(Tone::Plain),
            (false, 0) => Cell::text("adds up").toned(Tone::Good),
            (false, _) => Cell::text("within the limit").toned(Tone::Warn),
        };
        rows.row(&[
            Cell::text(object),
            Cell::number(findings.source),
            Cell::number(findings.destination),
            looked_at(findings),
            of(Sort::Missing),
            of(Sort::Duplicate),
            of(Sort::Orphan),
            of(Sort::Mismatch),
            of(Sort::Explained),
            Cell::number(findings.values),
            result,
        ])?;
    }
    rows.end()?;
    partly(page, found);
    differing(page, found);
    Ok(())
}

fn looked_at(findings: &ObjectFindings) -> Cell<'static> {
    let cell = Cell::number(findings.looked_at());
    if findings.unread == 0 { cell } else { cell.toned(Tone::Warn) }
}

/// Says of which objects not all records were looked at.
fn partly(page: &mut Page, found: &BTreeMap<String, ObjectFindings>) {
    for (object, findings) in found.iter().filter(|(_, findings)| findings.unread > 0) {
        page.text(&format!(
            "Of `{object}`, {} of {} were looked at, evenly spread: each costs a call of its own, and `reconcile: read_back` in the spec says how many are.",
            findings.looked_at(),
            counted(findings.destination, "record", "records"),
        ));
    }
}

/// Of which kinds the differences of each object are.
fn differing(page: &mut Page, found: &BTreeMap<String, ObjectFindings>) {
    let series = Sort::ALL.map(|sort| Series {
        name: sort.name(),
        paint: match sort {
            Sort::Missing => Paint::Red,
            Sort::Duplicate => Paint::Violet,
            Sort::Orphan => Paint::Sky,
            Sort::Mismatch => Paint::Amber,
            Sort::Explained => Paint::Grey,
        },
    });
    let bars: Vec<_> = found
        .iter()
        .filter(|(_, findings)| !findings.counts.is_empty())
        .map(|(object, findings)| StackedBar {
            label: object,
            values: Sort::ALL.map(|sort| findings.count(sort)).into(),
        })
        .collect();
    let kinds = |bar: &StackedBar<'_>| bar.values.iter().filter(|count| **count > 0).count();
    if bars.iter().any(|bar| kinds(bar) > 1) {
        page.stacked(&Stacked { title: "Differences by kind", series: &series, bars: &bars });
    }
}

fn sums(
    page: &mut Page,
    sums: &BTreeMap<(String, String, String, String), Sums>,
) -> io::Result<()> {
    page.section(
        "sums",
        "Sums",
        "What the rules make of the source, added up beside what stands in the CRM: for each currency and stage.",
    );
    let mut rows = page.table(&TableHead {
        id: "sums",
        caption: "Sums of both sides",
        columns: &SUMS,
        filters: &[0, 2],
        whole: None,
        empty: "",
    });
    for ((object, field, currency, stage), sums) in sums {
        let difference = (sums.stands - sums.wanted).normalize();
        let tone = if difference.is_zero() { Tone::Good } else { Tone::Bad };
        rows.row(&[
            Cell::text(object),
            Cell::text(field),
            Cell::text(currency),
            Cell::text(stage),
            Cell::number(sums.wanted.normalize()),
            Cell::number(sums.stands.normalize()),
            Cell::number(difference).toned(tone),
        ])?;
    }
    rows.end()
}

fn listed(page: &mut Page, about: &Reconciled<'_>, differences: &Path) -> io::Result<()> {
    // Users by their names: nobody knows them by their numbers.
    let named = |value: String| match value.strip_prefix("Users:") {
        Some(_) => (about.user)(&value).unwrap_or(value),
        None => value,
    };
    page.section(
        "differences",
        "Every difference",
        "What the rules make of the source (−) and what stands in the CRM (+). `explained` are those with a reason that a rule or an earlier run gave.",
    );
    let mut rows = page.table(&TableHead {
        id: "differences",
        caption: "Every difference",
        columns: &LISTED,
        filters: &FILTERS,
        whole: Some(DIFFERENCES),
        empty: "There is none.",
    });
    for line in BufReader::new(File::open(differences)?).lines() {
        let one: Difference = serde_json::from_str(&line?)?;
        let tone = match one.sort {
            Sort::Missing | Sort::Duplicate | Sort::Orphan | Sort::Mismatch => Tone::Bad,
            Sort::Explained => Tone::Plain,
        };
        let object = one.record.split(':').next().unwrap_or_default();
        let change = match (one.wanted.is_empty(), one.stands.is_empty()) {
            (true, true) => Cell::text(""),
            _ => Cell::change(named(one.wanted), named(one.stands)),
        };
        rows.row(&[
            Cell::text(one.sort.name()).toned(tone),
            Cell::text(object),
            Cell::text(&*one.record),
            Cell::text(&*one.at),
            Cell::text(&*one.field),
            change,
            Cell::text(&*one.rule),
            Cell::text(&*one.why),
        ])?;
    }
    rows.end()
}
