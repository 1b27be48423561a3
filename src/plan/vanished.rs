//! Records that were written and whose source is gone: they stay in the CRM, and are told.
//!
//! A source that lost rows is as likely a broken export as a deletion, so nothing is deleted.

use serde::Serialize;

use super::decide::Known;
use super::error::PlanError;
use super::existing::Existing;
use super::gate::Gate;
use super::memory::Memory;
use super::object_plan::ObjectPlan;
use super::prepare::Desk;
use crate::ground::{CrmRef, Fate, Fields, Flag, Links, Made, Outcome, counted};
use crate::spec::{Else, Pipeline};

/// The remark on them.
pub const CODE: &str = "vanished";

/// How many records the ledger is asked about at once.
const BATCH: usize = 256;

/// How many are named where they refuse a run.
const NAMED: usize = 5;

/// A record that was written and that the source does not have any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vanished {
    /// The record, as `people:123`.
    pub record: String,
    /// Where it stands in the CRM, as `Contacts:7`.
    pub at: String,
}

/// Those of an object, once all its rows were looked at; what refers to them stays linked.
pub(super) fn find(
    desk: &mut Desk,
    (position, object): (usize, &str),
    (memory, existing): (&dyn Memory, &Existing),
) -> Result<Vec<Vanished>, PlanError> {
    let gone = memory.written_without(object, &|id| desk.links.is_in_source(object, id))?;
    for (key, _) in &gone {
        desk.links.stands(object, &key.id);
    }
    if desk.mapping.is_searched(position) {
        name_again(desk, position, (memory, existing))?;
    }
    if desk.pipeline.delta.deleted == Else::Ignore {
        return Ok(Vec::new());
    }
    Ok(gone
        .into_iter()
        .map(|(key, at)| Vanished { record: key.to_string(), at: at.to_string() })
        .collect())
}

/// Lets records that stand from before be found by the values that were written, and by the name that
/// the CRM gave to one that it had, unless a record of today has them: who is meant then is that one.
fn name_again(
    desk: &mut Desk,
    object: usize,
    (memory, existing): (&dyn Memory, &Existing),
) -> Result<(), PlanError> {
    let name = desk.pipeline.objects[object].name.clone();
    let mut free = Vec::new();
    for keys in desk.links.standing(&name).chunks(BATCH) {
        for (key, written) in keys.iter().zip(memory.values(keys)?) {
            let Some((at, values)) = written else { continue };
            let known = Some(existing.name(&at)).filter(|name| !name.is_empty());
            let known = known.map(|name| ("name".to_owned(), name.into()));
            let fields = known
                .into_iter()
                .chain(values)
                .map(|(path, value)| (path.into_boxed_str(), Made::Plain(value)));
            let searched = desk.mapping.search_keys(object, &Fields(fields.collect()));
            let unclaimed = searched
                .into_iter()
                .filter(|(field, value)| desk.links.by_value(&name, field, value).count == 0);
            free.extend(unclaimed.map(|(field, value)| (field, value, key.id.clone())));
        }
    }
    for (field, value, id) in free {
        desk.links.learn_value(&name, &field, value, &id);
    }
    Ok(())
}

/// Lets those that refer to a record find that it is not written, unless it stands from before.
pub(super) fn unwritten(
    desk: &mut Desk,
    (object, id): (&str, &str),
    outcome: Outcome,
    known: Option<&Known>,
) {
    if outcome == Outcome::Flagged {
        desk.links.learn(object, id, Fate::Left("flagged".into()));
    }
    if known.is_some() && matches!(outcome, Outcome::Flagged | Outcome::Skipped) {
        desk.links.stands(object, id);
    }
}

/// The remark on a record that is left out now, or merged into another, but was written before.
pub fn left(at: Option<&CrmRef>, why: &str) -> Option<Flag> {
    let at = at?.to_string();
    let detail = format!("{why}, but {at} was written before: it stays in the CRM");
    Some(Flag::new(CODE, "", "", &at, &detail))
}

/// The refusal when the spec wants to stop.
pub(super) fn gate<'a>(
    pipeline: &Pipeline,
    plans: impl Iterator<Item = &'a ObjectPlan>,
) -> Option<Gate> {
    if pipeline.delta.deleted != Else::Stop {
        return None;
    }
    let gone: Vec<_> = plans.flat_map(|plan| &plan.vanished).collect();
    let named: Vec<_> = gone.iter().take(NAMED).map(|gone| gone.record.as_str()).collect();
    let more = if gone.len() > NAMED { ", …" } else { "" };
    (!gone.is_empty()).then(|| Gate {
        code: CODE,
        message: format!(
            "{} gone from the source: {}{more}",
            counted(gone.len() as u64, "record is", "records are"),
            named.join(", ")
        ),
        hint: "look whether the source was read whole; to go on, say `delta: { deleted: flag }`"
            .into(),
    })
}

/// The code of that refusal.
pub const OTHER_KEYS: &str = "other_keys";

/// The refusal when an object's records go by other keys than those that were written: all of them
/// would be written a second time.
///
/// Asked of the whole source only: a sample of nothing but new records says nothing about keys.
///
/// A source in which really everything is new wants `delta: { deleted: ignore }`, and says so.
pub(super) fn other_keys<'a>(plans: impl Iterator<Item = &'a ObjectPlan>) -> Vec<Gate> {
    let renamed = plans.filter(|plan| {
        plan.known == 0 && !plan.vanished.is_empty() && plan.tally.of(Outcome::Created) > 0
    });
    let gate = |plan: &ObjectPlan| {
        Gate {
        code: OTHER_KEYS,
        message: format!(
            "{}: {} any more, and {} would be created: \
             their key or their table changed, and they would be written twice",
            plan.name,
            match plan.vanished.len() {
                1 => "the one record that was written before is not in the source".to_owned(),
                count => format!("none of the {count} records that were written before is in the source"),
            },
            counted(plan.tally.of(Outcome::Created), "other", "others")
        ),
        hint: "put the key back; or take the records back first with `flitpipe rollback`; or, if all of them are really new, say `delta: { deleted: ignore }`"
            .into(),
    }
    };
    renamed.map(gate).collect()
}
