//! One spelling for each value of a pick-list, of tags and of sources: the CRM's own, else the one
//! that was met first.
//!
//! Without it `Tier 1` and `tier 1` would become two options, and a second run, which finds the
//! options of the first, would write other values than the first did.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::crm::Inventory;
use crate::ground::{Entity, Fields, Flag, Made, compared};
use crate::spec::{CustomType, Field, Kind, Object};

/// The spellings that are known.
#[derive(Debug, Default)]
pub struct Spellings(HashMap<List, HashMap<String, Box<str>>>);

/// A list of values of which each has one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum List {
    Tags(Entity),
    Sources,
    /// A custom field of an entity.
    Options(Entity, Box<str>),
}

impl Spellings {
    /// Those of the tags and sources that the CRM has. Options that it has are known to the rules.
    pub fn of(inventory: &Inventory) -> Self {
        let mut spellings = Self::default();
        for (entity, tags) in &inventory.tags {
            for tag in tags {
                spellings.meet(List::Tags(*entity), tag);
            }
        }
        for source in &inventory.sources {
            spellings.meet(List::Sources, &source.name);
        }
        spellings
    }

    fn meet(&mut self, list: List, text: &str) {
        self.0.entry(list).or_default().entry(compared(text)).or_insert_with(|| text.into());
    }

    /// Learns the spellings of a record.
    pub(super) fn learn(&mut self, object: &Object, fields: &Fields) {
        for field in &object.fields {
            let Some(list) = list(object, field) else { continue };
            let Some(Made::Plain(value)) = fields.get(&field.target.path) else { continue };
            for text in texts(value) {
                self.meet(list.clone(), text);
            }
        }
    }

    /// Gives every value of a record its spelling, and leaves out what is the same twice.
    pub(super) fn unify(&self, object: &Object, fields: &mut Fields) -> Vec<Flag> {
        let mut flags = Vec::new();
        for field in &object.fields {
            let path = &field.target.path;
            let Some(list) = list(object, field) else { continue };
            let Some(Made::Plain(value)) = fields.get(path) else { continue };
            let made = spelt(value, self.0.get(&list));
            if made != *value {
                let detail = format!("written as {}: one spelling for one value", shown(&made));
                flags.push(Flag::new("spelling", path, path, &shown(value), &detail));
                fields.set(path, Made::Plain(made));
            }
        }
        flags
    }
}

/// A value, or the values of a list, in the spelling that is known.
fn spelt(value: &Value, known: Option<&HashMap<String, Box<str>>>) -> Value {
    let spelling = |text: &str| {
        let known = known.and_then(|known| known.get(&compared(text)));
        Value::String(known.map_or(text, |known| known).to_owned())
    };
    match value {
        Value::String(text) => spelling(text),
        Value::Array(items) => {
            let mut own = HashSet::new();
            let once = |item: &&Value| item.as_str().is_none_or(|text| own.insert(compared(text)));
            let items = items.iter().filter(once);
            items.map(|item| item.as_str().map_or_else(|| item.clone(), spelling)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.clone(),
    }
}

fn list(object: &Object, field: &Field) -> Option<List> {
    let entity = object.kind.entity();
    match (&field.target.kind, field.target.custom) {
        (Kind::Tags, _) => Some(List::Tags(entity)),
        (Kind::Sources, _) => Some(List::Sources),
        (_, Some(CustomType::Choice | CustomType::MultiChoice)) => {
            Some(List::Options(entity, field.target.path.as_str().into()))
        }
        (_, _) => None,
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => vec![text],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn shown(value: &Value) -> String {
    texts(value).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(known: &[&str], value: &str, expected: &str) {
        let mut spellings = Spellings::default();
        for text in known {
            spellings.meet(List::Sources, text);
        }
        let found = spellings.0.get(&List::Sources).and_then(|known| known.get(&compared(value)));
        assert_eq!(found.map(|found| &**found), Some(expected), "{value}");
    }

    #[test]
    fn what_is_the_same_twice_in_one_list_is_written_once() {
        let made = spelt(&json!(["IP", "Litigation", "litigation"]), None);
        assert_eq!(made, json!(["IP", "Litigation"]));
    }

    #[test]
    fn the_spelling_that_was_met_first_stands() {
        check(&["Trade Show", "TRADE SHOW"], "trade  show", "Trade Show");
        check(&["trade show", "Trade Show"], "Trade Show", "trade show");
    }
}
