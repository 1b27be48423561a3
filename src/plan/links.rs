//! What becomes of every record, so that others can refer to it.

use std::collections::{HashMap, HashSet};

use crate::ground::{Fate, Links};

/// Object and field.
type FieldName = (Box<str>, Box<str>);

/// Value to the records that have it.
type Holders = HashMap<String, Vec<Box<str>>>;

/// The records of all objects that were looked at so far.
#[derive(Debug, Default)]
pub struct LinkBook {
    fates: HashMap<Box<str>, HashMap<Box<str>, Fate>>,
    /// Object to the ids of records that are not written now, but were before.
    standing: HashMap<Box<str>, HashSet<Box<str>>>,
    values: HashMap<FieldName, Holders>,
}

impl LinkBook {
    /// Notes what becomes of a record.
    pub fn learn(&mut self, object: &str, id: &str, fate: Fate) {
        self.fates.entry(object.into()).or_default().insert(id.into(), fate);
    }

    /// Notes a record that earlier runs wrote and that this one does not: it stays in the CRM, and
    /// what is linked to it stays linked. One bad row of a company must not take its people away.
    pub fn stands(&mut self, object: &str, id: &str) {
        self.standing.entry(object.into()).or_default().insert(id.into());
    }

    /// Whether the source has a record of that id.
    pub fn is_in_source(&self, object: &str, id: &str) -> bool {
        self.fates.get(object).is_some_and(|fates| fates.contains_key(id))
    }

    /// Notes a value by which a written record may be looked up.
    pub fn learn_value(&mut self, object: &str, field: &str, value: String, id: &str) {
        let ids =
            self.values.entry((object.into(), field.into())).or_default().entry(value).or_default();
        if !ids.iter().any(|known| **known == *id) {
            ids.push(id.into());
        }
    }

    fn does_stand(&self, object: &str, id: &str) -> bool {
        self.standing.get(object).is_some_and(|ids| ids.contains(id))
    }
}

impl Links for LinkBook {
    fn by_id(&self, object: &str, id: &str) -> Fate {
        let id = id.trim();
        let known = self.fates.get(object).and_then(|fates| fates.get(id));
        match known.cloned().unwrap_or(Fate::Missing) {
            Fate::Left(_) | Fate::Missing if self.does_stand(object, id) => {
                Fate::Written(id.into())
            }
            fate => fate,
        }
    }

    fn by_value(&self, object: &str, field: &str, value: &str) -> Vec<Box<str>> {
        let known = self.values.get(&(object.into(), field.into()));
        known.and_then(|values| values.get(value)).cloned().unwrap_or_default()
    }
}
