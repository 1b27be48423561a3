//! The field-level diff of a sample: for each field what the source says, by which rule, what was
//! sent and what the CRM stores; what wants a look comes first.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::audit::AuditError;
use super::file::Draft;
use super::sheet::Sheet;
use crate::ground::Flag;
use crate::spec::ArchiveFormat;

/// One field of a record of the sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldDiff {
    /// How it came out.
    pub state: FieldState,
    /// The source record, as `people:123`.
    pub record: String,
    /// Where its row stands in the source.
    pub place: String,
    /// The record of the CRM, as `Contacts:7`; empty when it was not written.
    pub crm: String,
    /// The destination field.
    pub field: String,
    /// What the source says.
    pub source: String,
    /// The type of the mapping and the rule, in plain words.
    pub rule: String,
    /// What was sent.
    pub sent: String,
    /// What the CRM stores.
    pub stored: String,
    /// What was remarked on the value.
    pub flags: Vec<Flag>,
}

/// How a field came out; the first wants the closest look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldState {
    /// The record waits for a person, or was refused.
    NotWritten,
    /// The CRM stores something else.
    Differs,
    /// The source says something, and nothing was made of it.
    LeftOut,
    /// Written, with a remark.
    Flagged,
    /// The CRM keeps it in a form of its own.
    Normalised,
    /// As it was sent.
    Same,
}

impl FieldState {
    /// All of them, those that want a look first.
    pub const ALL: [Self; 6] = [
        Self::NotWritten,
        Self::Differs,
        Self::LeftOut,
        Self::Flagged,
        Self::Normalised,
        Self::Same,
    ];

    /// The word for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotWritten => "not written",
            Self::Differs => "differs",
            Self::LeftOut => "left out",
            Self::Flagged => "flagged",
            Self::Normalised => "normalised",
            Self::Same => "same",
        }
    }
}

impl FieldDiff {
    /// The remarks in a sentence each.
    pub fn remarks(&self) -> String {
        let said = self.flags.iter().map(|flag| {
            if flag.detail.is_empty() {
                flag.code.to_string()
            } else {
                format!("{}: {}", flag.code, flag.detail)
            }
        });
        said.collect::<Vec<_>>().join("; ")
    }
}

/// Puts what wants a look first; within that the order of the sample stays.
pub fn sort_diff(fields: &mut [FieldDiff]) {
    fields.sort_by_key(|field| field.state);
}

/// Writes the diff as JSON Lines and, for spreadsheets, as CSV beside it.
pub fn write_field_diff(fields: &[FieldDiff], stem: &Path) -> Result<(), AuditError> {
    let lines = stem.with_extension("jsonl");
    let fail = |source| AuditError::Unwritable { file: lines.clone(), source };
    let mut draft = Draft::begin(&lines).map_err(fail)?;
    for field in fields {
        let line = serde_json::to_string(field).map_err(|error| fail(error.into()))?;
        writeln!(draft, "{line}").map_err(fail)?;
    }
    draft.finish().map_err(fail)?;
    let table = stem.with_extension("csv");
    let fail = |source| AuditError::Unwritable { file: table.clone(), source };
    let mut draft = Draft::begin(&table).map_err(fail)?;
    let names = [
        "state",
        "record",
        "place",
        "field",
        "source value",
        "rule",
        "value sent",
        "value stored",
        "remarks",
        "crm",
    ];
    let names = names.map(str::to_owned).to_vec();
    let mut sheet = Sheet::begin(&ArchiveFormat::Csv, names, &mut draft).map_err(fail)?;
    for field in fields {
        let remarks = field.remarks();
        let cells = [
            field.state.name(),
            &field.record,
            &field.place,
            &field.field,
            &field.source,
            &field.rule,
            &field.sent,
            &field.stored,
            &remarks,
            &field.crm,
        ];
        sheet.row(&cells.map(Value::from)).map_err(fail)?;
    }
    sheet.end().map_err(fail)?;
    draft.finish().map_err(fail)
}
