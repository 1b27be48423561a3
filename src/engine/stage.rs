//! One stage of the plan: every record of an object, several in flight at once.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, stream};

use super::apply::Work;
use super::error::EngineError;
use super::watch::Event;
use super::write;
use crate::crm::Crm;
use crate::ground::{Flag, Outcome, Rows, SourceKey, failpoint};
use crate::ledger::Verdict;
use crate::plan::{Course, Prepared, Stage, left, lost_rows, why};

/// Rows whose verdicts go to the ledger together.
const BATCH: usize = 256;

/// How far a stage came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// To its end.
    Whole,
    /// To where too many writes had got no answer.
    Part,
}

/// Runs a stage to its end, to the next checkpoint when the user wants to stop, or to where the
/// CRM does not answer any more.
pub(super) async fn run_stage<C: Crm>(
    work: &Work<'_, C>,
    stage: Stage,
) -> Result<Pass, EngineError> {
    let object = stage.object();
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
        batch.extend(desk.prepare(object, &row));
        if batch.len() >= BATCH {
            run_batch(work, stage, std::mem::take(&mut batch)).await?;
            if work.pulse.is_weak() {
                return Ok(Pass::Part);
            }
        }
    }
    run_batch(work, stage, batch).await?;
    desk.rows.check()?;
    Ok(Pass::Whole)
}

async fn run_batch<C: Crm>(
    work: &Work<'_, C>,
    stage: Stage,
    batch: Vec<Prepared>,
) -> Result<(), EngineError> {
    let records = batch.len() as u64;
    let Sorted { writes, left_out } = sort(work, stage.object(), batch)?;
    if matches!(stage, Stage::Records(_)) {
        work.ledger.record(told(work, left_out)?).await?;
    }
    let lanes = work.session.lanes.max(1);
    let failed = AtomicBool::new(false);
    let ends: Vec<_> = stream::iter(writes)
        .map(async |job| {
            // What is under way is brought to its end and noted, whatever ends the run.
            if failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let end = match stage {
                Stage::Records(_) => write::whole(work, job).await,
                Stage::Late(_) => write::late(work, job).await,
            };
            failed.fetch_or(end.is_err(), Ordering::Relaxed);
            end
        })
        .buffer_unordered(lanes)
        .collect()
        .await;
    ends.into_iter().collect::<Result<(), _>>()?;
    failpoint::reach("engine.batch_done");
    let pressure = work.session.crm.pressure();
    work.session.watch.on(&Event::Pressure { lanes, pressure });
    work.session.watch.on(&Event::Settled { records });
    if work.session.watch.stopping() { Err(EngineError::Interrupted) } else { Ok(()) }
}

/// A batch: what is written, and verdicts on what is not.
struct Sorted {
    writes: Vec<write::Job>,
    left_out: Vec<Verdict>,
}

fn sort<C: Crm>(
    work: &Work<'_, C>,
    object: usize,
    batch: Vec<Prepared>,
) -> Result<Sorted, EngineError> {
    let mut sorted = Sorted { writes: Vec::new(), left_out: Vec::new() };
    for Prepared { id, record, flags, course, .. } in batch {
        let key = SourceKey::new(&work.session.pipeline.objects[object].name, &id);
        let (outcome, reason) = match course {
            Course::Write { fields, late } => {
                sorted.writes.push(write::Job { object, key, row: record, fields, late, flags });
                continue;
            }
            Course::Merged { into } => (Outcome::Merged, format!("into {into}")),
            Course::Skip { reason } => (Outcome::Skipped, reason),
            Course::Hold => (Outcome::Flagged, why(&flags)),
            Course::Stop => return Err(stopped(&key, &flags)),
        };
        sorted.left_out.push(Verdict { run: work.run, key, outcome, reason, flags });
    }
    Ok(sorted)
}

/// The verdicts with a remark on those of which a record stands in the CRM since an earlier run.
fn told<C: Crm>(
    work: &Work<'_, C>,
    mut left_out: Vec<Verdict>,
) -> Result<Vec<Verdict>, EngineError> {
    let keys: Vec<_> = left_out.iter().map(|verdict| verdict.key.clone()).collect();
    let places = work.ledger.reader().places(&keys)?;
    for (verdict, at) in left_out.iter_mut().zip(places) {
        match verdict.outcome {
            Outcome::Merged => verdict.flags.extend(left(at.as_ref(), "merged")),
            Outcome::Skipped => verdict.flags.extend(left(at.as_ref(), &verdict.reason)),
            Outcome::Created
            | Outcome::Updated
            | Outcome::Unchanged
            | Outcome::Flagged
            | Outcome::Failed => {}
        }
    }
    Ok(left_out)
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
