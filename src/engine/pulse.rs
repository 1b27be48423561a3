//! How well the CRM answers: when too many writes get no answer, the run finds out about them
//! before it sends more.

use std::sync::atomic::{AtomicU64, Ordering};

/// So many writes without an answer are always borne.
const BORNE: u64 = 20;

/// Of so many writes one may stay without an answer.
const SHARE: u64 = 100;

/// Writes since the last look.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    sent: AtomicU64,
    silent: AtomicU64,
}

impl Pulse {
    /// A write was answered.
    pub(super) fn answered(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// A write got no answer.
    pub(super) fn silent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.silent.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether more is unknown than can be borne.
    pub(super) fn is_weak(&self) -> bool {
        let sent = self.sent.load(Ordering::Relaxed);
        self.silent.load(Ordering::Relaxed) > BORNE.max(sent / SHARE)
    }

    /// Begins to count anew; how many writes were answered since the last time.
    pub(super) fn renew(&self) -> u64 {
        let sent = self.sent.swap(0, Ordering::Relaxed);
        sent.saturating_sub(self.silent.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_lost_answers_are_borne_and_many_are_looked_at_first() {
        let pulse = Pulse::default();
        for _ in 0..20 {
            pulse.silent();
        }
        assert!(!pulse.is_weak());
        pulse.silent();
        assert!(pulse.is_weak());
        for _ in 0..2_100 {
            pulse.answered();
        }
        assert!(!pulse.is_weak(), "one in a hundred");
        assert_eq!(pulse.renew(), 2_100);
        assert_eq!(pulse.renew(), 0);
    }
}
