//! `date`: a day.

use jiff::civil::Date;
use serde_json::Value;

use super::cell;
use super::locale::Locale;
use super::moment::{self, Moment};
use super::remark::Reading;

/// Reads a day; of an instant it is the day in the source's zone.
pub(super) fn read(value: &Value, locale: &Locale) -> Reading {
    let text = cell::text(value);
    let fine = |day: Date| Reading::Fine(Value::String(day.to_string()));
    match moment::read(&text, locale) {
        Ok(Moment::Day(day)) => fine(day),
        Ok(Moment::Clock(clock)) => fine(clock.date()),
        Ok(Moment::Instant(instant)) => {
            let day = instant.to_zoned(locale.zone.clone()).date();
            match text.get(..10).and_then(|start| start.parse::<Date>().ok()) {
                Some(said) if said != day => {
                    let detail = format!("is {day} in the source's zone, and so it is written");
                    Reading::noted(Value::String(day.to_string()), "day_moved", detail)
                }
                Some(_) | None => fine(day),
            }
        }
        Err(remark) => Reading::Bad(remark),
    }
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
        check("2024-12-01T15:00:00Z", "2024-12-01");
    }

    #[test]
    fn an_instant_that_falls_on_another_day_in_the_sources_zone_is_said() {
        check("2024-12-01T03:00:00Z", "2024-11-30 [day_moved]");
    }

    #[test]
    fn a_day_that_cannot_be_is_flagged() {
        check("0000-00-00", "[bad_date]");
    }
}
