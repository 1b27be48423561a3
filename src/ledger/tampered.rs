//! Somebody writes into the file behind our back, or a promise is broken: each is found and named.

use std::os::unix::fs::PermissionsExt;

use rusqlite::Connection;

use super::laws::{NOW, home, identity, intent, open, person, run, take_back, verdict, write};
use super::*;
use crate::ground::Outcome;

/// A ledger with a created record, a filled one, a deleted one, and one that is open.
async fn lived(folder: &tempfile::TempDir) {
    let ledger = open(folder);
    let run = run(&ledger);
    for id in ["1", "2", "3"] {
        write(&ledger, run, &person(id), Deed::Create, id).await;
        ledger.record(vec![verdict(run, &person(id), Outcome::Created)]).await.unwrap();
    }
    write(&ledger, run, &person("4"), Deed::Fill, "4").await;
    write(&ledger, run, &person("1"), Deed::Edit, "1").await;
    ledger.end_run(run, RunState::Done, 0, NOW).unwrap();
    let back = ledger.begin_rollback(None, "f", NOW).unwrap();
    let undo = ledger.reader().undo_list(None).unwrap();
    let third = undo.iter().find(|undo| undo.intent.key == person("3")).unwrap();
    take_back(&ledger, back, third).await;
    ledger.announce(intent(back, &person("9"), Deed::Create, None)).await.unwrap();
}

/// Changes the file as somebody with the right tools would, who leaves the triggers as they were.
fn tamper(folder: &tempfile::TempDir, sql: &str) {
    let connection = Connection::open(folder.path().join("ledger.db")).unwrap();
    let triggers: Vec<(String, String)> = schema::as_made()
        .unwrap()
        .into_iter()
        .filter(|(_, sql)| sql.starts_with("CREATE TRIGGER"))
        .collect();
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    connection.execute_batch(sql).unwrap();
    for (_, sql) in &triggers {
        connection.execute_batch(sql).unwrap();
    }
}

fn reopened(folder: &tempfile::TempDir) -> Result<Ledger, LedgerError> {
    let fresh = Fresh { uuid: "other".into(), secret: [9; 32] };
    Ledger::open(folder.path(), &identity("acme"), &fresh)
}

#[tokio::test]
async fn a_ledger_that_nobody_touched_keeps_every_promise() {
    let folder = home();
    lived(&folder).await;
    let findings = invariants(folder.path()).unwrap().unwrap();
    assert!(findings.iter().all(Finding::holds), "{findings:?}");
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["I1", "I2", "I3", "I4", "I7", "I8", "I9", "I11", "I13", "I18"]);
    assert!(findings.iter().filter(|finding| finding.checked > 0).count() >= 8, "{findings:?}");
    reopened(&folder).unwrap();
}

#[tokio::test]
async fn every_row_that_decides_on_a_write_is_guarded() {
    for sql in [
        "UPDATE entry SET before = '{}' WHERE id = 1",
        "UPDATE entry SET rev = '9' WHERE id = 2",
        "UPDATE entry SET outcome = NULL WHERE id = 1",
        "UPDATE entry SET crm = '77' WHERE id = 1; UPDATE link SET crm = '77' WHERE crm = '1'",
        "UPDATE link SET after = '{\"name\": \"other\"}' WHERE key = '1'",
        "UPDATE link SET origin = 'created' WHERE key = '4'",
        "UPDATE hash SET hash = 'x' WHERE key = '1'",
        "DELETE FROM link WHERE key = '2'",
        "DELETE FROM entry WHERE outcome IS NULL",
        "DELETE FROM chain WHERE seq = (SELECT max(seq) FROM chain)",
        "UPDATE chain SET detail = 'x' WHERE seq = 4",
        "UPDATE meta SET v = 'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=' WHERE k = 'secret'",
        "UPDATE meta SET v = '7' WHERE k = 'generation'",
        "UPDATE run SET fingerprint = 'g' WHERE id = 1",
        "INSERT INTO provision VALUES ('tag', 'Contacts', 'x', NULL, 1, 1)",
        "DROP INDEX link_crm",
    ] {
        let folder = home();
        lived(&folder).await;
        tamper(&folder, sql);
        let error = reopened(&folder).unwrap_err();
        assert!(error.is_doubt(), "{sql}: {error}");
        let findings = invariants(folder.path()).unwrap().unwrap();
        let chain = findings.iter().find(|finding| finding.code == "I18").unwrap();
        assert!(!chain.holds(), "{sql}");
    }
}

#[tokio::test]
async fn a_broken_promise_is_named_by_its_number() {
    for (code, sql) in [
        ("I1", "UPDATE entry SET generation = 99 WHERE id = 1"),
        ("I2", "UPDATE entry SET outcome = 'not_applied', detail = '' WHERE id = 1"),
        (
            "I3",
            "DROP INDEX entry_open; INSERT INTO entry(run, object, key, aspect, deed, generation,
               entity, hash, at) SELECT run, object, key, aspect, deed, generation, entity, hash, at
             FROM entry WHERE outcome IS NULL",
        ),
        ("I4", "DROP INDEX link_crm; UPDATE link SET crm = '2'"),
        ("I7", "DELETE FROM verdict WHERE key = '2'"),
        ("I8", "UPDATE entry SET after = '{\"contacts\": [\"Contacts:3\"]}' WHERE id = 1"),
        ("I9", "UPDATE entry SET rev_before = NULL WHERE deed = 'edit'"),
        ("I11", "UPDATE entry SET crm = '5' WHERE deed = 'delete'"),
        (
            "I13",
            "DROP INDEX entry_undone; INSERT INTO entry(run, object, key, aspect, deed, generation,
               entity, hash, at, undoes, outcome)
             SELECT run, object, key, aspect, deed, generation, entity, hash, at, undoes, 'done'
             FROM entry WHERE deed = 'delete'",
        ),
        ("I18", "UPDATE verdict SET outcome = 'skipped' WHERE key = '2'"),
    ] {
        let folder = home();
        lived(&folder).await;
        tamper(&folder, sql);
        let findings = invariants(folder.path()).unwrap().unwrap();
        let found = findings.iter().find(|finding| finding.code == code).unwrap();
        assert!(!found.holds() && !found.examples.is_empty(), "{code}: {findings:?}");
    }
}

#[tokio::test]
async fn what_is_left_of_a_ledger_is_gone_on_with_and_the_rest_is_kept_aside() {
    let folder = home();
    lived(&folder).await;
    let ledger = reopened(&folder).unwrap();
    ledger.safeguard().unwrap();
    let marker = ledger.marker(&person("1"));
    let before = ledger.reader().undo_list(None).unwrap().len();
    drop(ledger);
    tamper(&folder, "UPDATE entry SET hash = 'x' WHERE id = 1");
    assert!(reopened(&folder).unwrap_err().is_doubt());
    let fresh = Fresh { uuid: "other".into(), secret: [9; 32] };
    let (ledger, base) = Ledger::rebuild(folder.path(), &identity("acme"), &fresh).unwrap();
    assert!(matches!(base, Base::Copy(_)), "{base:?}");
    assert_eq!(ledger.marker(&person("1")), marker, "the copy has the secret");
    assert_eq!(ledger.reader().undo_list(None).unwrap().len(), before);
    assert_eq!(ledger.reader().doubt().unwrap(), None);
    drop(ledger);
    assert!(folder.path().join("doubtful-1/ledger.db").exists(), "nothing is deleted");
    reopened(&folder).unwrap();
}

#[tokio::test]
async fn five_copies_are_kept_and_none_is_made_for_nothing() {
    let folder = home();
    for turn in 0..8 {
        let ledger = open(&folder);
        if turn > 0 {
            let run = run(&ledger);
            ledger.end_run(run, RunState::Done, 0, NOW).unwrap();
        }
        ledger.back_up().unwrap();
        ledger.back_up().unwrap();
    }
    let copies = backup::copies(folder.path()).unwrap();
    assert_eq!(copies.len(), 5, "{copies:?}");
    drop(open(&folder));
    open(&folder).back_up().unwrap();
    assert_eq!(backup::copies(folder.path()).unwrap(), copies, "to be opened is no news");
    let mode = |copy: &backup::Copy| std::fs::metadata(&copy.file).unwrap().permissions().mode();
    assert!(copies.iter().all(|copy| mode(copy) & 0o777 == 0o600));
}
