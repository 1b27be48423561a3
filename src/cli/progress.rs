//! How far a stage is, told every half minute where no bar can be drawn. Pure: the time is handed in.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::crm::Pressure;

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
    pressure: Option<(usize, Pressure)>,
}

impl Progress {
    pub(super) const fn begin(name: String, length: Option<u64>, now: Duration) -> Self {
        Self { name, length, done: 0, began: now, told: now, pressure: None }
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

    /// Notes how the CRM is written; in words for a bar.
    pub(super) fn press(&mut self, lanes: usize, pressure: Pressure) -> String {
        self.pressure = Some((lanes, pressure));
        pressed(lanes, pressure)
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
        if let Some((lanes, pressure)) = self.pressure {
            write!(line, ", {}", pressed(lanes, pressure)).unwrap_or_default();
        }
        line
    }

    /// For programs.
    pub(super) fn event(&self, now: Duration) -> Value {
        json!({
            "event": "progress", "stage": self.name, "done": self.done, "records": self.length,
            "per_s": self.rate(now), "left_s": self.left(now),
            "in_flight": self.pressure.map(|(lanes, _)| lanes),
            "calls_per_s": self.pressure.and_then(|(_, pressure)| pressure.per_second),
            "back_offs": self.pressure.map(|(_, pressure)| pressure.backed_off),
        })
    }
}

/// How the CRM is written, in words.
fn pressed(lanes: usize, pressure: Pressure) -> String {
    let mut text = format!("{lanes} at once");
    if let Some(rate) = pressure.per_second {
        write!(text, ", at most {rate:.1} calls/s").unwrap_or_default();
    }
    if pressure.backed_off > 0 {
        write!(text, ", {} back-offs", pressure.backed_off).unwrap_or_default();
    }
    text
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
        let learnt = Pressure { per_second: Some(4.5), backed_off: 2 };
        let said = progress.press(8, learnt);
        assert_eq!(said, "8 at once, at most 4.5 calls/s, 2 back-offs");
        assert!(progress.line(at(160)).ends_with(&said));
        assert_eq!(progress.event(at(160))["back_offs"], 2);
    }

    #[test]
    fn a_table_of_unknown_length_is_told_without_an_end() {
        let mut progress = Progress::begin("contacts".to_owned(), None, at(0));
        assert!(progress.advance(900, at(30)));
        assert_eq!(progress.line(at(30)), "contacts: 900 rows, 30/s");
        assert_eq!(progress.event(at(30))["left_s"], Value::Null);
    }
}
