//! A cell of a table: what it says, how it is meant, and its two forms: HTML and JSON.

use std::borrow::Cow;

use super::escape;
use super::table::{Column, Kind};

/// How many characters of a value a page holds.
const CHARS_MAX: usize = 4_000;

/// How many of them stand in the HTML: without the script.
const CHARS_STATIC: usize = 600;

/// How much is shown before and after what differs, when that is long.
const CHARS_AROUND: usize = 60;

/// How something is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// Well.
    Good,
    /// To be looked at.
    Warn,
    /// Not well.
    Bad,
}

impl Tone {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A cell.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    content: Content<'a>,
    tone: Tone,
}

#[derive(Debug, Clone)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Change { before: Cow<'a, str>, after: Cow<'a, str> },
}

impl<'a> Cell<'a> {
    /// A cell with a text; empty when there is none.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { content: Content::Text(cut(text.into())), tone: Tone::Plain }
    }

    /// A cell with a number.
    #[expect(clippy::needless_pass_by_value, reason = "numbers are small")]
    pub fn number(number: impl ToString) -> Self {
        Self::text(number.to_string())
    }

    /// A cell with two values, one in the place of the other; what differs is marked.
    pub fn change(before: impl Into<Cow<'a, str>>, after: impl Into<Cow<'a, str>>) -> Self {
        let content = Content::Change { before: cut(before.into()), after: cut(after.into()) };
        Self { content, tone: Tone::Plain }
    }

    /// The same cell, meant in another way.
    #[must_use]
    pub const fn toned(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// How wide it would like to be, in characters of its longest line.
    pub(super) fn width(&self, column: &Column<'_>) -> usize {
        let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        match &self.content {
            Content::Text(text) if column.kind == Kind::Number => escape::grouped(text).len(),
            Content::Text(text) => widest(text),
            Content::Change { before, after } => widest(before).max(widest(after)) + 2,
        }
    }

    /// Adds the cell to a row of JSON.
    pub(super) fn json(&self, out: &mut String) {
        match &self.content {
            Content::Text(text) if self.tone == Tone::Plain => escape::json(out, text),
            Content::Text(text) => {
                out.push('[');
                escape::json(out, text);
                out.push_str(",\"");
                out.push_str(self.tone.word());
                out.push_str("\"]");
            }
            Content::Change { before, after } => {
                out.push_str("{\"b\":");
                escape::json(out, before);
                out.push_str(",\"a\":");
                escape::json(out, after);
                out.push('}');
            }
        }
    }

    /// Adds the cell to a row of HTML.
    pub(super) fn html(&self, out: &mut String, column: &Column<'_>) {
        out.push_str("<td class=\"");
        out.push_str(column.kind.word());
        if self.tone != Tone::Plain {
            out.push(' ');
            out.push_str(self.tone.word());
        }
        out.push_str("\">");
        match &self.content {
            Content::Text(text) if text.is_empty() => {}
            Content::Text(text) => match column.kind {
                Kind::Chip => {
                    out.push_str("<span class=\"chip\">");
                    escape::html(out, text);
                    out.push_str("</span>");
                }
                Kind::Number => escape::html(out, &escape::grouped(text)),
                Kind::Prose => escape::prose(out, &first(text, CHARS_STATIC)),
                Kind::Code => {
                    out.push_str("<bdi>");
                    broken(out, &first(text, CHARS_STATIC));
                    out.push_str("</bdi>");
                }
                Kind::Text | Kind::Change => {
                    out.push_str("<bdi>");
                    escape::html(out, &first(text, CHARS_STATIC));
                    out.push_str("</bdi>");
                }
            },
            Content::Change { before, after } => change(out, before, after),
        }
        out.push_str("</td>");
    }
}

/// A value that is not longer than a page holds.
fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.char_indices().nth(CHARS_MAX) {
        None => text,
        Some((end, _)) => {
            let count = escape::grouped(&text.chars().count().to_string());
            format!("{}… ({count} characters in all)", &text[..end]).into()
        }
    }
}

/// The first letters of a text.
fn first(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}

/// The last letters of a text.
fn last(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth_back(most) {
        None => text.into(),
        Some((before, letter)) => format!("…{}", &text[before + letter.len_utf8()..]).into(),
    }
}

/// Adds a name of machines; where it has to be broken, that is where a word of it ends.
fn broken(out: &mut String, text: &str) {
    let ends = |letter: char| matches!(letter, '_' | '.' | '/');
    let next = |text: &str| {
        let end = text.find(ends)?;
        Some(end + text[end..].find(|letter| !ends(letter))?)
    };
    let mut rest = text;
    while let Some(at) = next(rest) {
        escape::html(out, &rest[..at]);
        out.push_str("<wbr>");
        rest = &rest[at..];
    }
    escape::html(out, rest);
}

fn change(out: &mut String, before: &str, after: &str) {
    let (start, old_end, new_end) = differing(before, after);
    for (tag, text, end) in [("del", before, old_end), ("ins", after, new_end)] {
        out.push('<');
        out.push_str(tag);
        out.push('>');
        if text.is_empty() {
            out.push_str("<i>empty</i>");
        } else {
            out.push_str("<bdi>");
            escape::html(out, &last(&text[..start], CHARS_AROUND));
            out.push_str("<mark>");
            escape::html(out, &first(&text[start..end], CHARS_STATIC));
            out.push_str("</mark>");
            escape::html(out, &first(&text[end..], CHARS_AROUND));
            out.push_str("</bdi>");
        }
        out.push_str("</");
        out.push_str(tag);
        out.push('>');
    }
}

/// Where two texts begin to differ, and where each of them ends to do so.
fn differing(before: &str, after: &str) -> (usize, usize, usize) {
    let same = |(old, new): &(char, char)| old == new;
    let length = |(letter, _): (char, char)| letter.len_utf8();
    let start: usize = before.chars().zip(after.chars()).take_while(same).map(length).sum();
    let (old, new) = (&before[start..], &after[start..]);
    let end: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(length).sum();
    (start, before.len() - end, after.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(cell: &Cell<'_>, column: &Column<'_>) -> String {
        let mut out = String::new();
        cell.html(&mut out, column);
        out
    }

    #[test]
    fn only_the_differing_part_of_a_change_is_marked() {
        let change = Cell::change("12 Elm St", "12 Oak St");
        assert_eq!(
            html(&change, &Column::change("x")),
            "<td class=\"change\"><del><bdi>12 <mark>Elm</mark> St</bdi></del><ins><bdi>12 <mark>Oak</mark> St</bdi></ins></td>"
        );
        assert_eq!(differing("aaa", "aa"), (2, 3, 2));
        assert_eq!(differing("", "ä"), (0, 0, 2));
        assert_eq!(differing("é", "è"), (0, 2, 2));
        assert_eq!(differing("same", "same"), (4, 4, 4));
    }

    #[test]
    fn a_name_of_machines_is_broken_where_a_word_of_it_ends() {
        let name = Cell::text("unmapped_value Tier__c ../a<b");
        assert_eq!(
            html(&name, &Column::code("x")),
            "<td class=\"code\"><bdi>unmapped_<wbr>value Tier__<wbr>c ../<wbr>a&lt;b</bdi></td>"
        );
    }

    #[test]
    fn a_value_is_cut_and_says_how_long_it_was() {
        let long = "é".repeat(5_000);
        let mut text = String::new();
        Cell::text(&*long).json(&mut text);
        assert!(text.ends_with("é… (5,000 characters in all)\""), "{text}");
        let shown = html(&Cell::text(&*long), &Column::text("x"));
        assert_eq!(shown.matches('é').count(), CHARS_STATIC, "without the script it is shorter");
    }

    #[test]
    fn a_cell_in_json_carries_its_tone() {
        let mut out = String::new();
        Cell::text("lost").toned(Tone::Bad).json(&mut out);
        assert_eq!(out, r#"["lost","bad"]"#);
    }
}
