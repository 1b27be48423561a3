//! What a plan was made of: the spec, the source, the account. A plan that somebody approved is
//! applied only while all of it still holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::PlanError;
use super::predict::Plan;
use super::prepare::Desk;
use crate::crm::Inventory;
use crate::ground::{Outcome, Record};
use crate::spec::Pipeline;

/// What a plan is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The spec's fingerprint.
    pub spec: String,
    /// The CRM's account.
    pub account: String,
    /// Table to what its rows were.
    pub source: BTreeMap<String, TableSeal>,
    /// Part of the account (`users`, `custom fields` …) to its hash.
    pub inventory: BTreeMap<String, String>,
    /// Object to outcome to how many records.
    pub outcomes: BTreeMap<String, BTreeMap<String, u64>>,
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSeal {
    /// How many.
    pub rows: u64,
    /// A hash of what they say, whatever their order.
    pub hash: String,
}

/// How far a run has come that a plan is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was written yet: everything must be as it was.
    Fresh,
    /// Part of it was written: the account and the outcomes have moved on by our own deeds.
    UnderWay,
}

impl Seal {
    /// What this plan is made of.
    pub fn of(desk: &Desk, inventory: &Inventory, plan: &Plan) -> Result<Self, PlanError> {
        let pipeline: &Pipeline = &desk.pipeline;
        let mut source = BTreeMap::new();
        for table in pipeline.tables.iter().filter(|table| table.completes.is_none()) {
            let mut sum = [0; 32];
            let mut rows = 0;
            for row in desk.rows.rows(&table.name)? {
                rows += 1;
                let hash = row_hash(&*row?);
                sum.iter_mut().zip(hash).for_each(|(all, one)| *all ^= one);
            }
            let hash = blake3::Hash::from_bytes(sum).to_hex()[..32].to_owned();
            source.insert(table.name.clone(), TableSeal { rows, hash });
        }
        let outcomes = plan.objects.iter().map(|object| {
            let counts = Outcome::ALL
                .iter()
                .map(|outcome| (outcome.name().to_owned(), object.tally.of(*outcome)));
            (object.name.clone(), counts.filter(|(_, count)| *count > 0).collect())
        });
        Ok(Self {
            spec: pipeline.fingerprint.clone(),
            account: inventory.instance.clone(),
            source,
            inventory: parts(inventory),
            outcomes: outcomes.collect(),
        })
    }

    /// What has changed since this plan was made, a sentence each; empty: it still holds.
    pub fn stale(&self, now: &Self, progress: Progress) -> Vec<String> {
        let mut changed = Vec::new();
        if self.spec != now.spec {
            changed.push("the spec, or a map or template that it names".to_owned());
        }
        if self.account != now.account {
            changed.push(format!("the account: {} then, {} now", self.account, now.account));
        }
        for name in names(&self.source, &now.source) {
            let (then, now) = (self.source.get(name), now.source.get(name));
            if then != now {
                let count = |seal: Option<&TableSeal>| seal.map_or(0, |seal| seal.rows);
                changed.push(format!(
                    "table {name} of the source: {} rows then, {} now",
                    count(then),
                    count(now)
                ));
            }
        }
        if progress == Progress::UnderWay {
            return changed;
        }
        for name in names(&self.inventory, &now.inventory) {
            if self.inventory.get(name) != now.inventory.get(name) {
                changed.push(format!("the {name} of the CRM"));
            }
        }
        for name in names(&self.outcomes, &now.outcomes) {
            let (then, now) = (self.outcomes.get(name), now.outcomes.get(name));
            if then != now {
                changed.push(format!(
                    "what becomes of {name}: {} then, {} now",
                    counted(then),
                    counted(now)
                ));
            }
        }
        changed
    }
}

fn names<'a, T>(then: &'a BTreeMap<String, T>, now: &'a BTreeMap<String, T>) -> Vec<&'a String> {
    let mut all: Vec<_> = then.keys().chain(now.keys()).collect();
    all.sort();
    all.dedup();
    all
}

fn counted(counts: Option<&BTreeMap<String, u64>>) -> String {
    let counts = counts.into_iter().flatten();
    let said: Vec<_> = counts.map(|(outcome, count)| format!("{count} {outcome}")).collect();
    if said.is_empty() { "nothing".to_owned() } else { said.join(", ") }
}

/// The hash of a row: its key and what it says. The port of a host on this machine is another one
/// each time that a sandbox starts.
fn row_hash(row: &Record) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(row.key.as_bytes());
    for (column, cell) in row.header.columns().iter().zip(&row.cells) {
        if !cell.is_null() {
            hasher.update(format!("\0{}\0{}", column.name, portless(&cell.to_string())).as_bytes());
        }
    }
    *hasher.finalize().as_bytes()
}

fn portless(text: &str) -> String {
    const HOST: &str = "http://127.0.0.1:";
    let mut parts = text.split(HOST);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(HOST);
        plain.push_str(part.trim_start_matches(|sign: char| sign.is_ascii_digit()));
    }
    plain
}

/// The parts of an account that a plan looks at, each with its hash.
fn parts(inventory: &Inventory) -> BTreeMap<String, String> {
    let hash = |what: String| blake3::hash(what.as_bytes()).to_hex()[..16].to_owned();
    let parts = [
        ("users", format!("{:?}", inventory.users)),
        ("industries", format!("{:?}", inventory.industries)),
        ("company types", format!("{:?}", inventory.account_types)),
        ("pipelines", format!("{:?}", inventory.pipelines)),
        ("outcomes of leads", format!("{:?}", inventory.outcomes)),
        ("activity types", format!("{:?}", inventory.activity_types)),
        ("tags", format!("{:?}", inventory.tags)),
        ("sources of leads", format!("{:?}", inventory.sources)),
        ("custom fields", format!("{:?}", inventory.custom_fields)),
    ];
    parts.into_iter().map(|(name, what)| (name.to_owned(), hash(what))).collect()
}

/// The seal of a plan file; the error says what is wrong with it.
pub fn read_seal(text: &str) -> Result<Seal, String> {
    let plan: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let seal = plan.get("seal").ok_or("it has no `seal`: write it anew with `plan --out`")?;
    Seal::deserialize(seal).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        let people = TableSeal { rows: 2, hash: "a".into() };
        Seal {
            spec: "s".into(),
            account: "1".into(),
            source: [("people".to_owned(), people)].into(),
            inventory: [("users".to_owned(), "u".to_owned())].into(),
            outcomes: [("people".to_owned(), [("created".to_owned(), 2)].into())].into(),
        }
    }

    fn check(change: impl FnOnce(&mut Seal), progress: Progress, expected: &[&str]) {
        let mut now = seal();
        change(&mut now);
        assert_eq!(seal().stale(&now, progress), expected);
    }

    #[test]
    fn a_plan_holds_while_nothing_changed_and_says_what_did() {
        check(|_| {}, Progress::Fresh, &[]);
        let grown = |now: &mut Seal| now.source.get_mut("people").unwrap().rows = 3;
        check(grown, Progress::Fresh, &["table people of the source: 2 rows then, 3 now"]);
        let users = |now: &mut Seal| *now.inventory.get_mut("users").unwrap() = "v".into();
        check(users, Progress::Fresh, &["the users of the CRM"]);
        let outcomes = |now: &mut Seal| {
            now.outcomes.insert("people".into(), [("updated".to_owned(), 2)].into());
        };
        let said = "what becomes of people: 2 created then, 2 updated now";
        check(outcomes, Progress::Fresh, &[said]);
    }

    #[test]
    fn a_run_under_way_is_no_change_of_the_account() {
        check(|now| now.inventory.clear(), Progress::UnderWay, &[]);
        let spec = |now: &mut Seal| now.spec = "t".into();
        check(spec, Progress::UnderWay, &["the spec, or a map or template that it names"]);
    }

    #[test]
    fn the_port_of_a_sandbox_is_no_change() {
        let at = |port: &str| portless(&format!("\"http://127.0.0.1:{port}/rezora/files/1\""));
        assert_eq!(at("40763"), at("5"));
        assert_ne!(at("1"), portless("\"http://127.0.0.1:1/rezora/files/2\""));
    }
}
