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
    let is_owners = rows.first().is_some_and(|head| head.iter().any(|cell| is_named(cell, OWNER)));
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

/// A cell as people see it, or why nobody can tell what was typed.
type Typed = Result<String, &'static str>;

/// A cell as it was typed: spreadsheets turn `1` into a number, and `1-2` into a day.
fn cell(cell: &Data) -> Typed {
    match cell {
        Data::Int(_) | Data::Float(_) | Data::String(_) | Data::Empty => Ok(cell.to_string()),
        Data::Bool(truth) => Ok(if *truth { "TRUE" } else { "FALSE" }.to_owned()),
        Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => {
            Err("the spreadsheet took it for a day or a time: type `'` before it")
        }
        Data::Error(_) => Err("the spreadsheet took it for a formula: type `'` before it"),
    }
}

fn csv_rows(text: &str) -> Result<Vec<Vec<Typed>>, csv::Error> {
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    // Some spreadsheets write semicolons.
    let delimiter = if head.contains(';') && !head.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    reader.records().map(|row| Ok(row?.iter().map(|cell| Ok(cell.to_owned())).collect())).collect()
}

fn answers(sheet: &str, rows: &[Vec<Typed>], wanted: Wanted) -> Result<Vec<Answer>, Vec<Fault>> {
    let head = rows.first().map(Vec::as_slice).unwrap_or_default();
    let mut faults = Vec::new();
    let mut column = |name: &'static str| {
        let found = head.iter().position(|cell| is_named(cell, name));
        if found.is_none() {
            faults.push(layout(sheet, name, "the column is missing from the first row".to_owned()));
        }
        found.unwrap_or_default()
    };
    let decision = column(DECISION);
    let about = match wanted {
        Wanted::Values => Place::Value(column(MAP), column(VALUE)),
        Wanted::Owners => Place::Owner(column(OWNER)),
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut found = Vec::new();
    for (position, cells) in rows.iter().enumerate().skip(1) {
        match (Row { sheet, number: position + 1, cells }).answer(decision, about) {
            Ok(answer) => found.extend(answer),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn is_named(cell: &Typed, name: &str) -> bool {
    cell.as_ref().is_ok_and(|cell| cell.trim() == name)
}

/// The positions of the columns that say what a decision is about.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// The map and the value.
    Value(usize, usize),
    Owner(usize),
}

struct Row<'a> {
    sheet: &'a str,
    number: usize,
    cells: &'a [Typed],
}

impl Row<'_> {
    /// What the row decides, if it decides anything.
    fn answer(&self, decision: usize, about: Place) -> Result<Option<Answer>, Fault> {
        let decision = self.text(DECISION, decision)?.trim().to_owned();
        if decision.is_empty() {
            return Ok(None);
        }
        let about = match about {
            Place::Value(map, value) => {
                About::Value { map: self.text(MAP, map)?, value: self.text(VALUE, value)? }
            }
            Place::Owner(owner) => About::Owner(self.text(OWNER, owner)?),
        };
        let (sheet, row) = (self.sheet.to_owned(), self.number);
        Ok(Some(Answer { sheet, row, about, decision }))
    }

    fn text(&self, column: &'static str, position: usize) -> Result<String, Fault> {
        match self.cells.get(position) {
            None => Ok(String::new()),
            Some(Ok(text)) => Ok(text.clone()),
            Some(Err(why)) => {
                let spot = Spot { sheet: self.sheet.to_owned(), row: self.number, column };
                Err(Fault { spot, message: (*why).to_owned() })
            }
        }
    }
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
    fn what_a_spreadsheet_made_of_a_decision_is_not_taken_for_it() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let day = rust_xlsxwriter::Format::new().set_num_format("d-mmm");
        for (name, about) in [("Value maps", MAP), ("Stages", MAP), ("Owners", OWNER)] {
            let sheet = book.add_worksheet().set_name(name).unwrap();
            for (column, head) in (0..).zip([about, VALUE, DECISION]) {
                sheet.write_string(0, column, head).unwrap();
            }
        }
        let sheet = book.worksheet_from_name("Value maps").unwrap();
        for row in 1..=4 {
            sheet.write_string(row, 0, "a.b").unwrap();
            sheet.write_string(row, 1, row.to_string()).unwrap();
        }
        sheet.write_boolean(1, 2, true).unwrap();
        sheet.write_number(2, 2, 7).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mapping.xlsx");
        book.save(&file).unwrap();
        let found = read_answers(&file).unwrap();
        let found: Vec<_> = found.iter().map(|one| &*one.decision).collect();
        assert_eq!(found, ["TRUE", "7"]);

        let sheet = book.worksheet_from_name("Value maps").unwrap();
        sheet.write_number_with_format(3, 2, 46_024, &day).unwrap();
        let formula = rust_xlsxwriter::Formula::new("=x").set_result("#NAME?");
        sheet.write_formula(4, 2, formula).unwrap();
        book.save(&file).unwrap();
        let faults = read_answers(&file).unwrap_err();
        let told: Vec<_> = faults.iter().map(|fault| (fault.spot.row, &*fault.message)).collect();
        assert_eq!(
            told,
            [
                (4, "the spreadsheet took it for a day or a time: type `'` before it"),
                (5, "the spreadsheet took it for a formula: type `'` before it"),
            ]
        );
    }

    #[test]
    fn every_column_that_is_missing_is_told() {
        let faults = read("Map,Value\n").unwrap_err();
        let columns: Vec<_> = faults.iter().map(|fault| fault.spot.column).collect();
        assert_eq!(columns, ["Your decision", "Source value"]);
    }
}
