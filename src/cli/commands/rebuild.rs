//! `ledger rebuild`: makes good a ledger that was lost or is refused; writes nothing to the CRM.

use std::sync::Arc;

use serde_json::json;

use crate::cli::args::RebuildArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::fresh;
use crate::cli::work::{self, Call};
use crate::crm::Crm;
use crate::engine::{EngineError, Rebuilt, Trust, rebuild};
use crate::ground::counted;
use crate::ledger::{Base, Ledger, Lock, RunId, RunKind, RunState};
use crate::spec::Pipeline;

pub(super) async fn run(context: &Arc<Context>, args: &RebuildArgs) -> Exit {
    let call = Call::new("ledger rebuild", &args.spec);
    work::connected(context, call, async |pipeline, connected| {
        Box::pin(go(context, (pipeline, args), connected)).await
    })
    .await
}

async fn go(
    context: &Context,
    (pipeline, args): (&Arc<Pipeline>, &RebuildArgs),
    mut connected: Connected,
) -> Result<Exit, EngineError> {
    let state = context.state_of(pipeline);
    let _lock = Lock::take(&state, Context::now())?;
    let clock = Context::now;
    let session = connected.session(context, pipeline, (state.clone(), &clock));
    let inventory = session.crm.inventory().await?;
    let identity = work::identity(pipeline, &inventory);
    let (ledger, base) = Ledger::rebuild(&state, &identity, &fresh::fresh()?)?;
    ledger.safeguard()?;
    context.terminal.say(&began(&base));
    let trust = if args.trust_markers { Trust::Tagged } else { Trust::Proven };
    let run = begin(&ledger, pipeline)?;
    let rebuilt = match rebuild(&session, (&ledger, run), (&inventory, trust)).await {
        Ok(rebuilt) => rebuilt,
        Err(error) => {
            ledger.end_run(run, RunState::Stopped, Exit::of(&error).code(), Context::now())?;
            return Err(error);
        }
    };
    let exit = if rebuilt.unproven.is_empty() { Exit::Done } else { Exit::Gate };
    ledger.end_run(run, RunState::Done, exit.code(), Context::now())?;
    ledger.back_up()?;
    tell(context, &rebuilt, (&base, args));
    context.terminal.event(&json!({
        "event": "summary", "command": "ledger rebuild", "ok": exit == Exit::Done, "run": run.0,
        "from": from(&base), "known": rebuilt.known, "adopted": rebuilt.adopted,
        "unproven": rebuilt.unproven, "copies": rebuilt.copies,
    }));
    Ok(exit)
}

/// The run in which records are adopted: a new one, or one that did not reach its end.
fn begin(ledger: &Ledger, pipeline: &Pipeline) -> Result<RunId, EngineError> {
    match ledger.reader().unfinished()?.filter(|run| run.kind == RunKind::Rebuild) {
        Some(run) => {
            ledger.resume_run(run.id)?;
            Ok(run.id)
        }
        None => Ok(ledger.begin_run(RunKind::Rebuild, &pipeline.fingerprint, Context::now())?),
    }
}

const fn from(base: &Base) -> &'static str {
    match base {
        Base::Kept => "ledger",
        Base::Copy(_) => "copy",
        Base::Nothing => "nothing",
    }
}

fn began(base: &Base) -> String {
    match base {
        Base::Kept => {
            "the ledger itself is whole: what it lacks is looked for in the CRM".to_owned()
        }
        Base::Copy(file) => format!("the ledger begins again from its copy {}", file.display()),
        Base::Nothing => "no ledger and no copy is left: a new one begins".to_owned(),
    }
}

fn tell(context: &Context, rebuilt: &Rebuilt, (base, args): (&Base, &RebuildArgs)) {
    let terminal = &context.terminal;
    let adopted: u64 = rebuilt.adopted.values().sum();
    let by_object: Vec<_> =
        rebuilt.adopted.iter().map(|(object, count)| format!("{object} {count}")).collect();
    let known = counted(rebuilt.known, "record was known", "records were known");
    let mut text = format!("{known}, {}", counted(adopted, "is known again", "are known again"));
    if !by_object.is_empty() {
        text = format!("{text}: {}", by_object.join(", "));
    }
    terminal.result(&text);
    for (list, why) in [
        (&rebuilt.copies, "a second record carries this marker, or it stands for another: left"),
        (&rebuilt.unproven, "the marker is not proven by the ledger's secret: left"),
    ] {
        for one in list {
            terminal.say(&format!("  {one}: {why}"));
        }
    }
    if adopted > 0 {
        terminal.say(
            "a rollback deletes records that are known again only when nobody changed them since \
             the next apply; what edits made of values that stood there before cannot be put back \
             where the entries are lost",
        );
    }
    if *base == Base::Nothing {
        terminal.say("records that were there before and were only filled in cannot be restored");
    }
    if rebuilt.unproven.is_empty() {
        terminal.say(&format!("next: {}", Context::again("apply", &args.spec)));
    } else {
        terminal.fault(&format!(
            "{} of this pipeline that nothing proves: the secret of the ledger that made it is lost",
            counted(
                rebuilt.unproven.len() as u64,
                "record carries a marker",
                "records carry markers"
            )
        ));
        terminal.hint(&format!(
            "put a copy of that ledger into `backup`, or look at the records and say {}",
            Context::again("ledger rebuild --trust-markers", &args.spec)
        ));
    }
}
