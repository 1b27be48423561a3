//! What is applied later than any wait makes a second copy: it is swept away, unless somebody
//! touched it.

use serde_json::{Value, json};

use crate::judge;
use crate::rehearsal::{copies, finished};
use crate::yard::{Yard, several_at_once};

/// The methods that make a record.
const MADE: [&str; 4] = ["newAccount", "newContact", "newLead", "newNote"];

/// The marker that stands on two records.
fn doubled(yard: &Yard) -> String {
    let twice = copies(&yard.rehearsal.dump()).into_iter().find(|(_, count)| *count == 2);
    twice.unwrap().0
}

/// The second copy in a table, by what a sweep would delete.
fn copy(yard: &Yard, table: &str) -> Value {
    let (_, looked) = finished(&yard.command("sweep").arg("--dry-run").output().unwrap());
    let named = looked["swept"]["deleted"][0].as_str().unwrap().to_owned();
    let id: u64 = named.split([':', ' ']).nth(1).unwrap().parse().unwrap();
    let dump = yard.rehearsal.dump();
    let mut records = dump[table].as_array().unwrap().iter();
    records.find(|record| record["id"] == id).unwrap().clone()
}

#[test]
fn a_second_copy_of_every_kind_is_swept_and_all_goes_back() {
    let failures = several_at_once(&MADE, |method| {
        let yard = Yard::open();
        let before = yard.rehearsal.dump();
        yard.doubled(method);
        let marker = doubled(&yard);
        let written = yard.rehearsal.journal().len();
        let mut look = yard.command("sweep");
        let (code, looked) = finished(&look.arg("--dry-run").output().unwrap());
        judge::nothing_written(&yard.rehearsal.journal(), written)?;
        let (swept_code, swept) = yard.run("sweep");
        if (code, swept_code) != (0, 0) || looked["swept"] != swept["swept"] {
            return Err(format!("{method}: {code} {looked}, {swept_code} {swept}"));
        }
        let deleted = swept["swept"]["deleted"].as_array().unwrap();
        let key = marker.rsplit_once(' ').unwrap().0;
        if deleted.len() != 1 || !deleted[0].as_str().unwrap().contains(key) {
            return Err(format!("{method}: {marker} and {swept}"));
        }
        judge::one_copy_each(&yard.rehearsal.dump())?;
        let (code, again) = yard.run("apply");
        let objects = again["objects"].as_object().unwrap().values();
        if code != 0 || objects.clone().any(|tally| tally["created"] != 0) {
            return Err(format!("{method}: apply after it ended with {code}: {again}"));
        }
        let (code, verified) = yard.run("verify");
        if code != 0 {
            return Err(format!("{method}: verify ended with {code}: {verified}"));
        }
        let (code, back) = yard.run("rollback");
        if code != 0 {
            return Err(format!("{method}: rollback ended with {code}: {back}"));
        }
        judge::lawful(&yard.rehearsal.journal())?;
        judge::same_state(&yard.rehearsal.dump(), &before)
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_run_that_gave_a_creation_up_sweeps_at_its_end() {
    // Later than the look that gives it up, earlier than the end of the wait before the sweep: how
    // late that is depends on how busy the machine is.
    let swept = (1_000..6_000).step_by(500).any(|delay| {
        let yard = Yard::open();
        let late = json!({"class": "late", "on": ["create"], "nth": 2, "delay_ms": delay});
        yard.rehearsal.faults(&late);
        let (code, summary) = yard.run("apply");
        assert_eq!(code, 0, "{summary}");
        judge::lawful(&yard.rehearsal.journal()).unwrap();
        let deleted = summary["sweep"]["deleted"].as_array().map_or(0, Vec::len);
        if deleted > 0 {
            judge::one_copy_each(&yard.rehearsal.dump()).unwrap();
        }
        deleted > 0
    });
    assert!(swept, "no delay made a copy that was swept at the end");
    let yard = Yard::open();
    let (code, summary) = yard.run("apply");
    assert_eq!((code, &summary["sweep"]), (0, &Value::Null), "nothing was given up: {summary}");
}

#[test]
fn a_second_copy_that_a_person_touched_is_left_and_named() {
    let yard = Yard::open();
    yard.doubled("newLead");
    let copied = copy(&yard, "Leads");
    let edit =
        json!({"leadId": copied["id"], "rev": copied["rev"], "lead": {"description": "Mine"}});
    yard.rehearsal.person("editLead", &edit);
    let (code, swept) = yard.run("sweep");
    assert_eq!(code, 4, "{swept}");
    let left = swept["swept"]["left"].as_array().unwrap();
    assert_eq!(left.len(), 1, "{swept}");
    assert_eq!(left[0]["crm"], format!("Leads:{}", copied["id"]));
    assert!(left[0]["why"].as_str().unwrap().contains("description"), "{swept}");
    let dump = yard.rehearsal.dump();
    let there = dump["Leads"].as_array().unwrap().iter();
    assert!(there.into_iter().any(|lead| lead["description"] == "Mine"));

    let yard = Yard::open();
    yard.doubled("newContact");
    let copied = copy(&yard, "Contacts");
    let note =
        json!({"entity": {"entityType": "Contacts", "id": copied["id"]}, "note": "Call back"});
    yard.rehearsal.person("newNote", &note);
    let (code, swept) = yard.run("sweep");
    assert_eq!(code, 4, "{swept}");
    assert!(
        swept["swept"]["left"][0]["why"].as_str().unwrap().contains("depends on it"),
        "{swept}"
    );
    judge::lawful(&yard.rehearsal.journal()).unwrap();
}

#[test]
fn a_copy_that_comes_after_the_rollback_is_swept_and_not_taken_in_again() {
    let yard = Yard::open();
    let before = yard.rehearsal.dump();
    yard.doubled("newLead");
    assert_eq!(yard.run("rollback").0, 0);
    assert_eq!(copies(&yard.rehearsal.dump()).len(), 1, "the copy is still there");
    let (code, swept) = yard.run("sweep");
    assert_eq!((code, swept["swept"]["deleted"].as_array().unwrap().len()), (0, 1), "{swept}");
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();
    judge::lawful(&yard.rehearsal.journal()).unwrap();
}
