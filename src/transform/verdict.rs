//! What the rules say about a record.

use crate::ground::{Choices, Fields, Flag, Links, OwnerRule, Owners, Rows};

/// What the rules may ask while they run.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The extracted tables.
    pub rows: &'a dyn Rows,
    /// The records of other objects.
    pub links: &'a dyn Links,
    /// Who owns what.
    pub owners: &'a dyn Owners,
    /// The pick-lists of the CRM.
    pub choices: &'a dyn Choices,
    /// The time of the run, for `now` in templates.
    pub now: jiff::Timestamp,
}

impl std::fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is written.
    Write {
        /// The fields of the first pass.
        fields: Fields,
        /// The references of the second pass.
        late: Fields,
        /// What was remarked.
        flags: Vec<Flag>,
        /// What each field took of the source, in the order of the spec.
        taken: Vec<Taken>,
    },
    /// It is left out by a rule.
    Skip {
        /// Why.
        reason: String,
        /// What was remarked until then.
        flags: Vec<Flag>,
    },
    /// It is held back.
    Hold {
        /// What was remarked; at least one says why.
        flags: Vec<Flag>,
    },
    /// The run ends here.
    Stop {
        /// Why.
        flag: Flag,
    },
}

/// What a field took of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// The source's value as text; of a template what it rendered.
    pub raw: String,
    /// The entries of its value map that were used, by position.
    pub entries: Vec<usize>,
    /// Who was asked for as its owner, and by which rule a user was found.
    pub owner: Option<(OwnerRule, Box<str>)>,
}

/// The normal form of the values that make two rows mean the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DedupeKey {
    /// All parts: rows that agree in it are one record.
    pub whole: Box<str>,
    /// The first part alone: rows that agree only in it are worth a flag.
    pub first: Box<str>,
}
