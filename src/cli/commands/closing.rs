//! The end of `apply`: reports, the table of outcomes, the summary and the exit code.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::reconcile::{self, Verdict};
use super::sample;
use super::sweep;
use crate::cli::args::ApplyArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::summary::{self, Tallies};
use crate::crm::Nutshell;
use crate::engine::{Applied, EngineError, Prepared, Session, Swept};
use crate::ground::Outcome;
use crate::ground::counted;
use crate::ledger::{Ledger, RunId, RunKind};
use crate::report::{self, Audited};
use crate::spec::Pipeline;

/// The page of a run's audit.
const AUDIT: &str = "audit.html";

/// What a run came to.
pub(super) struct Written {
    pub(super) applied: Applied,
    pub(super) swept: Option<Swept>,
    pub(super) verdict: Verdict,
    /// The sample, field by field.
    pub(super) diff: Option<sample::Diff>,
}

/// A run that has come to its end.
pub(super) struct Closing<'a> {
    pub(super) args: &'a ApplyArgs,
    pub(super) kind: &'static str,
    pub(super) run: RunId,
    pub(super) elapsed_s: f64,
    pub(super) written: Written,
}

/// Reports, table, summary; the exit follows from the outcomes.
pub(super) fn close(
    context: &Context,
    session: &Session<'_, Nutshell>,
    (ledger, prepared): (&Ledger, &Prepared),
    closing: &Closing<'_>,
) -> Result<Exit, EngineError> {
    let Written { applied, swept, verdict, diff } = &closing.written;
    let reader = ledger.reader();
    let tallies = summary::tallies(reader, closing.run, &prepared.plan)?;
    let audit = session.out.join(report::audit_list(closing.run));
    report::write_audit(reader, closing.run, &prepared.plan, &audit)?;
    for table in completed(&session.pipeline) {
        let differences = prepared.desk.rows.differences(table)?;
        let file = session.out.join(differences_of(table));
        if differences.is_empty() {
            remove(file)?;
        } else {
            report::write_differences(table, &differences, &file)?;
        }
    }
    page(session, (ledger, prepared), (closing.run, &tallies, applied))?;
    let held = summary::waiting(reader, closing.run)?;
    context.terminal.result(&format!("\n{}", summary::table(&tallies)));
    let remarks = summary::remarks(&context.terminal, &tallies)
        + &summary::vanished(&prepared.plan)
        + &summary::reading(&prepared.plan);
    context.terminal.say(remarks.trim_end());
    let read_back = reconcile::say(context, session, verdict);
    let swept_exit = swept.as_ref().map_or(Exit::Done, sweep::exit);
    let exit = exit(context, &tallies).max(read_back).max(swept_exit);
    if let Some(diff) = diff {
        sample::say(context, diff);
    }
    say(context, &held, (applied, closing), &session.out);
    context.terminal.event(&json!({
        "event": "summary",
        "command": "apply",
        "ok": exit == Exit::Done,
        "run": closing.run.0,
        "kind": closing.kind,
        "objects": summary::objects(&tallies),
        "archives": applied.archives,
        "sweep": swept,
        "sample": diff.as_ref().map(sample::summary),
        "reconcile": report::reconciliation(&verdict.found, &verdict.breaches),
        "calls": session.crm.calls(),
        "elapsed_s": closing.elapsed_s,
    }));
    Ok(exit)
}

/// Takes the pages of the run before away: beside a run that stops they would be taken for its own.
pub(super) fn clear(out: &Path, prepared: &Prepared) -> Result<(), EngineError> {
    let of_sample = prepared.sample.iter().flat_map(|_| sample::FILES);
    [AUDIT, reconcile::PAGE, report::DIFFERENCES]
        .into_iter()
        .chain(of_sample)
        .try_for_each(|name| remove(out.join(name)))
}

/// Removes a file that need not be there.
fn remove(file: PathBuf) -> Result<(), EngineError> {
    match std::fs::remove_file(&file) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(EngineError::Output { file, source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The tables that may be completed by another endpoint; those of the other endpoint have their
/// names.
fn completed(pipeline: &Pipeline) -> impl Iterator<Item = &str> {
    pipeline.tables.iter().filter(|table| table.completes.is_none()).map(|table| &*table.name)
}

/// The list of what two endpoints of the source say differently about a table.
fn differences_of(table: &str) -> String {
    format!("union-{table}.jsonl")
}

/// Writes the page of the audit.
fn page(
    session: &Session<'_, Nutshell>,
    (ledger, prepared): (&Ledger, &Prepared),
    (run, tallies, applied): (RunId, &Tallies, &Applied),
) -> Result<(), EngineError> {
    let runs = ledger.reader().runs()?;
    let known = runs.iter().find(|known| known.id == run);
    let begun = known.map(reconcile::begun);
    let earlier = runs
        .iter()
        .filter(|known| known.id < run)
        .map(|known| (report::audit_list(known.id), "the remarks of an earlier run"));
    let tables = completed(&session.pipeline)
        .map(|table| (differences_of(table), "rows in which two endpoints of the source differ"));
    let archives = applied
        .archives
        .iter()
        .map(|archive| (format!("archives/{}", archive.file), "a table kept as a file"));
    let beside: Vec<_> = earlier
        .chain(tables)
        .chain(archives)
        .filter(|(name, _)| session.out.join(name).exists())
        .collect();
    let about = Audited {
        pipeline: &session.pipeline.name,
        account: &prepared.inventory.name,
        run,
        begun: &begun.unwrap_or_default(),
        is_sample: known.is_some_and(|run| run.kind == RunKind::Sample),
        beside: &beside,
        tallies,
        plan: &prepared.plan,
    };
    Ok(report::write_audit_page(ledger.reader(), &about, &session.out.join(AUDIT))?)
}

fn say(context: &Context, held: &str, (applied, closing): (&Applied, &Closing<'_>), out: &Path) {
    let terminal = &context.terminal;
    if !held.is_empty() {
        terminal.say(&format!(
            "\n{}\n{}",
            terminal.warn("held, waiting for a person:"),
            held.trim_end()
        ));
    }
    let rows: u64 = applied.archives.iter().map(|archive| archive.rows).sum();
    let archives = match applied.archives.len() {
        0 => String::new(),
        count => format!(
            "{} with {} and ",
            counted(count as u64, "archive", "archives"),
            counted(rows, "row", "rows")
        ),
    };
    terminal.say(&format!(
        "\nrun {} ({}) took {:.1} s; {archives}every remark in {}; to look through: {}",
        closing.run.0,
        closing.kind,
        closing.elapsed_s,
        out.display(),
        out.join(AUDIT).display()
    ));
    if !held.is_empty() {
        terminal.say(
            "mend what is held in the source or the spec, then apply again: only that is written",
        );
    }
    let next = if closing.args.sample.is_some() { "apply" } else { "status" };
    terminal.say(&format!(
        "next: {}   (to take everything back: {})",
        Context::again(next, &closing.args.spec),
        Context::again("rollback", &closing.args.spec)
    ));
}

/// The worst of all results. A record without an outcome would be a fault of ours.
fn exit(context: &Context, tallies: &Tallies) -> Exit {
    let mut exit = Exit::Done;
    for (object, tally) in tallies {
        if !tally.is_conserved() {
            let sum: u64 = Outcome::ALL.iter().map(|outcome| tally.of(*outcome)).sum();
            context.terminal.fault(&format!(
                "{object}: {} source records, but {sum} outcomes; please report this",
                tally.source
            ));
            exit = Exit::Fault;
        } else if tally.is_held() {
            exit = exit.max(Exit::Held);
        }
    }
    exit
}
