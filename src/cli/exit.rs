//! The exit codes: one table, one classifier.

use crate::crm::CrmError;
use crate::engine::EngineError;
use crate::plan::PlanError;

/// How a command ended; the worst of several counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// Done.
    Done,
    /// Finished, but records failed or are held.
    Held,
    /// A rollback left records that people changed.
    Conflicts,
    /// A gate refused.
    Gate,
    /// Stopped at a checkpoint, by Ctrl-C.
    Interrupted,
    /// Stopped at a checkpoint, by the system.
    Terminated,
    /// The world is unwilling.
    Unwilling,
    /// The spec or the arguments are wrong.
    Spec,
    /// A fault of our own.
    Fault,
}

impl Exit {
    /// The number that the shell sees.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Fault => 1,
            Self::Spec => 2,
            Self::Unwilling => 3,
            Self::Held => 4,
            Self::Gate => 5,
            Self::Conflicts => 6,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What an error of the engine means for the shell.
    pub(super) fn of(error: &EngineError) -> Self {
        match error {
            EngineError::Source(error) if error.is_unwilling() => Self::Unwilling,
            EngineError::Source(_)
            | EngineError::Transform(_)
            | EngineError::Plan(PlanError::Transform(_)) => Self::Spec,
            EngineError::Stopped { .. } => Self::Gate,
            EngineError::Ledger(error) if error.is_doubt() => Self::Gate,
            EngineError::Crm(CrmError::Misconfigured { .. } | CrmError::Unsupported { .. }) => {
                Self::Spec
            }
            EngineError::Crm(
                CrmError::NotSent { .. }
                | CrmError::Refused { .. }
                | CrmError::Conflict { .. }
                | CrmError::Throttled { .. }
                | CrmError::Silent { .. }
                | CrmError::Unauthorized { .. },
            )
            | EngineError::Ledger(_)
            | EngineError::Staging(_)
            | EngineError::Archive(_)
            | EngineError::Audit(_)
            | EngineError::Plan(_)
            | EngineError::Unanswered { .. }
            | EngineError::Output { .. } => Self::Unwilling,
            EngineError::Interrupted => Self::Interrupted,
        }
    }
}
