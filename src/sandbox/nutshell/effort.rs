//! `getAnalyticsReport`, as far as it counts activities.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::fault::Fault;
use super::kind::Kind;
use super::methods::Params;
use super::normal;
use super::work::Work;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Activities of each day of a period, all of them and those done, and what changed since the period before.
pub(crate) fn report(work: &Work<'_>, params: &Params) -> Result<Value, Fault> {
    let asked = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
    if asked("reportType") != "Effort" {
        return Err(Fault::invalid("the sandbox reports Effort only"));
    }
    let days = asked("period").strip_prefix("-d").and_then(|days| days.parse::<i64>().ok());
    let days = days.filter(|days| (1..=366).contains(days));
    let days = days.ok_or_else(|| Fault::invalid("period must be like -d30"))?;
    let activities = times(work)?;
    let end = work.at.as_second();
    let count = |from: i64, done: bool| {
        let inside = activities
            .iter()
            .filter(|(at, logged)| (from..from + DAY).contains(at) && (*logged || !done));
        i64::try_from(inside.count()).unwrap_or_default()
    };
    let series = |start: i64, done: bool| -> Vec<(i64, i64)> {
        (0..days).map(|day| start + day * DAY).map(|from| (from, count(from, done))).collect()
    };
    let (now, before) = (end - days * DAY, end - 2 * days * DAY);
    let summary = |done: bool| sums(&series(now, done), &series(before, done));
    Ok(json!({
        "seriesData": {"total_effort": series(now, false), "successful_effort": series(now, true)},
        "summaryData": {"total_effort": summary(false), "successful_effort": summary(true)},
        "periodDescription": format!("last {days} days"),
        "deltaPeriodDescription": format!("previous {days} days"),
    }))
}

/// When each activity starts, and whether it is logged.
fn times(work: &Work<'_>) -> Result<Vec<(i64, bool)>, Fault> {
    let all = work.all(Kind::Activity)?;
    let time = |body: &serde_json::Map<String, Value>| {
        let text = normal::time(body.get("startTime")?)?.replace("+0000", "Z");
        let at: Timestamp = text.parse().ok()?;
        Some(at.duration_since(Timestamp::UNIX_EPOCH))
    };
    Ok(all
        .iter()
        .filter_map(|one| {
            let at = time(&one.body).map(|since: SignedDuration| since.as_secs())?;
            Some((at, one.body.get("status") == Some(&json!(1))))
        })
        .collect())
}

#[expect(clippy::cast_precision_loss, reason = "counts of activities are far below 2^52")]
fn sums(now: &[(i64, i64)], before: &[(i64, i64)]) -> Value {
    let of = |series: &[(i64, i64)]| {
        let counts = series.iter().map(|(_, count)| *count);
        let sum = counts.clone().sum::<i64>();
        let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
        (sum as f64, sum as f64 / series.len().max(1) as f64, least as f64, most as f64)
    };
    let (sum, avg, min, max) = of(now);
    let (old_sum, old_avg, old_min, old_max) = of(before);
    json!({
        "sum": sum, "avg": avg, "min": min, "max": max, "sum_delta": sum - old_sum,
        "avg_delta": avg - old_avg, "min_delta": min - old_min, "max_delta": max - old_max,
    })
}
