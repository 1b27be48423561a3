//! The audit of a source: what its tables hold, what is wrong in them, and how hard the move is.
//!
//! One pass over the rows of each table; memory grows with what is counted (distinct values up to a
//! cap, keys that may be doubled), never with whole rows. Nothing here asks the clock or chance:
//! the same rows make the same profile.

mod column;
mod complexity;
mod damage;
mod distinct;
mod duplicates;
mod findings;
mod lengths;
mod links;
mod owned;
mod roles;
mod survey;
mod table;

pub use column::ColumnProfile;
pub use complexity::{Complexity, Reason};
pub use damage::{Example, Spotted};
pub use duplicates::{DuplicateGroup, Duplicates};
pub use findings::{Finding, Severity};
pub use links::LinkProfile;
pub use owned::{OwnerProfile, OwnersProfile};
pub use survey::{FileProfile, FilesProfile, NamedFile, Profile, TableState, survey};
pub use table::{Remark, TableProfile};
