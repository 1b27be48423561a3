//! What people read afterwards: archives, lists of what was held, and what was done.
//!
//! Everything here is made of plain values and staged rows; it never asks the CRM.

mod archive;
mod audit;
mod file;
mod guard;

pub use archive::{ArchiveError, Archived, write as write_archive};
pub use audit::{AuditError, write_audit, write_differences};
pub use guard::guarded;
