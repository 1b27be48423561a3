//! One stage of the plan: every record of an object, several in flight at once.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::apply::Work;
use super::error::EngineError;
use super::watch::Event;
use super::write;
use crate::crm::Crm;
use crate::ground::{Flag, Outcome, Rows, SourceKey};
use crate::ledger::Verdict;
use crate::plan::{Course, Prepared, Stage, lost_rows, why};

/// Rows whose verdicts go to the ledger together.
const BATCH: usize = 256;

/// Runs a stage to its end, or to the next checkpoint when the user wants to stop.
pub(super) async fn run_stage<C: Crm>(work: &Work<'_, C>, stage: Stage) -> Result<(), EngineError> {
    let (Stage::Records(object) | Stage::Late(object)) = stage;
    let desk = &work.prepared.desk;
    let table = desk.table(object).to_owned();
    if matches!(stage, Stage::Records(_)) {
        lost(work, object).await?;
    }
    let mut keys = HashSet::new();
    let mut batch = Vec::with_capacity(BATCH);
    for row in desk.rows.rows(&table)? {
        let row = row?;
        if !keys.insert(row.key.clone()) {
            continue;
        }
        // The row as look-ups see it, so that plan and run see the same.
        let row = desk.rows.get(&table, &row.key).unwrap_or(row);
        if let Some(prepared) = desk.prepare(object, &row) {
            batch.push((prepared, row));
        }
        if batch.len() == BATCH {
            run_batch(work, stage, std::mem::take(&mut batch)).await?;
        }
    }
    run_batch(work, stage, batch).await?;
    desk.rows.check()?;
    Ok(())
}

type Row = std::sync::Arc<crate::ground::Record>;

async fn run_batch<C: Crm>(
    work: &Work<'_, C>,
    stage: Stage,
    batch: Vec<(Prepared, Row)>,
) -> Result<(), EngineError> {
    let (Stage::Records(object) | Stage::Late(object)) = stage;
    let records = batch.len() as u64;
    let mut verdicts = Vec::new();
    let mut writes = Vec::new();
    for (prepared, row) in batch {
        let key = SourceKey::new(&work.session.pipeline.objects[object].name, &prepared.key);
        let Prepared { flags, course, .. } = prepared;
        let verdict = |outcome, reason| Verdict {
            run: work.run,
            key: key.clone(),
            outcome,
            reason,
            flags: flags.clone(),
        };
        match course {
            Course::Write { fields, late } => {
                writes.push(write::Job { object, key, row, fields, late, flags });
            }
            Course::Merged { into } => {
                verdicts.push(verdict(Outcome::Merged, format!("into {into}")));
            }
            Course::Skip { reason } => verdicts.push(verdict(Outcome::Skipped, reason)),
            Course::Hold => verdicts.push(verdict(Outcome::Flagged, why(&flags))),
            Course::Stop => return Err(stopped(&key, &flags)),
        }
    }
    if matches!(stage, Stage::Records(_)) {
        work.ledger.record(verdicts).await?;
    }
    let lanes = work.session.lanes.max(1);
    stream::iter(writes)
        .map(|job| async move {
            match stage {
                Stage::Records(_) => write::whole(work, job).await,
                Stage::Late(_) => write::late(work, job).await,
            }
        })
        .buffer_unordered(lanes)
        .try_collect::<Vec<()>>()
        .await?;
    work.session.watch.on(&Event::Settled { records });
    if work.session.watch.stopping() { Err(EngineError::Interrupted) } else { Ok(()) }
}

/// Verdicts on rows that could not even become records.
async fn lost<C: Crm>(work: &Work<'_, C>, object: usize) -> Result<(), EngineError> {
    let held = lost_rows(&work.session.pipeline, &work.prepared.desk, object)?;
    let verdicts = held.into_iter().filter_map(|held| {
        let key = held.record.parse().ok()?;
        Some(Verdict {
            run: work.run,
            key,
            outcome: Outcome::Flagged,
            reason: why(&held.flags),
            flags: held.flags,
        })
    });
    Ok(work.ledger.record(verdicts.collect()).await?)
}

fn stopped(key: &SourceKey, flags: &[Flag]) -> EngineError {
    let flag = flags.last();
    let text = |part: fn(&Flag) -> &str| flag.map(part).unwrap_or_default().to_owned();
    EngineError::Stopped {
        object: key.object.to_string(),
        key: key.id.to_string(),
        field: text(|flag| &flag.field),
        column: text(|flag| &flag.column),
        value: text(|flag| &flag.value),
    }
}
