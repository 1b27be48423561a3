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
    let mut sheet = Sheet { bytes: Vec::new(), rows: 0, delimiter: b',', troubles: &troubles };
    for trouble in &troubles {
        if let Trouble::Delimiter(delimiter) = trouble {
            sheet.delimiter = *delimiter;
        }
    }
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

struct Sheet<'a> {
    bytes: Vec<u8>,
    rows: usize,
    delimiter: u8,
    troubles: &'a [Trouble],
}

impl Sheet<'_> {
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
        let mut bare = None;
        for trouble in self.troubles {
            if let Trouble::LoneQuote(of, column) = trouble
                && *of == key
            {
                bare = row.layout.columns.iter().position(|known| known == column);
            }
        }
        self.line(&row.cells, bare);
        for trouble in self.troubles {
            if let Trouble::Twice(of) = trouble
                && *of == key
            {
                self.line(&row.cells, None);
            }
            if let Trouble::TwiceDiffering(of, column, value) = trouble
                && *of == key
            {
                self.line(&row.clone().with(column, *value).cells, None);
            }
        }
    }

    /// The rows of another width.
    fn misshapen(&mut self, layout: &Layout) {
        for trouble in self.troubles {
            if let Trouble::ShortRow(cells) = trouble {
                let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
                self.line(&cells, None);
            }
            if let Trouble::LongRow(key) = trouble {
                let mut cells = vec![(*key).to_owned(), "A comma, unquoted".to_owned()];
                cells.resize(layout.columns.len() + 1, String::new());
                self.line(&cells, None);
            }
        }
    }

    fn footer(&mut self) {
        for trouble in self.troubles {
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
            let (bytes, _, _) = WINDOWS_1252.encode(cell);
            let special = |byte: &u8| *byte == self.delimiter || b"\"\r\n".contains(byte);
            if bare == Some(at) || !bytes.iter().any(special) {
                self.bytes.extend_from_slice(&bytes);
            } else {
                self.quoted(&bytes);
            }
        }
        self.bytes.extend_from_slice(b"\r\n");
        self.rows += 1;
    }

    fn quoted(&mut self, bytes: &[u8]) {
        self.bytes.push(b'"');
        for byte in bytes {
            if *byte == b'"' {
                self.bytes.push(b'"');
            }
            self.bytes.push(*byte);
        }
        self.bytes.push(b'"');
    }
}
