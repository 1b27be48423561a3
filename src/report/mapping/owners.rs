//! Who owns what: the owners of the source and the users who stand for them.

use super::basis::Basis;
use super::model::{Block, Cell, Choice, Column, Kind, Section, Table, USERS, code};
use crate::ground::counted;
use crate::report::page::Tone;

/// The columns of the sheet that comes back with decisions; their names are the layout.
pub(super) const COLUMNS: [Column; 7] = [
    Column::new("Owner in the source", Kind::Text, 36),
    Column::new("User of the CRM", Kind::Text, 44),
    Column::new("Rule", Kind::Chip, 14),
    Column::new("Records", Kind::Number, 10),
    Column::new("Which records", Kind::Text, 44),
    Column::new("Why the fallback", Kind::Prose, 44),
    Column::new("Your decision", Kind::Answer, 36),
];

/// The sheet with those columns.
pub(super) const SHEET: &str = "Owners";

/// What stands for rows in which nobody is named.
pub const NOBODY: &str = "(nobody is named)";

/// The section.
pub(super) fn section(basis: &Basis<'_>) -> Section {
    let rows = basis.plan.owners.iter().map(|used| {
        let tone = if used.rule == "fallback" { Tone::Warn } else { Tone::Good };
        let owner = if used.owner.is_empty() { NOBODY } else { used.owner.as_str() };
        let answer = if used.owner.is_empty() { "" } else { USERS };
        vec![
            owner.into(),
            used.user.as_str().into(),
            Cell::toned(used.rule, tone),
            Cell::number(used.count),
            used.what().into(),
            used.why.into(),
            answer.into(),
        ]
    });
    let table = Table {
        id: "owners",
        caption: "Owners of the source",
        columns: &COLUMNS,
        filters: &[2],
        is_grouped: false,
        rows: rows.collect(),
        empty: "No field asks for an owner.",
        sheet: Some(SHEET),
    };
    let fallback = basis.pipeline.owners.fallback.as_ref().map_or_else(
        || "There is no fallback: an owner without a user refuses the run.".to_owned(),
        |email| format!("Whoever has no user gives way to {}.", code(email)),
    );
    Section {
        id: "owners",
        title: "Owners",
        introduction: format!(
            "Owners are matched to enabled users of the CRM by e-mail, then by alias. {fallback} On the sheet, a decision is the e-mail of the user who is to own the records."
        ),
        blocks: vec![Block::Table(table), Block::Text(told(basis))],
        sheet: SHEET,
    }
}

/// How many owners of the source have no user.
pub(super) fn fallen(basis: &Basis<'_>) -> u64 {
    let owners = basis.plan.owners.iter();
    owners.filter(|used| used.rule == "fallback" && !used.owner.is_empty()).count() as u64
}

fn told(basis: &Basis<'_>) -> String {
    let aliases = basis.pipeline.owners.aliases.len() as u64;
    let users = basis.inventory.users.iter().filter(|user| user.enabled).count() as u64;
    format!(
        "The account has {}; the spec names {}. Users are not created.",
        counted(users, "enabled user", "enabled users"),
        counted(aliases, "alias", "aliases"),
    )
}

/// The e-mails of the users who may own something.
pub(super) fn choice(basis: &Basis<'_>) -> Choice {
    let users = basis.inventory.users.iter().filter(|user| user.enabled);
    let mut values: Vec<_> = users.flat_map(|user| user.emails.iter().take(1).cloned()).collect();
    values.sort();
    values.dedup();
    Choice { about: USERS.to_owned(), values }
}
