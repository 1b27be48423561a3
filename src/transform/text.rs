//! `text`: what may stand in a text, and what the CRM would misread.

use std::borrow::Cow;

use serde_json::Value;

use super::cell;
use super::remark::Reading;

/// Whether the CRM reads marks such as `@[Contacts:1]` in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mentions {
    /// It would make them links, so they are broken up.
    Escape,
    /// It shows them as they are.
    Keep,
}

/// Reads a text: outer blanks go, control characters go and are said.
pub(super) fn read(value: &Value) -> Reading {
    let text = cell::text(value);
    let plain = without_controls(&text);
    let changed = matches!(plain, Cow::Owned(_));
    let is_damaged = went_through_a_spreadsheet(&plain);
    let value = Value::String(plain.into_owned());
    if changed {
        return Reading::noted(value, "control_characters", "control characters were left out");
    }
    if is_damaged {
        let detail = "seems to be a number that a spreadsheet rounded; kept as it is";
        return Reading::noted(value, "excel_damage", detail);
    }
    Reading::Fine(value)
}

/// Text as the CRM will show it: a mention in the CRM's own syntax gets a zero-width space behind
/// its `@`, so that it reads the same and links to nobody.
pub(super) fn shielded(value: Value, mentions: Mentions) -> Reading {
    let escaped = match mentions {
        Mentions::Escape => escape_mentions(&cell::text(&value)),
        Mentions::Keep => None,
    };
    match escaped {
        None => Reading::Fine(value),
        Some(escaped) => {
            let detail = "text in the CRM's syntax for mentions was kept from becoming a link";
            Reading::noted(Value::String(escaped), "mention_escaped", detail)
        }
    }
}

/// `3.03555E+9` and its like: a spreadsheet showed a long number so, and kept nothing else.
pub(super) fn went_through_a_spreadsheet(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((figure, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let parts = figure.split_once(['.', ',']);
    (1..=2).contains(&exponent.len())
        && digits(exponent)
        && parts.is_some_and(|(whole, rest)| whole.len() == 1 && digits(whole) && digits(rest))
}

fn without_controls(text: &str) -> Cow<'_, str> {
    let unwanted = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    if !text.contains(unwanted) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|letter| !unwanted(*letter)).collect())
}

/// `@[Type:id]` with a zero-width space behind the sign; `None` when there is none.
fn escape_mentions(text: &str) -> Option<String> {
    if !text.contains("@[") {
        return None;
    }
    let mut escaped = String::with_capacity(text.len() + 3);
    let mut rest = text;
    while let Some(at) = rest.find("@[") {
        let (before, after) = rest.split_at(at);
        let inside = after[2..].split_once(']').map_or("", |(inside, _)| inside);
        escaped.push_str(before);
        escaped.push_str(if inside.contains(':') { "@\u{200b}[" } else { "@[" });
        rest = &after[2..];
    }
    escaped.push_str(rest);
    (escaped != text).then_some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: &str) {
        assert_eq!(read(&json!(input)).line(), expected, "{input}");
    }

    fn check_shielded(input: &str, expected: &str) {
        assert_eq!(shielded(json!(input), Mentions::Escape).line(), expected, "{input}");
    }

    #[test]
    fn text_is_kept_as_given_but_for_outer_blanks() {
        check("  Jane & Tom Smith 🌷 ", "Jane & Tom Smith 🌷");
        check("line\r\nline\tend", "line\r\nline\tend");
    }

    #[test]
    fn control_characters_are_left_out_and_said() {
        check("a\u{0}b\u{7}c", "abc [control_characters]");
    }

    #[test]
    fn emoji_and_writing_from_right_to_left_are_kept() {
        for input in ["👩\u{200d}👩\u{200d}👧 🏡", "\u{200f}שלום עולם\u{200e}", "مرحبا", "O’Neill"]
        {
            check(input, input);
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_rounded_is_kept_and_said() {
        check("4.51234E+15", "4.51234E+15 [excel_damage]");
        for input in ["0004512", "1E5", "A1.5E+10", "2.5", "Suite 4.5E+1"] {
            check(input, input);
        }
    }

    #[test]
    fn a_mention_in_the_crms_syntax_stays_text() {
        check_shielded(
            "see @[Accounts:1] there",
            "see @\u{200b}[Accounts:1] there [mention_escaped]",
        );
        check_shielded("@[A:1] @[B:2]", "@\u{200b}[A:1] @\u{200b}[B:2] [mention_escaped]");
        check_shielded("an array @[0], a@[b", "an array @[0], a@[b");
        assert_eq!(shielded(json!("@[Accounts:1]"), Mentions::Keep).line(), "@[Accounts:1]");
    }
}
