//! The records that the CRM had before, by the values that `match` compares.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::crm::Snapshot;
use crate::ground::{CrmRef, Entity, Fields, Made};
use crate::transform::Mapping;

/// Object to match key to the records of the CRM that have it.
#[derive(Debug, Default)]
pub struct Existing {
    records: HashMap<usize, HashMap<String, Vec<CrmRef>>>,
    /// How many live records of each object's entity the CRM has, those of earlier runs among them.
    /// Nobody looks for an object without `match`.
    pub seen: BTreeMap<usize, u64>,
    taken: HashSet<CrmRef>,
    /// What those that `match` may find, and no others, are called.
    names: HashMap<CrmRef, String>,
}

impl Existing {
    /// Counts a record of the CRM that was looked at for an object.
    pub fn see(&mut self, object: usize) {
        *self.seen.entry(object).or_default() += 1;
    }

    /// Notes a record of the CRM for an object that matches by these fields.
    pub fn note(
        &mut self,
        object: usize,
        paths: &[String],
        mapping: &Mapping,
        snapshot: &Snapshot,
    ) {
        let mut fields = Fields::default();
        for path in paths {
            let values = all_labels(path, snapshot);
            if !values.is_empty() {
                fields.set(path, Made::Plain(Value::Array(values)));
            }
        }
        let keys = mapping.match_key(object, &fields);
        if keys.is_empty() {
            return;
        }
        if let Some(Value::String(name)) = snapshot.fields.get(naming(snapshot.at.entity)) {
            self.names.insert(snapshot.at.clone(), name.clone());
        }
        let known = self.records.entry(object).or_default();
        for key in keys {
            put(known.entry(key).or_default(), &snapshot.at);
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
    pub fn find(&self, object: usize, keys: &[String]) -> Cow<'_, [CrmRef]> {
        let Some(known) = self.records.get(&object) else { return Cow::default() };
        let lists: Vec<_> = keys.iter().filter_map(|key| known.get(key)).collect();
        match lists[..] {
            [] => Cow::default(),
            [one] => Cow::Borrowed(one),
            [..] => {
                let mut had = HashSet::new();
                let all = lists.into_iter().flatten();
                all.filter(|record| had.insert(*record)).cloned().collect()
            }
        }
    }
}

/// The field by which people call a record; notes have none.
pub(super) const fn naming(entity: Entity) -> &'static str {
    match entity {
        Entity::Accounts | Entity::Contacts | Entity::Activities | Entity::Users => "name",
        Entity::Leads => "description",
        Entity::Tasks => "title",
        Entity::Notes => "",
    }
}

/// Puts a record among those that have a key, by the number of its id: that is how they are listed,
/// so that it nearly always comes last, however many there are.
fn put(records: &mut Vec<CrmRef>, at: &CrmRef) {
    let order = |one: &CrmRef| (one.id.0.len(), &*one.id.0).cmp(&(at.id.0.len(), &*at.id.0));
    if let Err(place) = records.binary_search_by(order) {
        records.insert(place, at.clone());
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::spec::{Kind, Match, ObjectKind, example};

    /// People who are known again by their e-mail, and the addresses of those whom the CRM has.
    fn people(known: &[(u64, &[&str])]) -> Existing {
        let email = example::field("email", Kind::Email, example::from("contacts", &["email"]));
        let mut people = example::object("people", "contacts", ObjectKind::Person, vec![email]);
        people.matching = Match(vec!["email".into()]);
        let pipeline = Arc::new(example::pipeline(vec![people], Vec::new()));
        let mapping = Mapping::compile(pipeline).unwrap();
        let mut existing = Existing::default();
        for (id, emails) in known {
            let fields = [
                ("name".to_owned(), json!(format!("Person {id}"))),
                ("email".to_owned(), json!(emails)),
            ];
            let snapshot = Snapshot::example(
                CrmRef::new(Entity::Contacts, (*id).into()),
                fields.into_iter().collect(),
            );
            existing.see(0);
            existing.note(0, &["email".to_owned()], &mapping, &snapshot);
        }
        existing
    }

    #[test]
    fn a_record_is_found_once_by_all_its_addresses_and_many_are_found_by_one() {
        let existing = people(&[
            (9, &["a@x.example", "b@x.example"]),
            (10, &["a@x.example"]),
            (9, &["a@x.example"]),
            (8, &["c@x.example"]),
        ]);
        let found = |keys: &[&str]| {
            let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
            let found = existing.find(0, &keys);
            found.iter().map(|at| at.id.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found(&["a@x.example"]), "9 10");
        assert_eq!(found(&["b@x.example", "a@x.example", "z@x.example"]), "9 10");
        assert_eq!(found(&["c@x.example", "b@x.example"]), "8 9");
        assert_eq!(found(&["z@x.example"]), "");
    }

    #[test]
    fn the_name_of_a_record_that_nothing_finds_is_not_kept() {
        let existing = people(&[(7, &["a@x.example"]), (8, &[])]);
        let name = |id: u64| existing.name(&CrmRef::new(Entity::Contacts, id.into()));
        assert_eq!((name(7), name(8)), ("Person 7", ""));
        assert_eq!(existing.seen[&0], 2, "it counts all the same");
    }
}
