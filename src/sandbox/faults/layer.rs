//! The layer between the connections and the local Nutshell, in which the faults are played.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::sync::oneshot;

use super::answers::{self, Answer};
use super::call::{Call, Family, beside};
use super::class::{Class, Deed, Lag, Mixup, Page, Reset};
use super::cord::Cord;
use super::memory::Memory;
use super::rules::{Faults, Stroke, When};
use super::slow::{slow, whole};
use crate::sandbox::nutshell::{Store, person};

/// Largest request and answer that are played with.
const LARGEST: usize = 64 * 1024 * 1024;
/// Longer than any client waits for an answer.
const SILENCE: Duration = Duration::from_mins(2);
/// How long an answer waits for another one that it can be swapped with.
const PARTNER: Duration = Duration::from_millis(300);
/// About the length of an answer's head.
const HEAD: usize = 150;

/// An answer that waits for a partner, and where the partner's own goes.
type Waiting = (Answer, oneshot::Sender<Answer>);

/// What the layer works with.
pub(crate) struct Stage {
    pub(crate) faults: Arc<Faults>,
    pub(crate) store: Arc<Store>,
    memory: Memory,
    swap: Mutex<Option<Waiting>>,
}

impl Stage {
    pub(crate) fn new(faults: Arc<Faults>, store: Arc<Store>) -> Self {
        Self { faults, store, memory: Memory::default(), swap: Mutex::default() }
    }
}

/// Lets a request through, or plays what the rules say.
pub(crate) async fn play(
    State(stage): State<Arc<Stage>>,
    request: Request,
    next: Next,
) -> Response {
    if !stage.faults.armed() {
        return next.run(request).await;
    }
    let cord = request.extensions().get::<ConnectInfo<Cord>>();
    let cord = cord.map(|ConnectInfo(cord)| cord.clone()).unwrap_or_default();
    let (parts, body) = request.into_parts();
    let is_rpc = parts.method == Method::POST && parts.uri.path() == "/api/v1/json";
    let beside = beside(&parts.method, parts.uri.path());
    if !is_rpc && beside.is_none() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let (family, call) = beside.unwrap_or_else(|| {
        let call = Call::read(&bytes);
        (call.family(), call)
    });
    let stroke = stage.faults.strike(family, &call);
    let scene = Scene { stage, family, call, parts, bytes, next, cord };
    match stroke {
        Some(stroke) => scene.play(stroke).await,
        None => sent(scene.apply().await),
    }
}

fn sent(answer: Answer) -> Response {
    let body = Body::from(answer.body.clone());
    whole(answer, body)
}

/// One call and everything that it can be played with.
#[derive(Clone)]
struct Scene {
    stage: Arc<Stage>,
    family: Family,
    call: Call,
    parts: Parts,
    bytes: Bytes,
    next: Next,
    cord: Cord,
}

impl Scene {
    /// The true answer; the call is applied.
    async fn apply(&self) -> Answer {
        self.apply_as(self.bytes.clone()).await
    }

    async fn apply_as(&self, bytes: Bytes) -> Answer {
        let before = match (self.family, self.call.target()) {
            (Family::Edit, Some(target)) => person::shown(&self.stage.store, target).await,
            _ => None,
        };
        let mut parts = self.parts.clone();
        // The length may be another one.
        parts.headers.remove(header::CONTENT_LENGTH);
        let response = self.next.clone().run(Request::from_parts(parts, Body::from(bytes))).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, LARGEST).await.unwrap_or_default().to_vec();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        if self.family == Family::Create {
            self.stage.memory.note_made(&answer.result());
        }
        if let Some(before) = before.filter(|_| answer.status.is_success()) {
            self.stage.memory.note_former(before);
        }
        answer
    }

    /// The true answer when the call is applied, one without content when it is not.
    async fn applied(&self, when: When) -> Answer {
        match when {
            When::Before => Answer::hollow(&self.call),
            When::After => self.apply().await,
        }
    }

    async fn play(self, stroke: Stroke) -> Response {
        match stroke.class {
            Class::Refusal(refusal) => {
                let now = self.stage.store.now();
                sent(answers::refusal(refusal, &self.call, &stroke, now))
            }
            Class::Failure(failure) => {
                drop(self.applied(stroke.when).await);
                sent(answers::failure(failure, &self.call, &stroke))
            }
            Class::Silence => {
                drop(self.applied(stroke.when).await);
                self.silent().await
            }
            Class::Late => {
                let later = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(stroke.delay).await;
                    drop(later.apply().await);
                });
                self.silent().await
            }
            Class::Reset(reset) => self.reset(reset, stroke.when).await,
            Class::Garble(garble) => {
                sent(answers::garbled(garble, self.applied(stroke.when).await))
            }
            Class::Mixup(Mixup::Swapped) => sent(self.swapped().await),
            Class::Mixup(mixup) => {
                let other = match self.call.entity().filter(|_| mixup == Mixup::Record) {
                    Some(entity) => {
                        person::another(&self.stage.store, entity, self.call.target()).await
                    }
                    None => None,
                };
                sent(answers::mixed(mixup, self.applied(stroke.when).await, other))
            }
            Class::Slow(how) => {
                slow(how, self.applied(stroke.when).await, stroke.delay, &self.cord)
            }
            Class::Page(page) => sent(self.page(page).await),
            Class::Lag(lag) => sent(self.lag(lag, stroke.delay).await),
            Class::Person(deed) => sent(self.person(deed, &stroke).await),
        }
    }

    /// Says nothing for longer than anybody waits.
    async fn silent(&self) -> Response {
        tokio::time::sleep(SILENCE).await;
        self.cord.cut_after(0);
        StatusCode::GATEWAY_TIMEOUT.into_response()
    }

    async fn reset(&self, reset: Reset, when: When) -> Response {
        let answer = self.applied(when).await;
        match reset {
            Reset::Start => self.cord.cut_after(0),
            Reset::Middle => self.cord.cut_after(HEAD + answer.body.len() / 2),
            Reset::End => {
                let mut response = sent(answer);
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
                return response;
            }
        }
        sent(answer)
    }

    /// The answer of another call under the id of this one's, if another one comes in time.
    async fn swapped(&self) -> Answer {
        let own = self.apply().await;
        let waiting = self.stage.swap.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((other, partner)) = waiting {
            return match partner.send(own) {
                Ok(()) => other,
                Err(own) => own,
            };
        }
        let (partner, comes) = oneshot::channel();
        *self.stage.swap.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((own.clone(), partner));
        if let Ok(Ok(other)) = tokio::time::timeout(PARTNER, comes).await {
            return other;
        }
        own
    }

    /// A listing that is not what it says.
    async fn page(&self, page: Page) -> Answer {
        if page == Page::Repeated && self.call.page() > 1 {
            return self.apply_as(self.call.at_page(self.call.page() - 1).into()).await;
        }
        let answer = self.apply().await;
        let Value::Array(mut list) = answer.result() else { return answer };
        match page {
            Page::Half => list.truncate(list.len() / 2),
            Page::Repeated => {}
            Page::Empty => list.clear(),
        }
        answer.with_result(list.into())
    }

    /// A read that shows what was a while ago.
    async fn lag(&self, lag: Lag, delay: Duration) -> Answer {
        let answer = self.apply().await;
        let memory = &self.stage.memory;
        match (lag, answer.result()) {
            (Lag::Listing, Value::Array(mut list)) => {
                list.retain(|record| !memory.is_young(record, delay));
                answer.with_result(list.into())
            }
            (Lag::Read, record) if memory.is_young(&record, delay) => Answer::missing(&self.call),
            (Lag::Stale, record) => match memory.former(&record, delay) {
                Some(former) => answer.with_result(former),
                None => answer,
            },
            (Lag::Listing | Lag::Read, _) => answer,
        }
    }

    /// Somebody else works on the record that the call is about.
    async fn person(&self, deed: Deed, stroke: &Stroke) -> Answer {
        let act = |target: (String, i64), wait: Duration| {
            let (store, count) = (Arc::clone(&self.stage.store), stroke.count);
            async move {
                tokio::time::sleep(wait).await;
                person::act(&store, deed, target, count).await;
            }
        };
        let named = self.call.target().map(|(entity, id)| (entity.to_owned(), id));
        if stroke.when == When::Before {
            if let Some(target) = named {
                act(target, Duration::ZERO).await;
            }
            return self.apply().await;
        }
        let answer = self.apply().await;
        let result = answer.result();
        let made = self.call.entity().zip(result.get("id").and_then(Value::as_i64));
        let target = made.map(|(entity, id)| (entity.to_owned(), id)).or(named);
        match target {
            Some(target) if stroke.delay.is_zero() => act(target, Duration::ZERO).await,
            Some(target) => drop(tokio::spawn(act(target, stroke.delay))),
            None => {}
        }
        answer
    }
}
