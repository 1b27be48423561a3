//! `apply`: makes the destination agree with the source, whatever happened before.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;

use super::confirm::confirm_open;
use super::error::EngineError;
use super::session::Session;
use super::setup::Prepared;
use super::stage::run_stage;
use super::watch::Event;
use crate::crm::{Crm, NewField};
use crate::ground::{CrmRef, Entity};
use crate::ledger::{Ledger, RunId};
use crate::report::{self, Archived};

/// Rounds of a stage in which writes get no answer, before the next run is left to go on.
const ROUNDS_MAX: usize = 5;

/// A run at work.
pub(super) struct Work<'a, C> {
    pub session: &'a Session<'a, C>,
    pub prepared: &'a Prepared,
    pub ledger: &'a Ledger,
    pub run: RunId,
    /// Records of the CRM that this run has taken for a source record.
    pub claimed: Mutex<HashSet<CrmRef>>,
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
    let work = Work { session, prepared, ledger, run, claimed: Mutex::default() };
    provision(&work).await?;
    for stage in prepared.plan.order.stages() {
        let name = stage.name(&session.pipeline);
        let records = records(&work, *stage);
        for _ in 0..ROUNDS_MAX {
            session.watch.on(&Event::Stage { name: &name, records });
            let done = run_stage(&work, *stage).boxed().await;
            session.watch.on(&Event::StageDone);
            done?;
            // What was silent in this stage must be known before anything refers to it; what was
            // not applied is written in another round, which leaves the rest unchanged.
            if confirm_open(session, ledger, Some(run)).await? == 0 {
                break;
            }
            work.claimed.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
    session.watch.note("writing the archives");
    let archives = archives(session, prepared)?;
    Ok(Applied { archives })
}

fn records<C>(work: &Work<'_, C>, stage: crate::plan::Stage) -> u64 {
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
        work.ledger.provisioned(work.run, "custom field", field.entity.name(), &field.name).await?;
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
