//! The Nutshell client against the local Nutshell, over HTTP.

use std::time::Duration;

use flitpipe::crm::{
    Connection, Crm, CrmError, NewField, NewRecord, Nutshell, Patch, Snapshot, Upload, Values,
    differences,
};
use flitpipe::ground::{CrmRef, Entity};
use flitpipe::sandbox::KEY;
use flitpipe::spec::{CustomType, ObjectKind};
use serde_json::{Value, json};

use super::sandbox_client::Desk;

fn connect(desk: &Desk, key: &str) -> Nutshell {
    Nutshell::connect(Connection {
        url: desk.sandbox.nutshell().parse().unwrap(),
        user: "sandbox".to_owned(),
        key: key.to_owned().into(),
        pace_find: None,
        pace_write: None,
        backoff: Duration::from_millis(1),
        seed: 1,
        upload: Some(desk.sandbox.upload().parse().unwrap()),
    })
    .unwrap()
}

/// A sandbox with the marker's fields in place.
async fn open() -> (Desk, Nutshell) {
    let desk = Desk::open().await;
    let crm = connect(&desk, KEY);
    for entity in [Entity::Accounts, Entity::Contacts, Entity::Leads] {
        let field = field(entity, "Flitpipe_Key__c", CustomType::Text, &[]);
        assert!(crm.provision_field(&field).await.unwrap());
    }
    (desk, crm)
}

fn field(entity: Entity, name: &str, kind: CustomType, options: &[&str]) -> NewField {
    let options = options.iter().map(|one| (*one).to_owned()).collect();
    NewField { entity, name: name.to_owned(), kind, options }
}

fn values(value: Value) -> Values {
    serde_json::from_value(value).unwrap()
}

fn patch(value: Value) -> Patch {
    serde_json::from_value(value).unwrap()
}

/// Creates a record and reads it back: nothing may differ.
async fn settle(crm: &Nutshell, kind: ObjectKind, fields: Value) -> Snapshot {
    settle_as(crm, kind, fields, None).await
}

async fn settle_as(
    crm: &Nutshell,
    kind: ObjectKind,
    fields: Value,
    author: Option<&str>,
) -> Snapshot {
    let fields = values(fields);
    let marker = format!("{}s:1 k7f3q2m9", kind.name());
    let new = NewRecord { kind, fields: &fields, marker: &marker, author };
    let written = crm.create(new).await.unwrap();
    let at = CrmRef::new(kind.entity(), written.id);
    let mut read = crm.get(&at).await.unwrap().unwrap();
    assert_eq!(read.rev, written.rev);
    let later = crm.deferred(kind, &fields);
    if !later.is_empty() {
        crm.edit(&read, &later).await.unwrap();
        read = crm.get(&at).await.unwrap().unwrap();
    }
    assert_eq!(differences(kind, &fields, &read), Vec::<String>::new(), "{:?}", read.fields);
    assert_eq!(read.marker.as_deref(), Some(marker.as_str()));
    let told = format!("{:?}", read.fields);
    assert!(!told.contains("k7f3q2m9"), "the marker is no field: {told}");
    read
}

async fn anybody(crm: &Nutshell) -> String {
    settle(crm, ObjectKind::Person, json!({"name": "Ann Lee"})).await.at.to_string()
}

#[tokio::test]
async fn the_inventory_holds_everything_a_plan_asks_for() {
    let (_desk, crm) = open().await;
    let inventory = crm.inventory().await.unwrap();
    assert_eq!(inventory.instance, "379104");
    let ada = inventory.user_by_email("Ada.Moreno@shadyacres.example").unwrap();
    assert!(ada.enabled && ada.name == "Ada Moreno");
    assert!(!inventory.user_by_email("carla.vance@shadyacres.example").unwrap().enabled);
    assert!(inventory.stage("renewals / Verbal").is_some());
    assert!(inventory.stage("Sales / Verbal").is_none());
    assert_eq!(inventory.outcomes.len(), 3);
    assert_eq!(inventory.tags[&Entity::Leads], ["Hot"]);
    assert!(inventory.options(Entity::Accounts, "industry").unwrap().contains(&"Legal".to_owned()));
    assert!(inventory.custom_field(Entity::Contacts, "Job Title").is_some());
    assert!(inventory.uploads && inventory.newest.contains_key(&Entity::Leads));
}

#[tokio::test]
async fn a_company_and_a_person_read_back_as_they_were_sent() {
    let (_desk, crm) = open().await;
    for one in [
        field(Entity::Contacts, "Score__c", CustomType::Number, &[]),
        field(Entity::Contacts, "Opt_Out__c", CustomType::Bool, &[]),
        field(Entity::Contacts, "Made__c", CustomType::Datetime, &[]),
        field(Entity::Contacts, "Areas__c", CustomType::MultiChoice, &["Tax", "Law"]),
        field(Entity::Accounts, "Revenue__c", CustomType::Money, &[]),
    ] {
        assert!(crm.provision_field(&one).await.unwrap());
        assert!(!crm.provision_field(&one).await.unwrap(), "the second time it is there");
    }
    let company = settle(
        &crm,
        ObjectKind::Company,
        json!({
            "name": "Alder  & Co", "url": "https://alder.example/", "phone": "303-555-0100",
            "address.address_1": "1 Main St", "address.city": "Golden", "address.country": "US",
            "industry": "Legal", "accountType": "Vendor", "description": "Two\nlines",
            "Revenue__c": {"currency": "USD", "amount": "12500.50"}, "owner": "Users:7",
        }),
    )
    .await;
    let person = settle(
        &crm,
        ObjectKind::Person,
        json!({
            "name": "Jane Q. Doe", "email": ["Jane@mail.example", "j@mail.example"],
            "email.secondary": "second@mail.example", "phone.mobile": "+13035551234 x12",
            "phone.work": "3.03555E+9", "jobTitle": "Director", "tags": ["Hot"],
            "address.work.city": "Boulder", "address.home.city": "Reno", "owner": "Users:7",
            "accounts": [company.at.to_string()], "Score__c": 7.5, "Opt_Out__c": true,
            "Made__c": "2024-12-01T08:00:00-07:00[America/Denver]", "Areas__c": ["Law", "Tax"],
            "url.linkedin": "https://social.example/jane",
        }),
    )
    .await;
    assert_eq!(person.fields["accounts"], json!([company.at.to_string()]));
    let wanted = values(json!({"name": "Jane Doe", "Opt_Out__c": false, "phone.home": "1"}));
    assert_eq!(
        differences(ObjectKind::Person, &wanted, &person),
        ["Opt_Out__c", "name", "phone.home"]
    );
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_keeps_the_rest_of_every_list() {
    let (_desk, crm) = open().await;
    let fields = json!({"name": "Jane Doe", "email": "a@mail.example", "email.work": "w@mail.example",
        "address.work.city": "Boulder", "address.work.state": "CO", "phone.mobile": "303-555-0100"});
    let before = settle(&crm, ObjectKind::Person, fields).await;
    let change = patch(json!({"email": ["b@mail.example"], "address.work.city": "Golden",
        "phone.mobile": null, "phone.home": "303-555-0199"}));
    crm.edit(&before, &change).await.unwrap();
    let after = crm.get(&before.at).await.unwrap().unwrap();
    assert_eq!(after.fields["email"], "b@mail.example");
    assert_eq!(after.fields["email.work"], "w@mail.example");
    assert_eq!(after.fields["address.work.state"], "CO");
    assert_eq!(after.fields["address.work.city"], "Golden");
    assert!(!after.fields.contains_key("phone.mobile"));
    assert_eq!(after.fields["phone.home"], "+13035550199");
    assert_eq!(after.marker, before.marker);
    let stale = crm.edit(&before, &change).await.unwrap_err();
    assert!(matches!(stale, CrmError::Conflict { .. }), "{stale}");
}

#[tokio::test]
async fn a_lead_is_created_open_and_closed_by_an_edit() {
    let (_desk, crm) = open().await;
    let person = anybody(&crm).await;
    let company = settle(&crm, ObjectKind::Company, json!({"name": "Alder"})).await.at.to_string();
    let lead = settle(
        &crm,
        ObjectKind::Deal,
        json!({
            "description": "New seats", "stage": "Renewals / Quote sent", "status": "won",
            "closedTime": "2025-05-01T10:00:00-06:00[America/Denver]", "contacts": [person], "accounts": [company, "Accounts:3"],
            "value": {"currency": "USD", "amount": "9200.00"}, "sources": ["Referral"],
            "assignee": "Users:7", "dueTime": "2025-06-01T00:00:00Z",
        }),
    )
    .await;
    assert_eq!(lead.fields["closedTime"], "2025-05-01T16:00:00Z");
    for state in ["pending", "lost", "open"] {
        let now = crm.get(&lead.at).await.unwrap().unwrap();
        crm.edit(&now, &patch(json!({"status": state}))).await.unwrap();
        let now = crm.get(&lead.at).await.unwrap().unwrap();
        assert_eq!(now.fields["status"], state);
    }
}

#[tokio::test]
async fn an_activity_keeps_in_its_description_what_has_no_field() {
    let (_desk, crm) = open().await;
    let person = anybody(&crm).await;
    let call = settle(
        &crm,
        ObjectKind::Activity,
        json!({
            "type": "Call", "name": "Intro call", "status": "logged", "participants": [person],
            "owner": "Users:7", "startTime": "2025-04-30T16:05:00-06:00[America/Denver]",
            "duration": 207, "description": "Left voicemail", "Call_Outcome__c": "voicemail",
        }),
    )
    .await;
    assert_eq!(call.fields["endTime"], "2025-04-30T22:08:27Z");
    assert_eq!(call.fields["Call_Outcome__c"], "voicemail");
    crm.edit(&call, &patch(json!({"Call_Outcome__c": "answered"}))).await.unwrap();
    let after = crm.get(&call.at).await.unwrap().unwrap();
    assert_eq!(after.fields["Call_Outcome__c"], "answered");
    assert_eq!(after.fields["description"], "Left voicemail");
    assert_eq!(after.marker, call.marker);
    let found = crm.on_record(&person.parse().unwrap(), Entity::Activities).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].marker, call.marker);
    assert_eq!(crm.newest(Entity::Activities, 1).await.unwrap()[0].at, call.at);
}

#[tokio::test]
async fn a_task_reads_back_as_it_was_sent() {
    let (_desk, crm) = open().await;
    let person = anybody(&crm).await;
    let task = json!({"title": "Call back", "dueTime": "2025-04-30T10:00:00Z", "entity": person,
        "assignee": "Users:7", "description": "soon", "Priority__c": "high"});
    settle(&crm, ObjectKind::Task, task).await;
}

#[tokio::test]
async fn a_note_is_written_by_its_author_and_found_on_its_record() {
    let (_desk, crm) = open().await;
    let person = anybody(&crm).await;
    let note = settle_as(
        &crm,
        ObjectKind::Note,
        json!({
            "entity": person, "date": "2024-12-01T08:00:00-07:00[America/Denver]",
            "author_name": "Ada Moreno", "note": "Called.\nNo answer.", "Mood__c": "good",
        }),
        Some("ada.moreno@shadyacres.example"),
    )
    .await;
    assert!(
        note.raw["note"].as_str().unwrap().starts_with("[2024-12-01 08:00 MST · Ada Moreno]\n")
    );
    assert_eq!(note.raw["user"]["name"], "Ada Moreno");
    let found = crm.on_record(&person.parse().unwrap(), Entity::Notes).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].at, &found[0].marker), (&note.at, &note.marker));
    crm.edit(&note, &patch(json!({"note": "Reached."}))).await.unwrap();
    let after = crm.get(&note.at).await.unwrap().unwrap();
    assert_eq!(after.fields["note"], "Reached.");
    assert_eq!(after.fields["date"], note.fields["date"]);
    let fields = values(json!({"entity": person, "note": "x"}));
    let new = NewRecord {
        kind: ObjectKind::Note,
        fields: &fields,
        marker: "notes:2 abc",
        author: Some("carla.vance@shadyacres.example"),
    };
    let refused = crm.create(new).await.unwrap_err();
    assert!(matches!(refused, CrmError::Refused { status: 401, .. }), "{refused}");
}

#[tokio::test]
async fn a_file_is_uploaded_once_and_hangs_on_a_note() {
    let (desk, crm) = open().await;
    let person = anybody(&crm).await;
    let path = desk.dir.path().join("flyer.pdf");
    let content = vec![7_u8; 200_000];
    std::fs::write(&path, &content).unwrap();
    let hash = blake3::hash(&content).to_hex().to_string();
    let file = Upload {
        name: "Straße.pdf",
        mime: "application/pdf",
        hash: &hash,
        path: &path,
        length: 200_000,
    };
    let first = crm.upload(&file).await.unwrap();
    assert_eq!(crm.upload(&file).await.unwrap(), first);
    assert_eq!(first["name"], "Straße.pdf");
    let fields = json!({"entity": person, "name": "Straße.pdf", "file": first,
        "date": "2024-12-01T08:00:00-07:00[America/Denver]"});
    let note = settle(&crm, ObjectKind::File, fields).await;
    assert_eq!(note.raw["files"][0]["size"], 200_000);
    let linked = json!({"entity": person, "name": "big.mov", "link": "https://files.example/9"});
    let note = settle(&crm, ObjectKind::File, linked).await;
    assert_eq!(note.fields["note"], "big.mov\nhttps://files.example/9");
}

#[tokio::test]
async fn a_deleted_record_is_gone() {
    let (_desk, crm) = open().await;
    let person = settle(&crm, ObjectKind::Person, json!({"name": "Gone Girl"})).await;
    crm.delete(&person.at, &person.rev).await.unwrap();
    assert_eq!(crm.get(&person.at).await.unwrap(), None);
    let again = crm.delete(&person.at, &person.rev).await.unwrap_err();
    assert!(matches!(again, CrmError::Refused { code: 404, .. }), "{again}");
}

#[tokio::test]
async fn every_record_is_listed_once_by_ascending_id() {
    let (_desk, crm) = open().await;
    let first = crm.list(Entity::Contacts, 1).await.unwrap();
    assert_eq!(first.len(), 40);
    let id = |one: &Snapshot| one.at.id.0.parse::<u64>().unwrap();
    assert!(first.windows(2).all(|pair| id(&pair[0]) < id(&pair[1])));
    assert!(crm.list(Entity::Contacts, 2).await.unwrap().is_empty());
    let unlisted = crm.list(Entity::Notes, 1).await.unwrap_err();
    assert!(matches!(unlisted, CrmError::Unsupported { .. }));
}

#[tokio::test]
async fn tags_and_sources_are_made_once() {
    let (_desk, crm) = open().await;
    assert!(!crm.provision_tag(Entity::Contacts, "Hot").await.unwrap());
    assert!(crm.provision_tag(Entity::Contacts, "Warm").await.unwrap());
    assert!(!crm.provision_tag(Entity::Contacts, "Warm").await.unwrap());
    let made = crm.provision_source("Listing inquiry").await.unwrap();
    assert_eq!(crm.provision_source("listing inquiry").await.unwrap(), made);
    settle(&crm, ObjectKind::Person, json!({"name": "A B", "tags": ["Warm", "Hot"]})).await;
    let lead = json!({"description": "x", "sources": ["Listing inquiry", "Referral"]});
    settle(&crm, ObjectKind::Lead, lead).await;
}

#[tokio::test]
async fn a_wrong_key_stops_the_run_and_is_never_shown() {
    let desk = Desk::open().await;
    let crm = connect(&desk, "s3cret-key-of-the-customer");
    let fault = crm.inventory().await.unwrap_err();
    assert!(fault.stops_the_run() && matches!(fault, CrmError::Unauthorized { .. }), "{fault}");
    let told = format!("{crm:?} {fault:?} {fault}");
    assert!(!told.contains("s3cret"), "{told}");
    assert_eq!(crm.calls()["instanceData"], 1, "a refusal is not tried again");
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_before_it_is_sent() {
    let (_desk, crm) = open().await;
    for (kind, fields) in [
        (ObjectKind::Company, json!({"name": "X", "industry": "Alchemy"})),
        (ObjectKind::Deal, json!({"description": "X", "stage": "Sales / Dreaming"})),
        (ObjectKind::Activity, json!({"name": "X", "type": "Seance"})),
        (ObjectKind::Person, json!({"name": "X", "shoeSize": "44"})),
    ] {
        let fields = values(fields);
        let new = NewRecord { kind, fields: &fields, marker: "x:1 abc", author: None };
        let fault = crm.create(new).await.unwrap_err();
        assert!(matches!(fault, CrmError::Refused { status: 0, .. }), "{fault}");
    }
    assert!(!crm.calls().contains_key("newAccount"));
    assert!(!crm.supports(ObjectKind::Company, "parent"));
}
