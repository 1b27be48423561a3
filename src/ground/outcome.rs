//! What became of a record, and what was remarked on the way.

use std::fmt;

/// What became of a record: exactly one of these, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Written as a new record.
    Created,
    /// Written into a record that was there.
    Updated,
    /// There already, nothing to write.
    Unchanged,
    /// Joined with another source record, which stands for both.
    Merged,
    /// Left out by a rule of the spec, with its reason.
    Skipped,
    /// Held back because of a fault in the data.
    Flagged,
    /// Refused by the CRM.
    Failed,
}

impl Outcome {
    /// All outcomes, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Updated,
        Self::Unchanged,
        Self::Merged,
        Self::Skipped,
        Self::Flagged,
        Self::Failed,
    ];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Merged => "merged",
            Self::Skipped => "skipped",
            Self::Flagged => "flagged",
            Self::Failed => "failed",
        }
    }

    /// The outcome of that word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A remark on a record: which rule, which column, which value, what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Flag {
    /// A stable word such as `bad_phone`, `owner_fallback`, `truncated`.
    pub code: Box<str>,
    /// The destination field.
    pub field: Box<str>,
    /// The source column or columns.
    pub column: Box<str>,
    /// The value as it stood, cut to 200 characters.
    pub value: Box<str>,
    /// What is wrong and what was done, for a person.
    pub detail: Box<str>,
}

impl Flag {
    /// How many characters of a value a flag keeps.
    const VALUE_CHARS_MAX: usize = 200;

    /// A flag; the value is cut to its first 200 characters.
    pub fn new(code: &str, field: &str, column: &str, value: &str, detail: &str) -> Self {
        let value: String = value.chars().take(Self::VALUE_CHARS_MAX).collect();
        Self {
            code: code.into(),
            field: field.into(),
            column: column.into(),
            value: value.into(),
            detail: detail.into(),
        }
    }
}
