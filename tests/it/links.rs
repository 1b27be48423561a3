//! References by name to companies of which some are held: what a plan says of them is what its run
//! makes of them, the first time and the second.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::journey::agree;
use crate::rehearsal::Rehearsal;

const SPEC: &str = "
version: 1
name: names
sources:
  export:
    files: export
    timezone: UTC
    tables:
      firms: { path: firms.csv, key: id }
      people: { path: people.csv, key: id }
destination: { type: nutshell, url: sandbox, user: \"${NUTSHELL_USER:sandbox}\", key: \"${NUTSHELL_API_KEY:sandbox}\", provision: create }
owners: { fallback: migration@sandbox.example }
objects:
  firms:
    from: firms
    to: company
    match: name
    fields:
      name: { from: name, required: true }
      url: site
  people:
    from: people
    to: person
    fields:
      name: { from: name, required: true }
      accounts: { ref: firms, try: [{ name: firm }, { domain: mail }] }
  leads:
    from: people
    to: lead
    where: lead
    fields:
      description: { from: lead, required: true }
      accounts: { ref: firms, try: [{ name: firm }], required: true }
";

/// Of the firms the CRM has `Twin` twice and `Pair` once.
const FIRMS: &str = "id,name,site\n\
    1,Twin,twin.example\n\
    2,Pair,pair.example\n\
    3,Pair,other.example\n\
    4,Solo,solo.example\n";

const PEOPLE: &str = "id,name,firm,mail,lead\n\
    11,Ann,Twin,,Chairs\n\
    12,Bob,Pair,,Desks\n\
    13,Cyd,Solo,,Lamps\n\
    14,Dan,Twin,dan@solo.example,\n\
    15,Eva,Twin,eva@twin.example,\n\
    16,Fay,,fay@other.example,\n\
    17,Gus,Nowhere,,\n";

/// A folder with the spec and the export.
fn export() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("pipelines/names.yaml");
    for (file, text) in
        [("pipelines/names.yaml", SPEC), ("export/firms.csv", FIRMS), ("export/people.csv", PEOPLE)]
    {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    (folder, spec)
}

/// The names of the companies that a person of the CRM belongs to.
fn firms_of(dump: &Value, name: &str) -> Vec<String> {
    let people = dump["Contacts"].as_array().unwrap();
    let person = people.iter().find(|person| person["name"].to_string().contains(name)).unwrap();
    let firms = person["accounts"].as_array().unwrap().iter();
    firms.map(|firm| firm["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_link_by_name_to_a_company_that_is_held_is_said_by_the_plan_before_the_run_and_after_it() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = export();
    for name in ["Twin", "Twin", "Pair"] {
        rehearsal.person("newAccount", &json!({ "account": { "name": name } }));
    }
    let (code, planned) = rehearsal.run("plan", &spec);
    assert_eq!(code, 0, "{planned}");
    let flags = |object: &str, code: &str| planned["objects"][object]["flags"][code].clone();
    assert_eq!(
        [flags("firms", "match_ambiguous"), flags("firms", "match_taken")],
        [json!(1), json!(1)]
    );
    // Ann, Dan, Eva and Fay name a company that is held, Bob one of two of whom one is held.
    let refs = ["ref_left", "ref_ambiguous", "ref_missing"].map(|code| flags("people", code));
    assert_eq!(refs, [json!(4), json!(1), json!(1)], "{planned}");

    let (code, applied) = rehearsal.run("apply", &spec);
    assert_eq!(code, 4, "{applied}");
    agree(&planned, &applied);
    assert_eq!(applied["objects"]["leads"]["flagged"], 2, "their company is required");
    let dump = rehearsal.dump();
    assert_eq!(firms_of(&dump, "Ann"), [] as [&str; 0]);
    assert_eq!(
        firms_of(&dump, "Bob"),
        [] as [&str; 0],
        "who is meant does not hang on what is held"
    );
    assert_eq!(firms_of(&dump, "Cyd"), ["Solo"]);
    assert_eq!(firms_of(&dump, "Dan"), ["Solo"], "found in another way");

    let (_, planned) = rehearsal.run("plan", &spec);
    let (code, again) = rehearsal.run("apply", &spec);
    assert_eq!(code, 4, "{again}");
    agree(&planned, &again);
    for (object, tally) in again["objects"].as_object().unwrap() {
        let written = [&tally["created"], &tally["updated"]];
        assert_eq!(written, [&json!(0); 2], "{object}: nothing changed since: {tally}");
    }
}

#[test]
fn a_link_by_name_to_a_company_that_is_held_or_gone_now_stays() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = export();
    rehearsal.person("newAccount", &json!({ "account": { "name": "Pair" } }));
    let firms = folder.path().join("export/firms.csv");
    fs::write(&firms, FIRMS.replace("3,Pair,", "3,Other,")).unwrap();
    assert_eq!(rehearsal.run("apply", &spec).0, 0);
    let there = rehearsal.dump();
    let of = |name: &str| firms_of(&rehearsal.dump(), name);
    assert_eq!([of("Ann"), of("Bob"), of("Cyd")], [["Twin"], ["Pair"], ["Solo"]]);
    // The first loses its name and is held, the second, which the CRM had, and the last are gone.
    fs::write(&firms, "id,name,site\n1,,twin.example\n3,Other,other.example\n").unwrap();
    let (_, planned) = rehearsal.run("plan", &spec);
    let (code, again) = rehearsal.run("apply", &spec);
    assert_eq!(code, 4, "{again}");
    agree(&planned, &again);
    assert_eq!(rehearsal.dump(), there, "nothing was taken away: {again}");
}
