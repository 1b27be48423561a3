//! Exports of two other CRMs: guarded and joined cells of CSV, envelopes and record trees of JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::journey::conserved;
use crate::rehearsal::{Rehearsal, copies, finished, project};

fn run(rehearsal: &Rehearsal, word: &str, folder: &Path) -> (i32, Value) {
    let spec = project().join("pipelines/bottlecrm.yaml");
    let mut command = rehearsal.command(word, &spec);
    finished(&command.env("BOTTLECRM_EXPORT", folder).output().unwrap())
}

const ACCOUNTS: &str = "\u{feff}ID,Name,Industry,Email,Phone,Website,City,State,Country,Employees,Annual revenue,Currency,Active,Assigned to,Tags,Created\r\n\
a1,Millbrook Homes,REAL ESTATE,hello@millbrook.example,'+1 303-555-0142,https://millbrook.example,Lyons,CO,United States,50,2111612.00,USD,yes,ada.moreno@shadyacres.example; nobody@old.example,Champion; Renewal,2026-03-01T03:10:21.769410+00:00\r\n\
a2,Tern Bank,ENERGY,hello@tern.example,'+1 212 555 0198,https://tern.example,Boston,MA,United States,10,8515785.50,EUR,yes,nobody@old.example,,2026-03-01T03:10:21.121460+00:00\r\n";

const CONTACTS: &str = "\u{feff}ID,First name,Last name,Email,Phone,Title,Department,Organization,Account,Linked accounts,City,State,Country,Do not call,Active,Assigned to,Tags,Created\r\n\
c1,Nora,Quist,nora@millbrook.example,'+1 303-555-0143,'=HYPERLINK,Sales,Somewhere else,,Millbrook Homes; Tern Bank,Lyons,CO,United States,no,yes,ADA.MORENO@shadyacres.example,Champion,2026-03-01T03:10:21+00:00\r\n\
c2,Pavel,Dorn,pavel@tern.example,,Owner,HR,Tern Bank,,,Boston,MA,United States,yes,yes,,,2026-03-01T03:10:21+00:00\r\n\
c3,Ines,Vale,ines@larch.example,,,,Larch & Sons,,,,,United States,no,yes,,,2026-03-01T03:10:21+00:00\r\n";

const LEADS: &str = "\u{feff}ID,First name,Last name,Company,Job title,Email,Phone,Status,Source,Rating,Industry,Amount,Currency,Probability,Close date,Last contacted,Next follow-up,City,Country,Assigned to,Tags,Created by,Created\r\n\
l1,Otto,Brandt,Tern Bank,Buyer,otto@leads.example,'+1 303-555-0144,In Process,Email,Warm,LEGAL,80441.25,USD,79,2027-02-02,,,Lyons,United States,ada.moreno@shadyacres.example,,ada.moreno@shadyacres.example,2026-03-01T03:10:24+00:00\r\n\
l2,Lise,Hagen,Unheard Of,Buyer,lise@leads.example,,Closed,Other,Hot,LEGAL,10.00,EUR,0,,,,Lyons,United States,,,ada.moreno@shadyacres.example,2026-03-01T03:10:24+00:00\r\n";

const DEALS: &str = "\u{feff}ID,Name,Account,Pipeline,Stage,Amount,Currency,Probability,Close date,Type,Lead source,Assigned to,Tags,Created\r\n\
o1,Quist purchase,Millbrook Homes,Sales,Negotiation,810069.10,USD,70,2027-01-20,Upsell,Email,ada.moreno@shadyacres.example,Renewal,2026-03-01T03:10:35+00:00\r\n\
o2,Lund sale,Millbrook Homes,Sales,Closed Won,495000.00,USD,100,2026-05-04,Renewal,Call,,,2026-03-01T03:10:35+00:00\r\n\
o3,Dorn sale,Tern Bank,Sales,Closed Lost,200.05,EUR,0,2026-05-05,Renewal,Call,,,2026-03-01T03:10:35+00:00\r\n";

fn write(folder: &Path, file: &str, value: &Value) {
    std::fs::write(folder.join(file), value.to_string()).unwrap();
}

fn folder() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    for (file, text) in [
        ("accounts.csv", ACCOUNTS),
        ("contacts.csv", CONTACTS),
        ("leads.csv", LEADS),
        ("opportunities.csv", DEALS),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let user = |id: &str, name: &str, email: &str| json!({"id": id, "user_details": {"email": email, "name": name}, "role": "USER"});
    let users = json!({
        "active_users": {"active_users_count": 2, "active_users": [
            user("p1", "Ada M.", "ada.moreno@shadyacres.example"),
            user("p2", "Somebody", "nobody@old.example"),
        ]},
        "roles": [["ADMIN", "ADMIN"]], "status": [["True", "Active"]],
    });
    write(folder, "users.json", &users);
    let ada = json!({"id": "p1", "user_details": {"email": "ada.moreno@shadyacres.example"}});
    let task = |id: &str, own: Value| {
        let mut task = json!({"id": id, "title": format!("Task {id}"), "status": "New",
            "priority": "High", "due_date": "2026-12-01", "account": null, "opportunity": null,
            "case": null, "lead": null, "project": null, "assigned_to": [ada], "tags": [],
            "created_at": "2026-03-01T03:10:44.292210Z"});
        task.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        task
    };
    let tasks = json!({"tasks_count": 4, "accounts_list": [{"id": "a1"}], "tasks": [
        task("t1", json!({"account": {"id": "a1", "name": "Millbrook Homes"}})),
        task("t2", json!({"opportunity": {"id": "o1"}, "account": {"id": "a1"},
                          "tags": [{"name": "Champion"}, {"name": "Renewal"}]})),
        task("t3", json!({"lead": {"id": "l9", "name": "Ivan Russell"}})),
        task("t4", json!({"case": {"id": "k1", "name": "Broken gate"}, "assigned_to": []})),
    ]});
    write(folder, "tasks-page1.json", &tasks);
    temp
}

fn of_ours<'d>(dump: &'d Value, entity: &str, id: &str) -> &'d Value {
    let records = dump[entity].as_array().unwrap();
    records.iter().find(|record| record["customFields"]["Bottle_Id__c"] == id).unwrap()
}

fn task<'d>(dump: &'d Value, id: &str) -> &'d Value {
    let title = format!("Task {id}");
    dump["Tasks"].as_array().unwrap().iter().find(|task| task["title"] == *title).unwrap()
}

/// The remarks that the audit list has on a record: code, field and value.
fn remarks(out: &Path, record: &str) -> Vec<String> {
    let list = std::fs::read_to_string(out.join("audit-run1.jsonl")).unwrap();
    let lines = list.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let own = lines.filter(|line| line["record"] == *record);
    let flags = own.flat_map(|line| line["flags"].as_array().unwrap().clone());
    let shown = |flag: Value| {
        let part = |key: &str| flag[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", part("code"), part("field"), part("value"))
    };
    flags.map(shown).collect()
}

#[test]
fn guarded_and_joined_cells_go_there_again_and_back() {
    let (rehearsal, folder) = (Rehearsal::open(), folder());
    let before = rehearsal.dump();
    let (code, found) = run(&rehearsal, "validate", folder.path());
    assert_eq!(code, 0, "{found}");
    let (code, plan) = run(&rehearsal, "plan", folder.path());
    assert_eq!((code, &plan["unmapped"]), (0, &json!([])), "every column is spoken of: {plan}");

    let (code, applied) = run(&rehearsal, "apply", folder.path());
    assert_eq!(code, 0, "remarks hold nothing back: {applied}");
    conserved(&applied);
    for (object, created) in
        [("companies", 2), ("people", 3), ("leads", 2), ("deals", 3), ("tasks", 4)]
    {
        assert_eq!(applied["objects"][object]["created"], created, "{object}: {applied}");
    }
    let there = rehearsal.dump();
    assert_eq!(copies(&there).len(), 14);
    judge_parties(&there);
    judge_work(&there);
    let out = rehearsal.out();
    let said = remarks(&out, "tasks:t3");
    assert!(said.contains(&"ref_missing entity l9".to_owned()), "{said:?}");
    let said = remarks(&out, "companies:a1");
    assert!(said.contains(&"more_than_one owner nobody@old.example".to_owned()), "{said:?}");

    let calls = rehearsal.journal().len();
    let (code, again) = run(&rehearsal, "apply", folder.path());
    assert_eq!((code, &again["kind"]), (0, &json!("delta")), "{again}");
    assert_eq!(rehearsal.journal().len(), calls, "the second run writes nothing");

    let (code, back) = run(&rehearsal, "rollback", folder.path());
    assert_eq!(code, 0, "{back}");
    let after = rehearsal.dump();
    assert_eq!(copies(&after).len(), 0);
    for entity in ["Accounts", "Contacts", "Leads", "Tasks"] {
        let count = |dump: &Value| dump[entity].as_array().unwrap().len();
        assert_eq!(count(&after), count(&before), "{entity}");
    }
}

fn judge_parties(there: &Value) {
    let millbrook = of_ours(there, "Accounts", "a1");
    let phone = millbrook["phone"].to_string();
    assert!(phone.contains("303") && !phone.contains('\''), "{phone}");
    assert_eq!(millbrook["owner"]["name"], "Ada Moreno", "the first of two");
    assert_eq!(
        millbrook["customFields"]["Assigned_To__c"].as_str().unwrap().matches('@').count(),
        2
    );
    assert_eq!(millbrook["industry"]["name"], "Real Estate");
    assert_eq!(of_ours(there, "Accounts", "a2")["owner"]["name"], "Migration User");
    let nora = of_ours(there, "Contacts", "c1");
    assert_eq!(nora["owner"]["name"], "Ada Moreno", "an e-mail in capitals is the same");
    assert_eq!(nora["jobTitle"], "=HYPERLINK", "without its guard");
    let names = |record: &Value| -> Vec<String> {
        let accounts = record["accounts"].as_array().unwrap().iter();
        accounts.map(|account| account["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(nora), ["Millbrook Homes", "Tern Bank"], "both of a joined cell");
    assert_eq!(names(of_ours(there, "Contacts", "c2")), ["Tern Bank"]);
    assert!(names(of_ours(there, "Contacts", "c3")).is_empty());
}

fn judge_work(there: &Value) {
    let lead = of_ours(there, "Leads", "l1");
    assert_eq!((&lead["status"], &lead["value"]["amount"]), (&json!(0), &json!(80_441.25)));
    assert_eq!(lead["accounts"][0]["name"], "Tern Bank");
    assert_eq!(of_ours(there, "Leads", "l2")["status"], 12);
    let open = of_ours(there, "Leads", "o1");
    assert_eq!((&open["status"], &open["milestone"]["name"]), (&json!(0), &json!("Close")));
    let won = of_ours(there, "Leads", "o2");
    assert_eq!(won["status"], 10);
    assert!(won["closedTime"].as_str().unwrap().starts_with("2026-05-04"), "{won}");
    let lost = &of_ours(there, "Leads", "o3");
    assert_eq!((&lost["status"], &lost["value"]["currency"]), (&json!(11), &json!("EUR")));
    assert_eq!(task(there, "t1")["entity"]["name"], "Millbrook Homes");
    let deal = task(there, "t2");
    assert_eq!(deal["entity"]["description"], "Quist purchase", "the first column that is filled");
    assert_eq!(deal["assignee"]["name"], "Ada Moreno");
    assert!(deal["description"].as_str().unwrap().contains("Tags__c: Champion; Renewal"));
    let alone = task(there, "t3");
    assert_eq!(alone["entity"], Value::Null);
    assert!(alone["description"].as_str().unwrap().contains("Lead__c: Ivan Russell"));
    assert!(task(there, "t4")["description"].as_str().unwrap().contains("Broken gate"));
}

#[test]
fn a_column_that_the_spec_forgot_is_told_by_the_plan() {
    let (rehearsal, folder) = (Rehearsal::open(), folder());
    let with_fax = |(number, line): (usize, &str)| match number {
        0 => format!("{line},Fax,Fax 2\r\n"),
        1 => format!("{line},5550100,\r\n"),
        _ => format!("{line},,\r\n"),
    };
    let accounts: String = ACCOUNTS.lines().enumerate().map(with_fax).collect();
    std::fs::write(folder.path().join("accounts.csv"), accounts).unwrap();
    let (code, plan) = run(&rehearsal, "plan", folder.path());
    let expected = json!([{"table": "accounts", "column": "fax", "rows": 1}]);
    assert_eq!((code, &plan["unmapped"]), (0, &expected), "an empty column is none: {plan}");
    let column = |name: &str| {
        let columns = plan["columns"].as_array().unwrap().iter();
        let mut of_accounts = columns.filter(|one| one["table"] == "accounts");
        of_accounts.find(|one| one["column"] == name).unwrap_or_else(|| panic!("{plan}")).clone()
    };
    let fax = json!({"table": "accounts", "column": "fax", "shown": "Fax", "rows": 1, "way": "unmapped", "to": []});
    assert_eq!(column("fax"), fax);
    assert_eq!(column("active")["way"], "ignored");
    assert_eq!(column("name")["to"], json!(["companies.name"]));
    let spec = project().join("pipelines/bottlecrm.yaml");
    let strict = |word: &str| {
        let mut command = rehearsal.command(word, &spec);
        let command = command.env("BOTTLECRM_EXPORT", folder.path()).arg("--strict");
        finished(&command.output().unwrap())
    };
    for word in ["plan", "apply"] {
        let (code, said) = strict(word);
        let gate = &said["gates"][0];
        assert_eq!((code, &gate["code"]), (5, &json!("unmapped_columns")), "{word}: {said}");
        assert_eq!(gate["message"], "nothing maps accounts.fax (1 row)");
    }
    assert!(rehearsal.journal().is_empty(), "nothing moved");
}

#[test]
fn record_trees_are_read_with_their_references() {
    let temp = tempfile::tempdir().unwrap();
    let record = |id: &str, own: Value| {
        let mut record = json!({"attributes": {"type": "X", "referenceId": id}});
        record.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        record
    };
    let tree = |records: &[Value]| json!({ "records": records });
    let broker = json!({"Name": "Ruth Vale", "Title__c": "Broker", "Phone__c": "617-244-3672",
                        "Mobile_Phone__c": "617-244-3673", "Email__c": "ruth@trees.example"});
    write(temp.path(), "brokers-data.json", &tree(&[record("RuthRef", broker)]));
    let contact = json!({"FirstName": "Brad", "LastName": "Holm", "Phone": "617-555-0143",
                         "Email": "brad@trees.example"});
    write(temp.path(), "contacts-data.json", &tree(&[record("Contact1Ref", contact)]));
    let property = |name: &str, broker: &str| {
        json!({"Name": name, "Address__c": "18 Mill Rd", "Price__c": 975_000, "Tags__c": "victorian",
               "Broker__c": broker, "Status__c": "Contracted"})
    };
    let properties = [
        record("P1", property("Stunning", "@RuthRef")),
        record("P2", property("Modern", "@GoneRef")),
    ];
    write(temp.path(), "properties-data.json", &tree(&properties));
    let rehearsal = Rehearsal::open();
    let spec = project().join("pipelines/dreamhouse.yaml");
    let mut command = rehearsal.command("apply", &spec);
    let output = command.env("DREAMHOUSE_EXPORT", temp.path()).output().unwrap();
    let (code, applied) = finished(&output);
    assert_eq!(code, 0, "{applied}");
    conserved(&applied);
    let there = rehearsal.dump();
    let leads = there["Leads"].as_array().unwrap();
    let of = |name: &str| {
        let title = format!("{name}, 18 Mill Rd");
        leads.iter().find(|lead| lead["description"] == *title).unwrap()
    };
    assert_eq!(of("Stunning")["contacts"][0]["name"], "Ruth Vale");
    assert_eq!(of("Stunning")["status"], 1);
    assert_eq!(of("Modern")["contacts"], json!([]));
    let said = remarks(&rehearsal.out(), "listings:P2");
    assert_eq!(said, ["ref_missing contacts @GoneRef"]);
}

/// The folder of a real export, for those who have one.
fn real() -> Option<PathBuf> {
    std::env::var_os("BOTTLECRM_EXPORT").map(PathBuf::from).filter(|folder| folder.is_dir())
}

/// Currency and stage to the number of deals and the sum of their amounts, in cents.
type Sums = BTreeMap<(String, String), (u64, i64)>;

fn add(sums: &mut Sums, key: (&str, &str), amount: &str) {
    let (whole, cents) = amount.split_once('.').unwrap_or((amount, "0"));
    let cents: i64 = format!("{cents:0<2}").parse().unwrap();
    let sum = sums.entry((key.0.to_owned(), key.1.to_owned())).or_default();
    *sum = (sum.0 + 1, sum.1 + whole.parse::<i64>().unwrap() * 100 + cents);
}

#[test]
fn a_real_export_has_the_same_sums_by_currency_and_stage_on_both_sides() {
    let Some(folder) = real() else { return };
    let rehearsal = Rehearsal::open();
    let (code, applied) = run(&rehearsal, "apply", &folder);
    assert_eq!(code, 0, "{applied}");
    conserved(&applied);
    let (mut source, mut there) = (Sums::new(), Sums::new());
    let mut deals = csv::Reader::from_path(folder.join("opportunities.csv")).unwrap();
    for deal in deals.deserialize::<BTreeMap<String, String>>() {
        let deal = deal.unwrap();
        add(&mut source, (&deal["Currency"], &deal["Stage"]), &deal["Amount"]);
    }
    for lead in rehearsal.dump()["Leads"].as_array().unwrap() {
        let Some(stage) = lead["customFields"]["Source_Stage__c"].as_str() else { continue };
        let value = &lead["value"];
        add(&mut there, (value["currency"].as_str().unwrap(), stage), &value["amount"].to_string());
    }
    assert_eq!(source, there);
    let (code, back) = run(&rehearsal, "rollback", &folder);
    assert_eq!((code, copies(&rehearsal.dump()).len()), (0, 0), "{back}");
}
