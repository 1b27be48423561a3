//! `duration`: seconds, also from `h:mm:ss`.

use serde_json::Value;

use super::cell;
use super::remark::Reading;

/// Reads a length of time: seconds, `mm:ss` or `h:mm:ss`.
pub(super) fn read(value: &Value) -> Reading {
    let text = cell::text(value);
    match seconds(&text) {
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
    }

    #[test]
    fn what_is_no_length_of_time_is_flagged() {
        check("1:75", "[bad_duration]");
        check("short", "[bad_duration]");
    }
}
