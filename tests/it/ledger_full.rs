//! A disk that fills up while a run is at work: what was sent is noted, nothing else is sent.

use std::fs;
use std::process::Command;

use crate::rehearsal::{Rehearsal, copies, finished, flitpipe, project};

/// The room that extraction and ballast take, and a part of what the ledger needs.
const SIZE: &str = "26m";

/// Runs `apply` with its state on a small file system of its own, and keeps what is left there.
const SCRIPT: &str = "
    mount -t tmpfs -o mode=700,size=$SIZE tmpfs \"$HERE\" || exit 99
    \"$PROGRAM\" apply \"$SPEC\" --json --state \"$STATE\" --out-dir \"$OUT\"
    code=$?
    cp -a \"$HERE/.\" \"$THERE\"
    exit $code";

#[test]
#[ignore = "needs a file system of its own, which not every system lets a user make"]
fn on_a_full_disk_nothing_more_is_sent_and_the_same_command_goes_on() {
    let rehearsal = Rehearsal::open();
    let root = rehearsal.out().parent().unwrap().to_owned();
    let (state, there) = (root.join("state"), root.join("kept"));
    let here = state.join("sandbox/pipelines");
    fs::create_dir_all(&here).unwrap();
    fs::create_dir_all(&there).unwrap();
    let spec = project().join("pipelines/rezora.yaml");
    let mut small = Command::new("unshare");
    small.args(["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT]);
    small.env("SIZE", SIZE).env("HERE", &here).env("THERE", &there).env("SPEC", &spec);
    small.env("STATE", &state).env("OUT", rehearsal.out());
    small.env("PROGRAM", flitpipe().get_program());
    let output = small.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("disk is full") && told.contains("make room"), "{told}");
    assert!(told.contains("to go on:"), "{told}");
    let sent = copies(&rehearsal.dump()).len();
    assert!(sent > 0, "it was full before anything was sent: {told}");
    let left = there.join("rezora");
    assert!(!left.join("ledger.ballast").exists(), "the ballast was not given back");

    // Everything that was sent is noted: nothing has to be found out about.
    let ledger = rusqlite::Connection::open(left.join("ledger.db")).unwrap();
    let count = |sql: &str| -> i64 { ledger.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM entry WHERE outcome IS NULL"), 0);
    assert_eq!(
        usize::try_from(count("SELECT count(*) FROM link WHERE origin = 'created'")).unwrap(),
        sent
    );
    drop(ledger);

    // With room on the disk the same command goes on.
    fs::remove_dir(&here).unwrap();
    fs::rename(&there, &here).unwrap();
    let (code, summary) = finished(&rehearsal.command("apply", &spec).output().unwrap());
    assert_eq!((code, &summary["kind"]), (4, &"resume".into()), "{summary}");
    assert!(copies(&rehearsal.dump()).values().all(|count| *count == 1));
}
