//! How the host is doing: its circuit and the budget of second tries, on the clock of the line.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::budget::Budget;
use super::circuit::{Circuit, End, Way};
use crate::crm::CrmError;

/// The state of a host.
#[derive(Debug)]
pub(super) struct Health {
    begin: Instant,
    circuit: Mutex<Circuit>,
    budget: Mutex<Budget>,
}

impl Health {
    pub(super) fn new(pause: Duration) -> Self {
        let (circuit, budget) = (Mutex::new(Circuit::new(pause)), Mutex::default());
        Self { begin: Instant::now(), circuit, budget }
    }

    /// What a call does that is ready now.
    pub(super) fn way(&self) -> Way {
        self.circuit(|circuit| circuit.way(self.begin.elapsed()))
    }

    pub(super) async fn sleep(&self, until: Duration) {
        sleep_until(self.begin + until).await;
    }

    /// Notes how a probe ended.
    pub(super) fn probed<T>(&self, answer: &Result<T, CrmError>) {
        let end = if answer.is_ok() { End::Answered } else { End::Failed };
        self.circuit(|circuit| circuit.probed(end, self.begin.elapsed()));
    }

    /// Notes how a call went. A refusal is an answer; that a call came too soon says nothing about
    /// the host.
    pub(super) fn note<T>(&self, answer: &Result<T, CrmError>) {
        let now = self.begin.elapsed();
        self.budget.lock().unwrap_or_else(PoisonError::into_inner).called(now);
        match answer {
            Err(CrmError::Silent { .. } | CrmError::NotSent { .. }) => {
                self.circuit(|circuit| circuit.note(End::Failed, now));
            }
            Err(CrmError::Throttled { .. }) => {}
            Ok(_)
            | Err(
                CrmError::Refused { .. }
                | CrmError::Conflict { .. }
                | CrmError::Unauthorized { .. }
                | CrmError::Misconfigured { .. }
                | CrmError::Unsupported { .. },
            ) => self.circuit(|circuit| circuit.note(End::Answered, now)),
        }
    }

    /// Whether a call may be tried again.
    pub(super) fn may_repeat(&self) -> bool {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        budget.may_repeat(self.begin.elapsed())
    }

    fn circuit<T>(&self, ask: impl FnOnce(&mut Circuit) -> T) -> T {
        ask(&mut self.circuit.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
