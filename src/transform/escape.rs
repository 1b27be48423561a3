//! Data in a Markdown document: what would be read as a mark is shown as it is.

use minijinja::Value;
use minijinja::value::ValueKind;

/// Letters that mean something wherever they stand.
const MARKS: &str = "\\`*[]<>|~";

/// A value on one line, for headings, paragraphs and lists.
pub(super) fn inline(value: &Value) -> String {
    escaped(&words(value), " ")
}

/// A value in a cell of a table.
pub(super) fn cell(value: &Value) -> String {
    escaped(&words(value), "<br>")
}

/// A block of text that stands as it is, in a fence longer than any that the text holds.
pub(super) fn fence(value: &Value, language: Option<&str>) -> String {
    let text = words(value).replace("\r\n", "\n");
    let mut longest = 0;
    let mut run = 0;
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{}\n{}\n{fence}", language.unwrap_or_default(), text.trim_matches('\n'))
}

/// A value as JSON on several lines; a text that is JSON is set out the same way.
pub(super) fn pretty(value: &Value) -> String {
    let value = parsed(value);
    if value.as_str().is_some() || value.is_undefined() {
        return words(&value);
    }
    serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string())
}

/// The value that a text of JSON stands for; what is none stays as it is.
pub(super) fn parsed(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default().trim();
    if !text.starts_with(['{', '[']) {
        return value.clone();
    }
    serde_json::from_str::<serde_json::Value>(text)
        .map_or_else(|_| value.clone(), |parsed| super::page::shown(&parsed))
}

/// The value as text: lists and objects as JSON, nothing as nothing.
fn words(value: &Value) -> String {
    let kind = value.kind();
    if matches!(kind, ValueKind::Undefined | ValueKind::None) {
        String::new()
    } else if matches!(kind, ValueKind::Seq | ValueKind::Map | ValueKind::Iterable) {
        serde_json::to_string(value).unwrap_or_else(|_| value.to_string())
    } else {
        value.to_string()
    }
}

fn escaped(text: &str, newline: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for (number, line) in text.trim().lines().enumerate() {
        if number > 0 {
            made.push_str(newline);
        }
        escape_line(line.trim(), &mut made);
    }
    made
}

fn escape_line(line: &str, made: &mut String) {
    // What would begin a heading, a list or a quotation does so at the start of a line only.
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let numbered = digits > 0 && line[digits..].starts_with(['.', ')']);
    let mut before = None;
    for (at, letter) in line.char_indices() {
        let after = line[at + letter.len_utf8()..].chars().next();
        let inside = |side: Option<char>| side.is_some_and(char::is_alphanumeric);
        let marks = match letter {
            '_' => !(inside(before) && inside(after)),
            '&' => after.is_some_and(|after| after.is_ascii_alphabetic() || after == '#'),
            '#' | '-' | '+' | '=' => at == 0,
            '.' | ')' => numbered && at == digits,
            _ => MARKS.contains(letter),
        };
        if marks {
            made.push('\\');
        }
        if !letter.is_control() {
            made.push(letter);
        }
        before = Some(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(inline(&Value::from(text)), expected, "{text}");
    }

    #[test]
    fn what_would_be_read_as_a_mark_is_shown_as_it_is() {
        check("# 1 *big* [deal](x) | <b>", r"\# 1 \*big\* \[deal\](x) \| \<b\>");
        check("first_name _x_ `y` ~~z~~", r"first_name \_x\_ \`y\` \~\~z\~\~");
        check("1. AT&T &amp; Co\\", r"1\. AT\&T \&amp; Co\\");
        check("- no list, 2 - 1", r"\- no list, 2 - 1");
        check("{!Contact.FirstName}", "{!Contact.FirstName}");
        check("a\n# b\u{1b}", r"a \# b");
    }

    #[test]
    fn a_cell_keeps_its_lines_and_its_row() {
        assert_eq!(cell(&Value::from("a|b\r\nc")), r"a\|b<br>c");
        assert_eq!(cell(&Value::UNDEFINED), "");
        let nested = crate::transform::page::shown(&serde_json::json!({"a": [1, "x|y"]}));
        assert_eq!(cell(&nested), r#"{"a":\[1,"x\|y"\]}"#);
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let text = Value::from("a\n````js\nb\n````");
        assert_eq!(fence(&text, Some("html")), "`````html\na\n````js\nb\n````\n`````");
        assert_eq!(fence(&Value::from("x"), None), "```\nx\n```");
    }

    #[test]
    fn json_is_set_out_and_other_text_stays() {
        assert_eq!(
            pretty(&Value::from(r#"{"b":1,"a":[2]}"#)),
            "{\n  \"b\": 1,\n  \"a\": [\n    2\n  ]\n}"
        );
        assert_eq!(pretty(&Value::from("{broken")), "{broken");
    }
}
