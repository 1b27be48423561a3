//! JSON text to values without losing a digit, and without being led too deep.

use std::borrow::Cow;

use serde_json::Value;

/// How deep values may nest.
const DEPTH_MAX: usize = 64;

/// Digits that a double keeps exactly.
const DIGITS_EXACT: usize = 15;

/// Parses JSON; a number that a double cannot hold exactly becomes text with the same digits.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let quoted = quote_numbers(text)?;
    serde_json::from_str(&quoted).map_err(|error| error.to_string())
}

/// Puts quotes around the numbers that would lose digits.
fn quote_numbers(text: &str) -> Result<Cow<'_, str>, String> {
    let bytes = text.as_bytes();
    let mut quoted = String::new();
    let (mut copied, mut at, mut depth) = (0, 0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(format!("it nests deeper than {DEPTH_MAX} levels"));
                }
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let end = end_of_number(bytes, at);
                if is_number(&text[at..end]) && !is_exact(&text[at..end]) {
                    quoted.push_str(&text[copied..at]);
                    quoted.extend(["\"", &text[at..end], "\""]);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Ok(Cow::Borrowed(text));
    }
    quoted.push_str(&text[copied..]);
    Ok(Cow::Owned(quoted))
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
    start + bytes[start..].iter().take_while(|byte| part(byte)).count()
}

/// Whether it is a number by JSON's grammar; what is not stays as it is, for the parser to refuse.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    digits(whole) && digits(fraction) && digits(exponent) && !leading_zero
}

fn is_exact(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let small_exponent = exponent.parse::<i32>().is_ok_and(|exponent| exponent.abs() < 290);
    digits <= DIGITS_EXACT && small_exponent
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: Value) {
        assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
    }

    #[test]
    fn an_id_beyond_what_a_double_holds_survives_digit_by_digit() {
        check(
            r#"{"id": 550012345678901234567, "n": 42}"#,
            json!({"id": "550012345678901234567", "n": 42}),
        );
        check("[-9007199254740993]", json!(["-9007199254740993"]));
        check("[0.12345678901234567]", json!(["0.12345678901234567"]));
        check("[1e400]", json!(["1e400"]));
    }

    #[test]
    fn ordinary_numbers_stay_numbers_and_digits_in_text_are_left_alone() {
        check("[12.5, -3, 1e3, 900719925474099]", json!([12.5, -3, 1e3, 900_719_925_474_099_u64]));
        check(
            r#"["a \" 550012345678901234567", "\\"]"#,
            json!(["a \" 550012345678901234567", "\\"]),
        );
        check("\u{feff}[1]", json!([1]));
    }

    #[test]
    fn broken_numbers_and_deep_nests_are_refused() {
        assert!(parse(b"[00550012345678901234567]").is_err());
        assert!(parse(b"[1, 2").is_err());
        let deep = "[".repeat(65) + &"]".repeat(65);
        assert!(parse(deep.as_bytes()).unwrap_err().contains("deeper"));
    }
}
