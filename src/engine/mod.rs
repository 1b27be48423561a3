//! The run: reads, maps, decides, announces, writes, confirms; and takes back.
//!
//! Decisions are made in `plan` and in `three_way`; what stands here brings the rooms together.

mod apply;
mod attach;
mod bucket;
mod bucket_keys;
mod confirm;
mod course;
mod dependants;
mod drifted;
mod edit;
mod error;
mod extract;
mod field_diff;
mod fill;
mod look;
mod marked;
mod probe;
mod profile;
mod pulse;
mod rebuild;
mod reconcile;
mod resolve;
mod rollback;
mod rows;
mod session;
mod setup;
mod stage;
mod step_back;
mod sweep;
mod taken_back;
mod theirs;
mod three_way;
mod touched;
mod verify;
mod watch;
mod way;
mod write;

pub use apply::{Applied, apply};
pub use bucket_keys::{BucketKeys, is_safe_endpoint};
pub use confirm::resolve_open;
pub use error::EngineError;
pub use extract::{Extraction, extract, staged_tables};
pub use field_diff::field_diff;
pub use profile::{Profiled, profile};
pub use rebuild::{Rebuilt, Trust, rebuild};
pub use reconcile::reconcile;
pub use rollback::{Scope, rollback};
pub use rows::{Again, began_with_rows, begin_with_rows};
pub use session::{Session, Waits};
pub use setup::{Prepared, prepare, prepare_sample, remember};
pub use sweep::{Broom, Swept, given_up, let_settle, sweep};
pub use taken_back::{Counts, Drift, Left, RollbackReport};
pub use three_way::{Alike, Patch, Values, alike, same, three_way, way_back};
pub use verify::{Online, verify};
pub use watch::{Event, Watch};
