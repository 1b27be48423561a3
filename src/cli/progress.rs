//! How far a stage is, told every half minute where no bar can be drawn. Pure: the time is handed in.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

/// How often it is told.
const EVERY: Duration = Duration::from_secs(30);

/// A stage or a table on its way.
#[derive(Debug)]
pub(super) struct Progress {
    name: String,
    /// How many records there are; `None` when nobody knows.
    length: Option<u64>,
    done: u64,
    began: Duration,
    told: Duration,
}

impl Progress {
    pub(super) const fn begin(name: String, length: Option<u64>, now: Duration) -> Self {
        Self { name, length, done: 0, began: now, told: now }
    }

    /// Notes records; true when it is time to tell.
    pub(super) fn advance(&mut self, count: u64, now: Duration) -> bool {
        self.done += count;
        let due = now.saturating_sub(self.told) >= EVERY;
        if due {
            self.told = now;
        }
        due
    }

    /// Records a second.
    fn rate(&self, now: Duration) -> f64 {
        let passed = now.saturating_sub(self.began).as_secs_f64();
        f64::from(u32::try_from(self.done).unwrap_or(u32::MAX)) / passed.max(0.001)
    }

    /// Seconds that are left at this rate.
    fn left(&self, now: Duration) -> Option<f64> {
        let left = u32::try_from(self.length?.saturating_sub(self.done)).unwrap_or(u32::MAX);
        (self.done > 0).then(|| f64::from(left) / self.rate(now))
    }

    /// For people.
    pub(super) fn line(&self, now: Duration) -> String {
        let mut line = format!("{}: {}", self.name, self.done);
        match self.length {
            Some(length) => write!(line, " of {length}").unwrap_or_default(),
            None => line.push_str(" rows"),
        }
        write!(line, ", {:.0}/s", self.rate(now)).unwrap_or_default();
        if let Some(left) = self.left(now) {
            write!(line, ", {:.0} min left", (left / 60.0).ceil()).unwrap_or_default();
        }
        line
    }

    /// For programs.
    pub(super) fn event(&self, now: Duration) -> Value {
        json!({
            "event": "progress", "stage": self.name, "done": self.done, "records": self.length,
            "per_s": self.rate(now), "left_s": self.left(now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_stage_is_told_every_half_minute_with_what_is_left() {
        let mut progress = Progress::begin("people".to_owned(), Some(6_000), at(100));
        assert!(!progress.advance(500, at(129)));
        assert!(progress.advance(500, at(130)));
        assert!(!progress.advance(0, at(159)), "half a minute since the last time");
        assert_eq!(progress.line(at(120)), "people: 1000 of 6000, 50/s, 2 min left");
        assert_eq!(progress.event(at(120))["left_s"], 100.0);
        assert!(progress.advance(1, at(160)));
    }

    #[test]
    fn a_table_of_unknown_length_is_told_without_an_end() {
        let mut progress = Progress::begin("contacts".to_owned(), None, at(0));
        assert!(progress.advance(900, at(30)));
        assert_eq!(progress.line(at(30)), "contacts: 900 rows, 30/s");
        assert_eq!(progress.event(at(30))["left_s"], Value::Null);
    }
}
