//! What the server makes of the values it is given: names split, phones taken apart, URLs completed,
//! label maps with `--primary`.

use serde_json::{Map, Value, json};

/// The key under which the first entry of a label map is repeated.
const PRIMARY: &str = "--primary";

/// A value as text; numbers count, empty does not.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// A person's name: a string is split at its last space, an object is completed.
pub(crate) fn person_name(value: &Value) -> Option<Value> {
    if let Value::Object(given) = value {
        let part = |key: &str| given.get(key).and_then(text).unwrap_or_default();
        let (first, last, salutation) = (part("givenName"), part("familyName"), part("salutation"));
        let shown = given.get("displayName").and_then(text).unwrap_or_else(|| {
            [first.as_str(), last.as_str()]
                .iter()
                .filter(|part| !part.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(" ")
        });
        return (!shown.is_empty()).then(|| {
            json!({"givenName": first, "familyName": last, "salutation": salutation, "displayName": shown})
        });
    }
    let whole = text(value)?;
    let whole = whole.split_whitespace().collect::<Vec<_>>().join(" ");
    let (first, last) = whole.rsplit_once(' ').unwrap_or((whole.as_str(), ""));
    Some(json!({"givenName": first, "familyName": last, "salutation": "", "displayName": whole}))
}

/// Entries of a label map, whichever way they were given: text, list or object.
fn entries(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(label, _)| label.as_str() != PRIMARY)
            .map(|(label, entry)| (label.clone(), entry))
            .collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(at, entry)| (at.to_string(), entry)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            vec![("0".to_owned(), value)]
        }
    }
}

/// A label map with its `--primary`; nothing when no entry holds anything.
fn labelled(value: &Value, entry: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let mut map: Map<String, Value> = entries(value)
        .into_iter()
        .filter_map(|(label, given)| Some((label, entry(given)?)))
        .collect();
    let first = map.values().next()?.clone();
    let primary = value.get(PRIMARY).and_then(entry);
    map.insert(PRIMARY.to_owned(), primary.unwrap_or(first));
    Some(Value::Object(map))
}

/// E-mail addresses.
pub(crate) fn emails(value: &Value) -> Option<Value> {
    labelled(value, |given| text(given).map(|address| Value::String(address.trim().to_owned())))
}

/// Web addresses; one without a scheme gains `http://`.
pub(crate) fn urls(value: &Value) -> Option<Value> {
    labelled(value, |given| {
        let address = text(given)?;
        let address = address.trim();
        let whole =
            if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        Some(Value::String(whole))
    })
}

/// Telephone numbers.
pub(crate) fn phones(value: &Value) -> Option<Value> {
    labelled(value, |given| match given {
        // As read back: sent again by clients that rebuild a whole list.
        Value::Object(read) => {
            let number =
                read.get("E164").and_then(text).or_else(|| read.get("number").and_then(text))?;
            let extension = read.get("extension").and_then(text);
            Some(phone(&extension.map_or(number.clone(), |ext| format!("{number} x{ext}"))))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            text(given).map(|number| phone(&number))
        }
    })
}

/// One telephone number: taken apart when it is plainly North American or starts with `+`, else kept as given.
fn phone(given: &str) -> Value {
    let given = given.trim();
    let lower = given.to_ascii_lowercase();
    let cut = ["ext", "x"].iter().find_map(|mark| lower.find(mark)).unwrap_or(given.len());
    let (number, rest) = given.split_at(cut);
    let extension: String = rest.chars().filter(char::is_ascii_digit).collect();
    let extension = if extension.is_empty() { Value::Null } else { Value::String(extension) };
    let plain = number.chars().all(|c| c.is_ascii_digit() || " ().-+/".contains(c));
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix('1').filter(|rest| rest.len() == 10).unwrap_or(&digits);
    let american =
        !number.trim_start().starts_with('+') || digits.len() == 11 && digits.starts_with('1');
    if plain && national.len() == 10 && american {
        return json!({
            "countryCode": "1", "number": national, "extension": extension,
            "numberFormatted": format!("{}-{}-{}", &national[..3], &national[3..6], &national[6..]),
            "E164": format!("+1{national}"), "countryCodeAndNumber": format!("+1 {national}"),
        });
    }
    if plain && number.trim_start().starts_with('+') && (8..=15).contains(&digits.len()) {
        // Which digits are the country code is not worked out here: the number stays whole.
        return json!({
            "countryCode": "", "number": digits, "extension": extension,
            "numberFormatted": number.trim(), "E164": format!("+{digits}"),
            "countryCodeAndNumber": format!("+{digits}"),
        });
    }
    json!({
        "countryCode": "1", "number": given, "extension": null,
        "numberFormatted": given, "E164": null, "countryCodeAndNumber": given,
    })
}

/// The parts of a postal address that are kept.
const PARTS: [&str; 8] =
    ["name", "address_1", "address_2", "address_3", "city", "state", "postalCode", "country"];

/// Postal addresses: a map of labels, a list, or one address on its own.
pub(crate) fn addresses(value: &Value) -> Option<Value> {
    let alone = value
        .as_object()
        .is_some_and(|map| PARTS.iter().any(|part| map.get(*part).is_some_and(Value::is_string)));
    let wrapped;
    let value = if alone {
        wrapped = Value::Array(vec![value.clone()]);
        &wrapped
    } else {
        value
    };
    labelled(value, |given| {
        let given = given.as_object()?;
        let part = |key: &str| given.get(key).and_then(text);
        PARTS.iter().any(|key| part(key).is_some()).then(|| {
            let mut address = Map::new();
            for key in PARTS {
                address.insert(key.to_owned(), part(key).map_or(Value::Null, Value::String));
            }
            address.insert("location".to_owned(), Value::Null);
            address.insert("locationAccuracy".to_owned(), Value::Null);
            address.insert("timezone".to_owned(), Value::Null);
            Value::Object(address)
        })
    })
}

/// A time, however the caller wrote it, as the API writes it; `None` when it is no time.
pub(crate) fn time(value: &Value) -> Option<String> {
    let given = text(value)?;
    let given = given.trim();
    let parsed = given
        .parse::<jiff::Timestamp>()
        .or_else(|_| {
            jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", given)
                .and_then(|parts| parts.to_timestamp())
        })
        .or_else(|_| {
            given
                .parse::<jiff::civil::DateTime>()
                .and_then(|local| local.to_zoned(jiff::tz::TimeZone::UTC))
                .map(|zoned| zoned.timestamp())
        });
    parsed.ok().map(super::work::stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ten_digit_phone_becomes_e164_and_anything_unsure_stays_as_given() {
        let map = phones(&json!({"work": "(303) 555-1235 x12", "home": "3.03555E+9", "cell": "+44 20 7946 0018"})).unwrap();
        assert_eq!(map["work"]["E164"], "+13035551235");
        assert_eq!(map["work"]["extension"], "12");
        assert_eq!(map["home"]["number"], "3.03555E+9");
        assert_eq!(map["home"]["E164"], Value::Null);
        assert_eq!(map["cell"]["E164"], "+442079460018");
        assert_eq!(map["--primary"], map["work"]);
    }

    #[test]
    fn a_name_is_split_at_its_last_space_and_a_url_gains_a_scheme() {
        assert_eq!(person_name(&json!("Ana  Maria Lopez")).unwrap()["givenName"], "Ana Maria");
        assert_eq!(urls(&json!("shadyacres.example")).unwrap()["0"], "http://shadyacres.example");
        assert_eq!(emails(&json!({"0": " "})), None);
    }

    #[test]
    fn times_are_read_with_and_without_a_colon_in_the_offset() {
        for given in
            ["2024-03-20T22:50:06+0000", "2024-03-20T22:50:06+00:00", "2024-03-20T22:50:06Z"]
        {
            assert_eq!(time(&json!(given)).as_deref(), Some("2024-03-20T22:50:06+0000"), "{given}");
        }
        assert_eq!(time(&json!("soon")), None);
    }
}
