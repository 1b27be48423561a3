//! The believed rates: one lane for each family of calls.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// A family of calls that has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// `find*` and `search*` with short answers.
    FindShort,
    /// `find*` with whole records.
    FindWhole,
    /// `get*`.
    Get,
    /// Everything that changes something, over RPC.
    Write,
    /// REST and uploads.
    Rest,
}

/// The rates of all lanes; a lane without one is not paced.
#[derive(Debug)]
pub(super) struct Pace {
    find_short: Option<DefaultDirectRateLimiter>,
    find_whole: Option<DefaultDirectRateLimiter>,
    get: Option<DefaultDirectRateLimiter>,
    write: Option<DefaultDirectRateLimiter>,
    rest: Option<DefaultDirectRateLimiter>,
}

fn limiter(per_second: Option<f64>) -> Option<DefaultDirectRateLimiter> {
    let rate = per_second.filter(|rate| rate.is_finite() && *rate > 0.0)?;
    let period = Duration::try_from_secs_f64(1.0 / rate).ok().filter(|one| !one.is_zero())?;
    // No burst: a server that counts by the second refuses what comes in one breath.
    let quota = Quota::with_period(period)?.allow_burst(NonZeroU32::MIN);
    Some(RateLimiter::direct(quota))
}

impl Pace {
    pub(super) fn new(find: Option<f64>, write: Option<f64>) -> Self {
        Self {
            find_short: limiter(find),
            find_whole: limiter(find),
            get: limiter(find),
            write: limiter(write),
            rest: limiter(write),
        }
    }

    /// Waits for this call's turn.
    pub(super) async fn turn(&self, lane: Lane) {
        let limiter = match lane {
            Lane::FindShort => &self.find_short,
            Lane::FindWhole => &self.find_whole,
            Lane::Get => &self.get,
            Lane::Write => &self.write,
            Lane::Rest => &self.rest,
        };
        if let Some(limiter) = limiter {
            limiter.until_ready().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_of_one_lane_keep_their_distance() {
        let pace = Pace::new(Some(50.0), None);
        let before = std::time::Instant::now();
        pace.turn(Lane::Get).await;
        pace.turn(Lane::FindShort).await;
        pace.turn(Lane::Write).await;
        pace.turn(Lane::Get).await;
        pace.turn(Lane::Get).await;
        assert!(before.elapsed() >= Duration::from_millis(35));
    }
}
