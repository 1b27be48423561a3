//! The pace of the calls: one lane for each family that has a limit of its own.

use std::sync::{Mutex, PoisonError};

use tokio::time::{Instant, sleep_until};

use super::rate::Rate;
use crate::crm::Pressure;

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

/// The rates of all lanes, as the spec says them and as they were learnt.
#[derive(Debug)]
pub(super) struct Pace {
    begin: Instant,
    rates: [Mutex<Rate>; 5],
}

impl Pace {
    /// Rates of reading and of writing in calls a second; `None`: not known.
    pub(super) fn new(find: Option<f64>, write: Option<f64>) -> Self {
        let rates = [find, find, find, write, write].map(|cap| Mutex::new(Rate::new(cap)));
        Self { begin: Instant::now(), rates }
    }

    /// Waits for this call's turn.
    pub(super) async fn turn(&self, lane: Lane) {
        let at = self.with(lane, |rate| rate.depart(self.begin.elapsed()));
        sleep_until(self.begin + at).await;
    }

    /// Notes that a call of the lane came too soon.
    pub(super) fn refused(&self, lane: Lane) {
        self.with(lane, |rate| rate.refused(self.begin.elapsed()));
    }

    /// How the writing calls are paced by now.
    pub(super) fn pressure(&self) -> Pressure {
        let (per_second, backed_off) = self.with(Lane::Write, |rate| rate.state());
        Pressure { per_second, backed_off }
    }

    fn with<T>(&self, lane: Lane, ask: impl FnOnce(&mut Rate) -> T) -> T {
        let [short, whole, get, write, rest] = &self.rates;
        let rate = match lane {
            Lane::FindShort => short,
            Lane::FindWhole => whole,
            Lane::Get => get,
            Lane::Write => write,
            Lane::Rest => rest,
        };
        ask(&mut rate.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    #[tokio::test]
    async fn a_refusal_slows_its_own_lane_and_no_other() {
        let pace = Pace::new(None, None);
        for _ in 0..20 {
            pace.turn(Lane::Write).await;
        }
        pace.refused(Lane::Write);
        let before = std::time::Instant::now();
        pace.turn(Lane::Get).await;
        assert!(before.elapsed() < Duration::from_millis(30));
        pace.turn(Lane::Write).await;
        pace.turn(Lane::Write).await;
        assert!(before.elapsed() >= Duration::from_millis(60), "15 a second");
    }
}
