//! `rollback`: shows what can be taken back, then takes it back.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::Arc;

use serde_json::json;

use crate::cli::args::RollbackArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::standing;
use crate::cli::work::{self, Call};
use crate::crm::{Crm, Nutshell};
use crate::engine::{EngineError, RollbackReport, Scope, Session, rollback};
use crate::ledger::{Ledger, Lock, RunId, RunKind, RunState};
use crate::spec::Pipeline;

pub(super) async fn run(context: &Arc<Context>, args: &RollbackArgs) -> Exit {
    let call = Call { word: "rollback", spec: &args.spec };
    work::connected(context, call, async |pipeline, connected| {
        go(context, (pipeline, args), connected).await
    })
    .await
}

async fn go(
    context: &Context,
    (pipeline, args): (&Arc<Pipeline>, &RollbackArgs),
    mut connected: Connected,
) -> Result<Exit, EngineError> {
    let state = context.state_of(pipeline);
    if !state.join("ledger.db").exists() && !state.join("ledger.head").exists() {
        context.terminal.result("no run yet: nothing to take back");
        return Ok(Exit::Done);
    }
    let _lock = Lock::take(&state, Context::now())?;
    let harmless = connected.harmless;
    let clock = Context::now;
    let session = connected.session(context, pipeline, (state.clone(), &clock));
    let inventory = session.crm.inventory().await?;
    let ledger = work::ledger(&state, pipeline, &inventory)?;
    let unfinished = ledger.reader().unfinished()?.filter(|run| run.kind == RunKind::Rollback);
    let of = unfinished.as_ref().map_or(args.run.map(RunId), |run| run.of);
    if args.dry_run {
        let report = rollback(&session, &ledger, Scope::Look(of)).await?;
        context.terminal.result(&format!("would be taken back:\n{}", shown(&report)));
        context.terminal.say(&format!("next: {}", Context::again("rollback", &args.spec)));
        summarise(context, &report, Scope::Look(of));
        return Ok(if report.left.is_empty() { Exit::Done } else { Exit::Conflicts });
    }
    if !harmless && !args.yes && !confirmed(context, &session, &ledger, of).await? {
        return Ok(Exit::Gate);
    }
    if let Some(run) = unfinished {
        ledger.resume_run(run.id)?;
        return act(context, (&session, &ledger), (of, run.id)).await;
    }
    let exit = take_back(context, (&session, &ledger), of).await?;
    context.terminal.say(&format!("next: {}", Context::again("apply", &args.spec)));
    Ok(exit)
}

/// Takes a run back, or everything.
pub(super) async fn take_back(
    context: &Context,
    (session, ledger): (&Session<'_, Nutshell>, &Ledger),
    of: Option<RunId>,
) -> Result<Exit, EngineError> {
    let run = ledger.begin_rollback(of, &session.pipeline.fingerprint, Context::now())?;
    act(context, (session, ledger), (of, run)).await
}

async fn act(
    context: &Context,
    (session, ledger): (&Session<'_, Nutshell>, &Ledger),
    (of, run): (Option<RunId>, RunId),
) -> Result<Exit, EngineError> {
    let report = match rollback(session, ledger, Scope::Act(of, run)).await {
        Ok(report) => report,
        Err(error) => {
            ledger.end_run(run, RunState::Stopped, Exit::of(&error).code(), Context::now())?;
            context.terminal.say(&standing::back(ledger.reader(), run, of)?);
            return Err(error);
        }
    };
    let exit = if report.left.is_empty() { Exit::Done } else { Exit::Conflicts };
    ledger.end_run(run, RunState::Done, exit.code(), Context::now())?;
    ledger.back_up()?;
    context.terminal.result(&format!("taken back:\n{}", shown(&report)));
    summarise(context, &report, Scope::Act(of, run));
    Ok(exit)
}

async fn confirmed(
    context: &Context,
    session: &Session<'_, Nutshell>,
    ledger: &Ledger,
    of: Option<RunId>,
) -> Result<bool, EngineError> {
    let report = rollback(session, ledger, Scope::Look(of)).await?;
    context.terminal.say(&format!("would be taken back:\n{}", shown(&report)));
    if !std::io::stdin().is_terminal() {
        context.terminal.fault("a real destination is written only after a yes");
        context.terminal.hint("run it on a terminal, or say --yes");
        return Ok(false);
    }
    let question = dialoguer::Confirm::new().with_prompt("Take this back?").default(false);
    Ok(question.interact().unwrap_or(false))
}

fn shown(report: &RollbackReport) -> String {
    let mut text = String::new();
    if report.objects.is_empty() {
        text.push_str("  nothing\n");
    }
    for (object, counts) in &report.objects {
        writeln!(
            text,
            "  {object:14} {} deleted, {} restored, {} left",
            counts.deleted, counts.restored, counts.conflicts
        )
        .unwrap_or_default();
    }
    for left in &report.left {
        writeln!(text, "  left: {} ({}): {}", left.crm, left.record, left.why).unwrap_or_default();
    }
    text.push_str(&staying(&report.irreversible));
    text.trim_end().to_owned()
}

/// What no API deletes, a line for each sort of it.
fn staying(irreversible: &[(String, String, String)]) -> String {
    let mut sorts: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (kind, entity, name) in irreversible {
        sorts.entry((kind, entity)).or_default().push(name);
    }
    let mut text = String::new();
    if !sorts.is_empty() {
        text.push_str("  stays, because no API deletes it:\n");
    }
    for ((kind, entity), names) in sorts {
        writeln!(text, "      {kind} on {entity}: {}", names.join(", ")).unwrap_or_default();
    }
    text
}

fn summarise(context: &Context, report: &RollbackReport, scope: Scope) {
    context.terminal.event(&json!({
        "event": "summary",
        "command": "rollback",
        "ok": report.left.is_empty(),
        "dry_run": matches!(scope, Scope::Look(_)),
        "objects": report.objects,
        "left": report.left,
        "irreversible": report.irreversible,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_told_by_its_sort() {
        let entry =
            |kind: &str, entity: &str, name: &str| (kind.into(), entity.into(), name.into());
        let irreversible = [
            entry("tag", "Contacts", "Hot"),
            entry("custom field", "Contacts", "Fax__c"),
            entry("tag", "Contacts", "Cold"),
        ];
        let expected = "  stays, because no API deletes it:\n      custom field on Contacts: \
                        Fax__c\n      tag on Contacts: Hot, Cold\n";
        assert_eq!(staying(&irreversible), expected);
        assert_eq!(staying(&[]), "");
    }
}
