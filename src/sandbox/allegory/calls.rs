//! Calls; the older ones have their length in seconds.

use super::calendar::time;
use super::plan::Plan;
use super::related::{MOSTLY, relate};
use super::row::Row;
use super::words::{owner, recently, sentence};
use crate::sandbox::dice::{dice, pick};

/// A call.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory calls", at);
    let called = recently(&mut rng, plan);
    let outcome = pick(&mut rng, &["Answered", "Answered", "Voicemail", "No Answer", "Busy"]);
    let seconds = if outcome == "Answered" { rng.u32(40..4_000) } else { rng.u32(0..60) };
    let duration = if at.is_multiple_of(4) {
        seconds.to_string()
    } else {
        format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    };
    let row = Row::of("calls")
        .with("call_id", (7_000 + at).to_string())
        .with("subject", pick(&mut rng, &["Intro call", "Follow-up", "Renewal", "Support", ""]))
        .with("notes", if outcome == "Answered" { sentence(&mut rng) } else { "Left voicemail" })
        .with("direction", pick(&mut rng, &["Outbound", "Outbound", "Inbound"]))
        .with("outcome", outcome)
        .with("disposition", if outcome == "Voicemail" { "LVM" } else { "" })
        .with("duration", duration)
        .with("called_at", time(called))
        .with("owner_id", owner(&mut rng))
        .with("modified_date", time(called));
    relate(&mut rng, row, plan, &MOSTLY)
}
