//! Folders of files, from the spec through the reader to the staged rows.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flitpipe::engine::{EngineError, Event, Extraction, Watch, extract, staged_tables};
use flitpipe::source::{Base, Options, Reader, SourceError};
use flitpipe::spec::{self, KnownColumns, Pipeline, Reading};
use flitpipe::staging::{StagedRows, Staging, State};
use serde_json::Value;

use crate::rehearsal::{flitpipe, project};

const SPEC: &str = "version: 1
name: shop
sources:
  shop:
    files: export
    nulls: ['']
    tables:
      deals:    { path: deals.csv, key: id }
      contacts: { path: contacts.csv, key: id }
      drips:    { path: drips.csv, key: id, optional: true }
destination: { type: nutshell, url: sandbox, user: sandbox, key: \"${NUTSHELL_API_KEY:sandbox}\", provision: create }
objects:
  people: { from: contacts, to: person, ignore: all, fields: { name: name } }
";

struct Silent;

impl Watch for Silent {
    fn on(&self, _: &Event<'_>) {}
    fn stopping(&self) -> bool {
        false
    }
}

fn pipeline() -> Pipeline {
    let reading = Reading {
        file: Path::new("shop/pipelines/shop.yaml"),
        variables: &|_| None,
        files: &|_| Ok(SPEC.to_owned()),
        columns: &|_| KnownColumns::new(),
    };
    spec::read(&reading).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// A folder with these files.
fn export(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn open(pipeline: &Pipeline, staged: &Path) -> Staging {
    let tables = staged_tables(pipeline);
    let named: Vec<(&str, &[String])> =
        tables.iter().map(|(name, links)| (name.as_str(), links.as_slice())).collect();
    Staging::open(staged, &pipeline.fingerprint, &named).unwrap()
}

async fn stage(folder: &Path, staged: &Path) -> Result<Extraction, EngineError> {
    let pipeline = pipeline();
    let base = Base::Folder(folder.to_owned());
    let reader = Reader::new(&pipeline.sources[0], &base, &Options::default()).unwrap();
    let mut staging = open(&pipeline, staged);
    extract(&pipeline, &[reader], &mut staging, &Silent).await
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("staged.db");
    (place, file)
}

const CONTACTS: (&str, &str) = ("contacts.csv", "id,name\n1,Ann\n");

#[tokio::test]
async fn a_header_that_changed_case_between_two_exports_is_the_same_column_and_changes_no_row() {
    let first = export(&[CONTACTS, ("deals.csv", "ID,Deal Name,Close Date\n7,Seats,2026-03-01\n")]);
    let second = export(&[
        CONTACTS,
        ("deals.csv", "\u{feff}id, CLOSE DATE ,deal\u{a0}name\n7,2026-03-01,Seats\n"),
    ]);
    let mut hashes = Vec::new();
    for folder in [&first, &second] {
        let (_place, staged) = place();
        stage(folder.path(), &staged).await.unwrap();
        let staging = open(&pipeline(), &staged);
        let columns = staging.columns("deals").unwrap();
        let mut names: Vec<&str> = columns.columns().iter().map(|column| &*column.name).collect();
        names.sort_unstable();
        assert_eq!(names, ["close_date", "deal_name", "id"]);
        let rows = StagedRows::open(&staged).unwrap();
        let row = rows.rows("deals").unwrap().next().unwrap().unwrap();
        assert_eq!(
            (row.get("deal_name"), row.get("close_date")),
            (&"Seats".into(), &"2026-03-01".into())
        );
        hashes.push(staging.hash("deals", "7").unwrap().unwrap());
    }
    assert_eq!(hashes[0], hashes[1], "a delta sees no change");
}

#[tokio::test]
async fn dirty_rows_are_staged_as_they_stand_and_nothing_is_lost_without_a_word() {
    let deals = "id,name,note\n1,Ann,a\u{b}b\u{0}c\n1,Ann,a\u{b}b\u{0}c\n1,Eve,x\n 2 ,JosÃ©,\n\
                 3,Short\n4,Dee,\"line\none\"\n\"Total: 1,204 records\",,\n";
    let folder = export(&[CONTACTS, ("deals.csv", deals)]);
    let (_place, staged) = place();
    let extraction = stage(folder.path(), &staged).await.unwrap();
    assert_eq!(extraction.missing, ["drips"], "it is optional");
    let rows = StagedRows::open(&staged).unwrap();
    let read: Vec<_> = rows.rows("deals").unwrap().map(Result::unwrap).collect();
    let keys: Vec<&str> = read.iter().map(|row| &*row.key).collect();
    assert_eq!(keys, ["1", "2", "4"], "the same row twice is one");
    assert_eq!(read[0].get("note"), "a\u{b}b\u{0}c", "control characters wait for the rules");
    assert_eq!(read[1].get("name"), "JosÃ©", "never repaired");
    assert_eq!(read[2].get("note"), "line\none");
    let mut said: Vec<String> = rows
        .faults("deals")
        .unwrap()
        .into_iter()
        .map(|fault| format!("{}: {}", fault.place, fault.flag.code))
        .collect();
    said.sort();
    assert_eq!(
        said,
        [
            "deals.csv line 4: duplicate_key",
            "deals.csv line 5: encoding_suspect",
            "deals.csv line 6: ragged_row",
            "deals.csv line 9: footer",
        ]
    );
    assert!(matches!(rows.state("drips").unwrap(), State::Missing { .. }));
}

#[tokio::test]
async fn an_extraction_names_all_missing_files_before_it_reads_any() {
    let folder = export(&[]);
    let (_place, staged) = place();
    let error = stage(folder.path(), &staged).await.unwrap_err();
    let text = error.to_string();
    let EngineError::Source(SourceError::MissingFiles { files }) = error else { panic!("{text}") };
    let names: Vec<_> =
        files.iter().map(|file| file.strip_prefix(folder.path()).unwrap()).collect();
    assert_eq!(names, [Path::new("deals.csv"), Path::new("contacts.csv")]);
    assert!(text.contains("deals.csv") && text.contains("contacts.csv"), "{text}");
    fs::write(folder.path().join("deals.csv"), "id\n1\n").unwrap();
    let error = stage(folder.path(), &staged).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::Source(SourceError::MissingFile { file }) if file.ends_with("contacts.csv")),
        "{error:?}"
    );
}

/// Validates a spec of the project over a folder: the exit code and the faults.
fn validated(spec: &str, (variable, folder): (&str, &Path)) -> (Option<i32>, Vec<Value>) {
    let mut command = flitpipe();
    command.args(["validate", "--json"]).arg(project().join("pipelines").join(spec));
    let output = command.env(variable, folder).output().unwrap();
    let events = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &Value| event["event"] == "fault")
        .collect();
    (output.status.code(), events)
}

/// The text at the place of a fault in a spec of the project.
fn pointed_at<'t>(text: &'t str, fault: &Value) -> &'t str {
    let at = |key: &str| usize::try_from(fault[key].as_u64().unwrap()).unwrap();
    &text.lines().nth(at("line") - 1).unwrap()[at("column") - 1..]
}

#[test]
fn every_missing_file_is_a_fault_of_the_spec_at_the_path_that_names_it() {
    let folder = export(&[("User.json", "[]"), ("Account.json", "[")]);
    let (code, faults) = validated("espocrm.yaml", ("ESPOCRM_EXPORT", folder.path()));
    assert_eq!(code, Some(2));
    let text = fs::read_to_string(project().join("pipelines/espocrm.yaml")).unwrap();
    let expected = [
        ("unreadable-file", "Account.json"),
        ("missing-file", "Contact.json"),
        ("missing-file", "Lead.json"),
        ("missing-file", "Opportunity.json"),
        ("missing-file", "Note.json"),
        ("missing-file", "TargetList.json"),
        ("missing-file", "TargetList_contacts.json"),
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:?}");
    for (fault, (code, file)) in faults.iter().zip(expected) {
        assert_eq!(fault["code"], code, "{fault}");
        assert!(fault["message"].as_str().unwrap().contains(file), "{fault}");
        assert!(pointed_at(&text, fault).starts_with(file), "{fault}");
    }
    assert!(faults[1]["hint"].as_str().unwrap().contains("`optional: true`"), "{faults:?}");
}

#[test]
fn a_folder_that_is_not_there_is_one_fault_and_not_one_for_each_table() {
    let folder = export(&[]);
    let gone = folder.path().join("gone");
    let (code, faults) = validated("espocrm.yaml", ("ESPOCRM_EXPORT", &gone));
    assert_eq!((code, faults.len()), (Some(2), 1), "{faults:?}");
    let message = faults[0]["message"].as_str().unwrap();
    assert!(message.contains("source `espocrm`") && message.contains("gone"), "{message}");
}

/// A zip of these files.
fn zipped(place: &Path, files: &[(&str, &[u8])]) -> PathBuf {
    let file = place.join("export.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&file).unwrap());
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    file
}

#[tokio::test]
async fn a_zip_with_a_table_in_utf_16_is_staged_as_its_folder_is() {
    let text = "id;Deal Name\n7;Zoë\n";
    let wide: Vec<u8> =
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let folder = export(&[CONTACTS, ("deals.csv", text)]);
    let inside: [(&str, &[u8]); 2] =
        [("export-2026/contacts.csv", CONTACTS.1.as_bytes()), ("export-2026/deals.csv", &wide)];
    let zip = zipped(folder.path(), &inside);
    let mut hashes = Vec::new();
    for source in [folder.path(), &zip] {
        let (_place, staged) = place();
        let extraction = stage(source, &staged).await.unwrap();
        assert_eq!(extraction.missing, ["drips"]);
        let staging = open(&pipeline(), &staged);
        assert!(staging.faults("deals").unwrap().is_empty());
        let rows = [("deals", "7"), ("contacts", "1")];
        hashes.push(rows.map(|(table, key)| staging.hash(table, key).unwrap().unwrap()));
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[test]
fn a_zip_that_is_refused_is_one_fault_and_one_that_lacks_files_is_one_for_each() {
    let place = tempfile::tempdir().unwrap();
    let zip = zipped(place.path(), &[("User.json", b"[]"), ("user.json", b"[]")]);
    let (code, faults) = validated("espocrm.yaml", ("ESPOCRM_EXPORT", &zip));
    assert_eq!((code, faults.len()), (Some(2), 1), "{faults:?}");
    let message = faults[0]["message"].as_str().unwrap();
    assert!(message.contains("export.zip") && message.contains("`user.json`"), "{message}");
    let zip = zipped(place.path(), &[("User.json", b"[]"), ("Account.json", b"[")]);
    let (code, faults) = validated("espocrm.yaml", ("ESPOCRM_EXPORT", &zip));
    assert_eq!((code, faults.len()), (Some(2), 7), "{faults:?}");
    let message = faults[0]["message"].as_str().unwrap();
    assert!(message.contains("export.zip/Account.json"), "not its private copy: {message}");
}
