//! Text as a moment: an instant, a time on a wall clock, or a day.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::locale::Locale;
use super::remark::Remark;

/// What a text says about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// A point in time: the text carries an offset.
    Instant(Timestamp),
    /// A reading of a wall clock.
    Clock(DateTime),
    /// A day.
    Day(Date),
}

/// Reads a moment: the source's formats in order, then the international ones.
pub(super) fn read(text: &str, locale: &Locale) -> Result<Moment, Remark> {
    let mut found: Option<Moment> = None;
    for format in &locale.formats {
        // A year that cannot be meant is no reading: `%Y` takes `24` for the year 24.
        let read = formatted(format, text).filter(|moment| moment.is_plausible());
        let Some(moment) = read else { continue };
        match found {
            Some(first) if first != moment => {
                let detail = "two formats of the source read it differently; left out";
                return Err(Remark::new("ambiguous_date", detail));
            }
            Some(_) => {}
            None => found = Some(moment),
        }
    }
    if let Some(moment) = found {
        return Ok(moment);
    }
    match international(text) {
        Some(moment) if moment.is_plausible() => Ok(moment),
        Some(_) => Err(Remark::new("bad_date", "lies outside the years 1900 to 2200; left out")),
        None => Err(Remark::new("bad_date", "is no date in any format of the source; left out")),
    }
}

impl Moment {
    fn is_plausible(self) -> bool {
        let year = match self {
            Self::Instant(instant) => instant.to_zoned(TimeZone::UTC).year(),
            Self::Clock(clock) => clock.year(),
            Self::Day(day) => day.year(),
        };
        (1900..=2200).contains(&year)
    }

    /// The instant that is meant in a zone, a day from its midnight; for comparing.
    pub(super) fn instant(self, zone: &TimeZone) -> Option<Timestamp> {
        let clock = match self {
            Self::Instant(instant) => return Some(instant),
            Self::Clock(clock) => clock,
            Self::Day(day) => day.to_datetime(Time::midnight()),
        };
        clock.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
    }
}

fn formatted(format: &str, text: &str) -> Option<Moment> {
    let parsed = strtime::parse(format, text).ok()?;
    if parsed.offset().is_some() {
        return parsed.to_timestamp().ok().map(Moment::Instant);
    }
    let day = parsed.to_date().ok()?;
    match parsed.hour() {
        Some(_) => parsed.to_datetime().ok().map(Moment::Clock),
        None => Some(Moment::Day(day)),
    }
}

/// RFC 3339 and what looks like it: `2024-12-01T08:00:00Z`, `2024-12-01 08:00`, `2024-12-01`.
fn international(text: &str) -> Option<Moment> {
    if !text.starts_with(|letter: char| letter.is_ascii_digit()) || text.len() < 10 {
        return None;
    }
    if text.len() == 10 {
        return text.parse().ok().map(Moment::Day);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(Moment::Instant(instant));
    }
    if !text.is_ascii() || !matches!(text.as_bytes()[10], b'T' | b't' | b' ') {
        return None;
    }
    text.parse().ok().map(Moment::Clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, formats: &[&str], expected: &str) {
        let line = match read(input, &Locale::of("UTC", formats)) {
            Ok(moment) => format!("{moment:?}"),
            Err(remark) => remark.code.to_owned(),
        };
        assert_eq!(line, expected, "{input}");
    }

    #[test]
    fn international_forms_are_always_understood() {
        check("2024-12-01 08:00:00", &[], "Clock(2024-12-01T08:00:00)");
        check("2025-04-02T09:00", &[], "Clock(2025-04-02T09:00:00)");
        check("2024-12-01", &[], "Day(2024-12-01)");
        check("2024-12-01T15:00:00Z", &["%m/%d/%Y"], "Instant(2024-12-01T15:00:00Z)");
        check("2024-12-01T08:00:00-07:00", &[], "Instant(2024-12-01T15:00:00Z)");
    }

    #[test]
    fn the_formats_of_the_source_are_tried_in_order() {
        let formats = ["%m/%d/%Y %I:%M %p", "%m/%d/%Y"];
        check("11/03/2024 1:30 AM", &formats, "Clock(2024-11-03T01:30:00)");
        check("06/30/2026", &formats, "Day(2026-06-30)");
    }

    #[test]
    fn one_digit_and_small_letters_are_the_same_format() {
        let formats = ["%m/%d/%Y %I:%M %p", "%m/%d/%Y"];
        for input in ["3/7/2024 2:05 PM", "03/07/2024 02:05 pm", "3/7/2024  2:05PM"] {
            check(input, &formats, "Clock(2024-03-07T14:05:00)");
        }
        check("3/7/2024 12:05 am", &formats, "Clock(2024-03-07T00:05:00)");
        check("3/7/2024", &formats, "Day(2024-03-07)");
        check("3/7/2024 14:05 PM", &formats, "bad_date");
        check("3/7/2024 14:05", &formats, "bad_date");
    }

    #[test]
    fn two_formats_in_a_column_are_both_read() {
        let formats = ["%m/%d/%Y", "%d.%m.%Y"];
        check("03/31/2025", &formats, "Day(2025-03-31)");
        check("31.03.2025", &formats, "Day(2025-03-31)");
        let years = ["%m/%d/%Y", "%m/%d/%y"];
        check("03/31/25", &years, "Day(2025-03-31)");
        check("03/31/2025", &years, "Day(2025-03-31)");
    }

    #[test]
    fn a_date_that_two_formats_read_differently_is_flagged_not_guessed() {
        let formats = ["%m/%d/%Y", "%d/%m/%Y"];
        check("03/04/2025", &formats, "ambiguous_date");
        check("03/31/2025", &formats, "Day(2025-03-31)");
        check("04/04/2025", &formats, "Day(2025-04-04)");
    }

    #[test]
    fn dates_that_cannot_be_are_flagged() {
        for input in ["0000-00-00", "0023-05-01", "2024-02-30", "soon", "45000"] {
            check(input, &[], "bad_date");
        }
        check("0000-00-00 00:00:00", &[], "bad_date");
        for input in ["05/01/0023", "5/1/23", "02/30/2024"] {
            check(input, &["%m/%d/%Y"], "bad_date");
        }
    }
}
