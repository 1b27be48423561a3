//! Times on the office's wall clock, in the form Allegory writes.

use jiff::ToSpan;
use jiff::civil::DateTime;

/// `03/07/2024 2:05 PM`.
pub(crate) fn time(at: DateTime) -> String {
    at.strftime("%m/%d/%Y %-I:%M %p").to_string()
}

/// `03/07/2024`.
pub(crate) fn day(at: DateTime) -> String {
    at.strftime("%m/%d/%Y").to_string()
}

/// A time in office hours, some days away from `now`: no clock is ever changed in those hours.
pub(crate) fn office(rng: &mut fastrand::Rng, now: DateTime, days: i64) -> DateTime {
    let at = now.checked_add(days.days()).unwrap_or(now);
    at.with()
        .hour(rng.i8(8..18))
        .minute(rng.i8(0..60))
        .second(0)
        .subsec_nanosecond(0)
        .build()
        .unwrap_or(at)
}

/// A time in office hours in the last `days` days, today not among them.
pub(crate) fn before(rng: &mut fastrand::Rng, now: DateTime, days: i64) -> DateTime {
    let back = rng.i64(1..=days.max(1));
    office(rng, now, -back)
}

/// When a row was made and when it was last changed.
pub(crate) fn made_and_changed(rng: &mut fastrand::Rng, now: DateTime) -> [String; 2] {
    let made = rng.i64(400..3_600);
    let changed = rng.i64(1..399);
    [time(office(rng, now, -made)), time(office(rng, now, -changed))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn times_are_written_as_the_export_has_them() {
        assert_eq!(time(datetime(2024, 3, 7, 14, 5, 0, 0)), "03/07/2024 2:05 PM");
        assert_eq!(time(datetime(2024, 11, 3, 0, 30, 0, 0)), "11/03/2024 12:30 AM");
        assert_eq!(day(datetime(2026, 6, 30, 0, 0, 0, 0)), "06/30/2026");
    }
}
