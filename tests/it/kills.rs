//! kill -9 at random moments, with a host that answers one call in five wrongly: nothing is lost,
//! nothing is there twice, and all of it can be taken back.

#![expect(
    clippy::disallowed_methods,
    reason = "the length of a campaign is a matter of the environment"
)]

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::journey::conserved;
use crate::judge;
use crate::rehearsal::{Rehearsal, copies, project, signal};
use crate::yard::{Yard, several_at_once};

/// Kills in a usual test run; more are a matter of `FLITPIPE_KILLS`.
const KILLS: u64 = 24;
/// Kills on the way there, and on the way back, of one move.
const KILLS_EACH: u64 = 5;
/// Kills of the main job, which takes longer.
const KILLS_MAIN: u64 = 4;
/// Milliseconds that a run is let live at least.
const LIFE: u64 = 60;

/// The milliseconds of its life, at most this share of what an undisturbed run takes: most kills meet
/// one at work, early and late ones, on fast machines and slow ones alike.
fn lives(calm: Duration, share: f64) -> std::ops::Range<u64> {
    let most = u64::try_from(calm.mul_f64(share).as_millis()).unwrap();
    LIFE..most.max(2 * LIFE)
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// One call in five goes wrong, before or after it is applied.
fn weather(seed: u64) -> Value {
    let kinds = [
        ("error", "before", 0),
        ("error", "after", 0),
        ("gateway", "after", 0),
        ("silence", "before", 0),
        ("silence", "after", 0),
        ("late", "before", 150),
        ("reset", "before", 0),
        ("reset", "after", 0),
        ("reset_middle", "after", 0),
        ("throttle_bare", "before", 0),
        ("truncated", "after", 0),
        ("foreign_answer", "after", 0),
    ];
    // 1 - (1 - 0.0184)^12 = 0.2
    let rules = kinds.iter().zip(0_u64..).map(|((class, when, delay), place)| {
        json!({"class": class, "when": when, "delay_ms": delay, "rate": 0.0184, "seed": seed * 100 + place,
               "on": ["create", "edit", "delete", "get", "find"]})
    });
    rules.collect()
}

/// Lets a command live for a while and kills it; whether it was still at work.
fn kill(mut command: Command, life: u64) -> bool {
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(life));
    running.kill().unwrap();
    // A run that was through before the kill has an exit code, a killed one has none.
    running.wait().unwrap().code().is_none()
}

/// A move that nobody disturbs.
struct Calm {
    before: Value,
    after: Value,
    took: Duration,
}

impl Calm {
    fn run() -> Self {
        let yard = Yard::open();
        let (before, began) = (yard.rehearsal.dump(), Instant::now());
        let (code, summary) = yard.run("apply");
        assert_eq!(code, 0, "{summary}");
        Self { before, took: began.elapsed(), after: yard.rehearsal.dump() }
    }
}

/// A move there and back under kills and faults; how many kills met it at work.
fn there_and_back(seed: u64, calm: &Calm) -> Result<u64, String> {
    let yard = Yard::open();
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut deaths = 0;
    // Several moves at once, with faults: their runs take several times as long as a calm one.
    for (word, expected) in [("apply", &calm.after), ("rollback", &calm.before)] {
        yard.rehearsal.faults(&weather(seed));
        for _ in 0..KILLS_EACH {
            deaths += u64::from(kill(yard.command(word), chance.u64(lives(calm.took, 1.2))));
        }
        let (mut code, mut summary) = yard.finish(word);
        yard.rehearsal.calm();
        if code == 3 {
            (code, summary) = yard.run(word);
        }
        if code != 0 {
            return Err(format!("{word} ended with {code}: {summary}\n{}", yard.said()));
        }
        let (dump, journal) = (yard.rehearsal.dump(), yard.rehearsal.journal());
        judge::one_copy_each(&dump)?;
        judge::lawful(&journal)?;
        judge::same_state(&dump, expected).map_err(|why| format!("after {word}: {why}"))?;
        let (code, summary) = yard.run(word);
        if code != 0 {
            return Err(format!("{word} again ended with {code}: {summary}"));
        }
        judge::nothing_written(&yard.rehearsal.journal(), journal.len())?;
    }
    Ok(deaths)
}

#[test]
fn runs_killed_under_faults_end_as_if_they_had_never_been_and_go_back_whole() {
    let (kills, first) = (number("FLITPIPE_KILLS", KILLS), number("FLITPIPE_SEED", 1));
    let calm = Calm::run();
    let moves = kills.div_ceil(2 * KILLS_EACH).max(1);
    let seeds: Vec<u64> = (first..first + moves).collect();
    let (deaths, began) = (AtomicU64::new(0), Instant::now());
    let failures = several_at_once(&seeds, |seed| {
        let again = format!(
            "FLITPIPE_SEED={seed} FLITPIPE_KILLS=1 cargo test --test it kills::runs -- --nocapture"
        );
        let died = there_and_back(*seed, &calm);
        let died = died.map_err(|why| format!("seed {seed}: {why}\n  again: {again}"))?;
        deaths.fetch_add(died, Ordering::Relaxed);
        Ok(())
    });
    let (sent, deaths) = (moves * 2 * KILLS_EACH, deaths.into_inner());
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    println!(
        "kills: {sent} sent, {deaths} met a run at work; {moves} moves there and back, {} failed; {:.0} kills a minute, {minutes:.1} minutes",
        failures.len(),
        f64::from(u32::try_from(sent).unwrap()) / minutes,
    );
    assert!(
        failures.is_empty(),
        "{} of {moves} moves failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(deaths * 3 > sent, "only {deaths} of {sent} kills met a run at work");
}

#[test]
fn the_main_job_killed_again_and_again_ends_as_if_it_had_never_been() {
    let seed = number("FLITPIPE_SEED", 7);
    let spec = project().join("pipelines/rezora.yaml");
    let (calm, began) = (Rehearsal::open(), Instant::now());
    let (_, expected) = calm.run("apply", &spec);
    let life = lives(began.elapsed(), 0.4);

    let rehearsal = Rehearsal::open();
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut deaths = 0;
    for _ in 0..KILLS_MAIN {
        deaths += u64::from(kill(rehearsal.command("apply", &spec), chance.u64(life.clone())));
    }
    assert!(deaths * 2 > KILLS_MAIN, "only {deaths} of {KILLS_MAIN} runs were killed at work");
    let (code, summary) = rehearsal.run("apply", &spec);
    assert_eq!(code, 4, "{summary}");
    conserved(&summary);

    let there = rehearsal.dump();
    judge::one_copy_each(&there).unwrap();
    judge::lawful(&rehearsal.journal()).unwrap();
    let keys = |dump: &Value| -> Vec<String> {
        let markers = copies(dump).into_keys();
        markers.map(|marker| marker.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    assert_eq!(keys(&there), keys(&calm.dump()), "seed {seed}: the same records are there");
    for (object, tally) in expected["objects"].as_object().unwrap() {
        for outcome in ["merged", "skipped", "flagged", "failed"] {
            assert_eq!(summary["objects"][object][outcome], tally[outcome], "{object} {outcome}");
        }
    }
}

#[test]
fn a_run_that_is_paused_still_holds_its_ledger_and_goes_on_where_it_was() {
    let yard = Yard::open();
    yard.rehearsal.faults(
        &json!({"class": "silence", "when": "after", "on": ["create"], "rate": 0.3, "seed": 3}),
    );
    let mut first = yard.command("apply");
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while yard.rehearsal.journal().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal("-STOP", &first);
    let written = yard.rehearsal.journal().len();
    for word in ["apply", "rollback"] {
        let output = yard.command(word).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{word}: {told}");
        assert!(told.contains(&format!("process {}", first.id())), "{word}: {told}");
    }
    // A request that was on its way when the run was paused may still arrive.
    assert!(yard.rehearsal.journal().len() <= written + 8, "nobody else wrote");
    signal("-CONT", &first);
    assert_eq!(first.wait().unwrap().code(), Some(0));
    judge::one_copy_each(&yard.rehearsal.dump()).unwrap();
    judge::lawful(&yard.rehearsal.journal()).unwrap();
}
