//! A run that dies at a named place, or whose system refuses something there, goes on with the same
//! command as if nothing had been: judged from the CRM's side, on the way there, at the next delta,
//! on the way back, and while second copies are swept or a lost ledger is made good.

#![expect(
    clippy::disallowed_methods,
    reason = "the length of a campaign is a matter of the environment"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use flitpipe::ground::failpoint::POINTS;
use serde_json::{Value, json};

use crate::judge;
use crate::rehearsal::{flitpipe, project};
use crate::yard::{Yard, several_at_once};

const KILLED: i32 = 9;

/// Where the system can refuse what is asked of it.
const REFUSALS: [&str; 6] = [
    "ledger.group_done",
    "ledger.anchor_flushed",
    "ledger.copy_drafted",
    "ledger.return_drafted",
    "ledger.ballast_drafted",
    "report.file_drafted",
];

/// A command under trial, and what was done before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    /// The first run, with a creation and an edit that get no answer.
    First,
    /// A run over a newer export.
    Delta,
    /// The way back.
    Back,
    /// The deletion of a second copy.
    Sweep,
    /// The ledger is damaged and its last copy is gone.
    Rebuild,
}

impl Act {
    const ALL: [Self; 5] = [Self::First, Self::Delta, Self::Back, Self::Sweep, Self::Rebuild];

    const fn word(self) -> &'static str {
        match self {
            Self::First | Self::Delta => "apply",
            Self::Back => "rollback",
            Self::Sweep => "sweep",
            Self::Rebuild => "ledger rebuild",
        }
    }

    /// A yard as it stands before the command.
    fn stage(self) -> Yard {
        let yard = Yard::open();
        match self {
            Self::First => {}
            Self::Delta | Self::Back => assert_eq!(yard.run("apply").0, 0),
            Self::Sweep => yard.doubled("newLead"),
            Self::Rebuild => {
                assert_eq!(yard.run("apply").0, 0);
                yard.grow();
                assert_eq!(yard.run("apply").0, 0);
                yard.damage_ledger();
            }
        }
        if self == Self::Delta {
            yard.later();
        }
        yard.rehearsal.faults(&json!([
            {"class": "silence", "when": "after", "on": ["create"], "nth": 2},
            {"class": "silence", "when": "before", "on": ["create"], "nth": 3},
        ]));
        yard
    }
}

fn with(yard: &Yard, act: Act, failpoint: &str) -> Command {
    let mut command = yard.command(act.word());
    command.env("FLITPIPE_FAILPOINT", failpoint);
    command
}

/// What an undisturbed command passes and leaves behind.
struct Calm {
    before: Value,
    after: Value,
    /// Place to how often it was reached.
    hits: BTreeMap<&'static str, u64>,
}

fn calm(act: Act) -> Calm {
    let yard = act.stage();
    let before = yard.rehearsal.dump();
    let list = yard.rehearsal.out().with_file_name("points");
    let output = with(&yard, act, &format!("list:{}", list.display())).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut hits = BTreeMap::new();
    for line in fs::read_to_string(list).unwrap().lines() {
        let point = POINTS.into_iter().find(|point| *point == line).unwrap();
        *hits.entry(point).or_default() += 1;
    }
    Calm { before, after: yard.rehearsal.dump(), hits }
}

/// One death, or one refusal of the system.
#[derive(Debug, Clone, Copy)]
struct Case {
    act: Act,
    deed: &'static str,
    point: &'static str,
    hit: u64,
}

/// The first, the second and the last hit of a place.
fn hits_of(last: u64) -> BTreeSet<u64> {
    [1, 2, last].into_iter().filter(|hit| *hit <= last).collect()
}

/// How many hits before the last one are tried when it does not come: groups of writes form as the
/// disk is slow, so that two runs do not come by equally often.
const BEFORE_LAST: u64 = 24;

/// Lets a command die or fail at its place, once it comes by there.
fn strike(case: &Case) -> Result<Yard, String> {
    let Case { act, deed, point, mut hit } = *case;
    let least = hit.saturating_sub(BEFORE_LAST).max(1);
    loop {
        let yard = act.stage();
        let output = with(&yard, act, &format!("{deed}:{point}:{hit}")).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        match (deed, output.status.code(), output.status.signal()) {
            // Refused by the system, a run ends in order.
            ("kill", None, Some(KILLED)) | ("error", Some(1 | 3), None) => return Ok(yard),
            (_, Some(0), None) if hit > least => hit = least.max(hit.saturating_sub(6)),
            _ => return Err(format!("ended with {:?}: {told}", output.status)),
        }
    }
}

fn play(case: &Case, calm: &BTreeMap<Act, Calm>) -> Result<(), String> {
    let act = case.act;
    let yard = strike(case)?;
    let (code, summary) = yard.finish(act.word());
    if code != 0 {
        return Err(format!("then {} ended with {code}: {summary}\n{}", act.word(), yard.said()));
    }
    let (dump, journal) = (yard.rehearsal.dump(), yard.rehearsal.journal());
    judge::one_copy_each(&dump)?;
    judge::lawful(&journal)?;
    judge::same_state(&dump, &calm[&act].after)?;
    let (code, summary) = yard.run(act.word());
    if code != 0 {
        return Err(format!("{} again ended with {code}: {summary}", act.word()));
    }
    judge::nothing_written(&yard.rehearsal.journal(), journal.len())?;
    if act == Act::Back {
        return Ok(());
    }
    if act == Act::Rebuild {
        // What was adopted is known in full only after an apply.
        let (code, summary) = yard.run("apply");
        if code != 0 {
            return Err(format!("apply after it ended with {code}: {summary}"));
        }
        judge::nothing_written(&yard.rehearsal.journal(), journal.len())?;
    }
    let (code, summary) = yard.finish("rollback");
    if code != 0 {
        return Err(format!("rollback ended with {code}: {summary}"));
    }
    judge::lawful(&yard.rehearsal.journal())?;
    judge::same_state(&yard.rehearsal.dump(), &calm[&Act::First].before)
        .map_err(|why| format!("taken back: {why}"))
}

#[test]
fn a_run_that_dies_anywhere_goes_on_as_if_it_had_not() {
    let calm: BTreeMap<Act, Calm> = Act::ALL.into_iter().map(|act| (act, calm(act))).collect();
    let mut cases = Vec::new();
    let mut reached = BTreeSet::new();
    let thorough = std::env::var("FLITPIPE_FAILPOINTS").ok();
    for act in Act::ALL {
        for (point, last) in &calm[&act].hits {
            let fresh = reached.insert(*point);
            let asked = thorough.as_ref().is_some_and(|part| {
                part == "all" || point.contains(part) || act.word().contains(part)
            });
            let hits = if asked { hits_of(*last) } else { BTreeSet::from([1]) };
            if asked || fresh && thorough.is_none() {
                cases.extend(hits.iter().map(|hit| Case { act, deed: "kill", point, hit: *hit }));
            }
            if REFUSALS.contains(point) && (asked || fresh && thorough.is_none()) {
                cases.extend(hits.iter().map(|hit| Case { act, deed: "error", point, hit: *hit }));
            }
        }
    }
    let missed: Vec<_> = POINTS.into_iter().filter(|point| !reached.contains(point)).collect();
    assert!(missed.is_empty(), "no command comes by {missed:?}");
    if thorough.is_none() {
        // All of them are a campaign; a usual run plays every second one.
        cases = cases.into_iter().step_by(2).collect();
    }
    let began = Instant::now();
    let failures = several_at_once(&cases, |case| {
        play(case, &calm).map_err(|why| format!("{case:?}\n    {why}"))
    });
    println!(
        "failpoints: {} points, {} cases, {} failed, {} s",
        POINTS.len(),
        cases.len(),
        failures.len(),
        began.elapsed().as_secs()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The names that the sources pass.
fn named(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named(&path, names);
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for call in ["failpoint::reach(\"", "failpoint::attempt(\""] {
            let rest = text.split(call).skip(1);
            names.extend(rest.map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
}

#[test]
fn the_list_of_places_is_that_of_the_sources_and_each_stands_once() {
    let mut names = Vec::new();
    named(&project().join("src"), &mut names);
    let mut listed: Vec<_> = POINTS.into_iter().map(str::to_owned).collect();
    names.sort();
    listed.sort();
    assert_eq!(names, listed);
}

#[test]
fn a_place_that_is_none_is_told_with_those_that_are() {
    let mut command = flitpipe();
    command.arg("schema").env("FLITPIPE_FAILPOINT", "kill:ledger.comitted:1");
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("ledger.committed"), "{told}");
}
