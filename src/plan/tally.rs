//! The count of outcomes per object, and its law: every source record has exactly one.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::ground::{Flag, Outcome};

/// The outcomes of one object's records.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Source records, counted when they were read and not by what became of them. Of a series
    /// each occurrence is one.
    pub source: u64,
    /// Rows with a series, and the records that they became.
    pub series: (u64, u64),
    outcomes: BTreeMap<Outcome, u64>,
    /// Flag code to how often it was raised.
    pub flags: BTreeMap<String, u64>,
    /// Reason of a skip or a hold to how many records it concerns.
    pub reasons: BTreeMap<String, u64>,
}

impl Tally {
    /// Source rows: of a series, however many records it becomes, one.
    pub const fn rows(&self) -> u64 {
        let (series, records) = self.series;
        (self.source + series).saturating_sub(records)
    }

    /// Counts a record.
    pub fn count(&mut self, outcome: Outcome, flags: &[Flag]) {
        self.add(outcome, 1);
        self.remark(flags);
    }

    /// Counts remarks on a record that is counted already.
    pub fn remark(&mut self, flags: &[Flag]) {
        for flag in flags {
            *self.flags.entry(flag.code.to_string()).or_default() += 1;
        }
    }

    /// Counts a record as another outcome than before.
    pub fn shift(&mut self, from: Outcome, to: Outcome) {
        let before = self.outcomes.entry(from).or_default();
        *before = before.saturating_sub(1);
        self.add(to, 1);
    }

    /// Counts several records at once.
    pub fn add(&mut self, outcome: Outcome, records: u64) {
        *self.outcomes.entry(outcome).or_default() += records;
    }

    /// How many records had an outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// Whether every source record has exactly one outcome.
    pub fn is_conserved(&self) -> bool {
        self.outcomes.values().sum::<u64>() == self.source
    }

    /// Whether anything waits for a person.
    pub fn is_held(&self) -> bool {
        self.of(Outcome::Flagged) + self.of(Outcome::Failed) > 0
    }
}

impl Serialize for Tally {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Map::new();
        object.insert("source".into(), json!(self.source));
        for outcome in Outcome::ALL {
            object.insert(outcome.name().into(), json!(self.of(outcome)));
        }
        object.insert("flags".into(), json!(self.flags));
        if self.series.0 > 0 {
            let (rows, records) = self.series;
            object.insert("series".into(), json!({ "rows": rows, "records": records }));
        }
        Value::Object(object).serialize(serializer)
    }
}
