//! What a rollback came to, or would come to.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::Value;

use super::attach::CONTENT;
use crate::ledger::{Settled, Undo};

/// A record that was left as it is.
#[derive(Debug, Clone, Serialize)]
pub struct Left {
    /// The source record.
    pub record: String,
    /// The record of the CRM.
    pub crm: String,
    /// What people did to it.
    pub why: String,
    /// Whether a person decided so.
    pub decided: bool,
    /// The state that it was seen in, for a decision; empty when none can be made.
    pub seen: String,
    /// The fields in question. Their values stand in the drift report only.
    #[serde(skip)]
    pub drift: Vec<Drift>,
}

impl Left {
    /// A record that is left for a reason that no decision can change.
    pub(super) fn plain(record: String, crm: String, why: String) -> Self {
        Self { record, crm, why, decided: false, seen: String::new(), drift: Vec::new() }
    }

    /// Adds what an older deed on the same record met.
    fn add(&mut self, older: Self) {
        if !self.why.contains(&older.why) {
            self.why = format!("{}; {}", self.why, older.why);
        }
        self.decided &= older.decided;
        if !older.seen.is_empty() {
            self.seen = older.seen;
        }
        for drift in older.drift {
            match self.drift.iter_mut().find(|known| known.field == drift.field) {
                Some(known) => known.before = drift.before,
                None => self.drift.push(drift),
            }
        }
    }
}

/// A field of a record that people changed.
#[derive(Debug, Clone, Serialize)]
pub struct Drift {
    /// The field.
    pub field: String,
    /// What stood there before us.
    pub before: Value,
    /// What we wrote.
    pub written: Value,
    /// What stands there now.
    pub now: Value,
}

/// What a rollback did, or would do.
#[derive(Debug, Default, Serialize)]
pub struct RollbackReport {
    /// Object to its counts.
    pub objects: BTreeMap<String, Counts>,
    /// Records that were left.
    pub left: Vec<Left>,
    /// What no API can take back: kind, entity, name.
    pub irreversible: Vec<(String, String, String)>,
    /// Where a record stands among those that were left.
    #[serde(skip)]
    places: HashMap<(String, String), usize>,
}

/// The counts of one object.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Counts {
    /// Records deleted.
    pub deleted: u64,
    /// Records whose values were put back.
    pub restored: u64,
    /// Records left because people changed them.
    pub conflicts: u64,
    /// Files that were carried: their notes are deleted, their content stays where it went.
    pub irreversible: u64,
}

/// How the undo of one deed ended.
pub(super) enum End {
    Deleted,
    Restored,
    /// Restored, but for what people changed.
    Partly(Left),
    Nothing,
    Left(Left),
}

impl End {
    /// What is noted of a deed that was done.
    pub(super) fn of(&self, settled: Settled) -> Settled {
        match (self, settled) {
            (Self::Partly(left), Settled::Done { crm, rev, .. }) => {
                Settled::Partly { crm, rev, left: left.why.clone() }
            }
            (_, settled) => settled,
        }
    }
}

impl RollbackReport {
    /// Whether records are left that nobody decided about.
    pub fn has_conflicts(&self) -> bool {
        self.left.iter().any(|left| !left.decided)
    }

    pub(super) fn note(&mut self, undo: &Undo, end: End) {
        let content = undo.intent.after.as_ref().and_then(|after| after.get(CONTENT));
        let is_carried = matches!(end, End::Deleted) && content.is_some_and(Value::is_object);
        let (deleted, restored, left) = match end {
            End::Deleted => (1, 0, None),
            End::Restored => (0, 1, None),
            End::Nothing => (0, 0, None),
            End::Partly(left) => (0, 1, Some(left)),
            End::Left(left) => (0, 0, Some(left)),
        };
        let conflict = left.is_some_and(|left| self.leave(left));
        let counts = self.objects.entry(undo.intent.key.object.to_string()).or_default();
        counts.irreversible += u64::from(is_carried);
        counts.deleted += deleted;
        counts.restored += restored;
        counts.conflicts += u64::from(conflict);
    }

    /// Notes a record that is left, once, though several of its deeds are; whether it is a conflict
    /// that was none before.
    fn leave(&mut self, left: Left) -> bool {
        let place = (left.record.clone(), left.crm.clone());
        let known = self.places.get(&place).and_then(|place| self.left.get_mut(*place));
        let Some(known) = known else {
            self.places.insert(place, self.left.len());
            let conflict = !left.decided;
            self.left.push(left);
            return conflict;
        };
        let conflict = known.decided && !left.decided;
        known.add(left);
        conflict
    }
}
