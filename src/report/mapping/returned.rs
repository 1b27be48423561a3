//! Decisions that come back: the sheets of `mapping.xlsx`, or one of the two CSV files.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};

use super::{owners, values};

/// No file of decisions is larger.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The column in which decisions are written.
pub(super) const DECISION: &str = "Your decision";
/// The column that names the map.
pub(super) const MAP: &str = values::COLUMNS[0].name;
/// The column with the value of the source.
pub(super) const VALUE: &str = values::COLUMNS[1].name;
/// The column with the owner.
pub(super) const OWNER: &str = owners::COLUMNS[0].name;

/// Where something stands in what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The sheet, or the file.
    pub sheet: String,
    /// The row, as programs number them.
    pub row: usize,
    /// The column, by its name.
    pub column: &'static str,
}

/// Something that cannot be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub spot: Spot,
    /// What is wrong.
    pub message: String,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub(super) sheet: String,
    pub(super) row: usize,
    pub(super) about: About,
    pub(super) decision: String,
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum About {
    /// A value of a map.
    Value { map: String, value: String },
    /// An owner of the source.
    Owner(String),
}

impl Answer {
    /// A fault at a column of its row.
    pub(super) fn fault(&self, column: &'static str, message: String) -> Fault {
        Fault { spot: Spot { sheet: self.sheet.clone(), row: self.row, column }, message }
    }
}

/// Reads the decisions of a file, or tells everything that its layout lacks.
pub fn read_answers(file: &Path) -> Result<Vec<Answer>, Vec<Fault>> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let whole = |message: String| vec![layout(&name, "", message)];
    let size = fs::metadata(file).map_err(|cause| whole(format!("it cannot be read: {cause}")))?;
    if size.len() > BYTES_MAX {
        return Err(whole("it is too large for a mapping document".to_owned()));
    }
    let bytes = fs::read(file).map_err(|cause| whole(format!("it cannot be read: {cause}")))?;
    if bytes.starts_with(b"PK") {
        return book(bytes).map_err(|faults| match faults {
            Unread::Book(message) => whole(message),
            Unread::Layout(faults) => faults,
        });
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| whole("it is neither XLSX nor CSV in UTF-8".to_owned()))?;
    let rows = csv_rows(&text).map_err(|cause| whole(format!("it is no CSV: {cause}")))?;
    let is_owners = rows.first().is_some_and(|head| head.iter().any(|cell| cell == OWNER));
    let wanted = if is_owners { Wanted::Owners } else { Wanted::Values };
    answers(&name, &rows, wanted)
}

/// Why a book gives no decisions.
enum Unread {
    Book(String),
    Layout(Vec<Fault>),
}

/// What a sheet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Values,
    Owners,
}

fn book(bytes: Vec<u8>) -> Result<Vec<Answer>, Unread> {
    let mut book = Xlsx::new(Cursor::new(bytes))
        .map_err(|cause| Unread::Book(format!("it is no XLSX: {cause}")))?;
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    let [maps, stages] = values::SHEETS;
    for (sheet, wanted) in
        [(maps, Wanted::Values), (stages, Wanted::Values), (owners::SHEET, Wanted::Owners)]
    {
        let Ok(range) = book.worksheet_range(sheet) else {
            faults.push(layout(sheet, "", "the sheet is missing".to_owned()));
            continue;
        };
        // A range begins where its first cell is; rows are told as programs number them.
        let start = range.start().map_or(0, |(row, _)| row);
        let blank = (0..start).map(|_| Vec::new());
        let rows: Vec<_> =
            blank.chain(range.rows().map(|row| row.iter().map(cell).collect())).collect();
        match answers(sheet, &rows, wanted) {
            Ok(more) => found.extend(more),
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(Unread::Layout(faults)) }
}

/// A cell as it was typed: spreadsheets turn `1` into a number.
fn cell(cell: &Data) -> String {
    cell.to_string()
}

fn csv_rows(text: &str) -> Result<Vec<Vec<String>>, csv::Error> {
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    // Some spreadsheets write semicolons.
    let delimiter = if head.contains(';') && !head.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    reader.records().map(|row| Ok(row?.iter().map(str::to_owned).collect())).collect()
}

fn answers(sheet: &str, rows: &[Vec<String>], wanted: Wanted) -> Result<Vec<Answer>, Vec<Fault>> {
    let empty = Vec::new();
    let head = rows.first().unwrap_or(&empty);
    let mut faults = Vec::new();
    let mut column = |name: &'static str| {
        let found = head.iter().position(|cell| cell.trim() == name);
        if found.is_none() {
            faults.push(layout(sheet, name, "the column is missing from the first row".to_owned()));
        }
        found.unwrap_or_default()
    };
    let decided = column(DECISION);
    let (first, second) = match wanted {
        Wanted::Values => (column(MAP), column(VALUE)),
        Wanted::Owners => (column(OWNER), 0),
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let text = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let rows = rows.iter().enumerate().skip(1).filter_map(|(position, row)| {
        let decision = text(row, decided).trim().to_owned();
        let about = match wanted {
            Wanted::Values => About::Value { map: text(row, first), value: text(row, second) },
            Wanted::Owners => About::Owner(text(row, first)),
        };
        let (sheet, row) = (sheet.to_owned(), position + 1);
        (!decision.is_empty()).then_some(Answer { sheet, row, about, decision })
    });
    Ok(rows.collect())
}

fn layout(sheet: &str, column: &'static str, message: String) -> Fault {
    Fault { spot: Spot { sheet: sheet.to_owned(), row: 1, column }, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Answer>, Vec<Fault>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("value-maps.csv");
        fs::write(&file, text).unwrap();
        read_answers(&file)
    }

    #[test]
    fn only_rows_with_a_decision_count_and_columns_are_known_by_their_names() {
        let found = read("\u{feff}Your decision;Map;Source value\n;a.b;x\n Law ;a.b;Legall\n");
        let about = About::Value { map: "a.b".into(), value: "Legall".into() };
        let sheet = "value-maps.csv".to_owned();
        assert_eq!(found, Ok(vec![Answer { sheet, row: 3, about, decision: "Law".into() }]));
    }

    #[test]
    fn every_column_that_is_missing_is_told() {
        let faults = read("Map,Value\n").unwrap_err();
        let columns: Vec<_> = faults.iter().map(|fault| fault.spot.column).collect();
        assert_eq!(columns, ["Your decision", "Source value"]);
    }
}
