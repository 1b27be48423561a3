//! The whole brokerage: every table, from seed, scale and date alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::table::{Row, Table, text};
use super::{activity, agents, campaigns, companies, contacts, files, groups, notes};

/// What decides a world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) scale: u64,
    pub(crate) now: Timestamp,
}

/// Companies at scale 1.
pub(crate) const COMPANIES: u64 = 60;
/// Contacts at scale 1, the agents' own among them.
pub(crate) const CONTACTS: u64 = 1_200;

/// "Today" when nothing else is asked for: 2026-03-02T12:00:00Z.
pub(crate) fn today() -> Timestamp {
    Timestamp::from_second(1_772_452_800).unwrap_or_default()
}

/// A generated brokerage.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) plan: Plan,
    tables: BTreeMap<&'static str, Table>,
    /// Contacts as the deprecated API still knows them, under their agent.
    pub(crate) old_contacts: Table,
}

impl World {
    /// Generates it.
    pub(crate) fn new(seed: u64, scale: u32, now: Timestamp) -> Self {
        let plan = Plan { seed, scale: u64::from(scale.max(1)), now };
        let people = contacts::all(plan);
        let groups = groups::all(plan);
        let mail = campaigns::all(plan);
        let old_contacts = Table::below(contacts::legacy(&people), "agent_id");
        let (sends, events) = activity::all(plan, &people, &mail);
        let tables = BTreeMap::from([
            ("agents", Table::whole(agents::all())),
            ("companies", Table::whole(companies::all(plan))),
            ("memberships", Table::below(groups::memberships(plan, &people), "group_id")),
            ("sends", Table::below(sends, "campaign_id")),
            ("events", Table::below(events, "campaign_id")),
            ("drips", Table::whole(campaigns::drips())),
            ("drip_steps", Table::below(campaigns::drip_steps(), "drip_id")),
            ("notes", Table::whole(notes::all(plan))),
            ("files", Table::whole(files::all(plan))),
            ("social_posts", Table::whole(notes::social_posts(plan))),
            ("groups", Table::below(groups, "agent_id")),
            ("campaigns", Table::whole(mail)),
            ("contacts", Table::whole(people)),
        ]);
        Self { plan, tables, old_contacts }
    }

    /// A table.
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// The agent behind a login of the deprecated API.
    pub(crate) fn agent_of(&self, user: &str, password: &str) -> Option<&str> {
        let agents = self.table("agents")?;
        let agent = agents.rows.iter().find(|agent| login(agent) == user)?;
        (password == secret(agent)).then(|| text(agent, "id"))
    }

    /// The logins of the deprecated API.
    pub(crate) fn legacy_accounts(&self) -> String {
        let agents = self.table("agents").map_or(&[][..], |table| &table.rows);
        let lines = agents.iter().map(|agent| format!("{},{}", login(agent), secret(agent)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// A file by its id.
    pub(crate) fn file(&self, id: &str) -> Option<&Row> {
        self.table("files")?
            .rows
            .iter()
            .find(|row| row.get("id") == Some(&Value::String(id.to_owned())))
    }
}

fn login(agent: &Row) -> String {
    format!("agent{}", text(agent, "id"))
}

fn secret(agent: &Row) -> String {
    format!("sandbox-{}", text(agent, "id"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::rezora::table::TABLES;

    #[test]
    fn every_row_has_exactly_the_columns_of_its_table() {
        let world = World::new(1, 1, today());
        for (name, columns) in TABLES {
            for row in &world.table(name).unwrap().rows {
                assert_eq!(row.keys().collect::<Vec<_>>(), *columns, "{name}");
            }
        }
    }

    #[test]
    fn scale_multiplies_companies_and_contacts_and_what_hangs_on_them() {
        let (one, two) = (World::new(1, 1, today()), World::new(1, 2, today()));
        let count = |world: &World, name: &str| world.table(name).unwrap().rows.len();
        assert_eq!(count(&one, "agents"), count(&two, "agents"));
        assert_eq!(count(&one, "companies") + 60, count(&two, "companies"));
        assert_eq!(count(&one, "contacts") + 1_200, count(&two, "contacts"));
        assert!(count(&two, "sends") > count(&one, "sends") * 19 / 10);
        assert!(count(&one, "events") > 7_000, "one contact alone has 4,000");
    }

    #[test]
    fn another_seed_is_another_world() {
        let (one, two) = (World::new(1, 1, today()), World::new(2, 1, today()));
        assert_ne!(one.table("contacts").unwrap().rows, two.table("contacts").unwrap().rows);
    }

    #[test]
    fn the_two_apis_disagree_on_exactly_three_contacts() {
        let world = World::new(1, 1, today());
        let current = world.table("contacts").unwrap();
        let find = |id: &str| current.rows.iter().find(|row| text(row, "id") == id);
        let differing = world.old_contacts.rows.iter().filter(|row| {
            find(text(row, "id"))
                .is_none_or(|other| row.iter().any(|(key, value)| other.get(key) != Some(value)))
        });
        assert_eq!(differing.count(), 3);
    }
}
