//! The tables that come back with decisions, as CSV.

use std::io::{self, Write};

use super::model::{Block, Document, Kind, Table};
use super::{owners, values, xlsx};

/// Writes the value maps, stages among them.
pub(super) fn write_values(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    write(document, &values::SHEETS, out)
}

/// Writes the owners.
pub(super) fn write_owners(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    write(document, &[owners::SHEET], out)
}

fn write(document: &Document, sheets: &[&str], out: &mut dyn Write) -> io::Result<()> {
    // Spreadsheets know by it that the letters are not those of their own country.
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(out);
    let mut is_begun = false;
    for table in
        tables(document).filter(|table| table.sheet.is_some_and(|sheet| sheets.contains(&sheet)))
    {
        if !is_begun {
            writer.write_record(table.columns.iter().map(|column| column.name))?;
            is_begun = true;
        }
        for row in &table.rows {
            let cells = row.iter().zip(table.columns);
            writer.write_record(cells.map(|(cell, column)| match column.kind {
                Kind::Answer => String::new(),
                Kind::Text | Kind::Prose | Kind::Number | Kind::Chip | Kind::Code => {
                    xlsx::text(&cell.text)
                }
            }))?;
        }
    }
    writer.flush()
}

fn tables(document: &Document) -> impl Iterator<Item = &Table> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks.filter_map(|block| match block {
        Block::Table(table) => Some(table),
        Block::Text(_) | Block::List(..) => None,
    })
}
