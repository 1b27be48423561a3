//! `ref`: which object's record a field names, and the ways to find it.

use indexmap::IndexMap;

use super::column_path::{path, path_of};
use super::desk::Keys;
use super::kind_schema::kind_schema;
use super::nearest;
use super::object::Known;
use super::pipeline::{ColumnPath, Reference, Try};
use super::yaml::{Data, Entry, Node};

impl Reference {
    /// The objects that may be meant.
    pub fn objects(&self) -> Vec<usize> {
        match self {
            Self::To { object, .. } => vec![*object],
            Self::Switch { objects, .. } => objects.values().copied().collect(),
            Self::Columns(columns) => columns.iter().map(|(_, object)| *object).collect(),
        }
    }

    /// The columns that it reads by itself, beside `from`.
    pub fn paths(&self) -> Vec<&ColumnPath> {
        match self {
            Self::To { tries, .. } => tries.iter().map(Try::path).collect(),
            Self::Switch { column, .. } => vec![column],
            Self::Columns(columns) => columns.iter().map(|(column, _)| column).collect(),
        }
    }
}

impl Try {
    /// The column that says what to look for.
    pub const fn path(&self) -> &ColumnPath {
        match self {
            Self::Id(path) | Self::Value(_, path) | Self::Domain(path) => path,
        }
    }
}

/// Reads `ref` with its `type` or `try`; paths start at rows of the table.
pub(super) fn reference(known: &Known<'_>, table: usize, keys: &Keys<'_>) -> Option<Reference> {
    let node = keys.get("ref")?;
    if let Data::Map(entries) = &node.data {
        if keys.get("from").is_none() && keys.get("type").is_none() {
            return columns(known, table, keys, entries);
        }
        return switch(known, table, keys, entries);
    }
    let object = known.object(node);
    if let Some(entry) = keys.entry("type") {
        let message = "`type` tells objects apart; this reference names one";
        known.desk.fault("conflicting-keys", &entry.spot, message);
    }
    let tries = tries(known, table, keys, object);
    if tries.is_empty() && keys.get("try").is_none() && keys.get("from").is_none() {
        let message = "the reference does not say how its record is found";
        let hint = "name the column of its key with `from`, or several ways with `try`".to_owned();
        known.desk.fault_hint("ref-without-way", &node.spot, message, hint);
    }
    Some(Reference::To { object: object?, tries })
}

fn tries(known: &Known<'_>, table: usize, keys: &Keys<'_>, object: Option<usize>) -> Vec<Try> {
    let desk = known.desk;
    if let Some(node) = keys.get("try") {
        if let Some(entry) = keys.entry("from") {
            let message = "a reference has `from` or `try`, not both";
            desk.fault("conflicting-keys", &entry.spot, message);
        }
        return node
            .items()
            .iter()
            .filter_map(|item| one_try(known, table, object, item))
            .collect();
    }
    let Some(node) = keys.get("from") else { return Vec::new() };
    // Faults of these paths are told where the source of the field is read.
    node.items()
        .iter()
        .filter_map(|item| path(desk, known.tables, table, item).map(Try::Id))
        .collect()
}

fn one_try(known: &Known<'_>, table: usize, object: Option<usize>, node: &Node) -> Option<Try> {
    let desk = known.desk;
    let Data::Map(entries) = &node.data else {
        return path(desk, known.tables, table, node).map(Try::Id);
    };
    let [entry] = entries.as_slice() else {
        desk.fault("wrong-type", &node.spot, "a way to find a record is one `field: column`");
        return None;
    };
    let column = path(desk, known.tables, table, &entry.value)?;
    if entry.key == "domain" {
        return Some(Try::Domain(column));
    }
    let kind = object.and_then(|object| known.heads[object].kind);
    if let Some(kind) = kind
        && !entry.key.ends_with("__c")
        && kind_schema(kind).target(&entry.key).is_none()
    {
        let paths = kind_schema(kind).paths();
        let known_fields = paths.iter().map(String::as_str).chain(["domain"]);
        let hint = nearest::hint(&entry.key, known_fields);
        let message = format!("a {} has no field `{}`", kind.name(), entry.key);
        desk.fault_hint("unknown-field", &entry.spot, message, hint);
        return None;
    }
    Some(Try::Value(entry.key.clone(), column))
}

/// Columns, each with the object whose keys it holds.
fn columns(
    known: &Known<'_>,
    table: usize,
    keys: &Keys<'_>,
    entries: &[Entry],
) -> Option<Reference> {
    let desk = known.desk;
    for word in ["try", "split"] {
        if let Some(entry) = keys.entry(word) {
            let message = format!("`{word}` has no meaning where each column has its object");
            desk.fault("conflicting-keys", &entry.spot, message);
        }
    }
    let column = |entry: &Entry| {
        let object = known.object(&entry.value);
        let column = path_of(desk, known.tables, table, (&entry.spot, &entry.key));
        Some((column?, object?))
    };
    let columns: Vec<_> = entries.iter().map(column).collect();
    columns.into_iter().collect::<Option<Vec<_>>>().map(Reference::Columns)
}

fn switch(
    known: &Known<'_>,
    table: usize,
    keys: &Keys<'_>,
    entries: &[Entry],
) -> Option<Reference> {
    let desk = known.desk;
    let mut objects = IndexMap::new();
    for entry in entries {
        if let Some(object) = known.object(&entry.value) {
            objects.insert(entry.key.trim().to_lowercase(), object);
        }
    }
    if let Some(entry) = keys.entry("try") {
        let message = "`try` has no meaning where a column says what is referred to";
        desk.fault("conflicting-keys", &entry.spot, message);
    }
    if keys.get("from").is_none() {
        let message = "the reference does not say how its record is found";
        let hint = "name the column of its key with `from`".to_owned();
        desk.fault_hint("ref-without-way", &keys.node.spot, message, hint);
    }
    let Some(column) = keys.get("type") else {
        let message = "the reference does not say which object it means";
        let hint = "name the column that tells with `type`; or leave `from` out and write \
                    `column: object`"
            .to_owned();
        desk.fault_hint("missing-key", &keys.node.spot, message, hint);
        return None;
    };
    Some(Reference::Switch { column: path(desk, known.tables, table, column)?, objects })
}
