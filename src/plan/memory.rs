//! What the ledger knows, as far as a plan asks.

use std::collections::BTreeMap;

use serde_json::Value;

use super::decide::Known;
use crate::ground::{CrmRef, SourceKey};
use crate::ledger::LedgerError;

/// Where a record stands, and what of it is ours: path to value.
pub type Written = (CrmRef, BTreeMap<String, Value>);

/// What the ledger knows of records, asked in batches.
pub trait Memory {
    /// What is known of each of these, in order.
    fn known(&self, keys: &[SourceKey]) -> Result<Vec<Option<Known>>, LedgerError>;
    /// Where each of these stands, and the values in it that are ours, as they were written last; in
    /// order.
    fn values(&self, keys: &[SourceKey]) -> Result<Vec<Option<Written>>, LedgerError>;
    /// The records of an object that were written and about whose id `see` says no.
    fn written_without(
        &self,
        object: &str,
        see: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(SourceKey, CrmRef)>, LedgerError>;
}
