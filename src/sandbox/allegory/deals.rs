//! Deals in three currencies and eight stages.

use super::calendar::{day, made_and_changed, office, time};
use super::plan::Plan;
use super::row::Row;
use super::words::{no, owner, remark};
use super::{companies, contacts};
use crate::sandbox::dice::{dice, pick};

/// Pipeline, stage, position, probability; stage names repeat and mean other things.
pub(crate) const STAGES: [(&str, &str, &str, &str); 8] = [
    ("New Business", "Prospecting", "1", "10%"),
    ("New Business", "Qualified", "2", "25%"),
    ("New Business", "Proposal", "3", "50%"),
    ("New Business", "Negotiation", "4", "60%"),
    ("New Business", "Contract", "5", "90%"),
    ("Renewals", "Upcoming", "1", "60%"),
    ("Renewals", "Negotiation", "2", "75%"),
    ("Renewals", "Verbal", "3", "95%"),
];

/// The id of a deal, counted from 1.
pub(crate) fn id(at: u64) -> String {
    (300 + at).to_string()
}

/// A deal.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory deals", at);
    let (pipeline, stage, _, probability) = STAGES[rng.usize(..STAGES.len())];
    let [made, changed] = made_and_changed(&mut rng, plan.now);
    let company = rng.u64(1..=plan.companies());
    let what = pick(
        &mut rng,
        &["Discovery platform", "Document review", "Archive seats", "Translation pool", "Hosting"],
    );
    let kind = pick(&mut rng, &["renewal", "pilot", "expansion", "– 3 years", "(add-on)"]);
    let asked = (rng.u8(..4) > 0).then(|| contacts::id(rng.u64(1..=plan.contacts())));
    let row = Row::of("deals")
        .with("deal_id", id(at))
        .with("deal_name", format!("{} – {what} {kind}", companies::name(company)))
        .with("pipeline", pipeline)
        .with("stage", stage)
        .with("probability", probability)
        .with("matter_number", format!("{:07}", 4_500 + at))
        .with("company_id", companies::id(company))
        .with("primary_contact_id", asked.unwrap_or_default())
        .with("owner_id", owner(&mut rng))
        .with("description", remark(&mut rng, 3))
        .with("created_date", made)
        .with("modified_date", changed)
        .with("is_deleted", no(&mut rng));
    let row = price(&mut rng, row);
    end(&mut rng, row, plan)
}

/// The amount, in the notation of its currency.
fn price(rng: &mut fastrand::Rng, row: Row) -> Row {
    let (thousands, rest) = (rng.u32(1..400), pick(rng, &["000", "500", "250", "999"]));
    let (amount, currency) = match rng.u8(..10) {
        0 => (String::new(), "USD"),
        1 | 2 => (format!("{thousands}.{rest},00 €"), "EUR"),
        3 => (format!("£{thousands},{rest}.00"), "GBP"),
        4 => (format!("{thousands}{rest}"), "USD"),
        _ => (format!("${thousands},{rest}.00"), "USD"),
    };
    row.with("amount", amount).with("currency", currency)
}

/// How it stands: open with a day to close, or closed.
fn end(rng: &mut fastrand::Rng, row: Row, plan: Plan) -> Row {
    let status = pick(rng, &["Open", "Open", "Open", "Open", "Won", "Won", "Lost", "Abandoned"]);
    let days = if status == "Open" { rng.i64(5..300) } else { rng.i64(-390..-2) };
    let at = office(rng, plan.now, days);
    let reason = match status {
        "Lost" => pick(rng, &["Price", "Competitor", "No decision", "Timing"]),
        _ => "",
    };
    row.with("status", status)
        .with("close_date", day(at))
        .with("closed_on", if status == "Open" { String::new() } else { time(at) })
        .with("lost_reason", reason)
}
