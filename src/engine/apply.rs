//! `apply`: makes the destination agree with the source, whatever happened before.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;

use super::bucket::Shelves;
use super::confirm::confirm_open;
use super::error::EngineError;
use super::pulse::Pulse;
use super::session::Session;
use super::setup::Prepared;
use super::stage::{Pass, run_stage};
use super::watch::Event;
use crate::crm::{Crm, NewField};
use crate::ground::{CrmRef, Entity, failpoint};
use crate::ledger::{Ledger, RunId};
use crate::plan::Stage;
use crate::report::{self, Archived};

/// Rounds of a stage in which no write at all is answered, before the run gives up.
const ROUNDS_MAX: usize = 5;

/// A run at work.
pub(super) struct Work<'a, C> {
    pub session: &'a Session<'a, C>,
    pub prepared: &'a Prepared,
    pub ledger: &'a Ledger,
    pub run: RunId,
    /// Where copies of files go.
    pub shelves: Shelves,
    /// Records of the CRM that this run has taken for a source record.
    pub claimed: Mutex<HashSet<CrmRef>>,
    /// How well the CRM answers.
    pub pulse: Pulse,
}

/// What a run came to, beside what stands in the ledger.
#[derive(Debug)]
pub struct Applied {
    /// The archives that were written.
    pub archives: Vec<Archived>,
}

/// Writes everything that the plan says.
pub async fn apply<C: Crm>(
    session: &Session<'_, C>,
    prepared: &Prepared,
    ledger: &Ledger,
    run: RunId,
) -> Result<Applied, EngineError> {
    let shelves = Shelves::open(&session.pipeline, session.bucket.as_ref());
    let (claimed, pulse) = (Mutex::default(), Pulse::default());
    let work = Work { session, prepared, ledger, run, shelves, claimed, pulse };
    provision(&work).await?;
    for stage in prepared.plan.order.stages() {
        through(&work, *stage).await?;
        failpoint::reach("engine.stage_done");
    }
    if session.pipeline.archives.is_empty() || prepared.sample.is_some() {
        return Ok(Applied { archives: Vec::new() });
    }
    session.watch.note("writing the archives");
    let archives = archives(session, prepared)?;
    Ok(Applied { archives })
}

/// Runs a stage until nothing of it is open.
///
/// What was silent must be known before anything refers to it; what was not applied is written in
/// another round, which leaves the rest unchanged.
async fn through<C: Crm>(work: &Work<'_, C>, stage: Stage) -> Result<(), EngineError> {
    let (session, ledger) = (work.session, work.ledger);
    let name = stage.name(&session.pipeline);
    let records = records(work, stage);
    let mut vain = 0;
    loop {
        work.pulse.renew();
        session.watch.on(&Event::Stage { name: &name, records });
        let pass = run_stage(work, stage).boxed().await;
        session.watch.on(&Event::StageDone);
        let pass = pass?;
        let answered = work.pulse.renew();
        let open = confirm_open(session, ledger, Some(work.run)).await?;
        if open == 0 && pass == Pass::Whole {
            return Ok(());
        }
        vain = if answered == 0 { vain + 1 } else { 0 };
        if vain == ROUNDS_MAX {
            return Err(EngineError::Unanswered { stage: name, open });
        }
        work.claimed.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn records<C>(work: &Work<'_, C>, stage: Stage) -> u64 {
    work.prepared.desk.rows.count(work.prepared.desk.table(stage.object())).unwrap_or_default()
}

/// Custom fields, tags and sources; each is get-or-create by name, so that repeating is harmless.
async fn provision<C: Crm>(work: &Work<'_, C>) -> Result<(), EngineError> {
    let provisioning = &work.prepared.plan.provisioning;
    let crm = work.session.crm;
    for field in &provisioning.fields {
        let options: Vec<String> = field.options.iter().cloned().collect();
        let field = NewField {
            entity: field.entity,
            name: field.name.clone(),
            kind: field.custom,
            options,
        };
        crm.provision_field(&field).await?;
        failpoint::reach("engine.field_provisioned");
        work.ledger.provisioned(work.run, "custom field", field.entity.name(), &field.name).await?;
        failpoint::reach("engine.field_noted");
    }
    for (entity, tags) in &provisioning.tags {
        let Some(of) = Entity::named(entity) else { continue };
        for tag in tags {
            crm.provision_tag(of, tag).await?;
            work.ledger.provisioned(work.run, "tag", entity, tag).await?;
        }
    }
    for source in &provisioning.sources {
        crm.provision_source(source).await?;
        work.ledger.provisioned(work.run, "source", "Leads", source).await?;
    }
    Ok(())
}

fn archives<C: Crm>(
    session: &Session<'_, C>,
    prepared: &Prepared,
) -> Result<Vec<Archived>, EngineError> {
    let desk = &prepared.desk;
    let world = desk.world();
    let folder = session.out.join("archives");
    let write = |position| {
        let rules = (&*session.pipeline, &desk.mapping);
        Ok(report::write_archive(position, rules, (&desk.rows, &world), &folder)?)
    };
    (0..session.pipeline.archives.len()).map(write).collect()
}
