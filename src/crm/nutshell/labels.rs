//! Label maps: e-mail addresses, phones, web and postal addresses, each under a label or a number.
//!
//! An edit replaces a whole map, so it is rebuilt from what stands there and what changes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::crm::{Patch, Values};

/// The key under which the API repeats the first entry.
const PRIMARY: &str = "--primary";
/// The parts of a postal address.
const PARTS: [&str; 8] =
    ["name", "address_1", "address_2", "address_3", "city", "state", "postalCode", "country"];

/// The families of labelled values.
pub(super) const FAMILIES: [&str; 4] = ["email", "phone", "url", "address"];

/// The family of a path and the rest behind it.
pub(super) fn family_of(path: &str) -> Option<(&'static str, &str)> {
    let (word, rest) = path.split_once('.').unwrap_or((path, ""));
    FAMILIES.into_iter().find(|family| *family == word).map(|family| (family, rest))
}

fn is_number(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit())
}

/// The label in the words of the specs: numbers are no label, `work 2` is the second of `work`.
fn plain(label: &str) -> &str {
    match label.rsplit_once(' ') {
        _ if is_number(label) => "",
        Some((word, number)) if is_number(number) => word,
        Some(_) | None => label,
    }
}

/// The entries of a map, the primary one first.
fn entries(raw: Option<&Value>) -> Vec<(String, Value)> {
    let Some(Value::Object(map)) = raw else { return Vec::new() };
    let primary = map.get(PRIMARY);
    let mut entries: Vec<(String, Value)> = map
        .iter()
        .filter(|(label, _)| label.as_str() != PRIMARY)
        .map(|(label, value)| (label.clone(), value.clone()))
        .collect();
    if let Some(at) = entries.iter().position(|(_, value)| Some(value) == primary) {
        let first = entries.remove(at);
        entries.insert(0, first);
    }
    entries
}

/// A phone as it can be sent.
fn phone(value: &Value) -> String {
    let part = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let number = part("E164").or(part("number")).or(value.as_str()).unwrap_or_default();
    part("extension")
        .map_or_else(|| number.to_owned(), |extension| format!("{number} x{extension}"))
}

fn entry(family: &str, value: Value) -> Value {
    match family {
        "phone" => phone(&value).into(),
        "address" => {
            let part = |key: &str| value.get(key).filter(|part| !part.is_null()).cloned();
            let parts = PARTS.iter().filter_map(|key| Some(((*key).to_owned(), part(key)?)));
            parts.collect::<Map<_, _>>().into()
        }
        _ => value,
    }
}

/// Reads a map into fields.
pub(super) fn read(family: &str, raw: Option<&Value>, fields: &mut Values) {
    for (label, value) in entries(raw) {
        let label = plain(&label);
        let path = if label.is_empty() { family.to_owned() } else { format!("{family}.{label}") };
        let value = entry(family, value);
        if let Value::Object(parts) = value {
            for (part, value) in parts {
                add(fields, format!("{path}.{part}"), value);
            }
        } else {
            add(fields, path, value);
        }
    }
}

/// A second value of a path makes a list.
fn add(fields: &mut Values, path: String, value: Value) {
    let before = fields.remove(&path);
    let now = match before {
        None => value,
        Some(Value::Array(mut list)) => {
            list.push(value);
            Value::Array(list)
        }
        Some(first) => json!([first, value]),
    };
    fields.insert(path, now);
}

/// The maps that a patch touches, rebuilt whole.
pub(super) fn rebuild(raw: Option<&Value>, patch: &Patch, body: &mut Map<String, Value>) {
    for family in FAMILIES {
        let changes: Vec<(&str, &Option<Value>)> = patch
            .iter()
            .filter_map(|(path, value)| Some((family_of(path)?, value)))
            .filter(|((own, _), _)| *own == family)
            .map(|((_, rest), value)| (rest, value))
            .collect();
        if changes.is_empty() {
            continue;
        }
        let mut standing = entries(raw.and_then(|raw| raw.get(family)));
        for (_, value) in &mut standing {
            *value = entry(family, value.take());
        }
        let whole = if family == "address" {
            with_parts(standing, &changes)
        } else {
            changes
                .iter()
                .fold(standing, |now, (label, value)| with_values(now, label, value.as_ref()))
        };
        body.insert(family.to_owned(), whole.into_iter().collect::<Map<_, _>>().into());
    }
}

/// The entries with those of one label replaced, in their place.
fn with_values(
    mut standing: Vec<(String, Value)>,
    label: &str,
    value: Option<&Value>,
) -> Vec<(String, Value)> {
    let place = standing.iter().position(|(own, _)| plain(own) == label);
    standing.retain(|(own, _)| plain(own) != label);
    let values: Vec<Value> = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
    };
    // What has no label comes first and so becomes the primary one.
    let unplaced = if label.is_empty() { 0 } else { standing.len() };
    let place = place.unwrap_or(unplaced).min(standing.len());
    let named = values.into_iter().enumerate().map(|(at, value)| {
        let key = match (label, at) {
            ("", at) => at.to_string(),
            (label, 0) => label.to_owned(),
            (label, at) => format!("{label} {}", at + 1),
        };
        (key, value)
    });
    let tail = standing.split_off(place);
    standing.into_iter().chain(named).chain(tail).collect()
}

/// The postal addresses with some of their parts changed.
fn with_parts(
    mut standing: Vec<(String, Value)>,
    changes: &[(&str, &Option<Value>)],
) -> Vec<(String, Value)> {
    let mut by_label: BTreeMap<&str, Vec<(&str, &Option<Value>)>> = BTreeMap::new();
    for (rest, value) in changes {
        let (label, part) = rest.split_once('.').unwrap_or(("", rest));
        by_label.entry(label).or_default().push((part, value));
    }
    for (label, parts) in by_label {
        let at = standing.iter().position(|(own, _)| plain(own) == label);
        let at = at.unwrap_or_else(|| {
            let key = if label.is_empty() { "0" } else { label };
            standing.push((key.to_owned(), json!({})));
            standing.len() - 1
        });
        for (part, value) in parts {
            let Some((_, Value::Object(address))) = standing.get_mut(at) else { continue };
            match value {
                Some(value) => address.insert(part.to_owned(), value.clone()),
                None => address.shift_remove(part),
            };
        }
    }
    standing.retain(|(_, address)| address.as_object().is_some_and(|parts| !parts.is_empty()));
    standing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rebuilt(raw: &Value, patch: Value) -> Value {
        let mut body = Map::new();
        let patch: Patch = serde_json::from_value(patch).unwrap();
        rebuild(Some(raw), &patch, &mut body);
        body.into()
    }

    #[test]
    fn what_nobody_spoke_of_stays_when_a_list_is_replaced() {
        let raw = json!({"email": {"0": "old@a.example", "work": "w@a.example", "--primary": "w@a.example"}});
        assert_eq!(
            rebuilt(&raw, json!({"email": ["n@a.example", "m@a.example"]})),
            json!({"email": {"work": "w@a.example", "0": "n@a.example", "1": "m@a.example"}}),
            "the primary address stays first"
        );
        assert_eq!(
            rebuilt(&raw, json!({"email.work": null})),
            json!({"email": {"0": "old@a.example"}})
        );
        assert_eq!(rebuilt(&raw, json!({"name": "x"})), json!({}), "untouched lists are not sent");
    }

    #[test]
    fn a_phone_that_was_read_can_be_sent_again() {
        let raw = json!({"phone": {"home": {"E164": "+13035551234", "extension": "7", "number": "3035551234"},
            "0": {"E164": null, "number": "3.03E+9", "extension": null}}});
        assert_eq!(
            rebuilt(&raw, json!({"phone.mobile": "+13035550000"})),
            json!({"phone": {"home": "+13035551234 x7", "0": "3.03E+9", "mobile": "+13035550000"}})
        );
    }

    #[test]
    fn a_part_of_an_address_changes_and_the_others_stay() {
        let raw = json!({"address": {"work": {"city": "Golden", "state": "CO", "name": null, "timezone": "x", "location": {}}}});
        assert_eq!(
            rebuilt(&raw, json!({"address.work.city": "Boulder", "address.city": "Reno"})),
            json!({"address": {"work": {"city": "Boulder", "state": "CO"}, "0": {"city": "Reno"}}})
        );
    }

    #[test]
    fn maps_become_paths_and_a_second_value_makes_a_list() {
        let mut fields = Values::new();
        let raw = json!({"0": "a", "1": "b", "work": "c", "work 2": "d", "--primary": "a"});
        read("email", Some(&raw), &mut fields);
        assert_eq!(json!(fields), json!({"email": ["a", "b"], "email.work": ["c", "d"]}));
    }
}
