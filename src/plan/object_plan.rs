//! What a plan says of one object.

use serde::Serialize;

use super::coverage::FieldCoverage;
use super::held::Held;
use super::sum::Sum;
use super::sums::PlannedSum;
use super::tally::Tally;
use super::vanished::Vanished;

/// A record that the CRM has already.
#[derive(Debug, Serialize)]
pub struct Matched {
    /// The source record, as `people:123`.
    pub record: String,
    /// The record of the CRM, as `Contacts:7`.
    pub at: String,
    /// The fields by which it is known, and the first of their values.
    pub by: String,
    /// What the source calls it.
    pub name: String,
    /// What the CRM calls it, which stays.
    pub named: String,
}

/// The prediction for one object.
#[derive(Debug, Serialize)]
pub struct ObjectPlan {
    /// The object.
    pub name: String,
    /// The predicted outcomes.
    #[serde(flatten)]
    pub tally: Tally,
    /// Records that the ledger knows from earlier runs.
    #[serde(skip)]
    pub known: u64,
    /// The records that will be held.
    pub held: Vec<Held>,
    /// The records that the CRM has already and that will be filled.
    pub matched: Vec<Matched>,
    /// Records that were written in an earlier run and that the source does not have any more.
    pub vanished: Vec<Vanished>,
    /// What its rules make of all records, field by field.
    pub fields: Vec<FieldCoverage>,
    /// The sums of its amounts that the spec asks for.
    pub sums: Vec<PlannedSum>,
    /// A sum over its records, each with its outcome.
    #[serde(skip)]
    pub fates: Sum,
}

impl ObjectPlan {
    /// The plan of an object of which no record was looked at.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            tally: Tally::default(),
            known: 0,
            held: Vec::new(),
            matched: Vec::new(),
            vanished: Vec::new(),
            fields: Vec::new(),
            sums: Vec::new(),
            fates: Sum::default(),
        }
    }
}
