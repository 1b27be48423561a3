//! Records that wait for a person, and why.

use serde::Serialize;

use super::prepare::Desk;
use crate::ground::{CrmRef, Flag};
use crate::spec::Pipeline;
use crate::staging::StagingError;

/// A record that waits for a person.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    /// The record, as `people:123`.
    pub record: String,
    /// Where it stood in the source.
    pub place: String,
    /// Why.
    pub flags: Vec<Flag>,
}

/// The rows of a table whose fault keeps them out of every object.
pub(super) const LOST_ROWS: [&str; 5] =
    ["no_key", "ragged_row", "open_quote", "not_a_row", "duplicate_key"];

/// Remarks about rows of a table that could not become records, by the object that counts them:
/// the first that reads the table.
pub fn lost_rows(
    pipeline: &Pipeline,
    desk: &Desk,
    object: usize,
) -> Result<Vec<Held>, StagingError> {
    let table = pipeline.objects[object].table;
    if desk.only.is_some()
        || pipeline.objects.iter().position(|other| other.table == table) != Some(object)
    {
        return Ok(Vec::new());
    }
    let faults = desk.rows.faults(&pipeline.tables[table].name)?;
    let lost = faults.into_iter().filter(|fault| LOST_ROWS.contains(&&*fault.flag.code));
    let name = &pipeline.objects[object].name;
    Ok(lost
        .map(|fault| Held {
            record: format!("{name}:@{}", fault.place),
            place: fault.place.to_string(),
            flags: vec![fault.flag],
        })
        .collect())
}

/// Codes of remarks that hold a record back, whatever else is remarked.
const HOLDING: [&str; 15] = [
    "required",
    "expression_error",
    "duplicate_key",
    "no_key",
    "match_ambiguous",
    "match_taken",
    "not_in_schema",
    "ref_failed",
    "file_missing",
    "file_refused",
    "no_place",
    "copy_failed",
    "upload_refused",
    "gone_in_crm",
    "edit_conflict",
];

/// Of the remarks on a held record the one that decided: the last that can hold one back.
pub fn deciding(flags: &[Flag]) -> Option<&Flag> {
    flags.iter().rev().find(|flag| HOLDING.contains(&&*flag.code)).or_else(|| flags.last())
}

/// Why a record is held, in a sentence.
pub fn why(flags: &[Flag]) -> String {
    deciding(flags).map(|flag| format!("{}: {}", flag.code, flag.detail)).unwrap_or_default()
}

/// The remark that two source records mean one record of the CRM.
pub fn taken(at: &CrmRef, by: &str, value: &str) -> Flag {
    let detail = format!(
        "{at} of the CRM already stands for another source record with the same {by}: nothing is written"
    );
    Flag::new("match_taken", by, by, value, &detail)
}
