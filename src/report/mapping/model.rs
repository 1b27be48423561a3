//! The mapping document as plain sections and tables: what every form of it is made of.

use std::fmt::Write;

use crate::report::page::{Fact, Tone};

/// The whole document.
#[derive(Debug)]
pub struct Document {
    /// What it is about, in a line.
    pub(super) subtitle: String,
    /// How it stands: tone, statement, explanation.
    pub(super) verdict: (Tone, String, String),
    /// The figures that people look for first: label and value.
    pub(super) facts: Vec<(&'static str, Fact)>,
    /// Everything else, in order.
    pub(super) sections: Vec<Section>,
    /// The lists from which decisions are taken.
    pub(super) choices: Vec<Choice>,
}

/// The title of every form.
pub(super) const TITLE: &str = "Mapping document";

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    /// Its name in links.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) introduction: String,
    pub(super) blocks: Vec<Block>,
    /// The sheet for what has none of its own.
    pub(super) sheet: &'static str,
}

/// A part of a section.
#[derive(Debug)]
pub(super) enum Block {
    /// A paragraph.
    Text(String),
    /// A list under its heading.
    List(&'static str, Vec<String>),
    /// A table.
    Table(Table),
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name in links.
    pub(super) id: &'static str,
    pub(super) caption: &'static str,
    pub(super) columns: &'static [Column],
    /// The positions of the columns by which people filter.
    pub(super) filters: &'static [usize],
    /// Whether people look for the value of the first column, then read what stands behind it.
    pub(super) is_grouped: bool,
    pub(super) rows: Vec<Vec<Cell>>,
    /// What is said when there is no row.
    pub(super) empty: &'static str,
    /// A sheet of its own; without one it stands on that of its section.
    pub(super) sheet: Option<&'static str>,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// How wide it is on a sheet, in characters.
    pub(super) width: u8,
    /// Whether the page, which is narrower than sheets, shows it under the column before it.
    pub(super) is_under: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Values as they are.
    Text,
    /// Sentences of ours; words between backticks are names.
    Prose,
    /// Numbers.
    Number,
    /// One of a few words.
    Chip,
    /// Names of columns, fields and files.
    Code,
    /// Left for the customer to fill in; the list to choose from is the cell's text.
    Answer,
}

impl Column {
    pub(super) const fn new(name: &'static str, kind: Kind, width: u8) -> Self {
        Self { name, kind, width, is_under: false }
    }

    /// A column that the page shows under the one before it.
    pub(super) const fn under(name: &'static str, kind: Kind, width: u8) -> Self {
        Self { name, kind, width, is_under: true }
    }
}

/// A cell.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Cell {
    pub(super) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    pub(super) fn number(number: u64) -> Self {
        number.to_string().into()
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }
}

/// A list from which a decision is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// What it is for: a map, as `companies.industry`, or [`USERS`].
    pub(super) about: String,
    pub(super) values: Vec<String>,
}

/// The list of users from which owners are chosen.
pub(super) const USERS: &str = "Users";

/// Lines of a cell, each behind its name when there are several.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<(String, String)>);

impl Lines {
    pub(super) fn push(&mut self, name: &str, text: String) {
        self.0.push((name.to_owned(), text));
    }

    /// The lines as prose; those that say nothing are left out, and one that is alone needs no
    /// name.
    pub(super) fn told(&self) -> String {
        self.with("`")
    }

    /// The same for a cell of values.
    pub(super) fn plain(&self) -> String {
        self.with("")
    }

    fn with(&self, mark: &str) -> String {
        if let [(_, only)] = &self.0[..] {
            return only.clone();
        }
        let said = self.0.iter().filter(|(_, line)| !line.is_empty());
        let lines: Vec<_> =
            said.map(|(name, line)| format!("{mark}{name}{mark}: {line}")).collect();
        lines.join("\n")
    }
}

/// A value as the document shows it: on one line, short, without a host of this machine, whose port
/// is another one every time.
pub(super) fn sample(value: &str) -> String {
    let plain: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = without_local_host(&plain);
    match plain.char_indices().nth(SAMPLE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

/// How many characters of a value are shown.
const SAMPLE_CHARS_MAX: usize = 90;

fn without_local_host(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("http://") {
        shown.push_str(before);
        let hosts = ["127.0.0.1:", "localhost:", "[::1]:"];
        let local = hosts.iter().find_map(|host| after.strip_prefix(host));
        let Some(port) = local else {
            shown.push_str("http://");
            rest = after;
            continue;
        };
        shown.push('…');
        rest = port.trim_start_matches(|letter: char| letter.is_ascii_digit());
    }
    shown + rest
}

/// Names in a sentence: `a`, `b` and `c`.
pub(super) fn listed<T: AsRef<str>>(names: &[T], last: &str) -> String {
    let mut text = String::new();
    for (position, name) in names.iter().enumerate() {
        let between = match position {
            0 => "",
            _ if position + 1 == names.len() => last,
            _ => ", ",
        };
        write!(text, "{between}{}", code(name.as_ref())).unwrap_or_default();
    }
    text
}

/// A name between backticks.
pub(super) fn code(name: &str) -> String {
    format!("`{}`", name.replace('`', "'"))
}

/// The word for one of them, or for more.
pub(super) const fn of_many<'w, T>(things: &[T], one: &'w str, more: &'w str) -> &'w str {
    if things.len() == 1 { one } else { more }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_names_no_port_of_this_machine() {
        assert_eq!(sample("see http://127.0.0.1:35529/f/1 "), "see …/f/1");
        assert_eq!(sample("http://files.example:80/1"), "http://files.example:80/1");
        assert_eq!(sample("a\n  b"), "a b");
        assert_eq!(sample(&"x".repeat(91)), format!("{}…", "x".repeat(90)));
    }

    #[test]
    fn one_line_needs_no_name_and_several_have_theirs() {
        let mut lines = Lines::default();
        lines.push("people.email", "as it is".into());
        assert_eq!(lines.told(), "as it is");
        lines.push("leads.email", String::new());
        lines.push("leads.name", "first".into());
        assert_eq!(lines.told(), "`people.email`: as it is\n`leads.name`: first");
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(listed(&["a", "b", "c"], " and "), "`a`, `b` and `c`");
        assert_eq!(listed(&["a"], " or "), "`a`");
    }
}
