//! The closing sweep: second copies of records, made by requests that the CRM applied after every
//! wait, are deleted, as long as nobody touched them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::confirm::{self, ABSENT, Sent, confirm_open};
use super::course::Course;
use super::dependants::Search;
use super::error::EngineError;
use super::marked::{self, Marked};
use super::session::Session;
use super::taken_back::Left;
use super::touched::{Links, Made, touched};
use crate::crm::{Crm, CrmError, Inventory, Snapshot, Written};
use crate::ground::{SourceKey, failpoint};
use crate::ledger::{Aspect, Deed, Found, Intent, Ledger, Origin, RunId, Settled};
use crate::spec::ObjectKind;

/// How often a deletion is tried again.
const TRIES_MAX: usize = 5;

/// What a sweep came to, or would come to.
#[derive(Debug, Default, Serialize)]
pub struct Swept {
    /// Records that carry a marker of ours.
    pub looked_at: u64,
    /// Second copies that were deleted.
    pub deleted: Vec<String>,
    /// Records of which the ledger knew nothing, and that are known now.
    pub adopted: Vec<String>,
    /// Second copies that people touched: left.
    pub left: Vec<Left>,
}

/// Whether a sweep only looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broom {
    /// It tells what it would do.
    Look,
    /// It deletes and adopts, in this run.
    Act(RunId),
}

/// When a creation was given up last since `after`: what is applied later makes a second copy.
pub fn given_up(
    ledger: &Ledger,
    after: Option<Timestamp>,
) -> Result<Option<Timestamp>, EngineError> {
    let last = ledger.reader().last_settled(Deed::Create, ABSENT)?;
    Ok(last.filter(|last| after.is_none_or(|after| *last > after)))
}

/// Waits until what was given up at that time is applied or dropped once more.
pub async fn let_settle<C>(session: &Session<'_, C>, since: Timestamp) {
    let wait = session.waits.settle + session.waits.listing;
    let gone = session.now().duration_since(since).max(SignedDuration::ZERO).unsigned_abs();
    tokio::time::sleep(wait.saturating_sub(gone)).await;
}

/// Looks through the CRM for records that carry our markers: a second one of a source record is
/// deleted by its revision, unless people touched it; one that nothing is known of is adopted.
pub async fn sweep<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    (inventory, broom): (&Inventory, Broom),
) -> Result<Swept, EngineError> {
    confirm_open(session, ledger, None).await?;
    let tag = marked::tag(session, inventory);
    let mut by_key: BTreeMap<SourceKey, Vec<Marked>> = BTreeMap::new();
    for one in marked::all(session, &tag).await?.into_values() {
        if ledger.own_marker(&one.marker).is_some() {
            by_key.entry(one.found.key.clone()).or_default().push(one);
        }
    }
    let sweeper = Sweeper { session, ledger, broom };
    let mut swept = Swept::default();
    for (key, mut marked) in by_key {
        swept.looked_at += marked.len() as u64;
        marked.sort_by(|one, other| {
            (one.created, &one.found.at).cmp(&(other.created, &other.found.at))
        });
        let place =
            ledger.reader().places(std::slice::from_ref(&key))?.into_iter().next().flatten();
        if place.is_none() && !sweeper.was_taken_back(&key)? {
            swept.adopted.extend(sweeper.adopt(marked.remove(0).found).await?);
        }
        for copy in marked.into_iter().filter(|one| Some(&one.found.at) != place.as_ref()) {
            sweeper.copy(&copy.found, &mut swept).await?;
            if session.watch.stopping() {
                return Err(EngineError::Interrupted);
            }
        }
    }
    Ok(swept)
}

struct Sweeper<'a, C> {
    session: &'a Session<'a, C>,
    ledger: &'a Ledger,
    broom: Broom,
}

/// How a try ended.
enum End {
    Gone,
    Left(String),
    Again,
}

impl<C: Crm> Sweeper<'_, C> {
    /// Whether the record was made and deleted again: a copy of it is not to be kept.
    fn was_taken_back(&self, key: &SourceKey) -> Result<bool, EngineError> {
        let entries = self.ledger.reader().entries(key)?;
        Ok(entries.iter().any(|entry| entry.intent.deed == Deed::Delete))
    }

    async fn adopt(&self, found: Found) -> Result<Option<String>, EngineError> {
        let told = format!("{} ({})", found.at, found.key);
        if let Broom::Act(run) = self.broom {
            self.ledger.adopt(run, vec![found], self.session.now()).await?;
        }
        Ok(Some(told))
    }

    async fn copy(&self, found: &Found, swept: &mut Swept) -> Result<(), EngineError> {
        for _ in 0..TRIES_MAX {
            match self.try_once(found).await? {
                End::Gone => {
                    swept.deleted.push(format!("{} ({})", found.at, found.key));
                    return Ok(());
                }
                End::Left(why) => {
                    let (record, crm) = (found.key.to_string(), found.at.to_string());
                    swept.left.push(Left::plain(record, crm, why));
                    return Ok(());
                }
                End::Again => {}
            }
        }
        let (record, crm) = (found.key.to_string(), found.at.to_string());
        let why = "it could not be deleted: others kept changing it, or no answer came".to_owned();
        swept.left.push(Left::plain(record, crm, why));
        Ok(())
    }

    async fn try_once(&self, found: &Found) -> Result<End, EngineError> {
        let Some(now) = self.session.crm.get(&found.at).await? else { return Ok(End::Gone) };
        let Some(after) = self.as_made(&found.key)? else {
            return Ok(End::Left("the ledger does not say what it was made with".to_owned()));
        };
        let Some(kind) = self.kind(&found.key) else {
            return Ok(End::Left("its object is not in the spec any more".to_owned()));
        };
        let made = Made { kind, after: &after, origin: Origin::Created, links: Links::Added };
        if let Some(touched) = touched(&made, &now) {
            return Ok(End::Left(touched.why));
        }
        let search =
            Search { session: self.session, ledger: self.ledger, course: &Course::default() };
        let mut on = search.belonging(&now).await?;
        search.hanging(&now, &mut on).await?;
        if !on.is_empty() {
            return Ok(End::Left(on.whys().join("; ")));
        }
        match self.broom {
            Broom::Look => Ok(End::Gone),
            Broom::Act(run) => self.delete(run, &found.key, &now).await,
        }
    }

    /// What a record was made with: the latest creation that was announced.
    fn as_made(&self, key: &SourceKey) -> Result<Option<BTreeMap<String, Value>>, EngineError> {
        let entries = self.ledger.reader().entries(key)?;
        let made = entries.into_iter().rfind(|entry| entry.intent.deed == Deed::Create);
        let after = made.and_then(|made| made.intent.after);
        Ok(after.and_then(|after| serde_json::from_value(after).ok()))
    }

    /// The kind of a record, by its object; `None` when the spec has no such object any more.
    fn kind(&self, key: &SourceKey) -> Option<ObjectKind> {
        let mut objects = self.session.pipeline.objects.iter();
        objects.find(|object| *object.name == *key.object).map(|object| object.kind)
    }

    async fn delete(
        &self,
        run: RunId,
        key: &SourceKey,
        now: &Snapshot,
    ) -> Result<End, EngineError> {
        let intent = Intent {
            run,
            key: key.clone(),
            aspect: Aspect::Whole,
            deed: Deed::Sweep,
            entity: now.at.entity,
            crm: Some(now.at.id.clone()),
            rev_before: Some(now.rev.clone()),
            before: None,
            after: None,
            hash: String::new(),
            undoes: None,
            at: self.session.now(),
        };
        let entry = self.ledger.announce(intent).await?;
        failpoint::reach("engine.sweep_announced");
        let answer = self.session.crm.delete(&now.at, &now.rev).await;
        failpoint::reach("engine.sweep_answered");
        let answer = answer.map(|()| Written { id: now.at.id.clone(), rev: String::new() });
        let (settled, end) = match confirm::answer(answer) {
            Sent::Done(written) => {
                let how = "a second copy";
                (Settled::Done { crm: written.id, rev: String::new(), how }, Ok(End::Gone))
            }
            Sent::Refused(reason) => {
                (Settled::Refused { reason: reason.clone() }, Ok(End::Left(reason)))
            }
            Sent::Unsent(error @ CrmError::Conflict { .. }) => {
                (Settled::NotApplied { how: error.to_string() }, Ok(End::Again))
            }
            Sent::Unsent(error) | Sent::Stop(error) => {
                (Settled::NotApplied { how: error.to_string() }, Err(error.into()))
            }
            Sent::Unknown => {
                (confirm::delete(self.session, self.ledger, &entry).await?, Ok(End::Again))
            }
        };
        self.ledger.settle(entry, settled, None, self.session.now()).await?;
        end
    }
}
