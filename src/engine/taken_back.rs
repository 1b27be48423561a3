//! What a rollback came to, or would come to.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::ledger::Settled;

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
    /// Effects that cannot be taken back.
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

    pub(super) fn note(&mut self, object: String, end: End) {
        let counts = self.objects.entry(object).or_default();
        match end {
            End::Deleted => counts.deleted += 1,
            End::Restored => counts.restored += 1,
            End::Nothing => {}
            End::Partly(left) => {
                counts.restored += 1;
                counts.conflicts += u64::from(!left.decided);
                self.left.push(left);
            }
            End::Left(left) => {
                counts.conflicts += u64::from(!left.decided);
                self.left.push(left);
            }
        }
    }
}
