//! What was written is read back: each harm that is done to it is found, named and counted.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::rehearsal::Rehearsal;

const SPEC: &str = "
version: 1
name: office
sources:
  export:
    files: export
    timezone: UTC
    country: US
    currency: USD
    tables:
      users: { path: users.csv, key: id }
      firms: { path: firms.csv, key: id }
      people: { path: people.csv, key: id, links: { firm_id: firms, user_id: users } }
      deals: { path: deals.csv, key: id, links: { firm_id: firms, user_id: users } }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
owners: { from: users, match: email, fallback: migration@sandbox.example }
objects:
  firms:
    from: firms
    to: company
    fields:
      name: { from: name, required: true }
      Tier__c: { from: tier, map: { A: Gold, B: Silver }, custom: text }
  people:
    from: people
    to: person
    fields:
      name: { from: name, required: true }
      description: text
      owner: user_id
      accounts: { ref: firms, from: firm_id }
  deals:
    from: deals
    to: deal
    fields:
      description: { from: title, required: true }
      stage: { value: New Business / Qualify }
      value: { from: amount, currency: currency }
      assignee: user_id
      accounts: { ref: firms, from: firm_id }
reconcile: { fields: 0, orphans: 0, sums: { deals: value } }
";

fn office() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    fs::create_dir_all(&export).unwrap();
    fs::create_dir_all(folder.path().join("pipelines")).unwrap();
    let spec = folder.path().join("pipelines/office.yaml");
    fs::write(&spec, SPEC).unwrap();
    let write = |name: &str, text: &str| fs::write(export.join(name), text).unwrap();
    write("users.csv", "id,email\n7,theo@newcorp.example\n8,priya@newcorp.example\n");
    write("firms.csv", "id,name,tier\n1,Head Office,A\n2,Branch Office,B\n");
    write(
        "people.csv",
        "id,name,text,firm_id,user_id\n1,Ann Lee,A long text of many words,1,7\n2,Bob Ray,Short,2,8\n3,Cy Dee,None,1,7\n",
    );
    write(
        "deals.csv",
        "id,title,amount,currency,firm_id,user_id\n1,Seats,\"1,000.50\",USD,1,7\n2,Desks,200,EUR,2,8\n3,Lamps,49.50,USD,1,7\n",
    );
    (folder, spec)
}

fn named(dump: &Value, entity: &str, name: &str) -> Value {
    let records = dump[entity].as_array().unwrap();
    let label = |record: &Value| {
        ["name", "description"].iter().any(|key| {
            record[*key].as_str() == Some(name)
                || record[*key]["displayName"].as_str() == Some(name)
        })
    };
    records.iter().find(|record| label(record)).unwrap_or_else(|| panic!("no {name}")).clone()
}

/// What a person, or a fault, does to a record behind our back.
fn edit(rehearsal: &Rehearsal, (entity, word, name): (&str, &str, &str), patch: &Value) {
    let record = named(&rehearsal.dump(), entity, name);
    let params = json!({
        format!("{word}Id"): record["id"], "rev": record["rev"], word: patch,
    });
    let mut method = word.to_owned();
    method[..1].make_ascii_uppercase();
    rehearsal.person(&format!("edit{method}"), &params);
}

#[test]
fn what_was_written_and_left_alone_adds_up() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = office();
    let (code, applied) = rehearsal.run("apply", &spec);
    assert_eq!((code, &applied["reconcile"]["verdict"]), (0, &json!("pass")), "{applied}");
    let (code, verdict) = rehearsal.run("reconcile", &spec);
    assert_eq!((code, &verdict["verdict"]), (0, &json!("pass")), "{verdict}");
    let people = &verdict["objects"]["people"];
    assert_eq!((&people["source"], &people["destination"]), (&json!(3), &json!(3)));
    assert_eq!(
        people["fill"]["description"],
        json!({ "source": 3, "left_out": 0, "made": 3, "stands": 3 })
    );
    let sums: Vec<_> = verdict["sums"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sum| {
            (
                sum["currency"].as_str().unwrap(),
                sum["source"].as_str().unwrap(),
                sum["destination"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(sums, [("EUR", "200", "200"), ("USD", "1050", "1050")]);
}

#[test]
fn what_the_source_says_since_is_no_fault_of_the_run() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = office();
    assert_eq!(rehearsal.run("apply", &spec).0, 0);
    let change = |name: &str, old: &str, new: &str| {
        let file = folder.path().join("export").join(name);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(old), "{text}");
        fs::write(&file, text.replace(old, new)).unwrap();
    };
    change("people.csv", "3,Cy Dee,None", "4,Di Eff,Later,1,7\n3,Cy Dee,None");
    change("people.csv", "Bob Ray,Short", "Bob Ray,Shorter");
    change("deals.csv", "49.50", "50.50");
    assert_eq!(rehearsal.run("plan", &spec).0, 0);
    let (code, verdict) = rehearsal.run("reconcile", &spec);
    assert_eq!((code, &verdict["verdict"]), (0, &json!("pass")), "{verdict}");
    let explained = |object: &str| verdict["objects"][object]["explained"].clone();
    assert_eq!((explained("people"), explained("deals")), (json!(1), json!(1)), "{verdict}");
    let out = rehearsal.out();
    let list = fs::read_to_string(out.join("differences.jsonl")).unwrap();
    assert_eq!(list.matches("source_changed").count(), 2, "{list}");
    let page = fs::read_to_string(out.join("reconciliation.html")).unwrap();
    assert!(page.contains("The source was read again after this run."), "{page}");

    // A harm is found all the same, and the next run makes it as the source says.
    edit(&rehearsal, ("Contacts", "contact", "Bob Ray"), &json!({"description": "Other"}));
    let (code, verdict) = rehearsal.run("reconcile", &spec);
    assert_eq!((code, &verdict["objects"]["people"]["field_mismatches"]), (5, &json!(1)));
}

#[test]
fn a_value_that_a_rule_leaves_out_is_told_though_another_row_gets_one_from_nowhere() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = office();
    let rule = "description: text\n      email: { from: email, default: desk@newcorp.example }";
    fs::write(&spec, SPEC.replace("description: text", rule)).unwrap();
    let rows = "id,name,email,text,firm_id,user_id\n1,Ann Lee,ann@newcorp.example,A,1,7\n\
                2,Bob Ray,,B,2,8\n3,Cy Dee,no address,C,1,7\n";
    fs::write(folder.path().join("export/people.csv"), rows).unwrap();
    let (code, applied) = rehearsal.run("apply", &spec);
    let fill = &applied["reconcile"]["objects"]["people"]["fill"]["email"];
    let expected = json!({ "source": 2, "left_out": 1, "made": 2, "stands": 2 });
    assert_eq!((code, fill), (0, &expected), "{applied}");
    let page = fs::read_to_string(rehearsal.out().join("reconciliation.html")).unwrap();
    assert!(page.contains("values left out") && !page.contains("Every field stands"), "{page}");
}

#[test]
fn every_harm_done_to_what_was_written_is_found_and_named() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = office();
    assert_eq!(rehearsal.run("apply", &spec).0, 0);
    let there = rehearsal.dump();
    // A dropped record, a doubled one, a truncated text, a swapped owner, a wrong value of a map,
    // a lost link, a changed amount.
    let cy = named(&there, "Contacts", "Cy Dee");
    rehearsal.person("deleteContact", &json!({ "contactId": cy["id"], "rev": cy["rev"] }));
    let mark = named(&there, "Contacts", "Bob Ray")["customFields"]["Flitpipe_Key__c"].clone();
    let double =
        json!({ "contact": { "name": "Bob Ray", "customFields": { "Flitpipe_Key__c": mark } } });
    rehearsal.person("newContact", &double);
    edit(&rehearsal, ("Contacts", "contact", "Ann Lee"), &json!({ "description": "A long text" }));
    edit(
        &rehearsal,
        ("Contacts", "contact", "Bob Ray"),
        &json!({ "owner": { "entityType": "Users", "id": user(&rehearsal) }, "accounts": [] }),
    );
    edit(
        &rehearsal,
        ("Accounts", "account", "Head Office"),
        &json!({ "customFields": { "Tier__c": "Silver" } }),
    );
    edit(
        &rehearsal,
        ("Leads", "lead", "Desks"),
        &json!({ "value": { "amount": 250, "currency": "EUR" } }),
    );

    let (code, verdict) = rehearsal.run("reconcile", &spec);
    assert_eq!((code, &verdict["verdict"]), (5, &json!("fail")), "{verdict}");
    let people = &verdict["objects"]["people"];
    let counts =
        ["missing", "duplicates", "orphans", "field_mismatches"].map(|name| people[name].clone());
    assert_eq!(counts, [1, 1, 1, 2].map(Value::from), "{verdict}");
    let file = fs::read_to_string(rehearsal.out().join("differences.jsonl")).unwrap();
    let found: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_told = |sort: &str, record: &str, field: &str| {
        found
            .iter()
            .any(|one| one["sort"] == sort && one["record"] == record && one["field"] == field)
    };
    assert!(is_told("missing", "people:3", ""), "{file}");
    assert!(is_told("duplicate", "people:2", ""), "{file}");
    assert!(is_told("mismatch", "people:1", "description"), "{file}");
    assert!(is_told("mismatch", "people:2", "owner"), "{file}");
    assert!(is_told("orphan", "people:2", "accounts"), "{file}");
    assert!(is_told("mismatch", "firms:1", "Tier__c"), "{file}");
    assert!(is_told("mismatch", "deals:2", "value"), "{file}");
    let sums = verdict["breaches"].as_array().unwrap();
    assert!(sums.iter().any(|breach| breach["limit"] == "sums"), "{verdict}");
}

/// A user who owns none of the records.
fn user(rehearsal: &Rehearsal) -> Value {
    let users = rehearsal.person("findUsers", &json!({ "query": {}, "limit": 50 }));
    let users = users.as_array().unwrap();
    let dana = users.iter().find(|user| user.to_string().contains("dana@newcorp.example"));
    dana.unwrap_or_else(|| panic!("{users:?}"))["id"].clone()
}

#[test]
fn a_breach_takes_the_run_back_when_the_spec_says_so() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = office();
    let before = rehearsal.dump();
    assert_eq!(rehearsal.run("apply", &spec).0, 0);
    // The record of one run is lost; the next run changes something and finds that.
    let cy = named(&rehearsal.dump(), "Contacts", "Cy Dee");
    rehearsal.person("deleteContact", &json!({ "contactId": cy["id"], "rev": cy["rev"] }));
    fs::write(
        &spec,
        SPEC.replace("sums: {", "breach: rollback, sums: {").replace("B: Silver", "B: Bronze"),
    )
    .unwrap();
    let output = rehearsal.command("apply", &spec).output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let branch = named(&rehearsal.dump(), "Accounts", "Branch Office");
    assert_eq!(branch["customFields"]["Tier__c"], "Silver", "the second run is taken back");
    assert!(
        rehearsal.dump()["Accounts"].as_array().unwrap().len()
            > before["Accounts"].as_array().unwrap().len(),
        "the first is not"
    );
}
