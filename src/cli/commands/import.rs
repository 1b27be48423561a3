//! `plan --import`: decisions of a mapping document, taken over into files of the project. Nothing
//! is written to the CRM.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use crate::cli::args::PlanArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::load;
use crate::cli::work::{self, Call};
use crate::crm::Crm;
use crate::engine::{Again, EngineError, Prepared, prepare};
use crate::ledger::{Lock, Reader};
use crate::report::mapping::{self, Basis, Decided, Fault};
use crate::spec::Pipeline;

pub(super) async fn run(context: &Arc<Context>, args: &PlanArgs, file: &Path) -> Exit {
    let call = Call::new("plan", &args.spec);
    work::connected(context, call, async |pipeline, connected| {
        let prepared = Box::pin(look(context, pipeline, connected)).await?;
        let basis = Basis { pipeline, plan: &prepared.plan, inventory: &prepared.inventory };
        import(context, args, (&basis, file))
    })
    .await
}

/// The plan that the decisions are held against; rows that are staged already will do.
async fn look(
    context: &Context,
    pipeline: &Arc<Pipeline>,
    mut connected: Connected,
) -> Result<Prepared, EngineError> {
    let state = context.state_of(pipeline);
    let _lock = Lock::take(&state, Context::now())?;
    let reader = Reader::open(&state)?;
    let clock = Context::now;
    let session = connected.session(context, pipeline, (state, &clock));
    let inventory = session.crm.inventory().await?;
    prepare(&session, inventory, reader.as_ref(), Again::Staged).await
}

fn import(
    context: &Context,
    args: &PlanArgs,
    (basis, file): (&Basis<'_>, &Path),
) -> Result<Exit, EngineError> {
    let judged = mapping::read_answers(file).and_then(|answers| mapping::decide(basis, &answers));
    let decided = match judged {
        Ok(decided) => decided,
        Err(faults) => return Ok(refused(context, &faults)),
    };
    let texts = match texts(&decided) {
        Ok(texts) => texts,
        Err((file, message)) => {
            context.terminal.fault(&format!("{} cannot be changed: {message}", file.display()));
            return Ok(ended(context, Exit::Spec));
        }
    };
    let diff = shown(basis.pipeline, &texts);
    let by_hand = by_hand(&decided);
    if !diff.is_empty() {
        context.terminal.result(diff.trim_end());
    }
    if !by_hand.is_empty() {
        context.terminal.say("these stand in YAML, which is not changed; put there:");
        context.terminal.result(by_hand.trim_end());
    }
    let after: BTreeMap<_, _> =
        texts.iter().map(|(file, (_, after))| (file.clone(), after.clone())).collect();
    if let Err(faults) = load::would_be(context, &args.spec, &after) {
        return Ok(load::show(context, &faults));
    }
    let is_written = !texts.is_empty() && (args.yes || confirmed(context, texts.len()));
    if is_written {
        for (file, text) in &after {
            mapping::replace(file, text)
                .map_err(|source| EngineError::Output { file: file.clone(), source })?;
        }
    }
    Ok(told(context, args, &Taken { decided: &decided, diff, by_hand, files: &after, is_written }))
}

/// What came of an import.
struct Taken<'a> {
    decided: &'a Decided,
    diff: String,
    by_hand: String,
    files: &'a BTreeMap<PathBuf, String>,
    is_written: bool,
}

fn told(context: &Context, args: &PlanArgs, taken: &Taken<'_>) -> Exit {
    let terminal = &context.terminal;
    let files: Vec<_> = taken.files.keys().map(|file| file.display().to_string()).collect();
    let exit = match (taken.decided.count, files.is_empty(), taken.is_written) {
        (0, ..) => {
            terminal.say("no decision changes anything");
            Exit::Done
        }
        (_, false, true) => {
            terminal.say(&format!("changed: {}", files.join(", ")));
            if taken.by_hand.is_empty() { Exit::Done } else { Exit::Held }
        }
        (_, false, false) => {
            terminal.say("nothing was changed; say --yes, or yes on a terminal");
            Exit::Gate
        }
        (_, true, _) => Exit::Held,
    };
    terminal.say(&format!("next: {}", Context::again("plan", &args.spec)));
    terminal.event(&json!({
        "event": "summary", "command": "plan", "ok": exit == Exit::Done,
        "import": {
            "decisions": taken.decided.count,
            "files": files,
            "diff": taken.diff,
            "by_hand": taken.by_hand,
            "written": taken.is_written,
        },
    }));
    exit
}

/// File to its text before and after.
type Texts = BTreeMap<PathBuf, (String, String)>;

fn texts(decided: &Decided) -> Result<Texts, (PathBuf, String)> {
    let mut texts = Texts::new();
    for (file, lines) in &decided.files {
        let before =
            std::fs::read_to_string(file).map_err(|cause| (file.clone(), cause.to_string()))?;
        let after = mapping::merged(&before, lines)
            .map_err(|cause| (file.clone(), cause.message().to_owned()))?;
        texts.insert(file.clone(), (before, after));
    }
    Ok(texts)
}

fn shown(pipeline: &Pipeline, texts: &Texts) -> String {
    let diffs = texts.iter().map(|(file, (before, after))| {
        let name = file.strip_prefix(&pipeline.root).unwrap_or(file).display().to_string();
        mapping::diff(&name, before, after)
    });
    diffs.collect()
}

fn by_hand(decided: &Decided) -> String {
    let mut text = String::new();
    for (place, lines) in &decided.by_hand {
        writeln!(text, "{place}").unwrap_or_default();
        for (key, value) in lines {
            // JSON strings are YAML as well, whatever is in them.
            writeln!(text, "  {}: {}", json!(key), json!(value)).unwrap_or_default();
        }
    }
    text
}

/// Whether files may be changed: said on a terminal.
fn confirmed(context: &Context, files: usize) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    let noun = if files == 1 { "this file" } else { "these files" };
    let question = format!("Change {noun}?");
    let asked = dialoguer::Confirm::new().with_prompt(question).default(false).interact();
    asked.unwrap_or_else(|error| {
        context.terminal.error(&error);
        false
    })
}

/// Tells every fault of what came back; nothing is changed.
fn refused(context: &Context, faults: &[Fault]) -> Exit {
    for Fault { spot, message } in faults {
        let mut place = format!("{} row {}", spot.sheet, spot.row);
        if !spot.column.is_empty() {
            write!(place, ", {}", spot.column).unwrap_or_default();
        }
        context.terminal.fault(&format!("{place}: {message}"));
        context.terminal.event(&json!({
            "event": "fault", "sheet": spot.sheet, "row": spot.row, "column": spot.column,
            "message": message,
        }));
    }
    ended(context, Exit::Spec)
}

fn ended(context: &Context, exit: Exit) -> Exit {
    context.terminal.say("nothing was changed");
    context.terminal.event(&json!({
        "event": "summary", "command": "plan", "ok": false, "import": { "written": false },
    }));
    exit
}
