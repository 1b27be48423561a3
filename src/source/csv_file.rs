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
use super::page::RowFault;
use super::reader::Reader;
use super::shape::Shaper;
use super::sniff;
use super::text_file::TextFile;

/// How much of a file is looked at for its delimiter.
const HEAD_BYTES: u64 = 64 * 1024;

/// How many rows of another width at the end of a page are looked at together.
const FOOTER_ROWS_MAX: usize = 20;

/// A CSV file, behind its header.
pub(super) struct Table {
    rows: csv::Reader<File>,
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
        .from_reader(opened);
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
        Sheet { name, encoding, width: columns.len(), lines_behind, ragged: Vec::new() };
    let mut record = ByteRecord::new();
    let mut read = 0;
    // A page does not end among rows of which it is not clear whether they are the file's footer.
    while read < PAGE_ROWS || (!sheet.ragged.is_empty() && read < PAGE_ROWS + FOOTER_ROWS_MAX) {
        let line = rows.position().line() + lines_behind;
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
    /// Rows of another width since the last good one: the footer, if the file ends with them.
    ragged: Vec<Ragged>,
}

/// A row of another width than the header.
struct Ragged {
    /// What is said about it when it is a row.
    fault: RowFault,
    /// Its text.
    shown: String,
}

impl Sheet {
    /// The rows of another width were rows.
    fn settle(&mut self, shaper: &mut Shaper<'_>) {
        shaper.faults.extend(self.ragged.drain(..).map(|ragged| ragged.fault));
    }

    /// The file ends: rows of another width may be its footer.
    fn end(&mut self, shaper: &mut Shaper<'_>) {
        for Ragged { fault, shown } in self.ragged.drain(..) {
            if !is_footer(&shown) {
                shaper.faults.push(fault);
                continue;
            }
            let detail = "the file ends with this line, which is no row";
            shaper.faults.push(RowFault::new(&fault.place, "footer", &shown, detail));
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
        let mut damage = None;
        let mut cells = Vec::with_capacity(record.len());
        for field in record {
            let (text, damaged) = decode::text(self.encoding, field);
            if damaged == Damage::Some && damage.is_none() {
                damage = Some(text.to_string());
            }
            cells.push(Value::String(text.into_owned()));
        }
        if record.len() != self.width {
            let (cells_count, width) = (record.len(), self.width);
            let reach = match (end + self.lines_behind).saturating_sub(line) {
                0 | 1 => String::new(),
                more => format!(" and reaches over {more} lines (is a quote not closed?)"),
            };
            let detail = format!(
                "the row has {cells_count} cells, the header {width}{reach}; it is left out"
            );
            let shown = cells.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ");
            let fault = RowFault::new(&place, "ragged_row", &shown, &detail);
            self.ragged.push(Ragged { fault, shown });
            return;
        }
        self.settle(shaper);
        if let Some(value) = damage {
            let detail =
                format!("bytes that are no {}; each became \u{fffd}", self.encoding.name());
            shaper.faults.push(RowFault::new(&place, "bad_encoding", &value, &detail));
        }
        if let Some(value) = cells.iter().filter_map(Value::as_str).find(|text| is_suspect(text)) {
            let detail =
                "letters as they look when a text was decoded wrongly before; kept as given";
            shaper.faults.push(RowFault::new(&place, "encoding_suspect", value, detail));
        }
        shaper.push_cells(place, cells);
    }
}

/// Whether the last line of a file speaks of the file instead of a record.
fn is_footer(shown: &str) -> bool {
    const WORDS: [&str; 10] = [
        "total",
        "record",
        "records",
        "rows",
        "generated",
        "exported",
        "report",
        "confidential",
        "copyright",
        "©",
    ];
    let text = shown.to_lowercase();
    let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '©');
    words.any(|word| WORDS.contains(&word))
}

/// Whether a text holds what UTF-8 looks like when it was taken for Windows-1252: `JosÃ©`, `â€™`.
fn is_suspect(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        let broken = match letter {
            'Ã' | 'Â' => matches!(next, '\u{80}'..='\u{bf}' | '€' | '™' | 'š' | 'œ' | '‚' | 'ƒ'),
            'â' => next == '€',
            'ð' => next == 'Ÿ',
            _ => false,
        };
        if broken {
            return true;
        }
    }
    false
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
