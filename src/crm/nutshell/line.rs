//! The line to the CRM: paced, counted, patient calls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::answer::{Call, Expect, Heard, Voice};
use super::circuit::Way;
use super::health::Health;
use super::http;
use super::pace::{Lane, Pace};
use super::retry::{self, ATTEMPTS, Patience};
use crate::crm::{CrmError, Pressure};

/// The path of the RPC behind the base address.
const RPC: &str = "/api/v1/json";

/// How many first back-offs a pause is when the host fails call after call: half a minute for a
/// real one.
const PAUSE: u32 = 60;

/// How the CRM is reached.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The base address (`https://app.nutshell.com`), or that of the RPC itself.
    pub url: Url,
    /// The user name: an e-mail or the account's domain.
    pub user: String,
    /// The API key.
    pub key: SecretString,
    /// Reads per second; `None`: not paced.
    pub pace_find: Option<f64>,
    /// Writes per second; `None`: not paced.
    pub pace_write: Option<f64>,
    /// The longest wait before the second attempt; it doubles with each.
    pub backoff: Duration,
    /// Decides the jitter of the waits.
    pub seed: u64,
    /// Where files are uploaded, for accounts that have such a place.
    pub upload: Option<Url>,
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) method: &'static str,
    pub(super) params: &'a Value,
    /// The e-mail of the user in whose name it is made.
    pub(super) author: Option<&'a str>,
    pub(super) expect: Expect<'a>,
    pub(super) lane: Lane,
    pub(super) repeat: Repeat,
}

/// When a call may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Whatever happened: it changes nothing, or nothing more the second time.
    Always,
    /// Only when it was certainly not applied.
    Harmless,
}

/// The line.
pub(super) struct Line {
    http: Client,
    rpc: Url,
    rest: Url,
    pub(super) upload: Option<Url>,
    user: String,
    key: SecretString,
    pace: Pace,
    patience: Patience,
    health: Health,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    next: AtomicU64,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("rpc", &self.rpc.as_str())
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Line {
    pub(super) fn open(connection: Connection, longest: Duration) -> Result<Self, CrmError> {
        http::check_own(&connection.url)?;
        if let Some(upload) = &connection.upload {
            http::check_safe(upload)?;
        }
        let text = connection.url.as_str().trim_end_matches('/');
        let base = text.strip_suffix(RPC).unwrap_or(text);
        let address = |tail: &str| {
            Url::parse(&format!("{base}{tail}")).map_err(|_| CrmError::Misconfigured {
                method: "connect".to_owned(),
                url: base.to_owned(),
                message: "it is no base address".to_owned(),
            })
        };
        let http = http::client(longest).map_err(|source| CrmError::NotSent {
            method: "connect".to_owned(),
            url: base.to_owned(),
            source: Some(source.into()),
        })?;
        Ok(Self {
            http,
            rpc: address(RPC)?,
            rest: address("/rest")?,
            upload: connection.upload,
            user: connection.user,
            key: connection.key,
            pace: Pace::new(connection.pace_find, connection.pace_write),
            health: Health::new(connection.backoff * PAUSE),
            patience: Patience::new(connection.backoff, connection.seed),
            counts: Mutex::default(),
            next: AtomicU64::new(1),
        })
    }

    pub(super) fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, method: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(method).or_default() += 1;
    }

    pub(super) fn rpc_url(&self) -> &str {
        self.rpc.as_str()
    }

    /// How the writing calls are paced by now.
    pub(super) fn pressure(&self) -> Pressure {
        self.pace.pressure()
    }

    /// One call of the RPC, repeated while that is safe.
    pub(super) async fn rpc(&self, ask: &Ask<'_>) -> Result<Value, CrmError> {
        self.patiently(ask.method, (ask.lane, ask.repeat), || self.once(ask)).await
    }

    async fn once(&self, ask: &Ask<'_>) -> Result<Value, CrmError> {
        let id = format!("{:x}", self.next.fetch_add(1, Ordering::Relaxed));
        let voice = if ask.author.is_some() { Voice::Borrowed } else { Voice::Own };
        let url = self.rpc.as_str();
        let call = Call { method: ask.method, url, id: &id, voice, expect: ask.expect };
        let body = json!({"jsonrpc": "2.0", "method": ask.method, "params": ask.params, "id": id});
        let user = ask.author.unwrap_or(&self.user);
        let request = self.http.post(self.rpc.clone());
        let request = request.basic_auth(user, Some(self.key.expose_secret()));
        let request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        let (status, asked, bytes) = self.hear(&call, request).await?;
        call.read(&Heard { status, asked, body: &bytes })
    }

    /// One call of the REST API below `path`.
    pub(super) async fn rest(
        &self,
        method: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<Value, CrmError> {
        let url = format!("{}{path}", self.rest.as_str());
        self.patiently(method, (Lane::Rest, Repeat::Harmless), || async {
            let request = self.http.post(&url).header(CONTENT_TYPE, "application/json");
            self.plain(method, &url, request.body(body.to_string())).await
        })
        .await
    }

    /// Sends the content of a file.
    pub(super) async fn put<F: Future<Output = Result<reqwest::Body, CrmError>>>(
        &self,
        (url, headers, timeout): (&Url, &[(&'static str, String)], Duration),
        content: impl Fn() -> F,
    ) -> Result<Value, CrmError> {
        self.patiently("upload", (Lane::Rest, Repeat::Always), || async {
            let mut request = self.http.put(url.clone()).timeout(timeout);
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            self.plain("upload", url.as_str(), request.body(content().await?)).await
        })
        .await
    }

    /// A request outside the RPC; only the CRM's own hosts are shown the key.
    async fn plain(
        &self,
        method: &str,
        url: &str,
        request: RequestBuilder,
    ) -> Result<Value, CrmError> {
        let own = Url::parse(url).is_ok_and(|url| http::is_own(&url));
        let request = if own {
            request.basic_auth(&self.user, Some(self.key.expose_secret()))
        } else {
            request
        };
        let call = Call { method, url, id: "", voice: Voice::Own, expect: Expect::Any };
        let (status, asked, bytes) = self.hear(&call, request).await?;
        call.read_rest(&Heard { status, asked, body: &bytes })
    }

    async fn hear(
        &self,
        call: &Call<'_>,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Option<Duration>, Vec<u8>), CrmError> {
        let (method, url) = (call.method.to_owned(), call.url.to_owned());
        let response = match request.send().await {
            Ok(response) => response,
            Err(cause) if cause.is_connect() || cause.is_builder() => {
                let source = Some(cause.without_url().into());
                return Err(CrmError::NotSent { method, url, source });
            }
            Err(cause) => {
                let why =
                    if cause.is_timeout() { "no answer in time" } else { "the connection broke" };
                let source = Some(cause.without_url().into());
                return Err(CrmError::Silent { method, url, why: why.to_owned(), source });
            }
        };
        let status = response.status();
        let asked = retry::asked(response.headers());
        if status == StatusCode::SERVICE_UNAVAILABLE {
            self.patience.hold_all(asked, 0);
        }
        match http::body(response).await {
            Ok(bytes) => Ok((status, asked, bytes)),
            Err(fault) => {
                let why = fault.to_string();
                Err(CrmError::Silent { method, url, why, source: Some(fault.into()) })
            }
        }
    }

    async fn patiently<F: Future<Output = Result<Value, CrmError>>>(
        &self,
        method: &'static str,
        (lane, repeat): (Lane, Repeat),
        once: impl Fn() -> F,
    ) -> Result<Value, CrmError> {
        let mut attempt = 0;
        loop {
            self.patience.settle().await;
            self.pace.turn(lane).await;
            // While this call stood in line, another one may have been throttled.
            self.patience.settle().await;
            self.healthy(method).await?;
            self.count(method);
            let answer = once().await;
            self.health.note(&answer);
            let fault = match answer {
                Err(fault) if attempt + 1 < ATTEMPTS && self.repeats(&fault, repeat) => fault,
                answer => return answer,
            };
            if let CrmError::Throttled { retry_after, .. } = fault {
                self.pace.refused(lane);
                self.patience.hold_all(retry_after, attempt);
            } else {
                tokio::time::sleep(self.patience.wait(attempt)).await;
            }
            attempt += 1;
        }
    }
}

impl Line {
    /// Whether a call that failed is made again: it may be, and the budget allows it. A call that
    /// came too soon is the affair of the pace.
    fn repeats(&self, fault: &CrmError, repeat: Repeat) -> bool {
        let throttled = matches!(fault, CrmError::Throttled { .. });
        repeats(fault, repeat) && (throttled || self.health.may_repeat())
    }

    /// Waits while the host fails call after call; the first to leave afterwards is a read.
    async fn healthy(&self, method: &str) -> Result<(), CrmError> {
        loop {
            match self.health.way() {
                Way::Go => return Ok(()),
                Way::Wait(until) => self.health.sleep(until).await,
                Way::Probe => self.health.probed(&self.probe().await),
                Way::GiveUp => {
                    let why =
                        "the CRM fails call after call, and did not answer three reads either";
                    return Err(CrmError::NotSent {
                        method: method.to_owned(),
                        url: self.rpc.to_string(),
                        source: Some(why.into()),
                    });
                }
            }
        }
    }

    /// A read that changes nothing and asks for little.
    async fn probe(&self) -> Result<Value, CrmError> {
        let method = "findUsers";
        self.count(method);
        let params = json!({"limit": 1, "page": 1});
        let (expect, lane, repeat) = (Expect::Any, Lane::FindShort, Repeat::Always);
        self.once(&Ask { method, params: &params, author: None, expect, lane, repeat }).await
    }
}

const fn repeats(fault: &CrmError, repeat: Repeat) -> bool {
    match fault {
        CrmError::NotSent { .. } | CrmError::Throttled { .. } => true,
        CrmError::Silent { .. } => matches!(repeat, Repeat::Always),
        CrmError::Refused { .. }
        | CrmError::Conflict { .. }
        | CrmError::Unauthorized { .. }
        | CrmError::Misconfigured { .. }
        | CrmError::Unsupported { .. } => false,
    }
}
