//! A person at work on the account, between the calls of others.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fault::Fault;
use super::kind::{Kind, Shape};
use super::methods::{Method, Params};
use super::render;
use super::store::Store;
use super::wire::blocking;
use super::work::{Caller, Record, Work};
use crate::sandbox::faults::Deed;

/// The field that carries the marker of a migration.
const MARKER: &str = "Flitpipe_Key__c";

/// The record as it stands.
pub(crate) async fn shown(store: &Arc<Store>, (entity, id): (&str, i64)) -> Option<Value> {
    let (store, kind) = (Arc::clone(store), Kind::of(entity)?);
    let read = move || store.call(0, |work| render::full(work, &work.get(kind, id)?));
    blocking(read).await.ok()
}

/// Another record of the same type: the first one.
pub(crate) async fn another(
    store: &Arc<Store>,
    entity: &str,
    than: Option<(&str, i64)>,
) -> Option<Value> {
    let (store, kind) = (Arc::clone(store), Kind::of(entity)?);
    let not = than.map(|(_, id)| id);
    let read = move || {
        store.call(0, |work| {
            let other = work.all(kind)?.into_iter().find(|record| Some(record.id) != not);
            other.map(|record| render::full(work, &record)).transpose()
        })
    };
    blocking(read).await.ok().flatten()
}

/// Does something to a record; a record that is not there, or does not allow it, is left.
pub(crate) async fn act(store: &Arc<Store>, deed: Deed, (entity, id): (String, i64), count: u64) {
    let Some(kind) = Kind::of(&entity) else { return };
    let store = Arc::clone(store);
    let done = blocking(move || {
        let record = store.call(0, |work| work.get(kind, id))?;
        let user = if kind == Kind::Note { record.creator } else { None };
        let user = match user {
            Some(author) => author,
            None => store.call(0, |work| {
                let users = work.all(Kind::User)?;
                Ok(users.last().map_or(0, |user| user.id))
            })?,
        };
        let caller =
            Caller { user, actor: "person".to_owned(), request: format!("person-{count}") };
        store.call(caller, |work| does(work, deed, &record, count))
    });
    // A person who is refused goes away again.
    drop(done.await);
}

fn does(work: &Work<'_>, deed: Deed, record: &Record, count: u64) -> Result<(), Fault> {
    let entity = record.kind.entity();
    let noun = match entity {
        "Activities" => "Activity",
        entity => entity.trim_end_matches('s'),
    };
    let (verb, patch) = match deed {
        Deed::Edit => ("edit", Some(own_words(record, count))),
        Deed::Unmark => ("edit", Some(json!({"customFields": {MARKER: null}}))),
        Deed::Delete => ("delete", None),
        Deed::Note => {
            let text = format!("A person's note {count}");
            let params = json!({"entity": {"entityType": entity, "id": record.id}, "note": text});
            return run(work, "newNote", params);
        }
    };
    let name = format!("{verb}{noun}");
    let Some(method) = Method::named(&name) else { return Ok(()) };
    let given = [Some(record.id.into()), Some(record.rev.into()), patch];
    let params: Params = method
        .params
        .iter()
        .zip(given)
        .filter_map(|(name, value)| Some(((*name).to_owned(), value?)))
        .collect();
    run(work, &name, Value::Object(params))
}

fn run(work: &Work<'_>, name: &str, params: Value) -> Result<(), Fault> {
    let (Some(method), Value::Object(params)) = (Method::named(name), params) else {
        return Ok(());
    };
    method.run(work, &params).map(drop)
}

/// What a person writes into a record.
fn own_words(record: &Record, count: u64) -> Value {
    let words = format!("A person's words {count}");
    match record.kind.shape() {
        Shape::Note => {
            let text = record.body.get("note").and_then(Value::as_str).unwrap_or_default();
            json!({"note": format!("{words}\n{text}")})
        }
        Shape::Account
        | Shape::Contact
        | Shape::Lead
        | Shape::Activity
        | Shape::Task
        | Shape::Entry => json!({"description": words}),
    }
}
