//! Taking back what people worked on since: what they changed is left and told with its three
//! values, the rest goes back, and a decision about one record is the only force.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::judge;
use crate::rehearsal::finished;
use crate::yard::Yard;

/// A record of a table, by a field.
fn record(yard: &Yard, table: &str, (field, value): (&str, &str)) -> Option<Value> {
    let dump = yard.rehearsal.dump();
    let records = dump[table].as_array().unwrap().iter();
    let named = |record: &&Value| record[field] == value || record[field]["displayName"] == value;
    records.clone().find(named).cloned()
}

fn contact(yard: &Yard, name: &str) -> Option<Value> {
    record(yard, "Contacts", ("name", name))
}

/// A person writes into a contact.
fn edit(yard: &Yard, name: &str, description: &str) {
    let contact = contact(yard, name).unwrap();
    let edit = json!({"contactId": contact["id"], "rev": contact["rev"], "contact": {"description": description}});
    yard.rehearsal.person("editContact", &edit);
}

fn with(yard: &Yard, words: &[&str]) -> (i32, Value, String) {
    let output = yard.command("rollback").args(words).output().unwrap();
    let (code, summary) = finished(&output);
    (code, summary, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A file that the last rollback, or look at one, wrote.
fn out(yard: &Yard, name: &str) -> PathBuf {
    yard.rehearsal.out().join(name)
}

/// The file with the decisions that a dry run proposes, changed by a person.
fn decide(yard: &Yard, changes: &[(&str, &str)]) -> String {
    let (code, ..) = with(yard, &["--dry-run"]);
    assert_eq!(code, 6);
    let file = yard.rehearsal.out().join("decisions.yaml");
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
    edit(&yard, "Contact Thirteen", "Rings on Mondays");
    let (code, back, told) = with(&yard, &[]);
    assert_eq!(code, 6, "{back}");
    assert_eq!(back["left"].as_array().unwrap().len(), 1, "{back}");
    assert_eq!(back["left"][0]["why"], "people changed description");
    assert!(told.contains("rollback-drift.jsonl"), "{told}");
    assert!(!back.to_string().contains("Mondays"), "values stand in the drift report only");

    let contact = contact(&yard, "Contact Thirteen").unwrap();
    assert_eq!(contact["description"], "Rings on Mondays");
    assert_eq!(contact["customFields"]["City__c"], Value::Null, "{contact}");
    let drift = fs::read_to_string(yard.rehearsal.out().join("rollback-drift.jsonl")).unwrap();
    let drift: Value = serde_json::from_str(drift.lines().next().unwrap()).unwrap();
    let field = &drift["fields"][0];
    assert_eq!(
        (&field["field"], &field["written"], &field["now"]),
        (&json!("description"), &json!("known before"), &json!("Rings on Mondays")),
        "{drift}"
    );
    judge::lawful(&yard.rehearsal.journal()).unwrap();
    let written = yard.rehearsal.journal().len();
    let (code, again, _) = with(&yard, &[]);
    assert_eq!(code, 0, "nothing is left to be taken back: {again}");
    judge::nothing_written(&yard.rehearsal.journal(), written).unwrap();
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
    let kept = contact(&yard, "Cy Yard").unwrap();
    let delete = json!({"contactId": kept["id"], "rev": kept["rev"]});
    yard.rehearsal.person("deleteContact", &delete);
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
