//! An audit as people read it on the terminal: counts and shapes, no values of the data.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use super::terminal::Terminal;
use crate::ground::counted;
use crate::plan::{ColumnProfile, Finding, Profile, Severity, TableProfile, TableState};

/// How many places are named for one finding.
const PLACES: usize = 8;

/// The audit.
pub(super) fn shown(terminal: &Terminal, profile: &Profile) -> String {
    let mut text = String::new();
    for table in &profile.tables {
        one_table(&mut text, terminal, table);
    }
    for (severity, title) in [
        (Severity::Grave, "grave: records or values would be lost or wrong"),
        (Severity::Look, "to be looked at: somebody has to decide"),
        (Severity::Note, "good to know"),
    ] {
        let own: Vec<_> = profile.findings.iter().filter(|one| one.severity == severity).collect();
        if !own.is_empty() {
            let title = if severity == Severity::Grave {
                terminal.warn(title)
            } else {
                terminal.good(title)
            };
            writeln!(text, "{title}").unwrap_or_default();
            findings(&mut text, terminal, &own);
            text.push('\n');
        }
    }
    files(&mut text, profile);
    let complexity = &profile.complexity;
    writeln!(text, "complexity: {} ({} points)", complexity.grade, complexity.points)
        .unwrap_or_default();
    for reason in &complexity.reasons {
        writeln!(text, "  {} +{}: {}", reason.about, reason.points, reason.why).unwrap_or_default();
    }
    text.trim_end().to_owned()
}

fn one_table(text: &mut String, terminal: &Terminal, profile: &TableProfile) {
    let state = match &profile.state {
        TableState::Read => counted(profile.rows, "row", "rows"),
        TableState::NotLicensed { status } => format!("not licensed (HTTP {status})"),
        TableState::Missing { .. } => "missing".to_owned(),
    };
    let title = terminal.good(&profile.table);
    writeln!(text, "{title}: {state}, key {}", profile.key.join(" + ")).unwrap_or_default();
    let (filled, empty): (Vec<_>, Vec<_>) =
        profile.columns.iter().partition(|column| column.filled > 0);
    if !filled.is_empty() {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(["column", "filled", "distinct", "type", "longest", "remarks"]);
        for column in filled {
            table.add_row(row(profile, column));
        }
        for position in [1, 2, 4] {
            if let Some(column) = table.column_mut(position) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(text, "{table}").unwrap_or_default();
    }
    if !empty.is_empty() {
        let names: Vec<_> = empty.iter().map(|column| column.column.as_str()).collect();
        let line = format!(" empty everywhere: {}", names.join(", "));
        writeln!(text, "{}", terminal.dim(&line)).unwrap_or_default();
    }
    text.push('\n');
}

fn row(table: &TableProfile, column: &ColumnProfile) -> [String; 6] {
    let about = if column.distinct_exact { "" } else { "≈" };
    let odd = if column.type_share < 1.0 {
        format!(" {}%", percent(column.type_share))
    } else {
        String::new()
    };
    [
        column.column.clone(),
        format!("{}%", percent(column.fill_rate)),
        format!("{about}{}", column.distinct),
        format!("{}{odd}", column.kind),
        column.length.max.to_string(),
        remarks(table, column),
    ]
}

/// Per cent that is 100 only when nothing is missing, and 0 only when nothing is there.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if share > 0.0 && percent < 1.0 {
        return "<1".to_owned();
    }
    format!("{:.0}", if share < 1.0 { percent.min(99.0) } else { percent })
}

fn remarks(table: &TableProfile, column: &ColumnProfile) -> String {
    let mut remarks = Vec::new();
    if column.unique == Some(true) && column.filled == table.rows && table.rows > 1 {
        remarks.push("unique".to_owned());
    }
    if table.moved && !column.named {
        remarks.push("not mapped".to_owned());
    }
    let spotted = column.spotted.iter().map(|(code, spotted)| format!("{code} {}", spotted.count));
    remarks.extend(spotted);
    remarks.join(", ")
}

/// Findings of one kind under one heading, with where they are and what to do.
fn findings(text: &mut String, terminal: &Terminal, found: &[&Finding]) {
    let mut kinds: Vec<&str> = Vec::new();
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in found {
        if !groups.contains_key(&*finding.code) {
            kinds.push(&finding.code);
        }
        groups.entry(&finding.code).or_default().push(finding);
    }
    for group in kinds.into_iter().filter_map(|kind| groups.get(kind)) {
        let Some(first) = group.first() else { continue };
        let is_one_message = group.iter().all(|one| one.message == first.message);
        let heading = if is_one_message { first.message.as_str() } else { "" };
        writeln!(text, "  {}: {heading}", first.code).unwrap_or_default();
        if is_one_message {
            let places =
                group.iter().take(PLACES).map(|one| format!("{} {}", place(one), one.count));
            let places: Vec<_> = places.collect();
            writeln!(text, "      {}{}", places.join(", "), more(group.len())).unwrap_or_default();
        } else {
            for one in group.iter().take(PLACES) {
                writeln!(text, "      {} {}: {}", place(one), one.count, one.message)
                    .unwrap_or_default();
            }
            let more = more(group.len());
            if !more.is_empty() {
                writeln!(text, "      {}", more.trim_start_matches(", ")).unwrap_or_default();
            }
        }
        writeln!(text, "      {}", terminal.dim(&format!("→ {}", first.advice)))
            .unwrap_or_default();
    }
}

fn place(finding: &Finding) -> String {
    match (finding.table.is_empty(), finding.column.is_empty()) {
        (true, _) => finding.column.clone(),
        (false, true) => finding.table.clone(),
        (false, false) => format!("{}.{}", finding.table, finding.column),
    }
}

fn more(all: usize) -> String {
    if all > PLACES {
        format!(", and {} more (all in the files)", all - PLACES)
    } else {
        String::new()
    }
}

fn files(text: &mut String, profile: &Profile) {
    let files = &profile.files;
    if files.named > 0 {
        writeln!(
            text,
            "files: {}, {} together; {} with something to say about them",
            counted(files.named, "row names one", "rows name one"),
            counted(files.bytes, "byte", "bytes"),
            files.troubles.len()
        )
        .unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_to_all_or_nothing_only_when_it_is() {
        let shown = [0.0, 0.0004, 0.5, 0.9999, 1.0].map(percent);
        assert_eq!(shown, ["0", "<1", "50", "99", "100"]);
    }
}
