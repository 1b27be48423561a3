//! `archives`: what is kept as a file.

use std::collections::HashSet;

use super::column_path::path;
use super::desk::{Desk, Keys};
use super::names::{Syntax, variables_of};
use super::nearest;
use super::pipeline::{Archive, ArchiveFormat, Cell, Table};
use super::project_file;
use super::syntax::{check_template, expr};
use super::table::TableIndex;
use super::yaml::{Data, Entry, Node};

/// Reads all archives.
pub(super) fn archives(
    desk: &Desk<'_>,
    (tables, index): (&[Table], &TableIndex),
    node: &Node,
) -> Vec<Archive> {
    let mut files = HashSet::new();
    let mut archives = Vec::new();
    for entry in desk.entries(node) {
        // Some file systems do not tell capital letters from small ones.
        if !files.insert(entry.key.to_lowercase()) {
            let message = format!("the file `{}` is written twice", entry.key);
            desk.fault("duplicate-file", &entry.spot, message);
        }
        archives.extend(archive(desk, (tables, index), entry));
    }
    archives
}

fn archive(
    desk: &Desk<'_>,
    (tables, index): (&[Table], &TableIndex),
    entry: &Entry,
) -> Option<Archive> {
    let known = ["from", "where", "columns", "template"];
    let keys = desk.keys(&entry.value, "an archive", &known);
    let table = desk.need(&keys, "from").and_then(|node| index.named(desk, node));
    let format = format(desk, tables, entry, &keys);
    let condition = keys.get("where").and_then(|node| expr(desk, node));
    let table = table?;
    let columns = keys.get("columns").map(|node| cells(desk, tables, table, node));
    Some(Archive {
        file: entry.key.clone(),
        format: format?,
        table,
        condition,
        columns: columns.unwrap_or_default(),
        place: entry.spot.place.clone(),
    })
}

fn cells(desk: &Desk<'_>, tables: &[Table], table: usize, node: &Node) -> Vec<Cell> {
    if let Data::List(items) = &node.data {
        let paths = items.iter().filter_map(|item| path(desk, tables, table, item));
        return paths.map(|path| Cell { name: path.text.clone(), path }).collect();
    }
    desk.entries(node)
        .iter()
        .filter_map(|entry| {
            let path = path(desk, tables, table, &entry.value)?;
            Some(Cell { name: entry.key.clone(), path })
        })
        .collect()
}

fn format(
    desk: &Desk<'_>,
    tables: &[Table],
    entry: &Entry,
    keys: &Keys<'_>,
) -> Option<ArchiveFormat> {
    let name = entry.key.as_str();
    if name.contains(['/', '\\', ':'])
        || name.starts_with('.')
        || name.chars().any(char::is_control)
    {
        let message = format!("`{name}` is no plain name of a file");
        desk.fault("bad-file-name", &entry.spot, message);
        return None;
    }
    if let Some(node) = keys.get("template") {
        return document(desk, tables, keys, node);
    }
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("csv") => Some(ArchiveFormat::Csv),
        Some("json") => Some(ArchiveFormat::Json),
        Some("jsonl" | "ndjson") => Some(ArchiveFormat::JsonLines),
        Some("md" | "txt" | "html") => {
            let message = format!("`{name}` is a document and needs a `template`");
            desk.fault("missing-key", &entry.spot, message);
            None
        }
        Some(_) | None => {
            let message = format!("the ending of `{name}` is no format of archives");
            let hint = "end it with `.csv`, `.json`, `.jsonl`, or give it a `template`".to_owned();
            desk.fault_hint("unknown-format", &entry.spot, message, hint);
            None
        }
    }
}

fn document(
    desk: &Desk<'_>,
    tables: &[Table],
    keys: &Keys<'_>,
    node: &Node,
) -> Option<ArchiveFormat> {
    if let Some(entry) = keys.entry("columns") {
        let message = "a document takes its columns in its template";
        desk.fault("conflicting-keys", &entry.spot, message);
    }
    let file = project_file::read(desk, node)?;
    let sound = check_template(desk, &node.spot, &file.text);
    let own = ["rows", "name", "now"].into_iter();
    let known: Vec<&str> = own.chain(tables.iter().map(|table| table.name.as_str())).collect();
    for name in variables_of(&file.text, Syntax::Template) {
        if !known.contains(&name.as_str()) {
            let message =
                format!("the template of a document begins with `rows`, not with `{name}`");
            let hint = nearest::hint(&name, known.iter().copied());
            desk.fault_hint("unknown-name", &node.spot, message, hint);
        }
    }
    let path = desk.text(node)?.into();
    sound.then_some(ArchiveFormat::Document { template: file.text, path })
}
