//! How long to wait before asking again.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The longest that a host may ask us to wait.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// Exponential back-off with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait before the second attempt.
    pub base: Duration,
    /// The longest wait at all.
    pub cap: Duration,
    /// How often to ask.
    pub attempts: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_millis(500), cap: Duration::from_secs(30), attempts: 6 }
    }
}

impl Backoff {
    /// The wait after attempt number `attempt` (from 0); `share` is a random number from 0 to 1.
    pub(super) fn wait(self, attempt: u32, share: f64) -> Duration {
        let longest = self.base.saturating_mul(2_u32.saturating_pow(attempt)).min(self.cap);
        longest.mul_f64(share.clamp(0.0, 1.0))
    }
}

/// The wait that the host asks for, in seconds or as a date.
///
/// A date is measured from the answer's own `Date`, so that no clock of this machine counts.
pub(super) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
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

    fn check(retry_after: &str, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        headers.insert(DATE, "Thu, 26 Nov 2026 12:00:00 GMT".parse().unwrap());
        assert_eq!(asked_wait(&headers), expected.map(Duration::from_secs), "{retry_after}");
    }

    #[test]
    fn a_host_may_ask_for_seconds_or_name_a_time() {
        check("7", Some(7));
        check("Thu, 26 Nov 2026 12:01:30 GMT", Some(90));
        check("Thu, 26 Nov 2026 11:00:00 GMT", Some(0));
        check("soon", None);
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let backoff = Backoff::default();
        assert_eq!(backoff.wait(0, 1.0), Duration::from_millis(500));
        assert_eq!(backoff.wait(3, 1.0), Duration::from_secs(4));
        assert_eq!(backoff.wait(40, 1.0), Duration::from_secs(30));
        assert_eq!(backoff.wait(5, 0.0), Duration::ZERO);
    }
}
