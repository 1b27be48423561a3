//! What hangs on records in the local Nutshell, and what an account holds beside them.

use serde_json::{Value, json};

use super::sandbox_client::Desk;

#[tokio::test]
async fn custom_fields_are_made_over_rest_and_checked_on_every_write() {
    let desk = Desk::open().await;
    let stage = json!({"name": "Stage", "type": "Decision", "choices": ["Hot", "Cold"], "isMultiple": false});
    assert_eq!(desk.post("/rest/contacts/customfield", stage).await.0, 200);
    let long = json!({"name": "History", "type": "LongText"});
    assert_eq!(desk.post("/rest/contacts/customfield", long.clone()).await.0, 200);
    assert_eq!(
        desk.post("/rest/contacts/customfield", long).await.0,
        400,
        "twice is once too often"
    );
    let fields = desk.call("findCustomFields", json!({})).await;
    let stage =
        fields["Contacts"].as_array().unwrap().iter().find(|one| one["name"] == "Stage").unwrap();
    assert_eq!((&stage["type"], &stage["enumElements"]["2"]), (&json!("Enum"), &json!("Cold")));
    let with = |name: &str, value: Value| json!({"contact": {"name": "Ann", "customFields": {name: value}}});
    assert_eq!(desk.refused("newContact", with("Stage", json!("Warm"))).await.0, 400);
    assert_eq!(desk.refused("newContact", with("Job Title", json!("x".repeat(256)))).await.0, 400);
    assert_eq!(desk.refused("newContact", with("History", json!("é".repeat(32_768)))).await.0, 400);
    let made = desk.call("newContact", with("History", json!("é".repeat(32_767)))).await;
    let patch = json!({"customFields": {"History": null, "Stage": "Hot"}});
    let edited = json!({"contactId": made["id"], "rev": made["rev"], "contact": patch});
    assert_eq!(desk.call("editContact", edited).await["customFields"], json!({"Stage": "Hot"}));
    let found = desk.get("/rest/contacts?filter[Stage]=Hot").await;
    assert_eq!(found["contacts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_upload_repeated_is_the_same_file_and_shows_on_the_note() {
    let desk = Desk::open().await;
    let person = desk.call("newContact", json!({"contact": {"name": "Ann Lee"}})).await;
    let url = format!("{}/{}", desk.sandbox.upload(), blake3::hash(b"flyer").to_hex());
    let mut ids = Vec::new();
    for _ in 0..2 {
        let put = desk
            .http
            .put(&url)
            .basic_auth("sandbox", Some("sandbox"))
            .header("x-file-name", "a%20b.pdf");
        let file: Value = put
            .header("content-type", "application/pdf")
            .body("flyer")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!((&file["name"], &file["size"]), (&json!("a b.pdf"), &json!(5)));
        ids.push(file["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let note = json!({"entityType": "Notes", "note": "a b.pdf", "files": [{"entityType": "Files", "id": ids[0]}]});
    let made = desk
        .call(
            "newNote",
            json!({"entity": {"entityType": "Contacts", "id": person["id"]}, "note": note}),
        )
        .await;
    assert_eq!(made["files"][0]["name"], "a b.pdf");
    let wrong = desk
        .http
        .put(&url)
        .basic_auth("sandbox", Some("sandbox"))
        .body("other")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 400);
    let large = desk
        .http
        .put(&url)
        .basic_auth("sandbox", Some("sandbox"))
        .body(vec![0; 21 * 1024 * 1024])
        .send()
        .await;
    assert!(large.map_or(true, |large| large.status() == 413));
}

#[tokio::test]
async fn activities_and_tasks_hang_on_what_they_are_about() {
    let desk = Desk::open().await;
    let person = desk.call("newContact", json!({"contact": {"name": "Ann Lee"}})).await;
    let lead = desk.call("newLead", json!({"lead": {"description": "Seats"}})).await;
    let participants = json!([{"entityType": "Contacts", "id": person["id"]}]);
    let activity = json!({"name": "Intro call", "startTime": "2024-03-30T10:00:00+00:00", "endTime": "2024-03-30T10:30:00Z",
        "participants": participants, "leads": [{"id": lead["id"]}], "status": 1, "logNote": {"note": "went well"}});
    let made = desk.call("newActivity", json!({"activity": activity})).await;
    assert_eq!(made["startTime"], "2024-03-30T10:00:00+0000");
    assert_eq!(made["logNote"]["note"], "went well");
    assert_eq!(made["loggedBy"]["name"], "Migration User");
    let found = desk.call("findActivities", json!({"query": {"contactId": [person["id"]]}})).await;
    assert_eq!(found[0]["id"], made["id"]);
    let task = json!({"title": "Send MSA", "entity": {"entityType": "Leads", "id": lead["id"]}});
    desk.call("newTask", json!({"task": task})).await;
    let timeline = desk
        .call("findTimeline", json!({"query": {"entityType": "Leads", "id": lead["id"]}}))
        .await;
    assert_eq!(timeline.as_array().unwrap().len(), 2);
    assert_eq!(desk.refused("newTask", json!({"task": {"dueTime": "2026-01-01"}})).await.0, 400);
}

#[tokio::test]
async fn an_account_that_was_never_touched_holds_people_and_lists_to_match_against() {
    let desk = Desk::open().await;
    let twice = desk.call("searchByEmail", json!(["contact14@mail.example"])).await;
    assert_eq!(twice["contacts"].as_array().unwrap().len(), 2, "one address, two people");
    let companies = desk.call("searchAccounts", json!(["Twin Peaks Lending"])).await;
    assert_eq!(companies.as_array().unwrap().len(), 2);
    let users = desk.call("findUsers", json!({"limit": 100})).await;
    let disabled =
        users.as_array().unwrap().iter().filter(|user| user["isEnabled"] == false).count();
    assert_eq!(disabled, 1);
    let stages = desk.call("findMilestones", json!({"limit": 100})).await;
    for stage in ["Negotiation", "Quote sent", "Nurturing"] {
        assert!(stages.as_array().unwrap().iter().any(|one| one["name"] == stage), "{stage}");
    }
    let leads = desk
        .call(
            "findLeads",
            json!({"query": {"filter": 2, "status": 0, "stagesetId": stages[0]["stagesetId"]}}),
        )
        .await;
    assert!(leads.as_array().is_some());
}

#[tokio::test]
async fn tags_are_made_before_they_are_used_and_sources_once_only() {
    let desk = Desk::open().await;
    desk.call("newTag", json!({"tag": {"name": "Active", "entityType": "Contacts"}})).await;
    let made = desk
        .call("newContact", json!({"contact": {"name": "Ann", "tags": ["Active", "Hot"]}}))
        .await;
    assert_eq!(made["tags"], json!(["Active", "Hot"]));
    let found = desk.call("findContacts", json!({"query": {"tag": "Active"}})).await;
    assert_eq!(found[0]["id"], made["id"]);
    let first = desk.call("newSource", json!({"name": "Listing inquiry"})).await;
    let again = desk.call("newSource", json!(["Listing inquiry"])).await;
    assert_eq!(first["id"], again["id"]);
    let lead = json!({"description": "Inquiry", "sources": [{"id": first["id"]}], "contacts": [{"id": made["id"]}]});
    let lead = desk.call("newLead", json!({"lead": lead})).await;
    assert_eq!(lead["sources"][0]["name"], "Listing inquiry");
    let of = desk.call("findLeads", json!({"query": {"contactId": made["id"]}})).await;
    assert_eq!(of[0]["id"], lead["id"]);
}
