//! Leads, some of them converted into a contact, a company and a deal.

use super::calendar::{made_and_changed, office, time};
use super::plan::Plan;
use super::row::Row;
use super::words::{FIRST, LAST, SOURCES, no, owner, phone, plain, remark, yes};
use super::{companies, contacts, deals};
use crate::sandbox::dice::{dice, pick};

/// The id of a lead, counted from 1.
pub(crate) fn id(at: u64) -> String {
    (5_000 + at).to_string()
}

/// A lead.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory leads", at);
    let (first, last) = (pick(&mut rng, &FIRST), pick(&mut rng, &LAST));
    let firm = format!("{} & {}", pick(&mut rng, &LAST), pick(&mut rng, &["Co.", "Sons", "LLC"]));
    let status = pick(
        &mut rng,
        &["New", "Working", "Nurturing", "Qualified", "Unqualified", "Converted", "New", "Working"],
    );
    let [made, changed] = made_and_changed(&mut rng, plan.now);
    let row = Row::of("leads")
        .with("lead_id", id(at))
        .with("lead_name", if rng.bool() { format!("{firm} – inbound") } else { String::new() })
        .with("first_name", first)
        .with("last_name", last)
        .with("company_name", firm)
        .with("email", format!("{}{at}@inbound.example", plain(last)))
        .with("phone", if rng.bool() { phone(&mut rng) } else { String::new() })
        .with("status", status)
        .with("lead_source", pick(&mut rng, &SOURCES))
        .with("owner_id", owner(&mut rng))
        .with("notes", remark(&mut rng, 3))
        .with("created_date", made)
        .with("modified_date", changed)
        .with("is_deleted", no(&mut rng));
    convert(&mut rng, row, plan)
}

/// What a converted lead became.
fn convert(rng: &mut fastrand::Rng, row: Row, plan: Plan) -> Row {
    let converted = row.get("status") == "Converted";
    let row = row.with("is_converted", if converted { yes(rng) } else { no(rng) });
    if !converted {
        return row;
    }
    let at = rng.u64(1..=600);
    let days = rng.i64(-390..-2);
    let deal = if rng.u8(..3) == 0 { String::new() } else { deals::id(rng.u64(1..=500)) };
    row.with("converted_date", time(office(rng, plan.now, days)))
        .with("converted_contact_id", contacts::id(at))
        .with(
            "converted_company_id",
            contacts::employer(at).map_or_else(String::new, companies::id),
        )
        .with("converted_deal_id", deal)
}
