//! Normal form: the same value as it was sent and as it is read back.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rust_decimal::Decimal;
use serde_json::{Number, Value, json};

use crate::spec::Kind;

/// The value in normal form; null for one that says nothing.
///
/// Lists are sorted, without repetition; a list of one is that one, except for links, tags and
/// sources, which are always lists.
pub fn normal(kind: &Kind, value: &Value) -> Value {
    let always_list = matches!(kind, Kind::Tags | Kind::Sources | Kind::Reference(_));
    let mut values: Vec<Value> = match value.as_array() {
        Some(list) => list.iter().map(|one| single(kind, one)).collect(),
        None if always_list => vec![single(kind, value)],
        None => return single(kind, value),
    };
    values.retain(|one| !one.is_null());
    values.sort_by_key(ToString::to_string);
    values.dedup();
    match values.len() {
        0 => Value::Null,
        1 if !always_list => values.swap_remove(0),
        _ => Value::Array(values),
    }
}

fn single(kind: &Kind, value: &Value) -> Value {
    let text = text_of(value);
    if text.is_empty() && !value.is_object() {
        return Value::Null;
    }
    match kind {
        Kind::Text
        | Kind::Choice
        | Kind::Content
        | Kind::User
        | Kind::Tags
        | Kind::Sources
        | Kind::Status(_)
        | Kind::Reference(_) => text.into(),
        Kind::Email => text.to_lowercase().into(),
        Kind::Phone => phone(&text).into(),
        Kind::Url => web_address(&text).into(),
        Kind::Country => text.to_uppercase().into(),
        Kind::Stage => text.split('/').map(single_spaced).collect::<Vec<_>>().join(" / ").into(),
        Kind::Number | Kind::Duration => {
            decimal(value).and_then(number).map_or_else(|| text.into(), Value::Number)
        }
        Kind::Money => money(value).unwrap_or_else(|| value.clone()),
        Kind::Bool => truth(value).map_or_else(|| text.into(), Value::Bool),
        Kind::Date => day(&text).map_or_else(|| text.clone(), |day| day.to_string()).into(),
        Kind::Time => instant(&text).map_or_else(|| text.clone(), utc).into(),
    }
}

/// A scalar as text: no carriage returns, nothing around it, no blanks before the end of a line.
fn text_of(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => return number.to_string(),
        Value::Bool(flag) => return flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return String::new(),
    };
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// A text with single spaces.
pub(super) fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `+13035551234 x12`; what is no such number keeps its characters.
fn phone(text: &str) -> String {
    let lower = text.to_lowercase();
    let cut = ["ext", "x"].iter().find_map(|mark| lower.find(mark)).unwrap_or(lower.len());
    let (number, rest) = lower.split_at(cut);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let plain = number.chars().all(|c| c.is_ascii_digit() || " ().-+/".contains(c));
    let own = digits(number);
    let international = number.trim_start().starts_with('+');
    let whole = match own.len() {
        _ if !plain => return single_spaced(text),
        10 if !international => format!("+1{own}"),
        11 if !international && own.starts_with('1') => format!("+{own}"),
        _ if international => format!("+{own}"),
        _ => return single_spaced(text),
    };
    match digits(rest) {
        extension if extension.is_empty() => whole,
        extension => format!("{whole} x{extension}"),
    }
}

fn web_address(text: &str) -> String {
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let shown = url::Url::parse(&whole).map_or(whole, String::from);
    shown.trim_end_matches('/').to_owned()
}

fn decimal(value: &Value) -> Option<Decimal> {
    let text = text_of(value);
    text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// A decimal as JSON: whole numbers without a fraction.
pub(super) fn number(decimal: Decimal) -> Option<Number> {
    let text = decimal.normalize().to_string();
    text.parse::<i64>().map(Number::from).ok().or_else(|| Number::from_f64(text.parse().ok()?))
}

/// `{"currency": "USD", "amount": "12.5"}`.
fn money(value: &Value) -> Option<Value> {
    let amount = decimal(value.get("amount")?)?.normalize();
    let currency = value.get("currency").map(text_of).unwrap_or_default().to_uppercase();
    Some(json!({"currency": currency, "amount": amount.to_string()}))
}

fn truth(value: &Value) -> Option<bool> {
    match text_of(value).to_lowercase().as_str() {
        "true" | "yes" | "1" | "y" => Some(true),
        "false" | "no" | "0" | "n" => Some(false),
        _ => None,
    }
}

fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// The instant that a text names, with or without zone; without any offset it is meant in UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Some(zoned.timestamp());
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let plain = strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).and_then(|parts| parts.to_timestamp());
    let civil = || text.parse::<DateTime>().and_then(|clock| clock.to_zoned(TimeZone::UTC));
    plain.or_else(|_| civil().map(|zoned| zoned.timestamp())).ok()
}

/// An instant as we send it: UTC, whole seconds.
pub(super) fn utc(instant: Timestamp) -> String {
    strtime::format("%Y-%m-%dT%H:%M:%SZ", instant).unwrap_or_else(|_| instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &Kind, sent: &Value, read: &Value) {
        assert_eq!(normal(kind, sent), normal(kind, read), "{sent} and {read}");
        let once = normal(kind, sent);
        assert_eq!(normal(kind, &once), once, "normal form is final");
    }

    #[test]
    fn a_value_reads_back_as_it_was_sent() {
        check(&Kind::Email, &json!("Ann@Mail.example"), &json!(["ann@mail.example"]));
        check(&Kind::Phone, &json!("+13035551234 x12"), &json!("(303) 555-1234 ext. 12"));
        check(&Kind::Phone, &json!("3.03555E+9"), &json!("3.03555E+9"));
        check(&Kind::Url, &json!("Shady.example/"), &json!("http://shady.example"));
        check(&Kind::Country, &json!("us"), &json!("US"));
        check(&Kind::Number, &json!("7.50"), &json!(7.5));
        check(&Kind::Number, &json!(7), &json!(7.0));
        check(
            &Kind::Money,
            &json!({"currency": "USD", "amount": "9200.00"}),
            &json!({"currency": "USD", "amount": 9200}),
        );
        check(&Kind::Bool, &json!(true), &json!("Yes"));
        check(&Kind::Date, &json!("2024-12-01"), &json!("2024-12-01T00:00:00+0000"));
        check(
            &Kind::Time,
            &json!("2024-12-01T08:00:00-07:00[America/Denver]"),
            &json!("2024-12-01T15:00:00+0000"),
        );
        check(&Kind::Text, &json!("a  \r\nb\n"), &json!("a\nb"));
        check(&Kind::Tags, &json!(["Hot", "A", "Hot"]), &json!(["A", "Hot"]));
        check(&Kind::Reference(vec![]), &json!("Accounts:7"), &json!(["Accounts:7"]));
        check(&Kind::Stage, &json!("New Business/Qualify"), &json!("New Business / Qualify"));
    }

    #[test]
    fn what_says_nothing_is_null() {
        for value in [json!(null), json!(""), json!("  "), json!([]), json!([""])] {
            assert_eq!(normal(&Kind::Text, &value), Value::Null, "{value}");
        }
    }
}
