//! What is written, and what is kept as a file.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::field::Rule;
use crate::spec::json_schema::{Either, OneOrMany, word};

word! {
    /// What rows become.
    Kind: "company", "person", "deal", "lead", "activity", "task", "note", "file"
}
word! {
    /// What happens when a value cannot be said: `flag` writes the record without it, `hold` holds
    /// the record, `skip` leaves it out, `ignore` writes it without a word, `stop` ends the run.
    OnFault: "flag", "hold", "skip", "ignore", "stop"
}
word! {
    /// Every column that is not mapped.
    All: "all"
}
word! {
    /// `latest`: the row with the latest `changed` stands for all; `first`: the first one read.
    Keep: "latest", "first"
}

/// Rows of a table that become records of one kind.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Object {
    /// The table.
    from: String,
    /// What its rows become.
    to: Kind,
    /// The destination fields by which a record that exists is found and filled.
    r#match: Option<OneOrMany<String>>,
    /// How rows that mean the same thing are joined.
    dedupe: Option<Dedupe>,
    /// Rows that belong to this object at all: an expression over the columns.
    r#where: Option<String>,
    /// Rows left out: the reason to an expression over the columns.
    skip: Option<IndexMap<String, String>>,
    /// One row becomes one record per occurrence.
    expand: Option<Expand>,
    /// Destination field to what fills it: a column, or a rule.
    fields: IndexMap<String, Either<String, Rule>>,
    /// Objects that come first, beyond those that references demand.
    after: Option<OneOrMany<String>>,
    /// Columns that are not mapped on purpose, or `all`.
    ignore: Option<Either<All, Vec<String>>>,
    /// What happens to a file that is larger than the plan allows.
    oversize: Option<Oversize>,
}

/// How rows that mean the same thing are joined.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Dedupe {
    /// The destination fields that must all agree.
    by: OneOrMany<String>,
    /// Which row stands for all.
    keep: Option<Keep>,
}

/// One row becomes one record per occurrence.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Expand {
    /// Column of the recurrence rule (RFC 5545).
    rule: String,
    /// Column of the start.
    start: String,
    /// Column of the end.
    end: Option<String>,
    /// Column of exceptions.
    except: Option<String>,
    /// Last day: `2027-12-31`.
    until: String,
    /// At most so many.
    #[schemars(range(min = 1))]
    max: u64,
}

/// What happens to a file over the limit.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Oversize {
    /// Where it is copied to, a template: a path in the project's folder,
    /// `file:///srv/files/{{ id }}`, or `s3://bucket/folder/{{ id }}`.
    copy: String,
    /// The address under which the customer finds it: a template.
    link: String,
}

/// A table, or a part of it, kept as a file.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Archive {
    /// The table.
    from: String,
    /// Which rows: an expression over the columns.
    r#where: Option<String>,
    /// Column of the file to column of the table; all when not given.
    columns: Option<IndexMap<String, String>>,
    /// File of the template that makes a document of all rows.
    template: Option<String>,
}
