//! The sample as a page: every field with what the source says, what was sent and what the CRM
//! stores; what wants a look first.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::field_diff::{FieldDiff, FieldState};
use super::page::{
    Cell, Column, Fact, Heading, Page, Paint, Series, Stacked, StackedBar, TableHead, Tone,
};
use crate::ground::counted;

/// What the page is about.
#[derive(Debug, Clone, Copy)]
pub struct Sampled<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The account's name.
    pub account: &'a str,
    /// How many records there are.
    pub records: usize,
    /// How many of them came along as parents.
    pub parents: usize,
    /// How many traits of the rules there are, and how many of them the sample has.
    pub traits: (usize, usize),
    /// Every field, what wants a look first.
    pub fields: &'a [FieldDiff],
}

const FIELDS: [Column<'_>; 8] = [
    Column::chip("State"),
    Column::text("Object"),
    Column::code("Record"),
    Column::code("Field"),
    Column::text("Source value"),
    Column::change("Sent, stored"),
    Column::prose("Rule"),
    Column::prose("Remarks"),
];

const REMARKS: [Column<'_>; 4] = [
    Column::code("Remark"),
    Column::code("Field"),
    Column::number("Fields"),
    Column::prose("For example"),
];

/// Writes the page.
///
/// # Errors
/// The file cannot be written.
pub fn write_sample_page(about: &Sampled<'_>, file: &Path) -> io::Result<()> {
    let count = |state| about.fields.iter().filter(|field| field.state == state).count();
    let (all, had) = about.traits;
    let heading = Heading {
        title: "Sample",
        subtitle: &format!("`{}` in the account {}", about.pipeline, about.account),
        facts: &[
            ("Records", Fact::Count(about.records as u64)),
            ("Of these as parents of others", Fact::Count(about.parents as u64)),
            ("Traits of the rules that they cover", Fact::Words(format!("{had} of {all}"))),
            ("Fields compared", Fact::Count(about.fields.len() as u64)),
        ],
        files: &[
            ("sample.csv", "every field, for a spreadsheet"),
            ("sample.jsonl", "every field, a line of JSON each"),
        ],
    };
    let mut page = Page::begin(file, &heading)?;
    let (open, held) = (count(FieldState::Differs), count(FieldState::NotWritten));
    let said = count(FieldState::LeftOut) + count(FieldState::Flagged);
    if open > 0 {
        page.verdict(
            Tone::Bad,
            &counted(
                open as u64,
                "field differs without a reason",
                "fields differ without a reason",
            ),
            "The CRM stores something else than was sent. What wants a look stands first below.",
        );
    } else if held + said > 0 {
        page.verdict(
            Tone::Warn,
            "Everything that differs has a reason; please look at the remarks",
            &format!(
                "Fields that were left out or changed with a remark: {said}. Fields of records that wait for a person: {held}. They stand first below."
            ),
        );
    } else {
        page.verdict(Tone::Good, "Every field arrived", "Nothing was left out, cut or changed.");
    }
    states(&mut page, about.fields);
    remarks(&mut page, about.fields)?;
    fields(&mut page, about.fields)?;
    page.finish()
}

fn object(field: &FieldDiff) -> &str {
    field.record.split(':').next().unwrap_or_default()
}

const fn tone(state: FieldState) -> Tone {
    match state {
        FieldState::NotWritten | FieldState::Differs => Tone::Bad,
        FieldState::LeftOut | FieldState::Flagged => Tone::Warn,
        FieldState::Normalised => Tone::Plain,
        FieldState::Same => Tone::Good,
    }
}

fn states(page: &mut Page, fields: &[FieldDiff]) {
    page.section(
        "states",
        "How the fields came out",
        "`not written`: the record waits for a person. `differs`: the CRM stores something else. `left out`: the source says something and nothing is made of it. `flagged`: written, with a remark. `normalised`: the CRM keeps the same value in a form of its own.",
    );
    let mut counts: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for field in fields {
        let of = counts.entry(object(field)).or_insert_with(|| vec![0; FieldState::ALL.len()]);
        let place = FieldState::ALL.iter().position(|state| *state == field.state);
        of[place.unwrap_or_default()] += 1;
    }
    let series = FieldState::ALL.map(|state| Series {
        name: state.name(),
        paint: match state {
            FieldState::NotWritten => Paint::Red,
            FieldState::Differs => Paint::Violet,
            FieldState::LeftOut => Paint::Grey,
            FieldState::Flagged => Paint::Amber,
            FieldState::Normalised => Paint::Sky,
            FieldState::Same => Paint::Green,
        },
    });
    let bars: Vec<_> =
        counts.into_iter().map(|(label, values)| StackedBar { label, values }).collect();
    page.stacked(&Stacked { title: "Fields of each object", series: &series, bars: &bars });
}

/// What was remarked, how often, with an example of each.
fn remarks(page: &mut Page, fields: &[FieldDiff]) -> io::Result<()> {
    page.section(
        "remarks",
        "Remarks",
        "What was cut, left out, taken from elsewhere or kept, by the field that it happened to.",
    );
    let mut found: BTreeMap<(&str, String), (u64, String)> = BTreeMap::new();
    for field in fields {
        for flag in &field.flags {
            let label = format!("{}.{}", object(field), field.field);
            let example = || {
                let value: String = flag.value.chars().take(80).collect();
                format!("{} `{value}`: {}", field.record, flag.detail)
            };
            found.entry((&flag.code, label)).or_insert_with(|| (0, example())).0 += 1;
        }
    }
    let mut rows = page.table(&TableHead {
        id: "remarks",
        caption: "Remarks by field",
        columns: &REMARKS,
        filters: &[0],
        whole: None,
        empty: "Nothing was remarked.",
    });
    for ((code, label), (count, example)) in &found {
        rows.row(&[
            Cell::text(*code),
            Cell::text(label),
            Cell::number(*count),
            Cell::text(example),
        ])?;
    }
    rows.end()
}

fn fields(page: &mut Page, fields: &[FieldDiff]) -> io::Result<()> {
    page.section(
        "fields",
        "Field by field",
        "What the source says, what was sent, what the CRM stores now, and by which rule.",
    );
    let mut rows = page.table(&TableHead {
        id: "fields",
        caption: "Every field of the sample",
        columns: &FIELDS,
        filters: &[0, 1, 3],
        whole: Some("sample.csv"),
        empty: "The sample has no fields.",
    });
    for field in fields {
        let remarks = field.remarks();
        rows.row(&[
            Cell::text(field.state.name()).toned(tone(field.state)),
            Cell::text(object(field)),
            Cell::text(&*field.record),
            Cell::text(&*field.field),
            Cell::text(&*field.source),
            Cell::change(&*field.sent, &*field.stored),
            Cell::text(&*field.rule),
            Cell::text(&remarks),
        ])?;
    }
    rows.end()
}
