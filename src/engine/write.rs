//! One record: create it, fill it, edit it, close it; each deed announced before it is done.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use serde_json::Value;

use super::apply::Work;
use super::attach::{self, CONTENT, Whose};
use super::confirm::{self, Sent};
use super::edit::edit;
use super::error::EngineError;
use super::resolve::{REF_FAILED, Resolved, links, resolve};
use super::three_way::Values;
use crate::crm::{Crm, NewRecord, check, expected};
use crate::ground::{CrmRef, Entity, Fields, Flag, Outcome, Record, SourceKey, failpoint};
use crate::ledger::{Aspect, Deed, Intent, Settled, State, Verdict};
use crate::plan::{
    Decision, Known, Matches, decide, fields_hash, record_hash, split_closing, taken, why,
};
use crate::spec::ObjectKind;

/// A record to be written.
pub(super) struct Job {
    pub object: usize,
    pub key: SourceKey,
    pub row: Arc<Record>,
    pub fields: Fields,
    pub late: Fields,
    pub flags: Vec<Flag>,
}

/// A deed on a record, apart from what is known of the record.
pub(super) struct Deal<'a> {
    pub key: &'a SourceKey,
    pub aspect: Aspect,
    pub hash: String,
}

impl Deal<'_> {
    /// The deed as it is remembered: one whose links did not all lead somewhere is not what the
    /// rules make of the record, and the next run looks at it again.
    fn remembering(&self, flags: &[Flag]) -> Self {
        let lacks = flags.iter().any(|flag| &*flag.code == REF_FAILED);
        let hash = if lacks { format!("{}, without a link", self.hash) } else { self.hash.clone() };
        Self { key: self.key, aspect: self.aspect, hash }
    }
}

/// The first pass: the record itself, and the state that closes it.
pub(super) async fn whole<C: Crm>(work: &Work<'_, C>, job: Job) -> Result<(), EngineError> {
    let rules = &work.session.pipeline.objects[job.object];
    let match_keys = work.prepared.desk.mapping.match_key(job.object, &job.fields);
    let (fields, closing) = split_closing(rules.kind, job.fields);
    let hash = record_hash(rules.kind, &fields);
    let state = state(work, &job.key)?;
    let known = state.as_ref().map(|state| Known {
        at: state.at.clone(),
        hash: state.hashes.get(&Aspect::Whole).cloned(),
    });
    let found = if known.is_none() {
        work.prepared.existing.find(job.object, &match_keys)
    } else {
        std::borrow::Cow::default()
    };
    let by = rules.matching.0.join(", ");
    let value = match_keys.first().map_or("", String::as_str);
    let mut decision = decide(&hash, known.as_ref(), &Matches { by: &by, value, found: &found });
    if let Decision::Fill(at) = &decision
        && !claim(work, at, &job.key)?
    {
        decision = Decision::Hold(taken(at, &by, value));
    }
    let mut flags = job.flags;
    let deal = Deal { key: &job.key, aspect: Aspect::Whole, hash };
    let outcome = match decision {
        Decision::Unchanged(_) => (Outcome::Unchanged, String::new()),
        Decision::Hold(flag) => {
            flags.push(flag);
            (Outcome::Flagged, why(&flags))
        }
        Decision::Create => {
            let whose = Whose { object: job.object, key: &job.key.id, row: &job.row };
            let made = make(work, whose, &deal, (&fields, &mut flags)).await?;
            // Silent: the entry stays open; it is found out about after the stage, which then
            // comes back to the record.
            let Some(outcome) = made else { return Ok(()) };
            outcome
        }
        Decision::Fill(at) | Decision::Edit(at) => {
            match values(work, job.object, &fields, &mut flags)? {
                Some(mut values) => {
                    attach::keep(rules.kind, state.as_ref(), &mut values);
                    let deal = deal.remembering(&flags);
                    let edited = (&at, state.as_ref(), values, &mut flags);
                    let Some(outcome) = edit(work, job.object, &deal, edited).await? else {
                        return Ok(());
                    };
                    outcome
                }
                None => (Outcome::Flagged, why(&flags)),
            }
        }
    };
    let written = matches!(outcome.0, Outcome::Created | Outcome::Updated | Outcome::Unchanged);
    verdict(work, &job.key, outcome, flags).await?;
    if written {
        second(work, job.object, (&job.key, Aspect::Closing), &closing).await
    } else {
        Ok(())
    }
}

/// Makes a new record, its file first; `None`: nobody knows whether it was made.
async fn make<C: Crm>(
    work: &Work<'_, C>,
    whose: Whose<'_>,
    deal: &Deal<'_>,
    (fields, flags): (&Fields, &mut Vec<Flag>),
) -> Result<Option<(Outcome, String)>, EngineError> {
    let kind = work.session.pipeline.objects[whose.object].kind;
    let carried = match values(work, whose.object, fields, flags)? {
        Some(values) => attach::carry(work, whose, values, flags).await?,
        None => None,
    };
    match carried.and_then(|values| checked(kind, values, flags)) {
        Some(values) => {
            let deal = deal.remembering(flags);
            create(work, whose.object, &deal, (values, flags)).await
        }
        None => Ok(Some((Outcome::Flagged, why(flags)))),
    }
}

/// The second pass: references that had to wait.
pub(super) async fn late<C: Crm>(work: &Work<'_, C>, job: Job) -> Result<(), EngineError> {
    second(work, job.object, (&job.key, Aspect::Late), &job.late).await
}

/// Writes a later aspect of a record that is there, if it changed.
async fn second<C: Crm>(
    work: &Work<'_, C>,
    object: usize,
    (key, aspect): (&SourceKey, Aspect),
    fields: &Fields,
) -> Result<(), EngineError> {
    let Some(state) = state(work, key)? else { return Ok(()) };
    let hash = fields_hash(fields);
    let written = state.hashes.get(&aspect);
    if written.map_or(fields.is_empty(), |written| *written == hash) {
        return Ok(());
    }
    let mut flags = Vec::new();
    let Some(values) = values(work, object, fields, &mut flags)? else {
        return verdict(work, key, (Outcome::Flagged, why(&flags)), flags).await;
    };
    let deal = Deal { key, aspect, hash }.remembering(&flags);
    let at = state.at.clone();
    let edited = (&at, Some(&state), values, &mut flags);
    // Silent: the entry stays open, and the record comes again in the next round.
    let Some((outcome, reason)) = edit(work, object, &deal, edited).await? else { return Ok(()) };
    if flags.is_empty() && outcome != Outcome::Failed {
        return Ok(());
    }
    let first = work.ledger.reader().verdict(work.run, key)?;
    let Some(outcome) = of_both(first, outcome) else { return Ok(()) };
    let reason = if outcome == Outcome::Flagged {
        let met = work.ledger.reader().flags(key)?;
        why(&[met, flags.clone()].concat())
    } else {
        reason
    };
    verdict(work, key, (outcome, reason), flags).await
}

/// What a later pass makes of the verdict of the first: it adds its remarks, and that it was left or
/// refused; what it left as it was changes nothing. `None`: what was refused stays told as that.
fn of_both(first: Option<Outcome>, later: Outcome) -> Option<Outcome> {
    if later == Outcome::Failed {
        return Some(later);
    }
    match first {
        Some(Outcome::Failed) => None,
        Some(first) if first == Outcome::Flagged || later == Outcome::Unchanged => Some(first),
        Some(_) | None => Some(later),
    }
}

/// Fields as they are sent; `None`: a required link leads nowhere, the remark is in the flags.
fn values<C: Crm>(
    work: &Work<'_, C>,
    object: usize,
    fields: &Fields,
    flags: &mut Vec<Flag>,
) -> Result<Option<Values>, EngineError> {
    let keys = links(fields);
    let places = work.ledger.reader().places(&keys)?;
    let known: HashMap<SourceKey, CrmRef> =
        keys.into_iter().zip(places).filter_map(|(key, place)| Some((key, place?))).collect();
    let Resolved { values, flags: found, held } =
        resolve(&work.session.pipeline.objects[object], fields, &known);
    flags.extend(found);
    Ok((!held).then_some(values))
}

/// Values that the destination's schema accepts; `None`: it does not, the remarks are in the flags.
fn checked(kind: ObjectKind, values: Values, flags: &mut Vec<Flag>) -> Option<Values> {
    let faults = check(kind, &values);
    for fault in &faults {
        let value = values.get(&fault.path).map(ToString::to_string).unwrap_or_default();
        flags.push(Flag::new("not_in_schema", &fault.path, &fault.path, &value, &fault.message));
    }
    faults.is_empty().then_some(values)
}

/// A creation as it is announced.
fn creation<C>(work: &Work<'_, C>, kind: ObjectKind, deal: &Deal<'_>, values: &Values) -> Intent {
    let mut after = expected(kind, values);
    if let Some(carried) = values.get(CONTENT).filter(|_| kind == ObjectKind::File) {
        after.insert(CONTENT.to_owned(), carried.clone());
    }
    Intent {
        run: work.run,
        key: deal.key.clone(),
        aspect: deal.aspect,
        deed: Deed::Create,
        entity: kind.entity(),
        crm: None,
        rev_before: None,
        before: None,
        after: Some(object_of(&after)),
        hash: deal.hash.clone(),
        undoes: None,
        at: work.session.now(),
    }
}

async fn create<C: Crm>(
    work: &Work<'_, C>,
    object: usize,
    deal: &Deal<'_>,
    (values, flags): (Values, &[Flag]),
) -> Result<Option<(Outcome, String)>, EngineError> {
    let kind = work.session.pipeline.objects[object].kind;
    let author = author(work, &values);
    let intent = creation(work, kind, deal, &values);
    let entry = work.ledger.announce(intent).await?;
    failpoint::reach("engine.create_announced");
    let marker = work.ledger.marker(deal.key);
    let new = NewRecord { kind, fields: &values, marker: &marker, author: author.as_deref() };
    let answer = work.session.crm.create(new).await;
    failpoint::reach("engine.create_answered");
    let created = Verdict {
        run: work.run,
        key: deal.key.clone(),
        outcome: Outcome::Created,
        reason: String::new(),
        flags: flags.to_vec(),
    };
    let sent = confirm::answer(answer);
    if matches!(sent, Sent::Unknown) {
        work.pulse.silent();
    } else {
        work.pulse.answered();
    }
    match sent {
        Sent::Done(written) => {
            let settled = Settled::Done { crm: written.id, rev: written.rev, how: "acknowledged" };
            work.ledger.settle(entry, settled, Some(created), work.session.now()).await?;
            failpoint::reach("engine.create_settled");
            Ok(Some((Outcome::Created, String::new())))
        }
        Sent::Refused(reason) => {
            let settled = Settled::Refused { reason: reason.clone() };
            work.ledger.settle(entry, settled, None, work.session.now()).await?;
            Ok(Some((Outcome::Failed, reason)))
        }
        Sent::Unsent(error) => {
            let settled = Settled::NotApplied { how: error.to_string() };
            work.ledger.settle(entry, settled, None, work.session.now()).await?;
            Err(error.into())
        }
        Sent::Unknown => Ok(None),
        Sent::Stop(error) => Err(error.into()),
    }
}

fn state<C: Crm>(work: &Work<'_, C>, key: &SourceKey) -> Result<Option<State>, EngineError> {
    let states = work.ledger.reader().states(std::slice::from_ref(key))?;
    Ok(states.into_iter().next().flatten())
}

/// Takes a record of the CRM for a source record; false when it stands for another one.
fn claim<C: Crm>(work: &Work<'_, C>, at: &CrmRef, key: &SourceKey) -> Result<bool, EngineError> {
    let fresh = work.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(at.clone());
    let owner = work.ledger.reader().owner(at)?;
    Ok(fresh && owner.is_none_or(|owner| owner == *key))
}

/// The e-mail in whose name a record is made, where only that tells the author.
fn author<C: Crm>(work: &Work<'_, C>, values: &Values) -> Option<String> {
    let at: CrmRef = values.get("author")?.as_str()?.parse().ok()?;
    if at.entity != Entity::Users {
        return None;
    }
    work.prepared.inventory.user(&at.id.0)?.emails.first().cloned()
}

async fn verdict<C: Crm>(
    work: &Work<'_, C>,
    key: &SourceKey,
    (outcome, reason): (Outcome, String),
    flags: Vec<Flag>,
) -> Result<(), EngineError> {
    let verdict = Verdict { run: work.run, key: key.clone(), outcome, reason, flags };
    Ok(work.ledger.record(vec![verdict]).await?)
}

pub(super) fn object_of(values: &BTreeMap<String, Value>) -> Value {
    Value::Object(values.iter().map(|(path, value)| (path.clone(), value.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Created, Failed, Flagged, Unchanged, Updated};

    #[test]
    fn a_later_pass_adds_to_the_first_verdict_and_hides_nothing() {
        for (first, later, both) in [
            (Created, Updated, Some(Updated)),
            (Unchanged, Updated, Some(Updated)),
            (Unchanged, Unchanged, Some(Unchanged)),
            (Updated, Unchanged, Some(Updated)),
            (Unchanged, Flagged, Some(Flagged)),
            (Updated, Failed, Some(Failed)),
            (Flagged, Failed, Some(Failed)),
            (Flagged, Updated, Some(Flagged)),
            (Flagged, Unchanged, Some(Flagged)),
            (Failed, Flagged, None),
        ] {
            assert_eq!(of_both(Some(first), later), both, "{first:?} {later:?}");
        }
        assert_eq!(of_both(None, Unchanged), Some(Unchanged));
    }
}
