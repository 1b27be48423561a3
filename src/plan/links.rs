//! What becomes of every record, so that others can refer to it.

use std::collections::HashMap;

use crate::ground::{Fate, Links};

/// Object and field.
type FieldName = (Box<str>, Box<str>);

/// Value to the records that have it.
type Holders = HashMap<String, Vec<Box<str>>>;

/// The records of all objects that were looked at so far.
#[derive(Debug, Default)]
pub struct LinkBook {
    fates: HashMap<Box<str>, HashMap<Box<str>, Fate>>,
    values: HashMap<FieldName, Holders>,
}

impl LinkBook {
    /// Notes what becomes of a record.
    pub fn learn(&mut self, object: &str, id: &str, fate: Fate) {
        self.fates.entry(object.into()).or_default().insert(id.into(), fate);
    }

    /// Notes a value by which a written record may be looked up.
    pub fn learn_value(&mut self, object: &str, field: &str, value: String, id: &str) {
        let ids =
            self.values.entry((object.into(), field.into())).or_default().entry(value).or_default();
        if !ids.iter().any(|known| **known == *id) {
            ids.push(id.into());
        }
    }
}

impl Links for LinkBook {
    fn by_id(&self, object: &str, id: &str) -> Fate {
        let known = self.fates.get(object).and_then(|fates| fates.get(id.trim()));
        known.cloned().unwrap_or(Fate::Missing)
    }

    fn by_value(&self, object: &str, field: &str, value: &str) -> Vec<Box<str>> {
        let known = self.values.get(&(object.into(), field.into()));
        known.and_then(|values| values.get(value)).cloned().unwrap_or_default()
    }
}
