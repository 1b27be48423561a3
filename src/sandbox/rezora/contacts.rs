//! Contacts: the people of five agents, and of nobody.

use serde_json::{Map, Value};

use super::table::{Row, blank, fill, text};
use super::throws::{before, phone};
use super::world::{CONTACTS, Plan};
use super::{agents, companies, mess};
use crate::sandbox::dice::{dice, pick};

pub(crate) const FIRST: [&str; 20] = [
    "Jane", "Tom", "Maria", "Robert", "Linda", "José", "Priya", "Wei", "Fatima", "Oliver", "Grace",
    "Hassan", "Ingrid", "Jack", "Kelly", "Liam", "Noah", "Olga", "Peter", "Ruth",
];
pub(crate) const LAST: [&str; 20] = [
    "Smith",
    "Chen",
    "Lopez",
    "O’Neill",
    "Müller",
    "Patel",
    "Nguyen",
    "Brown",
    "Garcia",
    "Kim",
    "Johnson",
    "Ali",
    "Berg",
    "Cohen",
    "Davis",
    "Evans",
    "Fischer",
    "Green",
    "Hughes",
    "Ivanov",
];

/// The id of a contact, counted from 1.
pub(crate) fn id(at: u64) -> String {
    (123_000 + at).to_string()
}

/// Where a contact stands in its block: the mess is the same in every block.
pub(crate) fn slot(at: u64) -> u64 {
    (at - 1) % CONTACTS + 1
}

/// How many contacts belong to nobody: every twentieth.
pub(crate) fn unassigned(at: u64) -> bool {
    at.is_multiple_of(20)
}

/// How many contacts there are besides the agents' own.
pub(crate) fn people(plan: Plan) -> u64 {
    CONTACTS * plan.scale - agents::AGENTS
}

/// All contacts; the last row is an exact repetition, the five before it are the agents' own.
pub(crate) fn all(plan: Plan) -> Vec<Row> {
    let mut rows: Vec<Row> = (1..=people(plan)).map(|at| one(plan, at)).collect();
    rows.extend((0..agents::AGENTS).map(|at| own(plan, at)));
    rows.extend(rows.get(89).cloned());
    rows
}

fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "contacts", at);
    let mut row = blank("contacts");
    let (first, last) = (pick(&mut rng, &FIRST), pick(&mut rng, &LAST));
    let split = rng.u8(..10) < 6;
    fill(
        &mut row,
        [
            ("id", id(at).into()),
            ("name", format!("{first} {last}").into()),
            ("first_name", if split { first } else { "" }.into()),
            ("last_name", if split { last } else { "" }.into()),
            ("email", email(&mut rng, at, (first, last)).into()),
            ("type", pick(&mut rng, &["Hot", "Active", "Active", "Inactive", "", ""]).into()),
            (
                "kind",
                pick(&mut rng, &["normal", "normal", "normal", "normal", "synced", "master"])
                    .into(),
            ),
            ("title", pick(&mut rng, &["", "", "", "Consultant", "Teacher", "Owner"]).into()),
            ("unsubscribed", if rng.u8(..20) == 0 { "1" } else { "0" }.into()),
            ("created_at", before(&mut rng, plan.now, 5_000).into()),
            ("updated_at", before(&mut rng, plan.now, 400).into()),
        ],
    );
    belong(&mut rng, plan, at, &mut row);
    reach(&mut rng, &mut row);
    engage(&mut rng, plan, at, &mut row);
    mess::spoil(at, &mut row);
    row
}

fn email(rng: &mut fastrand::Rng, at: u64, (first, last): (&str, &str)) -> String {
    let plain = |text: &str| {
        text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase()
    };
    if rng.u8(..12) == 0 {
        return String::new();
    }
    let host = if rng.u8(..6) == 0 {
        companies::domain(rng.u64(15..60))
    } else {
        "mail.example".to_owned()
    };
    format!("{}.{}{at}@{host}", plain(first), plain(last))
}

/// Agent, company, and where a contact came from.
fn belong(rng: &mut fastrand::Rng, plan: Plan, at: u64, row: &mut Row) {
    let nobody = unassigned(at);
    if !nobody {
        let agent = if at % 200 == 7 { "9999".to_owned() } else { agents::id(at) };
        fill(row, [("agent_id", agent.into())]);
    }
    let company = rng.u64(1..=companies_of(plan));
    match rng.u8(..10) {
        0..=2 => fill(row, [("company_id", companies::id(company).into())]),
        3 | 4 => fill(row, [("company_name", companies::name(company).into())]),
        5 => fill(row, [("company_name", "Acme Consulting".into())]),
        _ => {}
    }
    let source = if nobody {
        pick(rng, &["form_fill", "listing_inquiry"])
    } else {
        pick(rng, &["import", "manual", "sync", "import", "form_fill"])
    };
    fill(row, [("source_type", source.into())]);
    if nobody && rng.u8(..10) < 7 {
        fill(row, [("source_campaign_id", super::campaigns::id(rng.u64(1..=14)).into())]);
    }
    if nobody {
        let status =
            pick(rng, &["New", "Contacted", "Nurture", "Appointment", "Closed", "Dead", ""]);
        fill(row, [("lead_status", status.into())]);
    }
}

fn companies_of(plan: Plan) -> u64 {
    super::world::COMPANIES * plan.scale
}

/// Telephones and addresses.
fn reach(rng: &mut fastrand::Rng, row: &mut Row) {
    for column in ["phone_mobile", "phone_home", "phone_work", "phone_fax"] {
        let chance = match column {
            "phone_mobile" => 7,
            "phone_fax" => 1,
            _ => 3,
        };
        if rng.u8(..10) < chance {
            fill(row, [(column, phone(rng).into())]);
        }
    }
    if rng.u8(..10) < 5 {
        fill(
            row,
            [
                ("home_street", format!("{} Juniper Way", rng.u32(1..9_999)).into()),
                ("home_city", pick(rng, &["Boulder", "Denver", "Golden", "Erie"]).into()),
                ("home_state", "CO".into()),
                ("home_zip", pick(rng, &["80301", "80202", "80401", "80516"]).into()),
            ],
        );
    }
    if rng.u8(..10) < 2 {
        fill(
            row,
            [
                ("business_street", format!("{} Market Street", rng.u32(1..999)).into()),
                ("business_street2", pick(rng, &["", "Suite 4", "Floor 3"]).into()),
                ("business_city", "Denver".into()),
                ("business_state", "CO".into()),
                ("business_zip", "80202".into()),
            ],
        );
    }
}

/// Score, bounce and the account's own properties.
fn engage(rng: &mut fastrand::Rng, plan: Plan, at: u64, row: &mut Row) {
    let score = if rng.u8(..8) == 0 { Value::from("-") } else { Value::from(rng.u32(0..=100)) };
    fill(row, [("engagement_score", score)]);
    if rng.u8(..40) == 0 {
        fill(row, [("bounced_at", before(rng, plan.now, 500).into())]);
    }
    let mut properties = Map::new();
    if rng.u8(..4) == 0 {
        let day = format!("19{:02}-{:02}-{:02}", rng.u8(40..99), rng.u8(1..=12), rng.u8(1..=28));
        properties.insert("Birthday".to_owned(), day.into());
    }
    if rng.u8(..3) == 0 {
        let stage = pick(rng, &["Pre-approved", "Searching", "Under contract", "Just looking"]);
        properties.insert("Buyer Stage".to_owned(), stage.into());
    }
    if slot(at) == 80 {
        properties.insert("Birthday".to_owned(), "1980-02-31".into());
    }
    fill(row, [("properties", Value::Object(properties))]);
}

/// The contact an agent has of itself.
fn own(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "self contacts", at);
    let mut row = blank("contacts");
    let (first, last) = agents::name(at);
    fill(
        &mut row,
        [
            ("id", (122_000 + at).to_string().into()),
            ("agent_id", agents::id(at).into()),
            ("name", format!("{first} {last}").into()),
            ("email", format!("{}@shadyacres.example", first.to_lowercase()).into()),
            ("kind", "self".into()),
            ("unsubscribed", "0".into()),
            ("source_type", "manual".into()),
            ("engagement_score", "-".into()),
            ("properties", Value::Object(Map::new())),
            ("created_at", before(&mut rng, plan.now, 5_000).into()),
            ("updated_at", before(&mut rng, plan.now, 400).into()),
        ],
    );
    row
}

/// The columns the deprecated API has, and their names in it.
pub(crate) const OLD: [(&str, &str); 21] = [
    ("contact_id", "id"),
    ("contact_name", "name"),
    ("contact_email", "email"),
    ("contact_type", "type"),
    ("contact_title", "title"),
    ("contact_company", "company_name"),
    ("contact_phone_home", "phone_home"),
    ("contact_phone_work", "phone_work"),
    ("contact_phone_mobile", "phone_mobile"),
    ("contact_phone_fax", "phone_fax"),
    ("contact_business_street", "business_street"),
    ("contact_business_street2", "business_street2"),
    ("contact_business_city", "business_city"),
    ("contact_business_state", "business_state"),
    ("contact_business_zip", "business_zip"),
    ("contact_home_street", "home_street"),
    ("contact_home_street2", "home_street2"),
    ("contact_home_city", "home_city"),
    ("contact_home_state", "home_state"),
    ("contact_home_zip", "home_zip"),
    ("contact_unsubscribe", "unsubscribed"),
];

/// Contacts as the deprecated API still has them: one that the current API lost, two that differ, no repetition,
/// nobody's contacts left out.
pub(crate) fn legacy(current: &[Row]) -> Vec<Row> {
    let mut seen = std::collections::HashSet::new();
    let known: Vec<String> = (0..agents::AGENTS).map(agents::id).collect();
    let mut rows: Vec<Row> = current
        .iter()
        .filter(|row| known.iter().any(|id| id == text(row, "agent_id")))
        .filter(|row| seen.insert(text(row, "id").to_owned()))
        .map(|row| {
            let columns = OLD.iter().map(|(_, column)| *column).chain(["created_at", "agent_id"]);
            columns.map(|column| (column.to_owned(), text(row, column).into())).collect()
        })
        .collect();
    for row in &mut rows {
        if text(row, "id") == id(92) {
            fill(row, [("phone_home", "303-555-0192".into())]);
        } else if text(row, "id") == id(93) {
            fill(row, [("title", "Retired".into())]);
        }
    }
    if let Some(mut lost) = rows.first().cloned() {
        fill(
            &mut lost,
            [
                ("id", "199999".into()),
                ("name", "Lost Contact".into()),
                ("email", "lost.contact@mail.example".into()),
            ],
        );
        rows.push(lost);
    }
    rows
}
