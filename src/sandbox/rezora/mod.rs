//! A local Rezora: two APIs over one generated brokerage.

mod activity;
mod agents;
mod campaigns;
mod companies;
mod contacts;
mod content;
mod files;
mod groups;
mod mess;
mod notes;
mod table;
mod throws;
mod wire;
mod world;

pub use table::columns;
pub(crate) use wire::{BEARER, current, legacy};
pub(crate) use world::{World, today};
