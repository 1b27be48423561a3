//! kill -9 at random moments: nothing is lost, nothing is there twice.

#![expect(
    clippy::disallowed_methods,
    reason = "the length of a campaign is a matter of the environment"
)]

use std::process::Stdio;
use std::time::Duration;

use crate::journey::conserved;
use crate::rehearsal::{Rehearsal, copies, project};

/// Kills before the run is let through; more are a matter of `FLITPIPE_KILLS`.
const KILLS: u64 = 25;

#[test]
fn a_run_killed_again_and_again_ends_as_if_it_had_never_been() {
    let kills =
        std::env::var("FLITPIPE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let seed = std::env::var("FLITPIPE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let spec = project().join("pipelines/rezora.yaml");
    let calm = Rehearsal::open();
    let (_, expected) = calm.run("apply", &spec);

    let rehearsal = Rehearsal::open();
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut deaths = 0;
    for _ in 0..kills {
        let mut command = rehearsal.command("apply", &spec);
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(chance.u64(50..7_000)));
        running.kill().unwrap();
        // A run that was through before the kill has an exit code, a killed one has none.
        deaths += u64::from(running.wait().unwrap().code().is_none());
    }
    assert!(deaths * 2 > kills, "only {deaths} of {kills} runs were killed at work");
    let (code, summary) = rehearsal.run("apply", &spec);
    assert_eq!(code, 4, "{summary}");
    conserved(&summary);

    let there = copies(&rehearsal.dump());
    let doubled: Vec<_> = there.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "seed {seed}: {doubled:?}");
    let keys = |copies: std::collections::BTreeMap<String, usize>| -> Vec<String> {
        copies.into_keys().map(|marker| marker.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    assert_eq!(keys(there), keys(copies(&calm.dump())), "seed {seed}: the same records are there");
    for (object, tally) in expected["objects"].as_object().unwrap() {
        for outcome in ["merged", "skipped", "flagged", "failed"] {
            assert_eq!(summary["objects"][object][outcome], tally[outcome], "{object} {outcome}");
        }
    }
}
