//! The look of what becomes of a column: the same on the page of a plan and in the mapping document.

use super::page::Tone;
use crate::plan::{Disposed, Disposition};

/// The tone of a column's status. What somebody decided to leave out is no warning.
pub(super) const fn tone(column: &Disposition) -> Tone {
    match (column.way, column.rows) {
        (Disposed::Mapped, _) => Tone::Good,
        (Disposed::Unmapped, 1..) => Tone::Bad,
        (Disposed::NotLookedUp, 1..) => Tone::Warn,
        (
            Disposed::Key
            | Disposed::Link
            | Disposed::Rule
            | Disposed::Archived
            | Disposed::Ignored
            | Disposed::NotLookedUp
            | Disposed::Unmapped,
            _,
        ) => Tone::Plain,
    }
}
