//! What a call can be refused with: a code that is also the HTTP status, and a sentence.

use axum::http::StatusCode;

/// A refusal.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message} ({code})")]
pub(crate) struct Fault {
    pub(crate) code: i64,
    pub(crate) message: String,
}

impl Fault {
    /// The request is well formed but not acceptable.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { code: 400, message: message.into() }
    }

    /// There is no such record, or it is in the bin.
    pub(crate) fn missing(entity: &str, id: i64) -> Self {
        Self { code: 404, message: format!("{entity} {id} not found") }
    }

    /// The record has changed since the caller read it.
    pub(crate) fn stale() -> Self {
        Self { code: 409, message: "rev key is out-of-date".to_owned() }
    }

    /// One of the codes of JSON-RPC.
    pub(crate) fn rpc(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The HTTP status that goes with the code.
    pub(crate) fn status(&self) -> StatusCode {
        match self.code {
            -32601 => StatusCode::NOT_FOUND,
            -32768 | -32700 | -32602 | -32600 => StatusCode::BAD_REQUEST,
            code => u16::try_from(code)
                .ok()
                .and_then(|code| StatusCode::from_u16(code).ok())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(cause: rusqlite::Error) -> Self {
        Self { code: 500, message: format!("sandbox store: {cause}") }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(cause: serde_json::Error) -> Self {
        Self { code: 500, message: format!("sandbox store: {cause}") }
    }
}
