//! `rollback`: shows what can be taken back, then takes it back.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::cli::args::RollbackArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::load::show;
use crate::cli::standing;
use crate::cli::work::{self, Call};
use crate::crm::{Crm, Nutshell};
use crate::engine::{EngineError, RollbackReport, Scope, Session, rollback};
use crate::ground::SourceKey;
use crate::ledger::{Deed, Ledger, Lock, OpenEntry, RunId, RunKind, RunState};
use crate::report;
use crate::spec::{
    DriftDecisions, KnownColumns, Maker, Pipeline, Reading, WrittenBefore, read_decisions,
};

pub(super) async fn run(context: &Arc<Context>, args: &RollbackArgs) -> Exit {
    let call = Call::new("rollback", &args.spec);
    work::connected(context, call, async |pipeline, connected| {
        Box::pin(go(context, (pipeline, args), connected)).await
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
    let decisions = match decisions(context, (&ledger, of), args.decisions.as_deref()) {
        Ok(decisions) => decisions,
        Err(exit) => return Ok(exit),
    };
    if args.dry_run {
        let report = rollback(&session, &ledger, (Scope::Look(of), &decisions)).await?;
        context.terminal.result(&format!("would be taken back:\n{}", shown(&report)));
        drift(context, &session.out, (&report, args.decisions.as_deref()))?;
        context.terminal.say(&format!("next: {}", Context::again("rollback", &args.spec)));
        summarise(context, &report, Scope::Look(of));
        return Ok(exit_of(&report));
    }
    let wanted = Wanted { of, decisions: &decisions, file: args.decisions.as_deref() };
    if !harmless && !args.yes && !confirmed(context, &session, &ledger, wanted).await? {
        return Ok(Exit::Gate);
    }
    if let Some(run) = unfinished {
        ledger.resume_run(run.id)?;
        return act(context, (&session, &ledger), (wanted, run.id)).await;
    }
    let exit = take_back(context, (&session, &ledger), wanted).await?;
    context.terminal.say(&format!("next: {}", Context::again("apply", &args.spec)));
    Ok(exit)
}

/// What is taken back, and what was decided about records that people changed.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// A run; everything by default.
    pub(super) of: Option<RunId>,
    pub(super) decisions: &'a DriftDecisions,
    /// Where the decisions stand.
    pub(super) file: Option<&'a Path>,
}

/// Takes a run back, or everything.
pub(super) async fn take_back(
    context: &Context,
    (session, ledger): (&Session<'_, Nutshell>, &Ledger),
    wanted: Wanted<'_>,
) -> Result<Exit, EngineError> {
    let fingerprint = &session.pipeline.fingerprint;
    let run = ledger.begin_rollback(wanted.of, fingerprint, Context::now())?;
    act(context, (session, ledger), (wanted, run)).await
}

async fn act(
    context: &Context,
    (session, ledger): (&Session<'_, Nutshell>, &Ledger),
    (wanted, run): (Wanted<'_>, RunId),
) -> Result<Exit, EngineError> {
    let Wanted { of, decisions, file } = wanted;
    let report = match rollback(session, ledger, (Scope::Act(of, run), decisions)).await {
        Ok(report) => report,
        Err(error) => {
            ledger.end_run(run, RunState::Stopped, Exit::of(&error).code(), Context::now())?;
            context.terminal.say(&standing::back(ledger.reader(), run, of)?);
            return Err(error);
        }
    };
    let exit = exit_of(&report);
    ledger.end_run(run, RunState::Done, exit.code(), Context::now())?;
    ledger.back_up()?;
    context.terminal.result(&format!("taken back:\n{}", shown(&report)));
    drift(context, &session.out, (&report, file))?;
    summarise(context, &report, Scope::Act(of, run));
    Ok(exit)
}

/// What nobody decided about waits for a person.
fn exit_of(report: &RollbackReport) -> Exit {
    if report.has_conflicts() { Exit::Conflicts } else { Exit::Done }
}

/// The decisions in a file about what a run wrote, or everything; faults are shown, all of them.
fn decisions(
    context: &Context,
    (ledger, of): (&Ledger, Option<RunId>),
    file: Option<&Path>,
) -> Result<DriftDecisions, Exit> {
    let Some(file) = file else { return Ok(DriftDecisions::new()) };
    let reading = Reading {
        file,
        variables: &|_| None,
        files: &|path| std::fs::read_to_string(path),
        columns: &|_| KnownColumns::default(),
    };
    let known = |key: &SourceKey| {
        let done = ledger.reader().done(key).ok()?;
        (!done.is_empty()).then(|| written_before(&done, of))
    };
    read_decisions(&reading, &known).map_err(|faults| show(context, &faults))
}

/// What a rollback takes back of a record, by what was done to it.
fn written_before(done: &[OpenEntry], of: Option<RunId>) -> WrittenBefore {
    let is_taken_back = |run: RunId| of.is_none_or(|of| run >= of);
    // What lies on top of a run goes with it only where that run wrote something as well.
    let touched = of.is_none_or(|of| done.iter().any(|entry| entry.intent.run == of));
    let in_scope = done.iter().filter(|entry| touched && is_taken_back(entry.intent.run));
    let changed = in_scope.filter_map(|entry| entry.intent.before.as_ref()?.as_object());
    let fields = changed.flat_map(|before| before.keys().cloned()).collect();
    let last = done
        .iter()
        .rfind(|entry| matches!(entry.intent.deed, Deed::Create | Deed::Adopt | Deed::Delete));
    let maker = match last.map(|entry| (entry.intent.deed, entry.intent.run)) {
        None | Some((Deed::Delete, _)) => Maker::Others,
        Some((_, run)) if touched && is_taken_back(run) => Maker::TakenBack,
        Some((_, run)) => Maker::OtherRun(run.0),
    };
    WrittenBefore { maker, fields }
}

/// Writes down what people changed, with a file in which it can be decided about; `given` is the one
/// that was decided in.
fn drift(
    context: &Context,
    out: &Path,
    (report, given): (&RollbackReport, Option<&Path>),
) -> Result<(), EngineError> {
    if report.left.is_empty() {
        return Ok(());
    }
    let drifted: Vec<_> = report
        .left
        .iter()
        .map(|left| report::Drifted {
            record: &left.record,
            crm: &left.crm,
            why: &left.why,
            seen: &left.seen,
            fields: &left.drift,
        })
        .collect();
    let (values, choices) = (out.join("rollback-drift.jsonl"), out.join("decisions.yaml"));
    report::write_drift(&drifted, &values)?;
    report::write_drift_sheet(&drifted, &values.with_extension("csv"))?;
    let template = report::write_decisions(&drifted, &choices, given)?;
    if template != choices {
        context
            .terminal
            .say(&format!("decisions stand in {}: it stays as it is", choices.display()));
    }
    context.terminal.say(&format!(
        "every value that people changed is in {} (and .csv, for reading); to decide about these records, edit {} and say --decisions with it",
        values.display(),
        template.display()
    ));
    Ok(())
}

async fn confirmed(
    context: &Context,
    session: &Session<'_, Nutshell>,
    ledger: &Ledger,
    Wanted { of, decisions, file }: Wanted<'_>,
) -> Result<bool, EngineError> {
    let report = rollback(session, ledger, (Scope::Look(of), decisions)).await?;
    context.terminal.say(&format!("would be taken back:\n{}", shown(&report)));
    drift(context, &session.out, (&report, file))?;
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
    for (object, counts) in &report.objects {
        if counts.irreversible > 0 {
            let count = counts.irreversible;
            writeln!(text, "  stays: the content of {count} {object} that were carried")
                .unwrap_or_default();
        }
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
        "ok": !report.has_conflicts(),
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
