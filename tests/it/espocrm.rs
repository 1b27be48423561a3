//! A folder of API pages, one JSON file an entity, there and back.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::journey::conserved;
use crate::rehearsal::{Rehearsal, copies, finished, project};

fn spec() -> PathBuf {
    project().join("pipelines/espocrm.yaml")
}

fn run(rehearsal: &Rehearsal, word: &str, folder: &Path) -> (i32, Value) {
    let mut command = rehearsal.command(word, &spec());
    finished(&command.env("ESPOCRM_EXPORT", folder).output().unwrap())
}

fn write(folder: &Path, file: &str, rows: &Value) {
    std::fs::write(folder.join(file), serde_json::to_vec_pretty(rows).unwrap()).unwrap();
}

/// Rows of a table: what they have in common, and what is their own.
fn rows(own: &[Value]) -> Value {
    let row = |(number, own): (usize, &Value)| {
        let at = format!("2026-03-{:02} 09:30:00", number + 1);
        let mut row = json!({"deleted": false, "createdAt": at, "modifiedAt": at,
                             "description": null, "createdById": "u1", "createdByName": "Ada"});
        let entries = own.as_object().unwrap().clone();
        row.as_object_mut().unwrap().extend(entries);
        row
    };
    own.iter().enumerate().map(row).collect()
}

fn parties(folder: &Path) {
    let users = json!([
        {"id": "u1", "name": "Ada Moreno", "emailAddress": "ada.moreno@shadyacres.example"},
        {"id": "u2", "name": "Carla Vance", "emailAddress": "carla.vance@shadyacres.example"},
    ]);
    write(folder, "User.json", &users);
    let account = |id: &str, name: &str, industry: &str, owner: Value| {
        json!({"id": id, "name": name, "website": format!("https://{id}.example"), "phoneNumber": null,
               "type": "Partner", "industry": industry, "billingAddressStreet": "4 Mill Rd",
               "billingAddressCity": "Lyons", "billingAddressState": "CO",
               "billingAddressPostalCode": "80540", "billingAddressCountry": "USA",
               "assignedUserId": owner})
    };
    let accounts = rows(&[
        account("a1", "Millbrook Homes", "Real Estate", "u1".into()),
        account("a2", "Tern Bank", "Banking", "u2".into()),
        account("a3", "Larch & Sons", "", Value::Null),
    ]);
    write(folder, "Account.json", &accounts);
    let contact = |id: &str, (first, last): (&str, &str), email: &str, account: Value| {
        json!({"id": id, "name": format!("{first} {last}"), "firstName": first, "lastName": last,
               "title": null, "emailAddress": email, "emailAddressIsOptedOut": false,
               "phoneNumber": "+13035550142", "addressStreet": null, "addressCity": null,
               "addressState": null, "addressPostalCode": null, "addressCountry": null,
               "accountId": account, "assignedUserId": "u1"})
    };
    let mut contacts = rows(&[
        contact("c1", ("Nora", "Quist"), "NORA.QUIST@MILLBROOK.EXAMPLE", "a1".into()),
        contact("c2", ("Pavel", "Dorn"), "pavel@tern.example", "a2".into()),
        contact("c3", ("Ines", "Vale"), "ines@larch.example", "a3".into()),
        contact("c4", ("Tom", "Ashby"), "tom@ashby.example", Value::Null),
        contact("c5", ("Mira", "Lund"), "mira@lund.example", "a1".into()),
    ]);
    contacts[3]["assignedUserId"] = Value::Null;
    contacts[2]["description"] = "Prefers mornings\nsecond line".into();
    write(folder, "Contact.json", &contacts);
    let lists = json!([{"id": "t1", "name": "Past clients"}, {"id": "t2", "name": "Open house"}]);
    write(folder, "TargetList.json", &lists);
    write(folder, "TargetList_contacts.json", &json!({"t1": ["c1", "c2", "c3"], "t2": ["c1"]}));
}

fn opportunities(folder: &Path, second: &str, changed: &str) {
    let deal = |id: &str, name: &str, stage: &str| {
        json!({"id": id, "name": name, "stage": stage, "amount": 495_000, "amountCurrency": "USD",
               "closeDate": "2026-05-04", "accountId": "a1", "contactId": "c1",
               "assignedUserId": "u1"})
    };
    let mut deals =
        rows(&[deal("o1", "Quist purchase", "Proposed"), deal("o2", "Lund sale", second)]);
    deals[1]["modifiedAt"] = changed.into();
    write(folder, "Opportunity.json", &deals);
}

fn folder() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    parties(folder);
    opportunities(folder, "Closed Won", "2026-03-02 09:30:00");
    let lead = |id: &str, name: &str, status: &str, amount: Value| {
        json!({"id": id, "name": name, "accountName": null, "status": status, "source": "Web Site",
               "emailAddress": format!("{id}@leads.example"), "opportunityAmount": amount,
               "opportunityAmountCurrency": "USD", "campaignName": "Spring letter",
               "assignedUserId": "u1"})
    };
    let leads = rows(&[
        lead("l1", "Otto Brandt", "New", json!(480_000.5)),
        lead("l2", "Lise Hagen", "Dead", Value::Null),
    ]);
    write(folder, "Lead.json", &leads);
    let note = |id: &str, kind: &str, post: Value, (parent, at): (&str, &str)| {
        json!({"id": id, "type": kind, "post": post, "data": {}, "parentType": parent,
               "parentId": at})
    };
    let notes = rows(&[
        note("n1", "Create", Value::Null, ("Contact", "c1")),
        note("n2", "Post", "Wants a **garden**".into(), ("Contact", "c1")),
        note("n3", "CreateRelated", Value::Null, ("Account", "a1")),
        note("n4", "Post", "Asked for the floor plan".into(), ("Opportunity", "o1")),
    ]);
    write(folder, "Note.json", &notes);
    temp
}

/// The records that came from the folder, by the id they had there.
fn of_ours<'d>(dump: &'d Value, entity: &str, id: &str) -> &'d Value {
    let records = dump[entity].as_array().unwrap();
    records.iter().find(|record| record["customFields"]["Espo_Id__c"] == id).unwrap()
}

fn text(note: &Value) -> &str {
    note["noteMarkup"].as_str().or_else(|| note["note"].as_str()).unwrap_or_default()
}

#[test]
fn pages_of_an_api_go_there_again_and_back() {
    let (rehearsal, folder) = (Rehearsal::open(), folder());
    let before = rehearsal.dump();
    let (code, found) = run(&rehearsal, "validate", folder.path());
    assert_eq!(code, 0, "{found}");

    let (code, applied) = run(&rehearsal, "apply", folder.path());
    assert_eq!(code, 0, "nothing is held: {applied}");
    conserved(&applied);
    for (object, created, skipped) in
        [("companies", 3, 0), ("people", 5, 0), ("leads", 2, 0), ("deals", 2, 0), ("notes", 2, 2)]
    {
        assert_eq!(applied["objects"][object]["created"], created, "{object}: {applied}");
        assert_eq!(applied["objects"][object]["skipped"], skipped, "{object}: {applied}");
    }
    let there = rehearsal.dump();
    let copied = copies(&there);
    assert_eq!(copied.len(), 14);
    assert!(copied.values().all(|&count| count == 1), "{copied:?}");
    judge_parties(&there);
    judge_work(&there);

    let calls = rehearsal.journal().len();
    let (code, again) = run(&rehearsal, "apply", folder.path());
    assert_eq!((code, &again["kind"]), (0, &json!("delta")), "{again}");
    for tally in again["objects"].as_object().unwrap().values() {
        assert_eq!((&tally["created"], &tally["updated"]), (&json!(0), &json!(0)), "{again}");
    }
    assert_eq!(rehearsal.journal().len(), calls, "the second run writes nothing");

    let (code, back) = run(&rehearsal, "rollback", folder.path());
    assert_eq!(code, 0, "{back}");
    let after = rehearsal.dump();
    assert_eq!(copies(&after).len(), 0);
    for entity in ["Accounts", "Contacts", "Leads", "Notes"] {
        let count = |dump: &Value| dump[entity].as_array().unwrap().len();
        assert_eq!(count(&after), count(&before), "{entity}");
    }
}

fn judge_parties(there: &Value) {
    let company = of_ours(there, "Accounts", "a2");
    assert_eq!(company["industry"]["name"], "Financial Services");
    let nora = of_ours(there, "Contacts", "c1");
    assert_eq!(nora["email"]["--primary"], "nora.quist@millbrook.example", "in small letters");
    assert_eq!(nora["accounts"][0]["name"], "Millbrook Homes");
    assert_eq!(nora["owner"]["name"], "Ada Moreno");
    let lists = nora["customFields"]["Target_Lists__c"].as_str().unwrap();
    let lists: Value = serde_json::from_str(lists).unwrap();
    let mut names: Vec<_> =
        lists.as_array().unwrap().iter().map(|list| list["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Open house", "Past clients"]);
    let tom = of_ours(there, "Contacts", "c4");
    assert_eq!(tom["owner"]["name"], "Migration User", "nobody's record has the fallback");
    assert_eq!(tom["accounts"], json!([]));
    assert_eq!(of_ours(there, "Contacts", "c3")["description"], "Prefers mornings\nsecond line");
}

fn judge_work(there: &Value) {
    let open = of_ours(there, "Leads", "o1");
    assert_eq!((&open["status"], &open["milestone"]["name"]), (&json!(0), &json!("Propose")));
    let won = of_ours(there, "Leads", "o2");
    assert_eq!((&won["status"], &won["milestone"]["name"]), (&json!(10), &json!("Close")));
    assert!(won["closedTime"].as_str().unwrap().starts_with("2026-05-04"), "{won}");
    assert_eq!(won["contacts"][0]["name"], "Nora Quist");
    assert_eq!(of_ours(there, "Leads", "l1")["value"]["amount"], 480_000.5);
    assert_eq!(of_ours(there, "Leads", "l2")["status"], 12);
    let notes = there["Notes"].as_array().unwrap();
    let on = |words: &str| notes.iter().find(|note| text(note).contains(words)).unwrap();
    assert_eq!(on("Wants a **garden**")["contact"]["name"], "Nora Quist");
    assert_eq!(on("floor plan")["lead"]["description"], "Quist purchase");
}

#[test]
fn a_deal_that_is_opened_again_in_the_source_is_open_again() {
    let (rehearsal, folder) = (Rehearsal::open(), folder());
    run(&rehearsal, "apply", folder.path());
    assert_eq!(of_ours(&rehearsal.dump(), "Leads", "o2")["status"], 10);
    opportunities(folder.path(), "Negotiation", "2026-03-09 08:00:00");
    let (code, again) = run(&rehearsal, "apply", folder.path());
    assert_eq!(code, 0, "{again}");
    let there = rehearsal.dump();
    let deal = of_ours(&there, "Leads", "o2");
    assert_eq!((&deal["status"], &deal["closedTime"]), (&json!(0), &Value::Null));
}
