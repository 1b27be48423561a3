//! The one seam to the destination: what the engine may ask of a CRM, and Nutshell behind it.

mod compare;
mod error;
mod inventory;
mod normal;
mod nutshell;
mod payload;
mod records;

use std::future::Future;

use serde_json::Value;

use crate::ground::{CrmId, CrmRef, Entity};
use crate::spec::ObjectKind;

pub use compare::{differences, expected, same, shown_at};
pub use error::CrmError;
pub use inventory::{
    CrmUser, CustomField, Inventory, Listed, NewField, Outcome, SalesPipeline, Stage,
};
pub use normal::normal;
pub use nutshell::{Connection, Nutshell};
pub use payload::check;
pub use records::{MARKER_FIELD, NewRecord, Patch, Snapshot, Upload, Values, Written};

/// How the writing calls are paced.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pressure {
    /// Calls a second that are kept to; `None`: no limit is known.
    pub per_second: Option<f64>,
    /// How often calls came too soon and the rate was lowered.
    pub backed_off: u64,
}

/// A CRM that records are moved into.
///
/// Everything that is certainly not applied (a connection that never came about, a call that was
/// throttled) is tried again inside, a bounded number of times; a read is tried again whatever
/// happened. A write whose fate nobody knows comes back as [`CrmError::Silent`] and is never
/// repeated here.
pub trait Crm: Send + Sync {
    /// The account: users, lists, custom fields, the newest ids. Asked anew on every call.
    fn inventory(&self) -> impl Future<Output = Result<Inventory, CrmError>> + Send;

    /// The record as it stands; `None` when it is gone or deleted.
    fn get(&self, at: &CrmRef) -> impl Future<Output = Result<Option<Snapshot>, CrmError>> + Send;

    /// A page (from 1) of whole records by ascending id; an empty page is the end.
    fn list(
        &self,
        entity: Entity,
        page: usize,
    ) -> impl Future<Output = Result<Vec<Snapshot>, CrmError>> + Send;

    /// A page (from 1) of whole records by descending id; an empty page is the end.
    fn newest(
        &self,
        entity: Entity,
        page: usize,
    ) -> impl Future<Output = Result<Vec<Snapshot>, CrmError>> + Send;

    /// All notes, activities or tasks (`entity`) on a record.
    fn on_record(
        &self,
        parent: &CrmRef,
        entity: Entity,
    ) -> impl Future<Output = Result<Vec<Snapshot>, CrmError>> + Send;

    /// Creates a record; what [`deferred`](Self::deferred) names is left out.
    fn create(&self, new: NewRecord<'_>) -> impl Future<Output = Result<Written, CrmError>> + Send;

    /// Changes a record that stands as `now`; refused as a conflict when it has moved on.
    ///
    /// Lists and label maps are rebuilt whole from `now` and the patch.
    fn edit(
        &self,
        now: &Snapshot,
        patch: &Patch,
    ) -> impl Future<Output = Result<Written, CrmError>> + Send;

    /// Deletes a record.
    fn delete(&self, at: &CrmRef, rev: &str) -> impl Future<Output = Result<(), CrmError>> + Send;

    /// Makes sure that a custom field is there; whether it had to be created.
    fn provision_field(
        &self,
        field: &NewField,
    ) -> impl Future<Output = Result<bool, CrmError>> + Send;

    /// Makes sure that a tag is there; whether it had to be created.
    fn provision_tag(
        &self,
        entity: Entity,
        name: &str,
    ) -> impl Future<Output = Result<bool, CrmError>> + Send;

    /// Makes sure that a source of leads is there; its id.
    fn provision_source(&self, name: &str) -> impl Future<Output = Result<CrmId, CrmError>> + Send;

    /// Sends a file; the reference that goes into the field `file`. Sending it twice is the same
    /// as once.
    fn upload(&self, file: &Upload<'_>) -> impl Future<Output = Result<Value, CrmError>> + Send;

    /// How the writing calls are paced by now.
    fn pressure(&self) -> Pressure {
        Pressure::default()
    }

    /// Whether the field can be written at all.
    fn supports(&self, kind: ObjectKind, path: &str) -> bool;

    /// The part of the fields that a create cannot carry and an edit right after it can.
    fn deferred(&self, kind: ObjectKind, fields: &Values) -> Patch;
}
