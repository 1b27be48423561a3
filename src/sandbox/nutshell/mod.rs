//! A local Nutshell: its JSON-RPC, the part of its REST API that a migration needs, and its state in `SQLite`.
//!
//! It does what is documented or was recorded from the live service. Where that is unknown it had to choose:
//! keys it does not know are ignored; a record in the bin answers 404; a lead is created open or not at all;
//! lists of short forms have no largest page; `Text` fields hold 255 characters and `LongText` fields 65,535
//! bytes; foreign numbers without `+` stay as given. Its own invention are the upload of files
//! (`PUT upload/{blake3}`, shown on a note by `files`) and everything below `sandbox/`, which shows what was
//! done to it.

mod agenda;
mod auth;
mod custom;
mod effort;
mod fault;
mod find;
mod inspect;
mod kind;
mod lists;
mod methods;
mod normal;
pub(crate) mod person;
mod notes;
mod leads;
mod render;
mod rest;
mod rpc;
mod search;
mod seed;
mod store;
mod upload;
mod wire;
mod work;
mod written;

pub(crate) use seed::plant;
pub(crate) use store::Store;
pub(crate) use wire::routes;
