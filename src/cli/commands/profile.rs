//! `profile`: what the source holds and what is wrong in it; writes nothing to the CRM.

use std::sync::Arc;

use serde_json::{Value, json};

use super::plan::notes;
use crate::cli::args::ProfileArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::profiled;
use crate::cli::work::{self, Call};
use crate::engine::{EngineError, profile};
use crate::ledger::Lock;
use crate::plan::{Finding, Profile, Severity};
use crate::report::{write_profile, write_profile_page};
use crate::spec::Pipeline;

/// What stands beside the page; the first only where no other place is asked for.
const BESIDE: [(&str, &str); 2] =
    [("profile.json", "the same for programs"), ("profile.md", "the same to be edited")];

pub(super) async fn run(context: &Arc<Context>, args: &ProfileArgs) -> Exit {
    let call = Call::new("profile", &args.spec);
    work::connected(context, call, async |pipeline, connected| {
        Box::pin(look(context, (pipeline, args), connected)).await
    })
    .await
}

async fn look(
    context: &Context,
    (pipeline, args): (&Arc<Pipeline>, &ProfileArgs),
    mut connected: Connected,
) -> Result<Exit, EngineError> {
    let state = context.state_of(pipeline);
    let _lock = Lock::take(&state, Context::now())?;
    let clock = Context::now;
    let session = connected.session(context, pipeline, (state, &clock));
    let found = profile(&session).await?;
    let profile = &found.profile;
    let json = args.out.clone().unwrap_or_else(|| session.out.join("profile.json"));
    let markdown = session.out.join("profile.md");
    write_profile(profile, &json, &markdown)
        .map_err(|source| EngineError::Output { file: json.clone(), source })?;
    let page = session.out.join("profile.html");
    write_profile_page(profile, &BESIDE[usize::from(args.out.is_some())..], &page)
        .map_err(|source| EngineError::Output { file: page.clone(), source })?;
    context.terminal.result(&profiled::shown(&context.terminal, profile));
    if let Some(extraction) = &found.extraction {
        notes(context, extraction);
    }
    for why in &profile.left_out {
        context.terminal.say(&format!("left out: {why}"));
    }
    let (shown, twin) = (json.display(), markdown.display());
    context.terminal.say(&format!(
        "with examples of values: {shown} and {twin}; to look through: {}",
        page.display()
    ));
    context.terminal.event(&summary(profile, &[&json, &markdown, &page]));
    context.terminal.say(&format!("next: {}", Context::again("plan", &args.spec)));
    Ok(Exit::Done)
}

/// The summary: counts and findings without the values that are in the files.
fn summary(profile: &Profile, files: &[&std::path::PathBuf]) -> Value {
    let tables: serde_json::Map<String, Value> = profile
        .tables
        .iter()
        .map(|table| {
            let about = json!({
                "rows": table.rows,
                "columns": table.columns.len(),
                "state": table.state,
            });
            (table.table.clone(), about)
        })
        .collect();
    let count = |severity| profile.findings.iter().filter(|one| one.severity == severity).count();
    json!({
        "event": "summary",
        "command": "profile",
        "ok": true,
        "fingerprint": profile.fingerprint,
        "tables": tables,
        "grave": count(Severity::Grave),
        "look": count(Severity::Look),
        "note": count(Severity::Note),
        "findings": profile.findings.iter().map(without_values).collect::<Vec<_>>(),
        "owners_compared": profile.owners.compared,
        "left_out": profile.left_out,
        "complexity": profile.complexity,
        "files": files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
    })
}

fn without_values(finding: &Finding) -> Value {
    let keys: Vec<_> = finding.examples.iter().map(|example| &example.key).collect();
    json!({
        "severity": finding.severity,
        "code": finding.code,
        "table": finding.table,
        "column": finding.column,
        "count": finding.count,
        "message": finding.message,
        "advice": finding.advice,
        "keys": keys,
    })
}
