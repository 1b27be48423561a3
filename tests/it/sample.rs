//! A sample: it covers the rules, brings its parents along, is shown field by field, and the full
//! run knows its records again.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::journey::{conserved, records, sum};
use crate::rehearsal::{copies, finished, project};
use crate::yard::Yard;

fn sample(yard: &Yard, size: &str) -> (i32, Value) {
    let (code, done, _) = told(yard, size);
    (code, done)
}

/// The same with what was said to people.
fn told(yard: &Yard, size: &str) -> (i32, Value, String) {
    let output = yard.command("apply").args(["--sample", size]).output().unwrap();
    let (code, done) = finished(&output);
    (code, done, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn diff(yard: &Yard) -> Vec<Value> {
    let text = fs::read_to_string(yard.rehearsal.out().join("sample.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_sample_covers_the_rules_and_the_full_run_adopts_it() {
    let yard = Yard::open();
    let before = records(&yard.rehearsal.dump());
    let (code, done, said) = told(&yard, "8");
    assert_eq!((code, &done["kind"]), (0, &json!("sample")), "{done}");
    conserved(&done);
    let there = copies(&yard.rehearsal.dump());
    assert!(there.values().all(|&count| count == 1), "{there:?}");
    assert_eq!(done["sample"]["records"], sum(&done, "created") + sum(&done, "updated"), "{done}");
    let size = done["sample"]["records"].as_u64().unwrap();
    let parents = format!("a sample of {size} records, {} of them as parents", size - 8);
    assert!(size > 8 && said.contains(&parents), "parents come on top: {said}");
    let lines = diff(&yard);
    let states: BTreeSet<&str> = lines
        .iter()
        .filter(|line| {
            line["field"] == "status" && line["record"].as_str().unwrap().starts_with("deals:")
        })
        .map(|line| line["stored"].as_str().unwrap())
        .collect();
    assert_eq!(states, BTreeSet::from(["open", "won"]), "both entries of the map are shown");
    let note = lines.iter().find(|line| line["field"] == "entity").unwrap();
    let of = note["source"].as_str().unwrap();
    let parent = format!("people:{of} → Contacts:");
    assert!(note["sent"].as_str().unwrap().starts_with(&parent), "its parent came along: {note}");

    let rows = yard.rehearsal.journal().len();
    let (code, again) = sample(&yard, "8");
    assert_eq!((code, sum(&again, "unchanged")), (0, done["sample"]["records"].as_u64().unwrap()));
    assert_eq!(yard.rehearsal.journal().len(), rows, "the same sample writes nothing");

    let (code, full) = yard.run("apply");
    assert_eq!((code, &full["kind"]), (0, &json!("full")), "{full}");
    conserved(&full);
    assert!(sum(&full, "unchanged") > 0, "{full}");
    let there = copies(&yard.rehearsal.dump());
    assert!(there.values().all(|&count| count == 1), "the sample is not made twice: {there:?}");
    let written = yard.rehearsal.journal().len();
    assert_eq!(yard.run("apply").0, 0);
    assert_eq!(yard.rehearsal.journal().len(), written, "nothing is left to be written");
    assert_eq!(yard.run("rollback").0, 0);
    assert_eq!(records(&yard.rehearsal.dump()), before, "and all of it is taken back");
}

#[test]
fn a_sample_that_was_stopped_does_not_stand_in_the_way_of_the_whole() {
    let yard = Yard::open();
    yard.rehearsal.faults(&json!({"class": "denied", "method": "newNote"}));
    let output = yard.command("apply").args(["--sample", "8"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let again = format!("to go on: flitpipe apply {} --sample 8\n", yard.spec.display());
    assert!(said.ends_with(&again), "what was a sample is not gone on with as the whole: {said}");
    yard.rehearsal.calm();
    let (code, smaller) = sample(&yard, "3");
    assert_eq!(code, 0, "another sample need not be of the same records: {smaller}");
    let (code, full) = yard.run("apply");
    assert_eq!((code, &full["kind"]), (0, &json!("full")), "{full}");
    let there = copies(&yard.rehearsal.dump());
    assert!(there.values().all(|&count| count == 1), "{there:?}");

    // Of the notes that were written one is there still, and it need not be in the sample.
    let old = "1,Called,1\n2,Wrote,2\n3,Met,3\n4,Called again,3\n5,Lunch,4\n6,Sent,6\n";
    yard.change("notes.csv", old, "12,Wrote more than ever before,2\n13,Met,3\n1,Called,1\n");
    let (code, later) = sample(&yard, "8");
    let notes = &later["objects"]["notes"];
    assert_eq!(
        (code, &notes["created"], &notes["unchanged"]),
        (0, &json!(1), &json!(0)),
        "{later}"
    );
}

#[test]
fn the_sample_of_the_main_job_shows_what_was_changed_on_the_way_first() {
    let rezora: PathBuf = project().join("pipelines/rezora.yaml");
    let rehearsal = crate::rehearsal::Rehearsal::open();
    let mut command = rehearsal.command("apply", &rezora);
    let (code, done) = finished(&command.arg("--sample").output().unwrap());
    assert_eq!(code, 4, "a record of the sample is held on purpose: {done}");
    conserved(&done);
    let text = fs::read_to_string(rehearsal.out().join("sample.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let order = ["not_written", "differs", "left_out", "flagged", "normalised", "same"];
    let places: Vec<_> = lines
        .iter()
        .map(|line| order.iter().position(|state| line["state"] == *state).unwrap())
        .collect();
    assert!(places.is_sorted(), "what wants a look comes first");
    let codes: BTreeSet<&str> = lines
        .iter()
        .flat_map(|line| line["flags"].as_array().unwrap())
        .map(|flag| flag["code"].as_str().unwrap())
        .collect();
    for code in [
        "json_trimmed",
        "truncated",
        "unmapped_value",
        "owner_fallback",
        "type_downgraded",
        "kept_existing",
    ] {
        assert!(codes.contains(code), "{code} is shown: {codes:?}");
    }
    assert!(lines.iter().all(|line| line["state"] != "differs"), "all is explained");
}

/// A page beside the run's lists.
fn page(yard: &Yard, name: &str) -> Option<String> {
    fs::read_to_string(yard.rehearsal.out().join(name)).ok()
}

#[test]
fn pages_say_that_they_are_of_a_sample_and_those_of_a_run_before_do_not_outlive_it() {
    let yard = Yard::open();
    assert_eq!(sample(&yard, "8").0, 0);
    assert!(page(&yard, "audit.html").unwrap().contains("<h1>Audit of a sample</h1>"));
    let of_sample = page(&yard, "reconciliation.html").unwrap();
    assert!(of_sample.contains("<h1>Reconciliation of a sample</h1>"), "{of_sample}");
    let (code, verdict) = yard.run("reconcile");
    let people = &verdict["objects"]["people"];
    assert_eq!((code, &people["source"]), (0, &json!(6)), "the whole, of which a part stands");
    assert!(people["destination"].as_u64().unwrap() < 6, "{verdict}");
    assert!(page(&yard, "reconciliation.html").unwrap().contains("Only samples were written"));

    // A smaller sample counts its own records, though more of them stand in the CRM by now.
    let (code, done) = sample(&yard, "2");
    let found = &done["reconcile"]["objects"];
    for object in ["firms", "people", "deals", "notes", "files"] {
        assert_eq!(found[object]["source"], found[object]["destination"], "{object}: {done}");
    }
    assert_eq!(code, 0, "{done}");

    yard.grow();
    yard.rehearsal.faults(&json!({"class": "denied", "method": "newNote"}));
    assert_eq!(yard.run("apply").0, 3);
    yard.rehearsal.calm();
    for gone in ["audit.html", "reconciliation.html", "differences.jsonl"] {
        assert_eq!(page(&yard, gone), None, "{gone} is of the run before");
    }
    assert!(page(&yard, "sample.html").is_some(), "what was approved stays");
    assert_eq!(yard.run("apply").0, 0);
    let audit = page(&yard, "audit.html").unwrap();
    for beside in ["audit-run1.jsonl", "archives/notes.csv"] {
        assert_eq!(audit.matches(&format!("href=\"./{beside}\"")).count(), 1, "{beside}: {audit}");
    }
}
