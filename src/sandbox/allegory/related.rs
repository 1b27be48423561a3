//! What an activity, note or file belongs to.

use super::plan::Plan;
use super::row::Row;
use super::{companies, contacts, deals, leads};

/// Sets the kind and the id of the record that a row belongs to, one of these kinds.
pub(crate) fn relate(rng: &mut fastrand::Rng, row: Row, plan: Plan, kinds: &[&str]) -> Row {
    let kind = kinds.get(rng.usize(..kinds.len().max(1))).copied().unwrap_or_default();
    let id = match kind {
        "Contact" => contacts::id(rng.u64(1..=plan.contacts())),
        "Company" => companies::id(rng.u64(1..=plan.companies())),
        "Deal" => deals::id(rng.u64(1..=plan.deals())),
        "Lead" => leads::id(rng.u64(1..=plan.leads())),
        _ => String::new(),
    };
    row.with("related_type", kind).with("related_id", id)
}

/// What most activities belong to.
pub(crate) const MOSTLY: [&str; 8] =
    ["Contact", "Contact", "Contact", "Deal", "Deal", "Deal", "Company", "Lead"];
