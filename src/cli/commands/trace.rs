//! `trace`: one record's whole story.

use std::fmt::Write;

use serde_json::json;

use crate::cli::args::TraceArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::load::load;
use crate::ground::{Rows, SourceKey};
use crate::ledger::{LedgerError, Reader};
use crate::spec::Pipeline;
use crate::staging::StagedRows;

pub(super) fn run(context: &Context, args: &TraceArgs) -> Exit {
    let pipeline = match load(context, &args.spec) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let known: Vec<_> = pipeline.objects.iter().map(|object| object.name.as_str()).collect();
    let key = match args.record.parse::<SourceKey>() {
        Ok(key) if known.contains(&&*key.object) => key,
        Ok(key) => {
            context.terminal.fault(&format!(
                "no object is named `{}`; the spec has {}",
                key.object,
                known.join(", ")
            ));
            return Exit::Spec;
        }
        Err(message) => {
            context.terminal.fault(&message);
            context.terminal.hint("name a record as its object and key, for example people:123456");
            return Exit::Spec;
        }
    };
    match tell(context, &pipeline, &key) {
        Ok(exit) => exit,
        Err(error) => {
            context.terminal.error(&error);
            Exit::Unwilling
        }
    }
}

fn tell(context: &Context, pipeline: &Pipeline, key: &SourceKey) -> Result<Exit, LedgerError> {
    let state = context.state_of(pipeline);
    let mut text = String::new();
    let object = pipeline.objects.iter().find(|object| *object.name == *key.object);
    let row = object.and_then(|object| {
        let rows = StagedRows::open(&state.join("staging.db")).ok()?;
        let table = &pipeline.tables[object.table].name;
        // An occurrence of a series is named after the row that it was made of.
        let series = || rows.get(table, key.id.rsplit_once('@')?.0);
        rows.get(table, &key.id).or_else(series)
    });
    if let Some(row) = &row {
        writeln!(text, "source   {}", row.place).unwrap_or_default();
        for (column, value) in
            row.header.columns().iter().zip(&row.cells).filter(|(_, value)| !value.is_null())
        {
            writeln!(text, "         {:24} {value}", column.shown).unwrap_or_default();
        }
    }
    let Some(reader) = Reader::open(&state)? else {
        context.terminal.result("no run yet");
        return Ok(Exit::Done);
    };
    let (story, flags) = (reader.story(key)?, reader.flags(key)?);
    if story.is_empty() && row.is_none() {
        context.terminal.fault(&format!("{key} is neither in the source nor in the ledger"));
        return Ok(Exit::Spec);
    }
    for line in &story {
        // To the second; the order of what happened within one is that of the lines.
        let at = line.at.split_once('.').map_or(&*line.at, |(second, _)| second);
        let at = at.trim_end_matches('Z');
        writeln!(text, "run {:<4} {at}Z  {}", line.run, line.what).unwrap_or_default();
    }
    for flag in &flags {
        writeln!(
            text,
            "remark   {} {} = \"{}\": {}",
            flag.code, flag.field, flag.value, flag.detail
        )
        .unwrap_or_default();
    }
    context.terminal.result(text.trim_end());
    context.terminal.event(&json!({
        "event": "summary", "command": "trace", "ok": true, "record": key.to_string(), "story": story, "flags": flags,
    }));
    Ok(Exit::Done)
}
