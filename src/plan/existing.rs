//! The records that the CRM had before, by the values that `match` compares.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::crm::Snapshot;
use crate::ground::{CrmRef, Fields, Made};
use crate::transform::Mapping;

/// Object to match key to the records of the CRM that have it.
#[derive(Debug, Default)]
pub struct Existing {
    records: HashMap<usize, HashMap<String, Vec<CrmRef>>>,
    /// How many live records of each object's entity were looked at.
    pub seen: BTreeMap<usize, u64>,
    taken: HashSet<CrmRef>,
    /// What those that `match` may find are called.
    names: HashMap<CrmRef, String>,
}

impl Existing {
    /// Notes a record of the CRM for an object that matches by these fields.
    pub fn note(
        &mut self,
        object: usize,
        paths: &[String],
        mapping: &Mapping,
        snapshot: &Snapshot,
    ) {
        *self.seen.entry(object).or_default() += 1;
        let mut fields = Fields::default();
        for path in paths {
            let values = all_labels(path, snapshot);
            if !values.is_empty() {
                fields.set(path, Made::Plain(Value::Array(values)));
            }
        }
        if let Some(Value::String(name)) = snapshot.fields.get("name") {
            self.names.insert(snapshot.at.clone(), name.clone());
        }
        let known = self.records.entry(object).or_default();
        for key in mapping.match_key(object, &fields) {
            let records = known.entry(key).or_default();
            if !records.contains(&snapshot.at) {
                records.push(snapshot.at.clone());
            }
        }
    }

    /// Notes that a record of the CRM stands for a source record since an earlier run.
    pub fn take(&mut self, at: CrmRef) {
        self.taken.insert(at);
    }

    /// Whether a record of the CRM stands for a source record since an earlier run.
    pub fn is_taken(&self, at: &CrmRef) -> bool {
        self.taken.contains(at)
    }

    /// What a record of the CRM is called; empty when it has no name.
    pub fn name(&self, at: &CrmRef) -> &str {
        self.names.get(at).map_or("", String::as_str)
    }

    /// The records that have any of these keys, each once.
    pub fn find(&self, object: usize, keys: &[String]) -> Vec<CrmRef> {
        let Some(known) = self.records.get(&object) else { return Vec::new() };
        let mut found: Vec<CrmRef> = Vec::new();
        for record in keys.iter().filter_map(|key| known.get(key)).flatten() {
            if !found.contains(record) {
                found.push(record.clone());
            }
        }
        found
    }
}

/// The values at a path under all its labels: `email` means the work e-mail as well.
fn all_labels(path: &str, snapshot: &Snapshot) -> Vec<Value> {
    let label = format!("{path}.");
    let here = |name: &str| name == path || name.starts_with(&label);
    let values = snapshot.fields.iter().filter(|(name, _)| here(name));
    values
        .flat_map(|(_, value)| match value {
            Value::Array(items) => items.clone(),
            Value::Null => Vec::new(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                vec![value.clone()]
            }
        })
        .collect()
}
