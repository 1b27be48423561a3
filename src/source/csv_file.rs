//! CSV files: a page of rows from a byte of the file on.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use csv::{ByteRecord, Position};
use encoding_rs::Encoding;
use serde_json::Value;

use super::cursor::FileMark;
use super::decode::{self, Damage};
use super::error::SourceError;
use super::files::PAGE_ROWS;
use super::footer;
use super::guard::unguarded;
use super::metered::Metered;
use super::page::RowFault;
use super::pieces::VALUE_BYTES_MAX;
use super::reader::Reader;
use super::shape::Shaper;
use super::sniff;
use super::text_file::TextFile;

/// How much of a file is looked at for its delimiter.
const HEAD_BYTES: u64 = 64 * 1024;

/// A CSV file, behind its header.
pub(super) struct Table {
    rows: csv::Reader<Metered<File>>,
    /// The columns as written.
    pub(super) columns: Vec<String>,
    /// Lines to add to what the parser counts: of `\r\n` it has seen only the first half when the
    /// next row begins.
    lines_behind: u64,
}

/// Opens a file and reads its header; `None` when there is not even one.
pub(super) fn open(text: &TextFile, delimiter: Option<char>) -> Result<Option<Table>, SourceError> {
    let TextFile { path, shown: file, encoding } = text;
    let unreadable = |source| SourceError::Unreadable { file: file.clone(), source };
    let mut opened = File::open(path).map_err(unreadable)?;
    let mut head = Vec::new();
    opened.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(unreadable)?;
    opened.rewind().map_err(unreadable)?;
    let delimiter = match delimiter {
        Some(delimiter) => u8::try_from(delimiter)
            .map_err(|_| broken(file, "its header", &"the delimiter is no ASCII character"))?,
        None => sniff::delimiter(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head)),
    };
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(true)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(Metered::new(opened, VALUE_BYTES_MAX));
    let header = rows.byte_headers().map_err(|error| broken(file, "its header", &error))?;
    if header.is_empty() {
        return Ok(None);
    }
    let columns: Vec<String> =
        header.iter().map(|name| decode::text(encoding, name).0.into_owned()).collect();
    let next = usize::try_from(rows.position().byte()).ok().and_then(|byte| head.get(byte));
    let lines_behind = u64::from(next == Some(&b'\n'));
    Ok(Some(Table { rows, columns, lines_behind }))
}

/// Reads a page of rows; where the next page begins, if there is one.
pub(super) fn rows(
    reader: &Reader,
    text: &TextFile,
    mark: &FileMark,
    shaper: &mut Shaper<'_>,
) -> Result<Option<FileMark>, SourceError> {
    let Some(Table { mut rows, columns, lines_behind }) = open(text, reader.delimiter)? else {
        return Ok(None);
    };
    let (file, encoding) = (&*text.shown, text.encoding);
    shaper.set_columns(&columns)?;
    if mark.offset > 0 {
        let mut position = Position::new();
        position.set_byte(mark.offset).set_line(mark.line).set_record(mark.row);
        rows.seek(position).map_err(|error| broken(file, &place(mark.line), &error))?;
    }
    let name = text.name();
    let mut sheet =
        Sheet { name, encoding, width: columns.len(), lines_behind, unclear: Vec::new() };
    let mut record = ByteRecord::new();
    let mut read = 0;
    // A page does not end among rows of which it is not clear whether they are the file's footer.
    while read < PAGE_ROWS || (!sheet.unclear.is_empty() && read < PAGE_ROWS + footer::ROWS_MAX) {
        let line = rows.position().line() + lines_behind;
        rows.get_mut().begin_row();
        match rows.read_byte_record(&mut record) {
            Ok(true) if quote_is_open(text, &record, rows.position().byte())? => {
                sheet.leave_open(&record, rows.position().line(), shaper);
            }
            Ok(true) => sheet.take(&record, rows.position().line(), shaper),
            Ok(false) => {
                sheet.end(shaper);
                return Ok(None);
            }
            Err(error) => return Err(broken(file, &place(line), &error)),
        }
        read += 1;
    }
    sheet.settle(shaper);
    let position = rows.position();
    Ok(Some(FileMark {
        offset: position.byte(),
        line: position.line(),
        row: mark.row + read as u64,
        fingerprint: mark.fingerprint.clone(),
    }))
}

struct Sheet {
    name: String,
    encoding: &'static Encoding,
    width: usize,
    lines_behind: u64,
    /// Rows since the last one that is none for certain: the footer, if the file ends with them.
    unclear: Vec<Unclear>,
}

/// A row that may be the file's footer.
struct Unclear {
    place: String,
    /// Its text.
    shown: String,
    /// What it is when the file goes on behind it.
    otherwise: Otherwise,
}

enum Otherwise {
    /// A row of another width than the header, and what is said about it.
    Lost(RowFault),
    /// A row, and what is said about it.
    Row(Vec<Value>, Option<RowFault>),
}

impl Sheet {
    /// The file goes on: what was unclear were rows.
    fn settle(&mut self, shaper: &mut Shaper<'_>) {
        for Unclear { place, otherwise, .. } in self.unclear.drain(..) {
            match otherwise {
                Otherwise::Lost(fault) => shaper.faults.push(fault),
                Otherwise::Row(cells, fault) => {
                    shaper.faults.extend(fault);
                    shaper.push_cells(place, cells);
                }
            }
        }
    }

    /// The file ends: what is unclear may be its footer.
    fn end(&mut self, shaper: &mut Shaper<'_>) {
        for Unclear { place, shown, otherwise } in self.unclear.drain(..) {
            match otherwise {
                Otherwise::Lost(fault) if !footer::speaks_of_the_file(&shown) => {
                    shaper.faults.push(fault);
                }
                Otherwise::Lost(_) | Otherwise::Row(..) => {
                    shaper.faults.push(RowFault::new(&place, "footer", &shown, footer::DETAIL));
                }
            }
        }
    }

    /// The line of a record, and its place for messages.
    fn place(&self, record: &ByteRecord) -> (u64, String) {
        let line = record.position().map_or(0, Position::line) + self.lines_behind;
        (line, format!("{} line {line}", self.name))
    }

    fn leave_open(&mut self, record: &ByteRecord, end: u64, shaper: &mut Shaper<'_>) {
        self.settle(shaper);
        let (line, place) = self.place(record);
        let lines = end.saturating_sub(line).max(1);
        let detail = format!(
            "a quote that opens here is not closed where it should be; it has taken {lines} lines \
             for text, and they are left out"
        );
        let shown: Vec<_> =
            record.iter().map(|field| decode::text(self.encoding, field).0).collect();
        shaper.faults.push(RowFault::new(&place, "open_quote", &shown.join(" | "), &detail));
    }

    fn take(&mut self, record: &ByteRecord, end: u64, shaper: &mut Shaper<'_>) {
        let (line, place) = self.place(record);
        let mut damaged_at = None;
        let mut cells = Vec::with_capacity(record.len());
        for field in record {
            let (text, damage) = decode::text(self.encoding, field);
            if damage == Damage::Some && damaged_at.is_none() {
                damaged_at = Some(cells.len());
            }
            cells.push(unguarded(&text).to_owned());
        }
        if record.len() != self.width {
            let shown = cells.join(" | ");
            let fault = self.ragged(&place, &shown, (record.len(), line, end));
            self.unclear.push(Unclear { place, shown, otherwise: Otherwise::Lost(fault) });
            return;
        }
        let fault = damaged_at.map(|position| {
            let detail =
                format!("bytes that are no {}; each became \u{fffd}", self.encoding.name());
            let mut fault = RowFault::new(&place, "bad_encoding", &cells[position], &detail);
            fault.flag.column = shaper.column_name(position).into();
            fault
        });
        let footer = footer::of_full_width(&cells);
        let cells = cells.into_iter().map(Value::String).collect();
        if let Some(shown) = footer {
            self.unclear.push(Unclear { place, shown, otherwise: Otherwise::Row(cells, fault) });
            return;
        }
        self.settle(shaper);
        shaper.faults.extend(fault);
        shaper.push_cells(place, cells);
    }

    /// What is said about a row of so many cells that begins and ends at these lines.
    fn ragged(&self, place: &str, shown: &str, (cells, line, end): (usize, u64, u64)) -> RowFault {
        let width = self.width;
        let reach = match (end + self.lines_behind).saturating_sub(line) {
            0 | 1 => String::new(),
            more => format!(" and reaches over {more} lines (is a quote not closed?)"),
        };
        let detail =
            format!("the row has {cells} cells, the header {width}{reach}; it is left out");
        RowFault::new(place, "ragged_row", shown, &detail)
    }
}

/// Whether a row over several lines has a quote without its partner: it has then taken the rows
/// behind it for text, perhaps to the end of the file.
fn quote_is_open(file: &TextFile, record: &ByteRecord, end: u64) -> Result<bool, SourceError> {
    if !record.iter().any(|field| field.contains(&b'\n')) {
        return Ok(false);
    }
    let unreadable = |source| SourceError::Unreadable { file: file.shown.clone(), source };
    let begin = record.position().map_or(0, Position::byte);
    let mut text = Vec::new();
    let mut opened = File::open(&file.path).map_err(unreadable)?;
    opened.seek(SeekFrom::Start(begin)).map_err(unreadable)?;
    opened.take(end.saturating_sub(begin)).read_to_end(&mut text).map_err(unreadable)?;
    Ok(text.iter().fold(false, |open, byte| open != (*byte == b'"')))
}

fn place(line: u64) -> String {
    format!("line {line}")
}

fn broken(file: &Path, place: &str, detail: &impl ToString) -> SourceError {
    SourceError::Broken { file: file.into(), place: place.into(), detail: detail.to_string() }
}
