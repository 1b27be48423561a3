//! The long tables of a plan's page: columns, values of maps, owners, files.

use std::io;

use super::columns::tone;
use super::mapping::{NOBODY, NOTHING};
use super::page::{Bar, Bars, Cell, Column, Page, Paint, TableHead, Tone};
use crate::ground::compared;
use crate::plan::{Disposed, Disposition, MapCoverage, Matched, Plan, VANISHED};

const COLUMNS: [Column<'_>; 5] = [
    Column::chip("What becomes of it"),
    Column::text("Table"),
    Column::text("Column"),
    Column::number("Rows with a value"),
    Column::prose("Where it goes"),
];

const VALUES: [Column<'_>; 6] = [
    Column::chip("State"),
    Column::code("Field"),
    Column::text("Value in the source"),
    Column::text("Becomes"),
    Column::number("Times"),
    Column::prose("Note"),
];

const OWNERS: [Column<'_>; 6] = [
    Column::chip("Found by"),
    Column::text("Owner in the source"),
    Column::text("Owner in the CRM"),
    Column::number("Records"),
    Column::text("Which records"),
    Column::prose("Why the fallback"),
];

const MATCHED: [Column<'_>; 7] = [
    Column::chip("Names"),
    Column::text("Object"),
    Column::code("Record"),
    Column::text("Name in the source"),
    Column::code("In the CRM"),
    Column::text("Name in the CRM"),
    Column::text("Known by"),
];

const SUMS: [Column<'_>; 6] = [
    Column::text("Object"),
    Column::code("Field"),
    Column::text("Currency"),
    Column::text("Stage"),
    Column::number("Records"),
    Column::number("Sum"),
];

const READING: [Column<'_>; 5] = [
    Column::code("Remark"),
    Column::text("Where"),
    Column::code("Place"),
    Column::text("Value"),
    Column::prose("What it is"),
];

const FILES: [Column<'_>; 5] = [
    Column::chip("What becomes of it"),
    Column::code("Record"),
    Column::text("Name"),
    Column::number("Bytes"),
    Column::prose("Remarks"),
];

pub(super) fn columns(page: &mut Page, plan: &Plan) -> io::Result<()> {
    page.section(
        "columns",
        "What becomes of each column",
        "Every column of the source. `unmapped` ones would be lost without anybody having decided so; `left behind` ones stand in tables of which no records are made, and nothing takes them; `empty` ones hold nothing that could be lost.",
    );
    let mut rows = page.table(&TableHead {
        id: "columns",
        caption: "Columns of the source",
        columns: &COLUMNS,
        filters: &[0, 1],
        whole: None,
        empty: "The source has no columns.",
    });
    let mut sorted: Vec<_> = plan.columns.iter().collect();
    let is_open = |column: &Disposition| column.way == Disposed::Unmapped && column.rows > 0;
    sorted.sort_by_key(|column| !is_open(column));
    for column in sorted {
        rows.row(&[
            Cell::text(column.status()).toned(tone(column)),
            Cell::text(&*column.table),
            Cell::text(&*column.shown),
            Cell::number(column.rows),
            Cell::text(column.to.join(", ")),
        ])?;
    }
    rows.end()
}

/// The sums that the spec asks for: what the reconciliation will find, when all goes well.
pub(super) fn sums(page: &mut Page, plan: &Plan) -> io::Result<()> {
    page.section(
        "sums",
        "Sums",
        "What the rules make of the source, added up over the records that are going to stand in the CRM: for each currency and stage. The reconciliation sets the CRM's own sums beside it.",
    );
    let mut rows = page.table(&TableHead {
        id: "sums",
        caption: "Sums for each currency and stage",
        columns: &SUMS,
        filters: &[0, 2],
        whole: None,
        empty: "No record has an amount.",
    });
    for object in &plan.objects {
        for sum in &object.sums {
            rows.row(&[
                Cell::text(&*object.name),
                Cell::text(&*sum.field),
                Cell::text(&*sum.currency),
                Cell::text(&*sum.stage),
                Cell::number(sum.records),
                Cell::number(sum.sum),
            ])?;
        }
    }
    rows.end()
}

/// Fields with a value map.
fn mapped(plan: &Plan) -> impl Iterator<Item = (String, &MapCoverage)> {
    plan.objects.iter().flat_map(|object| {
        let fields = object.fields.iter();
        fields.filter_map(|field| {
            Some((format!("{}.{}", object.name, field.field), field.map.as_ref()?))
        })
    })
}

/// What is said of a value without a match and the one that comes nearest to it.
fn likeness(near: &str, value: &str) -> String {
    if compared(near) == compared(value) {
        return format!("the CRM has `{near}`, and the map lacks it");
    }
    format!("looks like `{near}`")
}

pub(super) fn values(page: &mut Page, plan: &Plan) -> io::Result<()> {
    page.section(
        "values",
        "Value maps",
        "How the maps of the spec fit the data: what is matched, what has no match, and which entries nothing uses.",
    );
    shares(page, plan);
    let mut rows = page.table(&TableHead {
        id: "values",
        caption: "Values of the maps",
        columns: &VALUES,
        filters: &[0, 1],
        whole: Some("plan.json"),
        empty: "The spec has no value maps.",
    });
    for (label, map) in mapped(plan) {
        let default = map.default.as_deref().unwrap_or_default();
        let lacks = [
            ("no match", Tone::Bad, &map.unmatched, ""),
            ("default", Tone::Warn, &map.defaulted, default),
        ];
        for (state, tone, values, becomes) in lacks {
            for (value, lack) in values {
                let near = lack.near.as_ref().map(|near| likeness(near, value));
                let value = shown_value(value);
                rows.row(&[
                    Cell::text(state).toned(tone),
                    Cell::text(&*label),
                    Cell::text(value),
                    Cell::text(becomes),
                    Cell::number(lack.count),
                    Cell::text(near.unwrap_or_default()),
                ])?;
            }
        }
        for entry in &map.entries {
            let state = match entry.count {
                0 => Cell::text("unused"),
                _ => Cell::text("matched").toned(Tone::Good),
            };
            rows.row(&[
                state,
                Cell::text(&*label),
                Cell::text(&*entry.from),
                Cell::text(&*entry.to),
                Cell::number(entry.count),
                Cell::text(""),
            ])?;
        }
    }
    rows.end()
}

/// The records that the CRM has already: what it calls them stays.
pub(super) fn matched(page: &mut Page, plan: &Plan) -> io::Result<()> {
    page.section(
        "matched",
        "Records that the CRM has already",
        "They are filled where they are blank; what stands there stays, the name too. Where the names differ, please look whether the same one is meant.",
    );
    let mut rows = page.table(&TableHead {
        id: "matched",
        caption: "Records that the CRM has already",
        columns: &MATCHED,
        filters: &[0, 1],
        whole: Some("plan.json"),
        empty: "None is met for the first time.",
    });
    let all =
        plan.objects.iter().flat_map(|object| object.matched.iter().map(move |one| (object, one)));
    let both = |one: &Matched| !one.name.is_empty() && !one.named.is_empty();
    let differ = |one: &Matched| both(one) && one.name.to_lowercase() != one.named.to_lowercase();
    let (first, rest): (Vec<_>, Vec<_>) = all.partition(|(_, one)| differ(one));
    for (object, one) in first.into_iter().chain(rest) {
        let names = if !both(one) {
            Cell::text("")
        } else if differ(one) {
            Cell::text("another name").toned(Tone::Warn)
        } else {
            Cell::text("same name").toned(Tone::Good)
        };
        rows.row(&[
            names,
            Cell::text(&*object.name),
            Cell::text(&*one.record),
            Cell::text(&*one.name),
            Cell::text(&*one.at),
            Cell::text(&*one.named),
            Cell::text(&*one.by),
        ])?;
    }
    rows.end()
}

/// What was remarked while the source was read, and what is gone from it.
pub(super) fn reading(page: &mut Page, plan: &Plan) -> io::Result<()> {
    let vanished = plan
        .objects
        .iter()
        .flat_map(|object| object.vanished.iter().map(move |gone| (object.name.as_str(), gone)));
    if plan.reading.is_empty() && vanished.clone().next().is_none() {
        return Ok(());
    }
    page.section(
        "reading",
        "Remarks on the source itself",
        "What was met while the source was read, and records of earlier runs that it does not have any more: they stay in the CRM.",
    );
    let mut rows = page.table(&TableHead {
        id: "reading",
        caption: "Remarks on the source itself",
        columns: &READING,
        filters: &[0, 1],
        whole: Some("plan.json"),
        empty: "",
    });
    for remark in &plan.reading {
        rows.row(&[
            Cell::text(&*remark.flag.code),
            Cell::text(&*remark.table),
            Cell::text(&*remark.place),
            Cell::text(&*remark.flag.value),
            Cell::text(&*remark.flag.detail),
        ])?;
    }
    for (object, gone) in vanished {
        rows.row(&[
            Cell::text(VANISHED).toned(Tone::Warn),
            Cell::text(object),
            Cell::text(&*gone.record),
            Cell::text(&*gone.at),
            Cell::text("gone from the source; it stays in the CRM"),
        ])?;
    }
    rows.end()
}

fn shown_value(value: &str) -> &str {
    if value.is_empty() { NOTHING } else { value }
}

/// How much of each map's values has a match, as bars.
fn shares(page: &mut Page, plan: &Plan) {
    let lacking = |map: &MapCoverage| -> u64 {
        map.unmatched.values().chain(map.defaulted.values()).map(|lack| lack.count).sum()
    };
    let shares: Vec<_> = mapped(plan)
        .map(|(label, map)| (label, map.matched(), map.matched() + lacking(map)))
        .filter(|(_, _, of)| *of > 0)
        .collect();
    let bars: Vec<_> = shares
        .iter()
        .map(|(label, value, of)| Bar {
            label,
            value: *value,
            of: *of,
            paint: if value == of { Paint::Blue } else { Paint::Amber },
        })
        .collect();
    if !bars.is_empty() {
        page.bars(&Bars { title: "Values with a match in the map", bars: &bars });
    }
}

pub(super) fn owners(page: &mut Page, plan: &Plan) -> io::Result<()> {
    page.section(
        "owners",
        "Who would own what",
        "Users of the source by e-mail, then by the aliases of the spec. What belongs to nobody goes to the fallback.",
    );
    let mut rows = page.table(&TableHead {
        id: "owners",
        caption: "Owners",
        columns: &OWNERS,
        filters: &[0],
        whole: None,
        empty: "No field names an owner.",
    });
    for used in &plan.owners {
        let tone = if used.rule == "fallback" { Tone::Warn } else { Tone::Good };
        let owner = if used.owner.is_empty() { NOBODY } else { &used.owner };
        rows.row(&[
            Cell::text(used.rule).toned(tone),
            Cell::text(owner),
            Cell::text(&*used.user),
            Cell::number(used.count),
            Cell::text(used.what()),
            Cell::text(used.why),
        ])?;
    }
    rows.end()
}

pub(super) fn files(page: &mut Page, plan: &Plan) -> io::Result<()> {
    page.section("files", "Files", "What becomes of attached files, with their sizes.");
    let mut rows = page.table(&TableHead {
        id: "files",
        caption: "Files",
        columns: &FILES,
        filters: &[0],
        whole: Some("plan.json"),
        empty: "",
    });
    for file in plan.files.values() {
        let details: Vec<_> = file.flags.iter().map(|flag| &*flag.detail).collect();
        let tone = if file.way.name() == "held" { Tone::Bad } else { Tone::Plain };
        rows.row(&[
            Cell::text(file.way.name()).toned(tone),
            Cell::text(&*file.record),
            Cell::text(&*file.name),
            file.bytes.map_or_else(|| Cell::text("not known"), Cell::number),
            Cell::text(details.join("; ")),
        ])?;
    }
    rows.end()
}
