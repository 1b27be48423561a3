//! What is suspect about single values: broken letters, traces of spreadsheets, formulas, values
//! that are too long. Remarked with examples, never repaired.

use std::collections::BTreeMap;

use serde::Serialize;

use super::roles::Role;
use crate::ground::{Record, turns_text};
use crate::source::is_suspect;
use crate::transform::{Shape, has_markup, is_rounded_by_a_spreadsheet};

/// How many examples are kept of one kind of finding.
pub(super) const EXAMPLES: usize = 3;

/// How many characters of a value an example keeps.
const VALUE_CHARS_MAX: usize = 200;

/// Words that people write for nothing; those of the spec's `nulls` do not come here any more.
const NOTHINGS: [&str; 17] = [
    "-",
    "--",
    "---",
    ".",
    "?",
    "n/a",
    "#n/a",
    "na",
    "none",
    "null",
    "nil",
    "undefined",
    "unknown",
    "tbd",
    "tba",
    "(blank)",
    "0000-00-00",
];

/// Errors that a spreadsheet leaves in a cell.
const SHEET_ERRORS: [&str; 6] = ["#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A value with its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The row's key.
    pub key: String,
    /// Where it stood: `contacts.csv line 17`.
    pub place: String,
    /// The value, cut to 200 characters.
    pub value: String,
}

impl Example {
    pub(super) fn of(row: &Record, value: &str) -> Self {
        Self {
            key: row.key.to_string(),
            place: row.place.to_string(),
            value: value.chars().take(VALUE_CHARS_MAX).collect(),
        }
    }
}

/// One kind of suspicion about a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Spotted {
    /// How many values.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Example>,
}

impl Spotted {
    pub(super) fn note(&mut self, row: &Record, value: &str) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(Example::of(row, value));
        }
    }
}

/// Code to what was spotted.
pub(super) type Damage = BTreeMap<&'static str, Spotted>;

/// The codes that fit a text of that shape, as it stands in the source.
pub(super) fn codes(text: &str, shape: Shape, role: &Role) -> Vec<&'static str> {
    let mut found = Vec::new();
    letters(text, &mut found);
    let bare = text.trim();
    let lower = if bare.len() <= 16 { bare.to_lowercase() } else { String::new() };
    let mut add = |code, fits: bool| found.extend(fits.then_some(code));
    add("looks_empty", !bare.is_empty() && NOTHINGS.contains(&&*lower));
    add("outer_blanks", bare.len() != text.len() && !bare.is_empty());
    add("excel_rounded", is_rounded_by_a_spreadsheet(bare));
    add("excel_error", SHEET_ERRORS.contains(&bare));
    add("excel_date", is_day_of_a_sheet(&lower));
    add("lost_zero", role.postal_digits.is_some_and(|digits| lost_its_zero(bare, digits)));
    add("formula", is_formula(bare, shape));
    add("html", shape == Shape::Html || (role.plain_text && has_markup(text)));
    add("too_long", role.is_too_long(text));
    found
}

/// Letters that broke on the way, or that nobody sees.
fn letters(text: &str, found: &mut Vec<&'static str>) {
    let is_unseen_control =
        |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    if text.contains(is_unseen_control) {
        found.push("control_characters");
    }
    if text.is_ascii() {
        return;
    }
    if text.contains('\u{fffd}') {
        found.push("replacement_character");
    } else if is_suspect(text) {
        found.push("mojibake");
    }
    if text.contains(['\u{200b}', '\u{2060}', '\u{feff}', '\u{ad}']) {
        found.push("zero_width");
    }
    if text.contains(turns_text) {
        found.push("bidi");
    }
}

/// `5-mar`, `mar-05`: what a spreadsheet makes of `3-5`.
fn is_day_of_a_sheet(lower: &str) -> bool {
    let Some((left, right)) = lower.split_once('-') else { return false };
    let is_day = |part: &str| {
        (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    (MONTHS.contains(&left) && is_day(right)) || (is_day(left) && MONTHS.contains(&right))
}

/// A postal code that should have so many digits, and has one or two less.
fn lost_its_zero(text: &str, digits: usize) -> bool {
    (digits.saturating_sub(2)..digits).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_formula(text: &str, shape: Shape) -> bool {
    match text.chars().next() {
        Some('=' | '@' | '＝' | '＠' | '＋' | '－') => text.chars().nth(1).is_some(),
        Some('+' | '-') => {
            let is_value = matches!(
                shape,
                Shape::Integer | Shape::Decimal | Shape::Amount | Shape::Phone | Shape::Email
            );
            let runs = text.chars().nth(1).is_some_and(|next| !next.is_whitespace() && next != '-');
            !is_value && runs
        }
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shape: Shape, expected: &[&str]) {
        assert_eq!(codes(text, shape, &Role::default()), expected, "{text:?}");
    }

    #[test]
    fn broken_and_unseen_letters_are_told_apart() {
        check("JosÃ©", Shape::Text, &["mojibake"]);
        check("Jos\u{fffd}", Shape::Text, &["replacement_character"]);
        check("a\u{7}b", Shape::Text, &["control_characters"]);
        check("a\u{200b}b", Shape::Text, &["zero_width"]);
        check("a\u{202e}b", Shape::Text, &["bidi"]);
        check("Größe\nnext\tline", Shape::Text, &[]);
    }

    #[test]
    fn traces_of_spreadsheets_are_seen() {
        check("2.12556E+11", Shape::Text, &["excel_rounded"]);
        check("5-Mar", Shape::Text, &["excel_date"]);
        check("Mar-05", Shape::Text, &["excel_date"]);
        check("#REF!", Shape::Text, &["excel_error"]);
        let role = Role { postal_digits: Some(5), ..Role::default() };
        assert_eq!(codes("2134", Shape::Integer, &role), ["lost_zero"]);
        assert!(codes("02134", Shape::Integer, &role).is_empty());
    }

    #[test]
    fn formulas_words_for_nothing_and_blanks_are_seen_and_numbers_are_none() {
        check("=1+1", Shape::Text, &["formula"]);
        check("@SUM(A1)", Shape::Text, &["formula"]);
        check("-5", Shape::Integer, &[]);
        check("+13035550142", Shape::Phone, &[]);
        check("- a list", Shape::Text, &[]);
        check("n/a", Shape::Text, &["looks_empty"]);
        check(" Ltd ", Shape::Text, &["outer_blanks"]);
        check("<p>x</p>", Shape::Html, &["html"]);
    }
}
