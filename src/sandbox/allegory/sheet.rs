//! A table as the bytes of its file.

use encoding_rs::WINDOWS_1252;
use serde_json::Value;

use super::dirt::{SHAPES, Trouble};
use super::layout::{Layout, title_case};
use super::plan::Week;
use super::row::Row;

/// Behind how many rows the misshapen ones stand: far enough for the delimiter to be clear.
const MISSHAPEN_AFTER: usize = 100;

/// The tables whose headers the later export writes in small letters.
const SMALL_HEADERS: [&str; 2] = ["contacts", "deals"];

/// The bytes of a delimited file, and how many rows stand in it.
pub(crate) fn delimited(layout: &Layout, rows: &[Row], week: Week) -> (Vec<u8>, usize) {
    let troubles: Vec<Trouble> = SHAPES
        .iter()
        .filter(|shape| shape.table == layout.name)
        .map(|shape| shape.trouble)
        .collect();
    let delimiter = troubles.iter().find_map(|trouble| match trouble {
        Trouble::Delimiter(delimiter) => Some(*delimiter),
        _ => None,
    });
    let mut sheet =
        Sheet { bytes: Vec::new(), rows: 0, delimiter: delimiter.unwrap_or(b','), troubles };
    sheet.header(layout, week);
    let misshapen = rows.len().min(MISSHAPEN_AFTER);
    for (at, row) in rows.iter().enumerate() {
        sheet.row(row);
        if at + 1 == misshapen {
            sheet.misshapen(layout);
        }
    }
    sheet.footer();
    (sheet.bytes, sheet.rows)
}

/// The bytes of a JSON file, and how many rows stand in it.
pub(crate) fn json(values: &[Value]) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    for (at, value) in values.iter().enumerate() {
        bytes.extend_from_slice(if at == 0 { b"[\n  " } else { b",\n  " });
        bytes.extend_from_slice(value.to_string().as_bytes());
    }
    bytes.extend_from_slice(b"\n]\n");
    (bytes, values.len())
}

struct Sheet {
    bytes: Vec<u8>,
    rows: usize,
    delimiter: u8,
    troubles: Vec<Trouble>,
}

impl Sheet {
    fn header(&mut self, layout: &Layout, week: Week) {
        if self.troubles.contains(&Trouble::Mark) {
            self.bytes.extend_from_slice(b"\xef\xbb\xbf");
        }
        let small = week == Week::Later && SMALL_HEADERS.contains(&layout.name);
        let header = |column: &&'static str| {
            let name = title_case(column);
            let name = if small { name.to_lowercase() } else { name };
            let blanks = self.troubles.contains(&Trouble::BlankHeader(column));
            if blanks { format!(" {name}  ") } else { name }
        };
        let names: Vec<String> = layout.columns.iter().map(header).collect();
        self.line(&names, None);
        self.rows = 0;
    }

    fn row(&mut self, row: &Row) {
        let key = row.key();
        let bare = self.troubles.iter().find_map(|trouble| match trouble {
            Trouble::LoneQuote(of, column) if *of == key => {
                row.layout.columns.iter().position(|known| known == column)
            }
            _ => None,
        });
        self.line(&row.cells, bare);
        for trouble in self.troubles.clone() {
            match trouble {
                Trouble::Twice(of) if of == key => self.line(&row.cells, None),
                Trouble::TwiceDiffering(of, column, value) if of == key => {
                    self.line(&row.clone().with(column, value).cells, None);
                }
                _ => {}
            }
        }
    }

    /// The rows of another width.
    fn misshapen(&mut self, layout: &Layout) {
        for trouble in self.troubles.clone() {
            match trouble {
                Trouble::ShortRow(cells) => {
                    let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
                    self.line(&cells, None);
                }
                Trouble::LongRow(key) => {
                    let mut cells = vec![String::new(); layout.columns.len() + 1];
                    for (cell, text) in cells.iter_mut().zip([key, "A comma, unquoted"]) {
                        text.clone_into(cell);
                    }
                    self.line(&cells, None);
                }
                _ => {}
            }
        }
    }

    fn footer(&mut self) {
        for trouble in &self.troubles {
            if let Trouble::Footer(text) = trouble {
                self.bytes.extend_from_slice(text.as_bytes());
                self.bytes.extend_from_slice(b"\r\n");
            }
        }
    }

    /// A line; the cell at `bare` stands without quotes whatever it holds.
    fn line(&mut self, cells: &[String], bare: Option<usize>) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.bytes.push(self.delimiter);
            }
            self.cell(cell, bare == Some(at));
        }
        self.bytes.extend_from_slice(b"\r\n");
        self.rows += 1;
    }

    fn cell(&mut self, text: &str, is_bare: bool) {
        let (bytes, _, _) = WINDOWS_1252.encode(text);
        let special = |byte: &u8| *byte == self.delimiter || b"\"\r\n".contains(byte);
        if is_bare || !bytes.iter().any(special) {
            self.bytes.extend_from_slice(&bytes);
            return;
        }
        self.bytes.push(b'"');
        for byte in bytes.iter() {
            if *byte == b'"' {
                self.bytes.push(b'"');
            }
            self.bytes.push(*byte);
        }
        self.bytes.push(b'"');
    }
}
