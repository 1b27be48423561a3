//! The part of the REST API that a migration needs: custom fields, undelete, look-ups by field, notes.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use rusqlite::types::Value as Sql;
use serde_json::{Map, Value, json};

use super::auth;
use super::custom::{self, Arity, Definition};
use super::fault::Fault;
use super::find::{by_id, select};
use super::kind::Kind;
use super::normal::text;
use super::render;
use super::store::Store;
use super::wire::{blocking, body};
use super::work::{Change, Record, Work};
use super::written;

/// The REST paths.
pub(crate) fn routes() -> Router<Arc<Store>> {
    Router::new()
        .route("/rest/{kind}", get(list))
        .route("/rest/{kind}/customfield", post(define))
        .route("/rest/{kind}/customfields/attributes", get(attributes))
        .route("/rest/{kind}/{id}", get(one).delete(remove))
        .route("/rest/{kind}/{id}/undelete", post(undelete))
}

fn kind_of(word: &str) -> Result<Kind, Fault> {
    Kind::of(word)
        .filter(|kind| kind.is_main() || [Kind::Note, Kind::Tag, Kind::Source].contains(kind))
        .ok_or_else(|| Fault::rpc(404, format!("no resource {word}")))
}

/// `23-accounts` or `23`.
fn id_of(word: &str) -> Result<i64, Fault> {
    let number = word.split('-').next().unwrap_or_default();
    number.parse().map_err(|_| Fault::rpc(404, format!("no record {word}")))
}

async fn run(
    store: Arc<Store>,
    headers: HeaderMap,
    word: String,
    call: impl FnOnce(&Work<'_>, Kind) -> Result<Value, Fault> + Send + 'static,
) -> Response {
    let answer = blocking(move || {
        store.count("rest")?;
        let caller = auth::caller(&store, &headers)?;
        let kind = kind_of(&word)?;
        store.call(caller, |work| call(work, kind))
    });
    match answer.await {
        Ok(answer) => body(StatusCode::OK, &answer),
        Err(fault) => {
            let error = json!({
                "id": null, "type": "errors", "code": null, "detail": fault.message, "href": null,
                "status": fault.status().as_str(), "title": fault.message, "field": null,
            });
            body(fault.status(), &json!({"meta": {}, "links": {}, "errors": [error]}))
        }
    }
}

async fn define(
    State(store): State<Arc<Store>>,
    Path(word): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    run(store, headers, word, move |work, kind| {
        let given: Value = serde_json::from_slice(&bytes).map_err(|_| Fault::invalid("not JSON"))?;
        if !kind.is_main() {
            return Err(Fault::invalid(format!("{} have no custom fields", kind.entity())));
        }
        let name = given.get("title").or_else(|| given.get("name")).and_then(text).unwrap_or_default();
        let name = given.get("name").and_then(text).unwrap_or(name);
        let r#type = given.get("type").and_then(text).unwrap_or_else(|| "Text".to_owned());
        let choices: Vec<String> =
            given.get("choices").and_then(Value::as_array).into_iter().flatten().filter_map(text).collect();
        let multiple = given.get("isMultiple") == Some(&Value::Bool(true));
        let multiple = if multiple { Arity::Many } else { Arity::One };
        let field = Definition { name: &name, r#type: &r#type, choices: &choices, multiple };
        let id = custom::define(work, kind, &field)?;
        work.journal("POST customfield", Some((kind, id)), &given, Change::default())?;
        Ok(json!({"customFields": [{"id": id.to_string(), "name": name, "title": name, "type": r#type}]}))
    })
    .await
}

async fn attributes(
    State(store): State<Arc<Store>>,
    Path(word): Path<String>,
    headers: HeaderMap,
) -> Response {
    run(store, headers, word, |work, kind| {
        let fields: Vec<Value> = custom::fields(work, kind)?
            .into_iter()
            .map(|field| {
                json!({
                    "id": field.id.to_string(), "name": field.name, "title": field.name, "type": field.r#type,
                    "isMultiple": field.multiple, "choices": field.choices,
                })
            })
            .collect();
        Ok(json!({"customFields": fields}))
    })
    .await
}

async fn undelete(
    State(store): State<Arc<Store>>,
    Path((word, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    run(store, headers, word, move |work, kind| {
        let record = written::undelete(work, kind, id_of(&id)?)?;
        work.journal("POST undelete", Some((kind, record.id)), &Value::Null, Change::default())?;
        Ok(page(kind, vec![resource(&record)]))
    })
    .await
}

async fn remove(
    State(store): State<Arc<Store>>,
    Path((word, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    run(store, headers, word, move |work, kind| {
        let id = id_of(&id)?;
        let before = render::full(work, &work.get(kind, id)?)?;
        written::delete(work, kind, id, &"REV_IGNORE".into())?;
        let change = Change { before: Some(&before), after: None };
        work.journal("DELETE", Some((kind, id)), &Value::Null, change)?;
        Ok(page(kind, Vec::new()))
    })
    .await
}

async fn one(
    State(store): State<Arc<Store>>,
    Path((word, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    run(store, headers, word, move |work, kind| {
        Ok(page(kind, vec![resource(&work.get(kind, id_of(&id)?)?)]))
    })
    .await
}

async fn list(
    State(store): State<Arc<Store>>,
    Path(word): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    run(store, headers, word, move |work, kind| {
        let mut clauses = vec!["entity = ?".to_owned(), "deleted IS NULL".to_owned()];
        let mut values = vec![Sql::Text(kind.entity().to_owned())];
        for (key, value) in &query {
            if let Some(name) = key.strip_prefix("filter[").and_then(|rest| rest.strip_suffix(']')) {
                let path = format!("$.customFields.\"{}\"", name.replace('"', ""));
                clauses.push("json_extract(body, ?) = ?".to_owned());
                values.extend([path, value.clone()].map(Sql::Text));
            } else if key == "email" {
                clauses.push("id IN (SELECT email.id FROM email WHERE email.entity = record.entity AND address = ?)".to_owned());
                values.push(Sql::Text(value.to_lowercase()));
            } else if key == "q" {
                clauses.push("instr(lower(name), lower(?)) > 0".to_owned());
                values.push(Sql::Text(value.clone()));
            }
        }
        let number = |key: &str, standard: i64| query.get(key).and_then(|text| text.parse().ok()).unwrap_or(standard);
        let limit = number("page[limit]", 50).clamp(1, 10_000);
        let page_number = number("page[page]", 0);
        if page_number < 0 {
            return Err(Fault::invalid(format!("Invalid page number: {page_number}")));
        }
        let before = page_number.saturating_mul(limit);
        let text = by_id(&clauses.join(" AND "), ("id", limit, before));
        let found = select(work, kind, &text, values)?;
        Ok(page(kind, found.iter().map(resource).collect()))
    })
    .await
}

fn page(kind: Kind, resources: Vec<Value>) -> Value {
    let mut answer = Map::new();
    answer.insert("meta".to_owned(), json!({"instanceId": "379104", "count": resources.len()}));
    answer.insert("links".to_owned(), json!({}));
    answer.insert(kind.entity().to_lowercase(), resources.into());
    Value::Object(answer)
}

/// A record as REST shows it, as far as a migration asks.
fn resource(record: &Record) -> Value {
    let entity = record.kind.entity().to_lowercase();
    json!({
        "id": format!("{}-{entity}", record.id), "type": entity, "name": record.name,
        "description": record.body.get("description").cloned().unwrap_or(Value::Null),
        "createdTime": record.created, "modifiedTime": record.modified,
        "customFields": record.body.get("customFields").cloned().unwrap_or_else(|| json!({})),
    })
}
