//! A rate that is believed, and learnt when it was wrong. Pure: the time is handed in.
//!
//! Additive increase, multiplicative decrease, on the rate itself and not on the number of calls
//! in flight: slightly below a limit costs little, slightly above costs a pause for everybody.

use std::collections::VecDeque;
use std::time::Duration;

/// What is kept of a rate that was refused.
const KEPT: f64 = 0.75;
/// Growth a second, as a share, while the last refusal is far above.
const FAST: f64 = 0.10;
/// Growth a second, as a share, near the last refusal.
const SLOW: f64 = 0.005;
/// Where the neighbourhood of the last refusal begins, as a share of it.
const NEAR: f64 = 0.9;
/// Refusals within this time belong to one moment and count once.
const MOMENT: Duration = Duration::from_secs(1);
/// The slowest rate, in calls a second.
const SLOWEST: f64 = 0.1;

/// The rate of one family of calls.
#[derive(Debug)]
pub(super) struct Rate {
    /// The rate that the spec allows; never exceeded.
    cap: Option<f64>,
    /// The rate that is kept; `None`: as fast as it goes.
    kept: Option<f64>,
    /// The rate at which a call was refused last.
    refused_at: Option<f64>,
    last_refusal: Option<Duration>,
    /// When the next call may leave.
    next: Duration,
    /// When growth was last reckoned.
    grown: Duration,
    /// When calls left within the last moment: how fast it goes where nothing is kept.
    left: VecDeque<Duration>,
    /// How often a call came too soon and the rate was lowered.
    lowered: u64,
}

impl Rate {
    pub(super) fn new(cap: Option<f64>) -> Self {
        let cap = cap.filter(|rate| rate.is_finite() && *rate > 0.0);
        Self {
            cap,
            kept: cap,
            refused_at: None,
            last_refusal: None,
            next: Duration::ZERO,
            grown: Duration::ZERO,
            left: VecDeque::new(),
            lowered: 0,
        }
    }

    /// When a call that is ready at `now` may leave.
    pub(super) fn depart(&mut self, now: Duration) -> Duration {
        self.grow(now);
        let at = now.max(self.next);
        if let Some(rate) = self.kept {
            self.next = at + Duration::from_secs_f64(1.0 / rate);
            return at;
        }
        self.left.push_back(at);
        while self.left.front().is_some_and(|first| *first + MOMENT < at) {
            self.left.pop_front();
        }
        at
    }

    /// Notes that a call was refused because it came too soon.
    pub(super) fn refused(&mut self, now: Duration) {
        if self.last_refusal.is_some_and(|last| now < last + MOMENT) {
            return;
        }
        self.grow(now);
        let rate = self.kept.unwrap_or_else(|| self.seen());
        self.last_refusal = Some(now);
        self.lowered += 1;
        self.refused_at = Some(rate);
        self.kept = Some((rate * KEPT).max(SLOWEST));
        self.grown = now;
    }

    fn grow(&mut self, now: Duration) {
        let since = now.saturating_sub(self.grown).as_secs_f64();
        self.grown = self.grown.max(now);
        let (Some(rate), Some(refused)) = (self.kept, self.refused_at) else { return };
        let share = if rate < refused * NEAR { FAST } else { SLOW };
        let grown = rate * (1.0 + share * since);
        // Never with one step across the border between fast and slow.
        let grown = if rate < refused * NEAR { grown.min(refused * NEAR) } else { grown };
        self.kept = Some(self.cap.map_or(grown, |cap| grown.min(cap)));
    }

    /// Calls a second that are kept to, if a limit is known, and how often it had to be lowered.
    pub(super) const fn state(&self) -> (Option<f64>, u64) {
        (self.kept, self.lowered)
    }

    /// The rate at which calls left within the last moment.
    fn seen(&self) -> f64 {
        let count = u32::try_from(self.left.len()).unwrap_or(u32::MAX);
        f64::from(count.max(1)) / MOMENT.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that allows so many calls in each second, refusals counted; calls leave one by one.
    /// Returns the time that `calls` accepted ones took, against the least possible, and the share
    /// of refusals.
    fn play(cap: Option<f64>, limit: u32, calls: u32) -> (f64, f64) {
        let mut rate = Rate::new(cap);
        // A call that is answered takes a millisecond.
        let (mut now, mut second, mut seen) = (Duration::ZERO, 0, 0);
        let (mut accepted, mut refused) = (0_u32, 0_u32);
        while accepted < calls {
            now = rate.depart(now) + Duration::from_millis(1);
            if now.as_secs() != second {
                (second, seen) = (now.as_secs(), 0);
            }
            seen += 1;
            if seen > limit {
                refused += 1;
                rate.refused(now);
                now += Duration::from_millis(200);
            } else {
                accepted += 1;
            }
        }
        let bound = f64::from(calls) / f64::from(limit);
        (now.as_secs_f64() / bound, f64::from(refused) / f64::from(accepted))
    }

    #[test]
    fn a_rate_that_the_spec_names_is_kept_to_the_call() {
        let (time, refused) = play(Some(50.0), 50, 3_000);
        assert!(time <= 1.02 && refused < 0.001, "{time} {refused}");
    }

    #[test]
    fn a_limit_that_nobody_named_is_learnt_at_small_cost() {
        for limit in [10, 50] {
            let (time, refused) = play(None, limit, limit * 120);
            assert!(time <= 1.10, "{limit}: {time} of the bound, {refused} refused");
            assert!(refused < 0.01, "{limit}: {refused}");
        }
    }

    #[test]
    fn a_rate_that_the_spec_overrates_comes_down_and_never_exceeds_it_again() {
        let (time, refused) = play(Some(80.0), 50, 6_000);
        assert!(time <= 1.10 && refused < 0.01, "{time} {refused}");
        let mut rate = Rate::new(Some(80.0));
        rate.refused(Duration::from_secs(1));
        for seconds in [1_000, 10_000, 20_000] {
            rate.depart(Duration::from_secs(seconds));
        }
        assert_eq!(rate.kept, Some(80.0));
    }

    #[test]
    fn refusals_of_one_moment_count_once() {
        let mut rate = Rate::new(Some(40.0));
        for millis in 0..500 {
            rate.refused(Duration::from_millis(millis));
        }
        assert_eq!(rate.kept, Some(30.0));
    }

    #[test]
    fn what_was_never_refused_is_not_paced() {
        let mut rate = Rate::new(None);
        for millis in 0..100 {
            assert_eq!(rate.depart(Duration::from_millis(millis)), Duration::from_millis(millis));
        }
    }
}
