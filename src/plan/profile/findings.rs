//! What was found, the gravest first, each with what to do in the spec.

use serde::Serialize;

use super::column::ColumnProfile;
use super::damage::{EXAMPLES, Example, Spotted};
use super::duplicates::Duplicates;
use super::links::LinkProfile;
use super::survey::{Profile, TableState};
use super::table::TableProfile;
use crate::spec::Pipeline;

/// Below this share of rows a column is nearly empty.
const NEARLY_EMPTY: f64 = 0.01;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Records or values would be lost or wrong.
    Grave,
    /// Somebody has to decide.
    Look,
    /// Good to know.
    Note,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// A stable word.
    pub code: String,
    /// The table; empty when it is about no table.
    pub table: String,
    /// The column; empty when it is about no column.
    pub column: String,
    /// How many.
    pub count: u64,
    /// What was found; holds no value of the data.
    pub message: String,
    /// What to do about it.
    pub advice: String,
    /// The first of them, with their values.
    pub examples: Vec<Example>,
}

/// Code, severity, what it means, what to do: what is suspect about single values.
const SPOTTED: [(&str, Severity, &str, &str); 14] = [
    (
        "mojibake",
        Severity::Grave,
        "values with letters that were decoded wrongly before",
        "check `encoding` of the source; if the export itself is broken, ask for a new one",
    ),
    (
        "replacement_character",
        Severity::Grave,
        "values with signs for bytes that were no text",
        "set `encoding` of the source to what the file really has",
    ),
    (
        "excel_rounded",
        Severity::Grave,
        "numbers that a spreadsheet rounded: their digits are lost",
        "export again without opening the file in a spreadsheet, with the column as text",
    ),
    (
        "excel_error",
        Severity::Grave,
        "errors of a spreadsheet instead of values",
        "repair the source and export again",
    ),
    (
        "excel_date",
        Severity::Grave,
        "values that a spreadsheet turned into days, such as `5-Mar`",
        "export again with the column as text",
    ),
    (
        "too_long",
        Severity::Look,
        "values longer than the destination takes",
        "set `max` to cut them with a flag, or send the column to a longer field",
    ),
    (
        "lost_zero",
        Severity::Look,
        "postal codes that may have lost a leading zero",
        "export again with the column as text; the move keeps and flags them",
    ),
    (
        "control_characters",
        Severity::Look,
        "values with control characters",
        "nothing: the move leaves them out and flags the rows",
    ),
    (
        "bidi",
        Severity::Look,
        "values with marks that turn the direction of text",
        "look at the examples: such marks can make a value look like another",
    ),
    (
        "formula",
        Severity::Look,
        "values that a spreadsheet would run as a formula",
        "nothing for the CRM; archives guard them with a `'`",
    ),
    (
        "looks_empty",
        Severity::Look,
        "words that seem to mean nothing",
        "add the words of the examples to `nulls` of the source",
    ),
    (
        "html",
        Severity::Note,
        "values with markup",
        "nothing where the field is a long text: it is turned into plain text",
    ),
    (
        "zero_width",
        Severity::Note,
        "values with letters that nobody sees",
        "repair them in the source if the column is compared by `match`",
    ),
    ("outer_blanks", Severity::Note, "values with blanks around them", "nothing: they are trimmed"),
];

/// Remarks of the reading that lose rows.
const LOST_ROWS: [&str; 5] = ["no_key", "ragged_row", "open_quote", "not_a_row", "duplicate_key"];

/// All findings of a profile, the gravest and then the most frequent first.
pub(super) fn of(pipeline: &Pipeline, profile: &Profile) -> Vec<Finding> {
    let mut found = Vec::new();
    for table in &profile.tables {
        found.extend(state(table));
        found.extend(remarks(table));
        for column in &table.columns {
            spotted(table, column, &mut found);
            found.extend(shape(table, column));
            found.extend(use_of(table, column));
        }
        found.extend(table.duplicates.iter().map(|doubles| duplicates(table, doubles)));
        for link in &table.links {
            broken(table, link, &mut found);
        }
    }
    owners(pipeline, profile, &mut found);
    files(profile, &mut found);
    found.sort_by(|left, right| {
        left.severity.cmp(&right.severity).then_with(|| right.count.cmp(&left.count))
    });
    found
}

/// A finding about a table and perhaps a column, without examples.
fn finding(
    (severity, code): (Severity, &str),
    (table, column): (&str, &str),
    count: u64,
    (message, advice): (String, &str),
) -> Finding {
    Finding {
        severity,
        code: code.to_owned(),
        table: table.to_owned(),
        column: column.to_owned(),
        count,
        message,
        advice: advice.to_owned(),
        examples: Vec::new(),
    }
}

fn with(finding: Finding, spotted: &Spotted) -> Finding {
    Finding { examples: spotted.examples.clone(), ..finding }
}

fn state(table: &TableProfile) -> Option<Finding> {
    let name = &table.table;
    let (severity, code, message, advice) = match &table.state {
        TableState::NotLicensed { status } => (
            Severity::Grave,
            "not_licensed",
            format!("is not licensed in this account (HTTP {status}): it was left out"),
            "ask the customer for access, or take the table out of the spec",
        ),
        TableState::Missing { file } => (
            Severity::Look,
            "missing_table",
            format!("is optional and missing: {file}"),
            "ask whether the export is complete",
        ),
        TableState::Read if table.rows == 0 => {
            (Severity::Look, "empty_table", "has no rows".to_owned(), "ask whether that is right")
        }
        TableState::Read => return None,
    };
    Some(finding((severity, code), (name, ""), 1, (message, advice)))
}

fn remarks(table: &TableProfile) -> impl Iterator<Item = Finding> {
    // Those of single values are counted column by column.
    let own = table.remarks.iter().filter(|remark| remark.code != "encoding_suspect");
    own.map(|remark| {
        let is_loss = LOST_ROWS.contains(&&*remark.code);
        let severity = if is_loss { Severity::Grave } else { Severity::Look };
        let message = format!("{}: {}", remark.detail, remark.places.join(", "));
        let advice = if remark.code == "duplicate_key" {
            "name in `key` what makes a row one of its kind, or repair the export"
        } else {
            "look at the places that are named"
        };
        finding((severity, &remark.code), (&table.table, ""), remark.count, (message, advice))
    })
}

fn spotted(table: &TableProfile, column: &ColumnProfile, found: &mut Vec<Finding>) {
    for (code, severity, meaning, advice) in SPOTTED {
        let Some(spotted) = column.spotted.get(code) else { continue };
        let message = match code {
            "too_long" => format!("{meaning} ({})", column.limit),
            _ => meaning.to_owned(),
        };
        let place = (&*table.table, &*column.column);
        let one = finding((severity, code), place, spotted.count, (message, advice));
        found.push(with(one, spotted));
    }
}

/// Values that do not look like the rest of their column.
fn shape(table: &TableProfile, column: &ColumnProfile) -> Option<Finding> {
    if column.odd.count == 0 {
        return None;
    }
    let kind = column.kind;
    let message = format!("values that are no {kind}, as the rest of the column is");
    let advice = "map them, add their words to `nulls` or their format to `dates`, or say `else`";
    let place = (&*table.table, &*column.column);
    let one = finding((Severity::Look, "odd_type"), place, column.odd.count, (message, advice));
    Some(with(one, &column.odd))
}

/// Columns that would be left behind, and columns that hold nearly nothing.
fn use_of(table: &TableProfile, column: &ColumnProfile) -> Option<Finding> {
    let place = (&*table.table, &*column.column);
    let is_inner = column.column.contains('.');
    if table.moved && !column.named && column.filled > 0 && !is_inner {
        let message = "holds something, and nothing in the spec names it".to_owned();
        let said = (message, "map it, or name it under `ignore`");
        return Some(finding((Severity::Look, "unmapped"), place, column.filled, said));
    }
    let is_rare = column.filled > 0 && column.fill_rate < NEARLY_EMPTY;
    let first = &column.first;
    let message = format!("is filled in few rows only, first at {first}");
    let said = (message, "ask whether it is still used");
    is_rare.then(|| finding((Severity::Note, "nearly_empty"), place, column.filled, said))
}

fn duplicates(table: &TableProfile, doubles: &Duplicates) -> Finding {
    let Duplicates { by, columns, groups, rows, shared_mailboxes, .. } = doubles;
    let mut message = format!("{groups} values of {by} stand in several rows, {rows} times in all");
    if *shared_mailboxes > 0 {
        message.push_str(", mailboxes like `info@` among them");
    }
    let advice = "say with `dedupe` which rows are one, and with `match` how the CRM knows them";
    let code = format!("duplicate_{by}");
    let column = columns.join(", ");
    let place = (&*table.table, &*column);
    let one = finding((Severity::Look, &code), place, *groups, (message, advice));
    let example = |group: &super::DuplicateGroup| Example {
        key: group.keys.join(", "),
        place: String::new(),
        value: group.value.clone(),
    };
    Finding { examples: doubles.examples.iter().map(example).collect(), ..one }
}

fn broken(table: &TableProfile, link: &LinkProfile, found: &mut Vec<Finding>) {
    let place = (&*table.table, &*link.column);
    if link.missing.count > 0 {
        let message = "keys of rows that are not there".to_owned();
        let said = (message, "ask for the missing rows, or say with `else` what happens without");
        let one = finding((Severity::Grave, "broken_link"), place, link.missing.count, said);
        found.push(with(one, &link.missing));
    }
    if link.circles > 0 {
        let mut named: Vec<_> = link
            .circle_keys
            .iter()
            .take(EXAMPLES)
            .map(|circle| {
                let first = circle.first().into_iter();
                circle.iter().chain(first).map(String::as_str).collect::<Vec<_>>().join(" → ")
            })
            .collect();
        if link.circles > EXAMPLES as u64 {
            named.push("…".to_owned());
        }
        let message = format!("chains of parents that are circles: {}", named.join("; "));
        let said = (message, "repair them in the source; the move leaves the closing link out");
        found.push(finding((Severity::Grave, "circle"), place, link.circles, said));
    }
}

fn owners(pipeline: &Pipeline, profile: &Profile, found: &mut Vec<Finding>) {
    let table = pipeline.owners.table.map_or("", |table| &pipeline.tables[table].name);
    let without: Vec<_> =
        profile.owners.owners.iter().filter(|owner| owner.rule == "fallback").collect();
    if !without.is_empty() {
        let rows: u64 = without.iter().map(|owner| owner.rows).sum();
        let message = format!("owners that are no enabled users of the CRM; they own {rows} rows");
        let said =
            (message, "name them under `owners.aliases`, invite them, or let the fallback own");
        let place = (table, "");
        let count = without.len() as u64;
        let one = finding((Severity::Grave, "owner_without_user"), place, count, said);
        let example = |owner: &&super::OwnerProfile| Example {
            key: owner.owner.clone(),
            place: format!("{} rows", owner.rows),
            value: owner.owner.clone(),
        };
        found.push(Finding { examples: without.iter().map(example).collect(), ..one });
    }
    if profile.owners.nobody > 0 {
        let message = "rows that name no owner".to_owned();
        let said = (message, "nothing, if `owners.fallback` is right for them");
        let count = profile.owners.nobody;
        found.push(finding((Severity::Note, "no_owner"), (table, ""), count, said));
    }
}

fn files(profile: &Profile, found: &mut Vec<Finding>) {
    for (is, severity, message, advice) in [
        (
            "missing",
            Severity::Grave,
            "files that rows name and that are not there",
            "ask for the files; their rows are held",
        ),
        (
            "refused",
            Severity::Grave,
            "files that are not fetched from where rows say they are",
            "move them below the source's folder or host; their rows are held",
        ),
        (
            "oversize",
            Severity::Look,
            "files over the size that the CRM's plan allows",
            "say with `oversize` where they are copied and how they are linked",
        ),
        ("empty", Severity::Look, "files without a byte", "ask whether the export is complete"),
    ] {
        let own: Vec<_> = profile.files.troubles.iter().filter(|file| file.is == is).collect();
        let Some(first) = own.first() else { continue };
        let code = format!("file_{is}");
        let said = (message.to_owned(), advice);
        let one = finding((severity, &code), (&first.table, ""), own.len() as u64, said);
        let example = |file: &&super::FileProfile| Example {
            key: file.key.clone(),
            place: file.place.clone(),
            value: file.from.clone(),
        };
        let examples = own.iter().take(EXAMPLES).map(example).collect();
        found.push(Finding { examples, ..one });
    }
}
