//! The audit lists: every remark of a run, and what two endpoints say differently.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::file::Draft;
use crate::ground::Outcome;
use crate::ledger::{Carried, LedgerError, Reader, RunId};
use crate::plan::{Plan, VANISHED};
use crate::staging::StagedDifference;

/// What can go wrong with a list.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file cannot be written.
    #[error("`{}` cannot be written", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The name of a run's list of remarks.
pub fn audit_list(run: RunId) -> String {
    format!("audit-run{}.jsonl", run.0)
}

/// Writes every remark of a run and of its reading, every record that was left out, every file that it carried and what vanished
/// from the source, as JSON Lines; how many lines.
pub fn write_audit(
    reader: &Reader,
    run: RunId,
    plan: &Plan,
    file: &Path,
) -> Result<u64, AuditError> {
    let fail = |source| AuditError::Unwritable { file: file.to_owned(), source };
    let mut draft = Draft::begin(file).map_err(fail)?;
    let (mut count, mut fault) = (0, None);
    reader.remarks(run, |waiting| {
        let line = json!({
            "record": waiting.key.to_string(),
            "outcome": waiting.outcome.name(),
            "reason": waiting.reason,
            "flags": waiting.flags,
        });
        count += 1;
        if let Err(error) = writeln!(draft, "{line}") {
            fault = Some(error);
        }
    })?;
    reader.carried(run, |carried| {
        count += 1;
        if let Err(error) = writeln!(draft, "{}", carried_line(&carried)) {
            fault = Some(error);
        }
    })?;
    fault.map_or(Ok(()), Err).map_err(fail)?;
    for remark in &plan.reading {
        writeln!(draft, "{}", json!(remark)).map_err(fail)?;
        count += 1;
    }
    for gone in plan.objects.iter().flat_map(|object| &object.vanished) {
        let reason = "gone from the source; it stays in the CRM";
        let line = json!({
            "record": gone.record, "outcome": VANISHED, "reason": reason, "crm": gone.at,
        });
        writeln!(draft, "{line}").map_err(fail)?;
        count += 1;
    }
    draft.finish().map_err(fail)?;
    Ok(count)
}

/// Which file went where, and which record it hangs on.
fn carried_line(carried: &Carried) -> Value {
    let part = |name: &str| carried.content.get(name).cloned().unwrap_or_default();
    json!({
        "record": carried.key.to_string(),
        "outcome": Outcome::Created.name(),
        "file": {
            "source_id": carried.key.id,
            "name": part("name"),
            "from": part("from"),
            "bytes": part("bytes"),
            "blake3": part("hash"),
            "crm": carried.at.to_string(),
            "on": { "record": carried.on_key.as_ref().map(ToString::to_string), "crm": carried.on },
            "uploaded": part("uploaded"),
            "copied": part("copied"),
            "link": part("link"),
        },
    })
}

/// Writes what two endpoints say differently about the same records, as JSON Lines.
pub fn write_differences(
    table: &str,
    differences: &[StagedDifference],
    file: &Path,
) -> Result<(), AuditError> {
    let fail = |source| AuditError::Unwritable { file: file.to_owned(), source };
    let mut draft = Draft::begin(file).map_err(fail)?;
    for found in differences {
        let line = json!({
            "table": table,
            "key": found.key,
            "place": found.place,
            "column": found.differing.column,
            "kept": found.differing.kept,
            "other": found.differing.other,
        });
        writeln!(draft, "{line}").map_err(fail)?;
    }
    draft.finish().map_err(fail)
}
