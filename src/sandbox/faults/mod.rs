//! Misbehaviour on purpose: what a real host does on its bad days, one word each, off unless a rule
//! asks for it. The rules are switched at `sandbox/faults`, or given to the sandbox when it starts.

mod answers;
mod call;
mod class;
mod control;
mod cord;
mod layer;
mod memory;
mod rules;
mod slow;

pub use rules::Rule;

pub(crate) use class::Deed;
pub(crate) use control::routes;
pub(crate) use cord::{Cord, Tied};
pub(crate) use layer::{Stage, play};
pub(crate) use rules::{Faults, read};
