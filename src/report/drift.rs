//! The drift report of a rollback: every record that people changed, with what stood there before,
//! what was written and what stands there now; and the decisions file to begin with.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::audit::AuditError;
use super::file::Draft;

/// A record that is left, for the files that people read.
#[derive(Debug, Serialize)]
pub struct Drifted<'a, F> {
    /// The source record.
    pub record: &'a str,
    /// The record of the CRM.
    pub crm: &'a str,
    /// What people did to it.
    pub why: &'a str,
    /// The state that it was seen in; empty when no decision can be made.
    pub seen: &'a str,
    /// The fields with their three values.
    pub fields: &'a [F],
}

/// Writes the records as JSON Lines.
pub fn write_drift<F: Serialize>(
    drifted: &[Drifted<'_, F>],
    file: &Path,
) -> Result<(), AuditError> {
    let fail = |source| AuditError::Unwritable { file: file.to_owned(), source };
    let mut draft = Draft::begin(file).map_err(fail)?;
    for one in drifted {
        let line = serde_json::to_string(one).map_err(|error| fail(error.into()))?;
        writeln!(draft, "{line}").map_err(fail)?;
    }
    draft.finish().map_err(fail)
}

/// Writes a decisions file in which every record stays as it is.
pub fn write_decisions<F>(drifted: &[Drifted<'_, F>], file: &Path) -> Result<(), AuditError> {
    let fail = |source| AuditError::Unwritable { file: file.to_owned(), source };
    let mut draft = Draft::begin(file).map_err(fail)?;
    let head = "# Records that people changed since flitpipe wrote them. A rollback leaves them, unless it is\n\
                # told otherwise here, record by record:\n\
                #   do: keep                           it stays as it is\n\
                #   do: delete                         it goes, with what people did to it (if flitpipe made it)\n\
                #   do: restore, fields: [FIELD, …]    these get back what stood there before (if it was there)\n\
                # A decision holds as long as the record stays as it was seen. The values stand in\n\
                # rollback-drift.jsonl.\n";
    draft.write_all(head.as_bytes()).map_err(fail)?;
    for one in drifted.iter().filter(|one| !one.seen.is_empty()) {
        // A text in JSON is one in YAML.
        let record = serde_json::to_string(one.record).map_err(|error| fail(error.into()))?;
        let why = one.why.replace(char::is_control, " ");
        writeln!(draft, "# {}: {why}\n{record}: {{ seen: \"{}\", do: keep }}", one.crm, one.seen)
            .map_err(fail)?;
    }
    draft.finish().map_err(fail)
}
