//! What stands in the account before anything is moved: users, lists, some companies, people and leads.

use serde_json::{Value, json};

use super::custom::{self, Arity, Definition};
use super::fault::Fault;
use super::kind::Kind;
use super::lists::plain;
use super::store::Store;
use super::work::Work;
use super::{notes, written};

/// First name, last name, e-mail, enabled, administrator.
const USERS: &[(&str, &str, &str, u8, u8)] = &[
    ("Migration", "User", "migration@sandbox.example", 1, 1),
    ("Ada", "Moreno", "ada.moreno@shadyacres.example", 1, 0),
    ("Ben", "Okafor", "ben.okafor@shadyacres.example", 1, 0),
    ("John", "Smith", "john.smith@shadyacres.example", 1, 0),
    ("Carla", "Vance", "carla.vance@shadyacres.example", 0, 0),
    ("Dana", "Ruiz", "dana@newcorp.example", 1, 1),
    ("Theo", "Lindqvist", "theo@newcorp.example", 1, 0),
    ("Priya", "Raman", "priya@newcorp.example", 1, 0),
];

/// Pipelines with their stages; the first is the default.
const PIPELINES: &[(&str, &[&str])] = &[
    ("Sales", &["Qualify", "Propose", "Close"]),
    ("New Business", &["Qualify", "Proposal", "Negotiation", "Contract"]),
    ("Renewals", &["Upcoming", "Quote sent", "Verbal"]),
    ("Inbound leads", &["New", "Working", "Nurturing"]),
];

/// Plain lists.
const LISTS: &[(Kind, &[&str])] = &[
    (
        Kind::Industry,
        &[
            "Real Estate",
            "Financial Services",
            "Legal",
            "Technology",
            "Insurance",
            "Construction",
            "Retail",
            "Education",
        ],
    ),
    (Kind::AccountType, &["Client", "Brokerage", "Office", "Vendor", "Partner"]),
    (Kind::ActivityType, &["Task", "Call", "Email", "Meeting", "Note", "Phone call"]),
    (Kind::Source, &["Web form", "Referral", "Trade Show"]),
    (Kind::Market, &["Everyone"]),
    (Kind::Territory, &["Front Range", "Western Slope"]),
    (Kind::Competitor, &["Status quo"]),
    (Kind::Origin, &["Import"]),
    (Kind::Team, &["Sales team"]),
];

/// Fills a new account.
pub(crate) fn plant(store: &Store) -> Result<(), Fault> {
    store.call(0, |work| {
        users(work)?;
        lists(work)?;
        fields(work)?;
        companies(work)?;
        people(work)?;
        leads(work)
    })
}

fn users(work: &Work<'_>) -> Result<(), Fault> {
    for (first, last, email, enabled, administrator) in USERS {
        let body = json!({
            "firstName": first, "lastName": last, "emails": [email],
            "isEnabled": *enabled == 1, "isAdministrator": *administrator == 1,
        });
        plain(work, Kind::User, &format!("{first} {last}"), body)?;
    }
    Ok(())
}

fn lists(work: &Work<'_>) -> Result<(), Fault> {
    for (kind, names) in LISTS {
        for name in *names {
            plain(work, *kind, name, Value::Null)?;
        }
    }
    for (position, (name, stages)) in (1_i64..).zip(PIPELINES) {
        let default = i64::from(position == 1);
        let body = json!({"default": default, "position": position});
        let set = plain(work, Kind::Stageset, name, body)?;
        for (position, stage) in (1_i64..).zip(*stages) {
            let body = json!({"position": position, "stagesetId": set.id});
            plain(work, Kind::Milestone, stage, body)?;
        }
    }
    for (name, status) in [("Won", 10), ("Lost", 11), ("Cancelled", 12)] {
        plain(work, Kind::Outcome, name, json!({"type": status, "description": name}))?;
    }
    for kind in [Kind::Contact, Kind::Account, Kind::Lead] {
        plain(work, Kind::Tag, "Hot", json!({"of": kind.entity()}))?;
    }
    Ok(())
}

fn fields(work: &Work<'_>) -> Result<(), Fault> {
    for (kind, name, r#type) in [
        (Kind::Contact, "Job Title", "Text"),
        (Kind::Contact, "Birthday__c", "Date"),
        (Kind::Account, "Region", "Text"),
    ] {
        let field = Definition { name, r#type, choices: &[], multiple: Arity::One };
        custom::define(work, kind, &field)?;
    }
    Ok(())
}

fn companies(work: &Work<'_>) -> Result<(), Fault> {
    // The first four are known to the source as well; two of them hold values that must survive.
    let known = [
        json!({"name": "Shady Acres Realty", "phone": "303-555-0100", "url": "www.shadyacres.example", "description": "Parent brokerage. Call Dana first."}),
        json!({"name": "Shady Acres Realty - Boulder", "phone": "303-555-0199"}),
        json!({"name": "First Summit Mortgage"}),
        json!({"name": "Clearline Title"}),
        json!({"name": "Twin Peaks Lending"}),
        json!({"name": "Twin Peaks Lending", "description": "Second entry of the same name."}),
    ];
    for company in known {
        written::create(work, Kind::Account, &company)?;
    }
    for at in 1..=19 {
        let name = format!(
            "{} {}",
            ["Aspen", "Birch", "Cedar", "Dogwood", "Elm"][at % 5],
            ["Partners", "Holdings", "Legal", "Insurance"][at % 4]
        );
        let name = format!("{name} {at}");
        let phone = format!("720-555-{:04}", 100 + at);
        written::create(work, Kind::Account, &json!({"name": name, "phone": phone}))?;
    }
    Ok(())
}

fn people(work: &Work<'_>) -> Result<(), Fault> {
    let known = [
        json!({"name": "Jane Smith", "email": "contact11@mail.example", "phone": {"mobile": "303-555-7777"}, "description": "Met at the open house. Prefers text messages."}),
        json!({"name": "Robert Chen", "email": "contact12@mail.example", "address": {"home": {"address_1": "9 Kept Lane", "city": "Golden", "state": "CO", "postalCode": "80401"}}}),
        json!({"name": "Contact Thirteen", "email": "contact13@mail.example"}),
        // One address, two people: a match on it is ambiguous.
        json!({"name": "Maria Lopez", "email": "contact14@mail.example"}),
        json!({"name": "M. Lopez-Garcia", "email": "contact14@mail.example"}),
    ];
    for person in known {
        written::create(work, Kind::Contact, &person)?;
    }
    for at in 1..=35 {
        let name = format!(
            "{} {}",
            ["Nora", "Oscar", "Paula", "Quinn", "Rosa"][at % 5],
            ["Abbot", "Brandt", "Costa", "Diaz", "Egan", "Frost", "Gupta"][at % 7]
        );
        let email = format!("resident{at}@elsewhere.example");
        let person = written::create(work, Kind::Contact, &json!({"name": name, "email": email}))?;
        if at % 7 == 0 {
            notes::write(work, (Kind::Contact, person.id), &"Called, no answer.".into())?;
        }
    }
    Ok(())
}

fn leads(work: &Work<'_>) -> Result<(), Fault> {
    let company = work.named(Kind::Account, "First Summit Mortgage")?;
    for description in ["Referral programme 2026", "Office lease, Golden", "Relocation package"] {
        let mut lead = json!({"description": description});
        if let Some(id) = company {
            lead["accounts"] = json!([{"id": id, "relationship": "partner"}]);
        }
        written::create(work, Kind::Lead, &lead)?;
    }
    Ok(())
}
