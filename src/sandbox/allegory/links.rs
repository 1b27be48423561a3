//! Tables that only link: contacts to further companies, contacts to deals.

use super::plan::Plan;
use super::row::Row;
use super::words::{TITLES, no, yes};
use super::{companies, contacts, deals};
use crate::sandbox::dice::{dice, pick};

/// The contact that sits on very many boards.
const BUSY: u64 = 44;
/// How many boards those are.
const BOARDS: u64 = 400;

/// Companies of contacts: the main one for some, further ones for some.
pub(crate) fn contact_companies(plan: Plan) -> Vec<Row> {
    let mut rows = Vec::new();
    for at in (1..=plan.contacts()).filter(|at| ![42, 43, BUSY].contains(at)) {
        let mut rng = dice(plan.seed, "allegory contact companies", at);
        let main = contacts::employer(at).filter(|_| at <= 1_000);
        if let Some(main) = main.filter(|_| at.is_multiple_of(3)) {
            rows.push(link(&mut rng, (at, main), "primary"));
        }
        let other = rng.u64(1..=plan.companies());
        if at.is_multiple_of(8) && main != Some(other) {
            rows.push(link(&mut rng, (at, other), ""));
        }
    }
    let mut rng = dice(plan.seed, "allegory contact companies", 0);
    rows.push(link(&mut rng, (42, 42), "primary"));
    rows.push(link(&mut rng, (42, 88), ""));
    rows.push(link(&mut rng, (43, 998_998), ""));
    rows.extend((101..=100 + BOARDS).map(|company| link(&mut rng, (BUSY, company), "")));
    rows
}

fn link(rng: &mut fastrand::Rng, (contact, company): (u64, u64), kind: &str) -> Row {
    let is_main = kind == "primary";
    let title = if is_main { pick(rng, &TITLES) } else { "Board member" };
    Row::of("contact_companies")
        .with("contact_id", contacts::id(contact))
        .with("company_id", companies::id(company))
        .with("is_primary", if is_main { yes(rng) } else { no(rng) })
        .with("title", title)
}

/// Contacts of deals: up to three each, a contact once.
pub(crate) fn deal_contacts(plan: Plan) -> Vec<Row> {
    let mut rows = Vec::new();
    for at in 1..=plan.deals() {
        let mut rng = dice(plan.seed, "allegory deal contacts", at);
        let first = rng.u64(1..=plan.contacts() - 3);
        let count = rng.u64(0..=3);
        rows.extend((first..first + count).map(|contact| {
            let role = pick(&mut rng, &["Decision maker", "Influencer", "Billing", ""]);
            party(deals::id(at), contacts::id(contact), role)
        }));
    }
    let fixed = [
        party(deals::id(11), contacts::id(42), "Decision maker"),
        party(deals::id(31), contacts::id(998_998), "Influencer"),
        party("998998".to_owned(), contacts::id(1), "Influencer"),
    ];
    rows.retain(|row: &Row| fixed.iter().all(|one| one.key() != row.key()));
    rows.extend(fixed);
    rows
}

fn party(deal: String, contact: String, role: &str) -> Row {
    Row::of("deal_contacts").with("deal_id", deal).with("contact_id", contact).with("role", role)
}
