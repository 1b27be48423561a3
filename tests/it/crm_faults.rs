//! The Nutshell client against a host that misbehaves: what is tried again, and what never is.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flitpipe::crm::{Connection, Crm, CrmError, NewRecord, Nutshell, Patch, Snapshot, Values};
use flitpipe::ground::{CrmRef, Entity};
use flitpipe::spec::ObjectKind;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the host does with a call of the method under test.
#[derive(Clone, Copy)]
enum Turn {
    /// Takes the request and hangs up.
    HangUp,
    /// Answers with a status, a header line and a page that is no JSON.
    Page(u16, &'static str),
    /// Answers as it should.
    Well,
}

/// A host that plays its turns for the calls of one method and answers all others well.
struct Host {
    crm: Nutshell,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Host {
    async fn playing(method: &'static str, turns: &[Turn]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let turns = Arc::new(Mutex::new(turns.iter().rev().copied().collect::<Vec<_>>()));
        let told = Arc::clone(&seen);
        tokio::spawn(accept(listener, method, told, turns));
        let crm = Nutshell::connect(Connection {
            url: url.parse().unwrap(),
            user: "ana@mail.example".to_owned(),
            key: "s3cret".to_owned().into(),
            pace_find: None,
            pace_write: None,
            backoff: Duration::from_millis(1),
            seed: 1,
            upload: None,
        })
        .unwrap();
        Self { crm, seen }
    }

    fn count(&self, method: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|one| *one == method).count()
    }
}

async fn accept(
    listener: TcpListener,
    method: &'static str,
    seen: Arc<Mutex<Vec<String>>>,
    turns: Arc<Mutex<Vec<Turn>>>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (seen, turns) = (Arc::clone(&seen), Arc::clone(&turns));
        tokio::spawn(async move { serve(stream, method, &seen, &turns).await });
    }
}

async fn serve(
    mut stream: TcpStream,
    method: &str,
    seen: &Mutex<Vec<String>>,
    turns: &Mutex<Vec<Turn>>,
) -> Option<()> {
    let call = request(&mut stream).await?;
    let name = call["method"].as_str()?.to_owned();
    seen.lock().unwrap().push(name.clone());
    let turn = if name == method { turns.lock().unwrap().pop() } else { None };
    let answer = match turn.unwrap_or(Turn::Well) {
        Turn::HangUp => return None,
        Turn::Page(status, line) => {
            format!(
                "HTTP/1.1 {status} X\r\n{line}content-length: 6\r\nconnection: close\r\n\r\n<html>"
            )
        }
        Turn::Well => {
            let record = json!({"id": 7, "rev": "0", "entityType": "Contacts",
                "createdTime": "2026-01-01T00:00:00+0000", "name": {"displayName": "Ann"}});
            let result = if name.starts_with("find") { json!([]) } else { record };
            let body = json!({"result": result, "id": call["id"], "jsonrpc": "2.0"}).to_string();
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
        }
    };
    stream.write_all(answer.as_bytes()).await.ok()
}

/// Reads one request to its end: its body.
async fn request(stream: &mut TcpStream) -> Option<Value> {
    let mut read = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).await.ok().filter(|length| *length > 0)?;
        read.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&read);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(call) = serde_json::from_str(body)
        {
            return Some(call);
        }
    }
}

fn ann() -> CrmRef {
    CrmRef::new(Entity::Contacts, 7.into())
}

async fn create(crm: &Nutshell) -> Result<(), CrmError> {
    let fields: Values = serde_json::from_value(json!({"name": "Ann"})).unwrap();
    let kind = ObjectKind::Person;
    let new = NewRecord { kind, fields: &fields, marker: "people:1 abc", author: None };
    crm.create(new).await.map(drop)
}

#[tokio::test]
async fn a_create_that_may_have_been_applied_is_never_repeated() {
    for turn in [
        Turn::HangUp,
        Turn::Page(500, ""),
        Turn::Page(502, ""),
        Turn::Page(504, ""),
        Turn::Page(200, ""),
        Turn::Page(404, ""),
    ] {
        let host = Host::playing("newContact", &[turn]).await;
        let fault = create(&host.crm).await.unwrap_err();
        assert!(matches!(fault, CrmError::Silent { .. }), "{fault}");
        assert!(!fault.is_harmless());
        assert_eq!(host.count("newContact"), 1);
    }
}

#[tokio::test]
async fn a_create_that_was_throttled_is_sent_again() {
    let host =
        Host::playing("newContact", &[Turn::Page(429, ""), Turn::Page(429, "retry-after: 0\r\n")])
            .await;
    create(&host.crm).await.unwrap();
    assert_eq!(host.count("newContact"), 3);
    assert_eq!(host.crm.calls()["newContact"], 3);
}

#[tokio::test]
async fn a_host_that_throttles_for_ever_ends_in_a_throttled_fault() {
    let host = Host::playing("newContact", &[Turn::Page(429, ""); 20]).await;
    let fault = create(&host.crm).await.unwrap_err();
    assert!(matches!(fault, CrmError::Throttled { .. }), "{fault}");
    assert_eq!(host.count("newContact"), 8);
}

#[tokio::test]
async fn a_read_is_repeated_whatever_happened() {
    let turns = [Turn::HangUp, Turn::Page(500, ""), Turn::Page(200, ""), Turn::Page(429, "")];
    let host = Host::playing("getContact", &turns).await;
    let ann = host.crm.get(&ann()).await.unwrap().unwrap();
    assert_eq!(ann.fields["name"], "Ann");
    assert_eq!(host.count("getContact"), 5);
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let host = Host::playing(
        "newContact",
        &[Turn::Page(307, "location: http://127.0.0.1:9/\r\n"), Turn::Well],
    )
    .await;
    let fault = create(&host.crm).await.unwrap_err();
    assert!(matches!(fault, CrmError::Misconfigured { .. }), "{fault}");
    assert_eq!(host.count("newContact"), 1);
}

#[tokio::test]
async fn when_one_call_is_told_to_wait_everybody_waits() {
    let host = Host::playing("newContact", &[Turn::Page(503, "retry-after: 1\r\n")]).await;
    drop(host.crm.get(&ann()).await.unwrap());
    let before = Instant::now();
    assert!(matches!(create(&host.crm).await, Err(CrmError::Silent { .. })));
    let (crm, ann) = (&host.crm, ann());
    let read = tokio::time::timeout(Duration::from_millis(60), crm.get(&ann)).await;
    assert!(read.is_err(), "the read waits as well: {:?}", before.elapsed());
}

#[tokio::test]
async fn nobody_at_home_means_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let crm = Nutshell::connect(Connection {
        url: url.parse().unwrap(),
        user: "ana@mail.example".to_owned(),
        key: "s3cret".to_owned().into(),
        pace_find: None,
        pace_write: None,
        backoff: Duration::ZERO,
        seed: 1,
        upload: None,
    })
    .unwrap();
    let fault = crm.get(&ann()).await.unwrap_err();
    assert!(matches!(fault, CrmError::NotSent { .. }), "{fault}");
    assert!(!format!("{fault:?} {crm:?}").contains("s3cret"));
    assert_eq!(crm.calls()["getContact"], 8);
}

#[tokio::test]
async fn an_edit_whose_answer_is_lost_is_not_repeated() {
    let host = Host::playing("editContact", &[Turn::HangUp]).await;
    let now: Snapshot = host.crm.get(&ann()).await.unwrap().unwrap();
    let patch: Patch = serde_json::from_value(json!({"description": "x"})).unwrap();
    let fault = host.crm.edit(&now, &patch).await.unwrap_err();
    assert!(matches!(fault, CrmError::Silent { .. }), "{fault}");
    assert_eq!(host.count("editContact"), 1);
}
