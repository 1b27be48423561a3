//! `duration`: seconds, also from `h:mm:ss` and from words.

use jiff::SignedDuration;
use serde_json::Value;

use super::cell;
use super::remark::Reading;

/// Reads a length of time: seconds, `mm:ss`, `h:mm:ss`, or with units (`3 min`, `1h 5m`, `PT3M`).
pub(super) fn read(value: &Value) -> Reading {
    let text = cell::text(value);
    match seconds(&text).or_else(|| with_units(&text)) {
        Some(seconds) => Reading::Fine(Value::from(seconds)),
        None => Reading::bad("bad_duration", "is no length of time; left out"),
    }
}

fn seconds(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    let mut sum = 0_u64;
    for (position, part) in parts.iter().enumerate() {
        let figure: u64 = part.parse().ok()?;
        if position > 0 && (figure > 59 || part.len() != 2) {
            return None;
        }
        sum = sum.checked_mul(60)?.checked_add(figure)?;
    }
    Some(sum)
}

/// Whole seconds of a length with units; a part of a second does not count.
fn with_units(text: &str) -> Option<u64> {
    // Figures with colons were looked at already, and found wrong.
    if text.contains(':') {
        return None;
    }
    let length: SignedDuration = text.to_lowercase().parse().ok()?;
    u64::try_from(length.as_secs()).ok().filter(|_| !length.is_negative())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: &str) {
        assert_eq!(read(&json!(input)).line(), expected, "{input}");
    }

    #[test]
    fn a_length_of_time_is_seconds_however_it_is_written() {
        check("0:03:27", "207");
        check("03:27", "207");
        check("207", "207");
        check("1:00:00", "3600");
        assert_eq!(read(&json!(207)).line(), "207");
    }

    #[test]
    fn a_length_of_time_with_units_is_understood() {
        for (input, seconds) in [
            ("3 min", "180"),
            ("3 mins 27 secs", "207"),
            ("1h 5m", "3900"),
            ("2 Hours", "7200"),
            ("45 sec", "45"),
            ("1.5 h", "5400"),
            ("PT3M27S", "207"),
        ] {
            check(input, seconds);
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_flagged() {
        check("1:75", "[bad_duration]");
        check("short", "[bad_duration]");
        check("12:03:27 AM", "[bad_duration]");
        check("3 min ago", "[bad_duration]");
        check("-5", "[bad_duration]");
        check("0.0023958", "[bad_duration]");
    }
}
