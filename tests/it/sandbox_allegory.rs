//! The sandbox's Allegory export, as a source reads it and as the program writes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use flitpipe::ground::Record;
use flitpipe::sandbox::SandboxError;
use flitpipe::sandbox::allegory::{
    Deed, ExportOptions, SHAPES, Trouble, Week, changes, columns, dirt, write,
};
use flitpipe::source::{Base, Options, Page, Reader, TableState};
use flitpipe::spec::{KnownColumns, Pipeline, Reading, read};
use serde_json::Value;

use super::rehearsal::{finished, flitpipe, project};

/// The shipped spec, without the archives that are rendered by templates of their own.
fn spec_text() -> String {
    let text = fs::read_to_string(project().join("pipelines/allegory.yaml")).unwrap();
    let lines = text.lines().filter(|line| !line.contains("template: transforms/"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The shipped spec, checked against the columns of the export.
fn shipped() -> Pipeline {
    let known = |pipeline: &Pipeline| {
        let columns = columns();
        let of = |path: &str| columns[path].iter().map(|&column| column.to_owned()).collect();
        let tables = pipeline.tables.iter();
        tables.map(|table| (table.name.clone(), of(&table.path))).collect::<KnownColumns>()
    };
    let file = project().join("pipelines/allegory.yaml");
    let reading =
        Reading { file: &file, variables: &|_| None, files: &|_| Ok(spec_text()), columns: &known };
    read(&reading).unwrap()
}

/// The rows and faults of every table of an export.
async fn staged(folder: &Path) -> BTreeMap<String, (Vec<Record>, Vec<String>)> {
    let pipeline = shipped();
    let base = Base::Folder(folder.to_owned());
    let reader = Reader::new(&pipeline.sources[0], &base, &Options::default()).unwrap();
    let mut all = BTreeMap::new();
    for table in &pipeline.tables {
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        let mut cursor = None;
        loop {
            let TableState::Page(page) = reader.page(table, &[], cursor.as_ref()).await.unwrap()
            else {
                panic!("{} is not there", table.name)
            };
            let Page { rows: more, faults: said, next, .. } = page;
            rows.extend(more);
            faults.extend(
                said.iter().map(|fault| format!("{} {}", fault.flag.code, fault.flag.value)),
            );
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        all.insert(table.name.clone(), (rows, faults));
    }
    all
}

/// Every file below a folder with its bytes; of the oversize one, which is nothing but zeros, only
/// the length.
fn bytes(folder: &Path) -> BTreeMap<PathBuf, Result<Vec<u8>, u64>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let length = fs::metadata(&path).unwrap().len();
            let content =
                if length > 20_000_000 { Err(length) } else { Ok(fs::read(&path).unwrap()) };
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), content);
        }
    }
    found
}

#[test]
fn the_same_seed_and_scale_are_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let make = |name: &str, options: &ExportOptions| {
        let folder = place.path().join(name);
        write(&folder, options).unwrap();
        bytes(&folder)
    };
    let standard = ExportOptions::new(1);
    let one = make("one", &standard);
    assert_eq!(one, make("two", &standard));
    assert!(one.len() > 75, "21 tables, the stamp, and files");
    let other = make("other", &ExportOptions { seed: 2, ..standard });
    assert_ne!(one[Path::new("contacts.csv")], other[Path::new("contacts.csv")]);
    let later = ExportOptions { week: Week::Later, ..standard };
    make("one", &later);
    assert_eq!(one, make("one", &standard), "an export of ours is replaced without a trace");
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("contacts.csv"), "real").unwrap();
    let refused = write(place.path(), &ExportOptions::new(1)).unwrap_err();
    assert!(matches!(refused, SandboxError::Foreign { .. }), "{refused:?}");
    assert_eq!(bytes(place.path()).len(), 1);
    let file = place.path().join("contacts.csv");
    let refused = write(&file, &ExportOptions::new(1)).unwrap_err();
    assert!(matches!(refused, SandboxError::Export { .. }), "{refused:?}");
}

/// What a reader says of a row that is misshapen in this way, and how its text begins.
fn misshapen(trouble: Trouble) -> Option<(&'static str, String)> {
    match trouble {
        Trouble::ShortRow(cells) => Some(("ragged_row", cells[0].to_owned())),
        Trouble::LongRow(key) => Some(("ragged_row", key.to_owned())),
        Trouble::Footer(text) => Some(("footer", text.split(',').next().unwrap().to_owned())),
        Trouble::Mark
        | Trouble::BlankHeader(_)
        | Trouble::Delimiter(_)
        | Trouble::Twice(_)
        | Trouble::TwiceDiffering(..)
        | Trouble::LoneQuote(..) => None,
    }
}

/// The listed cells of a table whose letters were broken before the export.
fn broken_before(table: &str) -> Vec<String> {
    let cells = dirt().into_iter().filter(|cell| cell.table == table);
    let broken = cells.filter(|cell| cell.value.contains('Ã') || cell.value.contains("â€"));
    let mut said: Vec<String> =
        broken.map(|cell| format!("encoding_suspect {}", cell.value)).collect();
    said.sort();
    said
}

#[tokio::test]
async fn every_table_is_read_and_only_what_is_misshapen_or_broken_is_remarked() {
    let place = tempfile::tempdir().unwrap();
    let export = write(place.path(), &ExportOptions::new(1)).unwrap();
    let staged = staged(place.path()).await;
    assert_eq!(export.tables.len(), 21);
    let mut broken = 0;
    for written in &export.tables {
        let (rows, faults) = &staged[written.table];
        let (mut suspect, said): (Vec<_>, Vec<_>) =
            faults.iter().cloned().partition(|fault| fault.starts_with("encoding_suspect "));
        suspect.sort();
        assert_eq!(suspect, broken_before(written.table), "{}", written.table);
        broken += suspect.len();
        let own = SHAPES.iter().filter(|shape| shape.table == written.table);
        let expected: Vec<_> = own.filter_map(|shape| misshapen(shape.trouble)).collect();
        assert_eq!(said.len(), expected.len(), "{}: {said:?}", written.table);
        for (fault, (code, begins)) in said.iter().zip(&expected) {
            assert!(fault.starts_with(&format!("{code} {begins}")), "{fault}");
        }
        let lost = expected.iter().filter(|(code, _)| *code == "ragged_row").count();
        assert_eq!(rows.len() + lost, written.rows, "{}", written.table);
    }
    assert_eq!(broken, 5, "the list of dirt has them");
}

#[tokio::test]
async fn files_are_out_of_shape_in_the_listed_ways() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), &ExportOptions::new(1)).unwrap();
    let staged = staged(place.path()).await;
    for shape in &SHAPES {
        let bytes = fs::read(place.path().join(format!("{}.csv", shape.table))).unwrap();
        let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0;
        let header = text.lines().next().unwrap();
        let both = |key: &str| {
            let rows = staged[shape.table].0.iter().filter(|row| &*row.key == key);
            let rows: Vec<_> = rows.collect();
            assert_eq!(rows.len(), 2, "{shape:?}");
            (rows[0], rows[1])
        };
        let holds = match shape.trouble {
            Trouble::Mark => bytes.starts_with(b"\xef\xbb\xbf") && bytes[3..].is_ascii(),
            Trouble::BlankHeader(_) => header.contains(", ") && header.contains("  ,"),
            Trouble::Delimiter(delimiter) => header.matches(char::from(delimiter)).count() > 3,
            Trouble::ShortRow(cells) => text.contains(&format!("\r\n{}\r\n", cells.join(","))),
            Trouble::LongRow(key) => text.contains(&format!("\r\n{key},")),
            Trouble::Footer(line) => text.ends_with(&format!("\r\n{line}\r\n")),
            Trouble::Twice(key) => both(key).0.cells == both(key).1.cells,
            Trouble::TwiceDiffering(key, column, value) => {
                *both(key).0.get(column) != value && *both(key).1.get(column) == value
            }
            Trouble::LoneQuote(key, _) => {
                let line = text.lines().find(|line| line.starts_with(key)).unwrap();
                line.matches('"').count() == 1
            }
        };
        assert!(holds, "{shape:?}");
    }
}

#[tokio::test]
async fn dirty_cells_stand_where_the_list_says() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), &ExportOptions::new(1)).unwrap();
    let staged = staged(place.path()).await;
    let nulls = &shipped().sources[0].nulls;
    for case in dirt() {
        let name = format!("{} {} {}: {}", case.table, case.key, case.column, case.case);
        let row = staged[case.table].0.iter().find(|row| &*row.key == case.key);
        let cell = row.unwrap_or_else(|| panic!("{name}")).get(case.column);
        let nothing = nulls.iter().any(|null| null.trim() == case.value.trim());
        let expected = if nothing { Value::Null } else { case.value.as_ref().into() };
        assert_eq!(*cell, expected, "{name}");
    }
}

#[tokio::test]
async fn files_lie_in_the_folder_as_the_list_says_but_for_the_named_cases() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), &ExportOptions::new(1)).unwrap();
    let staged = staged(place.path()).await;
    let mut otherwise = Vec::new();
    for row in &staged["files"].0 {
        let path = row.get("path").as_str().unwrap();
        let length = fs::metadata(place.path().join(path)).map(|found| found.len().to_string());
        if length.ok().as_deref() != row.get("size").as_str() {
            otherwise.push((&*row.key, path));
        }
    }
    let (gone, out) = (("221", "files/221/gone.pdf"), ("226", "../../x"));
    assert_eq!(otherwise[..2], [gone, out]);
    assert_eq!(otherwise[2], ("231", "files\\231\\old.doc"), "no such stroke on this system");
    assert_eq!((otherwise[3].0, otherwise.len()), ("232", 4), "its size is said wrongly");
    let length = |path: &str| fs::metadata(place.path().join(path)).unwrap().len();
    assert_eq!(length("files/222/empty.txt"), 0);
    assert_eq!(length("files/223/Deposition video.mp4"), 26_214_400);
}

#[tokio::test]
async fn the_later_export_differs_by_rows_and_spells_its_headers_otherwise() {
    let place = tempfile::tempdir().unwrap();
    let (first, later) = (place.path().join("first"), place.path().join("later"));
    write(&first, &ExportOptions::new(1)).unwrap();
    write(&later, &ExportOptions { week: Week::Later, ..ExportOptions::new(1) }).unwrap();
    let head = |folder: &Path| {
        let bytes = fs::read(folder.join("deals.csv")).unwrap();
        String::from_utf8_lossy(&bytes[..17]).into_owned()
    };
    assert_eq!((&*head(&first), &*head(&later)), ("Deal Id,Deal Name", "deal id,deal name"));
    let (before, after) = (staged(&first).await, staged(&later).await);
    for change in changes() {
        let find = |staged: &BTreeMap<String, (Vec<Record>, Vec<String>)>| {
            let (rows, _) = &staged[change.table];
            rows.iter().find(|row| &*row.key == change.key).cloned()
        };
        let (was, is) = (find(&before), find(&after));
        match change.deed {
            Deed::Remove => assert!(was.is_some() && is.is_none(), "{change:?}"),
            Deed::Add => assert!(was.is_none() && is.is_some(), "{change:?}"),
            Deed::Touch => {
                let (was, is) = (was.unwrap(), is.unwrap());
                let moved = |(one, other): (&Value, &Value)| one != other;
                let count = was.cells.iter().zip(&is.cells).filter(|&pair| moved(pair)).count();
                assert_eq!(count, 1, "{change:?}");
                assert_ne!(was.get("modified_date"), is.get("modified_date"), "{change:?}");
            }
            Deed::Set(column, value) | Deed::SetBackdated(column, value) => {
                let (was, is) = (was.unwrap(), is.unwrap());
                assert_ne!(was.get(column), is.get(column), "{change:?}");
                assert_eq!(is.get(column).as_str().unwrap_or_default(), value, "{change:?}");
            }
        }
    }
}

fn sandbox(arguments: &[&str], to: &Path) -> Output {
    flitpipe().arg("sandbox").args(arguments).arg("--to").arg(to).output().unwrap()
}

#[test]
fn the_program_writes_an_export_says_what_is_in_it_and_refuses_a_foreign_folder() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("export");
    let said = sandbox(&["allegory"], &folder);
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success() && text.contains("custom_object_links.csv"), "{text}");
    assert!(text.lines().any(|line| line.split_whitespace().eq(["contacts.csv", "2004", "rows"])));
    let (code, summary) = finished(&sandbox(&["allegory", "--later", "--json"], &folder));
    assert_eq!((code, &summary["tables"]["contacts"]), (0, &2_008.into()));
    fs::write(place.path().join("mine.txt"), "mine").unwrap();
    let refused = sandbox(&["allegory"], place.path());
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is left alone"));
    let refused = sandbox(&["allegory"], &place.path().join("mine.txt/export"));
    assert_eq!(refused.status.code(), Some(3));
}

#[test]
fn a_rehearsal_writes_the_export_where_it_is_missing_and_keeps_what_was_edited_in_it() {
    let place = tempfile::tempdir().unwrap();
    let spec = place.path().join("pipelines/allegory.yaml");
    fs::create_dir(place.path().join("pipelines")).unwrap();
    fs::write(&spec, spec_text()).unwrap();
    let plan = || flitpipe().args(["plan", "--json"]).arg(&spec).output().unwrap();
    let said = plan();
    let greeting = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(greeting.contains("sandbox: a local Nutshell at http://127.0.0.1:"), "{greeting}");
    assert!(greeting.contains("and an Allegory export in "), "{greeting}");
    let (code, summary) = finished(&said);
    assert_eq!(code, 0, "no stage and no status stops the run");
    assert_eq!(summary["objects"]["people"]["source"], 2_003);
    assert_eq!(summary["objects"]["people"]["updated"], 3, "known to the CRM already");
    assert_eq!(summary["objects"]["companies"]["updated"], 3, "known to the CRM already");
    let notes = place.path().join(".flitpipe/sandbox/allegory/notes.csv");
    let header = "Note Id,Body,Related Type,Related Id,Author Id,Created Date,Modified Date\r\n";
    fs::write(&notes, format!("{header}1,Edited,Contact,1001,8,02/14/2025 12:00 PM,\r\n")).unwrap();
    let (code, summary) = finished(&plan());
    assert_eq!((code, &summary["objects"]["notes"]["source"]), (0, &1.into()));
}
