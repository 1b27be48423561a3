//! What a rule may ask of the world while it maps a record: read-only, answered by other rooms.

use std::sync::Arc;

use super::fields::User;
use super::record::Record;

/// The extracted tables.
pub trait Rows {
    /// The row of `table` (its name) with that key.
    fn get(&self, table: &str, key: &str) -> Option<Arc<Record>>;
    /// The rows of `table` whose `column` holds `value`, in the order in which they were read.
    fn children(&self, table: &str, column: &str, value: &str) -> Vec<Arc<Record>>;
}

/// What became, or is going to become, of a source record that somebody refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is written under this id of its object (its own, or the one that it was merged into).
    Written(Box<str>),
    /// It is in the source but is not written; the word says why (`skipped`, `flagged`).
    Left(Box<str>),
    /// The source has no such record.
    Missing,
}

/// The records that have a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holders<'a> {
    /// The ids of the first of them: enough to name some.
    pub first: &'a [Box<str>],
    /// How many there are.
    pub count: usize,
}

/// The records that other objects of the pipeline make.
pub trait Links {
    /// What becomes of the record `id` of `object`.
    fn by_id(&self, object: &str, id: &str) -> Fate;
    /// The records of `object` that the rules would write and whose `field` (`name`, or `domain` for
    /// the domain of its web address) has that value, those that the CRM keeps waiting among them;
    /// the value is compared in lower case with single spaces.
    fn by_value(&self, object: &str, field: &str, value: &str) -> Holders<'_>;
}

/// By which rule an owner was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnerRule {
    /// By e-mail.
    Matched,
    /// By an alias of the spec.
    Aliased,
    /// By nothing: the fallback of the spec owns it.
    Fallback,
}

/// The owner of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: User,
    /// The rule that found the user.
    pub rule: OwnerRule,
    /// What the source says of the owner: an e-mail, else the name or key that the owner's row has,
    /// else the cell as it stands when there is no such row, or empty.
    pub asked: Box<str>,
}

/// Who owns what: every owner resolves, because a plan without a fallback is refused.
pub trait Owners {
    /// The owner for an id in the owners' table; `None` when the cell is empty.
    fn owner(&self, id: Option<&str>) -> Owner;
}

/// The values that pick-lists of the CRM offer.
pub trait Choices {
    /// The options of a field of an object kind (`company`, `industry`); `None` when any will do.
    fn options(&self, kind: &str, field: &str) -> Option<&[Box<str>]>;
}
