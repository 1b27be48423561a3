//! `map`: what a value becomes, written in place or in a file of the project.

use indexmap::IndexMap;
use serde_json::Value;

use super::object::Known;
use super::pipeline::{MapTarget, Target, ValueMap};
use super::project_file::{self, ProjectFile};
use super::spot::Spot;
use super::target_value;
use super::yaml::{self, Data, Node};
use crate::ground::compared;

/// Reads a value map.
pub(super) fn value_map(
    known: &Known<'_>,
    target: Option<&Target>,
    node: &Node,
) -> Option<ValueMap> {
    if !matches!(node.data, Data::Text(_)) {
        return Some(from_node(known, target, node));
    }
    let file = project_file::read(known.desk, node)?;
    let ending = file.file.extension().and_then(|ending| ending.to_str());
    match ending {
        Some("yaml" | "yml") => from_yaml(known, target, &file),
        Some("toml") => from_toml(known, target, node, &file),
        Some(_) | None => {
            let message = "a file of a value map ends with `.yaml` or `.toml`";
            known.desk.fault("unknown-format", &node.spot, message);
            None
        }
    }
}

fn from_yaml(known: &Known<'_>, target: Option<&Target>, file: &ProjectFile) -> Option<ValueMap> {
    let (tree, faults) = yaml::parse(&file.file, &file.text);
    for fault in faults {
        known.desk.push(fault);
    }
    let map = tree.map(|tree| from_node(known, target, &tree))?;
    Some(ValueMap { file: Some(file.file.to_path_buf()), ..map })
}

fn from_node(known: &Known<'_>, target: Option<&Target>, node: &Node) -> ValueMap {
    let mut map = Map::default();
    for entry in known.desk.entries(node) {
        if let Some(value) = known.desk.scalar(&entry.value) {
            target_value::check(known, target, &entry.value.spot, &value);
            map.insert(known, &entry.spot, &entry.key, value);
        }
    }
    ValueMap { entries: map.entries, file: None }
}

fn from_toml(
    known: &Known<'_>,
    target: Option<&Target>,
    node: &Node,
    file: &ProjectFile,
) -> Option<ValueMap> {
    let table: toml::Table = match toml::from_str(&file.text) {
        Ok(table) => table,
        Err(cause) => {
            let message = format!("{} cannot be read: {}", file.file.display(), cause.message());
            known.desk.fault("toml", &node.spot, message);
            return None;
        }
    };
    let mut map = Map::default();
    for (key, value) in table {
        let value: Value = match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(truth) => truth.into(),
            toml::Value::Datetime(time) => time.to_string().into(),
            toml::Value::Array(_) | toml::Value::Table(_) => {
                let message = format!("`{key}` in {} becomes no single value", file.file.display());
                known.desk.fault("wrong-type", &node.spot, message);
                continue;
            }
        };
        target_value::check(known, target, &node.spot, &value);
        map.insert(known, &node.spot, &key, value);
    }
    Some(ValueMap { entries: map.entries, file: Some(file.file.to_path_buf()) })
}

#[derive(Default)]
struct Map {
    entries: IndexMap<String, MapTarget>,
}

impl Map {
    /// Values are compared in lower case with single spaces; two that differ in no more are one.
    fn insert(&mut self, known: &Known<'_>, spot: &Spot, key: &str, value: Value) {
        let form = compared(key);
        if let Some(first) = self.entries.get(&form) {
            let message = format!("`{key}` and `{}` are one value to a map", first.shown);
            known.desk.fault("duplicate-key", spot, message);
            return;
        }
        self.entries.insert(form, MapTarget { shown: key.to_owned(), value });
    }
}
