//! What a rollback knows of the records that it has come by: which are gone, which stay and need
//! others, and how a look would have left the rest.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::touched::LINKS;
use crate::crm::{Patch, Snapshot, Values};
use crate::ground::CrmRef;

/// How far a rollback, or a look at one, has come.
#[derive(Debug, Default)]
pub(super) struct Course {
    gone: HashSet<CrmRef>,
    needed: HashMap<CrmRef, BTreeSet<String>>,
    put_back: HashMap<CrmRef, Patch>,
}

impl Course {
    /// A record is gone, or would be.
    pub(super) fn lose(&mut self, at: CrmRef) {
        self.gone.insert(at);
    }

    /// Whether a record is gone, or would be.
    pub(super) fn is_gone(&self, at: &CrmRef) -> bool {
        self.gone.contains(at)
    }

    /// A record of ours stays, and with it all that it hangs on or belongs to.
    pub(super) fn keep(&mut self, name: &str, stays: &Snapshot) {
        let above = named(&stays.fields).filter(|at| at.entity < stays.at.entity);
        for at in above {
            self.needed.entry(at).or_default().insert(format!("{name} ({})", stays.at));
        }
    }

    /// The records of ours that stay and need this one.
    pub(super) fn needed_by(&self, at: &CrmRef) -> BTreeSet<String> {
        self.needed.get(at).cloned().unwrap_or_default()
    }

    /// A look would have put these values back.
    pub(super) fn put_back(&mut self, at: &CrmRef, changes: &Patch) {
        self.put_back.entry(at.clone()).or_default().extend(changes.clone());
    }

    /// A record that was read, as it would stand by now.
    pub(super) fn as_left(&self, mut read: Snapshot) -> Snapshot {
        for (path, value) in self.put_back.get(&read.at).into_iter().flatten() {
            match value {
                Some(value) => read.fields.insert(path.clone(), value.clone()),
                None => read.fields.remove(path),
            };
        }
        read
    }

    /// Whether a look would have changed a record.
    pub(super) fn would_change(&self, at: &CrmRef) -> bool {
        self.put_back.contains_key(at)
    }
}

/// The records of the CRM that a record names.
pub(super) fn named(fields: &Values) -> impl Iterator<Item = CrmRef> + '_ {
    let values = LINKS.iter().filter_map(|path| fields.get(*path));
    let texts = values.flat_map(|value| match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            vec![value]
        }
    });
    texts.filter_map(|text| text.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ground::Entity;

    fn record(entity: Entity, id: u64, fields: &Value) -> Snapshot {
        let fields = fields.as_object().unwrap().iter();
        Snapshot::example(
            CrmRef::new(entity, id.into()),
            fields.map(|(path, value)| (path.clone(), value.clone())).collect(),
        )
    }

    #[test]
    fn what_stays_needs_what_is_above_it_and_nothing_below() {
        let mut course = Course::default();
        let fields = json!({"accounts": ["Accounts:1"], "leads": ["Leads:9"], "owner": "Users:2"});
        course.keep("people:5", &record(Entity::Contacts, 7, &fields));
        course.keep("notes:1", &record(Entity::Notes, 3, &json!({"entity": "Contacts:7"})));
        let needed = |entity, id: u64| course.needed_by(&CrmRef::new(entity, id.into()));
        assert_eq!(needed(Entity::Accounts, 1), ["people:5 (Contacts:7)".to_owned()].into());
        assert_eq!(needed(Entity::Contacts, 7), ["notes:1 (Notes:3)".to_owned()].into());
        assert!(needed(Entity::Leads, 9).is_empty() && needed(Entity::Users, 2).is_empty());
    }

    #[test]
    fn a_look_sees_what_it_would_have_put_back() {
        let mut course = Course::default();
        let read = record(Entity::Contacts, 7, &json!({"city": "Boulder", "title": "Boss"}));
        let changes = [("city".to_owned(), Some(json!("Golden"))), ("title".to_owned(), None)];
        course.put_back(&read.at, &changes.into());
        let now = course.as_left(read).fields;
        assert_eq!(json!(now), json!({"city": "Golden"}));
    }
}
