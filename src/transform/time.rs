//! `time`: an instant, with the offset and zone in which the source meant it.

use jiff::civil::{DateTime, Time};
use jiff::tz::AmbiguousOffset;
use serde_json::Value;

use super::cell;
use super::locale::Locale;
use super::moment::{self, Moment};
use super::remark::Reading;

/// Reads an instant; a time without a zone is meant in the source's, a day begins at its midnight.
pub(super) fn read(value: &Value, locale: &Locale) -> Reading {
    match moment::read(&cell::text(value), locale) {
        Ok(Moment::Instant(instant)) => {
            Reading::Fine(Value::String(instant.to_zoned(locale.zone.clone()).to_string()))
        }
        Ok(Moment::Clock(clock)) => on_the_clock(clock, locale),
        Ok(Moment::Day(day)) => match on_the_clock(day.to_datetime(Time::midnight()), locale) {
            Reading::Fine(value) => {
                let detail =
                    "is a day without a time; its midnight in the source's zone is written";
                Reading::noted(value, "date_only", detail)
            }
            said @ (Reading::Noted(..) | Reading::Bad(_)) => said,
        },
        Err(remark) => Reading::Bad(remark),
    }
}

fn on_the_clock(clock: DateTime, locale: &Locale) -> Reading {
    let ambiguous = locale.zone.to_ambiguous_zoned(clock);
    let offset = ambiguous.offset();
    // `compatible` takes the later time in a gap and the earlier offset in a fold.
    let Ok(zoned) = ambiguous.compatible() else {
        return Reading::bad("bad_date", "lies outside the calendar; left out");
    };
    let value = Value::String(zoned.to_string());
    match offset {
        AmbiguousOffset::Unambiguous { .. } => Reading::Fine(value),
        AmbiguousOffset::Gap { .. } => {
            let detail = "clocks skipped this time; the time after the gap is written";
            Reading::noted(value, "dst_gap", detail)
        }
        AmbiguousOffset::Fold { .. } => {
            let detail = "clocks showed this time twice; the first one is written";
            Reading::noted(value, "dst_fold", detail)
        }
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
    fn a_time_without_a_zone_is_meant_in_the_sources() {
        check("2024-12-01 08:00:00", "2024-12-01T08:00:00-07:00[America/Denver]");
        check("2024-07-01T08:00", "2024-07-01T08:00:00-06:00[America/Denver]");
    }

    #[test]
    fn a_time_with_an_offset_stays_the_same_instant() {
        check("2024-12-01T15:00:00Z", "2024-12-01T08:00:00-07:00[America/Denver]");
    }

    #[test]
    fn a_day_begins_at_its_midnight_and_that_is_said() {
        check("2024-12-01", "2024-12-01T00:00:00-07:00[America/Denver] [date_only]");
    }

    #[test]
    fn a_time_that_clocks_skipped_or_showed_twice_is_said() {
        check("2024-03-10 02:30:00", "2024-03-10T03:30:00-06:00[America/Denver] [dst_gap]");
        check("2024-11-03 01:30:00", "2024-11-03T01:30:00-06:00[America/Denver] [dst_fold]");
    }
}
