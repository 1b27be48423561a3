//! Where something stands: its place and, behind an alias or a merge, the place of its definition.

use crate::ground::{Diagnostic, Label, Place};

/// A place of use with its place of definition.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) place: Place,
    /// Only where it differs from the place of use.
    pub(super) defined: Option<Place>,
}

impl Spot {
    /// A fault at this spot; one behind an alias or a merge shows the definition as well.
    pub(super) fn fault(&self, code: &'static str, message: String) -> Diagnostic {
        let defined = self.defined.iter();
        Diagnostic {
            code,
            message,
            place: Some(self.place.clone()),
            others: defined
                .map(|place| Label { place: place.clone(), text: "defined here".into() })
                .collect(),
            hint: None,
        }
    }

    /// A remark on this spot for a fault elsewhere.
    pub(super) fn label(&self, text: &str) -> Label {
        Label { place: self.defined.as_ref().unwrap_or(&self.place).clone(), text: text.into() }
    }
}
