//! Paths: from a row over links to a column, and into its JSON.

use std::sync::Arc;

use serde_json::Value;

use crate::ground::{Record, Rows, inside};
use crate::spec::{ColumnPath, Pipeline};

use super::cell;
use super::scene::Scene;

/// The value at the end of a path; null where a link leads nowhere.
pub(super) fn value(path: &ColumnPath, scene: &Scene<'_>) -> Value {
    follow(path, &scene.record, scene.world.rows, &scene.workshop.pipeline)
}

/// The same for a row by itself.
pub(super) fn follow(
    path: &ColumnPath,
    record: &Arc<Record>,
    rows: &dyn Rows,
    pipeline: &Pipeline,
) -> Value {
    if path.links.is_empty() {
        return inside(record.get(&path.column), &path.keys).into_owned();
    }
    let mut here = Arc::clone(record);
    for step in &path.links {
        let key = cell::text(here.get(&step.column));
        if key.is_empty() {
            return Value::Null;
        }
        let Some(next) = rows.get(&pipeline.tables[step.table].name, &key) else {
            return Value::Null;
        };
        here = next;
    }
    inside(here.get(&path.column), &path.keys).into_owned()
}
