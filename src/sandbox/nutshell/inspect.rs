//! The view from the server's side, for tests and the curious: journal, dump, counts of calls.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::find::{Form, shown};
use super::kind::Kind;
use super::store::Store;
use super::wire::{blocking, body};
use super::work::Work;

async fn answer(
    store: Arc<Store>,
    read: impl FnOnce(&Work<'_>) -> Result<Value, Fault> + Send + 'static,
) -> Response {
    match blocking(move || store.call(0, read)).await {
        Ok(value) => body(StatusCode::OK, &value),
        Err(fault) => body(fault.status(), &json!({"error": fault.message})),
    }
}

/// `GET /sandbox/journal?since=seq`: every applied mutation, in order: who did it, under
/// which id of a call, and what the record showed before and after.
pub(crate) async fn journal(
    State(store): State<Arc<Store>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let since: i64 = query.get("since").and_then(|text| text.parse().ok()).unwrap_or(0);
    answer(store, move |work| {
        let sql = "SELECT seq, method, entity, id, user, request, at, actor, call, before, after FROM journal WHERE seq > ?1 ORDER BY seq";
        let mut statement = work.db.prepare_cached(sql)?;
        let rows = statement.query_map([since], |row| {
            let parsed = |column: usize| -> Result<Value, rusqlite::Error> {
                let text: Option<String> = row.get(column)?;
                Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null))
            };
            Ok(json!({
                "seq": row.get::<_, i64>(0)?, "method": row.get::<_, String>(1)?,
                "entity": row.get::<_, Option<String>>(2)?, "id": row.get::<_, Option<i64>>(3)?,
                "user": row.get::<_, i64>(4)?,
                "request": parsed(5)?, "at": row.get::<_, String>(6)?,
                "actor": row.get::<_, Option<String>>(7)?, "call": row.get::<_, Option<String>>(8)?,
                "before": parsed(9)?, "after": parsed(10)?,
            }))
        })?;
        Ok(Value::Array(rows.collect::<Result<_, _>>()?))
    })
    .await
}

/// `GET /sandbox/dump`: every live record, whole, by entity.
pub(crate) async fn dump(State(store): State<Arc<Store>>) -> Response {
    answer(store, |work| {
        let mut all = Map::new();
        let kinds = [
            Kind::Account,
            Kind::Contact,
            Kind::Lead,
            Kind::Activity,
            Kind::Task,
            Kind::Note,
            Kind::User,
        ];
        for kind in kinds {
            let records = work.all(kind)?;
            all.insert(kind.entity().to_owned(), shown(work, &records, Form::Full)?.into());
        }
        all.insert("Tags".to_owned(), super::lists::all_tags(work)?);
        all.insert("customFields".to_owned(), super::custom::listed(work)?);
        Ok(Value::Object(all))
    })
    .await
}

/// `GET /sandbox/calls`: how often each method was called, refused calls included.
pub(crate) async fn calls(State(store): State<Arc<Store>>) -> Response {
    answer(store, |work| {
        let mut statement =
            work.db.prepare_cached("SELECT method, count FROM calls ORDER BY method")?;
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
        let mut counts = Map::new();
        for row in rows {
            let (method, count) = row?;
            counts.insert(method, count.into());
        }
        Ok(Value::Object(counts))
    })
    .await
}
