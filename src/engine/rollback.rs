//! The way back: every deed undone, what hangs on a record before it and the latest first, and what
//! people changed left alone.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::confirm::confirm_open;
use super::course::Course;
use super::dependants::{Dependants, Search};
use super::drifted::{Seen, values};
use super::error::EngineError;
use super::probe::look;
use super::session::Session;
use super::shares::shares;
use super::step_back::{Back, is_making};
use super::taken_back::{End, Left, RollbackReport};
use super::theirs::without_theirs;
use super::three_way::{Values, alike, way_back};
use super::touched::{Links, Made, Touched, touched};
use super::watch::Event;
use super::way::Way;
use crate::crm::{self, Crm, Snapshot};
use crate::ground::{CrmRef, failpoint};
use crate::ledger::{Deed, Ledger, Origin, RunId, Settled, State, Undo};
use crate::spec::{DriftDecisions, ObjectKind};

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
    let (standing, created) = ledger.reader().undo_survey(of)?;
    let mut way = Way::of(ledger.reader(), of)?;
    let back = Back { session, ledger, decisions, run, silent: AtomicBool::new(false) };
    let mut report = RollbackReport::default();
    session.watch.on(&Event::Stage { name: "rollback", records: standing + way.left() as u64 });
    let mut course = Course::default();
    while let Some(undo) = way.next()? {
        session.watch.on(&Event::Settled { records: 1 });
        // A record that is deleted needs none of its edits undone before.
        if !is_making(&undo) && created.contains(&undo.intent.key) {
            continue;
        }
        let end = Box::pin(back.undo(&undo, &mut course)).await?;
        report.note(&undo, end);
        if session.watch.stopping() {
            return Err(EngineError::Interrupted);
        }
    }
    session.watch.on(&Event::StageDone);
    failpoint::reach("engine.undone");
    report.irreversible = ledger.reader().provisioned()?;
    Ok(report)
}

impl<C: Crm> Back<'_, C> {
    async fn undo(&self, undo: &Undo, course: &mut Course) -> Result<End, EngineError> {
        let Some(id) = undo.intent.crm.clone() else { return Ok(End::Nothing) };
        let at = CrmRef::new(undo.intent.entity, id);
        let (mut conflicts, mut silences, mut last) = (0, 0, None);
        while conflicts < CONFLICTS_MAX && silences < CONFLICTS_MAX {
            let Some(read) = look(self.session, self.ledger, (&undo.intent.key, &at)).await? else {
                course.lose(at.clone());
                return self.gone(undo, &at).await;
            };
            let end = if is_making(undo) {
                self.delete(undo, &read, course).await?
            } else {
                self.restore(undo, &read, course).await?
            };
            if let Some(end) = end {
                return Ok(end);
            }
            if self.silent.load(Ordering::Relaxed) {
                silences += 1;
            } else {
                conflicts += 1;
            }
            last = Some(read);
        }
        if silences == CONFLICTS_MAX {
            // Nobody stood in the way: the host does not answer, and the run can be gone on with.
            return Err(EngineError::Unanswered { stage: "rollback".to_owned(), open: 1 });
        }
        if let Some(last) = last.filter(|_| is_making(undo)) {
            course.keep(&undo.intent.key.to_string(), &last);
        }
        let why = "others kept changing it while it was being taken back".to_owned();
        Ok(End::Left(Left::plain(undo.intent.key.to_string(), at.to_string(), why)))
    }

    /// Deletes a record of ours; what it belongs to is kept while it stays.
    async fn delete(
        &self,
        undo: &Undo,
        now: &Snapshot,
        course: &mut Course,
    ) -> Result<Option<End>, EngineError> {
        let end = self.try_delete(undo, now, course).await?;
        match &end {
            Some(End::Deleted) => course.lose(now.at.clone()),
            Some(End::Left(_)) => course.keep(&undo.intent.key.to_string(), now),
            Some(End::Restored | End::Partly(_) | End::Nothing) | None => {}
        }
        Ok(end)
    }

    async fn try_delete(
        &self,
        undo: &Undo,
        now: &Snapshot,
        course: &Course,
    ) -> Result<Option<End>, EngineError> {
        let states = self.ledger.reader().states(std::slice::from_ref(&undo.intent.key))?;
        let Some(mut state) = states.into_iter().next().flatten() else {
            return Ok(Some(End::Nothing));
        };
        let done = self.ledger.reader().done(&undo.intent.key)?;
        let alike = alike(now.at.entity);
        let shares = shares(&done, &alike);
        // What a lost ledger had written into a list nobody can tell from what others had.
        if state.origin == Origin::Created {
            state.after = without_theirs(&state.after, &shares.theirs, &alike);
        }
        state.after = shares.with_taken_out(state.after, &now.fields, &alike);
        let (touched, on) = self.touched(undo, &state, now, course).await?;
        let seen = Seen { undo, now, read: &now.fields, done: &done };
        if let Some(left) = seen.left(self.decisions, (touched, &on), &state.after) {
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

    async fn restore(
        &self,
        undo: &Undo,
        read: &Snapshot,
        course: &mut Course,
    ) -> Result<Option<End>, EngineError> {
        if let Some(left) = self.elsewhere(undo, read)? {
            return Ok(Some(End::Left(left)));
        }
        let now = &course.as_left(read.clone());
        let (before, all) =
            (values(undo.intent.before.as_ref()), values(undo.intent.after.as_ref()));
        let after: Values =
            before.keys().filter_map(|path| Some((path.clone(), all.get(path)?.clone()))).collect();
        let mut back = way_back(&before, &after, &now.fields, &alike(now.at.entity));
        let done = self.ledger.reader().done(&undo.intent.key)?;
        let seen = Seen { undo, now, read: &read.fields, done: &done };
        let left = seen.drifted(self.decisions, &mut back, (&before, &after));
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
            course.put_back(&now.at, &back.changes);
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

    /// A record of which an earlier rollback left a part, and whose source record has become
    /// another one of the CRM since.
    fn elsewhere(&self, undo: &Undo, now: &Snapshot) -> Result<Option<Left>, EngineError> {
        let key = &undo.intent.key;
        let places = self.ledger.reader().places(std::slice::from_ref(key))?;
        let other = places.into_iter().flatten().find(|place| *place != now.at);
        Ok(other.map(|place| {
            let why = format!("people changed it, and the source record is {place} by now");
            Left::plain(key.to_string(), now.at.to_string(), why)
        }))
    }

    /// What people did to a record of ours, if anything, and what would lose it.
    ///
    /// Only the revision of its very creation says that nobody touched it: a later one of ours may
    /// lie on top of somebody's edit, and so may that of a record that was found again.
    async fn touched(
        &self,
        undo: &Undo,
        state: &State,
        now: &Snapshot,
        course: &Course,
    ) -> Result<(Option<Touched>, Dependants), EngineError> {
        let search = Search { session: self.session, ledger: self.ledger, course };
        let mut on = search.belonging(now).await?;
        if now.rev == undo.rev && undo.intent.deed == Deed::Create {
            return Ok((None, on));
        }
        search.hanging(now, &mut on).await?;
        let (kind, origin, links) = (self.kind(undo), state.origin, Links::All);
        let made = Made { kind, after: &state.after, origin, links };
        Ok((touched(&made, now), on))
    }

    /// The kind of a record: that of its object, or the usual one when the spec lost the object.
    fn kind(&self, undo: &Undo) -> ObjectKind {
        let object = &undo.intent.key.object;
        let objects = self.session.pipeline.objects.iter();
        let kinds = objects.filter(|known| *known.name == **object).map(|known| known.kind);
        let usual = ObjectKind::ALL.into_iter().filter(|kind| kind.entity() == undo.intent.entity);
        kinds.chain(usual).next().unwrap_or(ObjectKind::Person)
    }
}
