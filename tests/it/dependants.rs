//! What a record that stays depends on stays as well, and so does what others made on a record of
//! ours: the reason names it, and a decision about the one below frees the one above.

use serde_json::{Value, json};

use crate::drift::{contact, decide, delete, edit, record, with};
use crate::judge;
use crate::yard::Yard;

fn company(yard: &Yard, name: &str) -> Option<Value> {
    record(yard, "Accounts", ("name", name))
}

/// Why a record was left.
fn why<'a>(summary: &'a Value, record: &str) -> &'a str {
    let mut left = summary["left"].as_array().unwrap().iter();
    let left = left.find(|left| left["record"] == record);
    left.unwrap_or_else(|| panic!("{record} was not left: {summary}"))["why"].as_str().unwrap()
}

/// A person writes into a note of ours.
fn edit_note(yard: &Yard, text: &str) {
    let dump = yard.rehearsal.dump();
    let mut notes = dump["Notes"].as_array().unwrap().iter();
    let is_meant = |note: &&Value| note["note"].as_str().is_some_and(|note| note.starts_with(text));
    let note = notes.find(is_meant).unwrap();
    let written = note["note"].as_str().unwrap().replacen(text, "Met, and agreed", 1);
    let edit = json!({"noteId": note["id"], "rev": note["rev"], "note": {"note": written}});
    yard.rehearsal.person("editNote", &edit);
}

#[test]
fn a_note_that_stays_keeps_the_person_it_hangs_on_until_it_is_decided_too() {
    let yard = Yard::open();
    let before = yard.rehearsal.dump();
    assert_eq!(yard.run("apply").0, 0);
    edit_note(&yard, "Met");
    let file = decide(&yard, &[("people:3", "do: delete")]);
    let (code, back, _) = with(&yard, &["--decisions", &file]);
    assert_eq!(code, 6, "{back}");
    let told = why(&back, "people:3");
    assert!(told.contains("notes:3") && told.contains("only after"), "{told}");
    assert!(contact(&yard, "Ada Yard").is_some());
    judge::lawful(&yard.rehearsal.journal()).unwrap();

    let file = file.replace("decisions.yaml", "decisions.new.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("do: keep", "do: delete")).unwrap();
    let (code, back, _) = with(&yard, &["--decisions", &file]);
    assert_eq!(code, 0, "{back}");
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();
}

#[test]
fn a_person_who_stays_keeps_the_company() {
    let yard = Yard::open();
    let before = yard.rehearsal.dump();
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Ada Yard", "Met twice");
    let (code, look, _) = with(&yard, &["--dry-run"]);
    assert_eq!(code, 6, "{look}");
    let (code, back, _) = with(&yard, &[]);
    assert_eq!((code, &back["left"]), (6, &look["left"]), "{back}");
    assert!(why(&back, "firms:3").contains("people:3"), "{back}");
    let ada = contact(&yard, "Ada Yard").unwrap();
    assert_eq!(ada["accounts"][0]["name"], "Yard Three", "{ada}");

    delete(&yard, "Ada Yard");
    assert_eq!(with(&yard, &[]).0, 0);
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();
}

#[test]
fn what_people_linked_to_a_company_of_ours_keeps_it() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    let on =
        |name: &str| json!([{"entityType": "Accounts", "id": company(&yard, name).unwrap()["id"]}]);
    let guest = json!({"contact": {"name": "Guest", "accounts": on("Yard Five")}});
    let guest = yard.rehearsal.person("newContact", &guest);
    let lead = json!({"lead": {"description": "Theirs", "accounts": on("Yard Four")}});
    let lead = yard.rehearsal.person("newLead", &lead);
    let (code, look, _) = with(&yard, &["--dry-run"]);
    assert_eq!(code, 6, "{look}");
    let (code, back, _) = with(&yard, &[]);
    assert_eq!((code, &back["left"]), (6, &look["left"]), "{back}");
    assert!(why(&back, "firms:5").contains(&format!("Contacts:{}", guest["id"])), "{back}");
    assert!(why(&back, "firms:4").contains(&format!("Leads:{}", lead["id"])), "{back}");
    assert_eq!(back["left"].as_array().unwrap().len(), 2, "{back}");

    // The decision is about what was seen.
    let file = decide(&yard, &[("firms:5", "do: delete"), ("firms:4", "do: delete")]);
    let another = json!({"contact": {"name": "Another", "accounts": on("Yard Five")}});
    yard.rehearsal.person("newContact", &another);
    let (code, back, _) = with(&yard, &["--decisions", &file]);
    assert_eq!((code, back["left"].as_array().unwrap().len()), (6, 1), "{back}");
    assert!(why(&back, "firms:5").contains("changed again"), "{back}");
    assert!(company(&yard, "Yard Four").is_none() && company(&yard, "Yard Five").is_some());
}

#[test]
fn a_person_who_moved_to_a_newer_company_keeps_that_one() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    yard.change("firms.csv", "5,Yard Five,fifth,,\n", "5,Yard Five,fifth,,\n6,Yard Six,sixth,,\n");
    yard.change("people.csv", "ada@yard.example,new,Boulder,3", "ada@yard.example,new,Boulder,6");
    assert_eq!(yard.run("apply").0, 0);
    edit(&yard, "Ada Yard", "Met twice");
    let (code, back, _) = with(&yard, &[]);
    assert_eq!(code, 6, "{back}");
    assert!(why(&back, "firms:6").contains("people:3"), "{back}");
    let ada = contact(&yard, "Ada Yard").unwrap();
    assert_eq!(ada["accounts"][0]["name"], "Yard Six", "{ada}");
    assert!(company(&yard, "Yard Three").is_none());
}

#[test]
fn what_a_later_run_made_keeps_what_it_belongs_to() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    yard.grow();
    assert_eq!(yard.run("apply").0, 0);
    let (code, back, _) = with(&yard, &["--run", "1"]);
    assert_eq!(code, 6, "{back}");
    assert!(why(&back, "firms:3").contains("people:7"), "{back}");
    let ed = contact(&yard, "Ed Yard").unwrap();
    assert_eq!(ed["accounts"][0]["name"], "Yard Three", "{ed}");
    let (code, back, _) = with(&yard, &[]);
    assert_eq!(code, 0, "{back}");
}

#[test]
fn a_task_that_people_gave_themselves_on_a_person_of_ours_keeps_the_person() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    let ada = contact(&yard, "Ada Yard").unwrap();
    let on = json!({"entityType": "Contacts", "id": ada["id"]});
    let task = json!({"task": {"title": "Send flowers", "entity": on}});
    let task = yard.rehearsal.person("newTask", &task);
    let (code, back, _) = with(&yard, &[]);
    assert_eq!(code, 6, "{back}");
    assert!(why(&back, "people:3").contains(&format!("Tasks:{}", task["id"])), "{back}");
}
