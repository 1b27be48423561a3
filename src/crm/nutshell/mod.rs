//! Nutshell: JSON-RPC for records, REST for custom fields, an upload where the account has one.

mod agenda;
mod answer;
mod budget;
mod circuit;
mod client;
mod custom;
mod decode;
mod health;
mod http;
mod labels;
mod lead;
mod line;
mod links;
mod lists;
mod note;
mod pace;
mod party;
mod rate;
mod retry;
mod text;
mod upload;
mod write;
mod wrong;

pub use client::Nutshell;
pub use line::Connection;
pub(super) use text::{heading_time, shown};
