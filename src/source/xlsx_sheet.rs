//! A sheet of an XLSX file, written once into a nameless file so that pages need no second look at
//! the sheet and memory stays flat.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use calamine::{Reader as _, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use serde::{Deserialize, Serialize};
use zip::ZipArchive;

use super::error::SourceError;
use super::xlsx_cell::{Shown, shown};
use super::zip_unpack::LIMITS;

/// The largest file that is read.
pub(super) const FILE_BYTES_MAX: u64 = 256 << 20;

/// The most that its parts beside the sheets may unpack to: its texts are held in memory.
const PARTS_BYTES_MAX: u64 = 1 << 30;

/// The most bytes that a sheet may become: cells may share one long text.
const SHEET_BYTES_MAX: u64 = LIMITS.entry_bytes;

/// The columns of a sheet in Excel.
const COLUMNS_MAX: usize = 16_384;

/// The sheets read so far, by file, fingerprint and name.
#[derive(Debug, Default)]
pub(super) struct Sheets(Mutex<HashMap<Key, Arc<Sheet>>>);

type Key = (PathBuf, String, Option<String>);

/// A sheet behind its header.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The columns as written.
    pub(super) columns: Vec<String>,
    rows: File,
    /// Where each row begins, and at last where the last one ends.
    starts: Vec<u64>,
}

/// A row with the cells that show something.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Row {
    /// Its number in the sheet, from 1.
    pub(super) number: u64,
    /// Column, from 0, and what it shows.
    pub(super) cells: Vec<(usize, Cell)>,
}

/// What a cell shows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Cell {
    /// Text.
    Text(String),
    /// A number whose last digits may be lost.
    Rounded(String),
    /// An error of Excel's.
    Error(String),
}

impl Sheets {
    /// The sheet of that name in `file`, the first one without a name.
    pub(super) fn get(
        &self,
        file: &Path,
        fingerprint: &str,
        name: Option<&str>,
    ) -> Result<Arc<Sheet>, SourceError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (file.to_owned(), fingerprint.to_owned(), name.map(str::to_owned));
        if let Some(sheet) = known.get(&key) {
            return Ok(Arc::clone(sheet));
        }
        let sheet = Arc::new(with_cells(file, name, |cells| cells.write(SHEET_BYTES_MAX))?);
        known.insert(key, Arc::clone(&sheet));
        Ok(sheet)
    }
}

/// The columns of a sheet without reading its rows.
pub(super) fn columns(file: &Path, name: Option<&str>) -> Result<Vec<String>, SourceError> {
    with_cells(file, name, |mut cells| cells.header())
}

impl Sheet {
    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// At most `count` rows from the position `first` on.
    pub(super) fn rows(&self, first: usize, count: usize) -> io::Result<Vec<Row>> {
        let last = first.saturating_add(count).min(self.len());
        let (Some(&start), Some(&end)) = (self.starts.get(first), self.starts.get(last)) else {
            return Ok(Vec::new());
        };
        let bytes = usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?;
        let mut text = vec![0; bytes];
        self.rows.read_exact_at(&mut text, start)?;
        serde_json::Deserializer::from_slice(&text)
            .into_iter()
            .map(|row| row.map_err(io::Error::from))
            .collect()
    }
}

/// The cells of a sheet, row by row.
struct Cells<'a, R: Read + io::Seek> {
    file: &'a Path,
    sheet: &'a str,
    /// `None` behind the last cell.
    reader: Option<XlsxCellReader<'a, R>>,
    /// The row that is being gathered.
    row: Row,
}

/// Opens a sheet and hands its cells to `act`.
fn with_cells<T>(
    file: &Path,
    name: Option<&str>,
    act: impl FnOnce(Cells<'_, BufReader<File>>) -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    weigh(file)?;
    let opened = File::open(file).map_err(|source| unreadable(file, source))?;
    let mut book = Xlsx::new(BufReader::new(opened))
        .map_err(|error| broken(file, "its list of sheets", &error))?;
    let sheet = choose(file, &book, name)?;
    let fail = |error: XlsxError| broken(file, &format!("sheet `{sheet}`"), &error);
    let reader = book.worksheet_cells_reader(&sheet).map_err(fail)?;
    act(Cells { file, sheet: &sheet, reader: Some(reader), row: Row::default() })
}

/// The name of the sheet that is meant: without one the first that a person sees.
fn choose<R: Read + io::Seek>(
    file: &Path,
    book: &Xlsx<R>,
    name: Option<&str>,
) -> Result<String, SourceError> {
    let sheets = book.sheets_metadata();
    let tables = || sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let found = match name {
        Some(name) => tables().find(|sheet| sheet.name == name),
        None => tables()
            .find(|sheet| sheet.visible == SheetVisible::Visible)
            .or_else(|| tables().next()),
    };
    found.map(|sheet| sheet.name.clone()).ok_or_else(|| {
        let known: Vec<_> = tables().map(|sheet| format!("`{}`", sheet.name)).collect();
        let wanted = name.map_or("sheet".into(), |name| format!("sheet `{name}`"));
        let detail = format!("there is no {wanted}; it has {}", known.join(", "));
        broken(file, "its list of sheets", &detail)
    })
}

/// Refuses files that are too large, or would be when they are unpacked.
fn weigh(file: &Path) -> Result<(), SourceError> {
    let mut opened = File::open(file).map_err(|source| unreadable(file, source))?;
    let bytes = opened.metadata().map_err(|source| unreadable(file, source))?.len();
    let place = "its size";
    if bytes > FILE_BYTES_MAX {
        let detail = format!("an XLSX file is read up to {FILE_BYTES_MAX} bytes, it has {bytes}");
        return Err(broken(file, place, &detail));
    }
    let mut magic = [0; 4];
    if opened.read_exact(&mut magic).is_ok() && magic == [0xd0, 0xcf, 0x11, 0xe0] {
        let detail = "it has a password or is an old XLS file; save it as XLSX without a password";
        return Err(broken(file, "its beginning", &detail));
    }
    let archive = ZipArchive::new(BufReader::new(opened))
        .map_err(|error| broken(file, "its beginning", &error))?;
    let mut parts_bytes = 0_u64;
    for index in 0..archive.len() {
        let part = archive
            .by_index_data(index)
            .map_err(|error| broken(file, "its list of parts", &error))?;
        // The sizes are what the part says of itself, and its reader lets no more come out.
        let size = part.size();
        let swells = size > LIMITS.free_bytes && size / LIMITS.ratio > part.compressed_size();
        let name = String::from_utf8_lossy(part.name_raw());
        if swells || size > LIMITS.entry_bytes {
            let detail = format!("its part `{name}` would unpack to {size} bytes");
            return Err(broken(file, place, &detail));
        }
        if !name.contains("/worksheets/") && !name.contains("/media/") {
            parts_bytes = parts_bytes.saturating_add(size);
        }
    }
    if parts_bytes > PARTS_BYTES_MAX {
        let detail = format!("its texts and styles would unpack to {parts_bytes} bytes");
        return Err(broken(file, place, &detail));
    }
    Ok(())
}

impl<R: Read + io::Seek> Cells<'_, R> {
    /// The texts of the first row that shows anything.
    fn header(&mut self) -> Result<Vec<String>, SourceError> {
        let row = self.next_row()?.unwrap_or_default();
        let mut columns = vec![String::new(); row.cells.last().map_or(0, |(last, _)| last + 1)];
        for (column, cell) in row.cells {
            let (Cell::Text(text) | Cell::Rounded(text) | Cell::Error(text)) = cell;
            if let Some(name) = columns.get_mut(column) {
                *name = text;
            }
        }
        Ok(columns)
    }

    /// Writes header and rows away, at most `bytes_max` bytes of them.
    fn write(mut self, bytes_max: u64) -> Result<Sheet, SourceError> {
        let columns = self.header()?;
        let kept = |source| unreadable(self.file, source);
        let rows = tempfile::tempfile().map_err(kept)?;
        let mut writer = BufWriter::new(&rows);
        let mut starts = vec![0];
        let mut end = 0_u64;
        while let Some(row) = self.next_row()? {
            let text = serde_json::to_vec(&row).map_err(|error| kept(error.into()))?;
            writer.write_all(&text).map_err(kept)?;
            end = end.saturating_add(text.len() as u64);
            starts.push(end);
            if end > bytes_max {
                return Err(self.broken(&format!("its rows have more than {bytes_max} bytes")));
            }
        }
        writer.flush().map_err(kept)?;
        drop(writer);
        Ok(Sheet { columns, rows, starts })
    }

    /// The next row that shows anything.
    fn next_row(&mut self) -> Result<Option<Row>, SourceError> {
        loop {
            let cell = match self.reader.as_mut().map(XlsxCellReader::next_cell) {
                Some(Ok(cell)) => cell,
                Some(Err(error)) => return Err(self.broken(&error)),
                None => None,
            };
            let Some(cell) = cell else {
                self.reader = None;
                let row = std::mem::take(&mut self.row);
                return Ok(Some(row).filter(|row| !row.cells.is_empty()));
            };
            let (number, column) = cell.get_position();
            let shown = match shown(cell.get_value()) {
                Shown::Nothing => continue,
                Shown::Text(text) => Cell::Text(text),
                Shown::Rounded(text) => Cell::Rounded(text),
                Shown::Error(text) => Cell::Error(text),
            };
            let column = usize::try_from(column).unwrap_or(COLUMNS_MAX);
            if let Some(row) = self.take(u64::from(number) + 1, column, shown)? {
                return Ok(Some(row));
            }
        }
    }

    /// Takes a cell; the row before it, if the cell begins another.
    fn take(&mut self, number: u64, column: usize, cell: Cell) -> Result<Option<Row>, SourceError> {
        if column >= COLUMNS_MAX {
            return Err(self.broken(&format!("row {number} has more columns than a sheet can")));
        }
        let last = self.row.cells.last().map(|(last, _)| *last);
        let is_same = number == self.row.number;
        if number < self.row.number || is_same && last.is_some_and(|last| column <= last) {
            return Err(self.broken(&format!("the cells of row {number} are out of order")));
        }
        if is_same {
            self.row.cells.push((column, cell));
            return Ok(None);
        }
        let row = std::mem::replace(&mut self.row, Row { number, cells: vec![(column, cell)] });
        Ok(Some(row).filter(|row| !row.cells.is_empty()))
    }

    fn broken(&self, detail: &impl ToString) -> SourceError {
        broken(self.file, &format!("sheet `{}`", self.sheet), detail)
    }
}

fn unreadable(file: &Path, source: io::Error) -> SourceError {
    SourceError::Unreadable { file: file.into(), source }
}

fn broken(file: &Path, place: &str, detail: &impl ToString) -> SourceError {
    SourceError::Broken { file: file.into(), place: place.into(), detail: detail.to_string() }
}
