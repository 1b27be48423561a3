//! The columns of a file without reading its rows, for a look at a spec that is offline.

use std::path::Path;

use super::csv_file;
use super::cursor::FileMark;
use super::error::SourceError;
use super::files::{self, Form};
use super::folder::Folder;
use super::json_file;
use super::pieces::VALUE_BYTES_MAX;
use super::shape::{self, Shaper};
use super::text_file::TextFile;
use super::xlsx_sheet;
use crate::ground::Column;
use crate::spec::{Source, Table};

/// Enough for the header of a CSV file and the rows that show its delimiter.
const CSV_HEAD_BYTES: u64 = 1024 * 1024;

/// The columns of `table` in `folder`: of a CSV file or sheet its header, of others those of its
/// first page. `None` when the file is not there.
pub fn probe_headers(
    folder: &Path,
    source: &Source,
    table: &Table,
) -> Result<Option<Vec<Column>>, SourceError> {
    let form = files::form(&table.path)?;
    let folder = Folder::glance(&source.name, folder, (&table.path, head_bytes(form)))?;
    let Some(file) = folder.file(&table.path)? else { return Ok(None) };
    let columns = columns((&folder, &file), form, (source, table));
    columns.map(Some).map_err(|error| folder.as_given(error))
}

fn columns(
    (folder, file): (&Folder, &Path),
    form: Form,
    (source, table): (&Source, &Table),
) -> Result<Vec<Column>, SourceError> {
    let mark = FileMark { line: 1, ..FileMark::default() };
    let mut shaper = Shaper::new(table, &source.nulls, &table.path);
    if form == Form::Xlsx {
        return header(table, &xlsx_sheet::columns(file, table.sheet.as_deref())?, shaper);
    }
    let text = TextFile::open(file, &source.encoding, folder.copies())?;
    let read = match form {
        Form::Json => json_file::array(table, &text.path, &mark, &mut shaper),
        Form::JsonLines => json_file::lines(table, &text.path, &mark, &mut shaper),
        Form::Csv | Form::Xlsx => {
            let opened = csv_file::open(&text, source.delimiter)?;
            return header(table, &opened.map(|table| table.columns).unwrap_or_default(), shaper);
        }
    };
    read.map_err(|error| text.as_shown(error))?;
    let (records, _) = shaper.finish();
    Ok(records.first().map(|record| record.header.columns().to_vec()).unwrap_or_default())
}

/// The columns of a header; two of one name are an error.
fn header(
    table: &Table,
    shown: &[String],
    mut shaper: Shaper<'_>,
) -> Result<Vec<Column>, SourceError> {
    shaper.set_columns(shown)?;
    Ok(shown.iter().map(|shown| shape::column(table, shown)).collect())
}

/// How much of a zipped file is unpacked for its columns: a file that is read in pieces gives them
/// in its first page.
const fn head_bytes(form: Form) -> u64 {
    match form {
        Form::Csv => CSV_HEAD_BYTES,
        // A list that is cut off would look broken.
        Form::Json => u64::MAX,
        Form::JsonLines => VALUE_BYTES_MAX,
        Form::Xlsx => xlsx_sheet::FILE_BYTES_MAX + 1,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::sample;

    #[test]
    fn the_columns_of_a_file_are_known_without_reading_it_all() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("a.csv"), "Id;Deal Name\n1;x\n").unwrap();
        fs::write(place.path().join("a.json"), r#"[{"id": 1}, {"id": 2, "dealName": "x"}]"#)
            .unwrap();
        let source = sample::files(place.path());
        for path in ["a.csv", "a.json"] {
            let table = sample::table("deals", path, "id");
            let columns = probe_headers(place.path(), &source, &table).unwrap().unwrap();
            let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
            assert_eq!(names, ["id", "deal_name"], "{path}");
        }
        let absent = sample::table("deals", "b.csv", "id");
        assert!(probe_headers(place.path(), &source, &absent).unwrap().is_none());
    }
}
