//! How long to wait before a call is tried again, and the one pause that everybody keeps.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

/// The longest wait of our own making.
const CAP: Duration = Duration::from_mins(1);
/// The longest wait that the CRM may ask for.
const ASKED_MAX: Duration = Duration::from_hours(1);
/// How often a call is tried.
pub(super) const ATTEMPTS: u32 = 8;

/// Waits with full jitter, and a pause shared by all calls.
#[derive(Debug)]
pub(super) struct Patience {
    base: Duration,
    dice: Mutex<fastrand::Rng>,
    until: Mutex<Option<Instant>>,
}

impl Patience {
    pub(super) fn new(base: Duration, seed: u64) -> Self {
        Self { base, dice: Mutex::new(fastrand::Rng::with_seed(seed)), until: Mutex::new(None) }
    }

    fn share(&self) -> f64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }

    /// The wait after attempt number `attempt` (from 0).
    pub(super) fn wait(&self, attempt: u32) -> Duration {
        let longest = self.base.saturating_mul(2_u32.saturating_pow(attempt)).min(CAP);
        longest.mul_f64(self.share())
    }

    /// Makes everybody wait: as long as was asked for and a little longer, so that not all come
    /// back at once, or as long as our own back-off says.
    pub(super) fn hold_all(&self, asked: Option<Duration>, attempt: u32) {
        let wait = match asked {
            Some(asked) => asked.min(ASKED_MAX) + self.base.mul_f64(self.share()),
            None => self.wait(attempt),
        };
        let then = Instant::now() + wait;
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.is_none_or(|now| now < then) {
            *until = Some(then);
        }
    }

    /// Waits until nobody has to wait any more.
    pub(super) async fn settle(&self) {
        loop {
            let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(then) if then > Instant::now() => tokio::time::sleep_until(then).await,
                Some(_) | None => return,
            }
        }
    }
}

/// The wait that the CRM asks for, in seconds or as a date, which is measured from the answer's own.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let then = rfc2822::parse(text).ok()?;
    let now = rfc2822::parse(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(Duration::try_from(now.timestamp().duration_until(then.timestamp())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_never_exceed_their_bound() {
        let patience = Patience::new(Duration::from_millis(500), 1);
        for attempt in 0..12 {
            let bound = Duration::from_millis(500 << attempt).min(CAP);
            assert!(patience.wait(attempt) <= bound, "{attempt}");
        }
    }

    #[tokio::test]
    async fn everybody_waits_when_one_call_was_throttled() {
        let patience = Patience::new(Duration::ZERO, 1);
        patience.hold_all(Some(Duration::from_millis(40)), 0);
        let before = Instant::now();
        patience.settle().await;
        assert!(before.elapsed() >= Duration::from_millis(39));
        patience.settle().await;
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_an_hour_whatever_is_asked() {
        let patience = Patience::new(Duration::from_millis(500), 1);
        patience.hold_all(Some(Duration::from_hours(24)), 0);
        let until = patience.until.lock().unwrap().unwrap();
        let wait = until.duration_since(Instant::now());
        assert!(wait > Duration::from_mins(59) && wait < Duration::from_mins(61), "{wait:?}");
    }

    #[test]
    fn the_crm_may_ask_for_seconds_or_name_a_time() {
        for (text, seconds) in
            [("7", Some(7)), ("Thu, 26 Nov 2026 12:01:30 GMT", Some(90)), ("soon", None)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            headers.insert(DATE, "Thu, 26 Nov 2026 12:00:00 GMT".parse().unwrap());
            assert_eq!(asked(&headers), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
