//! `reconcile`: reads the CRM back and says whether the numbers add up.

use std::sync::Arc;

use serde_json::json;

use crate::cli::args::SpecArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::work::{self, Call};
use crate::crm::{Crm, Nutshell};
use crate::engine::{
    Again, Compared, EngineError, Prepared, Session, began_with_rows, prepare, reconcile,
};
use crate::ground::{CrmId, counted};
use crate::ledger::{Ledger, Lock, Run, RunId, RunKind};
use crate::report::{self, Breached, DIFFERENCES, Extent, Found, Reconciled};
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
    let runs = ledger.reader().runs()?;
    let (extent, run) = last(&runs);
    if extent == Extent::SampledOnly {
        context.terminal.say("only a sample was written so far: what it wrote is compared");
    }
    // The rows that the run was made of, unless the source was read since.
    let is_later = match run {
        Some(run) => !began_with_rows(&session, run.id)?,
        None => false,
    };
    if let Some(run) = run.filter(|_| is_later) {
        context.terminal.say(&format!(
            "the source was read again since run {}: where it changed, what was written is compared",
            run.id.0
        ));
    }
    let prepared = prepare(&session, inventory, Some(ledger.reader()), Again::Staged).await?;
    let promised = run.filter(|_| !is_later && extent == Extent::Whole).map(|run| run.id);
    let compared = Compared { run: promised, is_later };
    let verdict = compare(&session, &prepared, &ledger, (compared, extent, run)).await?;
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

/// What was found, and which limits are not kept.
pub(super) struct Verdict {
    pub(super) found: Found,
    pub(super) breaches: Vec<Breached>,
}

/// The run that a comparison is about: the last one of the whole, or the last sample when there is
/// none.
fn last(runs: &[Run]) -> (Extent, Option<&Run>) {
    let last = |kind| runs.iter().rev().find(|run| run.kind == kind);
    match (last(RunKind::Apply), last(RunKind::Sample)) {
        (None, Some(sample)) => (Extent::SampledOnly, Some(sample)),
        (whole, _) => (Extent::Whole, whole),
    }
}

/// Compares what the run that just ended wrote with what stands.
pub(super) async fn closing(
    session: &Session<'_, Nutshell>,
    prepared: &Prepared,
    (ledger, run): (&Ledger, RunId),
) -> Result<Verdict, EngineError> {
    let extent = if prepared.sample.is_some() { Extent::Sample } else { Extent::Whole };
    let runs = ledger.reader().runs()?;
    let known = runs.iter().find(|known| known.id == run);
    let compared = Compared { run: Some(run), is_later: false };
    compare(session, prepared, ledger, (compared, extent, known)).await
}

/// Compares, and writes the page beside the list of differences.
async fn compare(
    session: &Session<'_, Nutshell>,
    prepared: &Prepared,
    ledger: &Ledger,
    (compared, extent, run): (Compared, Extent, Option<&Run>),
) -> Result<Verdict, EngineError> {
    let found = reconcile(session, prepared, ledger, compared).await?;
    let breaches = report::breaches(&session.pipeline.reconcile, &found);
    let verdict = Verdict { found, breaches };
    page(session, prepared, &verdict, (compared, extent, run))?;
    Ok(verdict)
}

/// Writes the page of the comparison.
fn page(
    session: &Session<'_, Nutshell>,
    prepared: &Prepared,
    verdict: &Verdict,
    (compared, extent, run): (Compared, Extent, Option<&Run>),
) -> Result<(), EngineError> {
    let user = |user: &str| {
        let id = CrmId::from(user.strip_prefix("Users:")?);
        prepared.desk.owners.shown(&id).map(str::to_owned)
    };
    let about = Reconciled {
        pipeline: &session.pipeline.name,
        account: &prepared.inventory.name,
        run: &run.map(begun).unwrap_or_default(),
        extent,
        is_later: compared.is_later,
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
