//! `number`: figures as people type them.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Number, Value};

use super::cell;
use super::remark::Reading;

/// Reads a number: `1,842`, `60%` (60), `$12.50`, `(300)` (-300).
pub(super) fn read(value: &Value) -> Reading {
    if value.is_number() {
        return Reading::Fine(value.clone());
    }
    let text = cell::text(value);
    let bare = text.trim_end_matches('%').trim_end();
    match figure(bare.trim_start_matches(['$', '€', '£', '¥'])).and_then(number) {
        Some(number) => Reading::Fine(Value::Number(number)),
        None => Reading::bad("bad_number", "is not a single number; left out"),
    }
}

fn number(figure: Decimal) -> Option<Number> {
    let figure = figure.normalize();
    let text = figure.to_string();
    if figure.scale() == 0 {
        return text.parse::<i64>().ok().map(Number::from);
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// The figure of a text in one of the two notations, `12,500.00` or `12.500,00`; brackets are a minus.
///
/// With a single sign the last group decides: three digits after it, and it groups thousands.
pub(super) fn figure(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return figure(inner).map(|figure| -figure);
    }
    if let Some(rest) = text.strip_prefix('-') {
        return plain(rest.trim_start()).map(|figure| -figure);
    }
    plain(text.strip_prefix('+').unwrap_or(text))
}

/// Whether a figure is thousands in one notation and a fraction in the other: `12.500`.
///
/// Only a point is doubtful: nobody writes three decimals behind a comma in an amount.
pub(super) fn is_ambiguous(text: &str) -> bool {
    let bare = text.trim_matches(|letter: char| !letter.is_ascii_digit());
    let Some((whole, rest)) = bare.split_once('.') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&whole.len())
        && rest.len() == 3
        && digits(whole)
        && digits(rest)
        && !whole.starts_with('0')
}

/// Signs that group thousands in every notation.
const fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')
}

fn plain(text: &str) -> Option<Decimal> {
    let whole = text.rfind([',', '.']).map_or(text, |at| &text[..at]);
    if whole.contains(is_blank) && !grouped(&whole.replace(is_blank, " "), ' ') {
        return None;
    }
    let digits: String = text.chars().filter(|letter| !is_blank(*letter)).collect();
    let comma = digits.rfind(',');
    let point = digits.rfind('.');
    let (group, decimal) = match (comma, point) {
        (Some(comma), Some(point)) if comma > point => ('.', Some(',')),
        (Some(_), Some(_)) => (',', Some('.')),
        (Some(at), None) => single(&digits, ',', at),
        (None, Some(at)) if digits.matches('.').count() == 1 || at == 0 => (',', Some('.')),
        (None, Some(_)) => ('.', None),
        (None, None) => (',', None),
    };
    let whole_end = decimal.and_then(|sign| digits.rfind(sign)).unwrap_or(digits.len());
    if !grouped(&digits[..whole_end], group) {
        return None;
    }
    let text: String = digits
        .chars()
        .filter(|letter| *letter != group)
        .map(|letter| if Some(letter) == decimal { '.' } else { letter })
        .collect();
    let clean = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (clean && text.bytes().any(|byte| byte.is_ascii_digit()))
        .then(|| Decimal::from_str(&text).ok())
        .flatten()
}

fn single(digits: &str, sign: char, at: usize) -> (char, Option<char>) {
    let other = if sign == ',' { '.' } else { ',' };
    let is_fraction = digits[..at].trim_start_matches('0').is_empty();
    let groups = digits.matches(sign).count() > 1 || (digits.len() - at - 1 == 3 && !is_fraction);
    if groups { (sign, None) } else { (other, Some(sign)) }
}

/// Whether thousands stand in groups of three.
fn grouped(whole: &str, group: char) -> bool {
    let mut parts = whole.split(group);
    let first = parts.next().unwrap_or("");
    let rest: Vec<_> = parts.collect();
    rest.is_empty()
        || (!first.is_empty() && first.len() <= 3 && rest.iter().all(|part| part.len() == 3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: &str) {
        assert_eq!(read(&json!(input)).line(), expected, "{input}");
    }

    #[test]
    fn figures_are_read_as_people_type_them() {
        check("1,842", "1842");
        check("60%", "60");
        check("41.2 %", "41.2");
        check("$12,500.00", "12500");
        check("12.500,75", "12500.75");
        check("(300)", "-300");
        check("-0.5", "-0.5");
        check("0.125", "0.125");
        check("0,125", "0.125");
        check("1 842,5", "1842.5");
    }

    #[test]
    fn a_range_in_a_number_field_is_flagged_not_guessed() {
        check("51-200", "[bad_number]");
        check("51 - 200", "[bad_number]");
        check("10 000 - 20 000", "[bad_number]");
        check("500+", "[bad_number]");
    }

    #[test]
    fn words_and_broken_groups_are_flagged_not_guessed() {
        check("3 4", "[bad_number]");
        check("many", "[bad_number]");
        check("1,84,2", "[bad_number]");
        check("12 EUR", "[bad_number]");
        check("2.12E+11", "[bad_number]");
    }
}
