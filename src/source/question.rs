//! One page of one list, asked until the host says something useful.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use url::Url;

use super::account::Account;
use super::body::{self, Beyond, Body};
use super::cursor::RestMark;
use super::error::SourceError;
use super::exact;
use super::reader::{Reader, Rest};
use super::request::{self, Attempt};
use crate::spec::Table;

/// One question: which page of which list, asked as whom.
pub(super) struct Question<'a> {
    /// The table.
    pub(super) table: &'a Table,
    /// Every parent's value.
    pub(super) parents: &'a [String],
    /// The value that the path is filled with.
    pub(super) parent: Option<&'a String>,
    /// Where it stands.
    pub(super) mark: RestMark,
    /// The list's address.
    pub(super) url: Url,
    /// As whom.
    pub(super) account: &'a Account,
}

/// What a list says to one question.
pub(super) enum Reply {
    /// Rows.
    Rows(Vec<Value>, Beyond),
    /// There is no such list for this account.
    Absent(u16),
    /// The rows of the page before once more.
    Repeated,
}

/// Asks until there is a usable answer, or often enough.
pub(super) async fn ask(
    reader: &Reader,
    rest: &Rest,
    question: &Question<'_>,
) -> Result<Reply, SourceError> {
    let whom = (&question.url, question.account);
    let repeats = AtomicBool::new(false);
    let answer = reader.requests.until_done(whom, || once(reader, rest, question, &repeats)).await;
    match answer {
        Err(SourceError::Unwilling { name, url, .. }) if repeats.load(Ordering::Relaxed) => {
            Err(SourceError::Repeated { name, url, page: question.mark.page })
        }
        answer => answer,
    }
}

async fn once(
    reader: &Reader,
    rest: &Rest,
    question: &Question<'_>,
    repeats: &AtomicBool,
) -> Result<Attempt<Reply>, SourceError> {
    repeats.store(false, Ordering::Relaxed);
    let whom = (&question.url, question.account);
    let request = question.account.sign(reader.requests.client.get(paged(rest, question)));
    let mut response = match reader.requests.send(request).await {
        Attempt::Done(response) => response,
        Attempt::Again { detail, wait } => return Ok(Attempt::Again { detail, wait }),
    };
    let status = response.status().as_u16();
    if status == 204 {
        return Ok(Attempt::Done(Reply::Rows(Vec::new(), Beyond::Unsaid)));
    }
    let bytes = match request::body(&mut response).await? {
        Attempt::Done(bytes) => bytes,
        Attempt::Again { detail, wait } => return Ok(Attempt::Again { detail, wait }),
    };
    if !response.status().is_success() {
        let said = String::from_utf8_lossy(&bytes);
        return refused(question, status)
            .map(Attempt::Done)
            .ok_or_else(|| reader.requests.final_error(whom, status, &said));
    }
    match understand(rest, question, &bytes) {
        Body::Error { code: Some(code), text } if (400..500).contains(&code) && code != 429 => {
            refused(question, code)
                .map(Attempt::Done)
                .ok_or_else(|| reader.requests.final_error(whom, code, &text))
        }
        Body::Error { code, text } => {
            let code = code.map_or_else(String::new, |code| format!("{code} "));
            let said = request::quoted(&text);
            Ok(Attempt::again(format!("an error inside a good answer: {code}{said}")))
        }
        Body::Nonsense(detail) => Ok(Attempt::again(detail)),
        Body::List { items, beyond } => Ok(unless_repeated(question, items, beyond, repeats)),
    }
}

fn understand(rest: &Rest, question: &Question<'_>, bytes: &[u8]) -> Body {
    let common = rest.paging.as_ref().and_then(|paging| paging.items.as_deref());
    let items = question.table.items.as_deref().or(common);
    match exact::parse(bytes) {
        Ok(value) => body::understand(value, items, question.table),
        Err(_) if bytes.trim_ascii_start().starts_with(b"<") => {
            Body::Nonsense("the answer is HTML, not JSON".into())
        }
        Err(detail) => Body::Nonsense(format!("the answer is no whole JSON: {detail}")),
    }
}

/// What a refusing status means for a list; `None` when it is an error.
fn refused(question: &Question<'_>, status: u16) -> Option<Reply> {
    match (status, question.mark.page) {
        // Some hosts have no page behind the last.
        (404 | 410, 2..) => Some(Reply::Rows(Vec::new(), Beyond::Unsaid)),
        (403 | 404 | 410, 1) => Some(Reply::Absent(status)),
        _ => None,
    }
}

fn unless_repeated(
    question: &Question<'_>,
    items: Vec<Value>,
    beyond: Beyond,
    repeats: &AtomicBool,
) -> Attempt<Reply> {
    let same = question.mark.last.as_ref().is_some_and(|last| *last == hash(&items).to_string());
    if !same || items.is_empty() {
        return Attempt::Done(Reply::Rows(items, beyond));
    }
    let all_read = match beyond {
        Beyond::Unsaid => true,
        Beyond::More => false,
        Beyond::Total(total) => question.mark.read as u64 >= total,
    };
    if question.mark.odd && all_read {
        // The host does not page: the page before, of a size that nobody asked for, was everything.
        return Attempt::Done(Reply::Repeated);
    }
    repeats.store(true, Ordering::Relaxed);
    Attempt::again("it repeats the page before")
}

/// The hash of rows.
pub(super) fn hash(items: &[Value]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for item in items {
        hasher.update(item.to_string().as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize()
}

fn paged(rest: &Rest, question: &Question<'_>) -> Url {
    let mut url = question.url.clone();
    if let Some(paging) = &rest.paging {
        url.query_pairs_mut()
            .append_pair(&paging.param, &question.mark.page.to_string())
            .append_pair(&paging.size_param, &paging.size.to_string());
    }
    url
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::get;

    use crate::source::sample::{paging, read, rest, serve, table};
    use crate::spec::Auth;

    use super::*;

    const MAINTENANCE: &str = "<html>back soon</html>";
    const ROWS: &str = r#"{"data": [{"id": 1}, {"id": 2}]}"#;

    /// A host that gives these answers one after the other, the last one for ever.
    async fn host(answers: &'static [(u16, &'static str)]) -> (Reader, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let answer = move || async move {
            let number = counter.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", "0".parse().unwrap());
            (StatusCode::from_u16(answers[number].0).unwrap(), headers, answers[number].1)
        };
        let router = Router::new().route("/contacts", get(answer));
        (serve(router, Auth::None, paging(200)).await, asked)
    }

    async fn keys(answers: &'static [(u16, &'static str)]) -> Vec<String> {
        let (reader, _) = host(answers).await;
        let read = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap();
        read.keys().into_iter().map(str::to_owned).collect()
    }

    async fn error(answers: &'static [(u16, &'static str)]) -> (SourceError, usize) {
        let (reader, asked) = host(answers).await;
        let error = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap_err();
        (error, asked.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_host_that_is_busy_or_stumbles_is_asked_again() {
        assert_eq!(keys(&[(429, ""), (200, ROWS)]).await, ["1", "2"]);
        assert_eq!(keys(&[(500, "oops"), (503, ""), (200, ROWS)]).await, ["1", "2"]);
    }

    #[tokio::test]
    async fn nonsense_is_asked_for_again_and_never_taken_for_an_empty_table() {
        assert_eq!(keys(&[(200, MAINTENANCE), (200, ROWS)]).await, ["1", "2"]);
        assert_eq!(keys(&[(200, r#"{"data": [{"id": 1"#), (200, ROWS)]).await, ["1", "2"]);
        let (error, asked) = error(&[(200, MAINTENANCE)]).await;
        assert_eq!(asked, 4);
        assert!(error.is_unwilling());
        let text = error.to_string();
        assert!(text.contains("/contacts (4 attempts): the answer is HTML"), "{text}");
    }

    #[tokio::test]
    async fn an_error_row_in_a_good_answer_is_an_error() {
        assert_eq!(
            keys(&[(200, r#"[{"status": "500", "error": "x"}]"#), (200, ROWS)]).await.len(),
            2
        );
        let (error, asked) = error(&[(200, r#"{"status": "400", "message": "bad page"}"#)]).await;
        assert_eq!(asked, 1, "asking again would not help");
        assert!(error.to_string().contains("HTTP 400): bad page"), "{error}");
    }

    #[tokio::test]
    async fn refused_credentials_end_at_once_and_name_no_secret() {
        let router = Router::new().route("/contacts", get(|| async { StatusCode::UNAUTHORIZED }));
        let auth = Auth::Basic("ann".into(), "hunter2".into());
        let reader = serve(router, auth, paging(200)).await;
        let contacts = table("contacts", "/contacts", "id");
        let error = read(&reader, &contacts, &[]).await.unwrap_err();
        assert!(matches!(error, SourceError::Refused { status: 401, .. }), "{error:?}");
        let text = format!("{error} {error:?} {reader:?}");
        assert!(text.contains("`rezora` as ann") && !text.contains("hunter2"), "{text}");
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let (error, asked) = error(&[(302, "")]).await;
        assert_eq!(asked, 1);
        assert!(error.to_string().contains("redirects are not followed"), "{error}");
    }

    #[tokio::test]
    async fn a_host_that_is_not_there_is_named() {
        let reader = rest(&Url::parse("http://127.0.0.1:9").unwrap(), Auth::None, None);
        let error = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap_err();
        assert!(error.to_string().contains("127.0.0.1:9/contacts"), "{error}");
        assert!(error.to_string().contains("no connection"), "{error}");
    }

    #[tokio::test]
    async fn a_big_id_survives() {
        let big = keys(&[(200, r#"{"data": [{"id": 550012345678901234567}]}"#)]).await;
        assert_eq!(big, ["550012345678901234567"]);
    }
}
