//! `verify`: whether the ledger is whole, the latest, and keeps its promises; writes nothing.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::args::VerifyArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::load::load;
use crate::cli::work::{self, Call};
use crate::crm::Crm;
use crate::engine::{EngineError, Online, verify};
use crate::ground::counted;
use crate::ledger::{Finding, LedgerError, Reader, invariants};
use crate::spec::Pipeline;

/// Promises that are not ours alone to keep: files are damaged, records are doubled by people.
const NOT_OURS: [&str; 2] = ["I18", "I5"];

pub(super) async fn run(context: &Arc<Context>, args: &VerifyArgs) -> Exit {
    if args.online {
        let call = Call::new("verify --online", &args.spec);
        return work::connected(context, call, async |pipeline, connected| {
            Box::pin(ask(context, (pipeline, args), connected)).await
        })
        .await;
    }
    let pipeline = match load(context, &args.spec) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    match look(context, &pipeline) {
        Ok(findings) => show(context, args, (findings, None)),
        Err(error) => {
            context.terminal.error(&error);
            if error.is_doubt() {
                work::doubted(context, &args.spec);
            }
            Exit::of(&error.into())
        }
    }
}

/// The promises that the ledger alone can answer for; `None` when there is no ledger.
fn look(context: &Context, pipeline: &Pipeline) -> Result<Option<Looked>, LedgerError> {
    let state = context.state_of(pipeline);
    let Some(findings) = invariants(&state)? else { return Ok(None) };
    let head = Reader::open(&state)?.map(|reader| reader.head()).transpose()?;
    Ok(Some(Looked { findings, head: head.unwrap_or_default() }))
}

/// What was found offline, and how far the ledger has come.
struct Looked {
    findings: Vec<Finding>,
    head: (i64, String),
}

async fn ask(
    context: &Context,
    (pipeline, args): (&Arc<Pipeline>, &VerifyArgs),
    mut connected: Connected,
) -> Result<Exit, EngineError> {
    let looked = look(context, pipeline)?;
    let state = context.state_of(pipeline);
    let Some(reader) = Reader::open(&state)? else {
        return Ok(show(context, args, (looked, None)));
    };
    let clock = Context::now;
    let session = connected.session(context, pipeline, (state, &clock));
    let inventory = session.crm.inventory().await?;
    let online = verify(&session, &inventory, &reader).await?;
    Ok(show(context, args, (looked, Some(online))))
}

fn show(
    context: &Context,
    args: &VerifyArgs,
    (looked, online): (Option<Looked>, Option<Online>),
) -> Exit {
    let Some(Looked { mut findings, head }) = looked else {
        context.terminal.result("no run yet: nothing to verify");
        context.terminal.event(&json!({
            "event": "summary", "command": "verify", "ok": true, "invariants": [],
        }));
        return Exit::Done;
    };
    let mut text = String::new();
    if let Some(online) = &online {
        findings.push(online.copies.clone());
    }
    for finding in &findings {
        writeln!(text, "{}", line(context, finding)).unwrap_or_default();
    }
    if let Some(online) = &online {
        let (gone, made) = (online.gone.len(), online.made);
        let named = if gone == 0 { String::new() } else { format!(": {}", online.gone.join(", ")) };
        writeln!(
            text,
            "      I6   {gone} of {} gone, deleted by people{named}",
            counted(made, "record of ours is", "records of ours are")
        )
        .unwrap_or_default();
    }
    write!(text, "the ledger stands at event {} with the hash {}", head.0, head.1)
        .unwrap_or_default();
    context.terminal.result(&text);
    let exit = exit(&findings);
    if exit == Exit::Fault {
        context.terminal.fault("a promise of ours is broken; please report this");
    } else if exit == Exit::Gate {
        work::doubted(context, &args.spec);
    } else {
        context.terminal.say(&format!("next: {}", Context::again("apply", &args.spec)));
    }
    context.terminal.event(&json!({
        "event": "summary", "command": "verify", "ok": exit == Exit::Done, "exit": exit.code(),
        "invariants": findings, "seq": head.0, "hash": head.1,
        "gone": online.map_or(Value::Null, |online| json!(online.gone)),
    }));
    exit
}

fn line(context: &Context, finding: &Finding) -> String {
    let Finding { code, says, checked, broken, examples } = finding;
    if finding.holds() {
        return format!(
            "{}  {code:4} {says} ({checked} looked at)",
            context.terminal.good("holds")
        );
    }
    format!(
        "{}  {code:4} {says}: {broken} of {checked} do not: {}",
        context.terminal.warn("broken"),
        examples.join("; ")
    )
}

/// A damaged ledger breaks other promises as well; that is no fault of ours then.
fn exit(findings: &[Finding]) -> Exit {
    let broken = |code: &str| findings.iter().any(|one| one.code == code && !one.holds());
    if broken("I18") {
        return Exit::Gate;
    }
    let ours = findings.iter().any(|one| !one.holds() && !NOT_OURS.contains(&one.code));
    match (ours, broken("I5")) {
        (true, _) => Exit::Fault,
        (false, true) => Exit::Gate,
        (false, false) => Exit::Done,
    }
}
