//! The write log: what was meant, what was done, what was taken back.
//!
//! An entry is down, and flushed, before the deed that it announces. What a record's state is and
//! what can be undone follows from the entries; the tables `link` and `hash` are their sum, changed
//! in the same transaction, because a run asks them for every record.

mod anchor;
mod backup;
mod ballast;
mod book;
mod chain;
mod check;
mod column;
mod entry;
mod error;
mod found;
mod invariants;
mod lock;
mod marker;
mod outcome;
mod read;
mod replay;
mod run;
mod salvage;
mod schema;
mod settle;
mod story;
mod sum;
mod undo;
mod writer;

#[cfg(test)]
mod flips;
#[cfg(test)]
mod history;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod speed;
#[cfg(test)]
mod tampered;

pub use book::{Fresh, Identity, Ledger};
pub use entry::{Aspect, Deed, EntryId, Found, Intent, OpenEntry, Origin, Settled, State};
pub use error::LedgerError;
pub use invariants::{Finding, invariants};
pub use lock::Lock;
pub use marker::{key_of as key_of_marker, tagged as key_of_tagged};
pub use outcome::Verdict;
pub use read::{Carried, Provisioned, Reader, Waiting};
pub use run::{Run, RunId, RunKind, RunState};
pub use salvage::Base;
pub use story::StoryLine;
pub use undo::{Back, Undo, Undone};
