//! Distribution groups and who is in them.

use serde_json::Value;

use super::table::{Row, blank, fill, text};
use super::throws::before;
use super::world::Plan;
use super::{agents, contacts};
use crate::sandbox::dice::dice;

/// Name, type, agent (none for lists of the brokerage).
fn plan_of(at: u64) -> (&'static str, &'static str, Option<u64>) {
    match at {
        0..5 => ("Primary Sphere", "1", Some(at)),
        5..10 => ("Current Prospects", "0", Some(at - 5)),
        10 => ("Brokerage Newsletter", "master", None),
        _ => ("Market Report – all", "master", None),
    }
}

fn id(at: u64) -> String {
    (2_001 + at).to_string()
}

/// All twelve.
pub(crate) fn all(plan: Plan) -> Vec<Row> {
    (0..12)
        .map(|at| {
            let mut rng = dice(plan.seed, "groups", at);
            let (name, kind, agent) = plan_of(at);
            let mut row = blank("groups");
            fill(
                &mut row,
                [
                    ("id", id(at).into()),
                    ("name", name.into()),
                    ("type", kind.into()),
                    ("agent_id", agent.map(agents::id).unwrap_or_default().into()),
                    ("created_at", before(&mut rng, plan.now, 5_000).into()),
                ],
            );
            row
        })
        .collect()
}

/// Memberships, about three for two contacts; the last one points at a contact that is gone.
pub(crate) fn memberships(plan: Plan, people: &[Row]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (at, person) in (1_u64..).zip(people) {
        if !seen.insert(text(person, "id")) || text(person, "kind") == "self" {
            continue;
        }
        let mut rng = dice(plan.seed, "memberships", at);
        let agent = (0..agents::AGENTS).find(|at| agents::id(*at) == text(person, "agent_id"));
        let groups = match agent {
            Some(agent) => [
                (rng.u8(..10) < 9).then_some(agent),
                (rng.u8(..10) < 4).then_some(5 + agent),
                (rng.u8(..10) < 2).then_some(10),
            ],
            None => [Some(11), None, None],
        };
        for group in groups.into_iter().flatten() {
            let added = before(&mut rng, plan.now, 2_000);
            push(&mut rows, group, text(person, "id").into(), added);
        }
    }
    push(&mut rows, 10, contacts::id(999_999).into(), "2015-07-21 16:46:01".to_owned());
    rows
}

fn push(rows: &mut Vec<Row>, group: u64, contact: Value, added: String) {
    let mut row = blank("memberships");
    fill(
        &mut row,
        [
            ("id", (1_234_001 + rows.len()).to_string().into()),
            ("group_id", id(group).into()),
            ("contact_id", contact),
            ("added_at", added.into()),
        ],
    );
    rows.push(row);
}
