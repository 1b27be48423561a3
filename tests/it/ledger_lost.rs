//! A ledger that is old, gone or damaged: nothing is written on a doubt, and from the markers in the
//! CRM it is made good.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::rehearsal::{Rehearsal, copies, finished, flitpipe, project};

fn spec() -> PathBuf {
    project().join("pipelines/rezora.yaml")
}

fn root(rehearsal: &Rehearsal) -> PathBuf {
    rehearsal.out().parent().unwrap().to_owned()
}

/// The folder of the ledger.
fn home(rehearsal: &Rehearsal) -> PathBuf {
    root(rehearsal).join("state/sandbox/pipelines/rezora")
}

fn command(rehearsal: &Rehearsal, words: &[&str]) -> Command {
    let mut command = flitpipe();
    command.args(words).arg(spec()).arg("--json");
    command.arg("--state").arg(root(rehearsal).join("state"));
    command.arg("--out-dir").arg(rehearsal.out()).current_dir(root(rehearsal));
    command
}

fn run(rehearsal: &Rehearsal, words: &[&str]) -> (i32, Value) {
    finished(&command(rehearsal, words).output().unwrap())
}

/// Runs a command that must refuse the ledger, with nothing written; what it says.
fn refused(rehearsal: &Rehearsal, words: &[&str]) -> String {
    let before = rehearsal.journal().len();
    let output = command(rehearsal, words).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{words:?}: {told}");
    assert!(told.contains("ledger rebuild"), "{words:?}: {told}");
    assert_eq!(rehearsal.journal().len(), before, "{words:?} wrote something");
    told
}

/// Removes the files of the folder whose names begin so.
fn remove(home: &Path, start: &str) {
    for entry in fs::read_dir(home).unwrap() {
        let file = entry.unwrap().path();
        if file.file_name().unwrap().to_str().unwrap().starts_with(start) {
            fs::remove_file(file).unwrap();
        }
    }
}

/// An apply that has nothing to do: every record is there once, and no call writes.
fn writes_nothing(rehearsal: &Rehearsal) {
    let before = rehearsal.journal().len();
    let (code, summary) = run(rehearsal, &["apply"]);
    assert_eq!(code, 4, "{summary}");
    for (object, tally) in summary["objects"].as_object().unwrap() {
        assert_eq!((&tally["created"], &tally["updated"]), (&0.into(), &0.into()), "{object}");
    }
    assert_eq!(rehearsal.journal().len(), before, "{summary}");
    let doubled: Vec<_> =
        copies(&rehearsal.dump()).into_iter().filter(|(_, count)| *count != 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
}

fn adopted(summary: &Value) -> u64 {
    summary["adopted"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn an_old_copy_of_the_ledger_is_refused_until_it_is_rebuilt() {
    let rehearsal = Rehearsal::open();
    let mut first = command(&rehearsal, &["apply"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while rehearsal.journal().len() < 400 {
        std::thread::sleep(Duration::from_millis(50));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let (home, aside) = (home(&rehearsal), root(&rehearsal).join("yesterday"));
    fs::create_dir(&aside).unwrap();
    for name in ["ledger.db", "ledger.db-wal"] {
        fs::copy(home.join(name), aside.join(name)).unwrap();
    }
    assert_eq!(run(&rehearsal, &["apply"]).0, 4);
    let made = copies(&rehearsal.dump()).len() as u64;

    remove(&home, "ledger.db");
    for name in ["ledger.db", "ledger.db-wal"] {
        fs::copy(aside.join(name), home.join(name)).unwrap();
    }
    let told = refused(&rehearsal, &["apply"]);
    assert!(told.contains("older than its anchor"), "{told}");
    refused(&rehearsal, &["rollback"]);
    assert_eq!(run(&rehearsal, &["verify"]).0, 5);

    // Without the copies that were taken it has only the CRM to go by.
    fs::remove_dir_all(home.join("backup")).unwrap();
    let (code, summary) = run(&rehearsal, &["ledger", "rebuild"]);
    assert_eq!((code, &summary["from"]), (0, &"ledger".into()), "{summary}");
    let known = summary["known"].as_u64().unwrap();
    assert!(known > 100 && adopted(&summary) > 100, "{summary}");
    assert_eq!(known + adopted(&summary), made, "{summary}");
    writes_nothing(&rehearsal);
    let (code, verified) = run(&rehearsal, &["verify", "--online"]);
    assert_eq!(code, 0, "{verified}");
    let (code, back) = run(&rehearsal, &["rollback"]);
    // Where the CRM's text is not letter for letter ours nobody can say who wrote it: it is left.
    let left = back["left"].as_array().unwrap().len();
    assert!(code == 0 || code == 6, "{code}");
    assert!(left < 10 && copies(&rehearsal.dump()).len() == left, "{:?}", back["left"]);
}

#[test]
fn a_ledger_that_is_gone_is_refused_until_it_is_rebuilt() {
    let rehearsal = Rehearsal::open();
    assert_eq!(run(&rehearsal, &["apply"]).0, 4);
    let made = copies(&rehearsal.dump()).len() as u64;
    let home = home(&rehearsal);

    remove(&home, "ledger.db");
    let told = refused(&rehearsal, &["apply"]);
    assert!(told.contains("it is gone, but its anchor is there"), "{told}");
    let (code, summary) = run(&rehearsal, &["ledger", "rebuild"]);
    assert_eq!((code, &summary["from"], adopted(&summary)), (0, &"copy".into(), 0), "{summary}");
    assert_eq!(summary["known"], made, "the copy knows every record");
    writes_nothing(&rehearsal);

    // With the whole folder the secret is lost as well: only a person can say what is ours.
    fs::remove_dir_all(&home).unwrap();
    let told = refused(&rehearsal, &["apply"]);
    assert!(told.contains("unknown_markers"), "{told}");
    refused(&rehearsal, &["plan"]);
    let (code, summary) = run(&rehearsal, &["ledger", "rebuild"]);
    assert_eq!((code, adopted(&summary)), (5, 0), "{summary}");
    assert_eq!(summary["unproven"].as_array().unwrap().len() as u64, made);
    refused(&rehearsal, &["apply"]);
    let (code, summary) = run(&rehearsal, &["ledger", "rebuild", "--trust-markers"]);
    assert_eq!((code, adopted(&summary)), (0, made), "{summary}");
    writes_nothing(&rehearsal);
    let (code, verified) = run(&rehearsal, &["verify", "--online"]);
    assert_eq!(code, 0, "{verified}");
}

#[test]
fn a_second_copy_of_a_record_is_told_and_left() {
    let rehearsal = Rehearsal::open();
    assert_eq!(run(&rehearsal, &["apply"]).0, 4);
    let dump = rehearsal.dump();
    let person = dump["Contacts"].as_array().unwrap().iter().find(|person| {
        person["customFields"]["Flitpipe_Key__c"]
            .as_str()
            .is_some_and(|key| key.starts_with("people:"))
    });
    let marker = person.unwrap()["customFields"]["Flitpipe_Key__c"].clone();
    let twin = serde_json::json!({ "contact": {
        "name": "Twin Mori", "customFields": { "Flitpipe_Key__c": marker } } });
    let twin = rehearsal.person("newContact", &twin);
    let (code, verified) = run(&rehearsal, &["verify", "--online"]);
    assert_eq!(code, 5, "{verified}");
    let place = format!("Contacts:{}", twin["id"]);
    assert!(verified["invariants"].to_string().contains(&place), "{verified}");

    fs::remove_dir_all(home(&rehearsal)).unwrap();
    let (code, summary) = run(&rehearsal, &["ledger", "rebuild", "--trust-markers"]);
    assert_eq!(code, 0, "{summary}");
    let copies = summary["copies"].as_array().unwrap();
    assert_eq!(copies.len(), 1, "{summary}");
    assert!(copies[0].as_str().unwrap().starts_with(&place), "the older one is ours: {summary}");
}
