//! A ledger that was lost is made good from the markers in the CRM; nothing is written there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::confirm::confirm_open;
use super::error::EngineError;
use super::marked::{self, Marked};
use super::session::Session;
use crate::crm::{Crm, Inventory};
use crate::ground::{CrmRef, Entity, SourceKey, failpoint};
use crate::ledger::{Found, Ledger, RunId};

/// Records that are adopted in one transaction.
const BATCH: usize = 256;

/// Which markers are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Those that the ledger's own secret proves.
    Proven,
    /// All that are of this pipeline: the secret is lost, and a person says so.
    Tagged,
}

/// What a rebuild came to.
#[derive(Debug, Default, Serialize)]
pub struct Rebuilt {
    /// Records that the ledger knew.
    pub known: u64,
    /// Object to how many of its records are known again.
    pub adopted: BTreeMap<String, u64>,
    /// Records whose marker is of this pipeline, but not proven by the ledger's secret: left.
    pub unproven: Vec<String>,
    /// Records that carry the marker of a source record that another record stands for: left.
    pub copies: Vec<String>,
}

/// Adopts every record of the CRM that carries a marker of this pipeline and is unknown to the
/// ledger.
pub async fn rebuild<C: Crm>(
    session: &Session<'_, C>,
    (ledger, run): (&Ledger, RunId),
    (inventory, trust): (&Inventory, Trust),
) -> Result<Rebuilt, EngineError> {
    // What the ledger left open is found out about first: it may be what is adopted below.
    confirm_open(session, ledger, None).await?;
    let tag = marked::tag(session, inventory);
    let mut by_key: BTreeMap<SourceKey, Vec<Marked>> = BTreeMap::new();
    for one in marked::all(session, &tag).await?.into_values() {
        by_key.entry(one.found.key.clone()).or_default().push(one);
    }
    let mut rebuilt = Rebuilt::default();
    let mut chosen = Vec::new();
    for (key, mut candidates) in by_key {
        in_order(&mut candidates);
        let standing = standing(session, ledger, &key).await?;
        chosen.extend(choose((session, ledger, trust), (candidates, standing), &mut rebuilt)?);
    }
    // As they were made: a rollback goes backwards, and what others refer to is deleted last.
    in_order(&mut chosen);
    for batch in chosen.chunks(BATCH) {
        let found = batch.iter().map(|one| one.found.clone()).collect();
        ledger.adopt(run, found, session.now()).await?;
        failpoint::reach("engine.adopted");
    }
    Ok(rebuilt)
}

/// The oldest first; of one moment what others refer to.
fn in_order(marked: &mut [Marked]) {
    marked
        .sort_by(|one, other| (one.created, &one.found.at).cmp(&(other.created, &other.found.at)));
}

/// The record that stands for a source record in the ledger, if it is still in the CRM.
async fn standing<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    key: &SourceKey,
) -> Result<Option<CrmRef>, EngineError> {
    let places = ledger.reader().places(std::slice::from_ref(key))?;
    let Some(at) = places.into_iter().next().flatten() else { return Ok(None) };
    Ok(session.crm.get(&at).await?.map(|snapshot| snapshot.at))
}

/// Of the records that carry the marker of one source record the one to be adopted, if any.
fn choose<C>(
    (session, ledger, trust): (&Session<'_, C>, &Ledger, Trust),
    (candidates, standing): (Vec<Marked>, Option<CrmRef>),
    rebuilt: &mut Rebuilt,
) -> Result<Option<Marked>, EngineError> {
    let mut chosen: Option<Marked> = None;
    for one in candidates {
        let Marked { found, marker, .. } = &one;
        let told = format!("{} ({})", found.at, found.key);
        if standing.as_ref() == Some(&found.at) {
            rebuilt.known += 1;
        } else if standing.is_some() || chosen.is_some() || !fits(session, found) {
            rebuilt.copies.push(told);
        } else if trust == Trust::Proven && ledger.own_marker(marker).is_none() {
            rebuilt.unproven.push(told);
        } else if ledger.reader().owner(&found.at)?.is_some_and(|owner| owner != found.key) {
            rebuilt.copies.push(told);
        } else {
            chosen = Some(one);
        }
    }
    if let Some(Marked { found, .. }) = &chosen {
        *rebuilt.adopted.entry(found.key.object.to_string()).or_default() += 1;
    }
    Ok(chosen)
}

/// Whether a record is of the kind that its source record becomes.
fn fits<C>(session: &Session<'_, C>, found: &Found) -> bool {
    let objects = session.pipeline.objects.iter();
    let kinds: BTreeSet<Entity> = objects
        .filter(|object| *object.name == *found.key.object)
        .map(|object| object.kind.entity())
        .collect();
    kinds.is_empty() || kinds.contains(&found.at.entity)
}
