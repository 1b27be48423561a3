//! The mapping document, which the customer signs before anything moves: Markdown, HTML and XLSX
//! of one model, and the way back for decisions that were written into its sheets.
//!
//! No clock and no port of this machine comes into the bytes: the same plan makes the same files,
//! so that a new version can be compared with the one that was signed.

mod basis;
mod creation;
mod decide;
mod fields;
mod html;
mod limits;
mod markdown;
mod merge;
mod model;
mod objects;
mod overview;
mod owners;
mod remarks;
mod returned;
mod rule;
mod sheets;
mod signature;
mod values;
mod words;
mod write;
mod xlsx;

pub use basis::Basis;
pub use decide::{Decided, decide};
pub use merge::{diff, merged, replace};
pub use model::Document;
pub use owners::NOBODY;
pub use returned::{Answer, Fault, Spot, read_answers};
pub use rule::rule_text;
pub(super) use values::NOTHING;
pub use write::write;
