//! The lists at the end of a profile's page: owners, duplicates, links, files.

use std::io;

use super::page::{Cell, Column, Page, TableHead, Tone};
use crate::ground::counted;
use crate::plan::{Profile, TableProfile};

const OWNERS: [Column<'_>; 3] =
    [Column::text("Owner"), Column::chip("In the CRM"), Column::number("Rows")];

const DUPLICATES: [Column<'_>; 6] = [
    Column::text("Table"),
    Column::text("Same"),
    Column::code("Columns"),
    Column::number("Values shared"),
    Column::number("Rows that share one"),
    Column::number("Shared mailboxes"),
];

const LINKS: [Column<'_>; 6] = [
    Column::text("Table"),
    Column::code("Column"),
    Column::text("Leads to"),
    Column::number("Keys"),
    Column::number("Not there"),
    Column::number("Circles"),
];

const FILES: [Column<'_>; 6] = [
    Column::chip("State"),
    Column::text("Table"),
    Column::code("Key"),
    Column::code("File"),
    Column::number("Bytes"),
    Column::prose("What is wrong"),
];

/// Who owns how much, and who that is in the CRM.
pub(super) fn owners(page: &mut Page, profile: &Profile) -> io::Result<()> {
    let owners = &profile.owners;
    if owners.owners.is_empty() {
        return Ok(());
    }
    let nobody = counted(owners.nobody, "row names nobody.", "rows name nobody.");
    page.section("owners", "Owners", &nobody);
    let mut rows = page.table(&TableHead {
        id: "owners",
        caption: "Owners",
        columns: &OWNERS,
        filters: &[1],
        whole: None,
        empty: "None.",
    });
    for owner in &owners.owners {
        let tone = match owner.rule {
            "matched" | "aliased" => Tone::Good,
            "fallback" => Tone::Warn,
            _ => Tone::Plain,
        };
        rows.row(&[
            Cell::text(&*owner.owner),
            Cell::text(owner.rule).toned(tone),
            Cell::number(owner.rows),
        ])?;
    }
    rows.end()
}

/// Rows that may mean the same thing.
pub(super) fn duplicates(page: &mut Page, tables: &[TableProfile]) -> io::Result<()> {
    if tables.iter().all(|table| table.duplicates.is_empty()) {
        return Ok(());
    }
    page.section("duplicates", "Duplicates", "Rows that may mean the same thing.");
    let mut rows = page.table(&TableHead {
        id: "duplicates",
        caption: "Duplicates",
        columns: &DUPLICATES,
        filters: &[0, 1],
        whole: None,
        empty: "None.",
    });
    for table in tables {
        for same in &table.duplicates {
            rows.row(&[
                Cell::text(&*table.table),
                Cell::text(same.by),
                Cell::text(same.columns.join(", ")),
                Cell::number(same.groups),
                Cell::number(same.rows),
                Cell::number(same.shared_mailboxes),
            ])?;
        }
    }
    rows.end()
}

/// Columns that lead to other tables, and where they lead nowhere.
pub(super) fn links(page: &mut Page, tables: &[TableProfile]) -> io::Result<()> {
    if tables.iter().all(|table| table.links.is_empty()) {
        return Ok(());
    }
    page.section("links", "Links", "Columns that lead to rows of other tables.");
    let mut rows = page.table(&TableHead {
        id: "links",
        caption: "Links",
        columns: &LINKS,
        filters: &[0, 2],
        whole: None,
        empty: "None.",
    });
    for table in tables {
        for link in &table.links {
            let bad = |count: u64| match count {
                0 => Cell::number(0),
                count => Cell::number(count).toned(Tone::Bad),
            };
            rows.row(&[
                Cell::text(&*table.table),
                Cell::text(&*link.column),
                Cell::text(&*link.to),
                Cell::number(link.filled),
                bad(link.missing.count),
                bad(link.circles),
            ])?;
        }
    }
    rows.end()
}

/// Files that cannot be carried as they are.
pub(super) fn files(page: &mut Page, profile: &Profile) -> io::Result<()> {
    let files = &profile.files;
    if files.named == 0 {
        return Ok(());
    }
    page.section("files", "Files", &counted(files.named, "row names a file.", "rows name a file."));
    let mut rows = page.table(&TableHead {
        id: "files",
        caption: "Files with something to say about them",
        columns: &FILES,
        filters: &[0, 1],
        whole: None,
        empty: "All of them can be carried.",
    });
    for file in &files.troubles {
        rows.row(&[
            Cell::text(file.is).toned(Tone::Warn),
            Cell::text(&*file.table),
            Cell::text(&*file.key),
            Cell::text(&*file.from),
            Cell::text(file.bytes.map(|bytes| bytes.to_string()).unwrap_or_default()),
            Cell::text(&*file.detail),
        ])?;
    }
    rows.end()
}
