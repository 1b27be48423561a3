//! `sweep`: deletes second copies of records, which requests made that were applied after every wait.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::json;

use crate::cli::args::SweepArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::work::{self, Call};
use crate::crm::{Crm, Inventory, Nutshell};
use crate::engine::{Broom, EngineError, Session, Swept, given_up, let_settle, sweep};
use crate::ground::counted;
use crate::ledger::{Ledger, Lock, Reader, Run, RunId, RunKind, RunState};
use crate::spec::Pipeline;

/// How many records of a sort are named.
const NAMED: usize = 5;

/// What became of copies, and of records that nothing was known of.
const DONE: [&str; 2] = ["second copies deleted", "records known again"];
const WOULD_BE: [&str; 2] = ["second copies would be deleted", "records would be known again"];

pub(super) async fn run(context: &Arc<Context>, args: &SweepArgs) -> Exit {
    let call = Call::new("sweep", &args.spec);
    work::connected(context, call, async |pipeline, connected| {
        Box::pin(go(context, (pipeline, args), connected)).await
    })
    .await
}

async fn go(
    context: &Context,
    (pipeline, args): (&Arc<Pipeline>, &SweepArgs),
    mut connected: Connected,
) -> Result<Exit, EngineError> {
    let state = context.state_of(pipeline);
    if !state.join("ledger.db").exists() && !state.join("ledger.head").exists() {
        context.terminal.result("no run yet: nothing to sweep");
        return Ok(Exit::Done);
    }
    let _lock = Lock::take(&state, Context::now())?;
    let clock = Context::now;
    let session = connected.session(context, pipeline, (state.clone(), &clock));
    let inventory = session.crm.inventory().await?;
    let ledger = work::ledger(&state, pipeline, &inventory)?;
    let unfinished = ledger.reader().unfinished()?;
    if let Some(other) = unfinished.as_ref().filter(|run| run.kind != RunKind::Sweep) {
        context.terminal.fault(&format!("run {} did not reach its end", other.id.0));
        context.terminal.hint("go on with it first: `flitpipe status` says how");
        return Ok(Exit::Gate);
    }
    let swept = if args.dry_run {
        sweep(&session, &ledger, (&inventory, Broom::Look)).await?
    } else {
        act(&session, &ledger, (&inventory, unfinished)).await?
    };
    context.terminal.result(&told(&swept, if args.dry_run { WOULD_BE } else { DONE }));
    let next = if args.dry_run { "sweep" } else { "verify --online" };
    context.terminal.say(&format!("next: {}", Context::again(next, &args.spec)));
    let exit = exit(&swept);
    context.terminal.event(&json!({
        "event": "summary", "command": "sweep", "ok": exit == Exit::Done,
        "dry_run": args.dry_run, "swept": swept,
    }));
    Ok(exit)
}

/// Sweeps in a run of its own: a new one, or one that did not reach its end.
async fn act(
    session: &Session<'_, Nutshell>,
    ledger: &Ledger,
    (inventory, unfinished): (&Inventory, Option<Run>),
) -> Result<Swept, EngineError> {
    let run = if let Some(run) = unfinished {
        ledger.resume_run(run.id)?;
        run.id
    } else {
        let fingerprint = &session.pipeline.fingerprint;
        ledger.begin_run(RunKind::Sweep, fingerprint, Context::now())?
    };
    let swept = match sweep(session, ledger, (inventory, Broom::Act(run))).await {
        Ok(swept) => swept,
        Err(error) => {
            ledger.end_run(run, RunState::Stopped, Exit::of(&error).code(), Context::now())?;
            return Err(error);
        }
    };
    ledger.end_run(run, RunState::Done, exit(&swept).code(), Context::now())?;
    ledger.back_up()?;
    Ok(swept)
}

/// The sweep at the end of a run: made only when a creation was given up since the last run that
/// reached its end, because only then a second copy can appear.
pub(super) async fn closing(
    context: &Context,
    session: &Session<'_, Nutshell>,
    (ledger, run, inventory): (&Ledger, RunId, &Inventory),
) -> Result<Option<Swept>, EngineError> {
    let Some(since) = given_up(ledger, last_end(ledger.reader())?)? else { return Ok(None) };
    context
        .terminal
        .say("a creation was given up in this run: waiting, then looking for copies of it");
    let_settle(session, since).await;
    let swept = sweep(session, ledger, (inventory, Broom::Act(run))).await?;
    context.terminal.say(&told(&swept, DONE));
    Ok(Some(swept))
}

/// When the last run ended that wrote and reached its end.
fn last_end(reader: &Reader) -> Result<Option<jiff::Timestamp>, EngineError> {
    let runs = reader.runs()?;
    let ended = runs.iter().filter(|run| {
        run.state == RunState::Done && matches!(run.kind, RunKind::Apply | RunKind::Sweep)
    });
    Ok(ended.filter_map(|run| run.ended).max())
}

/// What is left waits for a person.
pub(super) fn exit(swept: &Swept) -> Exit {
    if swept.left.is_empty() { Exit::Done } else { Exit::Held }
}

fn told(swept: &Swept, [deleted, adopted]: [&str; 2]) -> String {
    let mut text =
        counted(swept.looked_at, "record of ours looked at", "records of ours looked at");
    for (count, what) in [(swept.deleted.len(), deleted), (swept.adopted.len(), adopted)] {
        write!(text, ", {count} {what}").unwrap_or_default();
    }
    for (list, what) in [(&swept.deleted, deleted), (&swept.adopted, adopted)] {
        for one in list.iter().take(NAMED) {
            write!(text, "\n  {what}: {one}").unwrap_or_default();
        }
    }
    for left in &swept.left {
        write!(text, "\n  a second copy is left: {} ({}): {}", left.crm, left.record, left.why)
            .unwrap_or_default();
    }
    text
}
