//! The answers that are played: refusals, errors, spoilt texts, other people's records.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::call::Call;
use super::class::{Failure, Garble, Mixup, Refusal};
use super::rules::Stroke;

/// More than a client may be made to read.
const HUGE: usize = 33 * 1024 * 1024;
/// More levels than anybody needs.
const DEEP: usize = 100_000;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// JSON.
    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        let kind = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]);
        Self { status, headers, body: value.to_string().into_bytes() }
    }

    /// The answer that a call would have had if it had been applied and had nothing to say.
    pub(crate) fn hollow(call: &Call) -> Self {
        let body = json!({"result": null, "id": call.id, "jsonrpc": "2.0"});
        Self::json(StatusCode::OK, &body)
    }

    fn page(status: StatusCode, text: &str) -> Self {
        let kind = HeaderValue::from_static("text/html");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]);
        Self { status, headers, body: text.as_bytes().to_vec() }
    }

    fn fault(call: &Call, status: u16, code: i64, message: &str) -> Self {
        let error = json!({"code": code, "message": message, "data": null});
        let body = json!({"error": error, "id": call.id, "jsonrpc": "2.0"});
        Self::json(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), &body)
    }

    /// The record that the call asks for is not there.
    pub(crate) fn missing(call: &Call) -> Self {
        Self::fault(call, 404, 404, "not found")
    }

    /// What the answer holds.
    pub(crate) fn result(&self) -> Value {
        let mut body = self.parsed();
        body.get_mut("result").map_or(Value::Null, Value::take)
    }

    /// The same answer with another result.
    pub(crate) fn with_result(self, result: Value) -> Self {
        let mut body = self.parsed();
        if let Some(body) = body.as_object_mut() {
            body.insert("result".to_owned(), result);
        }
        self.with_body(body.to_string().into_bytes())
    }

    fn parsed(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn with_body(self, body: Vec<u8>) -> Self {
        let mut headers = self.headers;
        headers.remove(header::CONTENT_LENGTH);
        // A tag of the true answer would let a client keep the false one.
        headers.remove(header::ETAG);
        Self { headers, body, ..self }
    }
}

/// A refusal; nothing was applied.
pub(crate) fn refusal(refusal: Refusal, call: &Call, stroke: &Stroke, now: Timestamp) -> Answer {
    let throttled = || Answer::fault(call, 429, 429, "Too many requests");
    let seconds = stroke.delay.as_secs();
    let asks = match refusal {
        Refusal::Throttle => seconds.to_string(),
        Refusal::ThrottleDate => {
            let wait = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or_default());
            (now + wait).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
        }
        Refusal::ThrottleGarbage => "in a while".to_owned(),
        Refusal::ThrottleDay => "86400".to_owned(),
        Refusal::ThrottleBare => return throttled(),
        Refusal::ThrottleRpc => return Answer::fault(call, 200, 429, "Too many requests"),
        Refusal::Conflict => return Answer::fault(call, 409, 409, "rev key is out-of-date"),
        Refusal::Denied => return Answer::fault(call, 401, 401, "API key not found"),
        Refusal::Limit => {
            return Answer::fault(call, 400, 400, "The limit of your plan is reached");
        }
        Refusal::TooLong => return Answer::fault(call, 422, 422, "The value is too long"),
    };
    let mut answer = throttled();
    if let Ok(asks) = asks.parse() {
        answer.headers.insert(header::RETRY_AFTER, asks);
    }
    answer
}

/// An error of the server.
pub(crate) fn failure(failure: Failure, call: &Call, stroke: &Stroke) -> Answer {
    match failure {
        Failure::Error => Answer::fault(call, 500, 500, "Internal error"),
        Failure::ErrorRpc => Answer::fault(call, 200, -32603, "Internal error"),
        Failure::Gateway => {
            let (status, text) = match stroke.count % 3 {
                1 => (StatusCode::BAD_GATEWAY, "<html><h1>Bad gateway</h1></html>"),
                2 => (StatusCode::SERVICE_UNAVAILABLE, "<html><h1>Unavailable</h1></html>"),
                _ => (StatusCode::GATEWAY_TIMEOUT, "<html><h1>Gateway timeout</h1></html>"),
            };
            Answer::page(status, text)
        }
    }
}

/// An answer whose text is spoilt.
pub(crate) fn garbled(garble: Garble, answer: Answer) -> Answer {
    let body = answer.body.clone();
    let joined = |parts: &[&[u8]]| parts.concat();
    // All but the brace that begins it, and all but the one that ends it.
    let (inner, open) =
        (body.get(1..).unwrap_or_default(), body.split_last().map_or(&[][..], |(_, all)| all));
    let body = match garble {
        Garble::Truncated => body.get(..body.len() * 2 / 3).unwrap_or_default().to_vec(),
        Garble::Trailing => joined(&[&body, b"}\n<br />Notice"]),
        Garble::Mark => joined(&[b"\xef\xbb\xbf", &body]),
        Garble::Charset => joined(&[b"{\"caf\xe9\":1,", inner]),
        Garble::Huge => joined(&[&vec![b' '; HUGE], &body]),
        Garble::Deep => joined(&[b"{\"deep\":", &vec![b'['; DEEP], &vec![b']'; DEEP], b",", inner]),
        Garble::NotANumber => joined(&[b"{\"time\":NaN,", inner]),
        Garble::Duplicate => joined(&[open, b",\"result\":", other(&answer).as_bytes(), b"}"]),
        Garble::HugeNumber => {
            let mut result = answer.result();
            if result.is_object() {
                result["id"] = 1e300.into();
            }
            return answer.with_result(result);
        }
    };
    answer.with_body(body)
}

/// A result that looks like that of an answer and is not.
fn other(answer: &Answer) -> String {
    let mut result = answer.result();
    if let Some(id) = result.get("id").and_then(Value::as_i64) {
        result["id"] = (id + 4).into();
    }
    result.to_string()
}

/// An answer that belongs elsewhere; `other` is another record of the same type.
pub(crate) fn mixed(mixup: Mixup, answer: Answer, other: Option<Value>) -> Answer {
    let mut body = answer.parsed();
    let mut put = |path: &str, value: Value| {
        let (parent, key) = path.rsplit_once('/').unwrap_or_default();
        if let Some(parent) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
            parent.insert(key.to_owned(), value);
        }
    };
    match mixup {
        Mixup::Foreign => put("/id", "ffff".into()),
        Mixup::Nameless => put("/id", Value::Null),
        Mixup::Batch => body = Value::Array(vec![body]),
        // Two calls are needed for that: it is done where both are at hand.
        Mixup::Swapped => {}
        Mixup::Record => {
            if let Some(other) = other {
                put("/result", other);
            }
        }
        Mixup::Type => put("/result/entityType", "Products".into()),
        Mixup::Negative => put("/result/id", (-4).into()),
        Mixup::Word => put("/result/id", "four".into()),
    }
    answer.with_body(body.to_string().into_bytes())
}
