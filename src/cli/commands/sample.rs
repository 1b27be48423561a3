//! `apply --sample`: how large, what it covers, and what it looks like field by field.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::args::ApplyArgs;
use crate::cli::context::Context;
use crate::crm::Nutshell;
use crate::engine::{EngineError, Prepared, Session, field_diff};
use crate::ground::counted;
use crate::ledger::Ledger;
use crate::plan::Sample;
use crate::report::{self, FieldDiff, FieldState, Sampled};
use crate::spec::Pipeline;

/// How many traits are named that a sample was too small for.
const NAMED: usize = 8;

/// How large the sample is to be; `None` when the whole is meant.
pub(super) fn size(pipeline: &Pipeline, args: &ApplyArgs) -> Option<usize> {
    args.sample.map(|size| size.unwrap_or(pipeline.sample.size).max(1))
}

/// Says what was drawn.
pub(super) fn told(context: &Context, prepared: &Prepared) {
    let Some(sample) = &prepared.sample else { return };
    let Sample { keys, parents, traits, uncovered } = sample;
    context.terminal.say(&format!(
        "a sample of {}, {parents} of them as parents of others; it has {} of {traits} traits of the rules, owners and strata",
        counted(keys.len() as u64, "record", "records"),
        traits - uncovered.len(),
    ));
    if uncovered.is_empty() {
        return;
    }
    let mut named: Vec<_> = uncovered.iter().take(NAMED).cloned().collect();
    if uncovered.len() > NAMED {
        named.push("…".to_owned());
    }
    context.terminal.say(&format!("  too small for: {}", named.join(", ")));
}

/// The page of a sample read back, and its lists.
pub(super) const FILES: [&str; 3] = ["sample.html", "sample.csv", "sample.jsonl"];

/// A sample read back.
pub(super) struct Diff {
    /// State to how many fields came out so.
    counts: BTreeMap<FieldState, u64>,
    files: Vec<PathBuf>,
    records: usize,
}

/// Reads the sample back and writes the diff; `None` when the run is of the whole.
pub(super) async fn diff(
    session: &Session<'_, Nutshell>,
    prepared: &Prepared,
    ledger: &Ledger,
) -> Result<Option<Diff>, EngineError> {
    let Some(sample) = &prepared.sample else { return Ok(None) };
    let rule = |object: usize, field: usize| report::rule_text(&session.pipeline, object, field);
    let mut fields: Vec<FieldDiff> = field_diff(session, prepared, ledger, &rule).await?;
    report::sort_diff(&mut fields);
    let stem = session.out.join("sample");
    report::write_field_diff(&fields, &stem)?;
    let mut counts = BTreeMap::new();
    for field in &fields {
        *counts.entry(field.state).or_default() += 1;
    }
    let about = Sampled {
        pipeline: &session.pipeline.name,
        account: &prepared.inventory.name,
        records: sample.keys.len(),
        parents: sample.parents,
        traits: (sample.traits, sample.traits - sample.uncovered.len()),
        fields: &fields,
    };
    let [page, csv, lines] = FILES.map(|name| session.out.join(name));
    report::write_sample_page(&about, &page)
        .map_err(|source| EngineError::Output { file: page.clone(), source })?;
    let files = vec![page, csv, lines];
    Ok(Some(Diff { counts, files, records: sample.keys.len() }))
}

/// Says how the fields came out, and where they can be read.
pub(super) fn say(context: &Context, diff: &Diff) {
    let counts = FieldState::ALL
        .iter()
        .filter_map(|state| Some(format!("{} {}", diff.counts.get(state)?, state.name())));
    let files = diff.files.iter().map(|file| file.display().to_string());
    context.terminal.say(&format!(
        "the sample, field by field: {}\n  {}",
        counts.collect::<Vec<_>>().join(", "),
        files.collect::<Vec<_>>().join(", ")
    ));
}

/// The diff in the summary.
pub(super) fn summary(diff: &Diff) -> Value {
    json!({ "records": diff.records, "fields": diff.counts, "files": diff.files })
}
