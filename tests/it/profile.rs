//! The audit of a source: figures that were counted by hand, and the dirt of both sandboxes.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use flitpipe::sandbox::allegory::dirt;
use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, finished, project};

/// Two tables whose figures can be counted by hand.
const SPEC: &str = "
version: 1
name: small
sources:
  export:
    files: export
    timezone: UTC
    country: US
    nulls: [\"\", none]
    tables:
      users: { path: users.csv, key: id }
      firms: { path: firms.csv, key: id, links: { parent_id: firms } }
      people: { path: people.csv, key: id, links: { firm_id: firms } }
destination:
  type: nutshell
  url: ${NUTSHELL_URL:sandbox}
  user: sandbox
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
owners: { from: users, match: email, fallback: migration@sandbox.example }
objects:
  firms:
    from: firms
    to: company
    fields: { name: { from: name, required: true }, address.postalCode: zip }
  people:
    from: people
    to: person
    fields:
      name: { from: name, required: true }
      email: email
      phone.work: phone
      owner: owner_id
      accounts: { ref: firms, from: firm_id }
      Stage__c: { from: extra.stage, custom: text }
";

const FILES: [(&str, &str); 3] = [
    ("users.csv", "id,email\n7,nobody@small.example\n"),
    ("firms.csv", "id,name,zip,parent_id\n1,Acme,02134,2\n2,Acme ,2134,1\n3,Bolt,80302,9\n"),
    (
        "people.csv",
        "id,name,email,phone,owner_id,firm_id,fax,joined,extra\n\
         1,Ann Lee,ann@x.example,(303) 555-1234,7,1,,2024-01-05,\"{\"\"stage\"\": \"\"hot\"\", \"\"n\"\": 1}\"\n\
         2,ANN  LEE,ANN@x.example.,+13035551234,7,2,1,2024-03-01,\"{\"\"stage\"\": \"\"cold\"\"}\"\n\
         3,JosÃ© Ruiz,none,2.12556E+11,,4,,n/a,\n\
         4,=cmd(),jo@x.example,,7,,,2023-12-31,\n",
    ),
];

/// The small move in a folder of its own.
fn small() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("pipelines")).unwrap();
    fs::create_dir_all(folder.path().join("export")).unwrap();
    for (file, text) in FILES {
        fs::write(folder.path().join("export").join(file), text).unwrap();
    }
    let spec = folder.path().join("pipelines/small.yaml");
    fs::write(&spec, SPEC).unwrap();
    (folder, spec)
}

/// The audit of a spec, as its file has it.
fn audit(rehearsal: &Rehearsal, spec: &Path) -> Value {
    let (code, summary) = rehearsal.run("profile", spec);
    assert_eq!(code, 0, "{summary}");
    written(&rehearsal.out())
}

fn written(out: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(out.join("profile.json")).unwrap()).unwrap()
}

fn table<'p>(profile: &'p Value, name: &str) -> &'p Value {
    profile["tables"].as_array().unwrap().iter().find(|one| one["table"] == name).unwrap()
}

fn column<'p>(profile: &'p Value, name: &str, column: &str) -> &'p Value {
    let columns = table(profile, name)["columns"].as_array().unwrap();
    columns.iter().find(|one| one["column"] == column).unwrap()
}

/// How many were counted in a finding; 0 when there is none.
fn count(profile: &Value, code: &str, table: &str, column: &str) -> u64 {
    let findings = profile["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|one| one["code"] == code && one["table"] == table && one["column"] == column);
    found.map_or(0, |one| one["count"].as_u64().unwrap())
}

#[test]
fn the_figures_of_a_small_export_are_those_that_were_counted_by_hand() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = small();
    let profile = audit(&rehearsal, &spec);

    let email = column(&profile, "people", "email");
    assert_eq!(email["filled"], 3, "one of four is a word of `nulls`");
    assert_eq!(email["fill_rate"], 0.75);
    assert_eq!((&email["distinct"], &email["unique"]), (&json!(3), &json!(true)));
    assert_eq!((&email["type"], &email["type_share"]), (&json!("email"), &json!(1.0)));
    assert_eq!(email["length"], json!({ "min": 12, "median": 13, "max": 14 }));
    assert_eq!(email["field"], "people.email");

    let joined = column(&profile, "people", "joined");
    assert_eq!((&joined["type"], &joined["type_share"]), (&json!("date"), &json!(0.75)));
    assert_eq!(joined["min"], "2023-12-31T00:00:00Z");
    assert_eq!(joined["max"], "2024-03-01T00:00:00Z");
    assert_eq!(joined["odd"]["examples"][0]["value"], "n/a");
    assert_eq!(joined["named"], false);

    let stage = column(&profile, "people", "extra.stage");
    assert_eq!((&stage["filled"], &stage["fill_rate"]), (&json!(2), &json!(1.0)));
    assert_eq!(column(&profile, "people", "extra.n")["filled"], 1);
    let zip = column(&profile, "firms", "zip");
    assert_eq!(zip["type"], "digits");
    assert_eq!(column(&profile, "firms", "name")["top"][0], json!({ "value": "Acme", "count": 2 }));
}

#[test]
fn every_fault_of_a_small_export_is_found_once_and_nothing_else() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = small();
    let profile = audit(&rehearsal, &spec);
    let found: BTreeSet<_> = profile["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("code"), text("table"), text("column"), one["count"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        ("broken_link", "firms", "parent_id", 1),
        ("broken_link", "people", "firm_id", 1),
        ("circle", "firms", "parent_id", 1),
        ("duplicate_email", "people", "email", 1),
        ("duplicate_name", "firms", "name", 1),
        ("duplicate_name", "people", "name", 1),
        ("duplicate_phone", "people", "phone", 1),
        ("excel_rounded", "people", "phone", 1),
        ("formula", "people", "name", 1),
        ("looks_empty", "people", "joined", 1),
        ("lost_zero", "firms", "zip", 1),
        ("mojibake", "people", "name", 1),
        ("no_owner", "users", "", 1),
        ("odd_type", "people", "joined", 1),
        ("odd_type", "people", "phone", 1),
        ("outer_blanks", "firms", "name", 1),
        ("owner_without_user", "users", "", 1),
        ("unmapped", "people", "fax", 1),
        ("unmapped", "people", "joined", 4),
    ];
    let expected = expected
        .map(|(code, table, column, count)| (code.into(), table.into(), column.into(), count));
    assert_eq!(found, BTreeSet::from(expected));
    assert_eq!(
        profile["owners"],
        json!({ "compared": true, "nobody": 1, "owners":
            [{ "owner": "nobody@small.example", "rule": "fallback", "rows": 3 }] })
    );
}

#[test]
fn the_terminal_shows_no_value_and_the_files_are_for_their_owner_only() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = small();
    let out = folder.path().join("audit.json");
    let mut command = rehearsal.command("profile", &spec);
    let output = command.arg("--out").arg(&out).output().unwrap();
    let (code, summary) = finished(&output);
    assert_eq!((code, &summary["ok"]), (0, &json!(true)));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    for value in ["ann@x.example", "Ruiz", "2.12556E+11", "=cmd", "555-1234", "hot"] {
        assert!(!said.contains(value), "{value} is shown:\n{said}");
    }
    assert!(said.contains("complexity:"), "{said}");
    let twin = rehearsal.out().join("profile.md");
    for file in [&out, &twin] {
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        assert!(fs::read_to_string(file).unwrap().contains("2.12556E+11"), "{}", file.display());
    }
}

#[test]
fn a_crm_that_does_not_answer_leaves_out_only_the_users() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = small();
    let mut command = rehearsal.command("profile", &spec);
    command.env("NUTSHELL_URL", "http://127.0.0.1:9").env("FLITPIPE_SANDBOX_TIMEOUT_MS", "300");
    let (code, summary) = finished(&command.output().unwrap());
    assert_eq!((code, &summary["owners_compared"]), (0, &json!(false)), "{summary}");
    assert_eq!(summary["left_out"].as_array().unwrap().len(), 1);
    let profile = written(&rehearsal.out());
    assert_eq!(profile["owners"]["owners"][0]["rule"], "not compared");
    assert_eq!(count(&profile, "owner_without_user", "users", ""), 0);
    assert_eq!(count(&profile, "circle", "firms", "parent_id"), 1);
}

/// A host with one table, and another that the account does not have.
fn half_a_host() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]);
            let (status, body) = if request.starts_with("GET /contacts") {
                ("200 OK", "[{\"id\": 1, \"name\": \"Ann\", \"drip_id\": 5}]")
            } else {
                ("403 Forbidden", "{}")
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\
                 Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    root
}

#[test]
fn a_table_that_is_not_licensed_is_named_and_the_rest_goes_on() {
    let rehearsal = Rehearsal::open();
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("half.yaml");
    let text = "
version: 1
name: half
sources:
  api:
    url: ${HALF_URL}
    tables:
      drips: { path: /drips, key: id }
      contacts: { path: /contacts, key: id, links: { drip_id: drips } }
destination: { type: nutshell, url: sandbox, user: sandbox, key: \"${NUTSHELL_API_KEY:sandbox}\" }
owners: { fallback: migration@sandbox.example }
objects:
  people: { from: contacts, to: person, fields: { name: name }, ignore: [drip_id] }
";
    fs::write(&spec, text).unwrap();
    let mut command = rehearsal.command("profile", &spec);
    let (code, summary) = finished(&command.env("HALF_URL", half_a_host()).output().unwrap());
    assert_eq!(code, 0, "{summary}");
    let profile = written(&rehearsal.out());
    assert_eq!(table(&profile, "drips")["state"], json!({ "is": "not_licensed", "status": 403 }));
    assert_eq!(count(&profile, "not_licensed", "drips", ""), 1);
    assert_eq!(table(&profile, "contacts")["rows"], 1);
    let link = &table(&profile, "contacts")["links"][0];
    assert_eq!(
        (&link["filled"], &link["missing"]["count"]),
        (&json!(1), &json!(0)),
        "nobody can say"
    );
    assert_eq!(link["readable"], false);
}

/// What is planted in the export, and the word under which it is to be found.
const PLANTED: [(&str, &str); 4] = [
    ("letters that were broken before the export", "mojibake"),
    ("a number that went through a spreadsheet", "excel_rounded"),
    ("control characters", "control_characters"),
    ("a postal code without its zero", "lost_zero"),
];

#[test]
fn the_dirt_of_the_export_is_found_in_its_rows_and_counted() {
    let rehearsal = Rehearsal::open();
    let profile = audit(&rehearsal, &project().join("pipelines/allegory.yaml"));
    for (case, code) in PLANTED {
        let mut planted: BTreeSet<_> = dirt()
            .into_iter()
            .filter(|one| one.case == case && !["city", "state"].contains(&one.column))
            .map(|one| (one.table.to_owned(), one.column.to_owned(), one.key.to_owned()))
            .collect();
        assert!(!planted.is_empty(), "{case}");
        if code == "control_characters" {
            // Of the letters that broke there, one became a control character.
            planted.insert(("notes".to_owned(), "body".to_owned(), "4408".to_owned()));
        }
        let mut found = BTreeSet::new();
        for one in profile["findings"].as_array().unwrap().iter().filter(|one| one["code"] == code)
        {
            let examples = one["examples"].as_array().unwrap();
            assert_eq!(one["count"].as_u64().unwrap(), examples.len() as u64, "{one}");
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            found.extend(
                examples.iter().map(|example| {
                    (text(&one["table"]), text(&one["column"]), text(&example["key"]))
                }),
            );
        }
        assert_eq!(found, planted, "{case}");
    }
    for (code, table, column, expected) in [
        ("circle", "companies", "parent_company_id", 3),
        ("broken_link", "companies", "parent_company_id", 1),
        ("broken_link", "deals", "primary_contact_id", 1),
        ("duplicate_key", "companies", "", 1),
        ("ragged_row", "contacts", "", 2),
        ("footer", "notes", "", 1),
        ("file_missing", "files", "", 2),
        ("file_refused", "files", "", 1),
        ("file_oversize", "files", "", 1),
        ("file_empty", "files", "", 1),
        ("too_long", "deals", "deal_name", 1),
        ("formula", "contacts", "description", 1),
        ("owner_without_user", "users", "", 5),
    ] {
        assert_eq!(count(&profile, code, table, column), expected, "{code} {table}.{column}");
    }
    let court = column(&profile, "custom_objects", "data.court");
    assert_eq!((&court["type"], &court["distinct"]), (&json!("enumeration"), &json!(4)));
}

#[test]
fn the_dirt_of_rezora_is_found_and_a_second_look_says_the_same() {
    let rehearsal = Rehearsal::open();
    let spec = project().join("pipelines/rezora.yaml");
    let profile = audit(&rehearsal, &spec);
    for (code, table, column, expected) in [
        ("circle", "companies", "parent_id", 2),
        ("broken_link", "contacts", "company_id", 1),
        ("broken_link", "memberships", "contact_id", 1),
        ("excel_rounded", "contacts", "phone_mobile", 1),
        ("duplicate_key", "notes", "", 1),
        ("file_missing", "files", "", 1),
        ("owner_without_user", "agents", "", 3),
    ] {
        assert_eq!(count(&profile, code, table, column), expected, "{code} {table}.{column}");
    }
    assert_eq!(column(&profile, "legacy.contacts", "unsubscribed")["type"], "boolean");
    assert!(
        rehearsal.calls().keys().all(|method| {
            !["new", "edit", "delete"].iter().any(|verb| method.starts_with(verb))
        })
    );
    assert_eq!(rehearsal.journal().len(), 0, "nothing was written");
    assert_eq!(audit(&rehearsal, &spec)["findings"], profile["findings"]);
}
