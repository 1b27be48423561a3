//! What a plan was made of: the spec, the source, the account. A plan that somebody approved is
//! applied only while all of it still holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::PlanError;
use super::object_plan::ObjectPlan;
use super::predict::Plan;
use super::prepare::Desk;
use super::sum::Sum;
use crate::crm::Inventory;
use crate::ground::{Outcome, Record};
use crate::spec::Pipeline;

/// The parts of an account to which a run adds.
const ADDED_TO: [&str; 3] = ["tags", "sources of leads", "custom fields"];

/// What a plan is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The spec's fingerprint.
    pub spec: String,
    /// The variables of the spec that may decide what is written, each with a hash.
    pub variables: BTreeMap<String, String>,
    /// The CRM's account.
    pub account: String,
    /// Table to what its rows were.
    pub source: BTreeMap<String, TableSeal>,
    /// Part of the account (`users`, `custom fields` …) to its hash.
    pub inventory: BTreeMap<String, String>,
    /// Object to what becomes of its records.
    pub outcomes: BTreeMap<String, FateSeal>,
    /// A hash of what happens to each attached file.
    pub files: String,
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSeal {
    /// How many.
    pub rows: u64,
    /// A hash of what they say, whatever their order.
    pub hash: String,
}

/// What becomes of an object's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FateSeal {
    /// Outcome to how many records.
    pub counts: BTreeMap<String, u64>,
    /// A hash of which records those are.
    pub hash: String,
}

/// How far a run has come that a plan is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was written yet: everything must be as it was.
    Fresh,
    /// Part of it was written: outcomes, and what a run adds to an account, have moved on by our
    /// own deeds.
    UnderWay,
}

impl Seal {
    /// What this plan is made of.
    pub fn of(desk: &Desk, inventory: &Inventory, plan: &Plan) -> Result<Self, PlanError> {
        let pipeline: &Pipeline = &desk.pipeline;
        let mut source = BTreeMap::new();
        for table in pipeline.tables.iter().filter(|table| table.completes.is_none()) {
            let (mut sum, mut rows) = (Sum::default(), 0);
            for row in desk.rows.rows(&table.name)? {
                rows += 1;
                sum.add(row_hash(&*row?));
            }
            source.insert(table.name.clone(), TableSeal { rows, hash: sum.text() });
        }
        let outcomes = plan.objects.iter().map(|object| (object.name.clone(), fates(object)));
        Ok(Self {
            spec: pipeline.fingerprint.clone(),
            variables: pipeline.variables.clone(),
            account: inventory.instance.clone(),
            source,
            inventory: parts(inventory),
            outcomes: outcomes.collect(),
            files: files(plan),
        })
    }

    /// What has changed since this plan was made, a sentence each; empty: it still holds.
    pub fn stale(&self, now: &Self, progress: Progress) -> Vec<String> {
        let mut changed = Vec::new();
        if self.spec != now.spec {
            changed.push("the spec, or a map or template that it names".to_owned());
        }
        for name in differing(&self.variables, &now.variables) {
            // One that the changed spec has or had is no news.
            if self.spec == now.spec {
                changed.push(format!("the variable {name}"));
            }
        }
        if self.account != now.account {
            changed.push(format!("the account: {} then, {} now", self.account, now.account));
        }
        for name in differing(&self.source, &now.source) {
            changed.push(of_table(name, (self.source.get(name), now.source.get(name))));
        }
        for name in differing(&self.inventory, &now.inventory) {
            if progress == Progress::Fresh || !ADDED_TO.contains(&name.as_str()) {
                changed.push(format!("the {name} of the CRM"));
            }
        }
        if progress == Progress::UnderWay {
            return changed;
        }
        for name in differing(&self.outcomes, &now.outcomes) {
            changed.push(of_object(name, (self.outcomes.get(name), now.outcomes.get(name))));
        }
        if self.files != now.files {
            changed.push("what happens to the attached files".to_owned());
        }
        changed
    }
}

/// The names under which two maps do not hold the same.
fn differing<'a, T: PartialEq>(
    then: &'a BTreeMap<String, T>,
    now: &'a BTreeMap<String, T>,
) -> BTreeSet<&'a String> {
    let names = then.keys().chain(now.keys());
    names.filter(|name| then.get(*name) != now.get(*name)).collect()
}

fn of_table(name: &str, (then, now): (Option<&TableSeal>, Option<&TableSeal>)) -> String {
    let count = |seal: Option<&TableSeal>| seal.map_or(0, |seal| seal.rows);
    let (then, now) = (count(then), count(now));
    if then == now {
        return format!("table {name} of the source: {now} rows as before, but other ones");
    }
    format!("table {name} of the source: {then} rows then, {now} now")
}

fn of_object(name: &str, (then, now): (Option<&FateSeal>, Option<&FateSeal>)) -> String {
    let (then, now) = (counted(then), counted(now));
    if then == now {
        return format!("what becomes of {name}: {now} as before, but of other records");
    }
    format!("what becomes of {name}: {then} then, {now} now")
}

fn counted(fates: Option<&FateSeal>) -> String {
    let counts = fates.into_iter().flat_map(|fates| &fates.counts);
    let said: Vec<_> = counts.map(|(outcome, count)| format!("{count} {outcome}")).collect();
    if said.is_empty() { "nothing".to_owned() } else { said.join(", ") }
}

fn fates(object: &ObjectPlan) -> FateSeal {
    let counts = Outcome::ALL
        .iter()
        .map(|outcome| (outcome.name().to_owned(), object.tally.of(*outcome)))
        .filter(|(_, count)| *count > 0);
    FateSeal { counts: counts.collect(), hash: object.fates.text() }
}

/// A hash of what happens to each file: whether it is uploaded, copied where, or held.
fn files(plan: &Plan) -> String {
    let mut sum = Sum::default();
    for file in plan.files.values() {
        let text = format!("{}\0{}\0{:?}", file.record, file.name, file.way);
        sum.add(blake3::hash(portless(&text).as_bytes()));
    }
    sum.text()
}

/// The hash of a row: its key and what it says. The port of a host on this machine is another one
/// each time that a sandbox starts.
fn row_hash(row: &Record) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(row.key.as_bytes());
    for (column, cell) in row.header.columns().iter().zip(&row.cells) {
        if !cell.is_null() {
            hasher.update(format!("\0{}\0{}", column.name, portless(&cell.to_string())).as_bytes());
        }
    }
    hasher.finalize()
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
        ("way to take files", format!("{:?}", inventory.uploads)),
    ];
    parts.into_iter().map(|(name, what)| (name.to_owned(), hash(what))).collect()
}

/// The seal of a plan file; the error says what is wrong with it.
pub fn read_seal(text: &str) -> Result<Seal, String> {
    let plan: Value = serde_json::from_str(text).map_err(|error| format!("is no plan: {error}"))?;
    let seal = plan.get("seal").ok_or("is no plan that can be applied: it has no `seal`")?;
    let seal = Seal::deserialize(seal).map_err(|error| format!("has an older seal: {error}"))?;
    let gates = plan.get("gates").and_then(Value::as_array).into_iter().flatten();
    let gates: Vec<_> = gates.filter_map(|gate| gate.get("code")?.as_str()).collect();
    if gates.is_empty() {
        return Ok(seal);
    }
    Err(format!("was refused itself: {}", gates.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        let people = TableSeal { rows: 2, hash: "a".into() };
        let created = FateSeal { counts: [("created".to_owned(), 2)].into(), hash: "a".into() };
        Seal {
            spec: "s".into(),
            variables: [("OWNER".to_owned(), "o".to_owned())].into(),
            account: "1".into(),
            source: [("people".to_owned(), people)].into(),
            inventory: ["users", "tags"].map(|part| (part.to_owned(), "u".to_owned())).into(),
            outcomes: [("people".to_owned(), created)].into(),
            files: "f".into(),
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
        let other = |now: &mut Seal| now.source.get_mut("people").unwrap().hash = "b".into();
        let said = "table people of the source: 2 rows as before, but other ones";
        check(other, Progress::Fresh, &[said]);
        let outcomes = |now: &mut Seal| {
            let people = now.outcomes.get_mut("people").unwrap();
            people.counts = [("updated".to_owned(), 2)].into();
        };
        let said = "what becomes of people: 2 created then, 2 updated now";
        check(outcomes, Progress::Fresh, &[said]);
        let others = |now: &mut Seal| now.outcomes.get_mut("people").unwrap().hash = "b".into();
        let said = "what becomes of people: 2 created as before, but of other records";
        check(others, Progress::Fresh, &[said]);
        let files = |now: &mut Seal| now.files = "g".into();
        check(files, Progress::Fresh, &["what happens to the attached files"]);
    }

    #[test]
    fn what_a_run_under_way_has_changed_itself_is_no_change() {
        let own = |now: &mut Seal| {
            now.inventory.insert("tags".into(), "v".into());
            now.outcomes.clear();
            now.files = "g".into();
        };
        check(own, Progress::UnderWay, &[]);
        let users = |now: &mut Seal| *now.inventory.get_mut("users").unwrap() = "v".into();
        check(users, Progress::UnderWay, &["the users of the CRM"]);
        let owner = |now: &mut Seal| *now.variables.get_mut("OWNER").unwrap() = "p".into();
        check(owner, Progress::UnderWay, &["the variable OWNER"]);
        let spec = |now: &mut Seal| {
            now.spec = "t".into();
            now.variables.clear();
        };
        check(spec, Progress::UnderWay, &["the spec, or a map or template that it names"]);
    }

    #[test]
    fn a_plan_that_was_refused_cannot_be_approved() {
        let plan = |gates: Value| serde_json::json!({"seal": seal(), "gates": gates}).to_string();
        assert_eq!(read_seal(&plan(Value::Array(Vec::new()))), Ok(seal()));
        let refused =
            plan(serde_json::json!([{"code": "people_limit", "message": "", "hint": ""}]));
        assert_eq!(read_seal(&refused).unwrap_err(), "was refused itself: people_limit");
        assert!(read_seal("{}").unwrap_err().contains("it has no `seal`"));
    }

    #[test]
    fn the_port_of_a_sandbox_is_no_change() {
        let at = |port: &str| portless(&format!("\"http://127.0.0.1:{port}/rezora/files/1\""));
        assert_eq!(at("40763"), at("5"));
        assert_ne!(at("1"), portless("\"http://127.0.0.1:1/rezora/files/2\""));
    }
}
