//! `expand`: a row with a recurrence rule becomes one record for each time that it takes place.
//!
//! Everything is counted on the wall clock of the source's zone: a meeting at nine stays at nine
//! when the clocks change, and times that clocks skip or show twice are flagged where they are
//! read. Rules are those of RFC 5545.

use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rrule::RRuleSet;
use serde_json::Value;

use crate::ground::{Flag, Record};
use crate::spec::Expand;

use super::cell;
use super::locale::Locale;
use super::moment::{self, Moment};

/// What a row becomes.
#[derive(Debug, Clone)]
pub struct Occurrences {
    /// The records, in order of time; a row without a rule stays as it is. None at all when every
    /// occurrence is an exception.
    pub records: Vec<Arc<Record>>,
    /// Remarks about the series; they belong to its first record.
    pub flags: Vec<Flag>,
}

/// How a series writes its times: with the hour, or as days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    Clock,
    Day,
}

/// Expands a row by its rule.
pub(super) fn expand(rules: &Expand, row: &Arc<Record>, locale: &Locale) -> Occurrences {
    let single = |flags| Occurrences { records: vec![Arc::clone(row)], flags };
    let rule = cell::text(row.get(&rules.rule));
    if rule.is_empty() {
        return single(Vec::new());
    }
    let bad = |why: &str| {
        let detail = format!("the series stays one record: {why}");
        single(vec![Flag::new("bad_rule", "expand", &rules.rule, &rule, &detail)])
    };
    let Some((start, grain)) = clock(row.get(&rules.start), locale) else {
        return bad("its start cannot be read");
    };
    let mut flags = Vec::new();
    let exceptions = exceptions(rules, row, locale, &mut flags);
    let series = match Series::read(&rule, start, locale) {
        Ok(series) => series,
        Err(why) => return bad(&why),
    };
    let Ok(until) = rules.until.parse::<Date>() else { return bad("`until` is no day") };
    let (times, more) = series.times(until, rules.max, &exceptions);
    if times.is_empty() && more.is_some() {
        return bad(&format!("it begins after {until}"));
    }
    if times.is_empty() && exceptions.is_empty() {
        return bad("it never takes place");
    }
    if let Some(more) = more {
        let detail = format!("{} occurrences are written{more}", times.len());
        flags.push(Flag::new("occurrence_cap", "expand", &rules.rule, &rule, &detail));
    }
    let length = rules
        .end
        .as_ref()
        .and_then(|column| clock(row.get(column), locale))
        .map(|(end, grain)| (start.duration_until(end), grain));
    let shape = Shape { rules, grain, length, fine: series.fine };
    Occurrences { records: times.iter().map(|at| shape.record(row, *at)).collect(), flags }
}

/// A cell as a time on the wall clock of the source's zone.
fn clock(value: &Value, locale: &Locale) -> Option<(DateTime, Grain)> {
    let text = cell::text(value);
    if text.is_empty() {
        return None;
    }
    match moment::read(&text, locale).ok()? {
        Moment::Clock(clock) => Some((clock, Grain::Clock)),
        Moment::Day(day) => Some((day.to_datetime(jiff::civil::Time::midnight()), Grain::Day)),
        Moment::Instant(instant) => {
            Some((instant.to_zoned(locale.zone.clone()).datetime(), Grain::Clock))
        }
    }
}

/// The times at which a series does not take place.
fn exceptions(
    rules: &Expand,
    row: &Record,
    locale: &Locale,
    flags: &mut Vec<Flag>,
) -> Vec<(DateTime, Grain)> {
    let Some(column) = &rules.except else { return Vec::new() };
    let cell = row.get(column);
    let texts: Vec<String> = match cell.as_array() {
        Some(items) => items.iter().map(|item| cell::text(item).into_owned()).collect(),
        None => cell::text(cell).split([';', ',', '\n']).map(str::to_owned).collect(),
    };
    let mut found = Vec::new();
    for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        if let Some(time) = clock(&Value::String(text.to_owned()), locale) {
            found.push(time);
        } else {
            let detail = "is no date in any format of the source: this occurrence is written";
            flags.push(Flag::new("bad_exception", "expand", column, text, detail));
        }
    }
    found
}

/// A rule, read and checked. The wall clock goes in and comes out as if it were UTC, so that no
/// zone of the library takes part.
struct Series {
    set: RRuleSet,
    /// Whether it may take place several times a day.
    fine: bool,
}

impl Series {
    fn read(rule: &str, start: DateTime, locale: &Locale) -> Result<Self, String> {
        let bare = rule.trim();
        let bare = match bare.get(..6) {
            Some(head) if head.eq_ignore_ascii_case("RRULE:") => &bare[6..],
            Some(_) | None => bare,
        };
        if bare.contains(['\n', '\r']) {
            return Err("the rule has several lines".to_owned());
        }
        let mut parts = Vec::new();
        for part in bare.to_ascii_uppercase().split(';').filter(|part| !part.is_empty()) {
            parts.push(match part.split_once('=') {
                Some(("UNTIL", until)) => format!("UNTIL={}", last(until, locale)?),
                Some(_) | None => part.to_owned(),
            });
        }
        let fine = parts.iter().any(|part| {
            ["FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY"].contains(&part.as_str())
                || ["BYHOUR=", "BYMINUTE=", "BYSECOND="].iter().any(|word| part.starts_with(word))
        });
        let text =
            format!("DTSTART:{}\nRRULE:{}", start.strftime("%Y%m%dT%H%M%SZ"), parts.join(";"));
        let set = text.parse::<RRuleSet>().map_err(|error| error.to_string())?;
        Ok(Self { set: set.limit(), fine })
    }

    /// The times up to the end of a day, at most so many; and why there are no more, if there are.
    fn times(
        &self,
        until: Date,
        max: usize,
        exceptions: &[(DateTime, Grain)],
    ) -> (Vec<DateTime>, Option<String>) {
        let mut times = Vec::new();
        for at in &self.set {
            let Ok(instant) = Timestamp::from_second(at.timestamp()) else { break };
            let at = instant.to_zoned(TimeZone::UTC).datetime();
            if at.date() > until {
                return (times, Some(format!("; those after {until} are not")));
            }
            let excepted = exceptions.iter().any(|(time, grain)| match grain {
                Grain::Clock => *time == at,
                Grain::Day => time.date() == at.date(),
            });
            if excepted {
                continue;
            }
            if times.len() == max {
                return (times, Some(", as many as `max` allows; later ones are not".to_owned()));
            }
            times.push(at);
        }
        (times, None)
    }
}

/// The value of `UNTIL` on the wall clock: an instant is led to the source's zone, a day ends late.
fn last(until: &str, locale: &Locale) -> Result<String, String> {
    let wrong = || format!("`UNTIL={until}` is no time");
    let time = if let Some(utc) = until.strip_suffix('Z') {
        let utc = DateTime::strptime("%Y%m%dT%H%M%S", utc).map_err(|_| wrong())?;
        let utc = utc.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        utc.with_time_zone(locale.zone.clone()).datetime()
    } else if until.len() == 8 {
        let day = Date::strptime("%Y%m%d", until).map_err(|_| wrong())?;
        day.at(23, 59, 59, 0)
    } else {
        DateTime::strptime("%Y%m%dT%H%M%S", until).map_err(|_| wrong())?
    };
    Ok(time.strftime("%Y%m%dT%H%M%SZ").to_string())
}

/// How the records of a series differ from its row.
struct Shape<'a> {
    rules: &'a Expand,
    grain: Grain,
    /// From start to end, and how the end is written.
    length: Option<(SignedDuration, Grain)>,
    fine: bool,
}

impl Shape<'_> {
    fn record(&self, row: &Arc<Record>, at: DateTime) -> Arc<Record> {
        let mut record = Record::clone(row);
        let form = if self.fine { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%d" };
        record.occurrence = Some(at.strftime(form).to_string().into());
        set(&mut record, &self.rules.start, (at, self.grain));
        if let (Some(column), Some((length, grain))) = (&self.rules.end, self.length)
            && let Ok(end) = at.checked_add(length)
        {
            set(&mut record, column, (end, grain));
        }
        Arc::new(record)
    }
}

fn set(record: &mut Record, column: &str, (time, grain): (DateTime, Grain)) {
    let Some(position) = record.header.position(column) else { return };
    if record.cells.len() <= position {
        record.cells.resize(position + 1, Value::Null);
    }
    let text = match grain {
        Grain::Clock => time.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        Grain::Day => time.date().to_string(),
    };
    if let Some(cell) = record.cells.get_mut(position) {
        *cell = Value::String(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::fixture;
    use serde_json::json;

    const FORMATS: [&str; 2] = ["%m/%d/%Y %I:%M %p", "%m/%d/%Y"];

    fn rules() -> Expand {
        Expand {
            rule: "recurrence".into(),
            start: "start_time".into(),
            end: Some("end_time".into()),
            except: Some("exceptions".into()),
            until: "2025-12-31".into(),
            max: 5,
        }
    }

    /// The ids of the records with start and end, then the flags.
    fn check(row: &Value, expected: &[&str]) {
        let locale = Locale::of("America/New_York", &FORMATS);
        let made = expand(&rules(), &fixture::row(row), &locale);
        let text = |record: &Record, column| cell::text(record.get(column)).into_owned();
        let records = made.records.iter().map(|record| {
            let (start, end) = (text(record, "start_time"), text(record, "end_time"));
            format!("{} {start} {end}", record.id()).trim_end().to_owned()
        });
        let flags = made.flags.iter().map(|flag| format!("! {} {}", flag.code, flag.detail));
        assert_eq!(records.chain(flags).collect::<Vec<_>>(), expected, "{row}");
    }

    #[test]
    fn a_row_without_a_rule_stays_one_record_under_its_own_key() {
        check(
            &json!({"id": "1", "start_time": "01/06/2025 2:00 PM", "recurrence": null}),
            &["1 01/06/2025 2:00 PM"],
        );
    }

    #[test]
    fn a_series_keeps_its_wall_clock_when_the_clocks_change_and_leaves_its_exceptions_out() {
        check(
            &json!({
                "id": "1", "start_time": "02/24/2025 2:00 PM", "end_time": "02/24/2025 2:30 PM",
                "recurrence": "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4", "exceptions": "03/03/2025",
            }),
            &[
                "1@2025-02-24 2025-02-24T14:00:00 2025-02-24T14:30:00",
                "1@2025-03-10 2025-03-10T14:00:00 2025-03-10T14:30:00",
                "1@2025-03-17 2025-03-17T14:00:00 2025-03-17T14:30:00",
            ],
        );
    }

    #[test]
    fn an_endless_series_is_capped_and_the_cap_is_flagged() {
        let row = json!({"id": "1", "start_time": "01/06/2025", "recurrence": "FREQ=MONTHLY"});
        check(
            &row,
            &[
                "1@2025-01-06 2025-01-06",
                "1@2025-02-06 2025-02-06",
                "1@2025-03-06 2025-03-06",
                "1@2025-04-06 2025-04-06",
                "1@2025-05-06 2025-05-06",
                "! occurrence_cap 5 occurrences are written, as many as `max` allows; later ones are not",
            ],
        );
        let row = json!({"id": "1", "start_time": "11/06/2025", "recurrence": "FREQ=MONTHLY"});
        check(
            &row,
            &[
                "1@2025-11-06 2025-11-06",
                "1@2025-12-06 2025-12-06",
                "! occurrence_cap 2 occurrences are written; those after 2025-12-31 are not",
            ],
        );
    }

    #[test]
    fn until_is_read_on_the_clock_of_the_zone() {
        // 01:00 UTC of the 8th is still the evening of the 7th in New York.
        let row = |until: &str| {
            json!({
                "id": "1", "start_time": "01/06/2025 8:00 PM",
                "recurrence": format!("FREQ=DAILY;UNTIL={until}"),
            })
        };
        let days = ["1@2025-01-06 2025-01-06T20:00:00", "1@2025-01-07 2025-01-07T20:00:00"];
        check(&row("20250108T010000Z"), &days);
        check(&row("20250107"), &days);
        check(&row("20250107T200000"), &days);
    }

    #[test]
    fn several_times_a_day_get_keys_with_the_hour() {
        check(
            &json!({
                "id": "1", "start_time": "01/06/2025 9:00 AM",
                "recurrence": "FREQ=DAILY;BYHOUR=9,15;COUNT=2",
            }),
            &["1@2025-01-06T09:00 2025-01-06T09:00:00", "1@2025-01-06T15:00 2025-01-06T15:00:00"],
        );
    }

    #[test]
    fn a_bad_rule_leaves_the_series_one_record_and_says_why() {
        for (start, rule, why) in [
            ("01/06/2025 9:00 AM", "every Monday", "the series stays one record: "),
            ("01/06/2025 9:00 AM", "FREQ=WEEKLY;BYDAY=XX", "the series stays one record: "),
            ("01/06/2025 9:00 AM", "FREQ=DAILY;UNTIL=soon", "`UNTIL=SOON` is no time"),
            ("01/06/2025 9:00 AM", "FREQ=DAILY\nEXDATE:20250107", "several lines"),
            ("soon", "FREQ=DAILY", "its start cannot be read"),
            ("01/06/2026", "FREQ=DAILY", "it begins after 2025-12-31"),
            ("01/06/2025", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "it never takes place"),
        ] {
            let row = fixture::row(&json!({"id": "1", "start_time": start, "recurrence": rule}));
            let made = expand(&rules(), &row, &Locale::of("America/New_York", &FORMATS));
            assert_eq!((made.records.len(), made.flags.len()), (1, 1), "{rule}");
            assert_eq!((&*made.records[0].id(), &*made.flags[0].code), ("1", "bad_rule"));
            assert!(made.flags[0].detail.contains(why), "{rule}: {}", made.flags[0].detail);
        }
    }

    #[test]
    fn a_series_without_any_occurrence_left_makes_no_record() {
        check(
            &json!({
                "id": "1", "start_time": "01/06/2025 9:00 AM", "recurrence": "FREQ=DAILY;COUNT=2",
                "exceptions": ["01/06/2025", "01/07/2025 9:00 AM"],
            }),
            &[],
        );
    }

    #[test]
    fn an_exception_that_is_no_date_is_flagged_and_takes_nothing_away() {
        check(
            &json!({
                "id": "1", "start_time": "01/06/2025", "recurrence": "FREQ=DAILY;COUNT=2",
                "exceptions": "soon; 01/07/2025",
            }),
            &[
                "1@2025-01-06 2025-01-06",
                "! bad_exception is no date in any format of the source: this occurrence is written",
            ],
        );
    }
}
