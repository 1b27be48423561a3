//! A spec from its file to a checked pipeline, or the pictures of all its faults.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::context::Context;
use super::exit::Exit;
use crate::ground::Diagnostic;
use crate::sandbox;
use crate::source::probe_headers;
use crate::spec::{
    Access, Endpoint, FilesRoot, KnownColumns, Paint, Pipeline, Reading, picture, read,
};

/// Reads and checks a spec; the faults are printed, all of them.
pub(super) fn load(context: &Context, file: &Path) -> Result<Arc<Pipeline>, Exit> {
    let variables = |name: &str| context.settings.variable(name);
    let files = |path: &Path| std::fs::read_to_string(path);
    match read(&Reading { file, variables: &variables, files: &files, columns: &known_columns }) {
        Ok(pipeline) => Ok(Arc::new(pipeline)),
        Err(faults) => Err(show(context, &faults)),
    }
}

/// Prints faults of a spec.
pub(super) fn show(context: &Context, faults: &[Diagnostic]) -> Exit {
    let text_of = |path: &Path| std::fs::read_to_string(path).ok();
    let paint = if context.terminal.color() { Paint::Color } else { Paint::Plain };
    context.terminal.picture(&picture(faults, &text_of, paint));
    for fault in faults {
        let place = fault.place.as_ref();
        context.terminal.event(&json!({
            "event": "fault",
            "code": fault.code,
            "message": fault.message,
            "file": place.map(|place| place.file.display().to_string()),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
            "hint": fault.hint,
        }));
    }
    let count = faults.len();
    let noun = if count == 1 { "fault" } else { "faults" };
    context.terminal.fault(&format!("{count} {noun} in the spec; nothing was touched"));
    context
        .terminal
        .event(&json!({ "event": "summary", "command": "validate", "ok": false, "faults": count }));
    Exit::Spec
}

/// The columns that can be known without asking a host: headers of files, and the sandbox's.
fn known_columns(pipeline: &Pipeline) -> KnownColumns {
    let (rehearsed, exported) = (sandbox::columns(), sandbox::allegory::columns());
    let owned = |columns: &[&str]| columns.iter().map(|&column| column.to_owned()).collect();
    let mut known = KnownColumns::new();
    for table in pipeline.tables.iter().filter(|table| table.completes.is_none()) {
        let source = &pipeline.sources[table.source];
        let columns = match &source.access {
            Access::Files(FilesRoot::Folder(folder)) => probe_headers(folder, source, table)
                .ok()
                .flatten()
                .map(|columns| columns.into_iter().map(|column| column.name.to_string()).collect()),
            Access::Rest { url: Endpoint::Sandbox, .. } => {
                rehearsed.get(&*table.name).map(|columns| owned(columns))
            }
            Access::Files(FilesRoot::Sandbox) => {
                exported.get(&*table.path).map(|columns| owned(columns))
            }
            Access::Rest { .. } => None,
        };
        if let Some(columns) = columns {
            known.insert(table.name.clone(), columns);
        }
    }
    known
}
