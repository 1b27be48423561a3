//! The HTTP side: which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde_json::{Value, json};

use super::auth;
use super::fault::Fault;
use super::kind::Kind;
use super::rpc::{self, Frame, Request};
use super::store::Store;
use super::work::Caller;
use super::{inspect, rest, upload};

/// Largest RPC body. (Our choice: the vendor publishes none.)
const BODY: usize = 16 * 1024 * 1024;

/// All of the local Nutshell.
pub(crate) fn routes(store: Arc<Store>) -> Router {
    Router::new()
        .route(
            "/api/v1/json",
            post(call).get(|| async { body(StatusCode::OK, &rpc::service_map()) }),
        )
        .route("/v1/json", post(discover))
        .merge(rest::routes())
        .route("/upload/{hash}", put(upload::put).layer(DefaultBodyLimit::max(upload::LARGEST)))
        .route("/files/{id}", get(upload::get))
        .route("/sandbox/journal", get(inspect::journal))
        .route("/sandbox/dump", get(inspect::dump))
        .route("/sandbox/calls", get(inspect::calls))
        .layer(DefaultBodyLimit::max(BODY))
        .with_state(store)
}

/// A JSON answer.
pub(crate) fn body(status: StatusCode, value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, rpc::escaped(value)).into_response()
}

/// Runs blocking work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|cause| Err(Fault::rpc(500, format!("sandbox: {cause}"))))
}

/// One call of the RPC.
async fn call(State(store): State<Arc<Store>>, headers: HeaderMap, bytes: Bytes) -> Response {
    let request = match rpc::read(&bytes) {
        Ok(request) => request,
        Err((frame, fault)) => return body(fault.status(), &frame.answer(Err(&fault))),
    };
    let frame = request.frame.clone();
    let reads = request.method.reads();
    let known = headers.get(header::IF_NONE_MATCH).cloned();
    let answer = blocking(move || apply(&store, &headers, &request)).await;
    let result = match answer {
        Ok(result) => result,
        Err(fault) => return body(fault.status(), &frame.answer(Err(&fault))),
    };
    let tag = reads.then(|| etag(&result));
    if tag.is_some() && known.as_ref().and_then(|tag| tag.to_str().ok()) == tag.as_deref() {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    finish(&frame, result, tag)
}

fn apply(store: &Store, headers: &HeaderMap, request: &Request) -> Result<Value, Fault> {
    store.count(request.method.name)?;
    let caller = auth::caller(store, headers)?;
    let caller = Caller { request: request.frame.id(), ..caller };
    store.call(caller, |work| request.method.run(work, &request.params))
}

fn finish(frame: &Frame, result: Value, tag: Option<String>) -> Response {
    let mut response = body(StatusCode::OK, &frame.answer(Ok(result)));
    if let Some(tag) = tag.and_then(|tag| tag.parse().ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn etag(result: &Value) -> String {
    let hash = blake3::hash(result.to_string().as_bytes()).to_hex();
    format!("\"{}\"", &hash[..16])
}

/// Discovery: which host serves a user. The sandbox serves all of its own.
async fn discover(State(store): State<Arc<Store>>, headers: HeaderMap, bytes: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let params = request.get("params").unwrap_or(&Value::Null);
    let name = params.get("username").or_else(|| params.get(0)).and_then(Value::as_str);
    let name = name.unwrap_or_default().to_owned();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    let host = format!("{host}/nutshell");
    let id = request.get("id").cloned().unwrap_or(Value::Null);
    let known = blocking(move || {
        store.call(0, |work| {
            let users = work.all(Kind::User)?;
            let known = users.iter().any(|user| {
                let emails = user.body.get("emails").and_then(Value::as_array);
                emails.into_iter().flatten().any(|email| email.as_str() == Some(name.as_str()))
            });
            Ok(known || name == auth::KEY)
        })
    });
    match known.await {
        Ok(true) => {
            let result = json!({"iphone": host, "mobile": host, "api": host, "login": host});
            body(StatusCode::OK, &json!({"result": result, "id": id, "error": null}))
        }
        Ok(false) => {
            let error = json!({"code": 404, "message": "Unknown user", "data": null});
            body(StatusCode::NOT_FOUND, &json!({"result": null, "id": id, "error": error}))
        }
        Err(fault) => {
            body(fault.status(), &json!({"error": {"code": fault.code, "message": fault.message}}))
        }
    }
}
