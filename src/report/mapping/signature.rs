//! Where the customer signs.

use super::basis::Basis;
use super::model::{Block, Cell, Column, Kind, Section, Table, code};

const COLUMNS: [Column; 5] = [
    Column::new("For", Kind::Text, 22),
    Column::new("Name", Kind::Text, 34),
    Column::new("Role", Kind::Text, 26),
    Column::new("Date", Kind::Text, 18),
    Column::new("Signature", Kind::Text, 44),
];

/// The section.
pub(super) fn section(basis: &Basis<'_>) -> Section {
    let line = |who: &str| -> Vec<Cell> {
        let mut row: Vec<Cell> = vec![who.into()];
        row.extend((1..COLUMNS.len()).map(|_| Cell::from("\u{a0}\n\u{a0}")));
        row
    };
    let table = Table {
        id: "signatures",
        caption: "Approved by",
        columns: &COLUMNS,
        filters: &[],
        is_grouped: false,
        rows: vec![line("The customer"), line("Who migrates")],
        empty: "",
        sheet: None,
    };
    let version = format!(
        "This approves the mapping of {} in version {}. A change of the spec, its maps or its templates makes another version, which is approved anew.",
        code(&basis.pipeline.name),
        code(&basis.version())
    );
    let whole = format!("The whole fingerprint: {}", code(&basis.pipeline.fingerprint));
    Section {
        id: "signature",
        title: "Sign-off",
        introduction: version,
        blocks: vec![Block::Table(table), Block::Text(whole)],
        sheet: "Sign-off",
    }
}
