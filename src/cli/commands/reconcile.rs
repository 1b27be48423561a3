//! `reconcile`: reads the CRM back and says whether the numbers add up.

use std::sync::Arc;

use serde_json::json;

use crate::cli::args::SpecArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::work::{self, Call};
use crate::crm::{Crm, Nutshell};
use crate::engine::{Again, EngineError, Prepared, Session, prepare, reconcile};
use crate::ground::{CrmId, counted};
use crate::ledger::{Ledger, Lock, Run, RunId, RunKind};
use crate::report::{self, Breached, Found, Reconciled};
use crate::spec::Pipeline;

pub(super) async fn run(context: &Arc<Context>, args: &SpecArgs) -> Exit {
    let call = Call::new("reconcile", &args.spec);
    work::connected(context, call, async |pipeline, connected| {
        Box::pin(go(context, (pipeline, args), connected)).await
    })
    .await
}

async fn go(
    context: &Context,
    (pipeline, args): (&Arc<Pipeline>, &SpecArgs),
    mut connected: Connected,
) -> Result<Exit, EngineError> {
    let state = context.state_of(pipeline);
    if !state.join("ledger.db").exists() {
        context.terminal.result("no run yet: nothing to compare");
        context.terminal.say(&format!("next: {}", Context::again("apply", &args.spec)));
        return Ok(Exit::Done);
    }
    let _lock = Lock::take(&state, Context::now())?;
    let clock = Context::now;
    let session = connected.session(context, pipeline, (state.clone(), &clock));
    let inventory = session.crm.inventory().await?;
    let ledger = work::ledger(&state, pipeline, &inventory)?;
    // The rows that the last run was made of, not what the source has become since.
    let prepared = prepare(&session, inventory, Some(ledger.reader()), Again::Staged).await?;
    let runs = ledger.reader().runs()?;
    let run = runs.iter().rev().find(|run| run.kind == RunKind::Apply).map(|run| run.id);
    if run.is_none() && runs.iter().any(|run| run.kind == RunKind::Sample) {
        context.terminal.say("only a sample was written so far: what it wrote is compared");
    }
    let verdict = compare(&session, &prepared, &ledger, run).await?;
    let exit = say(context, &session, &verdict);
    let mut event = report::reconciliation(&verdict.found, &verdict.breaches);
    if let Some(event) = event.as_object_mut() {
        event.insert("event".into(), json!("summary"));
        event.insert("command".into(), json!("reconcile"));
        event.insert("ok".into(), json!(exit == Exit::Done));
    }
    let next = if exit == Exit::Done { "status" } else { "rollback" };
    context.terminal.say(&format!("next: {}", Context::again(next, &args.spec)));
    context.terminal.event(&event);
    Ok(exit)
}

/// The page of a comparison.
pub(super) const PAGE: &str = "reconciliation.html";

/// The list of what was found in it.
pub(super) const DIFFERENCES: &str = "differences.jsonl";

/// What was found, and which limits are not kept.
pub(super) struct Verdict {
    pub(super) found: Found,
    pub(super) breaches: Vec<Breached>,
}

/// Compares what a run wrote with what stands.
pub(super) async fn compare(
    session: &Session<'_, Nutshell>,
    prepared: &Prepared,
    ledger: &Ledger,
    run: Option<RunId>,
) -> Result<Verdict, EngineError> {
    let found = reconcile(session, prepared, ledger, run).await?;
    let breaches = report::breaches(&session.pipeline.reconcile, &found);
    let verdict = Verdict { found, breaches };
    let runs = ledger.reader().runs()?;
    let run = runs.iter().find(|known| Some(known.id) == run);
    page(session, prepared, &verdict, run)?;
    Ok(verdict)
}

/// Writes the page of the comparison, beside the list of differences.
fn page(
    session: &Session<'_, Nutshell>,
    prepared: &Prepared,
    verdict: &Verdict,
    run: Option<&Run>,
) -> Result<(), EngineError> {
    let user = |user: &str| {
        let id = CrmId::from(user.strip_prefix("Users:")?);
        prepared.desk.owners.shown(&id).map(str::to_owned)
    };
    let about = Reconciled {
        pipeline: &session.pipeline.name,
        account: &prepared.inventory.name,
        run: &run.map(begun).unwrap_or_default(),
        is_sample: run.is_some_and(|run| run.kind == RunKind::Sample),
        user: &user,
        found: &verdict.found,
        breaches: &verdict.breaches,
    };
    let file = session.out.join(PAGE);
    report::write_reconciliation_page(&about, &session.out.join(DIFFERENCES), &file)
        .map_err(|source| EngineError::Output { file, source })
}

/// A run and when it began, as pages name it.
pub(super) fn begun(run: &Run) -> String {
    format!("run {} of {}", run.id.0, run.started.strftime("%-d %B %Y, %H:%M UTC"))
}

/// Says what was found; exit code 5 when a limit is not kept.
pub(super) fn say(context: &Context, session: &Session<'_, Nutshell>, verdict: &Verdict) -> Exit {
    let terminal = &context.terminal;
    terminal.result(&format!(
        "read back:\n{}",
        report::reconciliation_told(&verdict.found, &verdict.breaches)
    ));
    let file = session.out.join(DIFFERENCES);
    let page = session.out.join(PAGE);
    let places = format!("{}; to look through: {}", file.display(), page.display());
    if verdict.breaches.is_empty() && verdict.found.is_equal() {
        terminal.say(&format!("the numbers add up: {}", page.display()));
        return Exit::Done;
    }
    if verdict.breaches.is_empty() {
        terminal.say(&format!("the numbers add up; every difference is in {places}"));
        return Exit::Done;
    }
    terminal.fault(&format!(
        "{} not kept; every difference is in {places}",
        counted(
            verdict.breaches.len() as u64,
            "limit of `reconcile` is",
            "limits of `reconcile` are"
        ),
    ));
    Exit::Gate
}
