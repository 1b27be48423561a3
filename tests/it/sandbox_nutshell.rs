//! The local Nutshell, as a client sees it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::sandbox_client::Desk;

#[tokio::test]
async fn a_new_person_comes_back_normalised_and_with_rev_zero() {
    let desk = Desk::open().await;
    let person = json!({"name": "Joan Q Smith", "email": ["joan@mail.example"], "phone": {"cell": "734-555-0100"},
        "url": "joan.example", "customFields": {"Job Title": "Director"}});
    let made = desk.call("newContact", json!({"contact": person})).await;
    assert_eq!(made["rev"], "0");
    assert_eq!(made["entityType"], "Contacts");
    assert_eq!(made["name"]["givenName"], "Joan Q");
    assert_eq!(made["name"]["familyName"], "Smith");
    assert_eq!(made["email"]["--primary"], "joan@mail.example");
    assert_eq!(made["phone"]["cell"]["E164"], "+17345550100");
    assert_eq!(made["url"]["0"], "http://joan.example");
    assert!(made.get("address").is_none(), "what is empty is absent");
    let read = desk.call("getContact", json!([made["id"]])).await;
    assert_eq!(read, made, "positional parameters read the same record");
}

#[tokio::test]
async fn an_edit_with_an_old_rev_is_refused_and_changes_nothing() {
    let desk = Desk::open().await;
    let made = desk.call("newAccount", json!({"account": {"name": "Alder"}})).await;
    let id = &made["id"];
    let edited = desk
        .call(
            "editAccount",
            json!({"accountId": id, "rev": "0", "account": {"name": "Alder & Co"}}),
        )
        .await;
    assert_eq!(edited["rev"], "1");
    let stale = json!({"accountId": id, "rev": "0", "account": {"name": "Third"}});
    assert_eq!(
        desk.refused("editAccount", stale).await,
        (409, "rev key is out-of-date".to_owned())
    );
    let forced = json!({"accountId": id, "rev": "REV_IGNORE", "account": {"description": "kept"}});
    let forced = desk.call("editAccount", forced).await;
    assert_eq!(forced["name"], "Alder & Co");
    assert_eq!(forced["description"], "kept");
}

#[tokio::test]
async fn a_list_that_is_sent_replaces_the_whole_list_and_a_note_is_added() {
    let desk = Desk::open().await;
    let one = desk.call("newAccount", json!({"account": {"name": "One"}})).await;
    let two = desk.call("newAccount", json!({"account": {"name": "Two"}})).await;
    let person = json!({"name": "Ann Lee", "email": {"0": "a@mail.example", "work": "b@mail.example"},
        "accounts": [{"id": one["id"], "relationship": "Owner"}], "note": "first"});
    let made = desk.call("newContact", json!({"contact": person})).await;
    assert_eq!(made["accounts"][0]["relationship"], "Owner");
    let patch =
        json!({"email": ["c@mail.example"], "accounts": [{"id": two["id"]}], "note": "second"});
    let edited = desk
        .call("editContact", json!({"contactId": made["id"], "rev": made["rev"], "contact": patch}))
        .await;
    assert_eq!(edited["email"], json!({"0": "c@mail.example", "--primary": "c@mail.example"}));
    assert_eq!(edited["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(edited["accounts"][0]["name"], "Two");
    assert_eq!(edited["notes"].as_array().unwrap().len(), 2);
    let company = desk.call("getAccount", json!({"accountId": two["id"]})).await;
    assert_eq!(company["contacts"][0]["name"], "Ann Lee", "the other side shows the link");
    let found = desk.call("searchByEmail", json!(["a@mail.example"])).await;
    assert_eq!(found["contacts"], json!([]), "the old address is forgotten");
}

#[tokio::test]
async fn a_deleted_record_is_gone_until_it_is_undeleted() {
    let desk = Desk::open().await;
    let made = desk.call("newContact", json!({"contact": {"name": "Gone Girl"}})).await;
    let key = json!({"contactId": made["id"], "rev": made["rev"]});
    assert_eq!(desk.call("deleteContact", key.clone()).await, json!(true));
    assert_eq!(desk.refused("getContact", json!({"contactId": made["id"]})).await.0, 404);
    assert_eq!(desk.refused("deleteContact", key).await.0, 404);
    let path = format!("/rest/contacts/{}-contacts/undelete", made["id"]);
    assert_eq!(desk.post(&path, json!({})).await.0, 200);
    let back = desk.call("getContact", json!({"contactId": made["id"]})).await;
    assert_eq!(back["name"]["displayName"], "Gone Girl");
}

#[tokio::test]
async fn an_impersonated_user_is_the_author_and_only_the_author_can_change_the_note() {
    let mut desk = Desk::open().await;
    let person = desk.call("newContact", json!({"contact": {"name": "Ann Lee"}})).await;
    let before = person["rev"].clone();
    desk.user = "ada.moreno@shadyacres.example".to_owned();
    let entity = json!({"entityType": "Contacts", "id": person["id"]});
    let note = desk
        .call(
            "newNote",
            json!({"entity": entity, "note": {"entityType": "Notes", "note": "hello"}}),
        )
        .await;
    assert_eq!(note["user"]["name"], "Ada Moreno");
    assert_eq!(note["contact"]["id"], person["id"]);
    desk.user = "sandbox".to_owned();
    let edit = json!({"noteId": note["id"], "rev": note["rev"], "note": "mine"});
    assert_eq!(desk.refused("editNote", edit).await.0, 403);
    let after = desk.call("getContact", json!({"contactId": person["id"]})).await;
    assert_ne!(after["rev"], before, "a note moves its parent on");
    desk.user = "carla.vance@shadyacres.example".to_owned();
    assert_eq!(desk.refused("getUser", json!({})).await.0, 401);
    desk.user = "nobody@mail.example".to_owned();
    assert_eq!(desk.refused("getUser", json!({})).await, (401, "API key not found".to_owned()));
}

#[tokio::test]
async fn full_pages_hold_a_hundred_at_most_and_ids_have_gaps() {
    let desk = Desk::open().await;
    for at in 0..90 {
        desk.call("newContact", json!({"contact": {"name": format!("P {at}")}})).await;
    }
    let find = |page: i64, stubs: bool| json!({"limit": 500, "page": page, "orderBy": "id", "stubResponses": stubs});
    let first = desk.call("findContacts", find(1, false)).await;
    let second = desk.call("findContacts", find(2, false)).await;
    assert_eq!(first.as_array().unwrap().len(), 100);
    assert_eq!(second.as_array().unwrap().len(), 30);
    let ids: Vec<i64> =
        first.as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect();
    assert!(
        ids.windows(2).all(|pair| pair[1] > pair[0])
            && ids.windows(2).all(|pair| pair[1] != pair[0] + 1)
    );
    let stubs = desk.call("findContacts", find(1, true)).await;
    assert_eq!(stubs.as_array().unwrap().len(), 130);
    assert!(stubs[0]["stub"].as_bool().unwrap() && stubs[0]["name"].is_string());
}

#[tokio::test]
async fn what_the_service_refuses_is_refused_with_its_status() {
    let desk = Desk::open().await;
    let lead = |lead: Value| json!({"lead": lead});
    let long = "x".repeat(101);
    assert_eq!(desk.refused("newLead", lead(json!({"description": long}))).await.0, 400);
    assert_eq!(desk.refused("newLead", lead(json!({"tags": ["Unheard of"]}))).await.0, 400);
    let field = desk.refused("newLead", lead(json!({"customFields": {"Nope": 1}}))).await;
    assert!(field.0 == 400 && field.1.contains("is not a custom field"), "{field:?}");
    assert_eq!(
        desk.refused("newContact", json!({"contact": {"description": "nobody"}})).await.0,
        400
    );
    assert_eq!(
        desk.refused("newTag", json!({"tag": {"name": "Hot", "entityType": "Leads"}})).await.0,
        400
    );
    assert_eq!(desk.refused("noSuchThing", json!({})).await, (404, "Method not found".to_owned()));
    assert_eq!(desk.refused("getContact", json!({"contactId": 5_000_000})).await.0, 404);
    assert!(
        desk.refused("getContact", json!({}))
            .await
            .1
            .contains("missing required parameter: contactId")
    );
}

#[tokio::test]
async fn a_lead_is_opened_closed_and_reopened_the_way_the_service_wants() {
    let desk = Desk::open().await;
    let outcomes = desk.call("findLead_Outcomes", json!({})).await;
    let won = outcomes.as_array().unwrap().iter().find(|one| one["type"] == 10).unwrap().clone();
    let lead = desk.call("newLead", json!({"lead": {"description": "New seats", "value": {"amount": 9200, "currency": "USD"}}})).await;
    assert_eq!((&lead["rev"], &lead["status"]), (&json!("2"), &json!(0)));
    assert_ne!(lead["name"], json!(format!("Lead-{}", lead["id"])), "the number is not the id");
    assert_eq!(lead["stageset"]["name"], "Sales");
    let edit = |rev: &Value, lead_: Value| json!({"leadId": lead["id"], "rev": rev, "lead": lead_});
    let bare = desk.refused("editLead", edit(&lead["rev"], json!({"status": 10}))).await;
    assert!(
        bare.0 == 400 && bare.1.starts_with("Lead status can only be set to 0 (for reopening)")
    );
    let untyped = edit(&lead["rev"], json!({"contacts": [{"id": 3}]}));
    assert_eq!(desk.refused("editLead", untyped).await.0, 400);
    let closed =
        edit(&lead["rev"], json!({"outcomeId": won["id"], "closedTime": "2025-05-01T10:00:00Z"}));
    let closed = desk.call("editLead", closed).await;
    assert_eq!(
        (&closed["status"], &closed["closedTime"]),
        (&json!(10), &json!("2025-05-01T10:00:00+0000"))
    );
    let open = desk.call("editLead", edit(&closed["rev"], json!({"status": 0}))).await;
    assert_eq!(open["status"], 0);
    assert!(open.get("outcome").is_none());
    let pending = desk.call("editLead", edit(&open["rev"], json!({"isPending": true}))).await;
    assert_eq!(pending["status"], 1);
}

#[tokio::test]
async fn clients_of_every_habit_are_understood() {
    let desk = Desk::open().await;
    // An old PHP client: form content type, no jsonrpc, an empty list for no parameters.
    let body = r#"{"method":"getUser","params":[],"id":7}"#;
    let request = desk.http.post(desk.endpoint()).basic_auth("sandbox", Some("sandbox"));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!((&answer["id"], &answer["error"]), (&json!(7), &Value::Null));
    assert!(answer.get("jsonrpc").is_none() && answer.as_object().unwrap().contains_key("error"));
    assert_eq!(answer["result"]["emails"], json!(["migration@sandbox.example"]));
    // A Node client: no content type at all, chunked.
    let chunks =
        futures_util::stream::iter([Ok::<_, std::io::Error>(&body[..10]), Ok(&body[10..])]);
    let request = desk.http.post(desk.endpoint()).basic_auth("sandbox", Some("sandbox"));
    let answer = request.body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let malformed = desk
        .http
        .post(desk.endpoint())
        .basic_auth("sandbox", Some("sandbox"))
        .body("[1]")
        .send()
        .await
        .unwrap();
    assert_eq!(malformed.json::<Value>().await.unwrap()["error"]["message"], "Invalid Request");
    let map: Value = desk.http.get(desk.endpoint()).send().await.unwrap().json().await.unwrap();
    assert_eq!(map["services"]["editLead"]["parameters"][1]["name"], "rev");
    let discovery = format!("{}/v1/json", desk.sandbox.nutshell());
    let ask = json!({"method": "getApiForUsername", "params": {"username": "dana@newcorp.example"}, "id": "a"});
    let answer: Value =
        desk.http.post(discovery).json(&ask).send().await.unwrap().json().await.unwrap();
    assert!(desk.endpoint().contains(answer["result"]["api"].as_str().unwrap()));
}

#[tokio::test]
async fn an_unchanged_record_is_not_sent_again() {
    let desk = Desk::open().await;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "findUsers", "params": {}});
    let ask = || desk.http.post(desk.endpoint()).basic_auth("sandbox", Some("sandbox")).json(&body);
    let first = ask().send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let again = ask().header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.text().await.unwrap(), "");
}

#[tokio::test]
async fn the_state_outlives_a_restart_and_a_reset_empties_it() {
    let desk = Desk::open().await;
    let (dir, first) = (Arc::clone(&desk.dir), desk.endpoint());
    let made = desk.call("newContact", json!({"contact": {"name": "Still Here"}})).await;
    desk.sandbox.stop().await;
    let desk = Desk::reopen(Arc::clone(&dir)).await;
    assert_eq!(desk.endpoint(), first, "the address stays the same");
    let read = desk.call("getContact", json!({"contactId": made["id"]})).await;
    assert_eq!(read["name"]["displayName"], "Still Here");
    let journal = desk.get("/sandbox/journal?since=0").await;
    assert_eq!(journal.as_array().unwrap().len(), 1, "what was planted is not in the journal");
    assert_eq!(journal[0]["method"], "newContact");
    assert_eq!(desk.get("/sandbox/calls").await["newContact"], 1);
    desk.sandbox.stop().await;
    flitpipe::sandbox::reset(dir.path()).unwrap();
    let desk = Desk::reopen(dir).await;
    let dump = desk.get("/sandbox/dump").await;
    assert_eq!(dump["Contacts"].as_array().unwrap().len(), 40);
    assert_eq!(dump["Accounts"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn three_hundred_creates_take_seconds_at_most() {
    let desk = Desk::open().await;
    let begun = std::time::Instant::now();
    for at in 0..300 {
        let person = json!({"name": format!("Quick {at}"), "email": format!("q{at}@mail.example")});
        desk.call("newContact", json!({"contact": person})).await;
    }
    let spent = begun.elapsed();
    println!("300 creates in {spent:?}");
    assert!(spent.as_secs() < 15, "{spent:?}");
}
