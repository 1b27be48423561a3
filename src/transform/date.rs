//! `date`: a day.

use serde_json::Value;

use super::cell;
use super::locale::Locale;
use super::moment::{self, Moment};
use super::remark::Reading;

/// Reads a day; of an instant it is the day in the source's zone.
pub(super) fn read(value: &Value, locale: &Locale) -> Reading {
    let day = match moment::read(&cell::text(value), locale) {
        Ok(Moment::Day(day)) => day,
        Ok(Moment::Clock(clock)) => clock.date(),
        Ok(Moment::Instant(instant)) => instant.to_zoned(locale.zone.clone()).date(),
        Err(remark) => return Reading::Bad(remark),
    };
    Reading::Fine(Value::String(day.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: &str) {
        let locale = Locale::of("America/Denver", &[]);
        assert_eq!(read(&json!(input), &locale).line(), expected, "{input}");
    }

    #[test]
    fn a_day_stays_a_day() {
        check("1980-05-17", "1980-05-17");
        check("2024-12-01 23:59:00", "2024-12-01");
        check("2024-12-01T03:00:00Z", "2024-11-30");
    }

    #[test]
    fn a_day_that_cannot_be_is_flagged() {
        check("0000-00-00", "[bad_date]");
    }
}
