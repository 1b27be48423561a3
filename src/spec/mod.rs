//! From YAML text to a checked [`Pipeline`], or every fault of the text at once.
//!
//! The only room that knows the typed form. What was typed and what is run are different types:
//! a `Pipeline` has its defaults filled in, its names looked up and its variables put in.

mod archive;
mod circles;
mod closing;
mod column_path;
mod columns;
mod copy_to;
mod decisions;
mod desk;
mod destination;
mod endpoint;
#[cfg(test)]
pub(crate) mod example;
#[cfg(test)]
mod fault_pictures;
#[cfg(test)]
mod faults;
mod field;
mod fingerprint;
mod json_schema;
mod kind_schema;
mod loops;
mod measure;
mod mentions;
mod names;
mod nearest;
mod object;
mod picture;
mod pipeline;
mod project_file;
mod read;
mod reference;
mod rule;
mod scan;
mod secret;
mod source;
mod spot;
mod syntax;
mod table;
#[cfg(test)]
mod table_faults;
mod target_value;
mod typed;
mod uses;
mod value_map;
mod variables;
mod yaml;

pub use columns::{KnownColumns, check_columns, children_of, columns_of, named_columns};
pub use decisions::{
    DriftDecision, DriftDecisions, DriftWay, Maker, WrittenBefore, read_decisions,
};
pub use json_schema::json_schema;
pub use kind_schema::{FieldSchema, KindSchema, PayloadFault, kind_schema};
pub use names::{Syntax, variables_of};
pub use nearest::nearest as nearest_word;
pub use picture::{Paint, picture};
pub use pipeline::{
    Access, Archive, ArchiveFormat, Auth, Breach, Cell, Child, ColumnPath, CopyTo, CustomType,
    Dedupe, Delta, Destination, Direction, Each, Else, Endpoint, Expand, Expr, Field, FilesRoot,
    From, Ignore, Kind, Limit, LinkStep, MapTarget, Match, Object, ObjectKind, Oversize, Owners,
    Pace, Paging, Pipeline, PlanLimits, Provision, Reconcile, Reference, Rule, Sample, Shape, Skip,
    Source, Table, TableLink, Target, Template, Try, ValueMap,
};
pub use read::{Reading, read};
pub use uses::{ColumnUse, ColumnUses, field_columns};
