//! Text that stays text: within HTML, within JSON within HTML, and before the eye.

use std::fmt::Write;

use crate::ground::turns_text;

/// Whether a letter could hide or turn what stands around it.
fn is_odd(letter: char) -> bool {
    letter.is_control()
        || turns_text(letter)
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// The letters as they are shown: odd ones by their number, line ends as one.
fn shown(text: &str, mut push: impl FnMut(char)) {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\t' => push(letter),
            letter if is_odd(letter) => letter.escape_unicode().for_each(&mut push),
            letter => push(letter),
        }
    }
}

/// Adds text to HTML, between tags or within a quoted attribute.
pub(super) fn html(out: &mut String, text: &str) {
    shown(text, |letter| match letter {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        letter => out.push(letter),
    });
}

/// Adds prose to HTML; what stands between backticks becomes code.
pub(super) fn prose(out: &mut String, text: &str) {
    let mut parts = text.split('`').peekable();
    let mut is_code = false;
    while let Some(part) = parts.next() {
        // A backtick without a partner is one.
        let lonely = is_code && parts.peek().is_none();
        match (is_code, lonely) {
            (true, false) => {
                out.push_str("<code>");
                html(out, part);
                out.push_str("</code>");
            }
            (true, true) => {
                out.push('`');
                html(out, part);
            }
            (false, _) => html(out, part),
        }
        is_code = !is_code;
    }
}

/// Adds text as a string of JSON that may stand within a `script` of HTML.
pub(super) fn json(out: &mut String, text: &str) {
    out.push('"');
    shown(text, |letter| match letter {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        // What HTML could take for the end of the script, or for a comment.
        '<' => out.push_str("\\u003c"),
        '>' => out.push_str("\\u003e"),
        '&' => out.push_str("\\u0026"),
        letter => out.push(letter),
    });
    out.push('"');
}

/// Adds the address of a file beside the page: never one with a scheme or a host.
pub(super) fn address(out: &mut String, file: &str) {
    out.push_str("./");
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap_or_default();
        }
    }
}

/// A number with its digits in groups of three; anything else as it is.
pub(super) fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !(rest.is_empty() || is_number(&rest[1..])) {
        return text.to_owned();
    }
    let mut out = sign.to_owned();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(make: fn(&mut String, &str), text: &str) -> String {
        let mut out = String::new();
        make(&mut out, text);
        out
    }

    const HOSTILE: &str = "</script><img src=x onerror=\"alert('1')\">&\0\u{2028}\u{202e}\u{7}";

    #[test]
    fn a_hostile_value_is_text_between_tags_and_in_attributes() {
        assert_eq!(
            made(html, HOSTILE),
            "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;\\u{0}\\u{2028}\\u{202e}\\u{7}"
        );
    }

    #[test]
    fn a_hostile_value_neither_ends_its_script_nor_turns_the_text() {
        let json = made(json, HOSTILE);
        assert!(!json.contains(['<', '>', '&', '\0', '\u{2028}', '\u{202e}']), "{json}");
        let read: String = serde_json::from_str(&json).unwrap();
        assert_eq!(
            read,
            "</script><img src=x onerror=\"alert('1')\">&\\u{0}\\u{2028}\\u{202e}\\u{7}"
        );
    }

    #[test]
    fn lines_quotes_and_scripts_of_the_world_come_through() {
        let text = "a \"b\" \\ c\r\nGröße\t高 👩\u{200d}🔬";
        let read: String = serde_json::from_str(&made(json, text)).unwrap();
        assert_eq!(read, "a \"b\" \\ c\nGröße\t高 👩\u{200d}🔬");
    }

    #[test]
    fn backticks_make_code_in_pairs_only() {
        assert_eq!(made(prose, "limits of `a<b`, not `c"), "limits of <code>a&lt;b</code>, not `c");
    }

    #[test]
    fn an_address_leads_to_a_file_beside_the_page_only() {
        assert_eq!(made(address, "javascript:alert(1)"), "./javascript%3Aalert%281%29");
        assert_eq!(made(address, "archives/a b.csv"), "./archives/a%20b.csv");
    }

    #[test]
    fn digits_are_grouped_in_numbers_only() {
        for (text, shown) in [
            ("7", "7"),
            ("1234", "1,234"),
            ("-1234567.5", "-1,234,567.5"),
            ("98.3 %", "98.3 %"),
            ("1.", "1."),
            ("", ""),
        ] {
            assert_eq!(grouped(text), shown);
        }
    }
}
