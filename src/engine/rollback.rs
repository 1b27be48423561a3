//! The way back: every deed undone, the latest first, and what people changed left alone.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::confirm::{self, Sent, confirm_open};
use super::error::EngineError;
use super::probe::look;
use super::session::Session;
use super::taken_back::{Drift, End, Left, RollbackReport};
use super::three_way::{Patch, Values, alike, way_back};
use super::touched::{Links, Made, Touched, state_of, touched};
use super::watch::Event;
use crate::crm::{self, Crm, CrmError, Snapshot};
use crate::ground::{CrmRef, SourceKey, failpoint};
use crate::ledger::{Deed, Intent, Ledger, OpenEntry, RunId, Settled, State, Undo};
use crate::spec::{DriftDecision, DriftDecisions, DriftWay, ObjectKind};

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
    (scope, decisions): (Scope, &DriftDecisions),
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
    let back = Back { session, ledger, decisions, run, silent: AtomicBool::new(false) };
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
        report.note(object, end);
        if session.watch.stopping() {
            return Err(EngineError::Interrupted);
        }
    }
    session.watch.on(&Event::StageDone);
    failpoint::reach("engine.undone");
    report.irreversible = ledger.reader().provisioned()?;
    Ok(report)
}

struct Back<'a, C> {
    session: &'a Session<'a, C>,
    ledger: &'a Ledger,
    decisions: &'a DriftDecisions,
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
                ) => self.restore(undo, &now, kept).await?,
            };
            if let Some(end) = end {
                kept.extend(matches!(end, End::Left(_)).then_some(at));
                return Ok(end);
            }
            if self.silent.load(Ordering::Relaxed) {
                silences += 1;
            } else {
                conflicts += 1;
            }
        }
        if silences == CONFLICTS_MAX {
            // Nobody stood in the way: the host does not answer, and the run can be gone on with.
            return Err(EngineError::Unanswered { stage: "rollback".to_owned(), open: 1 });
        }
        let why = "others kept changing it while it was being taken back".to_owned();
        Ok(End::Left(Left::plain(undo.intent.key.to_string(), at.to_string(), why)))
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
        let touched = self.touched(undo, &state, now, kept).await?;
        let seen = Seen { undo, now, kept };
        if let Some(left) = self.left(&seen, touched, &state.after).await? {
            return Ok(Some(End::Left(left)));
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

    /// Why a record of ours is not deleted: somebody touched it, and nobody decided that it goes
    /// all the same; or somebody decided that it stays.
    async fn left(
        &self,
        seen: &Seen<'_>,
        touched: Option<Touched>,
        ours: &Values,
    ) -> Result<Option<Left>, EngineError> {
        let decision = self.decisions.get(&seen.undo.intent.key);
        let Some(touched) = touched else {
            let keep = decision.is_some_and(|decision| decision.way == DriftWay::Keep);
            let why = "kept, as was decided".to_owned();
            return Ok(keep.then(|| Left { decided: true, ..seen.left(why) }));
        };
        let state = state_of(self.session, seen.now, seen.kept).await?;
        let nothing = Values::new();
        let drift = touched.fields.iter().map(|path| seen.drift(path, &nothing, ours)).collect();
        let left = Left { seen: state.clone(), drift, ..seen.left(touched.why) };
        Ok(match decision {
            Some(decision) if decision.seen != state => Some(Left {
                why: format!("{}; it changed again since the decision", left.why),
                ..left
            }),
            Some(decision) if decision.way == DriftWay::Delete => None,
            Some(_) => Some(Left { decided: true, ..left }),
            None => Some(left),
        })
    }

    async fn restore(
        &self,
        undo: &Undo,
        now: &Snapshot,
        kept: &HashSet<CrmRef>,
    ) -> Result<Option<End>, EngineError> {
        let (before, all) =
            (values(undo.intent.before.as_ref()), values(undo.intent.after.as_ref()));
        let after: Values =
            before.keys().filter_map(|path| Some((path.clone(), all.get(path)?.clone()))).collect();
        let mut back = way_back(&before, &after, &now.fields, &alike(now.at.entity));
        let seen = Seen { undo, now, kept };
        let left = self.drifted(&seen, &mut back, (&before, &after)).await?;
        if let (Some(left), true) = (&left, back.changes.is_empty()) {
            return Ok(Some(End::Left(left.clone())));
        }
        let stands = |path: &String| now.fields.get(path).cloned().unwrap_or(Value::Null);
        let replaced = back.changes.keys().map(|path| (path.clone(), stands(path))).collect();
        let given = before.iter().filter(|(path, _)| !back.kept.contains(path));
        let given = given.map(|(path, value)| (path.clone(), value.clone())).collect();
        let images = (Some(Value::Object(replaced)), Some(Value::Object(given)));
        let Some(entry) = self.announce(undo, (Deed::Restore, now.rev.clone()), images).await?
        else {
            let end = left.map_or(End::Restored, End::Partly);
            return Ok(Some(if back.changes.is_empty() { End::Nothing } else { end }));
        };
        if back.changes.is_empty() {
            let (crm, rev) = (now.at.id.clone(), now.rev.clone());
            let settled = Settled::Done { crm, rev, how: "nothing to do" };
            self.ledger.settle(entry, settled, None, self.session.now()).await?;
            return Ok(Some(End::Nothing));
        }
        failpoint::reach("engine.restore_announced");
        let answer = self.session.crm.edit(now, &back.changes).await;
        failpoint::reach("engine.restore_answered");
        self.settle(entry, answer, left.map_or(End::Restored, End::Partly)).await
    }

    /// The fields that people changed since we did; those that somebody decided to have back are
    /// added to what is put back.
    async fn drifted(
        &self,
        seen: &Seen<'_>,
        back: &mut Patch,
        (before, after): (&Values, &Values),
    ) -> Result<Option<Left>, EngineError> {
        if back.kept.is_empty() {
            return Ok(None);
        }
        let state = state_of(self.session, seen.now, seen.kept).await?;
        let decision = self.decisions.get(&seen.undo.intent.key);
        let outdated = decision.is_some_and(|decision| decision.seen != state);
        if let Some(DriftDecision { way: DriftWay::Restore(fields), .. }) =
            decision.filter(|_| !outdated)
        {
            let (forced, kept): (Vec<_>, Vec<_>) =
                back.kept.drain(..).partition(|path| fields.contains(path));
            back.kept = kept;
            let old = |path: &String| before.get(path).filter(|old| !old.is_null()).cloned();
            back.changes.extend(forced.into_iter().map(|path| (path.clone(), old(&path))));
        }
        if back.kept.is_empty() {
            return Ok(None);
        }
        let again = if outdated { "; it changed again since the decision" } else { "" };
        let why = format!("people changed {}{again}", back.kept.join(", "));
        let drift = back.kept.iter().map(|path| seen.drift(path, before, after)).collect();
        let decided = decision.is_some() && !outdated;
        Ok(Some(Left { seen: state, drift, decided, ..seen.left(why) }))
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
    ) -> Result<Option<Touched>, EngineError> {
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
                let settled = end.of(settled);
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
                let crm =
                    entry.intent.crm.as_ref().map(|id| format!("{}:{id}", entry.intent.entity));
                let at = crm.unwrap_or_default();
                let refused = Settled::Refused { reason: reason.clone() };
                self.ledger.settle(entry.clone(), refused, None, now).await?;
                let left = Left::plain(entry.intent.key.to_string(), at, reason);
                Ok(Some(End::Left(left)))
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
                let settled = end.of(settled);
                self.ledger.settle(entry, settled, None, now).await?;
                Ok(done.then_some(end))
            }
        }
    }
}

/// A record that is being taken back, as it stands.
struct Seen<'a> {
    undo: &'a Undo,
    now: &'a Snapshot,
    kept: &'a HashSet<CrmRef>,
}

impl Seen<'_> {
    fn left(&self, why: String) -> Left {
        Left::plain(self.undo.intent.key.to_string(), self.now.at.to_string(), why)
    }

    fn drift(&self, path: &str, before: &Values, written: &Values) -> Drift {
        let of = |values: &Values| values.get(path).cloned().unwrap_or(Value::Null);
        let (field, now) = (path.to_owned(), of(&self.now.fields));
        Drift { field, before: of(before), written: of(written), now }
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
