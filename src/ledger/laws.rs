//! The ledger's laws, told as stories.

use jiff::Timestamp;
use serde_json::json;

use super::{
    Aspect, Back, Deed, EntryId, Fresh, Identity, Intent, Ledger, LedgerError, Provisioned, RunId,
    RunKind, RunState, Settled, State, Undo, Undone, Verdict, invariants,
};
use crate::ground::{CrmId, CrmRef, Entity, Flag, Outcome, SourceKey};

pub(super) const NOW: Timestamp = Timestamp::UNIX_EPOCH;

pub(super) fn home() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

pub(super) fn identity(account: &str) -> Identity {
    Identity { pipeline: "rezora".into(), account: account.into() }
}

pub(super) fn open(folder: &tempfile::TempDir) -> Ledger {
    let fresh = Fresh { uuid: "u".into(), secret: [7; 32] };
    Ledger::open(folder.path(), &identity("acme"), &fresh).unwrap()
}

pub(super) fn run(ledger: &Ledger) -> RunId {
    ledger.begin_run(RunKind::Apply, "f", NOW).unwrap()
}

pub(super) fn person(id: &str) -> SourceKey {
    SourceKey::new("people", id)
}

pub(super) fn intent(run: RunId, key: &SourceKey, deed: Deed, crm: Option<&str>) -> Intent {
    Intent {
        run,
        key: key.clone(),
        aspect: Aspect::Whole,
        deed,
        entity: Entity::Contacts,
        crm: crm.map(CrmId::from),
        rev_before: crm.map(|_| "1".into()),
        before: Some(json!({"name": "old"})),
        after: Some(json!({"name": "new"})),
        hash: format!("h{}", run.0),
        undoes: None,
        at: NOW,
    }
}

pub(super) fn done(crm: &str) -> Settled {
    Settled::Done { crm: crm.into(), rev: "2".into(), how: "acknowledged" }
}

pub(super) fn verdict(run: RunId, key: &SourceKey, outcome: Outcome) -> Verdict {
    Verdict { run, key: key.clone(), outcome, reason: String::new(), flags: vec![] }
}

/// Announces a deed and settles it as done.
pub(super) async fn write(
    ledger: &Ledger,
    run: RunId,
    key: &SourceKey,
    deed: Deed,
    crm: &str,
) -> EntryId {
    let known = (deed != Deed::Create).then_some(crm);
    let entry = ledger.announce(intent(run, key, deed, known)).await.unwrap();
    let id = entry.id;
    ledger.settle(entry, done(crm), None, NOW).await.unwrap();
    id
}

/// Takes one deed back.
pub(super) async fn take_back(ledger: &Ledger, run: RunId, undo: &Undo) {
    let deed = if undo.intent.deed == Deed::Create { Deed::Delete } else { Deed::Restore };
    let mut back = intent(run, &undo.intent.key, deed, None);
    back.crm.clone_from(&undo.intent.crm);
    back.rev_before = Some(undo.rev.clone());
    back.after.clone_from(&undo.intent.before);
    back.undoes = Some(undo.entry);
    let crm = undo.intent.crm.clone().unwrap();
    let entry = ledger.announce(back).await.unwrap();
    let settled = Settled::Done { crm, rev: "3".into(), how: "acknowledged" };
    ledger.settle(entry, settled, None, NOW).await.unwrap();
}

pub(super) fn state(ledger: &Ledger, key: &SourceKey) -> Option<State> {
    ledger.reader().states(std::slice::from_ref(key)).unwrap().remove(0)
}

fn undos(ledger: &Ledger, run: Option<RunId>) -> Vec<EntryId> {
    ledger.reader().undo_list(run).unwrap().iter().map(|undo| undo.entry).collect()
}

#[tokio::test]
async fn an_announced_deed_is_there_for_whoever_comes_after_a_kill() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let key = person("1");
    let entry = ledger.announce(intent(run, &key, Deed::Create, None)).await.unwrap();
    let beside = Ledger::read_only(folder.path()).unwrap().unwrap();
    assert_eq!(beside.open_entries().unwrap().len(), 1, "it was not on the disk");
    drop(ledger);

    let ledger = open(&folder);
    assert_eq!(ledger.reader().unfinished().unwrap().map(|run| run.id), Some(run));
    let left = ledger.reader().open_entries().unwrap().remove(0);
    assert_eq!((left.id, &left.intent.key, left.intent.deed), (entry.id, &key, Deed::Create));
    assert_eq!(left.intent.after, Some(json!({"name": "new"})));
    let found = Settled::Done { crm: 7.into(), rev: "1".into(), how: "found" };
    ledger.settle(left, found, None, NOW).await.unwrap();
    let known = state(&ledger, &key).unwrap();
    assert_eq!(known.at, CrmRef::new(Entity::Contacts, 7.into()));
    assert_eq!(known.hashes.get(&Aspect::Whole), Some(&"h1".to_owned()));
    assert!(ledger.reader().open_entries().unwrap().is_empty());
}

#[tokio::test]
async fn a_record_has_one_open_deed_and_is_created_once() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let key = person("1");
    let entry = ledger.announce(intent(run, &key, Deed::Create, None)).await.unwrap();
    let second = ledger.announce(intent(run, &key, Deed::Create, None)).await.unwrap_err();
    assert!(matches!(second, LedgerError::StillOpen { .. }), "{second}");
    ledger.settle(entry.clone(), done("7"), None, NOW).await.unwrap();
    let third = ledger.announce(intent(run, &key, Deed::Create, None)).await.unwrap_err();
    assert_eq!(
        third.to_string(),
        "people:1 is Contacts:7 already; it is edited, not written once more"
    );
    let twice = ledger.settle(entry, done("7"), None, NOW).await.unwrap_err();
    assert!(matches!(twice, LedgerError::NotOpen { .. }), "{twice}");
}

#[tokio::test]
async fn a_deed_that_never_happened_leaves_nothing_behind() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let key = person("1");
    for settled in [
        Settled::NotApplied { how: "not sent".into() },
        Settled::Refused { reason: "too long".into() },
        Settled::Conflict { detail: "name".into() },
    ] {
        let entry = ledger.announce(intent(run, &key, Deed::Create, None)).await.unwrap();
        ledger.settle(entry, settled, None, NOW).await.unwrap();
        assert!(state(&ledger, &key).is_none());
    }
    assert!(undos(&ledger, None).is_empty());
    write(&ledger, run, &key, Deed::Create, "7").await;
    assert!(state(&ledger, &key).is_some());
}

#[tokio::test]
async fn the_latest_deed_is_taken_back_first_with_what_lies_on_top() {
    let folder = home();
    let ledger = open(&folder);
    let (one, two) = (person("1"), person("2"));
    let first = run(&ledger);
    let a = write(&ledger, first, &one, Deed::Create, "7").await;
    let b = write(&ledger, first, &two, Deed::Fill, "11").await;
    let second = run(&ledger);
    let c = write(&ledger, second, &one, Deed::Edit, "7").await;
    let d = write(&ledger, second, &person("3"), Deed::Create, "15").await;

    assert_eq!(undos(&ledger, None), [d, c, b, a]);
    assert_eq!(undos(&ledger, Some(second)), [d, c]);
    assert_eq!(undos(&ledger, Some(first)), [c, b, a], "people:3 is nobody's but the second run's");
    let page = |entity, count| {
        let page =
            ledger.reader().undo_page(&Back { entity, ..Back::default() }, Some(d), count).unwrap();
        page.iter().map(|undo| undo.entry).collect::<Vec<_>>()
    };
    assert_eq!((page(None, 2), page(Some(Entity::Notes), 2)), (vec![c, b], vec![]));
    assert_eq!(page(Some(Entity::Contacts), 9), [c, b, a]);
    let (count, made) = ledger.reader().undo_survey(Some(first)).unwrap();
    assert_eq!((count, made), (3, [one.clone()].into()), "people:2 was there before");

    let back = ledger.begin_rollback(Some(first), "f", NOW).unwrap();
    let list = ledger.reader().undo_list(Some(first)).unwrap();
    take_back(&ledger, back, &list[0]).await;
    let known = state(&ledger, &one).unwrap();
    assert_eq!(
        known.hashes.get(&Aspect::Whole),
        Some(&"h1".to_owned()),
        "the hash before the edit"
    );
    assert_eq!(known.after.get("name"), Some(&json!("old")));
    drop(ledger);

    // Killed in the middle: what is left is still to be done, and nothing twice.
    let ledger = open(&folder);
    let resumed = ledger.reader().unfinished().unwrap().unwrap();
    assert_eq!((resumed.id, resumed.of, resumed.kind), (back, Some(first), RunKind::Rollback));
    let list = ledger.reader().undo_list(resumed.of).unwrap();
    assert_eq!(list.iter().map(|undo| undo.entry).collect::<Vec<_>>(), [b, a]);
    for undo in &list {
        take_back(&ledger, back, undo).await;
    }
    assert!(state(&ledger, &one).is_none() && state(&ledger, &two).is_none());
    assert_eq!(undos(&ledger, None), [d]);
    let counts = ledger.reader().undone(back).unwrap();
    assert_eq!(counts.get(&("people".into(), Undone::Restored)), Some(&2));
    assert_eq!(counts.get(&("people".into(), Undone::Deleted)), Some(&1));
}

#[tokio::test]
async fn what_was_taken_back_is_written_again_by_the_next_run() {
    let folder = home();
    let ledger = open(&folder);
    let key = person("1");
    let first = run(&ledger);
    write(&ledger, first, &key, Deed::Create, "7").await;
    write(&ledger, first, &key, Deed::Edit, "7").await;
    let marker = ledger.marker(&key);
    let back = ledger.begin_rollback(None, "f", NOW).unwrap();
    // A record that is deleted needs none of its edits undone before.
    let create = ledger.reader().undo_list(None).unwrap().remove(1);
    take_back(&ledger, back, &create).await;
    assert!(undos(&ledger, None).is_empty());

    let again = run(&ledger);
    let entry = write(&ledger, again, &key, Deed::Create, "19").await;
    assert_eq!(ledger.marker(&key), marker);
    assert_eq!(undos(&ledger, Some(first)), [], "the first run has nothing left to be taken back");
    assert_eq!(undos(&ledger, Some(again)), [entry]);
}

#[tokio::test]
async fn an_undo_that_met_people_stays_to_be_done_or_is_done_but_for_theirs() {
    let folder = home();
    let ledger = open(&folder);
    let first = run(&ledger);
    for id in ["1", "2"] {
        write(&ledger, first, &person(id), Deed::Fill, id).await;
    }
    let back = ledger.begin_rollback(Some(first), "f", NOW).unwrap();
    let left = [
        Settled::Conflict { detail: "people changed name".into() },
        Settled::Partly { crm: 1.into(), rev: "3".into(), left: "name".into() },
    ];
    for (undo, settled) in ledger.reader().undo_list(None).unwrap().iter().zip(left) {
        let mut intent = intent(back, &undo.intent.key, Deed::Restore, None);
        intent.undoes = Some(undo.entry);
        let entry = ledger.announce(intent).await.unwrap();
        ledger.settle(entry, settled, None, NOW).await.unwrap();
    }
    let counts = ledger.reader().undone(back).unwrap();
    assert_eq!(counts, [(("people".to_owned(), Undone::Conflict), 2)].into());
    assert_eq!(undos(&ledger, None).len(), 1);
    assert!(state(&ledger, &person("1")).is_none() && state(&ledger, &person("2")).is_some());
}

#[tokio::test]
async fn every_record_of_a_resumed_run_has_one_outcome() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let flag = Flag::new("bad_phone", "phone", "phone", "1.2E+10", "went through Excel");
    for id in ["1", "2", "3"] {
        let entry = ledger.announce(intent(run, &person(id), Deed::Create, None)).await.unwrap();
        let mut verdict = verdict(run, &person(id), Outcome::Created);
        verdict.flags.push(flag.clone());
        ledger.settle(entry, done(id), Some(verdict), NOW).await.unwrap();
    }
    ledger.record(vec![verdict(run, &person("4"), Outcome::Failed)]).await.unwrap();
    ledger.end_run(run, RunState::Stopped, 130, NOW).unwrap();
    drop(ledger);

    let ledger = open(&folder);
    ledger.resume_run(run).unwrap();
    let all = ["1", "2", "3"].map(|id| verdict(run, &person(id), Outcome::Unchanged));
    ledger.record(all.to_vec()).await.unwrap();
    ledger.record(vec![verdict(run, &person("1"), Outcome::Updated)]).await.unwrap();
    ledger.record(vec![verdict(run, &person("4"), Outcome::Created)]).await.unwrap();
    ledger.record(vec![verdict(run, &person("5"), Outcome::Flagged)]).await.unwrap();
    ledger.end_run(run, RunState::Done, 4, NOW).unwrap();

    let reader = ledger.reader();
    let people = |outcome| ("people".to_owned(), outcome);
    let expected = [(people(Outcome::Created), 4), (people(Outcome::Flagged), 1)];
    assert_eq!(reader.outcomes(run).unwrap(), expected.into());
    let flags = reader.flag_counts(run).unwrap();
    assert_eq!(flags, [(("people".to_owned(), "bad_phone".to_owned()), 3)].into());
    assert_eq!(reader.flags(&person("1")).unwrap(), [flag]);
    let held: Vec<_> = reader.held(run).unwrap().into_iter().map(|waiting| waiting.key).collect();
    assert_eq!(held, [person("5")]);
    let story = reader.story(&person("1")).unwrap();
    let told: Vec<_> = story.iter().map(|line| line.what.as_str()).collect();
    assert_eq!(told, ["create (whole) of Contacts:1: done, acknowledged", "created"]);
    assert!(reader.unfinished().unwrap().is_none());
}

#[tokio::test]
async fn several_deeds_are_announced_together_or_not_at_all() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let create = |id| intent(run, &person(id), Deed::Create, None);
    let error = ledger.announce_all(vec![create("1"), create("2"), create("1")]).await.unwrap_err();
    assert!(matches!(error, LedgerError::StillOpen { .. }), "{error}");
    assert!(ledger.reader().open_entries().unwrap().is_empty());
    assert_eq!(ledger.announce_all(vec![create("1"), create("2")]).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_run_that_was_overtaken_writes_no_more() {
    let folder = home();
    let slow = open(&folder);
    let run = run(&slow);
    let quick = open(&folder);
    let error = slow.announce(intent(run, &person("1"), Deed::Create, None)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Fenced { ours: 1, now: 2 }), "{error}");
    quick.announce(intent(run, &person("1"), Deed::Create, None)).await.unwrap();
}

#[tokio::test]
async fn what_a_run_made_stays_known_as_made() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    ledger.provisioned(run, "custom field", "Contacts", "Rezora_Id").await.unwrap();
    let met = Provisioned {
        kind: "custom field".into(),
        entity: "Contacts".into(),
        name: "Rezora_Id".into(),
        crm: Some("31".into()),
        created: false,
    };
    ledger.note_provision(run, met.clone()).await.unwrap();
    let all = ledger.reader().provisions().unwrap();
    assert_eq!(all, [Provisioned { created: true, ..met }]);
    assert_eq!(ledger.reader().provisioned().unwrap().len(), 1);
}

#[test]
fn a_ledger_of_another_account_is_refused_and_its_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = home();
    let ledger = open(&folder);
    let fresh = Fresh { uuid: "u".into(), secret: [7; 32] };
    let error = Ledger::open(folder.path(), &identity("other"), &fresh).unwrap_err().to_string();
    assert!(error.contains("account `acme`") && error.contains("account `other`"), "{error}");
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{file:?}");
    }
    let marker = ledger.marker(&person("1"));
    drop(ledger);
    let other = Fresh { uuid: "v".into(), secret: [9; 32] };
    let again = Ledger::open(folder.path(), &identity("acme"), &other).unwrap();
    assert_eq!(again.marker(&person("1")), marker, "the secret is the ledger's own");
}

#[tokio::test]
async fn a_sweep_is_of_a_record_that_stands_for_nothing_and_leaves_the_one_that_does() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let (key, other) = (person("1"), person("2"));
    write(&ledger, run, &key, Deed::Create, "11").await;
    write(&ledger, run, &other, Deed::Create, "12").await;
    for stands in ["11", "12"] {
        let refused = ledger.announce(intent(run, &key, Deed::Sweep, Some(stands))).await;
        refused.expect_err("it stands for a source record");
    }
    ledger.announce(intent(run, &key, Deed::Sweep, None)).await.expect_err("no record is named");
    write(&ledger, run, &key, Deed::Sweep, "13").await;
    assert_eq!(state(&ledger, &key).unwrap().at.id, CrmId::from("11"));
    assert_eq!(undos(&ledger, None).len(), 2, "a sweep is not taken back");
    drop(ledger);
    let findings = invariants(folder.path()).unwrap().unwrap();
    let broken: Vec<_> = findings.into_iter().filter(|finding| !finding.holds()).collect();
    assert!(broken.is_empty(), "{broken:?}");
}
