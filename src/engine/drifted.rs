//! What people changed in a record that is taken back, and what was decided about it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::dependants::Dependants;
use super::taken_back::{Drift, Left};
use super::three_way::{Alike, Patch, Values, alike, way_back};
use super::touched::{Touched, state_of};
use crate::crm::Snapshot;
use crate::ground::CrmRef;
use crate::ledger::{Deed, EntryId, Intent, OpenEntry, Undo};
use crate::spec::{DriftDecision, DriftDecisions, DriftWay};

/// A record that is being taken back, as it stands.
pub(super) struct Seen<'a> {
    /// What is taken back.
    pub(super) undo: &'a Undo,
    /// The record; in a look as it would stand by now.
    pub(super) now: &'a Snapshot,
    /// Its fields as they were read.
    pub(super) read: &'a Values,
    /// What is done on it, in order.
    pub(super) done: &'a [OpenEntry],
}

/// A decision about a record, and whether it still holds.
struct Decided<'a> {
    decision: Option<&'a DriftDecision>,
    /// The state that the record is in, for the next decision.
    state: String,
    is_outdated: bool,
}

impl Decided<'_> {
    fn way(&self) -> Option<&DriftWay> {
        self.decision.filter(|_| !self.is_outdated).map(|decision| &decision.way)
    }

    /// What is added to a reason.
    const fn remark(&self) -> &'static str {
        if self.is_outdated { "; it changed again since the decision" } else { "" }
    }
}

impl Seen<'_> {
    /// Why a record of ours is not deleted, if it is not.
    ///
    /// What people did to it goes when somebody decided so; records of ours that stay keep it
    /// whatever was decided about it alone.
    pub(super) fn left(
        &self,
        decisions: &DriftDecisions,
        (touched, on): (Option<Touched>, &Dependants),
        ours: &Values,
    ) -> Option<Left> {
        let fields = touched.as_ref().map(|touched| touched.fields.clone()).unwrap_or_default();
        let mut whys: Vec<String> = touched.map(|touched| touched.why).into_iter().collect();
        whys.extend(on.whys());
        if whys.is_empty() {
            let decision = decisions.get(&self.undo.intent.key);
            let is_kept = decision.is_some_and(|decision| decision.way == DriftWay::Keep);
            let left = Left { decided: true, ..self.plain("kept, as was decided".to_owned()) };
            return is_kept.then_some(left);
        }
        let decided = self.decided(decisions, &on.foreign);
        if decided.way() == Some(&DriftWay::Delete) {
            if on.ours.is_empty() {
                return None;
            }
            whys.push("it goes only after them".to_owned());
        }
        let nothing = Values::new();
        let drift = fields.iter().map(|path| self.drift(path, (&nothing, ours))).collect();
        let is_settled = decided.way().is_some_and(|way| *way != DriftWay::Delete);
        let why = format!("{}{}", whys.join("; "), decided.remark());
        Some(Left { decided: is_settled, seen: decided.state, drift, ..self.plain(why) })
    }

    /// The fields that people changed since we did; those that somebody decided to have back are
    /// added to what is put back.
    pub(super) fn drifted(
        &self,
        decisions: &DriftDecisions,
        back: &mut Patch,
        (before, after): (&Values, &Values),
    ) -> Option<Left> {
        if back.kept.is_empty() {
            return None;
        }
        let decided = self.decided(decisions, &BTreeSet::new());
        if let Some(DriftWay::Restore(fields)) = decided.way() {
            let (forced, kept): (Vec<_>, Vec<_>) =
                back.kept.drain(..).partition(|path| fields.contains(path));
            back.kept = kept;
            let old = |path: &String| before.get(path).filter(|old| !old.is_null()).cloned();
            back.changes.extend(forced.into_iter().map(|path| (path.clone(), old(&path))));
        }
        if back.kept.is_empty() {
            return None;
        }
        let why = format!("{}{}", changed(&back.kept), decided.remark());
        let drift = back.kept.iter().map(|path| self.drift(path, (before, after))).collect();
        let is_settled = decided.way().is_some();
        Some(Left { decided: is_settled, seen: decided.state, drift, ..self.plain(why) })
    }

    /// A record that is left for a reason that no decision can change.
    pub(super) fn plain(&self, why: String) -> Left {
        Left::plain(self.undo.intent.key.to_string(), self.now.at.to_string(), why)
    }

    fn decided<'b>(
        &self,
        decisions: &'b DriftDecisions,
        foreign: &BTreeSet<CrmRef>,
    ) -> Decided<'b> {
        let decision = decisions.get(&self.undo.intent.key);
        let states = self.states(foreign);
        let is_outdated = decision.is_some_and(|decision| !states.contains(&decision.seen));
        let state = states.into_iter().next().unwrap_or_default();
        Decided { decision, state, is_outdated }
    }

    /// The states that the record was in since people changed it last: what it is now, and what it
    /// was before each of our own restores since.
    fn states(&self, foreign: &BTreeSet<CrmRef>) -> Vec<String> {
        let mut fields = self.read.clone();
        let mut states = vec![state_of(&fields, foreign)];
        let alike = alike(self.now.at.entity);
        for entry in self.done.iter().rev().filter(|entry| entry.intent.deed != Deed::Sweep) {
            let restore = &entry.intent;
            let is_here = restore.crm.as_ref() == Some(&self.now.at.id);
            if restore.deed != Deed::Restore || !is_here {
                break;
            }
            let Some(earlier) = rewound(self.done, restore, (fields, &alike)) else { break };
            fields = earlier;
            states.push(state_of(&fields, foreign));
        }
        states
    }

    fn drift(&self, path: &str, (before, written): (&Values, &Values)) -> Drift {
        let of = |values: &Values| values.get(path).cloned().unwrap_or(Value::Null);
        let (field, now) = (path.to_owned(), of(&self.now.fields));
        Drift { field, before: of(before), written: of(written), now }
    }
}

/// What people did, in words.
pub(super) fn changed(paths: &[String]) -> String {
    format!("people changed {}", paths.join(", "))
}

/// The fields before a restore of ours; `None` when somebody changed since what it wrote.
fn rewound(
    done: &[OpenEntry],
    restore: &Intent,
    (mut fields, alike): (Values, Alike<'_>),
) -> Option<Values> {
    let stood = values(restore.before.as_ref());
    let (deed, _) = undone(done, restore)?;
    let part = |image: Option<&Value>| -> Values {
        values(image).into_iter().filter(|(path, _)| stood.contains_key(path)).collect()
    };
    let (old, new) = (part(deed.before.as_ref()), part(deed.after.as_ref()));
    let back = way_back(&old, &new, &stood, alike);
    for (path, value) in stood {
        let put_back = back.changes.get(&path).map_or_else(|| old.get(&path), Option::as_ref);
        if !alike(&path, put_back, fields.get(&path)) {
            return None;
        }
        if value.is_null() {
            fields.remove(&path);
        } else {
            fields.insert(path, value);
        }
    }
    Some(fields)
}

/// The paths that an undo leaves to people: those that the deed changed and that neither this undo
/// nor an earlier one gave back.
pub(super) fn left_by(done: &[OpenEntry], restore: &Intent) -> Vec<String> {
    let Some((deed, given)) = undone(done, restore) else { return Vec::new() };
    let changed = values(deed.before.as_ref()).into_keys();
    changed.filter(|path| !given.contains(path)).collect()
}

/// The deed that an undo takes back, and the paths that it and the undos before it give back.
///
/// An undo of what another one left names that one instead of the deed.
pub(super) fn undone<'a>(
    done: &'a [OpenEntry],
    restore: &Intent,
) -> Option<(&'a Intent, BTreeSet<String>)> {
    let by_id = |id: EntryId| done.iter().find(|entry| entry.id == id);
    let mut given: BTreeSet<String> = values(restore.after.as_ref()).into_keys().collect();
    let mut undone = by_id(restore.undoes?)?;
    while undone.intent.deed == Deed::Restore {
        given.extend(values(undone.intent.after.as_ref()).into_keys());
        undone = by_id(undone.intent.undoes?)?;
    }
    Some((&undone.intent, given))
}

/// An image of an entry as values.
pub(super) fn values(image: Option<&Value>) -> Values {
    let entries = image.and_then(Value::as_object).into_iter().flatten();
    entries.map(|(path, value)| (path.clone(), value.clone())).collect()
}
