//! Of a reconciliation's page: the fields on their way from the source, and who owns what.

use std::collections::BTreeMap;
use std::io;

use super::findings::{Fill, ObjectFindings};
use super::page::{Bar, Bars, Cell, Column, Page, Paint, TableHead, Tone};
use super::reconciliation_page::Reconciled;

const FIELDS: [Column<'_>; 8] = [
    Column::text("Object"),
    Column::code("Field"),
    Column::number("The source has a value"),
    Column::number("Left out"),
    Column::number("Added by rules"),
    Column::number("The rules make one"),
    Column::number("It stands in the CRM"),
    Column::chip("Result"),
];

const OWNERS: [Column<'_>; 3] =
    [Column::text("User of the CRM"), Column::text("Object"), Column::number("Records")];

/// How many records have each field, of those for which the rules make it.
pub(super) fn fill(page: &mut Page, found: &BTreeMap<String, ObjectFindings>) -> io::Result<()> {
    if found.values().all(|findings| findings.fill.is_empty()) {
        return Ok(());
    }
    page.section(
        "fields",
        "Field by field",
        "How many of the records that were looked at have each field. `Left out` are records whose source has a value of which a rule makes none, `Added by rules` those that have one without it. The remarks of the plan and the audit say which and why, unless the spec says `else: ignore`. What a template, a constant, a list of children or a key inside a column makes counts where it is made: what is lost there, only the remarks tell.",
    );
    let fields = || {
        let of = |(object, findings): (&'_ String, &'_ ObjectFindings)| {
            let fill = findings.fill.iter().map(|(field, fill)| (field.clone(), *fill));
            fill.map(|(field, fill)| (object.clone(), field, fill)).collect::<Vec<_>>()
        };
        found.iter().flat_map(of)
    };
    gaps(page, fields().filter(|(_, _, fill)| !fill.is_whole()));
    let mut rows = page.table(&TableHead {
        id: "fields",
        caption: "Fill of each field",
        columns: &FIELDS,
        filters: &[0, 7],
        whole: None,
        empty: "",
    });
    for (object, field, fill) in fields() {
        rows.row(&[
            Cell::text(object),
            Cell::text(field),
            Cell::number(fill.source),
            Cell::number(fill.left_out),
            Cell::number(fill.added()),
            Cell::number(fill.made),
            Cell::number(fill.stands),
            if fill.is_whole() {
                Cell::text("stands").toned(Tone::Good)
            } else if fill.stands < fill.made {
                Cell::text("not all stand").toned(Tone::Warn)
            } else {
                Cell::text("values left out").toned(Tone::Warn)
            },
        ])?;
    }
    rows.end()
}

/// Who owns what in the CRM.
pub(super) fn owners(page: &mut Page, about: &Reconciled<'_>) -> io::Result<()> {
    let found = &about.found.objects;
    if found.values().all(|findings| findings.owners.is_empty()) {
        return Ok(());
    }
    page.section(
        "owners",
        "Who owns what",
        "The users in whose name the records that were looked at stand in the CRM, as owner, assignee or author.",
    );
    let mut rows = page.table(&TableHead {
        id: "owners",
        caption: "Users and their records",
        columns: &OWNERS,
        filters: &[0, 1],
        whole: None,
        empty: "",
    });
    for (object, findings) in found {
        for (user, count) in &findings.owners {
            let name = (about.user)(user).unwrap_or_else(|| user.clone());
            rows.row(&[Cell::text(name), Cell::text(object), Cell::number(*count)])?;
        }
    }
    rows.end()
}

/// The fields with gaps, as bars.
fn gaps(page: &mut Page, fields: impl Iterator<Item = (String, String, Fill)>) {
    let named: Vec<_> =
        fields.map(|(object, field, fill)| (format!("{object}.{field}"), fill)).collect();
    let bars: Vec<_> = named
        .iter()
        .map(|(label, fill)| Bar {
            label,
            value: fill.stands,
            of: fill.made + fill.left_out,
            paint: Paint::Amber,
        })
        .collect();
    if bars.is_empty() {
        page.text("Every field stands wherever the source has a value for it.");
    } else {
        page.bars(&Bars { title: "Fields that do not stand everywhere", bars: &bars });
    }
}
