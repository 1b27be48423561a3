//! Editing a record that is there, without overwriting what anybody else put into it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::apply::Work;
use super::confirm::{self, Fate, Sent};
use super::error::EngineError;
use super::probe::look;
use super::shares::{Shares, shares};
use super::theirs::{KEPT_BESIDE, Lists, TARGET_CHANGED, shows, told};
use super::three_way::{Patch, Values, alike};
use super::weigh::{Weighed, weigh};
use super::write::{Deal, object_of};
use crate::crm::{Crm, CrmError, Snapshot, check, expected};
use crate::ground::{CrmRef, Flag, Outcome, failpoint, shown};
use crate::ledger::{Aspect, Deed, Intent, OpenEntry, Origin, Settled, State};
use crate::plan::why;

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
    let rules = &work.session.pipeline.objects[object];
    let mut shares = match state {
        Some(_) => shares(&work.ledger.reader().done(deal.key)?, &alike(at.entity)),
        None => Shares::default(),
    };
    let mut tried = Tried::new();
    for _ in 0..CONFLICTS_MAX {
        let Some(now) = look(work.session, work.ledger, (deal.key, at)).await? else {
            let detail =
                format!("{at} was deleted in the CRM: it is not written again unless you say so");
            flags.push(Flag::new("gone_in_crm", "", "", &at.to_string(), &detail));
            return Ok(Some((Outcome::Flagged, why(flags))));
        };
        let Weighed { ours, patch } = weigh((rules, deal.aspect), (state, &values), &shares, &now);
        let landed = landed(&tried, &patch, &now);
        let step = Step { at, state, now: &now, patch: &patch, values: &values, landed: &landed };
        let images = (replaced(&step), ours_after(&step, deal.aspect));
        match send(work, deal, &step, &images).await? {
            Sending::Over(outcome, reason) => {
                keep(&patch, &values, &now, (state.is_some(), flags));
                stay(&patch, (&values, &now), (&ours, &shares.theirs), flags);
                if outcome != Outcome::Failed {
                    shares.write((&images.0, &images.1), &alike(at.entity));
                }
                stay_out(&shares, &values, &now, flags);
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
        let is_whole = stands(path, after) && !stands(path, before);
        let images = (Some(before), Some(after));
        !patch.changes.contains_key(*path)
            && (is_whole || shows(path, images, now.fields.get(*path), &alike))
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

/// What an edit replaces, and everything that is ours once it is done.
type Images = (Values, Values);

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
    (before, after): &Images,
) -> Result<OpenEntry, EngineError> {
    let intent = Intent {
        run: work.run,
        key: deal.key.clone(),
        aspect: deal.aspect,
        deed: if step.state.is_none() { Deed::Fill } else { Deed::Edit },
        entity: step.at.entity,
        crm: Some(step.at.id.clone()),
        rev_before: Some(step.now.rev.clone()),
        before: Some(object_of(before)),
        after: Some(object_of(after)),
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
    images: &Images,
) -> Result<Sending, EngineError> {
    let entry = announce(work, deal, step, images).await?;
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

/// What stands before the edit in the fields that it changes.
fn replaced(step: &Step<'_>) -> Values {
    let stands = |path: &String| step.now.fields.get(path).cloned().unwrap_or(Value::Null);
    let changes = step.patch.changes.keys().map(|path| (path.clone(), stands(path)));
    let landed = step.landed.iter().map(|(path, (before, _))| (path.clone(), before.clone()));
    changes.chain(landed).collect()
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
    let code = if ours { TARGET_CHANGED } else { "kept_existing" };
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

/// Remarks about what of ours others took out of lists.
fn stay_out(shares: &Shares, values: &Values, now: &Snapshot, flags: &mut Vec<Flag>) {
    for (path, wanted) in values {
        let out = shares.kept_out((path, Some(wanted)), &now.fields, &alike(now.at.entity));
        if !out.is_empty() {
            let detail = format!("others took {} out of the list: not put back", told(&out));
            flags.push(Flag::new(TARGET_CHANGED, path, path, &shown(wanted), &detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ground::Entity;

    #[test]
    fn what_an_earlier_try_added_to_a_list_is_ours_though_others_wrote_there_since() {
        let check = |now: Value, is_landed: bool| {
            let tried = Tried::from([("tags".into(), (json!(["Old"]), json!(["Old", "Hot"])))]);
            let now = Snapshot {
                rev: "3".into(),
                ..Snapshot::example(
                    CrmRef::new(Entity::Contacts, 7.into()),
                    Values::from([("tags".into(), now)]),
                )
            };
            assert_eq!(!landed(&tried, &Patch::default(), &now).is_empty(), is_landed);
        };
        check(json!(["Old", "Hot"]), true);
        check(json!(["Old", "Hot", "VIP"]), true);
        check(json!(["Old", "VIP"]), false);
        check(json!(["Old"]), false);
    }
}
