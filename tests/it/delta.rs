//! A second export with changes: only they are written, and nobody's edit is lost.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::journey::sum;
use crate::judge;
use crate::rehearsal::Rehearsal;
use crate::yard::Yard;

const SPEC: &str = "
version: 1
name: shop
sources:
  export:
    files: export
    timezone: UTC
    country: US
    tables:
      agents: { path: agents.csv, key: id }
      firms: { path: firms.csv, key: id, links: { parent_id: firms, agent_id: agents } }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
owners:
  from: agents
  match: email
  fallback: migration@sandbox.example
objects:
  firms:
    from: firms
    to: company
    fields:
      name: { from: name, required: true }
      description: text
      owner: agent_id
      Parent__c: { ref: firms, from: parent_id, late: true, custom: text }
      City__c: { from: city, custom: text }
";

/// A folder with the spec and one export.
fn shop() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("pipelines")).unwrap();
    let spec = folder.path().join("pipelines/shop.yaml");
    fs::write(&spec, SPEC).unwrap();
    write(
        &folder,
        "id,name,text,city,parent_id,agent_id\n1,Head,first,Boulder,,7\n2,Branch,second,Denver,1,7\n3,Loop,third,Lyons,4,\n4,Pool,fourth,Lyons,3,\n",
    );
    (folder, spec)
}

fn write(folder: &tempfile::TempDir, firms: &str) {
    fs::create_dir_all(folder.path().join("export")).unwrap();
    fs::write(folder.path().join("export/agents.csv"), "id,email\n7,nobody@shop.example\n")
        .unwrap();
    fs::write(folder.path().join("export/firms.csv"), firms).unwrap();
}

fn firm(dump: &Value, name: &str) -> Value {
    let firms = dump["Accounts"].as_array().unwrap();
    firms.iter().find(|firm| firm["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
}

#[test]
fn a_newer_export_changes_what_it_changes_and_nothing_else() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = shop();
    let before = rehearsal.dump();
    let owners = rehearsal.run("plan", &spec).1["owners"].clone();
    assert_eq!(
        owners.as_array().unwrap().iter().map(|one| &one["count"]).collect::<Vec<_>>(),
        [2, 2]
    );
    let (code, first) = rehearsal.run("apply", &spec);
    assert_eq!((code, &first["objects"]["firms"]["created"]), (0, &json!(4)), "{first}");
    assert_eq!(
        first["objects"]["firms"]["flags"]["circle"], 1,
        "the edge that closes the loop is told: {first}"
    );
    let there = rehearsal.dump();
    let head = firm(&there, "Head");
    let parent = firm(&there, "Branch")["customFields"]["Parent__c"].clone();
    assert_eq!(parent, json!(format!("Accounts:{}", head["id"])));

    let edit = json!({ "accountId": head["id"], "rev": head["rev"], "account": { "description": "ours now" } });
    rehearsal.person("editAccount", &edit);
    write(
        &folder,
        "id,name,text,city,parent_id,agent_id\n1,Head,changed,Golden,,7\n2,Branch,second,Denver,1,7\n3,Loop,third,Lyons,4,\n4,Pool,fourth,,3,\n5,New,fifth,Aspen,1,\n",
    );
    let (code, second) = rehearsal.run("apply", &spec);
    let firms = &second["objects"]["firms"];
    assert_eq!(code, 0, "{second}");
    assert_eq!(
        (&firms["created"], &firms["updated"], &firms["unchanged"]),
        (&json!(1), &json!(2), &json!(2)),
        "{second}"
    );
    assert_eq!(
        firms["flags"]["target_changed"], 1,
        "both changed the text: a person's word stays: {second}"
    );
    let there = rehearsal.dump();
    let head = firm(&there, "Head");
    assert_eq!(
        (&head["description"], &head["customFields"]["City__c"]),
        (&json!("ours now"), &json!("Golden"))
    );
    assert_eq!(
        firm(&there, "Branch")["customFields"]["Parent__c"],
        parent,
        "the second pass's field is still there"
    );
    assert!(
        firm(&there, "Pool")["customFields"]["City__c"].is_null(),
        "what became empty is cleared, for it was ours"
    );
    assert_eq!(firm(&there, "New")["customFields"]["Parent__c"], parent);

    let (code, third) = rehearsal.run("apply", &spec);
    assert_eq!((code, &third["objects"]["firms"]["unchanged"]), (0, &json!(5)), "{third}");
    let (code, back) = rehearsal.run("rollback", &spec);
    assert_eq!(code, 6, "the record that a person edited stays: {back}");
    let count = |dump: &Value| dump["Accounts"].as_array().unwrap().len();
    assert_eq!(count(&rehearsal.dump()), count(&before) + 1);
}

#[test]
fn a_limit_counts_the_people_whom_earlier_runs_made() {
    let rehearsal = Rehearsal::open();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("export")).unwrap();
    let there = rehearsal.dump()["Contacts"].as_array().unwrap().len();
    let spec = folder.path().join("people.yaml");
    let text = format!(
        "version: 1
name: people
sources: {{ export: {{ files: export, timezone: UTC, tables: {{ people: {{ path: people.csv, key: id }} }} }} }}
destination: {{ type: nutshell, url: sandbox, user: sandbox, key: \"${{NUTSHELL_API_KEY:sandbox}}\", provision: create, plan: {{ people: {} }} }}
owners: {{ fallback: migration@sandbox.example }}
objects:
  people: {{ from: people, to: person, match: email, fields: {{ name: name, email: mail }} }}
",
        there + 3
    );
    fs::write(&spec, text).unwrap();
    let people = |count: usize| {
        let rows = (1..=count).map(|id| format!("{id},Person {id},p{id}@firm.example\n"));
        let rows = format!("id,name,mail\n{}", rows.collect::<String>());
        fs::write(folder.path().join("export/people.csv"), rows).unwrap();
    };
    people(2);
    let (code, first) = rehearsal.run("apply", &spec);
    assert_eq!((code, &first["objects"]["people"]["created"]), (0, &json!(2)), "{first}");
    people(3);
    assert_eq!(rehearsal.run("plan", &spec).0, 0, "one more fits");
    people(4);
    let (code, plan) = rehearsal.run("plan", &spec);
    let gate = &plan["gates"][0];
    assert_eq!((code, &gate["code"]), (5, &json!("people_limit")), "{plan}");
    let said = format!(
        "the plan allows {} people; {} exist and 2 are to be created",
        there + 3,
        there + 2
    );
    assert_eq!(gate["message"], said);
}

#[test]
fn what_is_gone_from_the_source_stays_in_the_crm_and_is_told() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = shop();
    let (code, first) = rehearsal.run("apply", &spec);
    assert_eq!(code, 0, "{first}");
    let there = rehearsal.dump();
    write(&folder, "id,name,text,city,parent_id,agent_id\n1,Head,first,Boulder,,7\n");

    let (code, plan) = rehearsal.run("plan", &spec);
    let gone = plan["vanished"].as_array().unwrap();
    let records: Vec<_> = gone.iter().map(|gone| gone["record"].as_str().unwrap()).collect();
    assert_eq!((code, records), (0, vec!["firms:2", "firms:3", "firms:4"]), "{plan}");
    let (code, second) = rehearsal.run("apply", &spec);
    let firms = &second["objects"]["firms"];
    assert_eq!((code, &firms["source"], &firms["flags"]["vanished"]), (0, &json!(1), &json!(3)));
    assert_eq!(rehearsal.dump(), there, "nothing was deleted");
    let audit = fs::read_to_string(rehearsal.out().join("audit-run2.jsonl")).unwrap();
    let branch = firm(&there, "Branch")["id"].clone();
    let told = audit
        .lines()
        .any(|line| line.contains("firms:2") && line.contains(&format!("Accounts:{branch}")));
    assert!(told, "the audit names the record and where it stays: {audit}");

    fs::write(&spec, SPEC.to_owned() + "delta: { deleted: stop }\n").unwrap();
    let (code, refused) = rehearsal.run("apply", &spec);
    assert_eq!((code, &refused["gates"][0]["code"]), (5, &json!("vanished")), "{refused}");
}

#[test]
fn another_key_would_write_every_record_twice_and_is_refused() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = shop();
    assert_eq!(rehearsal.run("apply", &spec).0, 0);
    let written = rehearsal.journal().len();
    let text = fs::read_to_string(&spec).unwrap();
    let renamed = text.replace("firms.csv, key: id", "firms.csv, key: name");
    assert_ne!(text, renamed);
    fs::write(&spec, &renamed).unwrap();
    let (code, refused) = rehearsal.run("apply", &spec);
    assert_eq!((code, &refused["gates"][0]["code"]), (5, &json!("other_keys")), "{refused}");
    assert_eq!(rehearsal.journal().len(), written, "nothing was written");
    fs::write(&spec, text).unwrap();
    assert_eq!(rehearsal.run("apply", &spec).0, 0);
    assert_eq!(rehearsal.journal().len(), written, "with the old key all is there");
}

#[test]
fn a_company_that_is_held_or_gone_now_keeps_the_people_that_were_linked_to_it() {
    let yard = Yard::open();
    let before = yard.rehearsal.dump();
    assert_eq!(yard.run("apply").0, 0);
    let there = yard.rehearsal.dump();
    yard.change("firms.csv", "1,Clearline Title,", "1,,");
    yard.change("firms.csv", "4,Yard Four,fourth,Aspen,1\n", "");
    let (code, second) = yard.run("apply");
    assert_eq!((code, &second["objects"]["firms"]["flagged"]), (4, &json!(1)), "{second}");
    assert_eq!((sum(&second, "updated"), sum(&second, "flagged")), (0, 1), "{second}");
    assert_eq!(yard.rehearsal.dump(), there, "not one link was taken away");
    // A firm that was never written is linked to by nobody, as before.
    yard.change("firms.csv", "5,Yard Five,", "6,,,,\n5,Yard Five,");
    yard.change(
        "people.csv",
        "6,Di Yard,di@yard.example,new,,",
        "6,Di Yard,di@yard.example,new,,6",
    );
    let (code, third) = yard.run("apply");
    assert_eq!((code, sum(&third, "updated")), (4, 0), "{third}");
    assert_eq!(third["objects"]["people"]["flags"]["ref_left"], 1, "{third}");
    assert_eq!(yard.run("rollback").0, 0);
    judge::same_state(&yard.rehearsal.dump(), &before).unwrap();
}
