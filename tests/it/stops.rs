//! A run that is asked to stop: once, it finishes what it began and says where it stands; twice, it
//! leaves at once. The same command goes on, and nothing is there twice.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::judge;
use crate::rehearsal::{finished, signal};
use crate::yard::Yard;

/// The move, and how its records stand after an undisturbed run.
fn calm() -> (Yard, Value) {
    let yard = Yard::open();
    let calm = Yard::open();
    assert_eq!(calm.run("apply").0, 0);
    let after = calm.rehearsal.dump();
    (yard, after)
}

/// How many records were made, or notes deleted.
fn writes(yard: &Yard) -> usize {
    let words = ["newAccount", "newContact", "newLead", "newNote", "deleteNote"];
    let journal = yard.rehearsal.journal();
    journal.iter().filter(|deed| words.contains(&deed["method"].as_str().unwrap())).count()
}

/// Starts a command, and lets it write a record.
fn at_work(yard: &Yard, word: &str) -> Child {
    let before = writes(yard);
    let mut command = yard.command(word);
    let mut running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while writes(yard) == before && running.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    running
}

/// Its exit code and what it said to people.
fn end(running: Child) -> (Option<i32>, String) {
    let output = running.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Every call takes a while, so that a signal meets the run at work.
fn slow(yard: &Yard) {
    yard.rehearsal.faults(&json!({"class": "silence", "when": "after", "nth": 1, "times": 1_000, "on": ["create", "delete"]}));
}

#[test]
fn asked_once_a_run_finishes_what_it_began_and_tells_where_it_stands() {
    let (yard, after) = calm();
    for (name, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 143)] {
        slow(&yard);
        let running = at_work(&yard, "apply");
        signal(name, &running);
        let (exit, told) = end(running);
        yard.rehearsal.calm();
        assert_eq!(exit, Some(code), "{told}");
        for said in
            ["finishing what is in flight", "run 1 stands at: firms ", " of 5,", "to go on: "]
        {
            assert!(told.contains(said), "{name}: {told}");
        }
    }
    let (code, summary) = yard.run("apply");
    assert_eq!((code, &summary["kind"]), (0, &json!("resume")), "{summary}");
    judge::same_state(&yard.rehearsal.dump(), &after).unwrap();
    judge::one_copy_each(&yard.rehearsal.dump()).unwrap();

    slow(&yard);
    let running = at_work(&yard, "rollback");
    signal("-INT", &running);
    let (exit, told) = end(running);
    yard.rehearsal.calm();
    assert_eq!(exit, Some(130), "{told}");
    assert!(told.contains("writes still to be taken back"), "{told}");
    assert_eq!(yard.run("rollback").0, 0);
    judge::lawful(&yard.rehearsal.journal()).unwrap();
}

#[test]
fn asked_twice_a_run_leaves_at_once_and_what_was_in_doubt_is_looked_up_later() {
    let (yard, after) = calm();
    slow(&yard);
    let running = at_work(&yard, "apply");
    signal("-INT", &running);
    std::thread::sleep(Duration::from_millis(50));
    signal("-INT", &running);
    let (exit, told) = end(running);
    yard.rehearsal.calm();
    assert_eq!(exit, Some(130), "{told}");
    assert!(told.contains("stopped at once"), "{told}");

    let output = yard.command("status").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let (code, status) = finished(&output);
    assert_eq!(code, 0, "{told}");
    assert!(status["open"].as_u64().unwrap() > 0, "{status}");
    let (code, summary) = yard.run("apply");
    assert_eq!(code, 0, "{summary}");
    judge::same_state(&yard.rehearsal.dump(), &after).unwrap();
    judge::one_copy_each(&yard.rehearsal.dump()).unwrap();
    judge::lawful(&yard.rehearsal.journal()).unwrap();
}

#[test]
fn a_host_that_stays_away_ends_the_run_for_now_and_costs_nothing() {
    let (yard, after) = calm();
    let families = json!(["create", "edit", "get", "find", "list"]);
    yard.rehearsal
        .faults(&json!({"class": "gateway", "on": families, "nth": 40, "times": 100_000}));
    let output = yard.command("apply").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let struck = yard.rehearsal.calm()[0];
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("to go on: "), "{told}");
    // Without the pauses eight tries of each of sixteen calls in flight would go out at once.
    assert!(struck < 80, "{struck} calls went to a host that fails: {told}");
    assert_eq!(yard.finish("apply").0, 0);
    judge::same_state(&yard.rehearsal.dump(), &after).unwrap();
    judge::one_copy_each(&yard.rehearsal.dump()).unwrap();
    judge::lawful(&yard.rehearsal.journal()).unwrap();
}
