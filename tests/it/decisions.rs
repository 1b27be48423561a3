//! Decisions in the sheets of a mapping document, on their way back into the project.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use calamine::{Data, Reader, Xlsx, open_workbook};
use rust_xlsxwriter::{Workbook, Worksheet};
use serde_json::Value;

use crate::rehearsal::{Rehearsal, finished, project};

const SPEC: &str = r#"
version: 1
name: firms
sources:
  export:
    files: export
    timezone: UTC
    tables: { firms: { path: firms.csv, key: id } }
destination: { type: nutshell, url: sandbox, user: "${NUTSHELL_USER:sandbox}", key: "${NUTSHELL_API_KEY:sandbox}", provision: create }
owners: { aliases: transforms/users.toml, fallback: migration@sandbox.example }
objects:
  firms:
    from: firms
    to: company
    fields:
      name: { from: name, required: true }
      industry: { from: kind, map: transforms/kinds.toml }
      owner: owner
      Code__c: { from: code, map: transforms/codes.toml, default: none, custom: text }
"#;

const FIRMS: &str = "id,name,kind,owner,code,fax\n\
    1,Clear Water,Realty,bo@old.example,true,\n\
    2,Deep Water,law,bo@old.example,+1 a,\n\
    3,Still Water,=Odd,ada.moreno@shadyacres.example,,\n\
    4,High Water,law,+cy@old.example,7,\n";

const CODES: &str = "7 = 7\n";

const KINDS: &str =
    "# Agreed with the customer\nLaw = \"Legal\"  # not Law\nTech = \"Technology\"\n";

const USERS: &str = "# People who left\n\"al@old.example\" = \"ada.moreno@shadyacres.example\"\n";

/// A small move whose map and aliases stand in files of TOML.
struct Firms {
    rehearsal: Rehearsal,
    folder: tempfile::TempDir,
}

impl Firms {
    /// The move with its plan, and so with its mapping document.
    fn planned() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("pipelines/firms.yaml", SPEC),
            ("export/firms.csv", FIRMS),
            ("transforms/kinds.toml", KINDS),
            ("transforms/codes.toml", CODES),
            ("transforms/users.toml", USERS),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let firms = Self { rehearsal: Rehearsal::open(), folder };
        assert_eq!(firms.run("plan").0, 0);
        firms
    }

    fn run(&self, words: &str) -> (i32, Value) {
        self.rehearsal.run(words, &self.folder.path().join("pipelines/firms.yaml"))
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join("transforms").join(file)).unwrap()
    }

    /// Takes decisions over; the exit code, what was told line by line, and the summary.
    fn import(&self, file: &Path, word: &str) -> (i32, Vec<String>, Value) {
        let words = format!("{word} --import {}", file.display());
        let spec = self.folder.path().join("pipelines/firms.yaml");
        let output = self.rehearsal.command(&words, &spec).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let faults = told.lines().filter_map(|line| {
            let event: Value = serde_json::from_str(line).ok()?;
            (event["event"] == "fault").then(|| {
                let (sheet, row) = (event["sheet"].as_str()?, &event["row"]);
                let (column, message) = (event["column"].as_str()?, event["message"].as_str()?);
                Some(format!("{sheet} {row} {column}: {message}"))
            })?
        });
        let (exit, summary) = finished(&output);
        (exit, faults.collect(), summary)
    }

    /// The same on a terminal, on which somebody types an answer: the exit code, and all that the
    /// terminal showed. `None` where no terminal can be had.
    fn typed(&self, file: &Path, answer: &str) -> Option<(Option<i32>, String)> {
        let words = format!("plan --import {}", file.display());
        let spec = self.folder.path().join("pipelines/firms.yaml");
        let plain = self.rehearsal.command(&words, &spec);
        let words = std::iter::once(plain.get_program()).chain(plain.get_args());
        let words = words.map(|word| format!("'{}'", word.display())).collect::<Vec<_>>();
        let mut terminal = Command::new("script");
        terminal.args(["-qec", &words.join(" "), "/dev/null"]);
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => terminal.env(name, value),
                None => terminal.env_remove(name),
            };
        }
        let folder = plain.get_current_dir().unwrap();
        let io = terminal.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = io.spawn().ok()?;
        // Kept open to the end: a terminal that is gone answers no question.
        let mut keys = running.stdin.take().unwrap();
        keys.write_all(answer.as_bytes()).unwrap();
        let output = running.wait_with_output().unwrap();
        Some((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// One of the CSV files with decisions, each behind the row that holds a text.
    fn decided(&self, name: &str, decisions: &[(&str, &str)]) -> PathBuf {
        let text = fs::read_to_string(self.rehearsal.out().join(name)).unwrap();
        let mut left = decisions.to_vec();
        let rows = text.lines().map(|line| {
            let found = left.iter().position(|(about, _)| line.contains(about));
            match found.map(|found| left.remove(found)) {
                Some((_, decision)) => format!("{line}{decision}\n"),
                None => format!("{line}\n"),
            }
        });
        let text: String = rows.collect();
        assert!(left.is_empty(), "{left:?} stand in {text}");
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    }
}

fn copied(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Data) {
    if let Data::Float(number) = cell {
        sheet.write_number(row, column, *number).unwrap();
    } else {
        sheet.write_string(row, column, cell.to_string()).unwrap();
    }
}

/// The whole document with decisions in rows of its sheets, as a spreadsheet would save it.
fn saved(document: &Path, file: &Path, decisions: &[(&str, &str, &str)]) {
    let mut book: Xlsx<_> = open_workbook(document).unwrap();
    let mut copy = Workbook::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).unwrap();
        let target = copy.add_worksheet().set_name(&name).unwrap();
        for (row, cells) in (0..).zip(range.rows()) {
            let meant = decisions.iter().find(|(sheet, about, _)| {
                name == *sheet && cells.contains(&Data::String((*about).to_owned()))
            });
            for (column, cell) in (0..).zip(cells) {
                copied(target, (row, column), cell);
            }
            if let Some((_, _, decision)) = meant {
                let last = u16::try_from(cells.len() - 1).unwrap();
                target.write_string(row, last, *decision).unwrap();
            }
        }
    }
    copy.save(file).unwrap();
}

#[test]
fn decisions_go_into_the_files_of_the_project_and_their_values_arrive() {
    let firms = Firms::planned();
    let document = fs::read_to_string(firms.rehearsal.out().join("mapping.md")).unwrap();
    assert!(document.contains("| fax | empty |"), "what is always empty is listed all the same");
    let decisions = [
        ("Realty", "real estate"),
        ("'=Odd", "Technology"),
        (",true,", "=on"),
        ("'+1 a", "plus"),
        (",7,7,", "007"),
    ];
    let values = firms.decided("value-maps.csv", &decisions);
    // What a spreadsheet makes of it.
    let text = fs::read_to_string(&values).unwrap();
    assert!(text.starts_with('\u{feff}'), "spreadsheets know that it is UTF-8");
    fs::write(&values, text.replace(",true,", ",TRUE,")).unwrap();
    // Without a yes it is only shown.
    let (exit, _, shown) = firms.import(&values, "plan");
    assert_eq!((exit, firms.text("kinds.toml")), (5, KINDS.to_owned()), "{shown}");
    let diff = shown["import"]["diff"].as_str().unwrap();
    assert!(diff.contains("\n+Realty = \"Real Estate\"\n"), "{diff}");
    if let Some((exit, shown)) = firms.typed(&values, "n") {
        assert!(shown.contains("Change these files?") && shown.contains("nothing was changed"));
        assert_eq!((exit, firms.text("kinds.toml")), (Some(5), KINDS.to_owned()), "{shown}");
    }
    if let Some((exit, shown)) = firms.typed(&values, "y") {
        assert_eq!(exit, Some(0), "a yes on the terminal is one: {shown}");
    } else {
        let (exit, _, done) = firms.import(&values, "plan --yes");
        assert_eq!((exit, &done["import"]["decisions"]), (0, &5.into()), "{done}");
    }
    let codes = "7 = \"007\"\n\"+1 a\" = \"plus\"\ntrue = \"=on\"\n";
    assert_eq!(firms.text("codes.toml"), codes);
    let added = "\"=Odd\" = \"Technology\"\nRealty = \"Real Estate\"\n";
    assert_eq!(firms.text("kinds.toml"), format!("{KINDS}{added}"), "comments and order stay");

    // What stands there already is no decision any more.
    let (exit, _, again) = firms.import(&values, "plan");
    assert_eq!((exit, &again["import"]["decisions"]), (0, &0.into()), "{again}");

    let book = firms.folder.path().join("signed.xlsx");
    assert_eq!(firms.run("plan").0, 0);
    let document = firms.rehearsal.out().join("mapping.xlsx");
    let decisions = [
        ("Owners", "bo@old.example", "Ben.Okafor@shadyacres.example"),
        ("Owners", "'+cy@old.example", "ben.okafor@shadyacres.example"),
    ];
    saved(&document, &book, &decisions);
    let (exit, _, done) = firms.import(&book, "plan --yes");
    assert_eq!((exit, &done["import"]["decisions"]), (0, &2.into()), "{done}");
    let added = "\"bo@old.example\" = \"ben.okafor@shadyacres.example\"\n\
                 \"+cy@old.example\" = \"ben.okafor@shadyacres.example\"\n";
    assert_eq!(firms.text("users.toml"), format!("{USERS}{added}"));

    assert_eq!(firms.run("apply").0, 0);
    let dump = firms.rehearsal.dump();
    let account = |name: &str| {
        let all = dump["Accounts"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!(account("Clear Water")["industry"]["name"], "Real Estate");
    assert_eq!(account("Still Water")["industry"]["name"], "Technology");
    assert_eq!(account("Deep Water")["owner"]["name"], "Ben Okafor");
}

#[test]
fn what_cannot_be_taken_over_is_told_all_at_once_and_nothing_is_written() {
    let firms = Firms::planned();
    let file = firms.decided("value-maps.csv", &[("Realty", "Real Estat"), ("=Odd", "Technology")]);
    let text = fs::read_to_string(&file).unwrap();
    let more = "firms.industry,Realty,,1,,,Legal\nfirms.industry,Reality,,1,,,Legal\n\
                firms.Code__c,(nothing),,1,,,Legal\n\
                firms.industry,'=Odd,,1,,,Legal\nfirms.trade,x,,1,,,Legal\n";
    fs::write(&file, text + more).unwrap();
    let (exit, faults, summary) = firms.import(&file, "plan --yes");
    assert_eq!((exit, &summary["import"]["written"]), (2, &false.into()));
    let expected = [
        "Your decision: `Real Estat` is not on offer for this field; did you mean `Real Estate`?",
        "Source value: `Reality` is no value of this map in the plan",
        "Source value: where there is no value, the default is written",
        "Your decision: two decisions for `=Odd`: `Legal`, and `Technology` in value-maps.csv row",
        "Map: the spec has no map `firms.trade`",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.starts_with("value-maps.csv ") && fault.contains(expected), "{fault}");
    }
    assert_eq!(firms.text("kinds.toml"), KINDS);

    let owners = firms.decided("owners.csv", &[("bo@old.example", "nobody@shadyacres.example")]);
    let (exit, faults, _) = firms.import(&owners, "plan --yes");
    assert_eq!((exit, faults.len()), (2, 1), "{faults:?}");
    assert!(faults[0].contains("is the e-mail of no enabled user"), "{}", faults[0]);
    assert_eq!(firms.text("users.toml"), USERS);

    fs::write(&file, "Map,Value,Decision\n").unwrap();
    let (exit, faults, _) = firms.import(&file, "plan --yes");
    assert_eq!((exit, faults.len()), (2, 2), "{faults:?}");
}

#[test]
fn what_stands_in_yaml_is_shown_and_not_touched() {
    let rehearsal = Rehearsal::open();
    let spec = project().join("pipelines/rezora.yaml");
    let before = fs::read(&spec).unwrap();
    assert_eq!(rehearsal.run("plan", &spec).0, 0);
    let file = rehearsal.out().join("decided.csv");
    let head = "Map,Source value,Your decision\n";
    fs::write(&file, format!("{head}companies.industry,Realtors,Real Estate\n")).unwrap();
    let words = format!("plan --yes --import {}", file.display());
    let (exit, summary) = rehearsal.run(&words, &spec);
    let by_hand = "pipelines/rezora.yaml: companies.industry, under `map:`\n  \"Realtors\": \"Real Estate\"\n";
    assert_eq!((exit, summary["import"]["by_hand"].as_str()), (4, Some(by_hand)));
    assert!(fs::read(&spec).unwrap() == before);
}
