//! The ledger's laws in random histories: whatever is tried, and whenever the run is killed.

use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};

use super::laws::{NOW, home, intent, open, person, run, state, take_back};
use super::{Deed, Ledger, RunId, Settled};

/// One step of a random history; the numbers choose a record and an id of the CRM.
#[derive(Debug, Clone)]
enum Step {
    Announce(Deed, u8, u8),
    Settle(u8, u8),
    TakeBack,
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    let deed = prop_oneof![Just(Deed::Create), Just(Deed::Fill), Just(Deed::Edit)];
    prop_oneof![
        6 => (deed, 0..4u8, 0..4u8).prop_map(|(deed, key, crm)| Step::Announce(deed, key, crm)),
        6 => (0..5u8, 0..4u8).prop_map(|(how, crm)| Step::Settle(how, crm)),
        2 => Just(Step::TakeBack),
        1 => Just(Step::Kill),
    ]
}

async fn take(ledger: &Ledger, run: RunId, step: &Step) {
    match step {
        Step::Announce(deed, key, crm) => {
            let key = person(&key.to_string());
            let crm = match (deed, state(ledger, &key)) {
                (Deed::Create, _) => None,
                (_, Some(known)) => Some(known.at.id.to_string()),
                (_, None) => Some(crm.to_string()),
            };
            // Illegal ones are refused; what counts is that the refusal leaves no trace.
            drop(ledger.announce(intent(run, &key, *deed, crm.as_deref())).await);
        }
        Step::Settle(how, crm) => {
            let Some(entry) = ledger.reader().open_entries().unwrap().pop() else { return };
            let crm = entry.intent.crm.clone().unwrap_or_else(|| u64::from(*crm).into());
            let settled = match how {
                0 => Settled::NotApplied { how: String::new() },
                1 => Settled::Refused { reason: String::new() },
                2 => Settled::Conflict { detail: String::new() },
                _ => Settled::Done { crm, rev: "2".into(), how: "acknowledged" },
            };
            if ledger.settle(entry.clone(), settled, None, NOW).await.is_err() {
                let conflict = Settled::Conflict { detail: "owned".into() };
                ledger.settle(entry, conflict, None, NOW).await.unwrap();
            }
        }
        Step::TakeBack => {
            let open: Vec<_> = ledger.reader().open_entries().unwrap();
            let list = ledger.reader().undo_list(None).unwrap();
            if let Some(undo) = list.first()
                && open.iter().all(|entry| entry.intent.key != undo.intent.key)
            {
                take_back(ledger, run, undo).await;
            }
        }
        Step::Kill => {}
    }
}

fn holds(ledger: &Ledger) {
    let reader = ledger.reader();
    assert_eq!(reader.doubt().unwrap(), None, "the ledger doubts itself");
    let mut open: Vec<_> =
        reader.open_entries().unwrap().into_iter().map(|entry| entry.intent.key).collect();
    let count = open.len();
    open.sort();
    open.dedup();
    assert_eq!(open.len(), count, "two open entries on one record");
    let keys: Vec<_> = (0..4).map(|key| person(&key.to_string())).collect();
    let mut places: Vec<_> = reader.places(&keys).unwrap().into_iter().flatten().collect();
    let count = places.len();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), count, "two owners of one record");
    let list = reader.undo_list(None).unwrap();
    assert!(list.is_sorted_by(|one, next| one.entry > next.entry));
    for key in &keys {
        let known = state(ledger, key).is_some();
        let stands = list.iter().any(|undo| undo.intent.key == *key);
        assert_eq!(known, stands, "{key}: a link without a deed that stands, or the other way");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_history_doubles_an_open_deed_or_an_owner(history in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = home();
            let mut ledger = open(&folder);
            let mut current = run(&ledger);
            for step in &history {
                if matches!(step, Step::Kill) {
                    drop(ledger);
                    ledger = open(&folder);
                    current = run(&ledger);
                }
                take(&ledger, current, step).await;
                holds(&ledger);
            }
        });
    }
}
