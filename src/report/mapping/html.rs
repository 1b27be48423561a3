//! The document as a page.

use std::io;
use std::path::Path;

use super::model::{self, Block, Document, Kind, Section, TITLE, Table, code};
use crate::report::page::{Cell, Column, Heading, Page, TableHead};

/// Writes the document.
pub(super) fn write(document: &Document, file: &Path) -> io::Result<()> {
    let heading = Heading {
        title: TITLE,
        subtitle: &document.subtitle,
        facts: &document.facts,
        files: &[
            ("mapping.xlsx", "the same as sheets, with room for decisions"),
            ("mapping.md", "the same as text, for a comparison of versions"),
            ("value-maps.csv", "the value maps, with room for decisions"),
            ("owners.csv", "the owners, with room for decisions"),
        ],
    };
    let mut page = Page::begin(file, &heading)?;
    let (tone, statement, explanation) = &document.verdict;
    page.verdict(*tone, statement, explanation);
    for part in &document.sections {
        section(&mut page, part)?;
    }
    page.finish()
}

fn section(page: &mut Page, section: &Section) -> io::Result<()> {
    page.section(section.id, section.title, &section.introduction);
    for block in &section.blocks {
        match block {
            Block::Text(text) => page.text(text),
            Block::List(title, items) => {
                page.subsection(title);
                page.list(items);
            }
            Block::Table(table) => self::table(page, table)?,
        }
    }
    Ok(())
}

/// How many rows are laid out before the eye; longer tables get a search instead.
const ROWS_LAID_OUT: usize = 400;

/// A table; one that is grouped becomes a table for each value of its first column.
fn table(page: &mut Page, table: &Table) -> io::Result<()> {
    if !table.is_grouped || table.rows.is_empty() {
        page.subsection(table.caption);
        return part(page, table, (table.id, &table.rows, 0));
    }
    for (position, rows) in
        table.rows.chunk_by(|left, right| left[0].text == right[0].text).enumerate()
    {
        page.subsection(&format!("`{}`", rows[0][0].text));
        part(page, table, (&format!("{}-{position}", table.id), rows, 1))?;
    }
    Ok(())
}

/// Rows of a table, without its first columns.
fn part(
    page: &mut Page,
    table: &Table,
    (id, rows, skipped): (&str, &[Vec<model::Cell>], usize),
) -> io::Result<()> {
    let columns = &table.columns[skipped..];
    let shown: Vec<_> = (0..columns.len()).filter_map(|at| column(columns, at)).collect();
    // A filter stays where its column is on the page; one that stands under another has none.
    let filters: Vec<_> = table
        .filters
        .iter()
        .filter_map(|filter| filter.checked_sub(skipped))
        .filter(|filter| !columns[*filter].is_under)
        .map(|filter| columns[..filter].iter().filter(|before| !before.is_under).count())
        .collect();
    let head = TableHead {
        id,
        caption: table.caption,
        columns: &shown,
        filters: &filters,
        whole: None,
        empty: table.empty,
    };
    let out = page.table(&head);
    let mut out = if rows.len() <= ROWS_LAID_OUT { out.laid_out() } else { out };
    for row in rows {
        let row = &row[skipped..];
        let cells = (0..columns.len()).filter(|at| column(columns, *at).is_some());
        let cells: Vec<_> = cells.map(|at| cell(columns, row, at)).collect();
        out.row(&cells)?;
    }
    out.end()
}

/// Whether the column after one stands under it.
fn has_under(columns: &[model::Column], at: usize) -> bool {
    columns.get(at + 1).is_some_and(|next| next.is_under)
}

/// A cell with what stands under it.
fn cell<'c>(columns: &[model::Column], row: &'c [model::Cell], at: usize) -> Cell<'c> {
    let own = &row[at];
    if !has_under(columns, at) {
        return Cell::text(own.text.as_str()).toned(own.tone);
    }
    let mut lines: Vec<_> = own
        .text
        .lines()
        .map(|line| match columns[at].kind {
            Kind::Code => code(line),
            Kind::Text | Kind::Prose | Kind::Number | Kind::Chip | Kind::Answer => line.to_owned(),
        })
        .collect();
    lines.extend(row[at + 1].text.lines().map(str::to_owned));
    Cell::text(lines.join("\n")).toned(own.tone)
}

/// A column of the page. What is left for the customer to fill in stands on the sheets only.
fn column(columns: &[model::Column], at: usize) -> Option<Column<'static>> {
    let column = columns[at];
    if column.is_under {
        return None;
    }
    if has_under(columns, at) {
        return Some(Column::prose(column.name));
    }
    Some(match column.kind {
        Kind::Text => Column::text(column.name),
        Kind::Prose => Column::prose(column.name),
        Kind::Number => Column::number(column.name),
        Kind::Chip => Column::chip(column.name),
        Kind::Code => Column::code(column.name),
        Kind::Answer => return None,
    })
}
