//! What the ledger refuses before anything is sent, and what it keeps of verdicts, told as stories.

use super::laws::{NOW, done, home, intent, open, person, run, verdict, write};
use super::*;
use crate::ground::{CrmRef, Entity, Flag, Outcome};

#[tokio::test]
async fn blanks_of_a_record_that_stands_for_another_are_not_filled() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    write(&ledger, run, &person("1"), Deed::Create, "7").await;
    let fill = intent(run, &person("2"), Deed::Fill, Some("7"));
    let told = "Contacts:7 already stands for people:1; it cannot stand for people:2 as well";
    assert_eq!(ledger.announce(fill).await.unwrap_err().to_string(), told);
    assert!(ledger.reader().open_entries().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_names_the_record_of_another_is_not_believed() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    write(&ledger, run, &person("1"), Deed::Create, "7").await;
    let create = intent(run, &person("2"), Deed::Create, None);
    let entry = ledger.announce(create).await.unwrap();
    let error = ledger.settle(entry.clone(), done("7"), None, NOW).await.unwrap_err();
    assert!(matches!(error, LedgerError::Owned { .. }), "{error}");
    assert_eq!(ledger.reader().open_entries().unwrap().len(), 1, "it is to be looked at");
    let owner = ledger.reader().owner(&CrmRef::new(Entity::Contacts, 7.into())).unwrap();
    assert_eq!(owner, Some(person("1")));
    ledger.settle(entry, done("11"), None, NOW).await.unwrap();
}

#[tokio::test]
async fn nothing_else_is_edited_or_taken_back_in_the_name_of_a_record() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let key = person("1");
    let made = write(&ledger, run, &key, Deed::Create, "7").await;
    let mut delete = intent(run, &key, Deed::Delete, Some("11"));
    delete.undoes = Some(made);
    for wrong in [intent(run, &key, Deed::Edit, Some("11")), delete] {
        let error = ledger.announce(wrong).await.unwrap_err().to_string();
        let told = "people:1 is Contacts:7, not Contacts:11; nothing else is edited or taken back \
                    in its name";
        assert_eq!(error, told);
    }
}

#[tokio::test]
async fn a_run_that_leaves_an_open_deed_is_gone_on_with() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let create = intent(run, &person("1"), Deed::Create, None);
    let entry = ledger.announce(create).await.unwrap();
    ledger.end_run(run, RunState::Done, 0, NOW).unwrap();
    let unfinished = ledger.reader().unfinished().unwrap().unwrap();
    assert_eq!((unfinished.id, unfinished.state), (run, RunState::Stopped));
    ledger.settle(entry, done("7"), None, NOW).await.unwrap();
    ledger.end_run(run, RunState::Done, 0, NOW).unwrap();
    assert!(ledger.reader().unfinished().unwrap().is_none());
}

#[tokio::test]
async fn remarks_of_later_passes_add_up_and_what_a_run_created_stays_created() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let key = person("1");
    // Killed after the entry was settled by a look into the CRM: no verdict came with it.
    write(&ledger, run, &key, Deed::Create, "7").await;
    let flag = |code| Flag::new(code, "phone", "phone", "x", "y");
    for (outcome, flags) in [
        (Outcome::Unchanged, vec![flag("bad_phone")]),
        (Outcome::Failed, vec![flag("ref_failed")]),
        (Outcome::Updated, vec![]),
        (Outcome::Updated, vec![flag("truncated"), flag("ref_failed")]),
    ] {
        ledger.record(vec![Verdict { flags, ..verdict(run, &key, outcome) }]).await.unwrap();
    }
    let outcomes = ledger.reader().outcomes(run).unwrap();
    assert_eq!(outcomes, [(("people".to_owned(), Outcome::Created), 1)].into());
    let flags = ledger.reader().flags(&key).unwrap();
    let mut codes: Vec<_> = flags.iter().map(|flag| &*flag.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["bad_phone", "ref_failed", "truncated"]);
}

#[tokio::test]
async fn remarks_on_a_record_that_was_held_go_when_it_is_written_after_all() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let flag = |code| vec![Flag::new(code, "name", "name", "x", "y")];
    let verdict = |outcome, flags| Verdict { flags, ..verdict(run, &person("1"), outcome) };
    ledger.record(vec![verdict(Outcome::Flagged, flag("no_name"))]).await.unwrap();
    ledger.record(vec![verdict(Outcome::Created, vec![])]).await.unwrap();
    assert_eq!(ledger.reader().flags(&person("1")).unwrap(), []);
    assert!(ledger.reader().held(run).unwrap().is_empty());
}
