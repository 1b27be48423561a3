//! The files of an audit: JSON for programs, Markdown for people; both readable by their owner
//! only, because they hold values of the data.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use super::file::Draft;
use super::markdown::cell;
use crate::ground::counted;
use crate::plan::{ColumnProfile, Finding, Profile, Severity, TableProfile, TableState};

/// How many values of a column the document shows.
const VALUES_SHOWN: usize = 5;

/// How many characters of a value the document shows.
const VALUE_CHARS_MAX: usize = 40;

/// Writes an audit into these two files.
///
/// # Errors
/// A file cannot be written.
pub fn write_profile(profile: &Profile, json: &Path, markdown: &Path) -> io::Result<()> {
    let mut file = Draft::begin(json)?;
    serde_json::to_writer_pretty(&mut file, profile)?;
    file.write_all(b"\n")?;
    file.finish()?;
    let mut file = Draft::begin(markdown)?;
    file.write_all(document(profile).as_bytes())?;
    file.finish()
}

fn document(profile: &Profile) -> String {
    let mut text = format!("# What the source of `{}` holds\n\n", profile.pipeline);
    let complexity = &profile.complexity;
    writeln!(text, "Complexity: **{}** ({} points).\n", complexity.grade, complexity.points)
        .unwrap_or_default();
    for reason in &complexity.reasons {
        writeln!(text, "* {} (+{}): {}", reason.about, reason.points, cell(&reason.why))
            .unwrap_or_default();
    }
    for why in &profile.left_out {
        writeln!(text, "* left out: {}", cell(why)).unwrap_or_default();
    }
    text.push_str("\n## Findings\n");
    for (severity, title) in [
        (Severity::Grave, "Grave: records or values would be lost or wrong"),
        (Severity::Look, "To be looked at: somebody has to decide"),
        (Severity::Note, "Good to know"),
    ] {
        findings(&mut text, title, profile.findings.iter().filter(|one| one.severity == severity));
    }
    owners(&mut text, profile);
    for table in &profile.tables {
        one_table(&mut text, table);
    }
    text
}

fn findings<'f>(text: &mut String, title: &str, found: impl Iterator<Item = &'f Finding>) {
    let rows: Vec<_> = found
        .map(|one| {
            let examples: Vec<_> = one
                .examples
                .iter()
                .map(|example| format!("{}: {}", cell(&example.key), value(&example.value)))
                .collect();
            let place = [&*one.table, &*one.column];
            let place = place.iter().filter(|part| !part.is_empty()).copied();
            [
                one.code.clone(),
                cell(&place.collect::<Vec<_>>().join(".")),
                one.count.to_string(),
                cell(&one.message),
                cell(&one.advice),
                examples.join("<br>"),
            ]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    writeln!(text, "\n### {title}\n").unwrap_or_default();
    table(text, ["code", "where", "how many", "what", "what to do", "examples"], &rows);
}

fn owners(text: &mut String, profile: &Profile) {
    if profile.owners.owners.is_empty() {
        return;
    }
    text.push_str("\n## Owners\n\n");
    let rows: Vec<_> = profile
        .owners
        .owners
        .iter()
        .map(|owner| [cell(&owner.owner), owner.rule.to_owned(), owner.rows.to_string()])
        .collect();
    table(text, ["owner", "in the CRM", "rows"], &rows);
}

fn one_table(text: &mut String, profile: &TableProfile) {
    let state = match &profile.state {
        TableState::Read => counted(profile.rows, "row", "rows"),
        TableState::NotLicensed { status } => format!("not licensed (HTTP {status})"),
        TableState::Missing { file } => format!("missing: {}", cell(file)),
    };
    writeln!(text, "\n## {} ({state})\n", profile.table).unwrap_or_default();
    let filled = profile.columns.iter().filter(|column| column.filled > 0);
    let rows: Vec<_> = filled.map(row).collect();
    let head =
        ["column", "field", "filled", "distinct", "type", "length", "range", "frequent", "remarks"];
    if !rows.is_empty() {
        table(text, head, &rows);
    }
    let empty: Vec<_> = profile.columns.iter().filter(|column| column.filled == 0).collect();
    if !empty.is_empty() {
        let names: Vec<_> = empty.iter().map(|column| cell(&column.column)).collect();
        writeln!(text, "\nEmpty everywhere: {}", names.join(", ")).unwrap_or_default();
    }
    for link in &profile.links {
        writeln!(
            text,
            "\nLink `{}` to `{}`: {}, {} of rows that are not there, {}",
            link.column,
            link.to,
            counted(link.filled, "key", "keys"),
            link.missing.count,
            counted(link.circles, "circle", "circles")
        )
        .unwrap_or_default();
    }
}

fn row(column: &ColumnProfile) -> [String; 9] {
    let top = column.top.iter().take(VALUES_SHOWN);
    let top: Vec<_> = top.map(|one| format!("{} ×{}", value(&one.value), one.count)).collect();
    let about = if column.distinct_exact { "" } else { "≈" };
    let range = match (&column.min, &column.max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        _ => String::new(),
    };
    let spotted: Vec<_> =
        column.spotted.iter().map(|(code, spotted)| format!("{code} {}", spotted.count)).collect();
    let length = column.length;
    [
        cell(&column.column),
        cell(column.field.as_deref().unwrap_or_default()),
        format!("{} ({:.1} %)", column.filled, column.fill_rate * 100.0),
        format!("{about}{}", column.distinct),
        format!("{} ({:.1} %)", column.kind, column.type_share * 100.0),
        format!("{} / {} / {}", length.min, length.median, length.max),
        range,
        top.join("<br>"),
        spotted.join(", "),
    ]
}

fn table<const N: usize>(text: &mut String, head: [&str; N], rows: &[[String; N]]) {
    writeln!(text, "| {} |\n|{}", head.join(" | "), " --- |".repeat(N)).unwrap_or_default();
    for row in rows {
        writeln!(text, "| {} |", row.join(" | ")).unwrap_or_default();
    }
}

/// A value as a cell of the document shows it.
fn value(text: &str) -> String {
    let cut: String = text.chars().take(VALUE_CHARS_MAX).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{more}", cell(&cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_cell_or_become_markup() {
        assert_eq!(value("a|b\n<img src=x>"), "a\\|b &lt;img src=x>");
        assert_eq!(value("\u{1b}[2J"), "\u{fffd}\\[2J");
        assert_eq!(value(&"x".repeat(50)), format!("{}…", "x".repeat(40)));
    }
}
