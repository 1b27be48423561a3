//! The switches: `sandbox/faults` shows the rules, takes others in their place, or none.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::rules::{Faults, read};

/// The control endpoint.
pub(crate) fn routes(faults: Arc<Faults>) -> Router {
    Router::new().route("/sandbox/faults", get(show).post(replace).delete(clear)).with_state(faults)
}

async fn show(State(faults): State<Arc<Faults>>) -> Response {
    axum::Json(faults.shown()).into_response()
}

async fn replace(State(faults): State<Arc<Faults>>, text: Bytes) -> Response {
    match read(&text) {
        Ok(rules) => {
            faults.replace(rules);
            axum::Json(faults.shown()).into_response()
        }
        Err(error) => {
            (StatusCode::BAD_REQUEST, axum::Json(json!({"error": error}))).into_response()
        }
    }
}

async fn clear(State(faults): State<Arc<Faults>>) -> Response {
    let shown = faults.shown();
    faults.replace(Vec::new());
    axum::Json(shown).into_response()
}
