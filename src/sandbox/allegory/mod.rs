//! An Allegory export: a folder of tables and files as its administrator would hand it over, with
//! everything in it that goes wrong in real ones.

mod calendar;
mod calls;
mod companies;
mod contacts;
mod deals;
mod dirt;
mod documents;
mod emails;
mod export;
mod files;
mod later;
mod layout;
mod leads;
mod links;
mod meetings;
mod notes;
mod plan;
mod related;
mod row;
mod schema;
mod sheet;
mod stamp;
mod tasks;
mod users;
mod words;
mod world;

pub use dirt::{Dirt, SHAPES, Shape, Trouble, dirt};
pub use export::{Export, ExportOptions, Written, clear, ensure, write};
pub use later::{Change, Deed, changes};
pub use layout::columns;
pub use plan::Week;
