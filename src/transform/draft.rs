//! A field as far as one row makes it.

use crate::ground::{Made, OwnerRule};

use super::remark::{Reading, Remark};

/// What a rule made of a row.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The value.
    pub(super) made: Option<Made>,
    /// The source's value as text, for flags.
    pub(super) raw: String,
    /// The entries of the value map that were used, by position.
    pub(super) entries: Vec<usize>,
    /// Who was asked for, and by which rule a user was found.
    pub(super) owner: Option<(OwnerRule, Box<str>)>,
    /// What was remarked.
    pub(super) remarks: Vec<Weighed>,
}

/// A remark with its weight.
#[derive(Debug)]
pub(super) struct Weighed {
    pub(super) weight: Weight,
    pub(super) value: String,
    pub(super) remark: Remark,
}

/// Whether a remark is only said, or whether `else` decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// A value is written, changed or from elsewhere.
    Notice,
    /// The rule cannot say a value.
    Fault,
}

impl Draft {
    pub(super) fn remark(
        &mut self,
        weight: Weight,
        code: &'static str,
        value: &str,
        detail: impl Into<String>,
    ) {
        let remark = Remark::new(code, detail);
        self.remarks.push(Weighed { weight, value: value.to_owned(), remark });
    }

    /// Takes a reading: its value, with its remark noted.
    pub(super) fn take(&mut self, value: &str, reading: Reading) -> Option<serde_json::Value> {
        let (made, weight, remark) = match reading {
            Reading::Fine(made) => return Some(made),
            Reading::Noted(made, remark) => (Some(made), Weight::Notice, remark),
            Reading::Bad(remark) => (None, Weight::Fault, remark),
        };
        self.remarks.push(Weighed { weight, value: value.to_owned(), remark });
        made
    }
}
