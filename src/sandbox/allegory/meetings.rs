//! Meetings and who attends them; twelve of the meetings recur.

use jiff::ToSpan;
use jiff::civil::{DateTime, datetime};

use super::calendar::{office, time};
use super::contacts;
use super::plan::Plan;
use super::related::{MOSTLY, relate};
use super::row::Row;
use super::words::{FIRST, LAST, no, owner, plain, remark, yes};
use crate::sandbox::dice::{dice, pick};

/// Title, first start, minutes, rule, exceptions.
type Series = (&'static str, DateTime, i64, &'static str, &'static str);

/// The meetings that recur, in the order of their ids.
const SERIES: [Series; 12] = [
    ("Weekly sync", datetime(2025, 1, 6, 14, 0, 0, 0), 30, "FREQ=WEEKLY;BYDAY=MO", "01/20/2025"),
    ("Kick-off fortnight", datetime(2025, 9, 1, 9, 0, 0, 0), 15, "FREQ=DAILY;COUNT=10", ""),
    (
        "Steering committee",
        datetime(2025, 6, 15, 10, 0, 0, 0),
        90,
        "FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20261231T000000Z",
        "",
    ),
    (
        "Pipeline review",
        datetime(2025, 10, 1, 16, 0, 0, 0),
        60,
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;COUNT=20",
        "",
    ),
    (
        "Training",
        datetime(2025, 11, 4, 11, 0, 0, 0),
        45,
        "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=20",
        "11/27/2025;12/25/2025;12/31/2025",
    ),
    ("Contract anniversary", datetime(2023, 4, 1, 9, 30, 0, 0), 30, "FREQ=YEARLY", ""),
    (
        "Release day",
        datetime(2025, 12, 5, 0, 0, 0, 0),
        1_440,
        "FREQ=MONTHLY;BYDAY=1FR;COUNT=12",
        "",
    ),
    ("Fortnightly call", datetime(2025, 8, 8, 13, 0, 0, 0), 30, "FREQ=FORTNIGHTLY", ""),
    ("Month end", datetime(2025, 8, 31, 17, 0, 0, 0), 30, "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=6", ""),
    ("Stand-up", datetime(2025, 12, 1, 8, 45, 0, 0), 15, "FREQ=DAILY", ""),
    ("Night watch", datetime(2024, 10, 27, 1, 30, 0, 0), 60, "FREQ=WEEKLY;BYDAY=SU;COUNT=4", ""),
    (
        "Board call",
        datetime(2025, 1, 13, 9, 0, 0, 0),
        60,
        "FREQ=WEEKLY;BYDAY=MO;COUNT=8",
        "02/03/2025 9:00 AM",
    ),
];

/// The id of a meeting, counted from 1.
pub(crate) fn id(at: u64) -> String {
    (6_099 + at).to_string()
}

/// A meeting.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory meetings", at);
    let days = rng.i64(-500..90);
    let single = (
        pick(&mut rng, &["Demo", "Lunch", "Contract review", "Site visit", "Quarterly review"]),
        office(&mut rng, plan.now, days),
        rng.i64(1..5) * 30,
        "",
        "",
    );
    let series = usize::try_from(at - 1).ok().and_then(|at| SERIES.get(at)).copied();
    let (title, start, minutes, rule, exceptions) = series.unwrap_or(single);
    let end = start.checked_add(minutes.minutes()).unwrap_or(start);
    let made = office(&mut rng, start.min(plan.now), -4);
    let all_day = if minutes >= 1_440 { yes(&mut rng) } else { no(&mut rng) };
    let row = Row::of("meetings")
        .with("meeting_id", id(at))
        .with("title", title)
        .with("description", remark(&mut rng, 2))
        .with("location", pick(&mut rng, &["Zoom", "Room 4", "Their office", ""]))
        .with("start_time", time(start))
        .with("end_time", time(end))
        .with("all_day", all_day)
        .with("recurrence", rule)
        .with("exceptions", exceptions)
        .with("organizer_id", if rng.bool() { owner(&mut rng) } else { "" })
        .with("owner_id", owner(&mut rng))
        .with("modified_date", time(made));
    relate(&mut rng, row, plan, &MOSTLY)
}

/// Who attends: up to three of each meeting, and one of whom only the name is known.
pub(crate) fn attendees(plan: Plan) -> Vec<Row> {
    let mut rows = Vec::new();
    for at in 1..=plan.meetings() {
        let mut rng = dice(plan.seed, "allegory attendees", at);
        for seat in 0..rng.u64(0..=3) {
            let (first, last) = (pick(&mut rng, &FIRST), pick(&mut rng, &LAST));
            let email = format!("{}.{}{seat}@client.example", plain(first), plain(last));
            let known = rng.u8(..3) == 0;
            let contact = rng.u64(1..=plan.contacts());
            let answer = pick(&mut rng, &["Accepted", "Declined", "Tentative", ""]);
            let row = attendee(at, &format!("{first} {last}"), &email).with("response", answer);
            let contact = if known { contacts::id(contact) } else { String::new() };
            rows.push(row.with("contact_id", contact));
        }
    }
    rows.push(attendee(1, "Ann Lee", "ann@acme.example").with("response", "Accepted"));
    rows.push(attendee(2, "The intern", ""));
    rows
}

fn attendee(meeting: u64, name: &str, email: &str) -> Row {
    Row::of("meeting_attendees")
        .with("meeting_id", id(meeting))
        .with("name", name)
        .with("email", email)
}
