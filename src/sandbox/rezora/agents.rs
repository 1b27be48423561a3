//! The agents: two of them have no user in the local Nutshell under their own address, one is deactivated.

use serde_json::json;

use super::table::{Row, blank, fill};

/// How many there are.
pub(crate) const AGENTS: u64 = 5;

/// E-mail, names, status, role, licence.
const PEOPLE: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("ada.moreno@shadyacres.example", "Ada", "Moreno", "active", "agent", "FA.100012345"),
    ("Ben.Okafor@ShadyAcres.example", "Ben", "Okafor", "active", "team_lead", "FA.100012346"),
    ("j.smith@oldoffice.example", "John", "Smith", "active", "agent", "0012347"),
    ("carla.vance@shadyacres.example", "Carla", "Vance", "deactivated", "agent", "ER.000099"),
    ("gus.hale@shadyacres.example", "Gus", "Hale", "active", "broker_admin", "EA.100012349"),
];

/// The id of an agent, counted from 0 and around.
pub(crate) fn id(at: u64) -> String {
    (1_201 + at % AGENTS).to_string()
}

/// The name of an agent.
pub(crate) fn name(at: u64) -> (&'static str, &'static str) {
    usize::try_from(at % AGENTS)
        .ok()
        .and_then(|at| PEOPLE.get(at))
        .map_or(("", ""), |(_, first, last, ..)| (*first, *last))
}

/// All agents.
pub(crate) fn all() -> Vec<Row> {
    (0_u64..)
        .zip(PEOPLE)
        .map(|(at, (email, first, last, status, role, license))| {
            let mut row = blank("agents");
            let team =
                if *role == "team_lead" { json!(["own", "team:12"]) } else { json!(["own"]) };
            fill(
                &mut row,
                [
                    ("id", id(at).into()),
                    ("email", (*email).into()),
                    ("first_name", (*first).into()),
                    ("last_name", (*last).into()),
                    ("status", (*status).into()),
                    ("role", (*role).into()),
                    ("office_id", (82 + at % 3).to_string().into()),
                    ("license_number", (*license).into()),
                    ("distribution_permissions", team),
                    ("created_at", format!("201{at}-04-02 16:20:11").into()),
                ],
            );
            row
        })
        .collect()
}
