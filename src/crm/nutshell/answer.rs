//! What an answer means: applied, not applied, or nobody knows.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::links;
use crate::crm::CrmError;
use crate::ground::Entity;

/// A call, as far as its answer is concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// The method.
    pub(super) method: &'a str,
    /// The address.
    pub(super) url: &'a str,
    /// The id that the answer must carry.
    pub(super) id: &'a str,
    /// Whether it was made in the name of a user.
    pub(super) voice: Voice,
    /// What the result must be.
    pub(super) expect: Expect<'a>,
}

/// In whose name a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// The owner of the key.
    Own,
    /// Another user: a refusal says something about that user, not about the key.
    Borrowed,
}

/// What a result must be, to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect<'a> {
    /// Anything.
    Any,
    /// `true`.
    Done,
    /// A record with id, revision and this type.
    Record(Entity),
    /// The record of this type and id.
    This(Entity, &'a str),
}

/// The envelope of an answer. A key that comes twice makes it none: nobody knows which one counts.
#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    error: Value,
}

/// An answer as it came over the wire.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard<'a> {
    /// The HTTP status.
    pub(super) status: StatusCode,
    /// The wait that it asks for.
    pub(super) asked: Option<Duration>,
    /// The body.
    pub(super) body: &'a [u8],
}

impl Call<'_> {
    /// Nobody knows whether it was applied.
    pub(super) fn silent(&self, why: impl Into<String>) -> CrmError {
        CrmError::Silent {
            method: self.method.to_owned(),
            url: self.url.to_owned(),
            why: why.into(),
            source: None,
        }
    }

    fn refused(&self, status: StatusCode, code: i64, message: String) -> CrmError {
        let (method, url) = (self.method.to_owned(), self.url.to_owned());
        CrmError::Refused { method, url, status: status.as_u16(), code, message }
    }

    fn denied(&self, status: StatusCode, code: i64, message: String) -> CrmError {
        match self.voice {
            Voice::Borrowed => self.refused(status, code, message),
            Voice::Own => CrmError::Unauthorized {
                method: self.method.to_owned(),
                url: self.url.to_owned(),
                message,
            },
        }
    }

    fn throttled(&self, asked: Option<Duration>) -> CrmError {
        CrmError::Throttled {
            method: self.method.to_owned(),
            url: self.url.to_owned(),
            retry_after: asked,
        }
    }

    /// Reads the answer of an RPC call.
    pub(super) fn read(&self, heard: &Heard<'_>) -> Result<Value, CrmError> {
        self.redirected(heard.status)?;
        if heard.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(self.throttled(heard.asked));
        }
        if heard.status.is_server_error() {
            return Err(self.silent(format!("HTTP {}", heard.status.as_u16())));
        }
        let Ok(envelope) = serde_json::from_slice::<Envelope>(heard.body) else {
            return Err(self.silent(format!("HTTP {} without JSON", heard.status.as_u16())));
        };
        if envelope.id.as_str() != Some(self.id) {
            return Err(self.silent("the answer belongs to another call"));
        }
        match Some(&envelope.error).filter(|error| !error.is_null()) {
            Some(error) => Err(self.failed(heard, error)),
            None if heard.status.is_success() => self.believed(envelope.result),
            None => Err(self.silent(format!("HTTP {} without an error", heard.status.as_u16()))),
        }
    }

    fn redirected(&self, status: StatusCode) -> Result<(), CrmError> {
        if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
            return Ok(());
        }
        Err(CrmError::Misconfigured {
            method: self.method.to_owned(),
            url: self.url.to_owned(),
            message: format!("it answers with a redirect (HTTP {})", status.as_u16()),
        })
    }

    fn failed(&self, heard: &Heard<'_>, error: &Value) -> CrmError {
        let status = heard.status;
        let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
        let text = error.get("message").and_then(Value::as_str);
        let message = text.map_or_else(|| error.to_string(), str::to_owned);
        match (code, status.as_u16()) {
            (-32603 | -32000 | 500..=599, _) => self.silent(message),
            (429, _) => self.throttled(heard.asked),
            (401 | 403, _) | (0, 401 | 403) => self.denied(status, code, message),
            (409, _) | (0, 409) => {
                CrmError::Conflict { method: self.method.to_owned(), url: self.url.to_owned() }
            }
            (400..=499 | -32602..=-32600 | -32768 | -32700, _) | (_, 400..=499) => {
                self.refused(status, code, message)
            }
            // An error of no known kind says nothing about the commit.
            _ => self.silent(format!("{message} (code {code})")),
        }
    }

    fn believed(&self, result: Value) -> Result<Value, CrmError> {
        let (entity, this) = match self.expect {
            Expect::Any => return Ok(result),
            Expect::Done if result == Value::Bool(true) => return Ok(result),
            Expect::Done => return Err(self.silent("the result is not `true`")),
            Expect::Record(entity) => (entity, None),
            Expect::This(entity, id) => (entity, Some(id)),
        };
        let typed = result.get("entityType").and_then(Value::as_str) == Some(entity.name());
        let has_rev = result.get("rev").is_some_and(|rev| rev.is_number() || rev.is_string());
        // Ids count up from 1; anything else is no id, and must not become one of ours.
        let id = links::id_of(&result).filter(|id| id.parse::<u64>().is_ok_and(|id| id > 0));
        if let (true, true, Some(id)) = (typed, has_rev, id) {
            if this.is_none_or(|this| this == id) {
                return Ok(result);
            }
            return Err(self.silent("the result is another record"));
        }
        Err(self.silent(format!("the result is no record of {entity} with id and revision")))
    }

    /// Reads the answer of a REST call.
    pub(super) fn read_rest(&self, heard: &Heard<'_>) -> Result<Value, CrmError> {
        let status = heard.status;
        self.redirected(status)?;
        let body: Option<Value> = serde_json::from_slice(heard.body).ok();
        let said = body.as_ref().and_then(|body| {
            let first = body.pointer("/errors/0").or_else(|| body.get("error")).unwrap_or(body);
            let keys = ["detail", "title", "message"];
            keys.iter().find_map(|key| first.get(*key)?.as_str()).map(str::to_owned)
        });
        let message = said.unwrap_or_else(|| format!("HTTP {}", status.as_u16()));
        match status.as_u16() {
            200..=299 => Ok(body.unwrap_or(Value::Null)),
            429 => Err(self.throttled(heard.asked)),
            401 | 403 => Err(self.denied(status, i64::from(status.as_u16()), message)),
            400..=499 => Err(self.refused(status, i64::from(status.as_u16()), message)),
            _ => Err(self.silent(message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// One word for what an answer was taken for.
    fn class(call: Call<'_>, status: u16, body: &str) -> &'static str {
        let status = StatusCode::from_u16(status).unwrap();
        let heard = Heard { status, asked: Some(Duration::from_secs(3)), body: body.as_bytes() };
        match call.read(&heard) {
            Ok(_) => "applied",
            Err(CrmError::NotSent { .. }) => "not sent",
            Err(CrmError::Refused { .. }) => "refused",
            Err(CrmError::Conflict { .. }) => "conflict",
            Err(CrmError::Throttled { retry_after, .. }) => {
                assert_eq!(retry_after, Some(Duration::from_secs(3)));
                "throttled"
            }
            Err(CrmError::Silent { .. }) => "silent",
            Err(CrmError::Unauthorized { .. }) => "unauthorized",
            Err(CrmError::Misconfigured { .. }) => "misconfigured",
            Err(CrmError::Unsupported { .. }) => "unsupported",
        }
    }

    fn write() -> Call<'static> {
        Call {
            method: "newContact",
            url: "https://app.nutshell.com/api/v1/json",
            id: "a1",
            voice: Voice::Own,
            expect: Expect::Record(Entity::Contacts),
        }
    }

    fn failed(code: i64) -> String {
        json!({"error": {"code": code, "message": "no", "data": null}, "id": "a1"}).to_string()
    }

    #[test]
    fn every_row_of_the_classifier() {
        for (status, code, expected) in [
            (400, 400, "refused"),
            (404, 404, "refused"),
            (404, -32601, "refused"),
            (422, 422, "refused"),
            (400, -32602, "refused"),
            (401, 401, "unauthorized"),
            (403, 403, "unauthorized"),
            (409, 409, "conflict"),
            (200, 409, "conflict"),
            (429, 429, "throttled"),
            (200, 429, "throttled"),
            (200, 400, "refused"),
            (500, 500, "silent"),
            (200, 500, "silent"),
            (200, -32603, "silent"),
            (200, -32000, "silent"),
            (200, 7, "silent"),
        ] {
            assert_eq!(
                class(write(), status, &failed(code)),
                expected,
                "HTTP {status}, code {code}"
            );
        }
        for status in [500, 502, 503, 504] {
            assert_eq!(class(write(), status, "<html>Bad gateway</html>"), "silent", "{status}");
        }
        for status in [301, 302, 307, 308] {
            assert_eq!(class(write(), status, ""), "misconfigured", "{status}");
        }
        assert_eq!(class(write(), 429, "slow down"), "throttled");
    }

    #[test]
    fn a_result_counts_only_with_its_own_id_revision_and_type() {
        let good = json!({"id": 7, "rev": "0", "entityType": "Contacts"});
        let answer = |result: &Value, id: &str| json!({"result": result, "id": id}).to_string();
        assert_eq!(class(write(), 200, &answer(&good, "a1")), "applied");
        let old = json!({"result": good, "id": "a1", "error": null}).to_string();
        assert_eq!(class(write(), 200, &old), "applied");
        assert_eq!(class(write(), 200, &answer(&good, "b2")), "silent");
        for broken in [
            json!({"rev": "0", "entityType": "Contacts"}),
            json!({"id": 7, "entityType": "Contacts"}),
            json!({"id": 7, "rev": "0", "entityType": "Accounts"}),
            json!({"id": -4, "rev": "0", "entityType": "Contacts"}),
            json!({"id": 0, "rev": "0", "entityType": "Contacts"}),
            json!({"id": 1e300, "rev": "0", "entityType": "Contacts"}),
            json!({"id": "four", "rev": "0", "entityType": "Contacts"}),
            json!(null),
        ] {
            assert_eq!(class(write(), 200, &answer(&broken, "a1")), "silent", "{broken}");
        }
        let this = |id| Call { expect: Expect::This(Entity::Contacts, id), ..write() };
        assert_eq!(class(this("7"), 200, &answer(&good, "a1")), "applied");
        assert_eq!(class(this("8"), 200, &answer(&good, "a1")), "silent", "another record");
        let twice = r#"{"result": true, "id": "a1", "result": {"id": 7}}"#;
        assert_eq!(class(write(), 200, twice), "silent", "which of the two counts?");
        assert_eq!(class(write(), 200, "{\"result\": {\"id\""), "silent", "cut off");
        assert_eq!(class(write(), 400, "<html>"), "silent", "a gateway spoke, not the CRM");
    }

    #[test]
    fn a_user_who_is_not_let_in_is_no_fault_of_the_key() {
        let borrowed = Call { voice: Voice::Borrowed, ..write() };
        assert_eq!(class(borrowed, 401, &failed(401)), "refused");
        assert_eq!(class(write(), 401, &failed(401)), "unauthorized");
    }
}
