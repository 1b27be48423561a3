//! The extracted tables on disk, so that extraction resumes at the page, memory stays flat and
//! every path or child of a row is a look-up.
//!
//! Nothing here is precious: a lost file only means that the source is read again.

mod cells;
mod error;
mod fault;
mod handle;
mod progress;
mod put;
mod read;
mod recent;
#[cfg(test)]
mod sample;
mod schema;
mod sheet;
mod store;
mod union;

pub use cells::content_hash;
pub use error::StagingError;
pub use fault::Fault;
pub use handle::StagedRows;
pub use progress::{Progress, State};
pub use put::{PutReport, StagedPage};
pub use store::{Begun, Staging};
pub use union::{Differing, StagedDifference, UnionReport};
