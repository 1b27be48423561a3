//! Is it there? Looks for records whose create got no answer, by their markers.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::error::EngineError;
use super::session::Session;
use crate::crm::{Crm, Snapshot};
use crate::ground::{CrmRef, Entity, SourceKey};
use crate::ledger::{Deed, Ledger, OpenEntry};

/// How far the CRM's clock may be behind ours.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// Pages in a row without anything new enough, before a listing counts as read: ids do not follow
/// the time exactly, because several allocators give them out.
const OLD_PAGES: usize = 2;

/// The record as it stands. That it is gone is not believed of one that we made a moment ago: a
/// read may be answered by a copy that does not have it yet.
pub(super) async fn look<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    (key, at): (&SourceKey, &CrmRef),
) -> Result<Option<Snapshot>, EngineError> {
    let now = session.crm.get(at).await?;
    if now.is_some() {
        return Ok(now);
    }
    let within = session.waits.settle + session.waits.listing;
    let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
    let entries = ledger.reader().entries(key)?;
    let made = entries.iter().rfind(|entry| entry.intent.deed == Deed::Create);
    let is_young = |made: &OpenEntry| session.now().duration_since(made.intent.at).abs() <= within;
    if !made.is_some_and(is_young) {
        return Ok(None);
    }
    tokio::time::sleep(session.waits.listing).await;
    Ok(session.crm.get(at).await?)
}

/// The records that carry one of the markers `wanted`.
pub(super) async fn find<C: Crm>(
    session: &Session<'_, C>,
    creates: &[OpenEntry],
    wanted: &HashMap<String, SourceKey>,
) -> Result<HashMap<SourceKey, Snapshot>, EngineError> {
    let mut found = HashMap::new();
    let mut note = |snapshot: Snapshot| {
        if let Some(key) = snapshot.marker.as_ref().and_then(|marker| wanted.get(marker)) {
            found.insert(key.clone(), snapshot);
        }
    };
    for parent in parents(creates) {
        session.crm.on_record(&parent, Entity::Notes).await?.into_iter().for_each(&mut note);
    }
    for entity in
        [Entity::Accounts, Entity::Contacts, Entity::Leads, Entity::Activities, Entity::Tasks]
    {
        let since = creates
            .iter()
            .filter(|entry| entry.intent.entity == entity)
            .map(|entry| entry.intent.at)
            .min();
        if let Some(since) = since {
            for snapshot in newer(session, entity, since - SKEW).await? {
                note(snapshot);
            }
        }
    }
    Ok(found)
}

/// Everything of an entity that was made since then, and what stands between in the listing.
async fn newer<C: Crm>(
    session: &Session<'_, C>,
    entity: Entity,
    since: Timestamp,
) -> Result<Vec<Snapshot>, EngineError> {
    let (mut all, mut old) = (Vec::new(), 0);
    for page in 1.. {
        let snapshots = session.crm.newest(entity, page).await?;
        if snapshots.is_empty() {
            break;
        }
        old = if snapshots.iter().any(|snapshot| snapshot.created >= since) { 0 } else { old + 1 };
        all.extend(snapshots);
        if old >= OLD_PAGES {
            break;
        }
    }
    Ok(all)
}

/// The records on which a note hangs; notes cannot be listed otherwise.
fn parents(creates: &[OpenEntry]) -> BTreeSet<CrmRef> {
    let notes = creates.iter().filter(|entry| entry.intent.entity == Entity::Notes);
    notes
        .filter_map(|entry| entry.intent.after.as_ref()?.get("entity")?.as_str()?.parse().ok())
        .collect()
}
