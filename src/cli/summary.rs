//! The summary of a run: for people a table with reasons, for programs one JSON object.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use super::terminal::Terminal;
use crate::ground::Flag;
use crate::ground::Outcome;
use crate::ground::counted;
use crate::ledger::{LedgerError, Reader, RunId};
use crate::plan::{ObjectPlan, Plan, Tally, VANISHED, by_code, deciding};

/// How many records are named for each reason.
const EXAMPLES: usize = 3;

/// Object to its tally, in the order of the spec.
pub(super) type Tallies = Vec<(String, Tally)>;

/// The predicted tallies.
pub(super) fn predicted(plan: &Plan) -> Tallies {
    plan.objects
        .iter()
        .map(|object: &ObjectPlan| (object.name.clone(), object.tally.clone()))
        .collect()
}

/// The tallies of a run, from its verdicts; the source counts come from the reading of the source.
pub(super) fn tallies(reader: &Reader, run: RunId, plan: &Plan) -> Result<Tallies, LedgerError> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for ((object, outcome), count) in reader.outcomes(run)? {
        tallies.entry(object).or_default().add(outcome, count);
    }
    reader.remarks(run, |waiting| {
        let tally = tallies.entry(waiting.key.object.to_string()).or_default();
        for flag in &waiting.flags {
            *tally.flags.entry(flag.code.to_string()).or_default() += 1;
        }
    })?;
    for ((object, reason), count) in reader.reasons(run, Outcome::Skipped)? {
        tallies.entry(object).or_default().reasons.insert(reason, count);
    }
    let ordered = plan.objects.iter().map(|object| {
        let mut tally = tallies.remove(&object.name).unwrap_or_default();
        tally.source = object.tally.source;
        tally.series = object.tally.series;
        if !object.vanished.is_empty() {
            let gone = tally.flags.entry(VANISHED.to_owned()).or_default();
            *gone += object.vanished.len() as u64;
        }
        (object.name.clone(), tally)
    });
    Ok(ordered.collect())
}

/// The table of outcomes.
pub(super) fn table(tallies: &Tallies) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    let mut header = vec!["object".to_owned(), "source".to_owned()];
    header.extend(Outcome::ALL.iter().map(|outcome| outcome.name().to_owned()));
    table.set_header(header);
    for (object, tally) in tallies {
        let mut row = vec![object.clone(), tally.source.to_string()];
        row.extend(Outcome::ALL.iter().map(|outcome| match tally.of(*outcome) {
            0 => "·".to_owned(),
            count => count.to_string(),
        }));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Why records were skipped, and which remarks were made, in words.
pub(super) fn remarks(terminal: &Terminal, tallies: &Tallies) -> String {
    let mut text = String::new();
    for (object, tally) in tallies {
        if let (rows @ 1.., records) = tally.series {
            let records = counted(records, "record", "records");
            writeln!(text, "  {object}: {rows} series became {records}").unwrap_or_default();
        }
        for (reason, count) in &tally.reasons {
            writeln!(text, "  {object}: {count} skipped: {reason}").unwrap_or_default();
        }
    }
    for (object, tally) in tallies.iter().filter(|(_, tally)| !tally.flags.is_empty()) {
        let flags: Vec<_> =
            tally.flags.iter().map(|(code, count)| format!("{code} {count}")).collect();
        let line = format!("  {object}: remarks: {}", flags.join(", "));
        writeln!(text, "{}", terminal.dim(&line)).unwrap_or_default();
    }
    text
}

/// The records that are gone from the source and stay in the CRM, with examples.
pub(super) fn vanished(plan: &Plan) -> String {
    let mut text = String::new();
    for object in plan.objects.iter().filter(|object| !object.vanished.is_empty()) {
        let gone = object.vanished.iter().take(EXAMPLES);
        let named: Vec<_> = gone.map(|gone| format!("{} ({})", gone.record, gone.at)).collect();
        let more = if object.vanished.len() > EXAMPLES { ", …" } else { "" };
        writeln!(
            text,
            "  {}: {} in the CRM: {}{more}",
            object.name,
            counted(
                object.vanished.len() as u64,
                "is gone from the source and stays",
                "are gone from the source and stay"
            ),
            named.join(", ")
        )
        .unwrap_or_default();
    }
    text
}

/// What was remarked while the source was read, apart from its records.
pub(super) fn reading(plan: &Plan) -> String {
    let mut text = String::new();
    for ((table, code), (count, first)) in by_code(&plan.reading) {
        let place = &first.place;
        let detail = &first.flag.detail;
        writeln!(text, "  table {table}: {count} {code}: {detail} ({place})").unwrap_or_default();
    }
    text
}

/// Which records wait for a person, by reason, with examples.
pub(super) fn waiting(reader: &Reader, run: RunId) -> Result<String, LedgerError> {
    let mut reasons: BTreeMap<(String, &'static str, String), (u64, Vec<String>)> = BTreeMap::new();
    reader.remarks(run, |waiting| {
        if matches!(waiting.outcome, Outcome::Flagged | Outcome::Failed) {
            let deciding = deciding(&waiting.flags).map(shown);
            let key =
                (waiting.key.object.to_string(), waiting.outcome.name(), waiting.reason.clone());
            let (count, examples) = reasons.entry(key).or_default();
            *count += 1;
            if examples.len() < EXAMPLES {
                examples.push(format!("{}{}", waiting.key, deciding.unwrap_or_default()));
            }
        }
    })?;
    let mut text = String::new();
    for ((object, outcome, reason), (count, examples)) in reasons {
        writeln!(text, "  {object}: {count} {outcome}: {reason}").unwrap_or_default();
        writeln!(text, "      {}", examples.join(", ")).unwrap_or_default();
    }
    Ok(text)
}

/// The value behind a remark, when there is one.
fn shown(flag: &Flag) -> String {
    match (flag.column.is_empty(), flag.value.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!(" (\"{}\")", flag.value),
        (false, _) => format!(" ({} = \"{}\")", flag.column, flag.value),
    }
}

/// Object to tally as the summary's JSON has it.
pub(super) fn objects(tallies: &Tallies) -> serde_json::Value {
    tallies
        .iter()
        .map(|(object, tally)| (object.clone(), serde_json::json!(tally)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
