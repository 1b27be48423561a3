//! Faults of a spec: what, where, and what now.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A place in a text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user named it.
    pub file: Arc<PathBuf>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The bytes of the file that are meant.
    pub bytes: Range<usize>,
}

/// A place with something to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub place: Place,
    /// What is said there; empty for the fault's own place.
    pub text: String,
}

/// One fault, with a stable code, its place, further places and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable word such as `unknown-key`.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where; `None` only when the file itself cannot be read.
    pub place: Option<Place>,
    /// Other places that belong to it, such as the definition behind an alias.
    pub others: Vec<Label>,
    /// What to do about it: a sentence or a proposal.
    pub hint: Option<String>,
}
