//! Notes on contacts and companies, in HTML.

use super::calendar::time;
use super::plan::Plan;
use super::related::relate;
use super::row::Row;
use super::words::{owner, recently, sentence};
use crate::sandbox::dice::{dice, pick};

/// A note.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory notes", at);
    let made = time(recently(&mut rng, plan));
    let said = sentence(&mut rng);
    let body = match rng.u8(..5) {
        0 => format!("<p><b>{said}</b></p><ul><li>quote</li><li>references</li></ul>"),
        1 => format!("<p>@{} {said}</p>", pick(&mut rng, &["Dana Ruiz", "Theo", "Priya Raman"])),
        2 => format!("{said}\nSecond line, without any markup."),
        _ => format!("<p>{said} See <a href=\"https://files.example/{at}\">the file</a>.</p>"),
    };
    let row = Row::of("notes")
        .with("note_id", (4_399 + at).to_string())
        .with("body", body)
        .with("author_id", owner(&mut rng))
        .with("created_date", made.clone())
        .with("modified_date", made);
    relate(&mut rng, row, plan, &["Contact", "Contact", "Company"])
}
