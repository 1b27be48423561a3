//! Tasks.

use super::calendar::{day, office, time};
use super::plan::Plan;
use super::related::{MOSTLY, relate};
use super::row::Row;
use super::words::{owner, recently, remark};
use crate::sandbox::dice::{dice, pick};

/// A task.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory tasks", at);
    let made = recently(&mut rng, plan);
    let status = pick(&mut rng, &["Completed", "Completed", "Pending", "Deferred"]);
    let done = status == "Completed";
    let (low, high) = if done { (0, 1) } else { (7, 60) };
    let wait = rng.i64(low..high);
    let due = if done { office(&mut rng, made, wait) } else { office(&mut rng, plan.now, wait) };
    let end = made.max(due);
    let subject = pick(
        &mut rng,
        &["Send MSA", "Call back", "Prepare quote", "Check references", "Renewal – remind", "NDA"],
    );
    let row = Row::of("tasks")
        .with("task_id", (9_000 + at).to_string())
        .with("subject", subject)
        .with("description", remark(&mut rng, 3))
        .with("status", status)
        .with("priority", pick(&mut rng, &["High", "Normal", "Low", ""]))
        .with("due_date", day(due))
        .with("completed_date", if done { time(end) } else { String::new() })
        .with("owner_id", owner(&mut rng))
        .with("created_date", time(made))
        .with("modified_date", if done { time(end) } else { time(made) });
    relate(&mut rng, row, plan, &MOSTLY)
}
