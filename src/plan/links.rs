//! What becomes of every record, so that others can refer to it.

use std::collections::{HashMap, HashSet};

use crate::ground::{Fate, Holders, Links, NAMED, SourceKey};

/// Object and field.
type FieldName = (Box<str>, Box<str>);

/// The records that have one value. There may be any number of them: a name that says nothing is
/// that of thousands.
#[derive(Debug, Default)]
struct Known {
    /// The first of them, as many as messages name.
    first: Vec<Box<str>>,
    others: HashSet<Box<str>>,
}

impl Known {
    fn learn(&mut self, id: &str) {
        if self.first.iter().any(|known| **known == *id) {
            return;
        }
        if self.first.len() < NAMED {
            self.first.push(id.into());
        } else if !self.others.contains(id) {
            self.others.insert(id.into());
        }
    }
}

/// The records of all objects that were looked at so far.
#[derive(Debug, Default)]
pub struct LinkBook {
    fates: HashMap<Box<str>, HashMap<Box<str>, Fate>>,
    /// Object to the ids of records that are not written now, but were before.
    standing: HashMap<Box<str>, HashSet<Box<str>>>,
    values: HashMap<FieldName, HashMap<String, Known>>,
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

    /// Those of an object that [`LinkBook::stands`] noted, in order.
    pub fn standing(&self, object: &str) -> Vec<SourceKey> {
        let ids = self.standing.get(object).into_iter().flatten();
        let mut keys: Vec<_> = ids.map(|id| SourceKey::new(object, id)).collect();
        keys.sort();
        keys
    }

    /// Whether the source has a record of that id.
    pub fn is_in_source(&self, object: &str, id: &str) -> bool {
        self.fates.get(object).is_some_and(|fates| fates.contains_key(id))
    }

    /// Notes a value by which a record may be looked up that the rules would write, whatever becomes
    /// of it.
    pub fn learn_value(&mut self, object: &str, field: &str, value: String, id: &str) {
        let values = self.values.entry((object.into(), field.into())).or_default();
        values.entry(value).or_default().learn(id);
    }

    fn does_stand(&self, object: &str, id: &str) -> bool {
        self.standing.get(object).is_some_and(|ids| ids.contains(id))
    }
}

impl Links for LinkBook {
    fn by_id(&self, object: &str, id: &str) -> Fate {
        let id = id.trim();
        let known = self.fates.get(object).and_then(|fates| fates.get(id));
        let stands = || self.does_stand(object, id).then(|| Fate::Written(id.into()));
        match known {
            Some(Fate::Written(id)) => Fate::Written(id.clone()),
            Some(Fate::Left(why)) => stands().unwrap_or_else(|| Fate::Left(why.clone())),
            Some(Fate::Missing) | None => stands().unwrap_or(Fate::Missing),
        }
    }

    fn by_value(&self, object: &str, field: &str, value: &str) -> Holders<'_> {
        let values = self.values.get(&(object.into(), field.into()));
        let known = values.and_then(|values| values.get(value));
        known.map_or_else(Holders::default, |known| Holders {
            first: &known.first,
            count: known.first.len() + known.others.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_records_of_one_name_the_first_are_known_and_each_counts_once() {
        let mut links = LinkBook::default();
        for round in 0..2 {
            for id in 1..=9 + round {
                links.learn_value("firms", "name", "unknown".to_owned(), &id.to_string());
            }
        }
        links.learn_value("firms", "name", "acme".to_owned(), "11");
        let known = |value| {
            let Holders { first, count } = links.by_value("firms", "name", value);
            (first.iter().map(|id| &**id).collect::<Vec<_>>().join(" "), count)
        };
        assert_eq!(known("unknown"), ("1 2 3 4 5".to_owned(), 10));
        assert_eq!(known("acme"), ("11".to_owned(), 1));
        assert_eq!(known("nobody"), (String::new(), 0));
    }
}
