//! `tables`: what a source holds, and which columns lead from one table to another.

use std::collections::HashMap;
use std::path::Path;

use indexmap::IndexMap;

use crate::ground::snake_case;

use super::desk::{Desk, Keys};
use super::nearest;
use super::pipeline::{Source, Table, TableLink};
use super::source::SourceDraft;
use super::spot::Spot;
use super::yaml::{Entry, Node};

const KEYS: [&str; 10] =
    ["path", "sheet", "key", "changed", "deleted", "optional", "links", "rename", "pairs", "items"];

/// What a name in snake case mostly is.
pub(super) const COLUMN: &str = "a column";

/// Tables by their names.
#[derive(Debug, Default)]
pub(super) struct TableIndex {
    /// The table that rules mean: of a source that stands for itself.
    home: HashMap<String, usize>,
    own: HashMap<(usize, String), usize>,
}

impl TableIndex {
    /// The table of that name.
    pub(super) fn home(&self, name: &str) -> Option<usize> {
        self.home.get(name).copied()
    }

    /// Looks a table up, or says that there is none.
    pub(super) fn find(&self, desk: &Desk<'_>, spot: &Spot, name: &str) -> Option<usize> {
        let found = self.home(name);
        if found.is_none() {
            let mut known: Vec<_> = self.home.keys().map(String::as_str).collect();
            known.sort_unstable();
            let hint = nearest::hint(name, known);
            desk.fault_hint("unknown-table", spot, format!("no table is named `{name}`"), hint);
        }
        found
    }

    /// Looks up the table that a node names.
    pub(super) fn named(&self, desk: &Desk<'_>, node: &Node) -> Option<usize> {
        desk.word(node).and_then(|name| self.find(desk, &node.spot, name))
    }
}

/// Reads the tables of all sources.
pub(super) fn tables(desk: &Desk<'_>, drafts: &[SourceDraft<'_>]) -> (Vec<Table>, TableIndex) {
    let index = index(desk, drafts);
    let mut tables = Vec::new();
    for (position, draft) in drafts.iter().enumerate() {
        for entry in draft.tables {
            tables.push(table(desk, &index, (position, &draft.source), entry));
        }
    }
    (tables, index)
}

/// Numbers the tables before any is read: links may lead forwards.
fn index(desk: &Desk<'_>, drafts: &[SourceDraft<'_>]) -> TableIndex {
    let mut index = TableIndex::default();
    let mut position = 0;
    for (source, draft) in drafts.iter().enumerate() {
        for entry in draft.tables {
            column(desk, &entry.spot, &entry.key, "a table's name");
            index.own.insert((source, entry.key.clone()), position);
            let is_home = draft.source.union.is_none();
            if is_home && index.home.insert(entry.key.clone(), position).is_some() {
                let message = format!("two sources have a table `{}`", entry.key);
                let hint = "name one of them otherwise, or let one source complete the other with \
                            `union`";
                desk.fault_hint("duplicate-table", &entry.spot, message, hint.to_owned());
            }
            position += 1;
        }
    }
    index
}

fn table(
    desk: &Desk<'_>,
    index: &TableIndex,
    (position, source): (usize, &Source),
    entry: &Entry,
) -> Table {
    let keys = desk.keys(&entry.value, "a table", &KEYS);
    let rename = keys.get("rename").map(|node| rename(desk, node)).unwrap_or_default();
    let column_of = |key: &str| {
        let node = keys.get(key)?;
        let text = desk.word(node)?;
        column(desk, &node.spot, text, COLUMN).then(|| renamed(&rename, text))
    };
    let path = desk.need(&keys, "path").and_then(|node| desk.word(node)).unwrap_or_default();
    let completes = source.union.and_then(|home| {
        let found = index.own.get(&(home, entry.key.clone())).copied();
        if found.is_none() {
            let message = format!("the source that is completed has no table `{}`", entry.key);
            desk.fault("unknown-table", &entry.spot, message);
        }
        found
    });
    Table {
        name: entry.key.clone(),
        source: position,
        path: path.to_owned(),
        path_place: keys.get("path").map_or(&entry.spot, |node| &node.spot).place.clone(),
        sheet: keys.get("sheet").and_then(|node| sheet(desk, node, path)),
        parent: keys.get("path").and_then(|node| parent(desk, index, position, (node, path))),
        key: key(desk, &keys, &rename),
        changed: column_of("changed"),
        deleted: column_of("deleted"),
        optional: keys.get("optional").is_some_and(|node| desk.truth(node)),
        links: keys.get("links").map(|node| links(desk, index, &rename, node)).unwrap_or_default(),
        completes,
        pairs: keys.get("pairs").and_then(|node| pairs(desk, node)),
        items: items(desk, &keys, path),
        rename,
        place: entry.spot.place.clone(),
    }
}

/// Whether a word can name a column: headers are addressed in snake case.
pub(super) fn column(desk: &Desk<'_>, spot: &Spot, name: &str, what: &str) -> bool {
    let snake = snake_case(name);
    let fits = !snake.is_empty() && *snake == *name.trim_start_matches('_');
    if !fits {
        let message = format!("`{name}` is not in snake case, as {what} must be");
        let hint = match name.split_once('.') {
            Some((column, _)) if what == COLUMN && snake_case(column) == column.into() => {
                Some(format!(
                    "what lies within a column gets a name first: `rename: {{ {name}: {snake} }}`"
                ))
            }
            Some(_) | None => (!snake.is_empty()).then(|| format!("write `{snake}`")),
        };
        desk.fault_hint("not-snake-case", spot, message, hint);
    }
    fits
}

fn renamed(rename: &IndexMap<String, String>, column: &str) -> String {
    rename.get(column).map_or_else(|| column.to_owned(), Clone::clone)
}

fn key(desk: &Desk<'_>, keys: &Keys<'_>, rename: &IndexMap<String, String>) -> Vec<String> {
    let Some(node) = desk.need(keys, "key") else { return Vec::new() };
    let mut columns = Vec::new();
    for item in node.items() {
        let Some(text) = desk.word(item) else { continue };
        if column(desk, &item.spot, text, COLUMN) {
            columns.push(renamed(rename, text));
        }
    }
    if node.items().is_empty() {
        desk.fault("empty", &node.spot, "a table needs at least one column as its key");
    }
    columns
}

fn rename(desk: &Desk<'_>, node: &Node) -> IndexMap<String, String> {
    let mut columns: IndexMap<String, String> = IndexMap::new();
    for entry in desk.entries(node) {
        let Some(name) = desk.word(&entry.value) else { continue };
        let (own, below) = entry.key.split_once('.').unwrap_or((&entry.key, "-"));
        let fits = column(desk, &desk.narrow(&entry.spot, own), own, COLUMN)
            && column(desk, &entry.value.spot, name, COLUMN);
        if below.split('.').any(str::is_empty) {
            let message = format!("`{}` has an empty part", entry.key);
            desk.fault("bad-path", &entry.spot, message);
            continue;
        }
        if !fits {
            continue;
        }
        if columns.values().any(|known| known == name) {
            let message = format!("two columns would be named `{name}`");
            desk.fault("duplicate-column", &entry.value.spot, message);
        }
        columns.insert(entry.key.clone(), name.to_owned());
    }
    columns
}

fn links(
    desk: &Desk<'_>,
    index: &TableIndex,
    rename: &IndexMap<String, String>,
    node: &Node,
) -> Vec<TableLink> {
    let mut links = Vec::new();
    for entry in desk.entries(node) {
        let fits = column(desk, &entry.spot, &entry.key, COLUMN);
        let Some(table) = index.named(desk, &entry.value) else { continue };
        if fits {
            let column = renamed(rename, &entry.key);
            let word = column.strip_suffix("_id").unwrap_or(&column).to_owned();
            links.push(TableLink { column, table, word });
        }
    }
    links
}

/// The `{table.column}` of a path.
fn parent(
    desk: &Desk<'_>,
    index: &TableIndex,
    source: usize,
    (node, path): (&Node, &str),
) -> Option<(usize, String)> {
    let start = path.find('{')?;
    let bad = |message: String| {
        let hint = "a path may hold one `{table.column}`".to_owned();
        desk.fault_hint("bad-path", &node.spot, message, hint);
    };
    let Some(end) = path[start..].find('}').map(|end| start + end) else {
        bad("the brace of the path is not closed".into());
        return None;
    };
    let Some((table, column)) = path[start + 1..end].split_once('.') else {
        bad(format!("`{}` is not `{{table.column}}`", &path[start..=end]));
        return None;
    };
    if path[end..].contains('{') {
        bad("the path depends on more than one table".into());
        return None;
    }
    let Some(&found) = index.own.get(&(source, table.to_owned())) else {
        let own = index.own.keys().filter(|(own, _)| *own == source);
        let mut known: Vec<_> = own.map(|(_, name)| name.as_str()).collect();
        known.sort_unstable();
        let hint = nearest::hint(table, known);
        let spot = desk.narrow(&node.spot, table);
        let message = format!("the source has no table `{table}`");
        desk.fault_hint("unknown-table", &spot, message, hint);
        return None;
    };
    Some((found, column.to_owned()))
}

fn sheet(desk: &Desk<'_>, node: &Node, path: &str) -> Option<String> {
    let name = desk.word(node)?;
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    if !ending.is_some_and(|ending| ["xlsx", "xlsm"].contains(&&*ending.to_ascii_lowercase())) {
        let message = "`sheet` has a meaning only for XLSX files";
        desk.fault("conflicting-keys", &node.spot, message);
    }
    Some(name.to_owned())
}

/// Where the rows stand; a list of lines has no object around them, nor has an object of pairs.
fn items(desk: &Desk<'_>, keys: &Keys<'_>, path: &str) -> Option<String> {
    let entry = keys.entry("items")?;
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let has_no_object =
        ["csv", "tsv", "txt", "jsonl", "ndjson", "xlsx", "xlsm"].contains(&ending.as_str());
    if has_no_object || keys.get("pairs").is_some() {
        let message = "`items` has no meaning here: it leads to a list within a JSON object";
        desk.fault("conflicting-keys", &entry.spot, message);
    }
    desk.word(&entry.value).map(str::to_owned)
}

fn pairs(desk: &Desk<'_>, node: &Node) -> Option<[String; 2]> {
    if let [first, second] = desk.texts_of(node).as_slice() {
        return Some([first.clone(), second.clone()]);
    }
    desk.fault("wrong-type", &node.spot, "`pairs` names two columns: `[list, member]`");
    None
}
