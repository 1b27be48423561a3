//! Meetings that take place again and again become one record each, and stay the same records.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, copies};

const SPEC: &str = r#"
version: 1
name: calendar
sources:
  export:
    files: export
    timezone: America/New_York
    dates: ["%m/%d/%Y %I:%M %p", "%m/%d/%Y"]
    tables:
      users: { path: users.csv, key: id }
      people: { path: people.csv, key: id }
      meetings: { path: meetings.csv, key: id, links: { person_id: people } }
      guests: { path: guests.csv, key: [meeting_id, name], links: { meeting_id: meetings } }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
owners: { from: users, match: email, fallback: migration@sandbox.example }
objects:
  people:
    from: people
    to: person
    fields:
      name: { from: name, required: true }
  meetings:
    from: meetings
    to: activity
    expand: { rule: recurrence, start: start_time, end: end_time, except: exceptions, until: 2026-12-31, max: 6 }
    fields:
      type: { value: Meeting }
      name: { from: title, required: true }
      participants: { ref: people, from: person_id }
      status: { value: logged }
      startTime: { from: start_time, required: true }
      endTime: end_time
      description: { template: "{% for guest in guests %}- {{ guest.name }}\n{% endfor %}" }
"#;

const HEADER: &str = "Id,Title,Start Time,End Time,Recurrence,Exceptions,Person Id\n";

/// A folder with the spec and an export of these meetings.
fn calendar(meetings: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("pipelines")).unwrap();
    let spec = folder.path().join("pipelines/calendar.yaml");
    fs::write(&spec, SPEC).unwrap();
    let export = folder.path().join("export");
    fs::create_dir_all(&export).unwrap();
    fs::write(export.join("users.csv"), "Id,Email\n7,nobody@calendar.example\n").unwrap();
    fs::write(export.join("people.csv"), "Id,Name\n1,Ann Lee\n").unwrap();
    fs::write(export.join("guests.csv"), "Meeting Id,Name\n10,Bob Ray\n10,Cy Dee\n").unwrap();
    fs::write(export.join("meetings.csv"), HEADER.to_owned() + meetings).unwrap();
    (folder, spec)
}

fn meetings(dump: &Value, title: &str) -> Vec<Value> {
    let activities = dump["Activities"].as_array().unwrap();
    activities.iter().filter(|activity| activity["name"] == title).cloned().collect()
}

#[test]
fn a_series_becomes_its_occurrences_once_and_goes_back_whole() {
    let rehearsal = Rehearsal::open();
    let before = rehearsal.dump();
    let (folder, spec) = calendar(concat!(
        "10,Weekly,02/24/2025 2:00 PM,02/24/2025 2:30 PM,FREQ=WEEKLY;BYDAY=MO;COUNT=4,03/03/2025,1\n",
        "11,Endless,01/06/2025 9:00 AM,,FREQ=DAILY,,1\n",
        "12,Once,01/06/2025 9:00 AM,,,,1\n",
        "13,Odd,01/06/2025 9:00 AM,,every Monday,,1\n",
        "14,Called off,01/06/2025 9:00 AM,,FREQ=DAILY;COUNT=1,01/06/2025,1\n",
    ));
    let (code, plan) = rehearsal.run("plan", &spec);
    assert_eq!(code, 0, "{plan}");
    let (code, first) = rehearsal.run("apply", &spec);
    let made = &first["objects"]["meetings"];
    assert_eq!((code, &made["source"], &made["created"]), (0, &json!(12), &json!(11)), "{first}");
    assert_eq!(made["skipped"], 1, "a series with no occurrence left has a reason: {first}");
    assert_eq!(made["series"], json!({ "rows": 2, "records": 9 }));
    assert_eq!(
        (&made["flags"]["occurrence_cap"], &made["flags"]["bad_rule"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(plan["objects"]["meetings"], *made, "the plan said so");

    let there = rehearsal.dump();
    let weekly = meetings(&there, "Weekly");
    // Two in the afternoon in New York, before and after the clocks change.
    let starts: BTreeSet<_> =
        weekly.iter().map(|meeting| meeting["startTime"].as_str().unwrap().to_owned()).collect();
    let instants: Vec<jiff::Timestamp> = starts.iter().map(|text| text.parse().unwrap()).collect();
    let expected = ["2025-02-24T19:00:00Z", "2025-03-10T18:00:00Z", "2025-03-17T18:00:00Z"]
        .map(|text| text.parse().unwrap());
    assert_eq!(instants, expected);
    assert!(weekly.iter().all(|meeting| meeting.to_string().contains("- Bob Ray")), "{weekly:?}");
    let copies = copies(&there);
    let of = |id: &str| {
        copies.iter().filter(|(key, _)| key.contains(id)).map(|(_, n)| *n).collect::<Vec<_>>()
    };
    assert_eq!(of("meetings:10@2025-02-24"), [1], "{copies:?}");

    let (code, second) = rehearsal.run("apply", &spec);
    assert_eq!((code, &second["objects"]["meetings"]["unchanged"]), (0, &json!(11)), "{second}");

    // A newer export: one occurrence more is called off, and the meeting lasts longer.
    let changed = "10,Weekly,02/24/2025 2:00 PM,02/24/2025 3:00 PM,FREQ=WEEKLY;BYDAY=MO;COUNT=4,03/03/2025;03/17/2025,1\n12,Once,01/06/2025 9:00 AM,,,,1\n";
    fs::write(folder.path().join("export/meetings.csv"), HEADER.to_owned() + changed).unwrap();
    let (code, third) = rehearsal.run("apply", &spec);
    let made = &third["objects"]["meetings"];
    assert_eq!((code, &made["updated"], &made["unchanged"]), (0, &json!(2), &json!(1)), "{third}");
    assert_eq!(made["flags"]["vanished"], 8, "they stay in the CRM and are told: {third}");
    assert_eq!(meetings(&rehearsal.dump(), "Weekly").len(), 3);

    let (code, back) = rehearsal.run("rollback", &spec);
    assert_eq!(code, 0, "{back}");
    assert_eq!(meetings(&rehearsal.dump(), "Weekly").len(), 0);
    let count = |dump: &Value| dump["Activities"].as_array().map_or(0, Vec::len);
    assert_eq!(count(&rehearsal.dump()), count(&before));
}
