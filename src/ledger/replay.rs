//! What the entries of one record come to: the same sum that is kept beside them, done again from
//! the beginning and another way. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::entry::{Aspect, Deed, Origin};
use super::sum::origin;
use crate::ground::Entity;

/// A deed of a record that was done.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) id: i64,
    pub(super) deed: Deed,
    pub(super) aspect: Aspect,
    pub(super) entity: Entity,
    pub(super) crm: String,
    pub(super) rev: String,
    /// JSON.
    pub(super) after: Option<String>,
    pub(super) hash: String,
    pub(super) undoes: Option<i64>,
}

/// What they come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) entity: Entity,
    pub(super) crm: String,
    pub(super) rev: String,
    pub(super) origin: Origin,
    /// JSON.
    pub(super) after: String,
    pub(super) hashes: BTreeMap<Aspect, String>,
}

/// Adds up the deeds of a record, in order; `None` when nothing of it is ours.
pub(super) fn replay(deeds: &[Done]) -> Option<Sum> {
    let mut sum: Option<Sum> = None;
    for (position, deed) in deeds.iter().enumerate() {
        sum = match deed.deed {
            Deed::Delete => None,
            Deed::Create | Deed::Fill | Deed::Edit => Some(written(sum, deed)),
            Deed::Adopt => Some(placed(deed)),
            Deed::Restore => restored(sum, deed, &deeds[..position]),
            Deed::Sweep => sum,
        };
    }
    sum
}

fn placed(deed: &Done) -> Sum {
    Sum {
        entity: deed.entity,
        crm: deed.crm.clone(),
        rev: deed.rev.clone(),
        origin: origin(deed.deed),
        after: deed.after.clone().unwrap_or_else(|| "{}".to_owned()),
        hashes: BTreeMap::new(),
    }
}

fn written(before: Option<Sum>, deed: &Done) -> Sum {
    let fresh = placed(deed);
    let mut sum = match before {
        Some(known) => Sum { rev: fresh.rev, after: fresh.after, ..known },
        None => fresh,
    };
    sum.hashes.insert(deed.aspect, deed.hash.clone());
    sum
}

fn restored(before: Option<Sum>, deed: &Done, past: &[Done]) -> Option<Sum> {
    let undone = past.iter().find(|one| Some(one.id) == deed.undoes);
    if undone.is_none_or(|undone| undone.deed == Deed::Fill) {
        return if undone.is_none() { before } else { None };
    }
    let mut sum = before?;
    sum.rev.clone_from(&deed.rev);
    sum.after = given_back(&sum.after, deed.after.as_deref());
    sum.hashes.remove(&deed.aspect);
    if let Some(hash) = hash_before(deed, past) {
        sum.hashes.insert(deed.aspect, hash);
    }
    Some(sum)
}

fn given_back(ours: &str, restored: Option<&str>) -> String {
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let mut ours = read(ours);
    for (path, value) in restored.map(read).unwrap_or_default() {
        if value.is_null() {
            ours.shift_remove(&path);
        } else {
            ours.insert(path, value);
        }
    }
    Value::Object(ours).to_string()
}

/// The hash of the last deed of this aspect before the one that is undone, if it still stands.
fn hash_before(deed: &Done, past: &[Done]) -> Option<String> {
    let below = past.iter().take_while(|one| Some(one.id) != deed.undoes);
    let mut hash = None;
    for one in below {
        match one.deed {
            Deed::Delete | Deed::Adopt => hash = None,
            Deed::Create | Deed::Fill | Deed::Edit if one.aspect == deed.aspect => {
                let undone = past.iter().any(|other| other.undoes == Some(one.id));
                if !undone {
                    hash = Some(one.hash.clone());
                }
            }
            Deed::Create | Deed::Fill | Deed::Edit | Deed::Restore | Deed::Sweep => {}
        }
    }
    hash
}
