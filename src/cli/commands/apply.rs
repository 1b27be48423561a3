//! `apply`: makes the destination agree with the source, whatever happened before.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::approved;
use super::closing::{Closing, Written, clear, close};
use super::reconcile;
use super::resumed::{begun, resumable, with_its_rows};
use super::rollback;
use super::sample;
use super::sweep;
use crate::cli::args::ApplyArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::standing;
use crate::cli::summary;
use crate::cli::work::{self, Call};
use crate::crm::{Crm, Inventory, Nutshell};
use crate::engine::{
    Again, EngineError, Prepared, Session, apply, prepare, prepare_sample, resolve_open,
};
use crate::ledger::{Ledger, Lock, Run, RunId, RunKind, RunState};
use crate::plan::{Gate, Plan, Progress, undecided};
use crate::spec::{Breach, DriftDecisions, Pipeline};

pub(super) async fn run(context: &Arc<Context>, args: &ApplyArgs) -> Exit {
    let options = options(args);
    let call = Call { options: &options, ..Call::new("apply", &args.spec) };
    work::connected(context, call, async |pipeline, connected| {
        Box::pin(go(context, (pipeline, args), connected)).await
    })
    .await
}

/// The options without which it would be another run that is gone on with: the whole instead of a
/// sample, or one that nobody approved.
fn options(args: &ApplyArgs) -> String {
    let mut words = match args.sample {
        None => Vec::new(),
        Some(None) => vec!["--sample".to_owned()],
        Some(Some(size)) => vec![format!("--sample {size}")],
    };
    words.extend(args.plan.as_ref().map(|file| format!("--plan {}", file.display())));
    words.extend(args.strict.then(|| "--strict".to_owned()));
    words.join(" ")
}

async fn go(
    context: &Context,
    (pipeline, args): (&Arc<Pipeline>, &ApplyArgs),
    mut connected: Connected,
) -> Result<Exit, EngineError> {
    let began = Instant::now();
    let approved = match approved::read(args) {
        Ok(approved) => approved,
        Err(gate) => return Ok(refused(context, &[gate])),
    };
    let state = context.state_of(pipeline);
    let _lock = Lock::take(&state, Context::now())?;
    let harmless = connected.harmless;
    let clock = Context::now;
    let session = connected.session(context, pipeline, (state.clone(), &clock));
    let inventory = session.crm.inventory().await?;
    let ledger = work::ledger(&state, pipeline, &inventory)?;
    let unfinished = match resumable(context, &ledger, pipeline, args)? {
        Ok(unfinished) => unfinished,
        Err(exit) => return Ok(exit),
    };
    resolve_open(&session, &ledger, unfinished.as_ref().map(|run| run.id)).await?;
    let progress = if unfinished.is_some() { Progress::UnderWay } else { Progress::Fresh };
    let unfinished = with_its_rows(context, &session, unfinished)?;
    let mut prepared = prepared(&session, (&ledger, inventory), args, unfinished.as_ref()).await?;
    let approved = approved.as_ref().map(|seal| (seal, progress));
    let outdated = approved::outdated(args, &prepared, approved)?;
    let undecided = undecided(&prepared.plan.columns).filter(|_| args.strict || !harmless);
    prepared.plan.gates.extend(undecided.into_iter().chain(outdated));
    if let Some(extraction) = &prepared.extraction {
        super::plan::notes(context, extraction);
    }
    sample::told(context, &prepared);
    if !prepared.plan.gates.is_empty() {
        return Ok(refused(context, &prepared.plan.gates));
    }
    if !harmless && !allowed(context, (pipeline, args), &prepared) {
        return Ok(Exit::Gate);
    }
    let sort = if prepared.sample.is_some() { RunKind::Sample } else { RunKind::Apply };
    let kind = kind(&ledger, unfinished.as_ref(), sort)?;
    let run = begun(&session, &ledger, (sort, unfinished.as_ref()))?;
    let written = match written(context, &session, &prepared, (&ledger, run)).await {
        Ok(written) => written,
        Err(error) => {
            stopped(context, &ledger, run, (&prepared.plan, &error))?;
            return Err(error);
        }
    };
    let elapsed_s = began.elapsed().as_secs_f64();
    let closing = Closing { args, kind, run, elapsed_s, written };
    let exit = close(context, &session, (&ledger, &prepared), &closing)?;
    ledger.end_run(run, RunState::Done, exit.code(), Context::now())?;
    let breached = !closing.written.verdict.breaches.is_empty();
    if breached && pipeline.reconcile.breach == Breach::Rollback {
        context.terminal.say("`breach: rollback`: this run is taken back");
        let undecided = DriftDecisions::new();
        let wanted = rollback::Wanted { of: Some(run), decisions: &undecided, file: None };
        rollback::take_back(context, (&session, &ledger), wanted).await?;
    }
    ledger.back_up()?;
    Ok(exit)
}

/// Reads the sources and predicts the run, of the whole or of a sample.
async fn prepared(
    session: &Session<'_, Nutshell>,
    (ledger, inventory): (&Ledger, Inventory),
    args: &ApplyArgs,
    unfinished: Option<&Run>,
) -> Result<Prepared, EngineError> {
    let again = if unfinished.is_some() { Again::Staged } else { Again::Fresh };
    let reader = Some(ledger.reader());
    match sample::size(&session.pipeline, args) {
        None => prepare(session, inventory, reader, again).await,
        Some(size) => prepare_sample(session, inventory, reader, (again, size)).await,
    }
}

/// Says what refuses the run.
fn refused(context: &Context, gates: &[Gate]) -> Exit {
    super::plan::gates(context, gates);
    context.terminal.say("nothing was written");
    context.terminal.event(&json!({
        "event": "summary", "command": "apply", "ok": false, "exit": Exit::Gate.code(), "gates": gates,
    }));
    Exit::Gate
}

/// Notes that a run did not reach its end, and tells how far it came.
fn stopped(
    context: &Context,
    ledger: &Ledger,
    run: RunId,
    (plan, error): (&Plan, &EngineError),
) -> Result<(), EngineError> {
    ledger.end_run(run, RunState::Stopped, Exit::of(error).code(), Context::now())?;
    let tallies = summary::tallies(ledger.reader(), run, plan)?;
    context.terminal.say(&standing::forth(ledger.reader(), run, &tallies)?);
    Ok(())
}

/// Writes, sweeps where that is needed, and reads back what was written.
async fn written(
    context: &Context,
    session: &Session<'_, Nutshell>,
    prepared: &Prepared,
    (ledger, run): (&Ledger, RunId),
) -> Result<Written, EngineError> {
    clear(&session.out, prepared)?;
    let applied = apply(session, prepared, ledger, run).await?;
    let diff = sample::diff(session, prepared, ledger).await?;
    let swept = sweep::closing(context, session, (ledger, run, &prepared.inventory)).await?;
    let verdict = reconcile::closing(session, prepared, (ledger, run)).await?;
    Ok(Written { applied, swept, verdict, diff })
}

/// Whether a real destination may be written.
fn allowed(
    context: &Context,
    (pipeline, args): (&Pipeline, &ApplyArgs),
    prepared: &Prepared,
) -> bool {
    let answered = args.yes || args.plan.is_some();
    accepted(context, args, &prepared.plan) && (answered || confirmed(context, pipeline, prepared))
}

/// Whether what stays after a rollback was accepted: a yes to the records is none to that.
fn accepted(context: &Context, args: &ApplyArgs, plan: &Plan) -> bool {
    let stays = super::plan::irreversible(plan);
    if stays.is_empty() || args.accept_irreversible {
        return true;
    }
    context.terminal.fault(stays.trim_end());
    context.terminal.hint("if that is wanted, say --accept-irreversible");
    false
}

/// Asks before a real destination is written; without a terminal the answer is no.
fn confirmed(context: &Context, pipeline: &Pipeline, prepared: &Prepared) -> bool {
    context.terminal.say(&super::plan::shown(context, pipeline, &prepared.plan));
    if !std::io::stdin().is_terminal() {
        context.terminal.fault("a real destination is written only after a yes");
        context.terminal.hint("run it on a terminal, or say --yes");
        return false;
    }
    let account = &prepared.inventory.name;
    let question = format!("Write this into the account {account}?");
    dialoguer::Confirm::new().with_prompt(question).default(false).interact().unwrap_or(false)
}

/// The word for this run in the summary.
fn kind(
    ledger: &Ledger,
    unfinished: Option<&Run>,
    sort: RunKind,
) -> Result<&'static str, EngineError> {
    if sort == RunKind::Sample {
        return Ok("sample");
    }
    let before = ledger
        .reader()
        .runs()?
        .iter()
        .any(|run| run.kind == RunKind::Apply && run.state == RunState::Done);
    Ok(match (unfinished, before) {
        (Some(_), _) => "resume",
        (None, true) => "delta",
        (None, false) => "full",
    })
}
