//! A spec from its file to a checked pipeline, or the pictures of all its faults.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::context::Context;
use super::exit::Exit;
use crate::ground::Diagnostic;
use crate::sandbox;
use crate::source::probe_headers;
use crate::spec::{
    Access, Endpoint, FilesRoot, KnownColumns, Paint, Pipeline, Reading, Source, Table, picture,
    read,
};

/// Reads and checks a spec; the faults are printed, all of them.
///
/// What its files lack is none here: a run that goes on, and one that is taken back, may do without
/// them.
pub(super) fn load(context: &Context, file: &Path) -> Result<Arc<Pipeline>, Exit> {
    let (read, _) = look(context, file);
    read.map(Arc::new).map_err(|faults| show(context, &faults))
}

/// The same, with the files that its tables need: missing and unreadable ones are faults at the
/// `path` that names them.
pub(super) fn load_with_files(context: &Context, file: &Path) -> Result<Arc<Pipeline>, Exit> {
    let (read, of_files) = look(context, file);
    let (pipeline, mut faults) = match read {
        Ok(pipeline) => (Some(pipeline), Vec::new()),
        Err(faults) => (None, faults),
    };
    faults.extend(of_files);
    faults.sort_by_key(|fault| fault.place.as_ref().map(|place| (place.line, place.column)));
    match pipeline {
        Some(pipeline) if faults.is_empty() => Ok(Arc::new(pipeline)),
        Some(_) | None => Err(show(context, &faults)),
    }
}

/// Whether a spec would be without faults if these files said something else.
pub(super) fn would_be(
    context: &Context,
    file: &Path,
    texts: &BTreeMap<PathBuf, String>,
) -> Result<(), Vec<Diagnostic>> {
    look_with(context, file, texts).0.map(drop)
}

/// A spec, and beside it what its files lack.
fn look(context: &Context, file: &Path) -> (Result<Pipeline, Vec<Diagnostic>>, Vec<Diagnostic>) {
    look_with(context, file, &BTreeMap::new())
}

/// The same, with some texts that do not stand on disk yet.
fn look_with(
    context: &Context,
    file: &Path,
    texts: &BTreeMap<PathBuf, String>,
) -> (Result<Pipeline, Vec<Diagnostic>>, Vec<Diagnostic>) {
    let variables = |name: &str| context.settings.variable(name);
    let files = |path: &Path| match texts.get(path) {
        Some(text) => Ok(text.clone()),
        None => std::fs::read_to_string(path),
    };
    let of_files = RefCell::default();
    let columns = |pipeline: &Pipeline| {
        let (known, faults) = known_columns(pipeline);
        of_files.replace(faults);
        known
    };
    let read = read(&Reading { file, variables: &variables, files: &files, columns: &columns });
    (read, of_files.into_inner())
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

/// The columns that can be known without asking a host: headers of files, and the sandbox's; and
/// what the files lack.
fn known_columns(pipeline: &Pipeline) -> (KnownColumns, Vec<Diagnostic>) {
    let (rehearsed, exported) = (sandbox::columns(), sandbox::allegory::columns());
    let owned = |columns: &[&str]| columns.iter().map(|&column| column.to_owned()).collect();
    let (mut known, mut faults) = (KnownColumns::new(), Vec::new());
    let mut gone = HashSet::new();
    for table in &pipeline.tables {
        let source = &pipeline.sources[table.source];
        let columns = match &source.access {
            Access::Files(FilesRoot::Folder(folder)) if !folder.exists() => {
                if gone.insert(table.source) {
                    let (name, shown) = (&source.name, folder.display());
                    let message = format!("the files of source `{name}` are not there: `{shown}`");
                    faults.push(at_path(table, "missing-file", message));
                }
                None
            }
            Access::Files(FilesRoot::Folder(folder)) => {
                header(folder, (source, table), &mut faults)
            }
            Access::Rest { url: Endpoint::Sandbox, .. } => {
                rehearsed.get(&*table.name).map(|columns| owned(columns))
            }
            Access::Files(FilesRoot::Sandbox) => {
                exported.get(&*table.path).map(|columns| owned(columns))
            }
            Access::Rest { .. } => None,
        };
        // A table that completes another has the other's name.
        // An empty list of JSON says nothing about its columns.
        let told = |columns: &Vec<String>| table.completes.is_none() && !columns.is_empty();
        if let Some(columns) = columns.filter(told) {
            known.insert(table.name.clone(), columns);
        }
    }
    (known, faults)
}

/// The columns of a file, when it can be read.
fn header(
    folder: &Path,
    (source, table): (&Source, &Table),
    faults: &mut Vec<Diagnostic>,
) -> Option<Vec<String>> {
    match probe_headers(folder, source, table) {
        Ok(Some(columns)) => {
            return Some(columns.into_iter().map(|column| column.name.to_string()).collect());
        }
        Ok(None) if table.optional => {}
        Ok(None) => {
            let message = format!("`{}` is not there", folder.join(&table.path).display());
            let name = &table.name;
            let hint = format!("mark `{name}` with `optional: true` if its file may be missing");
            let fault = at_path(table, "missing-file", message);
            faults.push(Diagnostic { hint: Some(hint), ..fault });
        }
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            let fault = at_path(table, "unreadable-file", format!("{error}{cause}"));
            // A zip that is refused is so for each of its tables.
            if faults.iter().all(|said| said.message != fault.message) {
                faults.push(fault);
            }
        }
    }
    None
}

fn at_path(table: &Table, code: &'static str, message: String) -> Diagnostic {
    let place = Some(table.path_place.clone());
    Diagnostic { code, message, place, others: Vec::new(), hint: None }
}
