//! `each`: the rows of a child table, filtered and in order.

use std::cmp::Ordering;

use serde_json::Value;

use crate::spec::{Direction, Each};

use super::cell;
use super::path;
use super::remark::Remark;
use super::scene::Scene;
use super::templates::TemplateId;

/// The children of all these rows: those of merged rows come together.
pub(super) fn children<'a>(
    each: &Each,
    condition: Option<TemplateId>,
    scenes: &[Scene<'a>],
) -> Result<Vec<Scene<'a>>, Remark> {
    let mut children = Vec::new();
    for scene in scenes {
        let table = &scene.workshop.pipeline.tables[each.child.table].name;
        let rows = scene.world.rows.children(table, &each.child.column, &scene.record.key);
        for row in rows {
            let child = scene.child(each.child.table, row);
            if condition.map_or(Ok(true), |id| child.holds(id))? {
                children.push(child);
            }
        }
    }
    if let Some((column, direction)) = &each.order {
        let mut keyed: Vec<_> =
            children.into_iter().map(|child| (path::value(column, &child), child)).collect();
        keyed.sort_by(|(left, _), (right, _)| match direction {
            Direction::Up => compare(left, right),
            Direction::Down => compare(right, left),
        });
        children = keyed.into_iter().map(|(_, child)| child).collect();
    }
    Ok(children)
}

/// Numbers as numbers, everything else as text.
fn compare(left: &Value, right: &Value) -> Ordering {
    let (left, right) = (cell::text(left), cell::text(right));
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => left.total_cmp(&right),
        _ => left.cmp(&right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_ordered_as_numbers_even_when_they_are_text() {
        assert_eq!(compare(&json!("9"), &json!("10")), Ordering::Less);
        assert_eq!(compare(&json!("2025-01-02"), &json!("2024-12-31")), Ordering::Greater);
    }
}
