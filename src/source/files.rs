//! Tables in a folder: which reader a file goes to, and that it stays the same file.

use std::path::{Path, PathBuf};

use super::csv_file;
use super::cursor::{Cursor, FileMark};
use super::error::SourceError;
use super::folder::Folder;
use super::json_file;
use super::page::{Page, RowFault, TableState};
use super::reader::{Reader, Way};
use super::shape::Shaper;
use super::suspect;
use super::text_file::TextFile;
use super::xlsx_file;
use crate::spec::Table;

/// Rows of a page.
pub(super) const PAGE_ROWS: usize = 1_000;

/// The forms of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Rows of delimited text.
    Csv,
    /// One JSON value.
    Json,
    /// One JSON value a line.
    JsonLines,
    /// Rows of a sheet.
    Xlsx,
}

/// The form that a path's ending says.
pub(super) fn form(path: &str) -> Result<Form, SourceError> {
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "csv" | "tsv" | "txt" => Ok(Form::Csv),
        "json" => Ok(Form::Json),
        "jsonl" | "ndjson" => Ok(Form::JsonLines),
        "xlsx" | "xlsm" => Ok(Form::Xlsx),
        _ => Err(SourceError::Format { path: path.into() }),
    }
}

impl Reader {
    /// The files of these tables that are not there and must be, without reading any.
    ///
    /// # Errors
    /// When the folder itself is not there, or a path is none that may be read.
    pub fn missing<'t>(
        &self,
        tables: impl Iterator<Item = &'t Table>,
    ) -> Result<Vec<PathBuf>, SourceError> {
        let Way::Files(folder) = &self.way else { return Ok(Vec::new()) };
        let mut missing = Vec::new();
        for table in tables.filter(|table| !table.optional) {
            if folder.file(&table.path)?.is_none() {
                missing.push(folder.shown(&table.path));
            }
        }
        Ok(missing)
    }
}

/// The page of a file at `cursor`.
pub(super) fn page(
    reader: &Reader,
    folder: &Folder,
    table: &Table,
    cursor: Option<&Cursor>,
) -> Result<TableState, SourceError> {
    let form = form(&table.path)?;
    let Some(file) = folder.file(&table.path)? else {
        let file = folder.shown(&table.path);
        if table.optional {
            return Ok(TableState::Missing { file });
        }
        return Err(SourceError::MissingFile { file });
    };
    let fingerprint = folder.fingerprint(&file)?;
    let mark = match cursor {
        Some(cursor) => cursor.mark::<FileMark>(&table.name)?,
        None => FileMark { line: 1, fingerprint: fingerprint.clone(), ..FileMark::default() },
    };
    if mark.fingerprint != fingerprint {
        return Err(SourceError::Changed { file });
    }
    let mut shaper = Shaper::new(table, &reader.nulls, &table.path);
    let next = match form {
        Form::Xlsx => xlsx_file::rows(&folder.sheets, table, &file, &mark, &mut shaper)?,
        Form::Csv | Form::Json | Form::JsonLines => {
            let text = TextFile::open(&file, &reader.encoding, folder.copies())?;
            let next = match form {
                Form::Json => json_file::array(table, &text.path, &mark, &mut shaper),
                Form::JsonLines => json_file::lines(table, &text.path, &mark, &mut shaper),
                Form::Csv | Form::Xlsx => csv_file::rows(reader, &text, &mark, &mut shaper),
            };
            next.map_err(|error| text.as_shown(error))?
        }
    };
    if next.is_none() && cursor.is_none() && shaper.len() == 0 && shaper.faults.is_empty() {
        let detail = "the file has no rows";
        shaper.faults.push(RowFault::new(&table.path, "empty_file", "", detail));
    }
    let (rows, mut faults) = shaper.finish();
    faults.extend(suspect::remarks(&rows, &faults));
    let place = format!("{fingerprint} {}", mark.offset);
    Ok(TableState::Page(Page {
        cursor: cursor.cloned(),
        next: next.map(|next| Cursor::of(&next)),
        body_hash: *blake3::hash(place.as_bytes()).as_bytes(),
        rows,
        faults,
    }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::pieces::VALUE_BYTES_MAX;
    use crate::source::sample::{Read, folder, read, table};

    /// Reads a file of that name and content whose key is `id`.
    async fn content(name: &str, bytes: impl AsRef<[u8]>) -> Result<Read, SourceError> {
        encoded("utf-8", name, bytes).await
    }

    async fn encoded(
        encoding: &str,
        name: &str,
        bytes: impl AsRef<[u8]>,
    ) -> Result<Read, SourceError> {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(name), bytes).unwrap();
        read(&folder(place.path(), encoding), &table("contacts", name, "id"), &[]).await
    }

    #[tokio::test]
    async fn a_csv_file_with_a_mark_newlines_in_quotes_and_its_own_delimiter_is_read() {
        let text = "\u{feff}\"ID\"|\" Full Name \"|\"E-mail\"\r\n\"1\"|\"Ann\nLee\"|\"\"\r\n\"2\"|\"Bob\"|\"N/A \"\r\n";
        let read = content("contacts.csv", text).await.unwrap();
        assert_eq!(read.keys(), ["1", "2"]);
        assert_eq!(read.rows[0].get("full_name"), "Ann\nLee");
        assert!(read.rows[0].get("e_mail").is_null() && read.rows[1].get("e_mail").is_null());
        assert_eq!(&*read.rows[0].header.columns()[1].shown, "Full Name");
        assert_eq!(&*read.rows[1].place, "contacts.csv line 4");
        assert!(read.faults.is_empty(), "{:?}", read.faults);
    }

    #[tokio::test]
    async fn cells_that_were_guarded_against_formulas_lose_their_guard() {
        let read =
            content("contacts.csv", "id,phone,note\n1,'+1 303 555 0142,'tis\n").await.unwrap();
        assert_eq!(read.rows[0].get("phone"), "+1 303 555 0142");
        assert_eq!(read.rows[0].get("note"), "'tis");
    }

    #[tokio::test]
    async fn a_row_of_another_width_is_left_out_with_its_line_and_the_others_go_on() {
        let text = "id,name\n1,Ann\n2\n3,Cy,x\n4,Dee\nTotal: 4 records\n";
        let read = content("contacts.csv", text).await.unwrap();
        assert_eq!(read.keys(), ["1", "4"]);
        assert_eq!(
            read.codes(),
            [
                "contacts.csv line 3: ragged_row",
                "contacts.csv line 4: ragged_row",
                "contacts.csv line 6: footer"
            ]
        );
        assert_eq!(&*read.faults[1].flag.value, "3 | Cy | x");
    }

    #[tokio::test]
    async fn a_short_row_at_the_end_is_a_lost_row_unless_it_speaks_of_the_file() {
        let read = content("contacts.csv", "id,name\n1,Ann\n2\n").await.unwrap();
        assert_eq!(read.codes(), ["contacts.csv line 3: ragged_row"]);
        let rows: Vec<String> = (1..=1_000).map(|id| format!("{id},x\n")).collect();
        let rows = rows.concat();
        let text = format!("id,name\n{rows}\"Total: 1,000 records\"\nGenerated today\n");
        let read = content("contacts.csv", text).await.unwrap();
        assert_eq!(read.rows.len(), 1_000);
        assert_eq!(
            read.codes(),
            ["contacts.csv line 1002: footer", "contacts.csv line 1003: footer"]
        );
    }

    #[tokio::test]
    async fn letters_that_were_decoded_wrongly_before_are_remarked_and_kept() {
        let text = "id,name\n1,JosÃ©\n2,It\u{e2}\u{20ac}\u{2122}s\n3,São José\n4,Ängström\n";
        let read = content("contacts.csv", text).await.unwrap();
        assert_eq!(read.keys(), ["1", "2", "3", "4"]);
        assert_eq!(read.rows[0].get("name"), "JosÃ©");
        let codes = [2, 3].map(|line| format!("contacts.csv line {line}: encoding_suspect"));
        assert_eq!(read.codes(), codes);
        assert_eq!(&*read.faults[0].flag.column, "name");
        let text = "[{\"id\": 1, \"a\": \"Ã©\", \"b\": 7, \"c\": \"â€™\"}]";
        let read = content("contacts.json", text).await.unwrap();
        assert_eq!(read.codes(), ["contacts.json row 1: encoding_suspect"]);
        assert_eq!((&*read.faults[0].flag.column, &*read.faults[0].flag.value), ("a, c", "Ã©"));
    }

    #[tokio::test]
    async fn a_footer_as_wide_as_the_header_is_no_record_and_no_lost_row() {
        let text = "id,name,city\n1,Ann,Rome\n\"Total: 1,204 records\",,\n";
        let read = content("contacts.csv", text).await.unwrap();
        assert_eq!(read.keys(), ["1"]);
        assert_eq!(read.codes(), ["contacts.csv line 3: footer"]);
        assert_eq!(&*read.faults[0].flag.value, "Total: 1,204 records");
        let read = content("contacts.csv", "id,name\n1,Ann\nTotal: 1,204 records\n").await.unwrap();
        assert_eq!(read.keys(), ["1"], "its own comma makes it as wide as the header");
        assert_eq!(read.codes(), ["contacts.csv line 3: footer"]);
    }

    #[tokio::test]
    async fn what_looks_like_a_footer_is_a_record_when_the_file_goes_on_even_on_another_page() {
        let rows: Vec<String> = (1..1_000).map(|id| format!("{id},x\n")).collect();
        let rows = rows.concat();
        let text = format!("id,name\n{rows}Total 7,\n2000,Bob\n");
        let read = content("contacts.csv", &text).await.unwrap();
        assert_eq!(read.rows.len(), 1_001);
        assert_eq!(read.keys()[999..], ["Total 7", "2000"]);
        assert!(read.faults.is_empty(), "{:?}", read.faults);
        let read = content("contacts.csv", text.trim_end_matches("2000,Bob\n")).await.unwrap();
        assert_eq!(read.rows.len(), 999);
        assert_eq!(read.codes(), ["contacts.csv line 1001: footer"]);
    }

    #[tokio::test]
    async fn json_in_utf_16_is_read_and_its_faults_name_the_file() {
        let little = |text: &str| -> Vec<u8> {
            format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
        };
        let list = little(r#"[{"id": 1, "name": "Zoë"}, {"id": 2}]"#);
        let read = content("contacts.json", list).await.unwrap();
        assert_eq!((read.keys(), read.rows[0].get("name")), (vec!["1", "2"], &"Zoë".into()));
        let read = content("contacts.jsonl", little("{\"id\": 1}\n{\"id\": 2}\n")).await.unwrap();
        assert_eq!(read.keys(), ["1", "2"]);
        let error = content("contacts.json", little("[{\"id\": 1}")).await.unwrap_err();
        assert!(error.to_string().contains("contacts.json` is broken"), "{error}");
    }

    #[tokio::test]
    async fn control_characters_within_a_cell_are_kept_for_the_rules_to_strip() {
        let read = content("contacts.csv", "id,name\n1,A\u{0}n\u{b}n\u{7f}\t!\n").await.unwrap();
        assert_eq!(read.rows[0].get("name"), "A\u{0}n\u{b}n\u{7f}\t!");
        assert!(read.faults.is_empty(), "{:?}", read.faults);
    }

    #[tokio::test]
    async fn a_file_in_utf_16_is_read_page_by_page_with_its_lines() {
        let rows: Vec<String> = (1..=1_200).map(|id| format!("{id};Zoë\r\n")).collect();
        let rows = rows.concat();
        let text = format!("\u{feff}Id;Full Name\r\n{rows}");
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let read = encoded("windows-1252", "contacts.csv", bytes).await.unwrap();
        assert_eq!((read.pages, read.rows.len()), (2, 1_200));
        assert_eq!(read.rows[1_199].get("full_name"), "Zoë");
        assert_eq!(&*read.rows[1_199].place, "contacts.csv line 1201");
    }

    #[tokio::test]
    async fn headers_that_changed_case_between_two_exports_are_the_same_columns() {
        for header in
            ["ID,Deal Name", "id,deal name", " Id ,DEAL_NAME", "\u{feff}Id,Deal\u{a0}Name"]
        {
            let read = content("deals.csv", format!("{header}\n1,Seats\n")).await.unwrap();
            assert_eq!((read.keys(), read.rows[0].get("deal_name")), (vec!["1"], &"Seats".into()));
        }
    }

    #[tokio::test]
    async fn a_quote_that_is_never_closed_takes_no_rows_along_in_silence() {
        let text = "id,name\n1,Ann\n2,\"Bob\n3,Cy\n4,Dee\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let read = content("contacts.csv", text).await.unwrap();
            assert_eq!(read.keys(), ["1"]);
            assert_eq!(read.codes(), ["contacts.csv line 3: open_quote"]);
            assert!(read.faults[0].flag.detail.contains("3 lines"), "{:?}", read.faults);
        }
        let closed = content("contacts.csv", "id,name\n1,\"Ann\nLee\"").await.unwrap();
        assert_eq!(closed.keys(), ["1"]);
        let text = "id,name\n1,\"Ann\n2,Bob\n3,\"Cy\"\n4,Dee\n";
        let later = content("contacts.csv", text).await.unwrap();
        assert_eq!(later.keys(), ["4"]);
        assert_eq!(later.codes(), ["contacts.csv line 2: open_quote"]);
    }

    #[tokio::test]
    async fn a_quote_that_takes_more_than_memory_allows_stops_the_reading_with_its_line() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("contacts.csv");
        let mut text = b"id,name\n1,Ann\n2,\"Bob\n".to_vec();
        let rows = usize::try_from(VALUE_BYTES_MAX).unwrap() + 64 * 1024;
        text.resize(text.len() + rows, b'\n');
        fs::write(&file, text).unwrap();
        let contacts = table("contacts", "contacts.csv", "id");
        let error = read(&folder(place.path(), "utf-8"), &contacts, &[]).await.unwrap_err();
        let said = error.to_string();
        assert!(said.contains("line 3") && said.contains("is a quote in it not closed"), "{said}");
    }

    #[tokio::test]
    async fn two_headers_of_one_name_are_an_error_that_names_both() {
        let error = content("contacts.csv", "id,Home Phone,home_phone\n").await.unwrap_err();
        let expected = "contacts.csv has two columns named `home_phone`: `Home Phone` (column 2) \
                        and `home_phone` (column 3)";
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test]
    async fn a_file_in_windows_1252_is_decoded_and_bytes_that_are_no_text_are_remarked() {
        let bytes = b"id,name\n1,Jos\xe9 \x93x\x94\n";
        let read = encoded("windows-1252", "contacts.csv", bytes).await.unwrap();
        assert_eq!(read.rows[0].get("name"), "José “x”");
        let read = content("contacts.csv", bytes).await.unwrap();
        assert_eq!(read.codes(), ["contacts.csv line 2: bad_encoding"]);
        assert_eq!(&*read.faults[0].flag.column, "name");
        assert_eq!(read.keys(), ["1"], "kept");
    }

    #[tokio::test]
    async fn a_large_file_comes_in_pages_and_no_row_twice() {
        let rows = (1..=2_500).map(|id| format!("{id},\"a\nb\"\r\n"));
        let text = format!("\u{feff}id,name\r\n{}", rows.collect::<String>());
        let read = content("contacts.csv", text).await.unwrap();
        assert_eq!((read.pages, read.rows.len()), (3, 2_500));
        assert_eq!(&*read.rows[2_499].key, "2500");
        assert_eq!(&*read.rows[2_499].place, "contacts.csv line 5000");

        let rows: Vec<_> =
            (1..=2_500).map(|id| format!("{{\"id\": {id}, \"t\": \"]}},\"}}")).collect();
        let read = content("contacts.json", format!("[{}]\n", rows.join(",\n"))).await.unwrap();
        assert_eq!((read.pages, read.rows.len()), (3, 2_500));
        assert_eq!(&*read.rows[2_499].place, "contacts.json row 2500");

        let read = content("contacts.jsonl", rows.join("\n")).await.unwrap();
        assert_eq!((read.pages, read.rows.len()), (3, 2_500));
        assert_eq!(&*read.rows[1_500].place, "contacts.jsonl line 1501");
    }

    #[tokio::test]
    async fn a_broken_line_is_remarked_and_a_list_that_breaks_off_stops_the_reading() {
        let read =
            content("contacts.jsonl", "{\"id\": 1}\n{\"id\": \n\n{\"id\": 3}").await.unwrap();
        assert_eq!(read.keys(), ["1", "3"]);
        assert_eq!(read.codes(), ["contacts.jsonl line 2: bad_json"]);
        let error = content("contacts.json", "[{\"id\": 1}, {\"id\": 2}").await.unwrap_err();
        assert!(error.to_string().contains("row 3: it ends within its list"), "{error}");
    }

    #[tokio::test]
    async fn a_big_id_and_a_nested_value_survive() {
        let text = r#"{"total": 1, "list": [{"id": 550012345678901234567, "properties": {"Buyer Stage": "A"}}]}"#;
        let read = content("contacts.json", text).await.unwrap();
        assert_eq!(read.keys(), ["550012345678901234567"]);
        assert_eq!(read.rows[0].get("properties")["Buyer Stage"], "A");
    }

    #[tokio::test]
    async fn rows_that_lie_deeper_in_a_file_are_named_with_items() {
        let place = tempfile::tempdir().unwrap();
        let text = r#"{"active": {"count": 2, "users": [{"id": 1}, {"id": 2}]}, "roles": ["A"], "tags": []}"#;
        fs::write(place.path().join("users.json"), text).unwrap();
        let reader = folder(place.path(), "utf-8");
        let mut users = table("users", "users.json", "id");
        let error = read(&reader, &users, &[]).await.unwrap_err().to_string();
        assert!(error.contains("`active.users`, `roles`, `tags`"), "{error}");
        assert!(error.contains("`items: active.users`"), "{error}");
        users.items = Some("active.users".into());
        assert_eq!(read(&reader, &users, &[]).await.unwrap().keys(), ["1", "2"]);
        fs::write(place.path().join("users.json"), "[]").unwrap();
        let error = read(&reader, &users, &[]).await.unwrap_err().to_string();
        assert!(error.contains("leave `items` out"), "{error}");
    }

    #[tokio::test]
    async fn a_value_within_a_column_becomes_a_column_and_may_be_the_key() {
        let place = tempfile::tempdir().unwrap();
        let reader = folder(place.path(), "utf-8");
        let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
        write(
            "deals.json",
            r#"[{"attributes": {"refId": "a"}}, {"name": "x"}, {"attributes": {"refId": "N/A"}}]"#,
        );
        write("deals.csv", "name,attributes\nx,\"{\"\"refId\"\": \"\"a\"\"}\"\ny,\n");
        for file in ["deals.json", "deals.csv"] {
            let mut deals = table("deals", file, "ref_id");
            deals.rename = [("attributes.refId".into(), "ref_id".into())].into_iter().collect();
            let read_rows = read(&reader, &deals, &[]).await.unwrap();
            assert_eq!(read_rows.keys(), ["a"], "{file}");
            assert!(read_rows.codes().iter().all(|code| code.ends_with(": no_key")));
            assert!(!read_rows.codes().is_empty(), "a row without it is said");
            deals.rename = [("attributes.refId".into(), "name".into())].into_iter().collect();
            deals.key = vec!["name".into()];
            let error = read(&reader, &deals, &[]).await.unwrap_err().to_string();
            assert!(error.contains("two columns named `name`"), "{file}: {error}");
        }
    }

    #[tokio::test]
    async fn an_object_of_lists_becomes_pairs() {
        let place = tempfile::tempdir().unwrap();
        let text = r#"{"g1": ["c1", "c2"], "g2": [{"id": "c1", "role": "Buyer"}], "g3": []}"#;
        fs::write(place.path().join("members.json"), text).unwrap();
        let mut table = table("members", "members.json", "group_id contact_id");
        table.pairs = Some(["group_id".into(), "contact_id".into()]);
        let read = read(&folder(place.path(), "utf-8"), &table, &[]).await.unwrap();
        assert_eq!(read.keys(), ["g1|c1", "g1|c2", "g2|c1"]);
        assert_eq!(read.rows[2].get("role"), "Buyer");
    }

    #[tokio::test]
    async fn a_missing_file_is_an_error_unless_it_is_optional_and_an_empty_one_is_said_aloud() {
        let place = tempfile::tempdir().unwrap();
        let reader = folder(place.path(), "utf-8");
        let mut drips = table("drips", "drips.csv", "id");
        let error = reader.page(&drips, &[], None).await.unwrap_err();
        assert!(error.to_string().contains("drips.csv"), "{error}");
        drips.optional = true;
        let answer = reader.page(&drips, &[], None).await.unwrap();
        assert!(matches!(answer, TableState::Missing { .. }));
        let read = content("contacts.csv", "").await.unwrap();
        assert_eq!(read.codes(), ["contacts.csv: empty_file"]);
        assert_eq!(
            content("contacts.json", "[]").await.unwrap().codes(),
            ["contacts.json: empty_file"]
        );
    }

    #[tokio::test]
    async fn a_file_that_changes_between_two_pages_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("contacts.csv");
        let rows: String = (1..=1_200).map(|id| id.to_string() + "\n").collect();
        fs::write(&file, format!("id\n{rows}")).unwrap();
        let contacts = table("contacts", "contacts.csv", "id");
        let reader = folder(place.path(), "utf-8");
        let TableState::Page(page) = reader.page(&contacts, &[], None).await.unwrap() else {
            panic!("no page")
        };
        fs::write(&file, format!("id\n0\n{rows}")).unwrap();
        let error = reader.page(&contacts, &[], page.next.as_ref()).await.unwrap_err();
        assert!(matches!(error, SourceError::Changed { .. }), "{error:?}");
    }
}
