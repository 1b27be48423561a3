//! The way back: every deed undone, the latest first, and what people changed left alone.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::confirm::{self, Sent, confirm_open};
use super::error::EngineError;
use super::probe::look;
use super::session::Session;
use super::taken_back::{Left, RollbackReport};
use super::three_way::{Values, alike, way_back};
use super::touched::{Links, Made, touched};
use super::watch::Event;
use crate::crm::{self, Crm, CrmError, Snapshot};
use crate::ground::{CrmRef, SourceKey, failpoint};
use crate::ledger::{Deed, Intent, Ledger, OpenEntry, RunId, Settled, State, Undo};
use crate::spec::ObjectKind;

/// How often a deed is tried again when somebody else was faster, and when there was no answer.
const CONFLICTS_MAX: usize = 5;

/// What a rollback is to do.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// Only look.
    Look(Option<RunId>),
    /// Take back, as this run.
    Act(Option<RunId>, RunId),
}

/// Takes back a run, or everything.
pub async fn rollback<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    scope: Scope,
) -> Result<RollbackReport, EngineError> {
    let (of, run) = match scope {
        Scope::Look(of) => (of, None),
        Scope::Act(of, run) => (of, Some(run)),
    };
    // An unresolved create cannot be undone.
    confirm_open(session, ledger, None).await?;
    let undos = ledger.reader().undo_list(of)?;
    let created: HashSet<SourceKey> =
        undos.iter().filter(|undo| is_making(undo)).map(|undo| undo.intent.key.clone()).collect();
    let back = Back { session, ledger, run, silent: AtomicBool::new(false) };
    let mut report = RollbackReport::default();
    session.watch.on(&Event::Stage { name: "rollback", records: undos.len() as u64 });
    let mut kept: HashSet<CrmRef> = HashSet::new();
    for undo in undos {
        session.watch.on(&Event::Settled { records: 1 });
        // A record that is deleted needs none of its edits undone before.
        if !is_making(&undo) && created.contains(&undo.intent.key) {
            continue;
        }
        let object = undo.intent.key.object.to_string();
        let end = back.undo(&undo, &mut kept).await?;
        let counts = report.objects.entry(object).or_default();
        match end {
            End::Deleted => counts.deleted += 1,
            End::Restored => counts.restored += 1,
            End::Nothing => {}
            End::Left(why) => {
                counts.conflicts += 1;
                let crm = undo.intent.crm.as_ref().map(|id| format!("{}:{id}", undo.intent.entity));
                report.left.push(Left {
                    record: undo.intent.key.to_string(),
                    crm: crm.unwrap_or_default(),
                    why,
                });
            }
        }
        if session.watch.stopping() {
            return Err(EngineError::Interrupted);
        }
    }
    session.watch.on(&Event::StageDone);
    failpoint::reach("engine.undone");
    report.irreversible = ledger.reader().provisioned()?;
    Ok(report)
}

/// How the undo of one deed ended.
enum End {
    Deleted,
    Restored,
    Nothing,
    Left(String),
}

struct Back<'a, C> {
    session: &'a Session<'a, C>,
    ledger: &'a Ledger,
    run: Option<RunId>,
    /// Whether the last try got no answer.
    silent: AtomicBool,
}

impl<C: Crm> Back<'_, C> {
    async fn undo(&self, undo: &Undo, kept: &mut HashSet<CrmRef>) -> Result<End, EngineError> {
        let Some(id) = undo.intent.crm.clone() else { return Ok(End::Nothing) };
        let at = CrmRef::new(undo.intent.entity, id);
        let (mut conflicts, mut silences) = (0, 0);
        while conflicts < CONFLICTS_MAX && silences < CONFLICTS_MAX {
            let now = look(self.session, self.ledger, (&undo.intent.key, &at)).await?;
            let end = match (undo.intent.deed, now) {
                (_, None) => self.gone(undo, &at).await?,
                (Deed::Create | Deed::Adopt, Some(now)) => self.delete(undo, &now, kept).await?,
                (
                    Deed::Fill | Deed::Edit | Deed::Delete | Deed::Restore | Deed::Sweep,
                    Some(now),
                ) => self.restore(undo, &now).await?,
            };
            match end {
                Some(End::Left(why)) => {
                    kept.insert(at);
                    return Ok(End::Left(why));
                }
                Some(end) => return Ok(end),
                None if self.silent.load(Ordering::Relaxed) => silences += 1,
                None => conflicts += 1,
            }
        }
        if silences == CONFLICTS_MAX {
            // Nobody stood in the way: the host does not answer, and the run can be gone on with.
            return Err(EngineError::Unanswered { stage: "rollback".to_owned(), open: 1 });
        }
        Ok(End::Left("others kept changing it while it was being taken back".to_owned()))
    }

    /// The record is not there any more: nothing is left to be undone.
    async fn gone(&self, undo: &Undo, at: &CrmRef) -> Result<Option<End>, EngineError> {
        let deed = if is_making(undo) { Deed::Delete } else { Deed::Restore };
        if let Some(entry) = self.announce(undo, (deed, String::new()), (None, None)).await? {
            let settled =
                Settled::Done { crm: at.id.clone(), rev: String::new(), how: "nothing to do" };
            self.ledger.settle(entry, settled, None, self.session.now()).await?;
        }
        Ok(Some(End::Nothing))
    }

    async fn delete(
        &self,
        undo: &Undo,
        now: &Snapshot,
        kept: &HashSet<CrmRef>,
    ) -> Result<Option<End>, EngineError> {
        let states = self.ledger.reader().states(std::slice::from_ref(&undo.intent.key))?;
        let Some(state) = states.into_iter().next().flatten() else {
            return Ok(Some(End::Nothing));
        };
        if let Some(why) = self.touched(undo, &state, now, kept).await? {
            return Ok(Some(End::Left(why)));
        }
        let Some(entry) =
            self.announce(undo, (Deed::Delete, now.rev.clone()), (None, None)).await?
        else {
            return Ok(Some(End::Deleted));
        };
        failpoint::reach("engine.delete_announced");
        let answer = self.session.crm.delete(&now.at, &now.rev).await;
        failpoint::reach("engine.delete_answered");
        let answer = answer.map(|()| crm::Written { id: now.at.id.clone(), rev: String::new() });
        self.settle(entry, answer, End::Deleted).await
    }

    async fn restore(&self, undo: &Undo, now: &Snapshot) -> Result<Option<End>, EngineError> {
        let (before, all) =
            (values(undo.intent.before.as_ref()), values(undo.intent.after.as_ref()));
        let after: Values =
            before.keys().filter_map(|path| Some((path.clone(), all.get(path)?.clone()))).collect();
        let back = way_back(&before, &after, &now.fields, &alike(now.at.entity));
        if !back.kept.is_empty() {
            return Ok(Some(End::Left(format!("people changed {}", back.kept.join(", ")))));
        }
        let images = (
            back.changes
                .keys()
                .map(|path| (path.clone(), now.fields.get(path).cloned().unwrap_or(Value::Null)))
                .collect(),
            before.clone().into_iter().collect(),
        );
        let images = (Some(Value::Object(images.0)), Some(Value::Object(images.1)));
        let Some(entry) = self.announce(undo, (Deed::Restore, now.rev.clone()), images).await?
        else {
            return Ok(Some(if back.changes.is_empty() { End::Nothing } else { End::Restored }));
        };
        if back.changes.is_empty() {
            let settled = Settled::Done {
                crm: now.at.id.clone(),
                rev: now.rev.clone(),
                how: "nothing to do",
            };
            self.ledger.settle(entry, settled, None, self.session.now()).await?;
            return Ok(Some(End::Nothing));
        }
        failpoint::reach("engine.restore_announced");
        let answer = self.session.crm.edit(now, &back.changes).await;
        failpoint::reach("engine.restore_answered");
        self.settle(entry, answer, End::Restored).await
    }

    /// What people did to a record of ours, if anything.
    ///
    /// Only the revision of its very creation says that nobody touched it: a later one of ours may
    /// lie on top of somebody's edit, and so may that of a record that was found again.
    async fn touched(
        &self,
        undo: &Undo,
        state: &State,
        now: &Snapshot,
        kept: &HashSet<CrmRef>,
    ) -> Result<Option<String>, EngineError> {
        if now.rev == undo.rev && undo.intent.deed == Deed::Create {
            return Ok(None);
        }
        let (kind, origin, links) = (self.kind(undo), state.origin, Links::All);
        let made = Made { kind, after: &state.after, origin, links };
        touched(self.session, &made, now, kept).await
    }

    /// The kind of a record: that of its object, or the usual one when the spec lost the object.
    fn kind(&self, undo: &Undo) -> ObjectKind {
        let object = &undo.intent.key.object;
        let objects = self.session.pipeline.objects.iter();
        let kinds = objects.filter(|known| *known.name == **object).map(|known| known.kind);
        let usual = ObjectKind::ALL.into_iter().filter(|kind| kind.entity() == undo.intent.entity);
        kinds.chain(usual).next().unwrap_or(ObjectKind::Person)
    }

    /// Announces an undo; `None` when this is only a look.
    async fn announce(
        &self,
        undo: &Undo,
        (deed, rev): (Deed, String),
        (before, after): (Option<Value>, Option<Value>),
    ) -> Result<Option<OpenEntry>, EngineError> {
        let Some(run) = self.run else { return Ok(None) };
        let intent = Intent {
            run,
            key: undo.intent.key.clone(),
            aspect: undo.intent.aspect,
            deed,
            entity: undo.intent.entity,
            crm: undo.intent.crm.clone(),
            rev_before: Some(rev),
            before,
            after,
            hash: String::new(),
            undoes: Some(undo.entry),
            at: self.session.now(),
        };
        Ok(Some(self.ledger.announce(intent).await?))
    }

    async fn settle(
        &self,
        entry: OpenEntry,
        answer: Result<crm::Written, CrmError>,
        end: End,
    ) -> Result<Option<End>, EngineError> {
        let now = self.session.now();
        let sent = confirm::answer(answer);
        self.silent.store(matches!(sent, Sent::Unknown), Ordering::Relaxed);
        match sent {
            Sent::Done(written) => {
                let settled =
                    Settled::Done { crm: written.id, rev: written.rev, how: "acknowledged" };
                self.ledger.settle(entry, settled, None, now).await?;
                failpoint::reach("engine.undo_settled");
                Ok(Some(end))
            }
            Sent::Refused(reason) => {
                // What an earlier copy deleted is refused to a later one, and gone all the same.
                if entry.intent.deed == Deed::Delete
                    && let gone @ Settled::Done { .. } =
                        confirm::delete(self.session, self.ledger, &entry).await?
                {
                    self.ledger.settle(entry, gone, None, now).await?;
                    return Ok(Some(end));
                }
                self.ledger
                    .settle(entry, Settled::Refused { reason: reason.clone() }, None, now)
                    .await?;
                Ok(Some(End::Left(reason)))
            }
            Sent::Unsent(CrmError::Conflict { .. }) => {
                let how = "the record changed since it was read".to_owned();
                self.ledger.settle(entry, Settled::NotApplied { how }, None, now).await?;
                Ok(None)
            }
            Sent::Unsent(error) | Sent::Stop(error) => {
                self.ledger
                    .settle(entry, Settled::NotApplied { how: error.to_string() }, None, now)
                    .await?;
                Err(error.into())
            }
            Sent::Unknown => {
                let settled = if entry.intent.deed == Deed::Delete {
                    confirm::delete(self.session, self.ledger, &entry).await?
                } else {
                    confirm::edit(self.session, self.ledger, &entry).await?
                };
                let done = matches!(settled, Settled::Done { .. });
                self.ledger.settle(entry, settled, None, now).await?;
                Ok(done.then_some(end))
            }
        }
    }
}

/// Whether the deed made the record, in this ledger or in one that was lost.
fn is_making(undo: &Undo) -> bool {
    matches!(undo.intent.deed, Deed::Create | Deed::Adopt)
}

fn values(image: Option<&Value>) -> Values {
    let entries = image.and_then(Value::as_object).into_iter().flatten();
    entries
        .map(|(path, value)| (path.clone(), value.clone()))
        .collect::<HashMap<_, _>>()
        .into_iter()
        .collect()
}
