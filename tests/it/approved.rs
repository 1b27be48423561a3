//! A plan that somebody approved is applied while everything that it was made of still holds.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::journey::{conserved, sum};
use crate::rehearsal::finished;
use crate::yard::Yard;

fn planned(yard: &Yard) -> PathBuf {
    let file = yard.rehearsal.out().with_file_name("plan.json");
    let output = yard.command("plan").arg("--out").arg(&file).output().unwrap();
    assert_eq!(finished(&output).0, 0, "{output:?}");
    file
}

fn apply(yard: &Yard, plan: &PathBuf) -> (i32, Value) {
    finished(&yard.command("apply").arg("--plan").arg(plan).output().unwrap())
}

/// The one refusal, and that nothing was written.
fn refusal((code, said): &(i32, Value), yard: &Yard) -> String {
    assert_eq!((*code, &said["gates"][0]["code"]), (5, &json!("stale_plan")), "{said}");
    assert!(yard.rehearsal.journal().is_empty(), "nothing was written");
    said["gates"][0]["message"].as_str().unwrap().to_owned()
}

#[test]
fn an_approved_plan_is_applied_and_another_source_refuses_it() {
    let yard = Yard::open();
    let plan = planned(&yard);
    yard.grow();
    let said = refusal(&apply(&yard, &plan), &yard);
    let expected = "table notes of the source: 6 rows then, 7 now; \
                    table people of the source: 6 rows then, 7 now; \
                    what becomes of notes: 6 created then, 7 created now; \
                    what becomes of people: 4 created, 2 updated then, 5 created, 2 updated now";
    assert!(said.ends_with(expected), "{said}");
    let plan = planned(&yard);
    let owner = |command: &mut Command| {
        command.env("YARD_OWNER", "ben.okafor@shadyacres.example");
        finished(&command.output().unwrap())
    };
    let said = refusal(&owner(yard.command("apply").arg("--plan").arg(&plan)), &yard);
    assert!(said.ends_with("this changed: the variable YARD_OWNER"), "{said}");
    assert_eq!(apply(&yard, &plan).0, 0);
}

#[test]
fn another_spec_account_or_file_refuses_an_approved_plan() {
    let yard = Yard::open();
    let plan = planned(&yard);
    let spec = fs::read_to_string(&yard.spec).unwrap();
    fs::write(&yard.spec, spec.replace("won: won,", "won: lost,")).unwrap();
    let said = refusal(&apply(&yard, &plan), &yard);
    assert!(said.ends_with("this changed: the spec, or a map or template that it names"), "{said}");
    fs::write(&yard.spec, &spec).unwrap();
    fs::write(&plan, "{}").unwrap();
    let said = refusal(&apply(&yard, &plan), &yard);
    assert!(said.contains("it has no `seal`"), "{said}");

    let plan = planned(&yard);
    let person = json!({"contact": {"name": "Ada Yard", "email": ["ada@yard.example"]}});
    yard.rehearsal.person("newContact", &person);
    let (code, said) = apply(&yard, &plan);
    let message = said["gates"][0]["message"].as_str().unwrap();
    assert_eq!(code, 5, "{said}");
    assert!(
        message.ends_with(
            "what becomes of people: 4 created, 2 updated then, 3 created, 3 updated now"
        ),
        "{said}"
    );
}

#[test]
fn an_approved_plan_is_gone_on_with_after_a_stop() {
    let yard = Yard::open();
    let plan = planned(&yard);
    yard.rehearsal.faults(&json!({"class": "denied", "method": "newNote"}));
    let output = yard.command("apply").arg("--plan").arg(&plan).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let again = format!("apply {} --plan {}\n", yard.spec.display(), plan.display());
    assert!(said.ends_with(&again), "it is gone on with as what was approved: {said}");
    yard.rehearsal.calm();
    let (code, done) = apply(&yard, &plan);
    assert_eq!((code, &done["kind"]), (0, &json!("resume")), "{done}");
}

#[test]
fn a_run_whose_source_was_read_since_it_stopped_is_finished_with_the_rows_of_today() {
    let yard = Yard::open();
    let first = planned(&yard);
    yard.rehearsal.faults(&json!({"class": "denied", "method": "newNote"}));
    assert_eq!(apply(&yard, &first).0, 3);
    yard.rehearsal.calm();
    // A look at the plan in between is no change: what was approved is gone on with.
    assert_eq!(yard.run("plan").0, 0);
    let (code, done) = apply(&yard, &first);
    assert_eq!((code, &done["run"], sum(&done, "failed")), (0, &json!(2), 0), "{done}");
    conserved(&done);

    yard.grow();
    yard.rehearsal.faults(&json!({"class": "denied", "method": "newNote"}));
    assert_eq!(yard.run("apply").0, 3);
    yard.rehearsal.calm();
    yard.change("people.csv", "7,Ed Yard,ed@yard.example,newer,Lyons,3\n", "");
    assert_eq!(yard.run("plan").0, 0);
    let (code, done) = yard.run("apply");
    let (people, notes) = (&done["objects"]["people"], &done["objects"]["notes"]);
    assert_eq!((code, &people["source"], &notes["created"]), (0, &json!(6), &json!(1)), "{done}");
    assert_eq!(people["flags"]["vanished"], 1, "the note goes to the person that stands: {done}");
    conserved(&done);
}

#[test]
fn a_reading_that_is_broken_off_between_leaves_a_stopped_run_its_rows() {
    let yard = Yard::open();
    yard.grow();
    yard.rehearsal.faults(&json!({"class": "denied", "method": "newNote"}));
    assert_eq!(yard.run("apply").0, 3);
    yard.rehearsal.calm();
    yard.change("people.csv", "7,Ed Yard,ed@yard.example,newer,Lyons,3\n", "");
    let notes = yard.export().join("notes.csv");
    let text = fs::read(&notes).unwrap();
    fs::remove_file(&notes).unwrap();
    assert_ne!(yard.run("plan").0, 0, "a file is missing");
    fs::write(&notes, text).unwrap();
    let (code, done) = yard.run("apply");
    assert_eq!((code, &done["kind"], &done["run"]), (0, &json!("resume"), &json!(1)), "{done}");
    assert_eq!(done["objects"]["people"]["source"], 7, "the rows that it began with");
    conserved(&done);
}
