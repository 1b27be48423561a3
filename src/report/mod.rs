//! What people read afterwards: archives, lists of what was held, and what was done.
//!
//! Everything here is made of plain values and staged rows; it never asks the CRM.

mod archive;
mod audit;
mod audit_page;
mod columns;
mod drift;
mod field_diff;
mod file;
mod findings;
mod guard;
mod inventory_lists;
pub mod mapping;
mod markdown;
mod outcomes;
pub mod page;
mod plan_lists;
mod plan_page;
mod profile;
mod profile_lists;
mod profile_page;
mod reconciliation;
mod reconciliation_fields;
mod reconciliation_page;
mod sample_page;
mod sheet;

pub use archive::{ArchiveError, Archived, write as write_archive};
pub use audit::{AuditError, audit_list, write_audit, write_differences};
pub use audit_page::{Audited, write_audit_page};
pub use drift::{Drifted, write_decisions, write_drift, write_drift_sheet};
pub use field_diff::{FieldDiff, FieldState, sort_diff, write_field_diff};
pub use file::write_text;
pub use findings::{DIFFERENCES, Difference, Fill, Findings, Found, ObjectFindings, Sort, Sums};
pub use guard::guarded;
pub use mapping::{NOBODY, rule_text};
pub use plan_page::{Planned, write_plan_page};
pub use profile::write_profile;
pub use profile_page::write_profile_page;
pub use reconciliation::{
    Breached, breaches, summary as reconciliation, told as reconciliation_told,
};
pub use reconciliation_page::{Extent, Reconciled, write_reconciliation_page};
pub use sample_page::{Sampled, write_sample_page};
