//! What a single rule has to say about a single value.

use serde_json::Value;

/// A stable word and what it means here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    /// The word.
    pub(super) code: &'static str,
    /// The sentence for a person.
    pub(super) detail: String,
}

impl Remark {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// A value read as the type of its field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    /// Understood.
    Fine(Value),
    /// Written, with something to say about it.
    Noted(Value, Remark),
    /// Not understood, left out.
    Bad(Remark),
}

impl Reading {
    pub(super) fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Bad(Remark::new(code, detail))
    }

    pub(super) fn noted(value: Value, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Noted(value, Remark::new(code, detail))
    }
}

#[cfg(test)]
impl Reading {
    /// One line for tests: the value, then the word.
    pub(super) fn line(&self) -> String {
        let plain =
            |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        match self {
            Self::Fine(value) => plain(value),
            Self::Noted(value, remark) => format!("{} [{}]", plain(value), remark.code),
            Self::Bad(remark) => format!("[{}]", remark.code),
        }
    }
}
