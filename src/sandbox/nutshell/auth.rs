//! Who calls: Basic credentials, with impersonation of any enabled user.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::fault::Fault;
use super::kind::Kind;
use super::store::Store;
use super::work::Caller;

/// The key every caller needs.
pub(crate) const KEY: &str = "sandbox";
/// User names that stand for the key itself: its changes belong to the migration user.
const OWN: [&str; 2] = ["sandbox", "sandbox.example"];
/// The user the key's own changes belong to.
pub(crate) const KEY_USER: &str = "migration@sandbox.example";

/// Who is behind a request; programs are told apart by how they introduce themselves.
pub(crate) fn caller(store: &Store, headers: &HeaderMap) -> Result<Caller, Fault> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let ours = agent.is_some_and(|agent| agent.starts_with("flitpipe/"));
    let actor = if ours { "flitpipe" } else { "person" }.to_owned();
    Ok(Caller { user: user(store, headers)?, actor, request: String::new() })
}

fn user(store: &Store, headers: &HeaderMap) -> Result<i64, Fault> {
    let unknown = || Fault::rpc(401, "API key not found");
    let (name, key) = basic(headers).ok_or_else(unknown)?;
    if key != KEY {
        return Err(unknown());
    }
    let address = if OWN.contains(&name.as_str()) { KEY_USER } else { name.as_str() };
    let found = store.call(0, |work| {
        Ok(work.all(Kind::User)?.into_iter().find(|user| {
            let emails = user.body.get("emails").and_then(Value::as_array);
            emails.into_iter().flatten().any(|email| {
                email.as_str().is_some_and(|email| email.eq_ignore_ascii_case(address))
            })
        }))
    })?;
    let user = found.ok_or_else(unknown)?;
    if user.body.get("isEnabled") != Some(&Value::Bool(true)) {
        return Err(Fault::rpc(401, "User is disabled"));
    }
    Ok(user.id)
}

/// User name and password of a Basic header.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (name, key) = text.split_once(':')?;
    Some((name.to_owned(), key.to_owned()))
}
