//! What a comparison of source and destination found: each difference one exact line in a file,
//! and the counts that a verdict is made of.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::file::Draft;

/// The list of every difference, beside the page of a reconciliation.
pub const DIFFERENCES: &str = "differences.jsonl";

/// How many differences of a sort are kept for people to look at.
const EXAMPLES: usize = 5;

/// A sort of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A record that was written is not there.
    Missing,
    /// Another record carries the mark of one that was written.
    Duplicate,
    /// A link that should stand does not.
    Orphan,
    /// A value is not what the rules make of the source.
    Mismatch,
    /// The same, but a rule or a remark of a run says why.
    Explained,
}

impl Sort {
    /// All sorts, the worst first.
    pub const ALL: [Self; 5] =
        [Self::Missing, Self::Duplicate, Self::Orphan, Self::Mismatch, Self::Explained];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Duplicate => "duplicate",
            Self::Orphan => "orphan",
            Self::Mismatch => "mismatch",
            Self::Explained => "explained",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What sort it is.
    pub sort: Sort,
    /// The source record, as `people:123`.
    pub record: String,
    /// The record of the CRM, as `Contacts:7`.
    pub at: String,
    /// The destination field; empty when the whole record is meant.
    pub field: String,
    /// What the rules make of the source.
    pub wanted: String,
    /// What stands in the CRM.
    pub stands: String,
    /// A stable word for what is known about it: `kept_existing`, `changed_later`, `gone`.
    pub rule: String,
    /// What is known about it, in a sentence.
    pub why: String,
}

/// What was found about one object.
#[derive(Debug, Default, Serialize)]
pub struct ObjectFindings {
    /// Records of the source, as they were counted when they were read.
    pub source: u64,
    /// The sum of all outcomes of the run.
    pub outcomes: u64,
    /// Records that were written and are not missing in the CRM, those included that were not
    /// looked at.
    pub destination: u64,
    /// Of these, records that were not looked at, because each costs a call of its own:
    /// `reconcile.read_back` says how many are.
    pub unread: u64,
    /// Records whose fields were compared.
    pub compared: u64,
    /// Values that were compared.
    pub values: u64,
    /// Sort of difference to how many there are.
    pub counts: BTreeMap<Sort, u64>,
    /// Field to the records that have it, of those that were compared.
    pub fill: BTreeMap<String, Fill>,
    /// User of the CRM (`Users:3`) to how many of the compared records are the user's there.
    pub owners: BTreeMap<String, u64>,
    /// The first few of each sort.
    #[serde(skip)]
    pub examples: Vec<Difference>,
}

impl ObjectFindings {
    /// How many of the records that stand in the CRM were looked at.
    pub const fn looked_at(&self) -> u64 {
        self.destination - self.unread
    }

    /// How many differences of a sort there are.
    pub fn count(&self, sort: Sort) -> u64 {
        self.counts.get(&sort).copied().unwrap_or_default()
    }
}

/// How many records have a field, at each stop of their way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Fill {
    /// A column of which it is made says something; as [`Fill::made`] where no column of its own row
    /// alone tells, but a template, a constant, a list of children, or a key inside a column.
    pub source: u64,
    /// Of these, the records for which the rules make nothing of it.
    pub left_out: u64,
    /// The rules make a value, of what the source says or without it.
    pub made: u64,
    /// The CRM has a value, of those for which the rules make one.
    pub stands: u64,
}

impl Fill {
    /// The records for which the rules make a value though the source has none.
    pub const fn added(self) -> u64 {
        (self.made + self.left_out).saturating_sub(self.source)
    }

    /// Whether what the source says stands in the CRM in every record.
    pub const fn is_whole(self) -> bool {
        self.stands == self.made && self.left_out == 0
    }
}

/// A sum of a field over one currency and one stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// What the rules make of the source.
    pub wanted: Decimal,
    /// What stands in the CRM.
    pub stands: Decimal,
}

/// Everything that was found, while it is being found.
#[derive(Debug)]
pub struct Findings {
    draft: Draft,
    /// Object to what was found about it.
    pub objects: BTreeMap<String, ObjectFindings>,
    /// Object, field, currency and stage to the sums of both sides.
    pub sums: BTreeMap<(String, String, String, String), Sums>,
}

impl Findings {
    /// Begins the file of differences.
    pub fn begin(file: &Path) -> io::Result<Self> {
        Ok(Self { draft: Draft::begin(file)?, objects: BTreeMap::new(), sums: BTreeMap::new() })
    }

    /// What was found about an object so far.
    pub fn of(&mut self, object: &str) -> &mut ObjectFindings {
        self.objects.entry(object.to_owned()).or_default()
    }

    /// Writes a difference down and counts it.
    pub fn note(&mut self, object: &str, difference: Difference) -> io::Result<()> {
        writeln!(self.draft, "{}", json!(difference))?;
        let found = self.of(object);
        let count = found.counts.entry(difference.sort).or_default();
        *count += 1;
        if *count <= EXAMPLES as u64 {
            found.examples.push(difference);
        }
        Ok(())
    }

    /// Puts the file in its place; what is left is the summary.
    pub fn finish(self) -> io::Result<Found> {
        self.draft.finish()?;
        Ok(Found { objects: self.objects, sums: self.sums })
    }
}

/// The summary of a comparison.
#[derive(Debug)]
pub struct Found {
    /// Object to what was found about it.
    pub objects: BTreeMap<String, ObjectFindings>,
    /// Object, field, currency and stage to the sums of both sides.
    pub sums: BTreeMap<(String, String, String, String), Sums>,
}

impl Found {
    /// Whether not one difference was written down.
    pub fn is_equal(&self) -> bool {
        self.objects.values().all(|object| object.counts.is_empty())
    }
}
