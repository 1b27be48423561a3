//! Entries: a deed that was announced, and what is known of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::run::RunId;
use crate::ground::{CrmId, CrmRef, Entity, SourceKey};

/// The number of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub i64);

/// Which part of a record an entry writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    /// The fields of the first pass.
    Whole,
    /// The state that closes a lead.
    Closing,
    /// The references of the second pass.
    Late,
}

/// What an entry announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// A new record.
    Create,
    /// The blanks of a record that was there; makes it ours to edit.
    Fill,
    /// Changes to a record that was written before.
    Edit,
    /// The undo of a create.
    Delete,
    /// The undo of a fill or an edit.
    Restore,
    /// Nothing is done: a record of ours, made by a ledger that was lost, is known again.
    Adopt,
    /// The deletion of a second copy, made by a creation that was applied after it was given up.
    Sweep,
}

/// Where a record of the CRM comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was made by us: acknowledged, or found by its marker.
    Created,
    /// It was there before.
    Matched,
    /// It was made by us, in a ledger that was lost, and found by its marker.
    Adopted,
}

/// An entry to be written before its deed.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The run.
    pub run: RunId,
    /// The source record.
    pub key: SourceKey,
    /// Which part of it.
    pub aspect: Aspect,
    /// What is going to be done.
    pub deed: Deed,
    /// The kind of record in the CRM.
    pub entity: Entity,
    /// The record in the CRM, when there is one.
    pub crm: Option<CrmId>,
    /// Its revision when it was read.
    pub rev_before: Option<String>,
    /// The paths that this deed changes with their values before it; null for "was empty".
    pub before: Option<Value>,
    /// Everything that is ours in the record once the deed is done: path to value in normal form.
    /// Of a restore only the paths that are given back, null for those that were empty.
    pub after: Option<Value>,
    /// Hash of the made fields that the deed brings about.
    pub hash: String,
    /// The entry that it undoes.
    pub undoes: Option<EntryId>,
    /// Now.
    pub at: Timestamp,
}

/// What became of a deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It is done.
    Done {
        /// The record in the CRM.
        crm: CrmId,
        /// Its revision afterwards; empty after a delete.
        rev: String,
        /// How it is known: `acknowledged`, `found` or `nothing to do`.
        how: &'static str,
    },
    /// An undo is done but for what people changed meanwhile, which stays as they left it.
    Partly {
        /// The record in the CRM.
        crm: CrmId,
        /// Its revision afterwards.
        rev: String,
        /// What was left alone.
        left: String,
    },
    /// It never reached the CRM.
    NotApplied {
        /// How that is known.
        how: String,
    },
    /// The CRM said no.
    Refused {
        /// Why.
        reason: String,
    },
    /// A person changed the record meanwhile: left alone.
    Conflict {
        /// Which fields.
        detail: String,
    },
}

/// A record of the CRM that carries the marker of a source record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The source record.
    pub key: SourceKey,
    /// The record in the CRM.
    pub at: CrmRef,
    /// Its revision when it was found.
    pub rev: String,
}

/// An entry of which nobody knows what became.
#[derive(Debug, Clone)]
pub struct OpenEntry {
    /// The entry.
    pub id: EntryId,
    /// What was announced.
    pub intent: Intent,
}

/// What is known of a record.
#[derive(Debug, Clone)]
pub struct State {
    /// Where it is in the CRM.
    pub at: CrmRef,
    /// Its revision after our last write.
    pub rev: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Aspect to the hash of what was written.
    pub hashes: BTreeMap<Aspect, String>,
    /// What is ours in it: path to value in normal form.
    pub after: BTreeMap<String, Value>,
}

#[cfg(test)]
impl Intent {
    /// A deed on the record of a person, with what stood there before and what is ours after it.
    pub(crate) fn example(deed: Deed, before: Option<Value>, after: Option<Value>) -> Self {
        Self {
            run: RunId(1),
            key: SourceKey::new("people", "1"),
            aspect: Aspect::Whole,
            deed,
            entity: Entity::Contacts,
            crm: Some(7.into()),
            rev_before: None,
            before,
            after,
            hash: String::new(),
            undoes: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }
}

impl Aspect {
    const ALL: [Self; 3] = [Self::Whole, Self::Closing, Self::Late];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Closing => "closing",
            Self::Late => "late",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aspect| aspect.name() == name)
    }
}

impl Deed {
    const ALL: [Self; 7] = [
        Self::Create,
        Self::Fill,
        Self::Edit,
        Self::Delete,
        Self::Restore,
        Self::Adopt,
        Self::Sweep,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Fill => "fill",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Adopt => "adopt",
            Self::Sweep => "sweep",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.name() == name)
    }
}

impl Origin {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Matched => "matched",
            Self::Adopted => "adopted",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Created, Self::Matched, Self::Adopted]
            .into_iter()
            .find(|origin| origin.name() == name)
    }
}
