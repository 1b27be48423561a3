//! XLSX files: a page of rows of one sheet.

use std::path::Path;

use serde_json::Value;

use super::cursor::FileMark;
use super::error::SourceError;
use super::files::PAGE_ROWS;
use super::footer;
use super::page::RowFault;
use super::shape::{self, Shaper};
use super::xlsx_sheet::{Cell, Row, Sheets};
use crate::spec::Table;

/// Reads a page of rows; where the next page begins, if there is one. The mark counts rows.
pub(super) fn rows(
    sheets: &Sheets,
    table: &Table,
    file: &Path,
    mark: &FileMark,
    shaper: &mut Shaper<'_>,
) -> Result<Option<FileMark>, SourceError> {
    let sheet = sheets.get(file, &mark.fingerprint, table.sheet.as_deref())?;
    shaper.set_columns(&sheet.columns)?;
    let first = usize::try_from(mark.offset).unwrap_or(usize::MAX);
    let unreadable = |source| SourceError::Unreadable { file: file.into(), source };
    let mut rows = sheet.rows(first, PAGE_ROWS + footer::ROWS_MAX).map_err(unreadable)?;
    let ends = first.saturating_add(rows.len()) == sheet.len();
    let footers = if ends { footers(&rows, sheet.columns.len()) } else { rows.len() };
    rows.truncate(PAGE_ROWS);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let line = rows.last().map_or(mark.line, |row| row.number + 1);
    for (position, row) in rows.into_iter().enumerate() {
        let place = format!("{name} row {}", row.number);
        if position >= footers {
            let shown = texts(&row, sheet.columns.len()).concat();
            shaper.faults.push(RowFault::new(&place, "footer", shown.trim(), footer::DETAIL));
            continue;
        }
        take(table, &sheet.columns, (place, row), shaper);
    }
    let next = first.saturating_add(PAGE_ROWS);
    let offset = mark.offset.saturating_add(PAGE_ROWS as u64);
    let fingerprint = mark.fingerprint.clone();
    Ok((next < sheet.len()).then_some(FileMark { offset, line, row: offset, fingerprint }))
}

/// The position behind the last row that does not speak of the file.
fn footers(rows: &[Row], width: usize) -> usize {
    let is_footer = |row: &Row| footer::of_full_width(&texts(row, width)).is_some();
    rows.iter().rposition(|row| !is_footer(row)).map_or(0, |last| last + 1)
}

/// The texts of a row as wide as the header; of one that is wider, all of its cells.
fn texts(row: &Row, width: usize) -> Vec<String> {
    let cells = row.cells.iter().map(|(column, _)| column + 1);
    let mut texts = vec![String::new(); cells.max().unwrap_or(0).max(width)];
    for (column, cell) in &row.cells {
        cell.text().clone_into(&mut texts[*column]);
    }
    texts
}

fn take(table: &Table, columns: &[String], (place, row): (String, Row), shaper: &mut Shaper<'_>) {
    let width = columns.len();
    if let Some((last, _)) = row.cells.last().filter(|(last, _)| *last >= width) {
        let detail = format!(
            "the row has a value in column {}, the header {width} columns; it is left out",
            last + 1
        );
        let texts: Vec<&str> = row.cells.iter().map(|(_, cell)| cell.text()).collect();
        shaper.faults.push(RowFault::new(&place, "ragged_row", &texts.join(" | "), &detail));
        return;
    }
    let mut cells = vec![Value::Null; width];
    for (column, cell) in row.cells {
        let remark = match &cell {
            Cell::Text(_) => None,
            Cell::Rounded(_) => Some((
                "digits_lost",
                "a number of more than 15 digits, of which Excel keeps 15; it is taken as it stands",
            )),
            Cell::Error(_) => Some(("cell_error", "the cell shows an error; it counts as empty")),
        };
        if let Some((code, detail)) = remark {
            let mut fault = RowFault::new(&place, code, cell.text(), detail);
            let shown = columns.get(column).map_or("", String::as_str);
            fault.flag.column = shape::column(table, shown).name;
            shaper.faults.push(fault);
        }
        if let (Some(target), Cell::Text(text) | Cell::Rounded(text)) =
            (cells.get_mut(column), cell)
        {
            *target = Value::String(text);
        }
    }
    shaper.push_cells(place, cells);
}

impl Cell {
    fn text(&self) -> &str {
        let (Self::Text(text) | Self::Rounded(text) | Self::Error(text)) = self;
        text
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::page::{Page, TableState};
    use crate::source::probe_headers;
    use crate::source::sample::{Read, files, folder, read, table};
    use crate::source::xlsx_sample::{row, xlsx};
    use crate::source::zip_sample::zip;

    /// Reads the sheet of that name from a file of those bytes.
    async fn content(bytes: &[u8], sheet: Option<&str>) -> Result<Read, SourceError> {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("contacts.xlsx"), bytes).unwrap();
        let contacts =
            Table { sheet: sheet.map(str::to_owned), ..table("contacts", "contacts.xlsx", "id") };
        read(&folder(place.path(), "utf-8"), &contacts, &[]).await
    }

    fn page_of(state: TableState) -> Page {
        let TableState::Page(page) = state else { panic!("no page") };
        page
    }

    #[tokio::test]
    async fn cells_are_read_as_a_person_sees_them_and_rows_by_their_number_in_the_sheet() {
        let rows = [
            row(2, &["ID", "Full Name", "Born", "Seen At", "Phone", "VIP", "Worked"]),
            row(
                3,
                &[
                    "007",
                    "Ann",
                    r#"<c s="1"><v>45663</v></c>"#,
                    r#"<c s="2"><v>45663.583333333336</v></c>"#,
                    "<c><v>212556000000</v></c>",
                    r#"<c t="b"><v>1</v></c>"#,
                    r#"<c s="3"><v>1.1041666666666667</v></c>"#,
                ],
            ),
            row(
                5,
                &["<c><v>8</v></c>", "N/A", "", r#"<c s="4"><v>0.5</v></c>"#, "<c><v>2.5</v></c>"],
            ),
        ];
        let read = content(&xlsx(&[("People", &rows.concat())]), None).await.unwrap();
        assert_eq!(read.keys(), ["007", "8"]);
        let shown = |row: usize| {
            let cells = read.rows[row].cells.iter();
            cells.map(|cell| cell.as_str().unwrap_or("null").to_owned()).collect::<Vec<_>>()
        };
        let (day, time) = ("2025-01-06", "2025-01-06T14:00:00");
        assert_eq!(shown(0), ["007", "Ann", day, time, "212556000000", "true", "26:30:00"]);
        assert_eq!(shown(1), ["8", "null", "null", "12:00:00", "2.5", "null", "null"]);
        assert_eq!(&*read.rows[1].place, "contacts.xlsx row 5");
        assert_eq!(&*read.rows[0].header.columns()[1].name, "full_name");
        assert!(read.faults.is_empty(), "{:?}", read.faults);
    }

    #[tokio::test]
    async fn the_last_rows_of_a_sheet_that_count_it_are_its_footer_even_behind_a_page() {
        let mut rows = vec![row(1, &["id", "name"])];
        rows.extend(
            (2..=1_000).map(|number| row(number, &[&format!("<c><v>{number}</v></c>"), "x"])),
        );
        rows.push(row(1_001, &["Total 7", ""]));
        rows.push(row(1_002, &["Generated 2026-03-01", ""]));
        let read = content(&xlsx(&[("People", &rows.concat())]), None).await.unwrap();
        assert_eq!((read.pages, read.rows.len()), (2, 999));
        assert_eq!(
            read.codes(),
            ["contacts.xlsx row 1001: footer", "contacts.xlsx row 1002: footer"]
        );
        rows.push(row(1_003, &["<c><v>9</v></c>", "Bob"]));
        let read = content(&xlsx(&[("People", &rows.concat())]), None).await.unwrap();
        assert_eq!(read.keys()[999..], ["Total 7", "Generated 2026-03-01", "9"]);
    }

    #[tokio::test]
    async fn a_cell_with_an_error_is_empty_and_remarked_and_so_is_a_number_with_lost_digits() {
        let rows = [
            row(1, &["id", "Fee Due"]),
            row(2, &["1", r#"<c t="e"><v>#N/A</v></c>"#]),
            row(3, &["<c><v>5.50012345678901E+20</v></c>", "2"]),
        ];
        let read = content(&xlsx(&[("A", &rows.concat())]), None).await.unwrap();
        assert_eq!(read.keys(), ["1", "550012345678901000000"]);
        assert!(read.rows[0].get("fee_due").is_null());
        let codes = ["contacts.xlsx row 2: cell_error", "contacts.xlsx row 3: digits_lost"];
        assert_eq!(read.codes(), codes);
        let flag = &read.faults[0].flag;
        assert_eq!((&*flag.column, &*flag.value), ("fee_due", "#N/A"));
    }

    #[tokio::test]
    async fn a_row_that_is_wider_than_the_header_is_left_out_and_the_others_go_on() {
        let rows = [row(1, &["id", "name"]), row(2, &["1", "Ann", "x"]), row(3, &["2"])].concat();
        let read = content(&xlsx(&[("A", &rows)]), None).await.unwrap();
        assert_eq!(read.keys(), ["2"]);
        assert_eq!(read.codes(), ["contacts.xlsx row 2: ragged_row"]);
        assert_eq!(&*read.faults[0].flag.value, "1 | Ann | x");
    }

    #[tokio::test]
    async fn the_first_sheet_that_shows_is_read_or_the_one_that_is_named() {
        let sheet = |id: &str| [row(1, &["id"]), row(2, &[id])].concat();
        let (hidden, first, second) = (sheet("0"), sheet("1"), sheet("2"));
        let sheets = [("-Lists", &*hidden), ("People", &*first), ("Old &amp; Gone", &*second)];
        let bytes = xlsx(&sheets);
        assert_eq!(content(&bytes, None).await.unwrap().keys(), ["1"]);
        assert_eq!(content(&bytes, Some("Old & Gone")).await.unwrap().keys(), ["2"]);
        assert_eq!(content(&bytes, Some("-Lists")).await.unwrap().keys(), ["0"]);
        let error = content(&bytes, Some("people")).await.unwrap_err().to_string();
        let expected = "no sheet `people`; it has `-Lists`, `People`, `Old & Gone`";
        assert!(error.contains(expected), "{error}");
    }

    #[tokio::test]
    async fn a_long_sheet_comes_in_pages_that_another_process_can_go_on_with() {
        let rows: String = (2..=2_501).map(|number| row(number, &[&number.to_string()])).collect();
        let place = tempfile::tempdir().unwrap();
        let bytes = xlsx(&[("A", &format!("{}{rows}", row(1, &["id"])))]);
        fs::write(place.path().join("contacts.xlsx"), bytes).unwrap();
        let contacts = table("contacts", "contacts.xlsx", "id");
        let whole = read(&folder(place.path(), "utf-8"), &contacts, &[]).await.unwrap();
        assert_eq!((whole.pages, whole.rows.len()), (3, 2_500));
        assert_eq!(&*whole.rows[2_499].key, "2501");
        let (mut cursor, mut keys) = (None, Vec::new());
        for _ in 0..3 {
            let other = folder(place.path(), "utf-8");
            let page = page_of(other.page(&contacts, &[], cursor.as_ref()).await.unwrap());
            keys.extend(page.rows.iter().map(|row| row.key.to_string()));
            cursor = page.next;
        }
        assert!(cursor.is_none());
        assert_eq!(keys, whole.keys());
    }

    #[tokio::test]
    async fn a_sheet_in_a_zip_is_read_and_its_columns_are_known_without_a_run() {
        let rows = [row(1, &["Id", "Deal Name"]), row(2, &["1", "x"])].concat();
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("export.zip");
        fs::write(&file, zip(&[("e/contacts.xlsx", &xlsx(&[("A", &rows)]))])).unwrap();
        let contacts = table("contacts", "contacts.xlsx", "id");
        let known = probe_headers(&file, &files(&file), &contacts).unwrap().unwrap();
        assert_eq!(
            known.iter().map(|column| &*column.name).collect::<Vec<_>>(),
            ["id", "deal_name"]
        );
        let read = read(&folder(&file, "utf-8"), &contacts, &[]).await.unwrap();
        assert_eq!(read.keys(), ["1"]);
    }

    #[tokio::test]
    async fn an_empty_sheet_is_remarked_and_two_headers_of_one_name_are_an_error() {
        for rows in [String::new(), row(1, &["id"])] {
            let read = content(&xlsx(&[("A", &rows)]), None).await.unwrap();
            assert_eq!(read.codes(), ["contacts.xlsx: empty_file"]);
        }
        let twins = row(1, &["id", "Home Phone", "home_phone"]);
        let error = content(&xlsx(&[("A", &twins)]), None).await.unwrap_err();
        assert!(matches!(error, SourceError::DuplicateColumn { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn what_is_no_xlsx_file_or_a_bomb_is_refused_with_the_way_out() {
        let refusal =
            |bytes: Vec<u8>| async move { content(&bytes, None).await.unwrap_err().to_string() };
        let old = refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()).await;
        assert!(old.contains("save it as XLSX without a password"), "{old}");
        assert!(refusal(b"id,name\n1,Ann\n".to_vec()).await.contains("is broken at its beginning"));
        let zeros = vec![b'0'; 65 << 20];
        let bomb = zip(&[("xl/sharedStrings.xml", &zeros)]);
        let bomb = refusal(bomb).await;
        assert!(bomb.contains("its part `xl/sharedStrings.xml` would unpack to"), "{bomb}");
        let rows = [row(3, &["id"]), row(2, &["1"])].concat();
        let mixed = refusal(xlsx(&[("A", &rows)])).await;
        assert!(mixed.contains("sheet `A`: the cells of row 2 are out of order"), "{mixed}");
    }

    #[tokio::test]
    async fn a_file_above_the_limit_is_not_opened() {
        let place = tempfile::tempdir().unwrap();
        let large = fs::File::create(place.path().join("contacts.xlsx")).unwrap();
        large.set_len((256 << 20) + 1).unwrap();
        let contacts = table("contacts", "contacts.xlsx", "id");
        let error = probe_headers(place.path(), &files(place.path()), &contacts).unwrap_err();
        assert!(error.to_string().contains("is read up to 268435456 bytes"), "{error}");
    }
}
