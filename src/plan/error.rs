//! What ends the making of a plan.

use crate::ledger::LedgerError;
use crate::staging::StagingError;
use crate::transform::TransformError;

/// A fault while a run is predicted.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The extracted tables cannot be read.
    #[error(transparent)]
    Staging(#[from] StagingError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The habits of a source cannot be read.
    #[error(transparent)]
    Transform(#[from] TransformError),
    /// The user asked for an end.
    #[error("stopped")]
    Interrupted,
}
