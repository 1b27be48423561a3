//! Records of the CRM that carry a marker of this pipeline, whichever ledger made them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::error::EngineError;
use super::session::Session;
use crate::crm::{Crm, Inventory, MARKER_FIELD, Snapshot};
use crate::ground::{CrmRef, Entity, SourceKey};
use crate::ledger::{Found, Identity, Reader, key_of_tagged};
use crate::plan::Gate;

/// On what notes stand.
const PARENTS: [Entity; 3] = [Entity::Accounts, Entity::Contacts, Entity::Leads];

/// What can be listed.
const LISTED: [Entity; 5] =
    [Entity::Accounts, Entity::Contacts, Entity::Leads, Entity::Activities, Entity::Tasks];

/// How many strangers are named, and asked for once more.
const NAMED: usize = 3;

/// A record that carries a marker of this pipeline.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    /// Which source record, which record of the CRM.
    pub(super) found: Found,
    /// The marker itself.
    pub(super) marker: String,
    /// When it was made.
    pub(super) created: Timestamp,
}

/// Whose markers are looked for.
pub(super) fn tag<C>(session: &Session<'_, C>, inventory: &Inventory) -> String {
    let identity =
        Identity { pipeline: session.pipeline.name.clone(), account: inventory.instance.clone() };
    identity.tag()
}

/// Every record of the CRM that carries a marker of this pipeline, once each.
///
/// Notes can only be listed on what they stand on, which is one call for each company, person and
/// lead of the account; they are looked for when the pipeline writes notes.
pub(super) async fn all<C: Crm>(
    session: &Session<'_, C>,
    tag: &str,
) -> Result<BTreeMap<CrmRef, Marked>, EngineError> {
    let written = written(session);
    let notes = written.contains(&Entity::Notes);
    let mut marked = BTreeMap::new();
    for entity in LISTED {
        let parents = notes && PARENTS.contains(&entity);
        if !parents && !written.contains(&entity) {
            continue;
        }
        session.watch.note(&format!("looking through the CRM's {entity}"));
        for page in 1.. {
            let snapshots = session.crm.list(entity, page).await?;
            if snapshots.is_empty() {
                break;
            }
            if parents {
                let places = snapshots.iter().map(|snapshot| snapshot.at.clone()).collect();
                note(&mut marked, tag, notes_on(session, places).await?);
            }
            note(&mut marked, tag, snapshots);
            if session.watch.stopping() {
                return Err(EngineError::Interrupted);
            }
        }
    }
    Ok(marked)
}

async fn notes_on<C: Crm>(
    session: &Session<'_, C>,
    parents: Vec<CrmRef>,
) -> Result<Vec<Snapshot>, EngineError> {
    let lists: Vec<Vec<Snapshot>> = stream::iter(parents)
        .map(|parent| async move { session.crm.on_record(&parent, Entity::Notes).await })
        .buffer_unordered(session.lanes.max(1))
        .try_collect()
        .await?;
    Ok(lists.into_iter().flatten().collect())
}

fn note(all: &mut BTreeMap<CrmRef, Marked>, tag: &str, snapshots: Vec<Snapshot>) {
    for snapshot in snapshots.into_iter().filter(|snapshot| !snapshot.deleted) {
        let Some(marker) = snapshot.marker else { continue };
        let Some(key) = key_of_tagged(&marker, tag) else { continue };
        let found = Found { key, at: snapshot.at.clone(), rev: snapshot.rev };
        all.insert(snapshot.at, Marked { found, marker, created: snapshot.created });
    }
}

/// The kinds of record that the pipeline writes.
fn written<C>(session: &Session<'_, C>) -> BTreeSet<Entity> {
    session.pipeline.objects.iter().map(|object| object.kind.entity()).collect()
}

/// Records that carry markers of this pipeline and are unknown to its ledger.
#[derive(Debug)]
pub(super) struct Strangers<'a> {
    tag: String,
    ledger: Option<&'a Reader>,
    found: BTreeMap<CrmRef, SourceKey>,
}

impl<'a> Strangers<'a> {
    pub(super) const fn new(tag: String, ledger: Option<&'a Reader>) -> Self {
        Self { tag, ledger, found: BTreeMap::new() }
    }

    /// Looks at records that were read for another reason.
    pub(super) fn see(&mut self, snapshots: &[Snapshot]) -> Result<(), EngineError> {
        for snapshot in snapshots.iter().filter(|snapshot| !snapshot.deleted) {
            let marker = snapshot.marker.as_deref();
            let Some(key) = marker.and_then(|marker| key_of_tagged(marker, &self.tag)) else {
                continue;
            };
            let known = self.ledger.map_or(Ok(false), |ledger| ledger.knows(&key))?;
            if !known {
                self.found.insert(snapshot.at.clone(), key);
            }
        }
        Ok(())
    }

    /// Looks at the newest records of each kind that the pipeline writes: one call for each.
    pub(super) async fn look<C: Crm>(
        &mut self,
        session: &Session<'_, C>,
        inventory: &Inventory,
    ) -> Result<(), EngineError> {
        for entity in written(session).into_iter().filter(|entity| LISTED.contains(entity)) {
            // An account that lacks the field has no record that carries a marker in it.
            let unmarked =
                PARENTS.contains(&entity) && inventory.custom_field(entity, MARKER_FIELD).is_none();
            if !unmarked {
                self.see(&session.crm.newest(entity, 1).await?)?;
            }
        }
        Ok(())
    }

    /// The refusal, if any of them is really there: a listing may still show what was deleted.
    pub(super) async fn gate<C: Crm>(
        self,
        session: &Session<'_, C>,
    ) -> Result<Option<Gate>, EngineError> {
        let mut named = Vec::new();
        for (at, key) in &self.found {
            if session.crm.get(at).await?.is_some() {
                named.push(format!("{key} is {at}"));
            }
            if named.len() == NAMED {
                break;
            }
        }
        if named.is_empty() {
            return Ok(None);
        }
        let count = self.found.len();
        let message = format!(
            "the CRM has records that this pipeline made and this ledger does not know ({count} were met: {}): \
             the ledger that wrote them is lost, or lies on another machine",
            named.join(", ")
        );
        let hint =
            "go on with that ledger, or run `flitpipe ledger rebuild` on this spec: otherwise \
                    they would be written twice"
                .to_owned();
        Ok(Some(Gate { code: "unknown_markers", message, hint }))
    }
}
