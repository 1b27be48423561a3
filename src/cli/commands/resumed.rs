//! Which run `apply` goes on with, if one did not reach its end.

use crate::cli::args::ApplyArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::crm::Nutshell;
use crate::engine::{EngineError, Session, began_with_rows, begin_with_rows};
use crate::ledger::{Ledger, Run, RunId, RunKind};
use crate::spec::Pipeline;

/// The run to go on with, if there is one; the inner error is a refusal.
pub(super) fn resumable(
    context: &Context,
    ledger: &Ledger,
    pipeline: &Pipeline,
    args: &ApplyArgs,
) -> Result<Result<Option<Run>, Exit>, EngineError> {
    let Some(run) = ledger.reader().unfinished()? else { return Ok(Ok(None)) };
    let first = match run.kind {
        RunKind::Rollback => Some(("rollback", "rollback")),
        RunKind::Rebuild => Some(("rebuild of the ledger", "ledger rebuild")),
        RunKind::Sweep => Some(("sweep", "sweep")),
        RunKind::Apply | RunKind::Sample => None,
    };
    if let Some((what, word)) = first {
        let fault = format!("run {} is a {what} that did not reach its end", run.id.0);
        context.terminal.fault(&fault);
        context.terminal.hint(&format!("finish it first: {}", Context::again(word, &args.spec)));
        return Ok(Err(Exit::Gate));
    }
    match (run.kind, args.sample) {
        (RunKind::Apply, Some(_)) => {
            context.terminal.fault(&format!(
                "run {} is of the whole spec and did not reach its end; a sample comes before it",
                run.id.0
            ));
            context.terminal.hint(&format!("finish it: {}", Context::again("apply", &args.spec)));
            return Ok(Err(Exit::Gate));
        }
        // What a sample left undone is done by the whole, or by another sample, which need not be
        // of the same records.
        (RunKind::Sample, _) => return Ok(Ok(None)),
        (_, _) => {}
    }
    if run.fingerprint != pipeline.fingerprint {
        if !args.accept_spec {
            context.terminal.fault(&format!(
                "the spec changed since run {}, which did not reach its end",
                run.id.0
            ));
            context.terminal.hint(&format!(
                "{} says object by object what the changed spec would write anew; put the spec back as it was, or say --accept-spec: what was written then becomes updates, never second records",
                Context::again("plan", &args.spec)
            ));
            return Ok(Err(Exit::Gate));
        }
        return Ok(Ok(None));
    }
    Ok(Ok(Some(run)))
}

/// The run to go on with, unless its rows are not there any more: then another one finishes its
/// work, with the rows of today.
pub(super) fn with_its_rows(
    context: &Context,
    session: &Session<'_, Nutshell>,
    unfinished: Option<Run>,
) -> Result<Option<Run>, EngineError> {
    let Some(run) = unfinished else { return Ok(None) };
    let number = run.id.0;
    if began_with_rows(session, run.id)? {
        let said = format!("going on with run {number}, which stopped before its end");
        context.terminal.say(&said);
        return Ok(Some(run));
    }
    let said =
        "which stopped before its end; the source was read since, so this is a run of its own";
    context.terminal.say(&format!("finishing what is left of run {number}, {said}"));
    Ok(None)
}

/// The run that writes: the unfinished one, or a new one with the rows that are staged.
pub(super) fn begun(
    session: &Session<'_, Nutshell>,
    ledger: &Ledger,
    (kind, unfinished): (RunKind, Option<&Run>),
) -> Result<RunId, EngineError> {
    if let Some(run) = unfinished {
        ledger.resume_run(run.id)?;
        return Ok(run.id);
    }
    let run = ledger.begin_run(kind, &session.pipeline.fingerprint, Context::now())?;
    begin_with_rows(session, run)?;
    Ok(run)
}
