//! The HTTP side of both Rezora APIs.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::table::{Row, text};
use super::world::World;
use super::{contacts, content, files};

/// The bearer token of the current API.
pub(crate) const BEARER: &str = "sandbox";
/// Largest page.
const PAGE: usize = 500;

/// What the current API needs: the world, and where it is served.
#[derive(Clone)]
struct Current {
    world: Arc<World>,
    root: Arc<str>,
}

/// The current API.
pub(crate) fn current(world: Arc<World>, root: &str) -> Router {
    Router::new()
        .route("/{table}", get(whole))
        .route("/{parent}/{id}/{children}", get(below))
        .with_state(Current { world, root: Arc::from(root) })
}

/// The deprecated API: one login for each agent, everything at once, every value a text.
pub(crate) fn legacy(world: Arc<World>) -> Router {
    Router::new()
        .route("/contacts.json", get(old_contacts))
        .route("/lists.json", get(old_lists))
        .route("/lists/{id}/contacts.json", get(old_memberships))
        .with_state(world)
}

fn refuse(status: StatusCode, what: &str) -> Response {
    (status, Json(json!({"status": status.as_str(), "error": what}))).into_response()
}

fn allowed(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.split_once(' '));
    token.is_some_and(|(scheme, token)| {
        scheme.eq_ignore_ascii_case("bearer") && token.trim() == BEARER
    })
}

fn asked(query: &HashMap<String, String>) -> (usize, usize) {
    let number = |key: &str| query.get(key).and_then(|text| text.parse::<usize>().ok());
    (number("page").unwrap_or(1).max(1), number("size").unwrap_or(100).clamp(1, PAGE))
}

fn answer(current: &Current, (rows, total): (Vec<&Row>, usize), page: usize) -> Response {
    let data: Vec<Row> = rows
        .into_iter()
        .map(|row| {
            let mut row = row.clone();
            if let Some(Value::String(url)) = row
                .get_mut("url")
                .filter(|url| url.as_str().is_some_and(|url| url.starts_with('/')))
            {
                *url = [&*current.root, url.as_str()].concat();
            }
            row
        })
        .collect();
    Json(json!({"data": data, "page": page, "total": total})).into_response()
}

async fn whole(
    State(current): State<Current>,
    Path(table): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !allowed(&headers) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid token");
    }
    let (page, size) = asked(&query);
    let parts = ["memberships", "sends", "events", "drip_steps"];
    match current.world.table(&table).filter(|_| !parts.contains(&table.as_str())) {
        Some(found) => answer(&current, found.page(page, size), page),
        None => refuse(StatusCode::NOT_FOUND, "no such resource"),
    }
}

async fn below(
    State(current): State<Current>,
    Path((parent, id, children)): Path<(String, String, String)>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if parent == "files" && children == "content" {
        return download(&current.world, &id);
    }
    if !allowed(&headers) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid token");
    }
    let table = match (parent.as_str(), children.as_str()) {
        ("groups", "contacts") => "memberships",
        ("campaigns", "recipients") => "sends",
        ("campaigns", "events") => "events",
        ("drips", "steps") => "drip_steps",
        _ => "",
    };
    let (page, size) = asked(&query);
    match current.world.table(table) {
        Some(found) => answer(&current, found.page_under(&id, page, size), page),
        None => refuse(StatusCode::NOT_FOUND, "no such resource"),
    }
}

/// The content of a file; like behind a signed address, no login is asked for.
fn download(world: &World, id: &str) -> Response {
    let Some(file) = world.file(id).filter(|_| !files::gone(id)) else {
        return refuse(StatusCode::NOT_FOUND, "the link has expired");
    };
    let size = file.get("size").and_then(Value::as_u64).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, text(file, "mime").to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
    ];
    (headers, content::body(world.plan.seed, id, size)).into_response()
}

/// The agent behind a login.
fn agent<'a>(world: &'a World, headers: &HeaderMap) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let coded = value.strip_prefix("Basic ").or_else(|| value.strip_prefix("basic "))?;
    let text = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    world.agent_of(user, password)
}

/// A row with the names of the deprecated API.
fn old(row: &Row, names: &[(&str, &str)]) -> Map<String, Value> {
    names.iter().map(|(old, new)| ((*old).to_owned(), text(row, new).into())).collect()
}

fn old_answer(rows: &[&Row], names: &[(&str, &str)]) -> Response {
    let rows: Vec<Map<String, Value>> = rows.iter().map(|row| old(row, names)).collect();
    Json(rows).into_response()
}

async fn old_contacts(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let Some(agent) = agent(&world, &headers) else {
        return refuse(StatusCode::UNAUTHORIZED, "unknown login");
    };
    let names: Vec<(&str, &str)> =
        contacts::OLD.into_iter().chain([("contact_date", "created_at")]).collect();
    old_answer(&world.old_contacts.page_under(agent, 1, usize::MAX).0, &names)
}

async fn old_lists(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let Some(agent) = agent(&world, &headers) else {
        return refuse(StatusCode::UNAUTHORIZED, "unknown login");
    };
    let names = [
        ("list_id", "id"),
        ("list_name", "name"),
        ("list_type", "type"),
        ("list_date", "created_at"),
    ];
    let rows = world.table("groups").map(|groups| groups.page_under(agent, 1, usize::MAX).0);
    old_answer(&rows.unwrap_or_default(), &names)
}

async fn old_memberships(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(agent) = agent(&world, &headers) else {
        return refuse(StatusCode::UNAUTHORIZED, "unknown login");
    };
    let own = world.table("groups").is_some_and(|groups| {
        groups.page_under(agent, 1, usize::MAX).0.iter().any(|group| text(group, "id") == id)
    });
    if !own {
        return refuse(StatusCode::NOT_FOUND, "no such list");
    }
    let names = [
        ("contacttolist_id", "id"),
        ("contact_id", "contact_id"),
        ("list_id", "group_id"),
        ("contacttolist_date", "added_at"),
    ];
    let rows = world.table("memberships").map(|members| members.page_under(&id, 1, usize::MAX).0);
    old_answer(&rows.unwrap_or_default(), &names)
}
