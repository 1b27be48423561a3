//! Contacts: the people at the companies, and some at none.

use super::calendar::made_and_changed;
use super::companies;
use super::plan::Plan;
use super::row::Row;
use super::words::{
    CITIES, FIRST, LAST, SOURCES, TITLES, no, owner, phone, plain, remark, some, street, yes,
};
use crate::sandbox::dice::{dice, pick};

pub(crate) const AREAS: [&str; 6] =
    ["Litigation", "IP", "M&A", "Employment", "Antitrust", "Real Estate"];

/// The id of a contact, counted from 1; one of them has leading zeros.
pub(crate) fn id(at: u64) -> String {
    if at == 71 { "0001071".to_owned() } else { (1_000 + at).to_string() }
}

/// The company that a contact of the first thousand works for; every tenth works for none.
pub(crate) fn employer(at: u64) -> Option<u64> {
    if at.is_multiple_of(10) { None } else { Some((at - 1) % 600 + 1) }
}

/// A contact.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory contacts", at);
    let (first, last) = (pick(&mut rng, &FIRST), pick(&mut rng, &LAST));
    let [made, changed] = made_and_changed(&mut rng, plan.now);
    let row = Row::of("contacts")
        .with("contact_id", id(at))
        .with("first_name", first)
        .with("last_name", last)
        .with("owner_id", owner(&mut rng))
        .with("lead_source", pick(&mut rng, &SOURCES))
        .with("practice_area", some(&mut rng, &AREAS))
        .with("description", remark(&mut rng, 6))
        .with("tags", some(&mut rng, &["VIP", "Newsletter", "Speaker", "Alumni"]))
        .with("created_date", made)
        .with("modified_date", changed)
        .with("is_deleted", if at.is_multiple_of(97) { yes(&mut rng) } else { no(&mut rng) });
    let row = reach(&mut rng, row, plan, at);
    consent(&mut rng, row)
}

fn reach(rng: &mut fastrand::Rng, row: Row, plan: Plan, at: u64) -> Row {
    let company = match employer(at) {
        Some(_) if at > 1_000 => Some(rng.u64(1..=plan.companies())),
        company => company,
    };
    let host = company.map_or_else(|| "mail.example".to_owned(), companies::domain);
    let (first, last) = (plain(row.get("first_name")), plain(row.get("last_name")));
    let email =
        if rng.u8(..12) == 0 { String::new() } else { format!("{first}.{last}{at}@{host}") };
    let second = rng.u8(..20) == 0;
    let mut or_not = |number: String, chance: u8| {
        if rng.u8(..10) < chance { number } else { String::new() }
    };
    let mut numbers = dice(plan.seed, "allegory phones", at);
    let (work, mobile) = (or_not(phone(&mut numbers), 6), or_not(phone(&mut numbers), 5));
    let profile = or_not(format!("https://people.example/in/{first}-{last}-{at}"), 2);
    let row = row
        .with("email", email)
        .with(
            "secondary_email",
            if second { format!("{first}{at}@home.example") } else { String::new() },
        )
        .with("work_phone", work)
        .with("mobile_phone", mobile)
        .with("linkedin", profile)
        .with("company_id", company.map_or_else(String::new, companies::id));
    let row = row.with("job_title", if rng.u8(..5) < 3 { pick(rng, &TITLES) } else { "" });
    if rng.u8(..5) < 3 {
        return row;
    }
    let (city, state, postal_code) = CITIES[rng.usize(..CITIES.len())];
    row.with("street", street(rng))
        .with("city", city)
        .with("state", state)
        .with("postal_code", postal_code)
        .with("country", pick(rng, &["United States", "USA", "US", "U.S.", ""]))
}

fn consent(rng: &mut fastrand::Rng, row: Row) -> Row {
    let (no_mail, no_call) = (rng.u8(..20) == 0, rng.u8(..30) == 0);
    row.with("email_opt_out", if no_mail { yes(rng) } else { no(rng) })
        .with("do_not_call", if no_call { yes(rng) } else { no(rng) })
}
