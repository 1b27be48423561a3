//! What ends a run.

use crate::crm::CrmError;
use crate::ledger::LedgerError;
use crate::source::SourceError;
use crate::staging::StagingError;
use crate::transform::TransformError;

/// A fault that ends a run; nothing is lost, and what was done stands in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Staging.
    #[error(transparent)]
    Staging(#[from] StagingError),
    /// The rules.
    #[error(transparent)]
    Transform(#[from] TransformError),
    /// The CRM.
    #[error(transparent)]
    Crm(#[from] CrmError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A rule with `else: stop` met a value that it has no answer to.
    #[error(
        "{object} {key}: `{field}` has no answer to `{value}` of `{column}`, and its rule says `else: stop`"
    )]
    Stopped {
        /// The object.
        object: String,
        /// The row's key.
        key: String,
        /// The destination field.
        field: String,
        /// The column.
        column: String,
        /// The value.
        value: String,
    },
    /// A file of the output cannot be written.
    #[error("`{}` cannot be written", file.display())]
    Output {
        /// The file.
        file: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An archive.
    #[error(transparent)]
    Archive(#[from] crate::report::ArchiveError),
    /// A list of remarks.
    #[error(transparent)]
    Audit(#[from] crate::report::AuditError),
    /// The prediction.
    #[error(transparent)]
    Plan(#[from] crate::plan::PlanError),
    /// The CRM takes writes and does not answer.
    #[error(
        "{stage}: no write is answered any more; what became of the last {open} was looked up, and nothing is in doubt"
    )]
    Unanswered {
        /// The stage.
        stage: String,
        /// Writes of the last round without an answer.
        open: usize,
    },
    /// The user asked for an end.
    #[error("stopped at a checkpoint")]
    Interrupted,
}
