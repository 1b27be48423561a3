//! The budget of second tries: a host in trouble is not helped by being asked everything twice.
//! Pure: the time is handed in.

use std::collections::VecDeque;
use std::time::Duration;

/// The time that is looked back on.
const WINDOW: Duration = Duration::from_mins(2);
/// One in so many calls may be a second try.
const SHARE: u64 = 10;
/// So many second tries are always borne.
const BORNE: u64 = 60;

/// Calls and second tries of the last two minutes.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// Second, calls, second tries.
    seconds: VecDeque<(u64, u64, u64)>,
}

impl Budget {
    /// Notes a call.
    pub(super) fn called(&mut self, now: Duration) {
        self.second(now).1 += 1;
    }

    /// Whether a call may be tried again; if so, it is noted.
    pub(super) fn may_repeat(&mut self, now: Duration) -> bool {
        self.second(now);
        let (calls, tries) = self
            .seconds
            .iter()
            .fold((0, 0), |(calls, tries), (_, called, tried)| (calls + called, tries + tried));
        let allowed = tries < BORNE.max(calls / SHARE);
        if allowed {
            self.second(now).2 += 1;
        }
        allowed
    }

    fn second(&mut self, now: Duration) -> &mut (u64, u64, u64) {
        let second = now.as_secs();
        while self.seconds.front().is_some_and(|first| first.0 + WINDOW.as_secs() <= second) {
            self.seconds.pop_front();
        }
        if self.seconds.back().is_none_or(|last| last.0 < second) {
            self.seconds.push_back((second, 0, 0));
        }
        let last = self.seconds.len() - 1;
        &mut self.seconds[last]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_second_tries_are_borne_and_one_in_ten_of_many() {
        let mut budget = Budget::default();
        let allowed = |budget: &mut Budget, seconds| {
            (0..10_000).take_while(|_| budget.may_repeat(Duration::from_secs(seconds))).count()
        };
        assert_eq!(allowed(&mut budget, 0), 60);
        assert!(!budget.may_repeat(Duration::from_secs(119)));
        assert_eq!(allowed(&mut budget, 120), 60, "two minutes later they are forgotten");
        for second in 300..400 {
            for _ in 0..50 {
                budget.called(Duration::from_secs(second));
            }
        }
        assert_eq!(allowed(&mut budget, 400), 500, "one in ten of 5,000");
    }
}
