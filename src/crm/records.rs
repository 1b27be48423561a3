//! What goes to the CRM and comes back from it: records as they are written and as they stand.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use crate::ground::{CrmId, CrmRef};
use crate::spec::ObjectKind;

/// The custom field of people, companies and leads that holds the marker.
pub const MARKER_FIELD: &str = "Flitpipe_Key__c";

/// Destination path to value.
///
/// Links are `Contacts:7` (or a list of them), users `Users:3`, times RFC 9557 text or UTC, money
/// `{"currency": "USD", "amount": "12.50"}`. What is empty is absent.
pub type Values = BTreeMap<String, Value>;

/// Destination path to its new value; `None` clears it.
pub type Patch = BTreeMap<String, Option<Value>>;

/// A record as it stands in the CRM.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Where it stands.
    pub at: CrmRef,
    /// Its revision: an edit names the one it was based on.
    pub rev: String,
    /// When it was created.
    pub created: Timestamp,
    /// Whether it is in the bin.
    pub deleted: bool,
    /// The marker that a create left on it.
    pub marker: Option<String>,
    /// Who created it (`Users:3`).
    pub creator: Option<String>,
    /// Its fields in the words of the specs, in normal form, without the marker.
    pub fields: Values,
    /// The record as the CRM rendered it.
    pub raw: Value,
}

#[cfg(test)]
impl Snapshot {
    /// A live record of nobody in particular, at its first revision.
    pub(crate) fn example(at: CrmRef, fields: Values) -> Self {
        Self {
            at,
            rev: "1".into(),
            created: Timestamp::UNIX_EPOCH,
            deleted: false,
            marker: None,
            creator: None,
            fields,
            raw: Value::Null,
        }
    }
}

/// A record to be created.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord<'a> {
    /// What it is.
    pub kind: ObjectKind,
    /// Its fields, links and users resolved. A file's content is `file` (the reference of an
    /// upload) or `link` (an address); the name for the first line of a note is `author_name`.
    pub fields: &'a Values,
    /// The text by which the record is found again: `people:123 k7f3q2m9`.
    pub marker: &'a str,
    /// The e-mail of the user in whose name it is created.
    pub author: Option<&'a str>,
}

/// A record was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub id: CrmId,
    /// Its revision after the write.
    pub rev: String,
}

/// A file to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// Its name in the CRM.
    pub name: &'a str,
    /// Its media type.
    pub mime: &'a str,
    /// BLAKE3 of its content, in hex.
    pub hash: &'a str,
    /// Where it lies; read as a stream, anew on every attempt.
    pub path: &'a Path,
    /// Its length in bytes.
    pub length: u64,
}
