//! Taking back what people worked on since: what they changed is left and told with its three
//! values, the rest goes back, and a decision about one record is the only force.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::judge;
use crate::rehearsal::finished;
use crate::yard::Yard;

/// A record of a table, by a field.
pub(crate) fn record(yard: &Yard, table: &str, (field, value): (&str, &str)) -> Option<Value> {
    let dump = yard.rehearsal.dump();
    let records = dump[table].as_array().unwrap().iter();
    let named = |record: &&Value| record[field] == value || record[field]["displayName"] == value;
    records.clone().find(named).cloned()
}

pub(crate) fn contact(yard: &Yard, name: &str) -> Option<Value> {
    record(yard, "Contacts", ("name", name))
}

/// A person writes into a contact.
pub(crate) fn edit(yard: &Yard, name: &str, description: &str) {
    change(yard, name, &json!({"description": description}));
}

/// A person changes fields of a contact.
fn change(yard: &Yard, name: &str, fields: &Value) {
    let contact = contact(yard, name).unwrap();
    let edit = json!({"contactId": contact["id"], "rev": contact["rev"], "contact": fields});
    yard.rehearsal.person("editContact", &edit);
}

/// A person deletes a contact.
pub(crate) fn delete(yard: &Yard, name: &str) {
    let contact = contact(yard, name).unwrap();
    let delete = json!({"contactId": contact["id"], "rev": contact["rev"]});
    yard.rehearsal.person("deleteContact", &delete);
}

pub(crate) fn with(yard: &Yard, words: &[&str]) -> (i32, Value, String) {
    let output = yard.command("rollback").args(words).output().unwrap();
    let (code, summary) = finished(&output);
    (code, summary, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A file that the last rollback, or look at one, wrote.
fn out(yard: &Yard, name: &str) -> PathBuf {
    yard.rehearsal.out().join(name)
}

/// The file with the decisions that a dry run proposes, changed by a person.
pub(crate) fn decide(yard: &Yard, changes: &[(&str, &str)]) -> String {
    let (code, ..) = with(yard, &["--dry-run"]);
    assert_eq!(code, 6);
    decided(yard, changes)
}

/// The file with the decisions that was written last, changed by a person.
fn decided(yard: &Yard, changes: &[(&str, &str)]) -> String {
    let file = out(yard, "decisions.yaml");
    let mut text = fs::read_to_string(&file).unwrap();
    for (record, decision) in changes {
        let line = text.lines().find(|line| line.starts_with(&format!("\"{record}\":")));
        let line = line.unwrap_or_else(|| panic!("{record} is not in:\n{text}")).to_owned();
        text = text.replace(&line, &line.replace("do: keep", decision));
    }
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn of_a_record_that_was_there_what_people_changed_is_left_and_the_rest_goes_back() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Contact Thirteen", "=1+1");
    let (code, back, told) = with(&yard, &[]);
    assert_eq!(code, 6, "{back}");
    assert_eq!(back["left"].as_array().unwrap().len(), 1, "{back}");
    assert_eq!(back["left"][0]["why"], "people changed description");
    assert!(told.contains("rollback-drift.jsonl"), "{told}");
    assert!(!back.to_string().contains("1+1"), "values stand in the drift report only");

    let contact = contact(&yard, "Contact Thirteen").unwrap();
    assert_eq!(contact["description"], "=1+1");
    assert_eq!(contact["customFields"]["City__c"], Value::Null, "{contact}");
    let drift = fs::read_to_string(yard.rehearsal.out().join("rollback-drift.jsonl")).unwrap();
    let drift: Value = serde_json::from_str(drift.lines().next().unwrap()).unwrap();
    let field = &drift["fields"][0];
    assert_eq!(
        (&field["field"], &field["written"], &field["now"]),
        (&json!("description"), &json!("known before"), &json!("=1+1")),
        "{drift}"
    );
    let sheet = fs::read_to_string(out(&yard, "rollback-drift.csv")).unwrap();
    let row = "people changed description,description,,known before,'=1+1";
    let row = format!("people:1,Contacts:{},{row}", contact["id"]);
    assert!(sheet.lines().any(|line| line == row), "{row} is not in:\n{sheet}");
    judge::lawful(&yard.rehearsal.journal()).unwrap();
    let written = yard.rehearsal.journal().len();
    let (code, again, _) = with(&yard, &[]);
    let why = |summary: &Value| summary["left"][0]["why"].clone();
    assert_eq!((code, why(&again)), (6, why(&back)), "it waits for a decision: {again}");
    judge::nothing_written(&yard.rehearsal.journal(), written).unwrap();
}

#[test]
fn a_look_counts_what_it_would_have_put_back_before() {
    let yard = Yard::open();
    let before = yard.rehearsal.dump();
    assert_eq!(yard.run("apply").0, 0);
    yard.later();
    assert_eq!(yard.run("apply").0, 0);
    let (code, look, _) = with(&yard, &["--dry-run"]);
    assert_eq!((code, &look["left"]), (0, &json!([])), "{look}");
    let (code, back, _) = with(&yard, &[]);
    assert_eq!((code, &back["objects"]), (0, &look["objects"]), "{back}");
    assert_eq!(back["objects"]["files"]["irreversible"], 1, "its content stays: {back}");
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();
}

#[test]
fn what_a_rollback_left_is_looked_at_again_and_decided() {
    let yard = Yard::open();
    let before = yard.rehearsal.dump();
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Contact Thirteen", "Rings on Mondays");
    edit(&yard, "Nora Abbot", "Rings on Fridays");
    assert_eq!(with(&yard, &[]).0, 6);
    // The file that the rollback itself wrote counts, not only that of a dry run.
    let file = decided(&yard, &[("people:1", "do: restore, fields: [description]")]);
    let (code, back, _) = with(&yard, &["--decisions", &file]);
    assert_eq!((code, &back["objects"]["people"]["restored"]), (0, &json!(1)), "{back}");
    let known = contact(&yard, "Contact Thirteen").unwrap();
    assert!(known["description"].as_str().unwrap_or_default().is_empty(), "{known}");
    assert_eq!(contact(&yard, "Nora Abbot").unwrap()["description"], "Rings on Fridays");

    // Once nothing of people's stands there, nothing is left.
    change(&yard, "Nora Abbot", &json!({"description": ""}));
    let (code, back, _) = with(&yard, &[]);
    assert_eq!((code, &back["left"]), (0, &json!([])), "{back}");
    let written = yard.rehearsal.journal().len();
    assert_eq!(with(&yard, &[]).1["objects"], json!({}));
    judge::nothing_written(&yard.rehearsal.journal(), written).unwrap();
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();
}

/// Two runs on one record, each of which wrote a field that a person changed then.
fn changed_twice() -> (Yard, Value) {
    let yard = Yard::open();
    let before = yard.rehearsal.dump();
    assert_eq!(yard.run("apply").0, 0);
    yard.later();
    assert_eq!(yard.run("apply").0, 0);
    let fields = json!({"description": "Rings on Mondays", "customFields": {"City__c": "Paris"}});
    change(&yard, "Contact Thirteen", &fields);
    (yard, before)
}

#[test]
fn a_decision_holds_through_all_steps_of_a_rollback() {
    let (yard, before) = changed_twice();
    let restore = ("people:1", "do: restore, fields: [description, City__c]");
    let file = decide(&yard, &[restore]);
    let drift = fs::read_to_string(out(&yard, "rollback-drift.jsonl")).unwrap();
    let drift: Value = serde_json::from_str(&drift).expect("one line for the record");
    let city = drift["fields"].as_array().unwrap().iter().find(|one| one["field"] == "City__c");
    assert_eq!(
        city,
        Some(&json!({"field": "City__c", "before": null, "written": "Boulder", "now": "Paris"}))
    );
    let (code, back, _) = with(&yard, &["--decisions", &file]);
    assert_eq!(code, 0, "{back}");
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();

    // Of a dry run, a rollback without decisions lies between, which is nobody's change.
    let (yard, before) = changed_twice();
    let file = decide(&yard, &[restore]);
    assert_eq!(with(&yard, &[]).0, 6);
    let (code, back, _) = with(&yard, &["--decisions", &file]);
    assert_eq!(code, 0, "{back}");
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();
}

#[test]
fn what_was_left_is_told_though_the_rollback_died_after_it() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Contact Thirteen", "Rings on Mondays");
    edit(&yard, "Nora Abbot", "Rings on Fridays");
    let mut command = yard.command("rollback");
    command.env("FLITPIPE_FAILPOINT", "kill:engine.restore_answered:1");
    assert_eq!(command.output().unwrap().status.signal(), Some(9));
    let (code, back, _) = with(&yard, &[]);
    assert_eq!(code, 6, "{back}");
    let mut left: Vec<_> = back["left"].as_array().unwrap().iter().collect();
    left.sort_by_key(|left| left["record"].as_str());
    let told: Vec<_> = left.iter().map(|left| (&left["record"], &left["why"])).collect();
    let why = json!("people changed description");
    assert_eq!(told, [(&json!("people:1"), &why), (&json!("people:2"), &why)], "{back}");
}

#[test]
fn a_file_in_which_somebody_decided_is_never_written_over() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Ada Yard", "Met twice");
    // What nobody touched is written anew.
    assert_eq!(with(&yard, &["--dry-run"]).0, 6);
    edit(&yard, "Cy Yard", "Stays with us");
    let file = decide(&yard, &[("people:3", "do: delete"), ("people:5", "do: keep")]);
    let text = fs::read_to_string(&file).unwrap();
    edit(&yard, "Di Yard", "Rings on Mondays");
    for _ in 0..2 {
        let (code, _, told) = with(&yard, &["--dry-run"]);
        assert!(code == 6 && told.contains("decisions.new.yaml"), "{told}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    let fresh = fs::read_to_string(out(&yard, "decisions.new.yaml")).unwrap();
    assert!(fresh.contains("people:6") && !text.contains("people:6"), "{fresh}");

    // Nor is a file that was given, though everything in it is to be kept.
    let given = out(&yard, "decisions.new.yaml");
    let (_, back, told) = with(&yard, &["--decisions", given.to_str().unwrap()]);
    assert!(told.contains("decisions.new-2.yaml"), "{told}");
    assert_eq!(fs::read_to_string(&given).unwrap(), fresh);
    assert!(back["left"].as_array().unwrap().iter().all(|left| left["decided"] == true), "{back}");
}

#[test]
fn a_person_decides_record_by_record_what_goes_all_the_same() {
    let yard = Yard::open();
    let before = yard.rehearsal.dump();
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Contact Thirteen", "Rings on Mondays");
    edit(&yard, "Ada Yard", "Met twice");
    edit(&yard, "Cy Yard", "Stays with us");
    let file = decide(
        &yard,
        &[("people:1", "do: restore, fields: [description]"), ("people:3", "do: delete")],
    );
    let (code, back, _) = with(&yard, &["--decisions", &file]);
    assert_eq!(code, 0, "{back}");
    assert!(contact(&yard, "Ada Yard").is_none());
    assert_eq!(contact(&yard, "Cy Yard").unwrap()["description"], "Stays with us");
    let known = contact(&yard, "Contact Thirteen").unwrap();
    assert!(known["description"].as_str().unwrap_or_default().is_empty(), "{known}");

    // Once the one that stays is gone, all is as it was.
    delete(&yard, "Cy Yard");
    assert_eq!(with(&yard, &[]).0, 0);
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();
}

#[test]
fn a_decision_does_not_outlive_what_was_seen() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Ada Yard", "Met twice");
    let file = decide(&yard, &[("people:3", "do: delete")]);
    edit(&yard, "Ada Yard", "Met a third time");
    let (code, back, _) = with(&yard, &["--decisions", &file]);
    assert_eq!(code, 6, "{back}");
    assert!(back["left"].to_string().contains("changed again since the decision"), "{back}");
    assert_eq!(contact(&yard, "Ada Yard").unwrap()["description"], "Met a third time");
}

#[test]
fn faults_of_a_decisions_file_come_at_once_and_nothing_is_taken_back() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    let file = yard.rehearsal.out().join("mine.yaml");
    let text = "people:1: { seen: \"1\", do: delete }\n\
                people:3: { seen: \"1\", do: restore, fields: [description] }\n\
                people:99: { seen: \"1\", do: keep }\n\
                people:2: { seen: \"1\", do: restore, fields: [shoeSize] }\n\
                people:4: { do: drop }\n";
    fs::write(&file, text).unwrap();
    let written = yard.rehearsal.journal().len();
    let (code, _, told) = with(&yard, &["--decisions", file.to_str().unwrap()]);
    assert_eq!(code, 2, "{told}");
    for (line, said) in [
        (1, "it is never deleted"),
        (2, "nothing stood there before"),
        (3, "was never written by this pipeline"),
        (4, "was never changed by flitpipe"),
        (5, "a decision needs `seen`"),
        (5, "`drop` is no decision"),
    ] {
        assert!(told.contains(said) && told.contains(&format!("mine.yaml:{line}:")), "{told}");
    }
    judge::nothing_written(&yard.rehearsal.journal(), written).unwrap();
}

#[test]
fn a_record_that_an_earlier_run_made_gets_its_values_back_and_is_not_deleted_with_a_later_run() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    yard.later();
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Ada Yard", "Rings on Mondays");
    assert_eq!(with(&yard, &["--run", "2", "--dry-run"]).0, 6);
    let written = yard.rehearsal.journal().len();
    let file = decided(&yard, &[("people:3", "do: delete")]);
    let (code, _, told) = with(&yard, &["--run", "2", "--decisions", &file]);
    assert_eq!(code, 2, "{told}");
    for said in
        ["people:3 was made by run 1", "decisions.yaml:", "`rollback --run 1` can delete it"]
    {
        assert!(told.contains(said), "{said}: {told}");
    }
    // Of a record that the later run did not write, nothing is taken back.
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, "people:4: { seen: \"0\", do: delete }\n").unwrap();
    let (code, _, told) = with(&yard, &["--run", "2", "--decisions", &file]);
    assert!(code == 2 && told.contains("people:4 was made by run 1"), "{code}: {told}");
    judge::nothing_written(&yard.rehearsal.journal(), written).unwrap();

    let restore = text.replace("do: delete", "do: restore, fields: [description]");
    fs::write(&file, restore).unwrap();
    let (code, back, told) = with(&yard, &["--run", "2", "--decisions", &file]);
    assert_eq!(code, 0, "{back} {told}");
    assert_eq!(contact(&yard, "Ada Yard").unwrap()["description"], "new");
    assert!(contact(&yard, "Ed Yard").is_none(), "the run made it");

    // With the run that made it, it may be deleted.
    edit(&yard, "Ada Yard", "Rings on Fridays");
    fs::remove_file(&file).unwrap();
    let file = decide(&yard, &[("people:3", "do: delete")]);
    let (code, back, _) = with(&yard, &["--run", "1", "--decisions", &file]);
    assert_eq!((code, contact(&yard, "Ada Yard")), (0, None), "{back}");
}
