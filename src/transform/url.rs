//! `url`: a web address, kept as given.

use serde_json::Value;

use super::cell;
use super::remark::Reading;

/// Reads a web address, with or without its scheme; it is kept as it was given.
pub(super) fn read(value: &Value) -> Reading {
    let text = cell::text(value);
    match host(&text) {
        Some(_) => Reading::Fine(Value::String(text.into_owned())),
        None => Reading::bad("bad_url", "is not a web address; left out"),
    }
}

/// The host of a web address, in lower case.
pub(super) fn host(text: &str) -> Option<String> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let address = url::Url::parse(&whole).ok()?;
    let host = address.host_str()?;
    let plausible = matches!(address.scheme(), "http" | "https")
        && host.contains('.')
        && !text.contains(char::is_whitespace);
    plausible.then(|| host.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: &str) {
        assert_eq!(read(&json!(input)).line(), expected, "{input}");
    }

    #[test]
    fn a_web_address_is_kept_as_given_with_or_without_its_scheme() {
        check("www.shadyacres.example", "www.shadyacres.example");
        check(" https://Shady.example/a?b=1 ", "https://Shady.example/a?b=1");
    }

    #[test]
    fn text_that_is_no_address_is_flagged() {
        check("none yet", "[bad_url]");
        check("javascript:alert(1)", "[bad_url]");
        check("localhost", "[bad_url]");
    }
}
