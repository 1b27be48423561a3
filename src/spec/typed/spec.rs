//! The whole spec, and its closing sections.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::destination::{Destination, Owners};
use super::object::{Archive, Object};
use super::source::Source;
use crate::spec::json_schema::{Either, form, word};

form! {
    /// A length of time: `48h`, `30min`, `2d`.
    Duration: r"^[0-9]+ ?(s|m|min|h|d)$"
}
form! {
    /// A share: `0.5%`.
    Share: r"^[0-9.]+ ?%$"
}
word! {
    /// What happens to records that were written and are gone from the source: they are listed,
    /// not looked for, or refuse the run. They are never deleted.
    Vanished: "flag", "ignore", "stop"
}
word! {
    /// What happens when a limit is passed: `stop` ends the run with exit code 5, `rollback` takes
    /// it back.
    Breach: "stop", "rollback"
}

/// A migration from one or several sources into a CRM.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "flitpipe pipeline")]
pub(in crate::spec) struct Spec {
    /// The version of this language: 1.
    #[schemars(range(min = 1, max = 1))]
    version: u64,
    /// The name: of the ledger, the output folder, the reports.
    name: String,
    /// Where records come from, by name.
    sources: IndexMap<String, Source>,
    /// The CRM that is written.
    destination: Destination,
    /// Who owns what.
    owners: Option<Owners>,
    /// What is written, by name; the order follows from the references.
    objects: IndexMap<String, Object>,
    /// What is kept as a file instead; the name is the file, its ending the format.
    archives: Option<IndexMap<String, Archive>>,
    /// How a sample is drawn.
    sample: Option<Sample>,
    /// How changes after a full run are picked up.
    delta: Option<Delta>,
    /// What the closing comparison tolerates.
    reconcile: Option<Reconcile>,
}

/// How a sample is drawn.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Sample {
    /// How many records.
    size: Option<u64>,
    /// Table to the columns whose values are to be covered.
    spread: Option<IndexMap<String, Vec<String>>>,
}

/// How changes after a full run are picked up.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Delta {
    /// How long after a full run: `48h`.
    window: Option<Duration>,
    /// How far before the last run it looks: `2h`.
    overlap: Option<Duration>,
    /// What happens to records that vanished from the source.
    deleted: Option<Vanished>,
}

/// A number, or a share such as `0.5%`.
type Limit = Either<u64, Share>;

/// What the closing comparison tolerates.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Reconcile {
    /// Difference between the source and the sum of all outcomes, per object.
    counts: Option<Limit>,
    /// Links that lead nowhere.
    orphans: Option<Limit>,
    /// Values that differ when read back.
    fields: Option<Limit>,
    /// Records read back per object.
    read_back: Option<u64>,
    /// Object to the field whose sums are compared.
    sums: Option<IndexMap<String, String>>,
    /// What happens when a limit is passed.
    breach: Option<Breach>,
}
