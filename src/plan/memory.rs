//! What the ledger knows, as far as a plan asks.

use super::decide::Known;
use crate::ground::{CrmRef, SourceKey};
use crate::ledger::LedgerError;

/// What the ledger knows of records, asked in batches.
pub trait Memory {
    /// What is known of each of these, in order.
    fn known(&self, keys: &[SourceKey]) -> Result<Vec<Option<Known>>, LedgerError>;
    /// The records of an object that were written and about whose id `see` says no.
    fn written_without(
        &self,
        object: &str,
        see: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(SourceKey, CrmRef)>, LedgerError>;
}
