//! Plain values that every room speaks of; no input, no output, no clock.

mod compared;
mod counted;
mod diagnostic;
mod entity;
pub mod failpoint;
mod fields;
mod header;
mod inside;
mod key;
mod letters;
mod lookup;
mod outcome;
mod record;

pub use compared::compared;
pub use counted::{NAMED, counted, listed};
pub use diagnostic::{Diagnostic, Label, Place};
pub use entity::Entity;
pub use fields::{Fields, Made, User, shown};
pub use header::{Column, Header, snake_case};
pub use inside::inside;
pub use key::{CrmId, CrmRef, SourceKey};
pub use letters::turns_text;
pub use lookup::{Choices, Fate, Holders, Links, Owner, OwnerRule, Owners, Rows};
pub use outcome::{Flag, Outcome};
pub use record::{Record, is_blank};
