//! The document as Markdown, for reviews in a repository.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::model::{Block, Cell, Document, Kind, Section, TITLE, Table};
use crate::ground::{counted, turns_text};
use crate::report::markdown::cell as escaped;

/// How many rows of a table are shown; the sheets have all of them.
const ROWS_MAX: usize = 2_000;

/// Writes the document.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let (_, statement, explanation) = &document.verdict;
    let mut text = format!("# {TITLE}\n\n{}\n\n", escaped(&document.subtitle));
    write!(text, "**{}.** {}\n\n", prose(statement), prose(explanation)).unwrap_or_default();
    for (label, value) in &document.facts {
        writeln!(text, "* {label}: {}", escaped(&value.to_string())).unwrap_or_default();
    }
    out.write_all(text.as_bytes())?;
    document
        .sections
        .iter()
        .enumerate()
        .try_for_each(|(position, part)| section(out, position + 1, part))
}

fn section(out: &mut dyn Write, number: usize, section: &Section) -> io::Result<()> {
    writeln!(out, "\n## {number}. {}", section.title)?;
    if !section.introduction.is_empty() {
        writeln!(out, "\n{}", prose(&section.introduction))?;
    }
    for block in &section.blocks {
        match block {
            Block::Text(text) => writeln!(out, "\n{}", prose(text))?,
            Block::List(title, items) => {
                writeln!(out, "\n### {title}\n")?;
                for item in items {
                    writeln!(out, "* {}", prose(item))?;
                }
            }
            Block::Table(table) => self::table(out, table)?,
        }
    }
    Ok(())
}

fn table(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    writeln!(out, "\n### {}\n", table.caption)?;
    if table.rows.is_empty() {
        return writeln!(out, "{}", prose(table.empty));
    }
    let shown = || table.columns.iter().filter(|column| column.kind != Kind::Answer);
    let names: Vec<_> = shown().map(|column| column.name).collect();
    let rules: Vec<_> = shown()
        .map(|column| if column.kind == Kind::Number { " ---: |" } else { " --- |" })
        .collect();
    writeln!(out, "| {} |\n|{}", names.join(" | "), rules.concat())?;
    for row in table.rows.iter().take(ROWS_MAX) {
        let cells: Vec<_> = row
            .iter()
            .zip(table.columns)
            .filter(|(_, column)| column.kind != Kind::Answer)
            .map(|(cell, column)| told(cell, column.kind))
            .collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    let more = table.rows.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        let more = counted(more as u64, "more row", "more rows");
        writeln!(out, "\n… and {more}, in `mapping.xlsx`.")?;
    }
    Ok(())
}

fn told(cell: &Cell, kind: Kind) -> String {
    let lines = cell.text.lines().map(|line| match kind {
        Kind::Prose => prose(line),
        Kind::Code if line.is_empty() => String::new(),
        Kind::Code => name(line),
        Kind::Text | Kind::Number | Kind::Chip | Kind::Answer => escaped(line),
    });
    lines.collect::<Vec<_>>().join("<br>")
}

/// A name in the type of machines.
fn name(text: &str) -> String {
    let is_odd = |letter: char| letter.is_control() || turns_text(letter);
    let clean = text.replace(is_odd, "\u{fffd}").replace('`', "'");
    format!("`{}`", clean.replace('|', "\\|"))
}

/// Sentences of ours, whose names stand between backticks.
fn prose(text: &str) -> String {
    let mut parts = text.split('`');
    let mut told = escaped(parts.next().unwrap_or_default());
    let mut is_name = true;
    for part in parts {
        told.push_str(&if is_name { name(part) } else { escaped(part) });
        is_name = !is_name;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names_and_values_become_no_markup() {
        assert_eq!(prose("from `a|b` or *c*"), "from `a\\|b` or \\*c\\*");
        assert_eq!(told(&Cell::from("a\nb|c"), Kind::Text), "a<br>b\\|c");
        assert_eq!(told(&Cell::from("people.email"), Kind::Code), "`people.email`");
    }
}
