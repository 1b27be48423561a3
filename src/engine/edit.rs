//! Editing a record that is there, without overwriting what anybody else put into it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::apply::Work;
use super::confirm::{self, Fate, Sent};
use super::error::EngineError;
use super::probe::look;
use super::theirs::{KEPT_BESIDE, Lists, theirs, told, with_theirs};
use super::three_way::{Patch, Values, alike, items, three_way};
use super::write::{Deal, object_of};
use crate::crm::{Crm, CrmError, Snapshot, check, expected};
use crate::ground::{CrmRef, Flag, Outcome, failpoint, shown};
use crate::ledger::{Aspect, Deed, Intent, OpenEntry, Origin, Settled, State};
use crate::plan::{CLOSING, why};
use crate::spec::Object;

/// How often an edit is tried again when somebody else was faster.
const CONFLICTS_MAX: usize = 5;

type Edited<'a> = (&'a CrmRef, Option<&'a State>, Values, &'a mut Vec<Flag>);

/// Brings a record that is there to the values wanted, without overwriting anybody else's.
///
/// `None`: nobody knows whether it was done; the entry stays open.
pub(super) async fn edit<C: Crm>(
    work: &Work<'_, C>,
    object: usize,
    deal: &Deal<'_>,
    (at, state, values, flags): Edited<'_>,
) -> Result<Option<(Outcome, String)>, EngineError> {
    let kind = work.session.pipeline.objects[object].kind;
    if checked_patch(kind, &values, flags).is_none() {
        return Ok(Some((Outcome::Flagged, why(flags))));
    }
    let values = expected(kind, &values);
    let late: Vec<&str> = late_paths(&work.session.pipeline.objects[object]);
    let alike = alike(at.entity);
    let theirs = match state {
        Some(_) => theirs(&work.ledger.reader().done(deal.key)?, &alike),
        None => Values::new(),
    };
    let mut tried = Tried::new();
    for _ in 0..CONFLICTS_MAX {
        let Some(now) = look(work.session, work.ledger, (deal.key, at)).await? else {
            let detail =
                format!("{at} was deleted in the CRM: it is not written again unless you say so");
            flags.push(Flag::new("gone_in_crm", "", "", &at.to_string(), &detail));
            return Ok(Some((Outcome::Flagged, why(flags))));
        };
        let lists = several(&work.session.pipeline.objects[object], &values, &now.fields);
        let ours = as_lists(ours(state, &values, deal.aspect, &late), &lists);
        let stands = as_lists(now.fields.clone(), &lists);
        let wanted = as_lists(with_theirs(&values, (&ours, &theirs), &alike), &lists);
        let patch = three_way(&wanted, &ours, &stands, &alike);
        let landed = landed(&tried, &patch, &now);
        let step = Step { at, state, now: &now, patch: &patch, values: &values, landed: &landed };
        match send(work, deal, &step).await? {
            Sending::Over(outcome, reason) => {
                keep(&patch, &values, &now, (state.is_some(), flags));
                stay(&patch, (&values, &now), (&ours, &theirs), flags);
                return Ok(Some((outcome, reason)));
            }
            Sending::Open => return Ok(None),
            Sending::Again => {}
        }
        for (path, value) in &patch.changes {
            let before = now.fields.get(path).cloned().unwrap_or(Value::Null);
            tried.insert(path.clone(), (before, value.clone().unwrap_or(Value::Null)));
        }
    }
    flags.push(Flag::new(
        "edit_conflict",
        "",
        "",
        &at.to_string(),
        "others kept changing the record: left as it is, run again",
    ));
    Ok(Some((Outcome::Flagged, why(flags))))
}

/// What earlier tries of an edit wrote, if they were applied after all: path to the values before
/// and after.
type Tried = BTreeMap<String, (Value, Value)>;

/// What earlier tries did write, as it turns out: it stands there and need not be written again,
/// and what stood before is only known from them.
fn landed(tried: &Tried, patch: &Patch, now: &Snapshot) -> Tried {
    let alike = alike(now.at.entity);
    let stands = |path: &str, value: &Value| alike(path, Some(value), now.fields.get(path));
    let landed = tried.iter().filter(|(path, (before, after))| {
        !patch.changes.contains_key(*path) && stands(path, after) && !stands(path, before)
    });
    landed.map(|(path, values)| (path.clone(), values.clone())).collect()
}

/// A partial set of values cannot fail for what is absent; only wrong values count.
fn checked_patch(
    kind: crate::spec::ObjectKind,
    values: &Values,
    flags: &mut Vec<Flag>,
) -> Option<()> {
    let faults: Vec<_> =
        check(kind, values).into_iter().filter(|fault| values.contains_key(&fault.path)).collect();
    for fault in &faults {
        let value = values.get(&fault.path).map(ToString::to_string).unwrap_or_default();
        flags.push(Flag::new("not_in_schema", &fault.path, &fault.path, &value, &fault.message));
    }
    faults.is_empty().then_some(())
}

/// What one try of an edit works with.
struct Step<'a> {
    at: &'a CrmRef,
    state: Option<&'a State>,
    now: &'a Snapshot,
    patch: &'a Patch,
    values: &'a Values,
    landed: &'a Tried,
}

/// How a try of an edit ended.
enum Sending {
    /// With an outcome.
    Over(Outcome, String),
    /// Nobody knows: the entry stays open.
    Open,
    /// The record changed under our hands: it is read again.
    Again,
}

/// Writes the edit down before it is sent.
async fn announce<C: Crm>(
    work: &Work<'_, C>,
    deal: &Deal<'_>,
    step: &Step<'_>,
) -> Result<OpenEntry, EngineError> {
    let stands = |path: &String| step.now.fields.get(path).cloned().unwrap_or(Value::Null);
    let changes = step.patch.changes.keys().map(|path| (path.clone(), stands(path)));
    let landed = step.landed.iter().map(|(path, (before, _))| (path.clone(), before.clone()));
    let before: Map<String, Value> = changes.chain(landed).collect();
    let intent = Intent {
        run: work.run,
        key: deal.key.clone(),
        aspect: deal.aspect,
        deed: if step.state.is_none() { Deed::Fill } else { Deed::Edit },
        entity: step.at.entity,
        crm: Some(step.at.id.clone()),
        rev_before: Some(step.now.rev.clone()),
        before: Some(Value::Object(before)),
        after: Some(object_of(&ours_after(step, deal.aspect))),
        hash: deal.hash.clone(),
        undoes: None,
        at: work.session.now(),
    };
    let entry = work.ledger.announce(intent).await?;
    failpoint::reach("engine.edit_announced");
    Ok(entry)
}

/// Announces one edit and sends it until its end is known.
///
/// Of all copies of an edit at one revision at most one is applied, so it can be sent again as long
/// as the record is as before: under the same entry, which alone knows what stood there if an
/// earlier copy is the one that is applied.
async fn send<C: Crm>(
    work: &Work<'_, C>,
    deal: &Deal<'_>,
    step: &Step<'_>,
) -> Result<Sending, EngineError> {
    let entry = announce(work, deal, step).await?;
    let now = || work.session.now();
    let crm = || step.at.id.clone();
    if step.patch.changes.is_empty() {
        let (outcome, how) = if step.landed.is_empty() {
            (Outcome::Unchanged, "nothing to do")
        } else {
            (Outcome::Updated, "found")
        };
        let settled = Settled::Done { crm: crm(), rev: step.now.rev.clone(), how };
        work.ledger.settle(entry, settled, None, now()).await?;
        return Ok(Sending::Over(outcome, String::new()));
    }
    let (mut stands, mut silent) = (step.now.clone(), false);
    for _ in 0..CONFLICTS_MAX {
        let answer = work.session.crm.edit(&stands, &step.patch.changes).await;
        failpoint::reach("engine.edit_answered");
        match confirm::answer(answer) {
            Sent::Done(written) => {
                let settled = Settled::Done { crm: crm(), rev: written.rev, how: "acknowledged" };
                work.ledger.settle(entry, settled, None, now()).await?;
                failpoint::reach("engine.edit_settled");
                return Ok(Sending::Over(Outcome::Updated, String::new()));
            }
            Sent::Refused(reason) if !silent => {
                let settled = Settled::Refused { reason: reason.clone() };
                work.ledger.settle(entry, settled, None, now()).await?;
                return Ok(Sending::Over(Outcome::Failed, reason));
            }
            Sent::Unsent(CrmError::Conflict { .. }) | Sent::Refused(_) => {}
            Sent::Unknown => silent = true,
            Sent::Unsent(error) if !silent => {
                let settled = Settled::NotApplied { how: error.to_string() };
                work.ledger.settle(entry, settled, None, now()).await?;
                return Err(error.into());
            }
            // An earlier copy may still be under way: the entry stays open.
            Sent::Unsent(error) | Sent::Stop(error) => return Err(error.into()),
        }
        match confirm::fate(work.session, work.ledger, (&entry, step.at)).await? {
            Fate::Applied(rev) => {
                let settled = Settled::Done { crm: crm(), rev, how: "found" };
                work.ledger.settle(entry, settled, None, now()).await?;
                return Ok(Sending::Over(Outcome::Updated, String::new()));
            }
            Fate::AsBefore(snapshot) => stands = *snapshot,
            Fate::Changed(detail) => {
                work.ledger.settle(entry, Settled::Conflict { detail }, None, now()).await?;
                return Ok(Sending::Again);
            }
        }
    }
    if silent {
        return Ok(Sending::Open);
    }
    let how = "the record changed whenever it was read".to_owned();
    work.ledger.settle(entry, Settled::NotApplied { how }, None, now()).await?;
    Ok(Sending::Again)
}

/// What this aspect wrote last time: of our values in the record those that it is about.
fn ours(state: Option<&State>, values: &Values, aspect: Aspect, late: &[&str]) -> Values {
    let Some(state) = state else { return Values::new() };
    let of_others = |path: &str| CLOSING.contains(&path) || late.contains(&path);
    let mine = |path: &str| match aspect {
        // What the later aspects wrote is theirs to change, and a file is written once.
        Aspect::Whole => !of_others(path) && !["content", "file", "link"].contains(&path),
        Aspect::Closing => CLOSING.contains(&path),
        Aspect::Late => late.contains(&path),
    };
    let ours = state.after.iter().filter(|(path, _)| mine(path) || values.contains_key(*path));
    let mut ours: Values = ours.map(|(path, value)| (path.clone(), value.clone())).collect();
    // A lead that we made begins open; that is no choice of a person.
    let made = matches!(state.origin, Origin::Created | Origin::Adopted);
    if aspect == Aspect::Closing && made && values.contains_key("status") {
        ours.entry("status".to_owned()).or_insert_with(|| "open".into());
    }
    ours
}

/// The fields of an object that are written in the second pass.
fn late_paths(object: &Object) -> Vec<&str> {
    let late = object.fields.iter().filter(|field| field.rule.late);
    late.map(|field| field.target.path.as_str()).collect()
}

/// The fields that take several values and of which we or the CRM have several: what stands alone
/// on the other side is a list of one.
///
/// A custom field may be one text, whatever it says.
fn several<'a>(object: &'a Object, values: &Values, now: &Values) -> Vec<&'a str> {
    let is_list = |values: &Values, path: &str| values.get(path).is_some_and(Value::is_array);
    let targets = object.fields.iter().map(|field| &field.target);
    let many = targets.filter(|target| target.many && target.custom.is_none());
    let paths = many.map(|target| target.path.as_str());
    paths.filter(|path| is_list(values, path) || is_list(now, path)).collect()
}

fn as_lists(mut values: Values, paths: &[&str]) -> Values {
    for path in paths {
        if let Some(value) = values.get_mut(*path) {
            *value = items(Some(value)).into();
        }
    }
    values
}

/// Everything that is ours in the record once the edit is done.
fn ours_after(step: &Step<'_>, aspect: Aspect) -> Values {
    let mut after = step.state.map(|state| state.after.clone()).unwrap_or_default();
    if aspect == Aspect::Whole {
        after.retain(|path, _| {
            step.values.contains_key(path) || !step.patch.changes.contains_key(path)
        });
    }
    // A record that a lost ledger made, and that is as we would make it, is ours as it stands.
    if step.state.is_some_and(|state| state.origin == Origin::Adopted) {
        let alike = alike(step.at.entity);
        for (path, value) in step.values {
            if alike(path, Some(value), step.now.fields.get(path)) {
                after.insert(path.clone(), value.clone());
            }
        }
    }
    for (path, value) in &step.patch.changes {
        match value {
            Some(value) => after.insert(path.clone(), value.clone()),
            None => after.remove(path),
        };
    }
    for (path, (_, value)) in step.landed {
        if value.is_null() {
            after.remove(path);
        } else {
            after.insert(path.clone(), value.clone());
        }
    }
    after
}

/// Remarks about values of others that were left alone.
fn keep(patch: &Patch, values: &Values, now: &Snapshot, (ours, flags): (bool, &mut Vec<Flag>)) {
    let shown = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let code = if ours { "target_changed" } else { "kept_existing" };
    for path in &patch.kept {
        let detail = format!("the CRM has `{}`: left as it is", shown(now.fields.get(path)));
        flags.push(Flag::new(code, path, path, &shown(values.get(path)), &detail));
    }
}

/// Remarks about what others put into lists beside our values.
fn stay(
    patch: &Patch,
    (values, now): (&Values, &Snapshot),
    whose: (&Values, &Values),
    flags: &mut Vec<Flag>,
) {
    for (path, wanted) in values.iter().filter(|(path, _)| !patch.kept.contains(*path)) {
        let lists = Lists { path, wanted: Some(wanted), stands: now.fields.get(path) };
        let others = lists.others(whose, &alike(now.at.entity));
        if !others.is_empty() {
            let detail = format!("the CRM has {} in the list: kept beside ours", told(&others));
            flags.push(Flag::new(KEPT_BESIDE, path, path, &shown(wanted), &detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ground::Entity;

    fn values(value: &Value) -> Values {
        let entries = value.as_object().into_iter().flatten();
        entries.map(|(path, value)| (path.clone(), value.clone())).collect()
    }

    fn check(origin: Origin, after: &Value, (closing, now): (&Value, &Value), expected: &Value) {
        let state = State {
            at: CrmRef::new(Entity::Leads, 7_u64.into()),
            rev: "2".into(),
            origin,
            hashes: BTreeMap::new(),
            after: values(after),
        };
        let wanted = values(closing);
        let ours = ours(Some(&state), &wanted, Aspect::Closing, &[]);
        let patch = three_way(&wanted, &ours, &values(now), &alike(Entity::Leads));
        assert_eq!(json!({"changes": patch.changes, "kept": patch.kept}), *expected);
    }

    #[test]
    fn a_lead_that_we_made_is_closed_though_it_stands_open() {
        let won = json!({"status": "won"});
        let open = json!({"status": "open"});
        let closed = json!({"changes": {"status": "won"}, "kept": []});
        check(Origin::Created, &json!({"stage": "Sales / Close"}), (&won, &open), &closed);
    }

    #[test]
    fn a_lead_that_a_person_closed_or_that_was_there_before_is_left() {
        let won = json!({"status": "won"});
        let kept = json!({"changes": {}, "kept": ["status"]});
        check(Origin::Created, &json!({}), (&won, &json!({"status": "lost"})), &kept);
        check(Origin::Matched, &json!({}), (&won, &json!({"status": "open"})), &kept);
    }

    #[test]
    fn a_lead_that_the_source_opens_again_is_opened() {
        let after = json!({"status": "won", "closedTime": "2026-03-01T00:00:00Z"});
        let opened = json!({"changes": {"status": null, "closedTime": null}, "kept": []});
        check(Origin::Created, &after, (&json!({}), &after), &opened);
    }
}
