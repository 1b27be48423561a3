//! Verdicts: the one outcome of every source record in a run.

use rusqlite::{Connection, params};

use super::error::LedgerError;
use super::run::RunId;
use crate::ground::{Flag, Outcome, SourceKey};

/// What became of a source record in a run.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The run.
    pub run: RunId,
    /// The record.
    pub key: SourceKey,
    /// Its outcome.
    pub outcome: Outcome,
    /// Why, for skipped, merged, flagged and failed ones.
    pub reason: String,
    /// What was remarked.
    pub flags: Vec<Flag>,
}

/// Puts a verdict; a later one on the same record in the same run is made one with it.
///
/// What the run itself created stays created, whatever pass or resumption meets it again. Remarks
/// add up over the passes; those on a record that was held or left out go when it no longer is.
const PUT: &str = "
    INSERT INTO verdict(run, object, key, outcome, reason, flags)
    VALUES (?1, ?2, ?3, CASE
      WHEN ?4 IN ('updated', 'unchanged') AND EXISTS (
        SELECT 1 FROM entry WHERE object = ?2 AND key = ?3 AND run = ?1
          AND deed = 'create' AND outcome = 'done')
      THEN 'created' ELSE ?4 END, ?5, ?6)
    ON CONFLICT(run, object, key) DO UPDATE SET
      outcome = CASE
        WHEN outcome = 'created' AND excluded.outcome IN ('updated', 'unchanged')
          OR outcome = 'updated' AND excluded.outcome = 'unchanged'
        THEN outcome ELSE excluded.outcome END,
      reason = excluded.reason,
      flags = CASE
        WHEN outcome IN ('flagged', 'skipped', 'merged') AND excluded.outcome <> outcome
        THEN excluded.flags
        WHEN excluded.flags IS NULL OR flags IS NULL THEN coalesce(excluded.flags, flags)
        ELSE (SELECT json_group_array(json(value)) FROM (
                SELECT value FROM json_each(flags)
                UNION SELECT value FROM json_each(excluded.flags))) END";

/// Notes a verdict.
pub(super) fn put(connection: &Connection, verdict: &Verdict) -> Result<(), LedgerError> {
    let flags = (!verdict.flags.is_empty()).then(|| serde_json::json!(verdict.flags).to_string());
    connection.prepare_cached(PUT)?.execute(params![
        verdict.run.0,
        &*verdict.key.object,
        &*verdict.key.id,
        verdict.outcome.name(),
        verdict.reason,
        flags
    ])?;
    Ok(())
}
