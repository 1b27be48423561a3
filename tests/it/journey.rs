//! The main job, there and back, as the README shows it.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::judge;
use crate::rehearsal::{Rehearsal, copies, project, settled};

fn rezora() -> PathBuf {
    project().join("pipelines/rezora.yaml")
}

const OUTCOMES: [&str; 7] =
    ["created", "updated", "unchanged", "merged", "skipped", "flagged", "failed"];

/// Every source record has exactly one outcome.
pub(crate) fn conserved(summary: &Value) {
    for (object, tally) in summary["objects"].as_object().unwrap() {
        let count = |name: &str| tally[name].as_u64().unwrap();
        let sum: u64 = OUTCOMES.iter().map(|name| count(name)).sum();
        assert_eq!(count("source"), sum, "{object}: {tally}");
        assert!(count("source") > 0, "{object}");
    }
}

pub(crate) fn sum(summary: &Value, outcome: &str) -> u64 {
    summary["objects"]
        .as_object()
        .unwrap()
        .values()
        .map(|tally| tally[outcome].as_u64().unwrap())
        .sum()
}

/// Remarks that need a look at the record as the CRM has it, which only a run takes.
const ONLY_IN_A_RUN: [&str; 1] = ["kept_existing"];

/// What a plan said is what its run did: every outcome, and every remark that a plan can make.
pub(crate) fn agree(planned: &Value, done: &Value) {
    let said = |summary: &Value| -> Value {
        let objects = summary["objects"].as_object().unwrap().iter();
        let objects = objects.map(|(object, tally)| {
            let outcomes = OUTCOMES.iter().map(|name| ((*name).to_owned(), tally[*name].clone()));
            let flags = tally["flags"].as_object().unwrap().iter();
            let flags = flags.filter(|(code, _)| !ONLY_IN_A_RUN.contains(&code.as_str()));
            let flags = flags.map(|(code, count)| (format!("flag {code}"), count.clone()));
            (object.clone(), outcomes.chain(flags).collect::<serde_json::Map<_, _>>().into())
        });
        objects.collect::<serde_json::Map<_, _>>().into()
    };
    let (said, done) = (said(planned), said(done));
    for (object, tally) in said.as_object().unwrap() {
        assert_eq!(*tally, done[object], "{object}: what was predicted is what came");
    }
}

/// The records of an object that a plan gives to somebody, those that fall to the fallback included.
fn owned(planned: &Value, object: &str) -> u64 {
    let owners = planned["owners"].as_array().unwrap().iter();
    owners.filter_map(|owner| owner["objects"][object].as_u64()).sum()
}

/// Everybody who owns a record is counted: as predicted, and as it stands. What was not looked at is
/// said, and what the source says is told apart from what the rules make of it.
fn owned_and_looked_at(planned: &Value, applied: &Value) {
    for object in ["people", "leads", "notes"] {
        let tally = &planned["objects"][object];
        let stands = ["created", "updated", "unchanged"];
        let stands: u64 = stands.iter().map(|name| tally[*name].as_u64().unwrap()).sum();
        assert_eq!(owned(planned, object), stands, "{object}: {}", planned["owners"]);
        let found = &applied["reconcile"]["objects"][object];
        let read = stands - found["not_looked_at"].as_u64().unwrap();
        assert_eq!(found["compared"], read, "{object}: {found}");
        let owners = found["owners"].as_object().unwrap().values();
        assert_eq!(owners.map(|count| count.as_u64().unwrap()).sum::<u64>(), read, "{object}");
    }
    let found = &applied["reconcile"]["objects"];
    assert_eq!(
        (&found["people"]["not_looked_at"], &found["notes"]["not_looked_at"]),
        (&0.into(), &318.into())
    );
    let fill = |object: &str, field: &str| {
        ["source", "made", "stands"]
            .map(|stop| found[object]["fill"][field][stop].as_u64().unwrap())
    };
    let [says, makes, stands] = fill("companies", "industry");
    assert!(says > makes && makes == stands, "values without a match are left out: {found}");
    let [says, makes, stands] = fill("companies", "parent");
    assert!(says > 10 && makes == 0 && stands == 0, "no API writes the hierarchy: {found}");
    let [says, makes, stands] = fill("companies", "Parent_Company__c");
    assert!(says > 10 && says < 20 && makes == stands, "a column of a linked row: {found}");
    let matched = planned["matched"].as_array().unwrap();
    let updated = sum(planned, "updated");
    assert_eq!(matched.len() as u64, updated, "each record that the CRM has already is named");
    assert!(matched.iter().any(|one| one["name"] != one["named"]), "and what it is called there");
    let carla = planned["owners"].as_array().unwrap().iter();
    let carla: Vec<_> =
        carla.filter(|owner| owner["owner"] == "carla.vance@shadyacres.example").collect();
    assert!(carla[0]["why"].as_str().unwrap().contains("disabled"), "{carla:?}");
}

/// Custom fields and options of lists stay after a rollback; everything else is compared.
pub(crate) fn records(dump: &Value) -> Value {
    let kept = dump.as_object().unwrap().iter().filter(|(name, _)| {
        ["Accounts", "Contacts", "Leads", "Notes", "Activities", "Tasks"].contains(&name.as_str())
    });
    kept.map(|(name, records)| (name.clone(), settled(records)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn the_main_job_goes_there_again_and_back_and_leaves_nothing_behind() {
    let rehearsal = Rehearsal::open();
    let before = rehearsal.dump();
    let (code, planned) = rehearsal.run("plan", &rezora());
    assert_eq!(code, 0, "{planned}");
    assert_eq!(records(&rehearsal.dump()), records(&before), "a plan writes nothing");

    let (code, applied) = rehearsal.run("apply", &rezora());
    assert_eq!(code, 4, "some records of the sandbox are held on purpose: {applied}");
    conserved(&applied);
    assert_eq!(applied["kind"], "full");
    assert_eq!(sum(&applied, "failed"), 0, "{applied}");
    agree(&planned, &applied);
    owned_and_looked_at(&planned, &applied);
    let left = std::fs::read_to_string(rehearsal.out().join("audit-run1.jsonl")).unwrap();
    for outcome in ["skipped", "merged"] {
        let named =
            left.lines().filter(|line| line.contains(&format!("\"outcome\":\"{outcome}\"")));
        assert_eq!(named.count() as u64, sum(&applied, outcome), "{outcome}: each is named");
    }
    let calls = rehearsal.calls();
    for (method, most) in planned["calls"].as_object().unwrap() {
        let made = calls.get(method).copied().unwrap_or_default();
        let most = most.as_u64().unwrap();
        let is_exact = method.starts_with("new") || method == "upload";
        assert!(made == most || (!is_exact && made < most), "{method}: {made} of {most}");
    }
    let there = rehearsal.dump();
    let copies = copies(&there);
    assert_eq!(
        copies.len() as u64,
        sum(&applied, "created"),
        "every created record carries its key"
    );
    assert!(copies.values().all(|&count| count == 1));

    let (code, planned) = rehearsal.run("plan", &rezora());
    assert_eq!(code, 0, "{planned}");
    let calls = rehearsal.calls();
    let (code, again) = rehearsal.run("apply", &rezora());
    agree(&planned, &again);
    assert_eq!((code, &again["kind"]), (4, &json!("delta")));
    conserved(&again);
    assert_eq!((sum(&again, "created"), sum(&again, "updated")), (0, 0), "{again}");
    let more = rehearsal.calls();
    let writes = |calls: &std::collections::BTreeMap<String, u64>| -> u64 {
        let is_write =
            |method: &str| ["new", "edit", "delete"].iter().any(|verb| method.starts_with(verb));
        calls.iter().filter(|(method, _)| is_write(method)).map(|(_, count)| count).sum()
    };
    assert_eq!(writes(&calls), writes(&more), "the second run makes no write call at all");

    let (code, back) = rehearsal.run("rollback", &rezora());
    assert_eq!(code, 0, "{back}");
    assert_eq!(records(&rehearsal.dump()), records(&before), "the records are as they were");
    judge::lawful(&rehearsal.journal()).unwrap();
    judge::made_once(&rehearsal.journal()).unwrap();
    assert!(back["irreversible"].as_array().unwrap().len() > 10, "what stays is listed");
}

#[test]
fn all_rows_of_the_rezora_table_are_visible_in_the_result() {
    let rehearsal = Rehearsal::open();
    rehearsal.run("apply", &rezora());
    let dump = rehearsal.dump();
    let people = dump["Contacts"].as_array().unwrap();
    let with = |field: &str| {
        people.iter().filter(|person| !person["customFields"][field].is_null()).count()
    };
    for field in [
        "Distribution_Groups__c",
        "Campaign_Archive__c",
        "Engagement_History__c",
        "Custom_Listing_IDs__c",
        "Engagement_Score__c",
        "Rezora_Created__c",
        "Company_Name__c",
    ] {
        assert!(with(field) > 100, "{field}: {}", with(field));
    }
    let groups = people
        .iter()
        .find_map(|person| person["customFields"]["Distribution_Groups__c"].as_str())
        .unwrap();
    let groups: Value = serde_json::from_str(groups).unwrap();
    assert!(groups[0]["name"].is_string() && groups[0]["agent"].is_string(), "{groups}");
    let companies = dump["Accounts"].as_array().unwrap();
    assert!(
        companies.iter().any(|company| company["customFields"]["Parent_Company__c"].is_string())
    );
    assert!(people.iter().any(|person| !person["accounts"].as_array().unwrap().is_empty()));
    assert!(people.iter().all(
        |person| person["customFields"]["Rezora_Id__c"].is_null() || !person["owner"].is_null()
    ));
    let leads = dump["Leads"].as_array().unwrap();
    assert!(leads.iter().any(|lead| !lead["customFields"]["Engagement_Score__c"].is_null()));
    let notes = dump["Notes"].as_array().unwrap();
    let text = |note: &Value| {
        note["noteMarkup"].as_str().or_else(|| note["note"].as_str()).unwrap_or_default().to_owned()
    };
    assert!(notes.iter().any(|note| text(note).contains("Campaign Note: ")));
    assert!(
        notes.iter().any(|note| text(note).starts_with("[20")),
        "the original time is the first line"
    );
    assert!(notes.iter().any(|note| !note["files"].is_null()), "files hang on notes");
    assert!(
        notes.iter().any(|note| text(note).contains("https://files.example/")),
        "an oversize file is linked"
    );
    archives_are_complete(&rehearsal);
    assert!(rehearsal.journal().len() > 1_800);
}

fn archives_are_complete(rehearsal: &Rehearsal) {
    let archives = rehearsal.out().join("archives");
    for file in [
        "campaigns.csv",
        "social_posts.csv",
        "engagement_events.csv",
        "group_members.csv",
        "suppression.csv",
        "campaign_notes.csv",
        "agent_roles.csv",
        "email_templates.json",
        "drip_rebuild.md",
        "saved_filters.md",
    ] {
        let text = std::fs::read_to_string(archives.join(file)).unwrap();
        assert!(text.lines().count() > 2, "{file}: {text}");
    }
    assert!(
        std::fs::read_to_string(archives.join("drip_rebuild.md")).unwrap().contains("FirstName"),
        "merge fields are listed"
    );
}

#[test]
fn what_a_person_changed_is_left_and_told() {
    let rehearsal = Rehearsal::open();
    rehearsal.run("apply", &rezora());
    let dump = rehearsal.dump();
    let person = dump["Contacts"].as_array().unwrap().iter().find(|person| {
        person["customFields"]["Flitpipe_Key__c"]
            .as_str()
            .is_some_and(|key| key.starts_with("people:123100"))
    });
    let person = person.unwrap();
    let edit = json!({ "contactId": person["id"], "rev": person["rev"], "contact": { "description": "Prefers mornings" } });
    rehearsal.person("editContact", &edit);

    let (code, back) = rehearsal.run("rollback", &rezora());
    assert_eq!(code, 6, "{back}");
    let left = back["left"].as_array().unwrap();
    assert_eq!(left[0]["record"], "people:123100", "{back}");
    for above in &left[1..] {
        let why = above["why"].as_str().unwrap();
        assert!(why.contains("depend on it: people:123100"), "what it belongs to stays: {above}");
    }
    let live = rehearsal.dump();
    let ids = |records: &Value| {
        records.as_array().unwrap().iter().any(|record| record["id"] == person["id"])
    };
    assert!(ids(&live["Contacts"]), "the record is still there");
    assert_eq!(copies(&live).len(), left.len(), "and nothing else is");
}
