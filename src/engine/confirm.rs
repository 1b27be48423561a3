//! What became of a deed: from its answer, and by looking when there was none.

use std::collections::HashMap;

use super::drifted::{changed as changed_by_people, left_by, values};
use super::error::EngineError;
use super::probe::{self, look};
use super::session::Session;
use super::theirs::shows;
use super::three_way::{Values, alike};
use crate::crm::{Crm, CrmError, Snapshot, Written};
use crate::ground::{CrmRef, Outcome, SourceKey, failpoint};
use crate::ledger::{Deed, Intent, Ledger, OpenEntry, RunId, Settled, Verdict};

/// How a creation was given up: what is applied later still makes a second copy, which a sweep
/// looks for.
pub(super) const ABSENT: &str =
    "two listings do not have it, after the time in which a request is applied or dropped";

/// What an answer means.
pub(super) enum Sent {
    /// It was applied.
    Done(Written),
    /// It was not, and never will be: the CRM said no to this record.
    Refused(String),
    /// It was not, for a reason that has nothing to do with the record, or because it changed.
    Unsent(CrmError),
    /// Nobody knows.
    Unknown,
    /// It was not, and nothing else will be.
    Stop(CrmError),
}

/// Reads an answer.
pub(super) fn answer(answer: Result<Written, CrmError>) -> Sent {
    match answer {
        Ok(written) => Sent::Done(written),
        Err(error @ CrmError::Refused { .. }) => Sent::Refused(error.to_string()),
        Err(
            error @ (CrmError::NotSent { .. }
            | CrmError::Throttled { .. }
            | CrmError::Conflict { .. }
            | CrmError::Unauthorized { .. }
            | CrmError::Unsupported { .. }),
        ) => Sent::Unsent(error),
        Err(CrmError::Silent { .. }) => Sent::Unknown,
        Err(error @ CrmError::Misconfigured { .. }) => Sent::Stop(error),
    }
}

/// Finds out about every entry that is still open, and settles it. `run` is the run whose records
/// get their verdict.
///
/// Presence is believed at once, absence only after the waits, and only from listings.
pub(super) async fn confirm_open<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    run: Option<RunId>,
) -> Result<usize, EngineError> {
    let open = ledger.reader().open_entries()?;
    let count = open.len();
    if open.is_empty() {
        return Ok(0);
    }
    session.watch.note(&format!("finding out what became of {count} writes that got no answer"));
    let (creates, others): (Vec<_>, Vec<_>) =
        open.into_iter().partition(|entry| entry.intent.deed == Deed::Create);
    let others = changed(session, ledger, others, Belief::WhatHappened).await?;
    let creates = found(session, ledger, creates, run).await?;
    failpoint::reach("engine.open_looked_up");
    if creates.is_empty() && others.is_empty() {
        return Ok(count);
    }
    tokio::time::sleep(session.waits.settle).await;
    failpoint::reach("engine.open_waited");
    changed(session, ledger, others, Belief::Everything).await?;
    let creates = found(session, ledger, creates, run).await?;
    if creates.is_empty() {
        return Ok(count);
    }
    tokio::time::sleep(session.waits.listing).await;
    for entry in found(session, ledger, creates, run).await? {
        let how = ABSENT.to_owned();
        ledger.settle(entry, Settled::NotApplied { how }, None, session.now()).await?;
    }
    failpoint::reach("engine.open_settled");
    Ok(count)
}

/// As [`confirm_open`], for what an earlier process left behind: it cannot send any more, but what
/// it sent last may still be under way.
pub async fn resolve_open<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    run: Option<RunId>,
) -> Result<usize, EngineError> {
    confirm_open(session, ledger, run).await
}

/// What a look may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belief {
    /// What was applied; what was not may still be under way.
    WhatHappened,
    /// All of it.
    Everything,
}

/// Settles the edits and deletes of which a look tells the end; returns the others.
async fn changed<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    entries: Vec<OpenEntry>,
    belief: Belief,
) -> Result<Vec<OpenEntry>, EngineError> {
    let mut waiting = Vec::new();
    for entry in entries {
        let settled = match entry.intent.deed {
            Deed::Delete | Deed::Sweep => delete(session, ledger, &entry).await?,
            Deed::Create | Deed::Fill | Deed::Edit | Deed::Restore | Deed::Adopt => {
                edit(session, ledger, &entry).await?
            }
        };
        if belief == Belief::WhatHappened && matches!(settled, Settled::NotApplied { .. }) {
            waiting.push(entry);
        } else {
            ledger.settle(entry, settled, None, session.now()).await?;
        }
    }
    Ok(waiting)
}

/// Settles the creates that are there; returns the others.
async fn found<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    creates: Vec<OpenEntry>,
    run: Option<RunId>,
) -> Result<Vec<OpenEntry>, EngineError> {
    let wanted: HashMap<String, SourceKey> = creates
        .iter()
        .map(|entry| (ledger.marker(&entry.intent.key), entry.intent.key.clone()))
        .collect();
    let mut there: HashMap<SourceKey, Snapshot> = probe::find(session, &creates, &wanted).await?;
    let mut missing = Vec::new();
    for entry in creates {
        let Some(snapshot) = there.remove(&entry.intent.key) else {
            missing.push(entry);
            continue;
        };
        // The revision of its making is not known: somebody may have changed it before it was found,
        // and a rollback must not take that for ours.
        let rev = String::new();
        let settled = Settled::Done { crm: snapshot.at.id, rev, how: "found" };
        let verdict = run.map(|run| Verdict {
            run,
            key: entry.intent.key.clone(),
            outcome: Outcome::Created,
            reason: String::new(),
            flags: Vec::new(),
        });
        ledger.settle(entry, settled, verdict, session.now()).await?;
    }
    Ok(missing)
}

/// How a record stands after an edit without an answer.
pub(super) enum Fate {
    /// With the values that were written, at this revision.
    Applied(String),
    /// As before.
    AsBefore(Box<Snapshot>),
    /// Otherwise: somebody else was there.
    Changed(String),
}

/// What became of an edit: the record says it.
pub(super) async fn edit<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    entry: &OpenEntry,
) -> Result<Settled, EngineError> {
    let Some(at) = place(entry) else {
        return Ok(Settled::NotApplied { how: "the entry names no record".to_owned() });
    };
    Ok(match fate(session, ledger, (entry, &at)).await? {
        Fate::Applied(rev) if entry.intent.deed == Deed::Restore => {
            let done = ledger.reader().done(&entry.intent.key)?;
            match left_by(&done, &entry.intent) {
                left if left.is_empty() => Settled::Done { crm: at.id, rev, how: "found" },
                left => Settled::Partly { crm: at.id, rev, left: changed_by_people(&left) },
            }
        }
        Fate::Applied(rev) => Settled::Done { crm: at.id, rev, how: "found" },
        Fate::AsBefore(_) => {
            Settled::NotApplied { how: "the record is as it was before".to_owned() }
        }
        Fate::Changed(detail) => Settled::Conflict { detail },
    })
}

/// Looks at the record of an edit.
pub(super) async fn fate<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    (entry, at): (&OpenEntry, &CrmRef),
) -> Result<Fate, EngineError> {
    let Some(now) = look(session, ledger, (&entry.intent.key, at)).await? else {
        return Ok(Fate::Changed(format!("{at} was deleted meanwhile")));
    };
    Ok(told_by(&entry.intent, now))
}

/// What became of an edit, by the record as it stands now.
fn told_by(intent: &Intent, now: Snapshot) -> Fate {
    let (before, after) = (values(intent.before.as_ref()), values(intent.after.as_ref()));
    let alike = alike(now.at.entity);
    let all = |image: &Values| {
        before.keys().all(|path| alike(path, image.get(path), now.fields.get(path)))
    };
    if all(&after) {
        return Fate::Applied(now.rev);
    }
    // An edit is applied whole or not at all: where one of its values stands that did not stand
    // before, it was applied, and the others were changed since.
    let ours = |path: &String| {
        let (images, stands) = ((before.get(path), after.get(path)), now.fields.get(path));
        alike(path, images.1, stands) && !alike(path, images.0, stands)
            || shows(path, images, stands, &alike)
    };
    if before.keys().any(ours) {
        return Fate::Applied(now.rev);
    }
    if all(&before) || Some(&now.rev) == intent.rev_before.as_ref() {
        return Fate::AsBefore(Box::new(now));
    }
    let changed: Vec<_> = before
        .keys()
        .filter(|path| !alike(path, before.get(*path), now.fields.get(*path)))
        .map(String::as_str)
        .collect();
    Fate::Changed(format!("others changed {}", changed.join(", ")))
}

/// What became of a delete: a record that is gone is deleted, whoever did it.
pub(super) async fn delete<C: Crm>(
    session: &Session<'_, C>,
    ledger: &Ledger,
    entry: &OpenEntry,
) -> Result<Settled, EngineError> {
    let Some(at) = place(entry) else {
        return Ok(Settled::NotApplied { how: "the entry names no record".to_owned() });
    };
    Ok(match look(session, ledger, (&entry.intent.key, &at)).await? {
        None => Settled::Done { crm: at.id, rev: String::new(), how: "found" },
        Some(_) => Settled::NotApplied { how: "the record is still there".to_owned() },
    })
}

fn place(entry: &OpenEntry) -> Option<CrmRef> {
    entry.intent.crm.clone().map(|id| CrmRef::new(entry.intent.entity, id))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ground::Entity;

    /// What an edit from `before` to `after` is taken for when `now` stands at a later revision.
    fn check(before: &Value, after: &Value, now: &Value, expected: &str) {
        let images = (Some(before.clone()), Some(after.clone()));
        let intent = Intent {
            rev_before: Some("1".into()),
            ..Intent::example(Deed::Edit, images.0, images.1)
        };
        let now = Snapshot {
            rev: "3".into(),
            ..Snapshot::example(CrmRef::new(Entity::Contacts, 7.into()), values(Some(now)))
        };
        let fate = match told_by(&intent, now) {
            Fate::Applied(_) => "applied",
            Fate::AsBefore(_) => "as before",
            Fate::Changed(_) => "changed",
        };
        assert_eq!(fate, expected, "{before} {after}");
    }

    #[test]
    fn an_edit_is_known_by_any_of_its_values_whoever_wrote_beside_it() {
        let before = json!({"tags": ["Old"], "description": null});
        let after = json!({"tags": ["Old", "Hot"], "description": "ours", "name": "Ann"});
        let whole = json!({"tags": ["Old", "Hot"], "description": "ours", "name": "Bob"});
        check(&before, &after, &whole, "applied");
        check(&before, &after, &json!({"tags": ["Old"], "description": "ours"}), "applied");
        let vip = json!({"tags": ["Old", "Hot", "VIP"], "description": "theirs"});
        check(&before, &after, &vip, "applied");
        check(&before, &after, &json!({"tags": ["Old"], "name": "Bob"}), "as before");
        let other = json!({"tags": ["Old", "VIP"], "description": "theirs"});
        check(&before, &after, &other, "changed");
    }
}
