//! The columns of a file without reading its rows, for a look at a spec that is offline.

use std::path::Path;

use super::csv_file;
use super::cursor::FileMark;
use super::error::SourceError;
use super::files::{self, Form};
use super::folder::Folder;
use super::json_file;
use super::shape::{self, Shaper};
use super::text_file::{Copies, TextFile};
use crate::ground::Column;
use crate::spec::{Source, Table};

/// The columns of `table` in `folder`: of a CSV file its header, of others those of its first page.
/// `None` when the file is not there.
pub fn probe_headers(
    folder: &Path,
    source: &Source,
    table: &Table,
) -> Result<Option<Vec<Column>>, SourceError> {
    let Some(file) = Folder::new(&source.name, folder).file(&table.path)? else { return Ok(None) };
    let mark = FileMark { line: 1, ..FileMark::default() };
    let mut shaper = Shaper::new(table, &source.nulls, &table.path);
    let copies = Copies::default();
    let text = TextFile::open(&file, &source.encoding, &copies)?;
    match files::form(&table.path)? {
        Form::Csv => {
            let opened = csv_file::open(&text, source.delimiter)?;
            let columns = opened.map(|table| table.columns).unwrap_or_default();
            shaper.set_columns(&columns)?;
            return Ok(Some(columns.iter().map(|shown| shape::column(table, shown)).collect()));
        }
        Form::Json => drop(json_file::array(table, &text.path, &mark, &mut shaper)?),
        Form::JsonLines => drop(json_file::lines(table, &text.path, &mark, &mut shaper)?),
    }
    let (records, _) = shaper.finish();
    let columns = records.first().map(|record| record.header.columns().to_vec());
    Ok(Some(columns.unwrap_or_default()))
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
