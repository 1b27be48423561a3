//! A cell of a sheet as the text that a person sees in it.

use calamine::{DataRef, ExcelDateTime};
use jiff::Unit;
use jiff::civil::DateTime;

/// From here on a number has more digits than the 15 that Excel keeps.
const DIGITS_LOST_FROM: f64 = 1e15;

/// The day behind 9999-12-31, in days since Excel's beginning.
const DAYS_END: f64 = 2_958_466.0;

/// What a cell shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing at all.
    Nothing,
    /// Text, or a value as text.
    Text(String),
    /// A number whose last digits may be lost.
    Rounded(String),
    /// An error of Excel's: `#N/A`.
    Error(String),
}

/// What a cell shows: integers without `.0`, dates and times as ISO writes them, `true` and `false`.
pub(super) fn shown(cell: &DataRef<'_>) -> Shown {
    let text = match cell {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(moment) => moment_text(moment),
        DataRef::Error(error) => return Shown::Error(error.to_string()),
    };
    match cell {
        _ if text.is_empty() => Shown::Nothing,
        DataRef::Float(number) if number.abs() >= DIGITS_LOST_FROM => Shown::Rounded(text),
        DataRef::Float(_)
        | DataRef::Empty
        | DataRef::Int(_)
        | DataRef::String(_)
        | DataRef::SharedString(_)
        | DataRef::Bool(_)
        | DataRef::DateTime(_)
        | DataRef::DateTimeIso(_)
        | DataRef::DurationIso(_)
        | DataRef::Error(_) => Shown::Text(text),
    }
}

/// All digits of an integer, and of other numbers the 15 that Excel shows: it stores 0.3 as
/// 0.30000000000000004 where that came out of a sum.
fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".into();
    }
    if number.fract() == 0.0 {
        return number.to_string();
    }
    format!("{number:.14e}").parse::<f64>().unwrap_or(number).to_string()
}

/// A moment of Excel's; one that is in no calendar stays the number that it is stored as.
fn moment_text(moment: &ExcelDateTime) -> String {
    let days = moment.as_f64();
    if moment.is_duration() {
        return duration_text(days);
    }
    match calendar(moment) {
        Some(time) if (0.0..1.0).contains(&days) => time.time().to_string(),
        Some(time) if time.time() == jiff::civil::Time::midnight() => time.date().to_string(),
        Some(time) => time.to_string(),
        None => number_text(days),
    }
}

fn calendar(moment: &ExcelDateTime) -> Option<DateTime> {
    if !(0.0..DAYS_END).contains(&moment.as_f64()) {
        return None;
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let time = DateTime::new(
        year.try_into().ok()?,
        month.try_into().ok()?,
        day.try_into().ok()?,
        hour.try_into().ok()?,
        minute.try_into().ok()?,
        second.try_into().ok()?,
        i32::from(milli) * 1_000_000,
    );
    let time = time.ok()?;
    // 14:00 is a fraction of a day, and may be stored as 13:59:59.999.
    if (2..=998).contains(&milli) { Some(time) } else { time.round(Unit::Second).ok() }
}

/// `26:30:00`, as `[h]:mm:ss` shows it.
fn duration_text(days: f64) -> String {
    let seconds = (days.abs() * 86_400.0).round();
    let hours = (seconds / 3_600.0).floor();
    let minutes = (seconds % 3_600.0 / 60.0).floor();
    let sign = if days < 0.0 && seconds > 0.0 { "-" } else { "" };
    format!("{sign}{hours:.0}:{minutes:02.0}:{:02.0}", seconds % 60.0)
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::*;

    fn text(cell: &DataRef<'_>) -> String {
        match shown(cell) {
            Shown::Text(text) => text,
            other @ (Shown::Nothing | Shown::Rounded(_) | Shown::Error(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_shown_with_the_digits_that_a_person_sees() {
        for (number, expected) in [
            (17.0, "17"),
            (-0.0, "0"),
            (212_556_000_000.0, "212556000000"),
            (0.1 + 0.2, "0.3"),
            (1_234.559_999_999_999_7, "1234.56"),
            (-99.5, "-99.5"),
            (0.000_000_12, "0.00000012"),
        ] {
            assert_eq!(text(&DataRef::Float(number)), expected);
        }
    }

    #[test]
    fn a_number_of_more_than_15_digits_is_not_taken_for_exact() {
        let shown_of = |number| shown(&DataRef::Float(number));
        let rounded = "550012345678901000000";
        assert_eq!(shown_of(5.500_123_456_789_01e20), Shown::Rounded(rounded.into()));
        assert_eq!(shown_of(1e15), Shown::Rounded("1000000000000000".into()));
        assert_eq!(shown_of(999_999_999_999_999.0), Shown::Text("999999999999999".into()));
    }

    #[test]
    fn text_truths_and_errors_stay_what_they_are() {
        assert_eq!(text(&DataRef::SharedString("007")), "007");
        assert_eq!(text(&DataRef::String(" x ".into())), " x ");
        assert_eq!(text(&DataRef::Bool(true)), "true");
        assert_eq!(shown(&DataRef::Error(CellErrorType::NA)), Shown::Error("#N/A".into()));
        assert_eq!(shown(&DataRef::SharedString("")), Shown::Nothing);
        assert_eq!(shown(&DataRef::Empty), Shown::Nothing);
    }

    #[test]
    fn dates_and_times_are_shown_as_iso_writes_them() {
        let cases = [
            (45_663.0, false, "2025-01-06"),
            (45_663.583_333_333_336, false, "2025-01-06T14:00:00"),
            (45_663.583_333_333_33, false, "2025-01-06T14:00:00"),
            (45_663.999_999_999, false, "2025-01-07"),
            (45_663.500_005_787, false, "2025-01-06T12:00:00.5"),
            (44_201.0, true, "2025-01-06"),
            (0.583_333_333_333_333_3, false, "14:00:00"),
            (1.0, false, "1900-01-01"),
            (60.0, false, "60"),
            (61.0, false, "1900-03-01"),
            (2_958_465.0, false, "9999-12-31"),
            (2_958_466.0, false, "2958466"),
            (-1.0, false, "-1"),
        ];
        for (days, is_1904, expected) in cases {
            let moment = ExcelDateTime::new(days, ExcelDateTimeType::DateTime, is_1904);
            assert_eq!(text(&DataRef::DateTime(moment)), expected, "{days}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_hours() {
        for (days, expected) in
            [(1.104_166_666_666_666_7, "26:30:00"), (-0.5, "-12:00:00"), (0.0, "0:00:00")]
        {
            let duration = ExcelDateTime::new(days, ExcelDateTimeType::TimeDelta, false);
            assert_eq!(text(&DataRef::DateTime(duration)), expected);
        }
    }
}
