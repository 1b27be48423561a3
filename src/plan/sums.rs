//! Sums of the amounts that the rules make, for each currency and stage: told before a move, and
//! compared after it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use crate::ground::{Fields, Made};
use crate::spec::Pipeline;

/// A sum of a field over the records of one currency and one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedSum {
    /// The field.
    pub field: String,
    /// The currency, as a code of ISO 4217.
    pub currency: String,
    /// The stage; empty for records without one.
    pub stage: String,
    /// How many records have an amount there.
    pub records: u64,
    /// What they come to.
    pub sum: Decimal,
}

/// An amount as rules make it and as the CRM shows it: its currency, and how much.
pub fn money(value: &Value) -> Option<(String, Decimal)> {
    let currency = value.get("currency")?.as_str()?.to_owned();
    let amount = value.get("amount")?;
    let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
    Some((currency, text.parse().ok()?))
}

/// The sums of one object while its records are looked at.
#[derive(Debug)]
pub(super) struct Sums {
    fields: Vec<String>,
    /// Field, currency and stage to how many records, and how much.
    found: BTreeMap<(String, String, String), (u64, Decimal)>,
}

impl Sums {
    /// The sums that the spec asks for.
    pub(super) fn of(pipeline: &Pipeline, object: usize) -> Self {
        let asked = pipeline.reconcile.sums.iter().filter(|(of, _)| *of == object);
        let fields = asked.map(|(_, field)| field.clone()).collect();
        Self { fields, found: BTreeMap::new() }
    }

    /// Adds a record that is going to stand.
    pub(super) fn note(&mut self, made: &Fields) {
        for field in &self.fields {
            let Some(Made::Plain(value)) = made.get(field) else { continue };
            let Some((currency, amount)) = money(value) else { continue };
            let stage = made.get("stage").map(Made::shown).unwrap_or_default();
            let sum = self.found.entry((field.clone(), currency, stage)).or_default();
            sum.0 += 1;
            sum.1 += amount;
        }
    }

    pub(super) fn into_sums(self) -> Vec<PlannedSum> {
        let sum = |((field, currency, stage), (records, sum)): (_, (u64, Decimal))| PlannedSum {
            field,
            currency,
            stage,
            records,
            sum: sum.normalize(),
        };
        self.found.into_iter().map(sum).collect()
    }
}
