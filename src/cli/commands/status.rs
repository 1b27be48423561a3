//! `status`: the runs, what is open, what is held and why.

use std::fmt::Write;

use serde_json::json;

use crate::cli::args::SpecArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::load::load;
use crate::cli::standing::doubts;
use crate::cli::summary::waiting;
use crate::ledger::{LedgerError, Reader, Run, RunKind, RunState};

pub(super) fn run(context: &Context, args: &SpecArgs) -> Exit {
    let pipeline = match load(context, &args.spec) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let shown = match Reader::open(&context.state_of(&pipeline)) {
        Ok(Some(reader)) => show(context, &reader, args),
        Ok(None) => {
            context.terminal.result("no run yet");
            context.terminal.say(&format!("next: {}", Context::again("apply", &args.spec)));
            context
                .terminal
                .event(&json!({ "event": "summary", "command": "status", "ok": true, "runs": [] }));
            Ok(())
        }
        Err(error) => Err(error),
    };
    match shown {
        Ok(()) => Exit::Done,
        Err(error) => {
            context.terminal.error(&error);
            Exit::Unwilling
        }
    }
}

fn show(context: &Context, reader: &Reader, args: &SpecArgs) -> Result<(), LedgerError> {
    let runs = reader.runs()?;
    let mut text = String::new();
    for run in &runs {
        writeln!(text, "{}", line(reader, run)?).unwrap_or_default();
    }
    let open = reader.open_entries()?;
    if !open.is_empty() {
        writeln!(text, "{}", doubts(reader)?).unwrap_or_default();
    }
    if let Some(last) = runs.iter().rev().find(|run| run.kind.writes()) {
        let held = waiting(reader, last.id)?;
        if !held.is_empty() {
            write!(text, "waiting for a person since run {}:\n{held}", last.id.0)
                .unwrap_or_default();
        }
    }
    context.terminal.result(text.trim_end());
    let next = match runs.last() {
        Some(run) if run.state != RunState::Done && run.kind == RunKind::Rollback => "rollback",
        Some(run) if run.state != RunState::Done && run.kind == RunKind::Rebuild => {
            "ledger rebuild"
        }
        Some(run) if run.state != RunState::Done && run.kind == RunKind::Sweep => "sweep",
        Some(_) | None => "apply",
    };
    context.terminal.say(&format!("next: {}", Context::again(next, &args.spec)));
    context.terminal.event(&json!({
        "event": "summary", "command": "status", "ok": true, "runs": runs, "open": open.len(),
    }));
    Ok(())
}

fn line(reader: &Reader, run: &Run) -> Result<String, LedgerError> {
    let kind = match run.kind {
        RunKind::Rollback => "rollback",
        RunKind::Rebuild => "ledger rebuild",
        RunKind::Sweep => "sweep",
        RunKind::Apply => "apply",
        RunKind::Sample => "sample",
    };
    let state = match run.state {
        RunState::Done => "done",
        RunState::Running => "not ended: at work, or killed",
        RunState::Stopped => "stopped at a checkpoint",
    };
    let mut totals = std::collections::BTreeMap::new();
    for ((_, outcome), count) in reader.outcomes(run.id)? {
        *totals.entry(outcome).or_insert(0) += count;
    }
    let counts: Vec<_> =
        totals.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    let exit = run.exit.map(|code| format!(", exit {code}")).unwrap_or_default();
    let line = format!(
        "run {:<3} {kind:9} {:.0}  {state}{exit}  {}",
        run.id.0,
        run.started,
        counts.join(", ")
    );
    Ok(line.trim_end().to_owned())
}
