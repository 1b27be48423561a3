//! `country`: ISO 3166 from the usual spellings.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::ground::compared;

use super::cell;
use super::remark::Reading;

/// Spellings that the standard does not list.
const USUAL: [(&str, &str); 34] = [
    ("usa", "US"),
    ("u.s.", "US"),
    ("u.s.a.", "US"),
    ("united states", "US"),
    ("america", "US"),
    ("uk", "GB"),
    ("u.k.", "GB"),
    ("united kingdom", "GB"),
    ("great britain", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("deutschland", "DE"),
    ("holland", "NL"),
    ("the netherlands", "NL"),
    ("netherlands", "NL"),
    ("russia", "RU"),
    ("south korea", "KR"),
    ("czech republic", "CZ"),
    ("turkey", "TR"),
    ("vietnam", "VN"),
    ("uae", "AE"),
    ("schweiz", "CH"),
    ("suisse", "CH"),
    ("österreich", "AT"),
    ("españa", "ES"),
    ("italia", "IT"),
    ("brasil", "BR"),
    ("méxico", "MX"),
    ("republic of ireland", "IE"),
    ("wales", "GB"),
    ("northern ireland", "GB"),
    ("u.s", "US"),
    ("u s a", "US"),
    ("u.k", "GB"),
];

static NAMES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let listed = rust_iso3166::ALL.iter();
    let names = listed.map(|country| (compared(country.name), country.alpha2));
    names.chain(USUAL.map(|(name, code)| (name.to_owned(), code))).collect()
});

/// The two letters of a country, if the text is certain to mean it.
pub(super) fn code(text: &str) -> Option<&'static str> {
    let upper = text.to_uppercase();
    rust_iso3166::from_alpha2(&upper)
        .or_else(|| rust_iso3166::from_alpha3(&upper))
        .map(|country| country.alpha2)
        .or_else(|| NAMES.get(&compared(text)).copied())
}

/// Reads a country as its two letters; what is not certain is kept as it stands.
pub(super) fn read(value: &Value) -> Reading {
    let text = cell::text(value);
    if let Some(code) = code(&text) {
        return Reading::Fine(Value::String(code.to_owned()));
    }
    let raw = Value::String(text.into_owned());
    Reading::noted(raw, "bad_country", "is no country of ISO 3166; kept as it is")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: &str) {
        assert_eq!(read(&json!(input)).line(), expected, "{input}");
    }

    #[test]
    fn the_usual_spellings_of_a_country_are_one() {
        for input in ["USA", "U.S.", "us", "United\u{a0} States", "United States of America"] {
            check(input, "US");
        }
        check("Germany", "DE");
        check("DEU", "DE");
    }

    #[test]
    fn an_unknown_country_is_kept_as_it_stands_and_said() {
        check("Atlantis", "Atlantis [bad_country]");
    }
}
