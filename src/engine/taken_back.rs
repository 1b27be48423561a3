//! What a rollback came to, or would come to.

use std::collections::BTreeMap;

use serde::Serialize;

/// A record that was left as it is.
#[derive(Debug, Clone, Serialize)]
pub struct Left {
    /// The source record.
    pub record: String,
    /// The record of the CRM.
    pub crm: String,
    /// What people did to it.
    pub why: String,
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
