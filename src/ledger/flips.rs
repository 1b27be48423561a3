//! A bit that turns, a log that is cut, a file that goes: the ledger is refused, or all that it says
//! is what it said before.

#![expect(
    clippy::disallowed_methods,
    reason = "the length of a campaign is a matter of the environment"
)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::laws::{NOW, home, identity, intent, open, person, take_back, verdict, write};
use super::{Deed, Fresh, Ledger, LedgerError, Provisioned, RunKind, RunState};
use crate::ground::Outcome;

/// How many faults are tried; more are a matter of `FLITPIPE_FLIPS`.
const FLIPS: u64 = 200;

/// What can be damaged.
const FILES: [&str; 3] = ["ledger.db", "ledger.db-wal", "ledger.head"];

/// A ledger in the middle of its life, with every kind of entry.
async fn lived(ledger: &Ledger) {
    let first = ledger.begin_run(RunKind::Apply, "f", NOW).unwrap();
    for number in 0..12 {
        let key = person(&number.to_string());
        let deed = if number % 3 == 0 { Deed::Fill } else { Deed::Create };
        write(ledger, first, &key, deed, &format!("7{number}")).await;
        ledger.record(vec![verdict(first, &key, Outcome::Created)]).await.unwrap();
    }
    ledger.provisioned(first, "tag", "Contacts", "Active").await.unwrap();
    ledger.end_run(first, RunState::Done, 0, NOW).unwrap();
    let second = ledger.begin_run(RunKind::Apply, "g", NOW).unwrap();
    for number in 3..6 {
        write(ledger, second, &person(&number.to_string()), Deed::Edit, &format!("7{number}"))
            .await;
    }
    ledger.end_run(second, RunState::Stopped, 3, NOW).unwrap();
    let back = ledger.begin_rollback(Some(second), "g", NOW).unwrap();
    for undo in &ledger.reader().undo_list(Some(second)).unwrap()[..2] {
        take_back(ledger, back, undo).await;
    }
    let open = intent(back, &person("99"), Deed::Create, None);
    ledger.announce(open).await.unwrap();
}

/// All that decides on what is sent.
fn told(ledger: &Ledger) -> String {
    let reader = ledger.reader();
    let keys: Vec<_> = (0..100).map(|number| person(&number.to_string())).collect();
    let mut text = String::new();
    let provisions: Vec<Provisioned> = reader.provisions().unwrap();
    write!(text, "{:?}{:?}", reader.states(&keys).unwrap(), reader.open_entries().unwrap())
        .unwrap();
    write!(text, "{:?}{:?}", reader.undo_list(None).unwrap(), reader.unfinished().unwrap())
        .unwrap();
    write!(text, "{provisions:?}{:?}{:?}", reader.made().unwrap(), ledger.marker(&keys[0]))
        .unwrap();
    text
}

fn copy(from: &Path, to: &Path) {
    for name in FILES.iter().filter(|name| from.join(name).exists()) {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

fn reopened(folder: &Path) -> Result<Ledger, LedgerError> {
    let fresh = Fresh { uuid: "other".into(), secret: [9; 32] };
    Ledger::open(folder, &identity("acme"), &fresh)
}

/// Damages one file and says how.
fn damage(folder: &Path, chance: &mut fastrand::Rng) -> String {
    let there: Vec<PathBuf> =
        FILES.iter().map(|name| folder.join(name)).filter(|file| file.exists()).collect();
    let file = &there[chance.usize(..there.len())];
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let mut bytes = fs::read(file).unwrap();
    let place = chance.usize(..bytes.len());
    let how = match chance.u8(..20) {
        0 => {
            fs::remove_file(file).unwrap();
            return format!("{name} removed");
        }
        1..=3 => {
            bytes.truncate(place);
            format!("{name} cut at {place}")
        }
        _ => {
            let bit = chance.u8(..8);
            bytes[place] ^= 1 << bit;
            format!("bit {bit} of {name} at {place}")
        }
    };
    fs::write(file, bytes).unwrap();
    how
}

#[tokio::test]
async fn a_damaged_ledger_is_refused_or_says_what_it_said() {
    let number = |name: &str, usual: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let (flips, seed) = (number("FLITPIPE_FLIPS", FLIPS), number("FLITPIPE_SEED", 7));
    let (alive, running, closed) = (home(), home(), home());
    let ledger = open(&alive);
    lived(&ledger).await;
    // As a kill leaves it, with its log; and as an end leaves it, without.
    copy(alive.path(), running.path());
    let expected = told(&ledger);
    drop(ledger);
    copy(alive.path(), closed.path());
    assert!(running.path().join("ledger.db-wal").exists());

    let mut chance = fastrand::Rng::with_seed(seed);
    let (mut refused, mut same) = (0, 0);
    for turn in 0..flips {
        let folder = home();
        copy(if chance.bool() { running.path() } else { closed.path() }, folder.path());
        let how = damage(folder.path(), &mut chance);
        match reopened(folder.path()) {
            Ok(ledger) => {
                same += 1;
                assert_eq!(told(&ledger), expected, "seed {seed}, turn {turn}: {how}");
            }
            Err(error) => {
                refused += 1;
                let told = error.to_string();
                assert!(told.contains("ledger."), "{how}: {told}");
            }
        }
    }
    assert!(refused * 4 > flips && same > 0, "{refused} refused, {same} the same");
}
