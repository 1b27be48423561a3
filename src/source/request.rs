//! Asking a host, at the pace of the spec, again when it fails.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use url::Url;

use super::account::Account;
use super::address;
use super::backoff::{Backoff, RETRY_AFTER_MAX, asked_wait};
use super::error::SourceError;
use super::reader::{Options, Pacing};
use crate::spec::Pace;

/// The largest body of a list.
const BODY_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// How much of an answer is quoted.
const QUOTED_CHARS_MAX: usize = 120;

/// The requests of one source.
#[derive(Debug)]
pub(super) struct Requests {
    name: String,
    pub(super) client: Client,
    limiter: Option<DefaultDirectRateLimiter>,
    backoff: Backoff,
    random: Mutex<fastrand::Rng>,
}

/// What one attempt came to.
pub(super) enum Attempt<T> {
    /// It succeeded.
    Done(T),
    /// It may succeed later.
    Again {
        /// What happened.
        detail: String,
        /// How long the host asks to wait.
        wait: Option<Duration>,
    },
}

impl<T> Attempt<T> {
    /// One that may succeed later, whenever that is.
    pub(super) fn again(detail: impl Into<String>) -> Self {
        Self::Again { detail: detail.into(), wait: None }
    }
}

impl Requests {
    pub(super) fn new(name: &str, client: Client, pace: Option<Pace>, options: &Options) -> Self {
        let limiter = match options.pacing {
            Pacing::Declared => pace.and_then(quota).map(RateLimiter::direct),
            Pacing::None => None,
        };
        Self {
            name: name.into(),
            client,
            limiter,
            backoff: options.backoff,
            random: Mutex::new(fastrand::Rng::with_seed(options.seed)),
        }
    }

    /// Makes attempts until one is done or there have been enough.
    pub(super) async fn until_done<T, F: Future<Output = Result<Attempt<T>, SourceError>>>(
        &self,
        (url, account): (&Url, &Account),
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, SourceError> {
        let mut number = 0;
        loop {
            self.pace().await;
            let (detail, wait) = match attempt().await? {
                Attempt::Done(answer) => return Ok(answer),
                Attempt::Again { detail, wait } => (detail, wait),
            };
            number += 1;
            let patient = wait.is_none_or(|wait| wait <= RETRY_AFTER_MAX);
            if number >= self.backoff.attempts || !patient {
                return Err(self.unwilling((url, account), number, detail));
            }
            let wait = wait.unwrap_or_else(|| self.jittered(number - 1));
            tracing::debug!(source = self.name, number, ?wait, detail, "asking again");
            tokio::time::sleep(wait).await;
        }
    }

    fn unwilling(
        &self,
        (url, account): (&Url, &Account),
        attempts: u32,
        detail: String,
    ) -> SourceError {
        let (name, url) = (self.name.clone(), address::shown(url));
        SourceError::Unwilling { name, account: account.shown(), url, attempts, detail }
    }

    fn jittered(&self, attempt: u32) -> Duration {
        let share = self.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
        self.backoff.wait(attempt, share)
    }

    async fn pace(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.until_ready().await;
        }
    }

    /// Sends a request once: the answer if the host gave one that is final for itself.
    pub(super) async fn send(&self, request: RequestBuilder) -> Attempt<Response> {
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Attempt::again(reason(&error)),
        };
        let status = response.status();
        if is_temporary(status) {
            let wait = asked_wait(response.headers());
            let asks = wait.map_or_else(String::new, |wait| {
                format!(", asks to wait {} seconds", wait.as_secs())
            });
            return Attempt::Again { detail: format!("HTTP {}{asks}", status.as_u16()), wait };
        }
        Attempt::Done(response)
    }

    /// The error for a status that asking again will not change.
    pub(super) fn final_error(
        &self,
        (url, account): (&Url, &Account),
        status: u16,
        said: &str,
    ) -> SourceError {
        let (name, url) = (self.name.clone(), address::shown(url));
        if matches!(status, 401 | 403) {
            return SourceError::Refused { name, account: account.shown(), url, status };
        }
        let detail = match status {
            300..400 => "it points elsewhere, and redirects are not followed".into(),
            _ => quoted(said),
        };
        SourceError::Rejected { name, url, status, detail }
    }
}

/// The whole body, unless it breaks off or is too large.
pub(super) async fn body(response: &mut Response) -> Result<Attempt<Vec<u8>>, SourceError> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(Attempt::Done(bytes)),
            Err(_) => return Ok(Attempt::again("the answer broke off")),
        }
        if bytes.len() as u64 > BODY_BYTES_MAX {
            let place = format!("the answer of {}", address::shown(response.url()));
            return Err(SourceError::TooLarge { place, bytes_max: BODY_BYTES_MAX });
        }
    }
}

fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

fn reason(error: &reqwest::Error) -> String {
    let what = match (error.is_timeout(), error.is_connect()) {
        (true, _) => "no answer in time",
        (false, true) => "no connection",
        (false, false) => "the exchange broke off",
    };
    // The innermost cause says most: "Connection refused", "dns error".
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    format!("{what} ({cause})")
}

/// The beginning of what a host said, on one line.
pub(super) fn quoted(said: &str) -> String {
    let line: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().chars().take(QUOTED_CHARS_MAX).collect()
}

fn quota(pace: Pace) -> Option<Quota> {
    let period = Duration::try_from_secs_f64(pace.per_second.recip()).ok()?;
    Quota::with_period(period)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;

    use super::*;
    use crate::source::{
        client,
        sample::{paging, read, serve, table},
    };
    use crate::spec::Auth;

    #[tokio::test]
    async fn the_pace_of_the_spec_is_kept_unless_the_host_is_the_sandbox() {
        let pace = Some(Pace { per_second: 100.0 });
        let time = async |pacing| {
            let options = Options { pacing, ..Options::default() };
            let client = client::build(&options).unwrap();
            let requests = Requests::new("rezora", client, pace, &options);
            let begin = Instant::now();
            let five = [
                requests.pace(),
                requests.pace(),
                requests.pace(),
                requests.pace(),
                requests.pace(),
            ];
            futures_util::future::join_all(five).await;
            begin.elapsed()
        };
        assert!(time(Pacing::Declared).await >= Duration::from_millis(39));
        assert!(time(Pacing::None).await < Duration::from_millis(39));
    }

    #[tokio::test]
    async fn a_host_that_asks_for_hours_is_not_waited_for() {
        let busy = || async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7200")]) };
        let router = Router::new().route("/contacts", get(busy));
        let reader = serve(router, Auth::None, paging(20)).await;
        let error = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap_err();
        let expected = "(1 attempts): HTTP 429, asks to wait 7200 seconds";
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn what_a_host_says_is_quoted_on_one_line() {
        assert_eq!(quoted("no\r\n\u{1b}[31mway"), "no   [31mway");
    }
}
