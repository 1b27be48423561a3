//! Readers of source tables: REST endpoints and folders or zips of CSV, JSON, JSON Lines and
//! XLSX files.
//!
//! A reader hands out pages of records whose values stand as the source gave them; only what means
//! "nothing" is null already. Typing, staging and mapping happen elsewhere. Another file format is
//! one more arm in `files.rs`.

mod account;
mod address;
mod backoff;
mod body;
mod client;
mod compare;
#[cfg(test)]
mod confinement;
mod csv_file;
mod cursor;
mod decode;
mod download;
mod envelope;
mod error;
mod exact;
mod files;
mod folder;
mod footer;
mod foreign;
mod guard;
mod headers;
mod json_file;
mod metered;
mod page;
mod pieces;
mod question;
mod reader;
mod request;
mod rest;
#[cfg(test)]
mod sample;
mod shape;
mod sniff;
mod suspect;
mod text_file;
mod xlsx_cell;
mod xlsx_file;
#[cfg(test)]
mod xlsx_sample;
mod xlsx_sheet;
mod zip_names;
#[cfg(test)]
mod zip_sample;
mod zip_unpack;

pub use backoff::Backoff;
pub use compare::{Difference, compare};
pub use cursor::Cursor;
pub use download::Downloaded;
pub use error::SourceError;
pub use headers::probe_headers;
pub use page::{Page, RowFault, TableState};
pub use reader::{Base, Options, Pacing, Reader};
pub use suspect::is_suspect;
