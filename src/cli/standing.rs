//! Where a run stands that did not reach its end, for whoever is to go on with it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::summary::Tallies;
use crate::ground::Outcome;
use crate::ground::counted;
use crate::ledger::{Deed, LedgerError, Reader, RunId};

/// How far an `apply` came: records settled of those of the source, object by object.
pub(super) fn forth(reader: &Reader, run: RunId, tallies: &Tallies) -> Result<String, LedgerError> {
    let mut text = format!("run {} stands at:", run.0);
    for (object, tally) in tallies {
        let settled: u64 = Outcome::ALL.iter().map(|outcome| tally.of(*outcome)).sum();
        write!(text, " {object} {settled} of {},", tally.source).unwrap_or_default();
    }
    Ok(format!("{}; {}", text.trim_end_matches(','), doubts(reader)?))
}

/// How far a `rollback` came.
pub(super) fn back(reader: &Reader, run: RunId, of: Option<RunId>) -> Result<String, LedgerError> {
    let (left, _) = reader.undo_survey(of)?;
    let left = counted(left, "write", "writes");
    Ok(format!("run {} stands: {left} still to be taken back; {}", run.0, doubts(reader)?))
}

/// The writes of which nobody knows yet whether they were applied.
pub(super) fn doubts(reader: &Reader) -> Result<String, LedgerError> {
    let mut sorts: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    for entry in reader.open_entries()? {
        *sorts
            .entry((entry.intent.key.object.to_string(), word(entry.intent.deed)))
            .or_default() += 1;
    }
    if sorts.is_empty() {
        return Ok("no write is in doubt".to_owned());
    }
    let sorts: Vec<_> =
        sorts.iter().map(|((object, deed), count)| format!("{count} {deed} of {object}")).collect();
    Ok(format!("in doubt, and looked up first by the next run: {}", sorts.join(", ")))
}

const fn word(deed: Deed) -> &'static str {
    match deed {
        Deed::Create => "creation",
        Deed::Fill => "filling",
        Deed::Edit => "edit",
        Deed::Delete => "deletion",
        Deed::Restore => "restoration",
        Deed::Adopt => "adoption",
        Deed::Sweep => "sweep",
    }
}
