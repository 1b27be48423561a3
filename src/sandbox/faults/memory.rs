//! What the lags need: when records were made, and what stood there before an edit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// Type and id.
type Key = (String, i64);

/// Births and former values, kept while there are rules.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    made: Mutex<HashMap<Key, Instant>>,
    former: Mutex<HashMap<Key, (Instant, Value)>>,
}

fn key(record: &Value) -> Option<Key> {
    let entity = record.get("entityType")?.as_str()?;
    Some((entity.to_owned(), record.get("id")?.as_i64()?))
}

impl Memory {
    /// Notes a record that was made just now.
    pub(crate) fn note_made(&self, record: &Value) {
        if let Some(key) = key(record) {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.insert(key, Instant::now());
        }
    }

    /// Notes what a record was before an edit that happened just now.
    pub(crate) fn note_former(&self, record: Value) {
        if let Some(key) = key(&record) {
            let mut former = self.former.lock().unwrap_or_else(PoisonError::into_inner);
            former.insert(key, (Instant::now(), record));
        }
    }

    /// Whether a record was made within this time.
    pub(crate) fn is_young(&self, record: &Value, within: Duration) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        key(record).and_then(|key| made.get(&key)).is_some_and(|at| at.elapsed() < within)
    }

    /// What a record was, if it was edited within this time.
    pub(crate) fn former(&self, record: &Value, within: Duration) -> Option<Value> {
        let former = self.former.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, value) = former.get(&key(record)?)?;
        (at.elapsed() < within).then(|| value.clone())
    }
}
