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
///
/// A mention in the CRM's own syntax gets a zero-width space behind its `@`: it reads the same and
/// links to nobody.
pub(super) fn read(value: &Value, mentions: Mentions) -> Reading {
    let text = cell::text(value);
    let plain = without_controls(&text);
    let changed = matches!(plain, Cow::Owned(_));
    if mentions == Mentions::Escape
        && let Some(escaped) = escape_mentions(&plain)
    {
        let detail = "text in the CRM's syntax for mentions was kept from becoming a link";
        return Reading::noted(Value::String(escaped), "mention_escaped", detail);
    }
    let value = Value::String(plain.into_owned());
    if changed {
        return Reading::noted(value, "control_characters", "control characters were left out");
    }
    Reading::Fine(value)
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
    let mut escaped = String::new();
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
        assert_eq!(read(&json!(input), Mentions::Escape).line(), expected, "{input}");
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
    fn a_mention_in_the_crms_syntax_stays_text() {
        check("see @[Accounts:1] there", "see @\u{200b}[Accounts:1] there [mention_escaped]");
        check("an array @[0]", "an array @[0]");
        assert_eq!(read(&json!("@[Accounts:1]"), Mentions::Keep).line(), "@[Accounts:1]");
    }
}
