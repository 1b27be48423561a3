//! What refuses a run before anything moves.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::existing::Existing;
use super::object_plan::ObjectPlan;
use super::owners::OwnerUse;
use super::prepare::Desk;
use super::provision::Provisioning;
use super::vanished;
use crate::crm::Inventory;
use crate::ground::{Outcome, counted};
use crate::spec::{Access, Endpoint, FilesRoot, ObjectKind, Pipeline};

/// A reason to refuse, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// A stable word such as `no_fallback`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// What was found on the way, as far as it may refuse the run.
pub(super) struct Met<'a> {
    /// The prediction of each object.
    pub(super) plans: &'a BTreeMap<usize, ObjectPlan>,
    /// Who owns what.
    pub(super) owners: &'a [OwnerUse],
    /// What is created before the records.
    pub(super) provisioning: &'a Provisioning,
    /// Leads that would be made and that nothing closes.
    pub(super) open_leads: u64,
}

impl Met<'_> {
    /// What refuses the run, as far as the prediction knows.
    pub(super) fn gates(
        &self,
        desk: &Desk,
        inventory: &Inventory,
        existing: &Existing,
    ) -> Vec<Gate> {
        let pipeline = &desk.pipeline;
        let mut gates = self.provisioning.gates(pipeline, inventory);
        gates.extend(owners(pipeline, (self.owners, desk.owners.has_fallback())));
        gates.extend(invented(pipeline));
        gates.extend(people(pipeline, self.plans, existing));
        gates.extend(pipelines(pipeline, inventory));
        gates.extend(open_leads(pipeline, self.open_leads));
        gates.extend(vanished::gate(pipeline, self.plans.values()));
        if desk.only.is_none() {
            gates.extend(vanished::other_keys(self.plans.values()));
        }
        gates
    }
}

/// Owners without a user, when there is no fallback to own their records.
fn owners(pipeline: &Pipeline, (uses, has_fallback): (&[OwnerUse], bool)) -> Option<Gate> {
    if has_fallback {
        return None;
    }
    let lost: Vec<_> = uses.iter().filter(|used| used.rule == "fallback").collect();
    if lost.is_empty() {
        return None;
    }
    let names: Vec<_> = lost
        .iter()
        .map(|used| {
            format!(
                "{} ({})",
                if used.owner.is_empty() { "no owner" } else { &used.owner },
                counted(used.count, "record", "records")
            )
        })
        .collect();
    let why = match &pipeline.owners.fallback {
        Some(email) => format!("`owners.fallback` {email} is no enabled user of the CRM"),
        None => "`owners.fallback` is not set".to_owned(),
    };
    Some(Gate {
        code: "unresolved_owner",
        message: format!(
            "{} in the CRM and {why}: {}",
            counted(lost.len() as u64, "owner has no user", "owners have no user"),
            names.join(", ")
        ),
        hint: "create the users, add them to `owners.aliases`, or name an existing user as `owners.fallback`".into(),
    })
}

/// More people than the customer's plan allows.
fn people(
    pipeline: &Pipeline,
    plans: &BTreeMap<usize, ObjectPlan>,
    existing: &Existing,
) -> Vec<Gate> {
    let Some(limit) = pipeline.destination.plan.people else { return Vec::new() };
    let of_people = || {
        let objects = plans.iter();
        objects.filter(|(object, _)| pipeline.objects[**object].kind == ObjectKind::Person)
    };
    let planned: u64 = of_people().map(|(_, plan)| plan.tally.of(Outcome::Created)).sum();
    // Only for an object with `match` did anybody look.
    let looked =
        of_people().filter(|(object, _)| !pipeline.objects[**object].matching.0.is_empty());
    let there = looked.map(|(object, _)| existing.seen.get(object).copied().unwrap_or(0)).max();
    if planned + there.unwrap_or(0) <= limit {
        return Vec::new();
    }
    let created = counted(planned, "is to be created", "are to be created");
    let sum = match there {
        Some(there) => format!("{} and {created}", counted(there, "exists", "exist")),
        None => format!("{created}, beside those that exist"),
    };
    vec![Gate {
        code: "people_limit",
        message: format!("the plan allows {limit} people; {sum}"),
        hint: "raise `destination.plan.people` with the customer's plan, or select fewer people"
            .into(),
    }]
}

/// More open leads than the customer's plan allows, by those of this migration alone: the API does
/// not tell how many there are.
fn open_leads(pipeline: &Pipeline, planned: u64) -> Option<Gate> {
    let limit = pipeline.destination.plan.open_leads.filter(|limit| planned > *limit)?;
    Some(Gate {
        code: "open_leads_limit",
        message: format!(
            "the plan allows {limit} open leads; {planned} are to be created, beside those that exist"
        ),
        hint:
            "raise `destination.plan.open_leads` with the customer's plan, or move fewer open leads"
                .into(),
    })
}

/// Pipelines, stages and activity types that the CRM lacks and no API can make.
fn pipelines(pipeline: &Pipeline, inventory: &Inventory) -> Vec<Gate> {
    let wanted = pipeline
        .destination
        .pipelines
        .iter()
        .flat_map(|(name, stages)| stages.iter().map(move |stage| format!("{name} / {stage}")));
    let mut missing: Vec<String> =
        wanted.filter(|stage| inventory.stage(stage).is_none()).collect();
    let kinds: HashSet<String> =
        inventory.activity_types.iter().map(|kind| kind.name.to_lowercase()).collect();
    let wanted = pipeline.destination.activity_types.iter();
    missing.extend(
        wanted
            .filter(|kind| !kinds.contains(&kind.to_lowercase()))
            .map(|kind| format!("activity type {kind}")),
    );
    if missing.is_empty() {
        return Vec::new();
    }
    vec![Gate {
        code: "pipelines_missing",
        message: format!("the CRM lacks {}", missing.join(", ")),
        hint: "its API cannot create them: let an administrator add them in Nutshell's settings, then run again".into(),
    }]
}

/// Whether the keys of the customer's bucket are at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// They are.
    Open,
    /// They are not.
    NoKeys,
}

/// Files on their way to a bucket that nobody gave the keys of.
pub(super) fn bucket(bucket: Bucket) -> Vec<Gate> {
    if bucket == Bucket::Open {
        return Vec::new();
    }
    vec![Gate {
        code: "bucket_keys",
        message: "files are to be copied to a bucket, and its keys are not set".into(),
        hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_REGION, and AWS_ENDPOINT_URL for a host other than Amazon's".into(),
    }]
}

/// Invented people of the sandbox on their way into a real CRM: a variable was forgotten.
fn invented(pipeline: &Pipeline) -> Vec<Gate> {
    let Endpoint::Url(url) = &pipeline.destination.url else { return Vec::new() };
    let near =
        url.host_str().is_some_and(|host| ["127.0.0.1", "[::1]", "localhost"].contains(&host));
    let invented = pipeline.sources.iter().filter(|source| {
        matches!(
            source.access,
            Access::Rest { url: Endpoint::Sandbox, .. } | Access::Files(FilesRoot::Sandbox)
        )
    });
    let names: Vec<_> = invented.map(|source| source.name.as_str()).collect();
    if near || names.is_empty() {
        return Vec::new();
    }
    vec![Gate {
        code: "sandbox_source",
        message: format!("the destination is real, but the source {} is the sandbox", names.join(", ")),
        hint: "set the variables of the source's address, or leave the destination to the sandbox as well".into(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Tally;
    use crate::spec::example;

    fn used(owner: &str, count: u64) -> OwnerUse {
        OwnerUse {
            owner: owner.into(),
            rule: "fallback",
            user: String::new(),
            count,
            objects: BTreeMap::new(),
            why: "no user of the CRM has this e-mail",
        }
    }

    #[test]
    fn one_owner_of_one_record_is_told_as_one() {
        let pipeline = example::pipeline(Vec::new(), Vec::new());
        let message = |uses: &[OwnerUse]| owners(&pipeline, (uses, false)).unwrap().message;
        let why = "in the CRM and `owners.fallback` is not set";
        let one = message(&[used("bo@old.example", 1)]);
        assert_eq!(one, format!("1 owner has no user {why}: bo@old.example (1 record)"));
        let two = message(&[used("bo@old.example", 2), used("", 1)]);
        let names = "bo@old.example (2 records), no owner (1 record)";
        assert_eq!(two, format!("2 owners have no user {why}: {names}"));
    }

    /// What is said of a plan for three people that makes so many, beside those that were seen.
    fn said(created: u64, seen: Option<u64>) -> Option<String> {
        let mut of_people = example::object("people", "contacts", ObjectKind::Person, Vec::new());
        of_people.matching.0.extend(seen.map(|_| "email".to_owned()));
        let mut pipeline = example::pipeline(vec![of_people], Vec::new());
        pipeline.destination.plan.people = Some(3);
        let mut existing = Existing::default();
        (0..seen.unwrap_or(0)).for_each(|_| existing.see(0));
        let mut tally = Tally::default();
        tally.add(Outcome::Created, created);
        let plan = ObjectPlan { tally, ..ObjectPlan::new("people") };
        let gates = people(&pipeline, &BTreeMap::from([(0, plan)]), &existing);
        gates.into_iter().next().map(|gate| gate.message)
    }

    #[test]
    fn people_who_exist_count_and_where_nobody_looked_it_is_said() {
        assert_eq!(said(1, Some(2)), None);
        let sum = "the plan allows 3 people; 1 exists and 3 are to be created";
        assert_eq!(said(3, Some(1)).as_deref(), Some(sum));
        assert!(said(4, Some(0)).is_some_and(|said| said.contains("; 0 exist and 4 are")));
        let alone = "the plan allows 3 people; 4 are to be created, beside those that exist";
        assert_eq!(said(4, None).as_deref(), Some(alone));
    }
}
