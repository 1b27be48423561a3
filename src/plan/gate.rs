//! What refuses a run before anything moves.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::existing::Existing;
use super::predict::ObjectPlan;
use super::prepare::Desk;
use crate::crm::Inventory;
use crate::ground::Outcome;
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

/// Owners without a user, when there is no fallback to own their records.
pub(super) fn owners(desk: &Desk, pipeline: &Pipeline) -> Vec<Gate> {
    if desk.owners.has_fallback() {
        return Vec::new();
    }
    let lost: Vec<_> =
        desk.owners.uses().into_iter().filter(|used| used.rule == "fallback").collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let names: Vec<_> = lost
        .iter()
        .map(|used| {
            format!(
                "{} ({} records)",
                if used.owner.is_empty() { "no owner" } else { &used.owner },
                used.count
            )
        })
        .collect();
    let why = match &pipeline.owners.fallback {
        Some(email) => format!("`owners.fallback` {email} is no enabled user of the CRM"),
        None => "`owners.fallback` is not set".to_owned(),
    };
    vec![Gate {
        code: "unresolved_owner",
        message: format!("{} owners have no user in the CRM and {why}: {}", lost.len(), names.join(", ")),
        hint: "create the users, add them to `owners.aliases`, or name an existing user as `owners.fallback`".into(),
    }]
}

/// More people than the customer's plan allows.
pub(super) fn people(
    pipeline: &Pipeline,
    plans: &BTreeMap<usize, ObjectPlan>,
    existing: &Existing,
) -> Vec<Gate> {
    let Some(limit) = pipeline.destination.plan.people else { return Vec::new() };
    let created = |kind: ObjectKind| {
        plans.iter().filter(move |(object, _)| pipeline.objects[**object].kind == kind)
    };
    let planned: u64 =
        created(ObjectKind::Person).map(|(_, plan)| plan.tally.of(Outcome::Created)).sum();
    let there: u64 = created(ObjectKind::Person)
        .filter_map(|(object, _)| existing.seen.get(object))
        .max()
        .copied()
        .unwrap_or(0);
    if planned + there <= limit {
        return Vec::new();
    }
    vec![Gate {
        code: "people_limit",
        message: format!(
            "the plan allows {limit} people; {there} exist and {planned} are to be created"
        ),
        hint: "raise `destination.plan.people` with the customer's plan, or select fewer people"
            .into(),
    }]
}

/// More open leads than the customer's plan allows, by those of this migration alone: the API does
/// not tell how many there are.
pub(super) fn open_leads(pipeline: &Pipeline, planned: u64) -> Option<Gate> {
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
pub(super) fn pipelines(pipeline: &Pipeline, inventory: &Inventory) -> Vec<Gate> {
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
pub(super) fn invented(pipeline: &Pipeline) -> Vec<Gate> {
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
