//! flitpipe moves a company's CRM into another one, described by a YAML file.
//!
//! The rooms stand here in the order of a record's journey; a room imports only rooms below it,
//! and the five on the corridor (`source` to `ledger`) never import one another. `tests/it/tidy.rs`
//! holds this plan.

pub mod cli;
pub mod sandbox;
pub mod engine;
pub mod report;
pub mod plan;
// the corridor
pub mod source;
pub mod staging;
pub mod transform;
pub mod crm;
pub mod ledger;
// below the corridor
pub mod spec;
pub mod ground;
