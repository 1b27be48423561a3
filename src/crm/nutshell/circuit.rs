//! The circuit: when call after call fails, nobody calls for a while, and then one read goes first.
//! Pure: the time is handed in.

use std::collections::VecDeque;
use std::time::Duration;

/// So many failures in a row open it.
const IN_A_ROW: u32 = 10;
/// Of so many calls the last ones are remembered.
const WINDOW: usize = 20;
/// So many failures among these open it.
const OF_WINDOW: usize = 10;
/// Reads that fail one after the other before the run gives up for now.
const PROBES_MAX: u32 = 3;

/// What a call that is ready does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It leaves.
    Go,
    /// It asks for something harmless first, and tells how that went.
    Probe,
    /// It asks again at this time.
    Wait(Duration),
    /// It does not leave: the host failed too long.
    GiveUp,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With an answer, whatever it says.
    Answered,
    /// Without one that means anything.
    Failed,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open { until: Duration },
    Probing { until: Duration },
}

/// Whether the host fails call after call.
#[derive(Debug)]
pub(super) struct Circuit {
    /// How long nobody calls.
    pause: Duration,
    state: State,
    /// How the last calls ended.
    last: VecDeque<End>,
    in_a_row: u32,
    probes: u32,
}

impl Circuit {
    pub(super) const fn new(pause: Duration) -> Self {
        Self { pause, state: State::Closed, last: VecDeque::new(), in_a_row: 0, probes: 0 }
    }

    /// What a call does that is ready at `now`.
    pub(super) fn way(&mut self, now: Duration) -> Way {
        match self.state {
            State::Closed => Way::Go,
            State::Open { until } if now < until => Way::Wait(until),
            // One at a time; the next look comes soon, because an answer is quick.
            State::Probing { until } if now < until => Way::Wait(until.min(now + self.pause / 20)),
            State::Open { .. } | State::Probing { .. } if self.probes == PROBES_MAX => {
                // Whoever comes next begins anew.
                self.probes = 0;
                Way::GiveUp
            }
            State::Open { .. } | State::Probing { .. } => {
                self.state = State::Probing { until: now + self.pause };
                Way::Probe
            }
        }
    }

    /// Notes how a probe ended.
    pub(super) fn probed(&mut self, end: End, now: Duration) {
        if end == End::Answered {
            *self = Self::new(self.pause);
            return;
        }
        self.probes += 1;
        self.state = State::Open { until: now + self.pause };
    }

    /// Notes how a call ended.
    pub(super) fn note(&mut self, end: End, now: Duration) {
        self.in_a_row = if end == End::Failed { self.in_a_row + 1 } else { 0 };
        self.last.push_back(end);
        if self.last.len() > WINDOW {
            self.last.pop_front();
        }
        let failures = self.last.iter().filter(|end| **end == End::Failed).count();
        let weak = self.last.len() == WINDOW && failures >= OF_WINDOW;
        if matches!(self.state, State::Closed) && (weak || self.in_a_row >= IN_A_ROW) {
            self.state = State::Open { until: now + self.pause };
            self.last.clear();
            self.in_a_row = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn ten_failures_in_a_row_keep_everybody_from_calling_and_one_answered_read_opens_the_way() {
        let mut circuit = Circuit::new(PAUSE);
        for _ in 0..9 {
            circuit.note(End::Failed, at(0));
        }
        assert_eq!(circuit.way(at(0)), Way::Go);
        circuit.note(End::Failed, at(0));
        assert_eq!(circuit.way(at(0)), Way::Wait(at(30)));
        assert_eq!(circuit.way(at(30)), Way::Probe);
        assert!(matches!(circuit.way(at(30)), Way::Wait(_)), "one read at a time");
        circuit.probed(End::Answered, at(31));
        assert_eq!(circuit.way(at(31)), Way::Go);
    }

    #[test]
    fn half_of_the_last_twenty_is_too_much_and_one_in_five_is_borne() {
        let mut circuit = Circuit::new(PAUSE);
        for number in 0..1_000 {
            if number % 5 == 0 {
                circuit.note(End::Failed, at(0));
            } else {
                circuit.note(End::Answered, at(0));
            }
        }
        assert_eq!(circuit.way(at(0)), Way::Go);
        for number in 0..20 {
            if number % 2 == 0 {
                circuit.note(End::Failed, at(0));
            } else {
                circuit.note(End::Answered, at(0));
            }
        }
        assert!(matches!(circuit.way(at(0)), Way::Wait(_)));
    }

    #[test]
    fn a_host_that_stays_away_is_given_up_for_now_and_asked_again_by_the_next_run() {
        let mut circuit = Circuit::new(PAUSE);
        for _ in 0..10 {
            circuit.note(End::Failed, at(0));
        }
        for probe in 1..=3 {
            assert_eq!(circuit.way(at(probe * 60)), Way::Probe);
            circuit.probed(End::Failed, at(probe * 60 + 10));
        }
        assert_eq!(circuit.way(at(1_000)), Way::GiveUp);
        assert_eq!(circuit.way(at(1_000)), Way::Probe);
    }

    #[test]
    fn a_probe_that_never_came_back_is_made_again() {
        let mut circuit = Circuit::new(PAUSE);
        for _ in 0..10 {
            circuit.note(End::Failed, at(0));
        }
        assert_eq!(circuit.way(at(30)), Way::Probe);
        assert_eq!(circuit.way(at(61)), Way::Probe);
    }
}
