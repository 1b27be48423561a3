//! What people read afterwards: archives, lists of what was held, and what was done.
//!
//! Everything here is made of plain values and staged rows; it never asks the CRM.

mod archive;
mod audit;
mod drift;
mod file;
mod findings;
mod guard;
mod profile;
mod reconciliation;
mod sheet;

pub use archive::{ArchiveError, Archived, write as write_archive};
pub use audit::{AuditError, write_audit, write_differences};
pub use drift::{Drifted, write_decisions, write_drift};
pub use findings::{Difference, Findings, Found, ObjectFindings, Sort, Sums};
pub use guard::guarded;
pub use profile::write_profile;
pub use reconciliation::{
    Breached, breaches, summary as reconciliation, told as reconciliation_told,
};
