//! The records looked up lately: a small bounded cache.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ground::Record;

/// Two maps: when the young one is full it becomes the old one, and the old one is forgotten.
#[derive(Debug)]
pub(super) struct Recent {
    room: usize,
    young: HashMap<(i64, Box<str>), Arc<Record>>,
    old: HashMap<(i64, Box<str>), Arc<Record>>,
}

impl Recent {
    /// A cache of at most twice `room` records.
    pub(super) fn new(room: usize) -> Self {
        Self { room, young: HashMap::new(), old: HashMap::new() }
    }

    /// The record of a sheet with that key, if it was kept lately.
    pub(super) fn get(&mut self, sheet: i64, key: &str) -> Option<Arc<Record>> {
        let name = (sheet, Box::from(key));
        if let Some(record) = self.young.get(&name) {
            return Some(Arc::clone(record));
        }
        let record = self.old.remove(&name)?;
        self.keep(sheet, Arc::clone(&record));
        Some(record)
    }

    /// Keeps a record.
    pub(super) fn keep(&mut self, sheet: i64, record: Arc<Record>) {
        if self.young.len() >= self.room {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert((sheet, record.key.clone()), record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str) -> Arc<Record> {
        let header = Arc::default();
        Arc::new(Record {
            key: key.into(),
            occurrence: None,
            place: "".into(),
            source: 0,
            header,
            cells: vec![],
        })
    }

    #[test]
    fn what_was_used_lately_stays_and_the_rest_is_forgotten() {
        let mut recent = Recent::new(2);
        for key in ["a", "b", "c"] {
            recent.keep(1, record(key));
        }
        assert!(recent.get(1, "a").is_some(), "still in the old half, and young again");
        recent.keep(1, record("d"));
        assert!(recent.get(1, "b").is_none());
        assert!(recent.get(1, "a").is_some());
        assert!(recent.get(2, "a").is_none(), "another table has its own keys");
    }
}
