//! What may be written over what stands there: source, what we wrote, what the CRM has now.
//!
//! Pure. A value that a person put into the CRM is never overwritten: it is reported.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::crm;
use crate::ground::Entity;

/// Destination path to value.
pub type Values = BTreeMap<String, Value>;

/// What an edit does.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Patch {
    /// Path to its new value; `None` clears it.
    pub changes: BTreeMap<String, Option<Value>>,
    /// Paths that were left alone because somebody else's value stands there.
    pub kept: Vec<String>,
}

/// Whether two values of a field mean the same to the CRM, which spells some its own way.
pub type Alike<'a> = &'a dyn Fn(&str, Option<&Value>, Option<&Value>) -> bool;

/// The patch that brings `current` to `wanted`, where `ours` is what we wrote last time.
pub fn three_way(wanted: &Values, ours: &Values, current: &Values, alike: Alike<'_>) -> Patch {
    let mut patch = Patch::default();
    let paths: BTreeSet<&String> = wanted.keys().chain(ours.keys()).collect();
    for path in paths {
        let (want, our, now) = (wanted.get(path), ours.get(path), current.get(path));
        if alike(path, want, now) {
            continue;
        }
        if let Some(list) = merged_list(path, (want, our, now), alike) {
            if !alike(path, Some(&list), now) {
                patch.changes.insert(path.clone(), Some(list));
            }
        } else if alike(path, our, now) || is_empty(now) {
            // What we wrote, or nothing, stands there; an empty source erases only our own value.
            if want.is_some() || our.is_some() && !is_empty(now) {
                patch.changes.insert(path.clone(), want.cloned());
            }
        } else if !alike(path, want, our) {
            patch.kept.push(path.clone());
        }
    }
    patch
}

/// The way back: for each path, `before` where `current` is still what we made of it (`after`).
pub fn way_back(before: &Values, after: &Values, current: &Values, alike: Alike<'_>) -> Patch {
    let mut patch = Patch::default();
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for path in paths {
        let (old, new, now) = (before.get(path), after.get(path), current.get(path));
        if alike(path, old, now) {
            continue;
        }
        if alike(path, new, now) {
            patch.changes.insert(path.clone(), old.filter(|old| !old.is_null()).cloned());
        } else if let Some(list) = list_back(path, (old, new, now), alike) {
            let value = Some(list).filter(|list| !is_empty(Some(list)));
            patch.changes.insert(path.clone(), value);
        } else {
            patch.kept.push(path.clone());
        }
    }
    patch
}

/// The way back of a list, of which any side may show a single value; a value in its place that is
/// none of ours or of those before us is no list.
fn list_back(
    path: &str,
    (old, new, now): (Option<&Value>, Option<&Value>, Option<&Value>),
    alike: Alike<'_>,
) -> Option<Value> {
    if ![old, new, now].into_iter().flatten().any(Value::is_array) {
        return None;
    }
    let [old, new, stands] = [old, new, now].map(items);
    let is_known =
        |item: &Value| old.iter().chain(&new).any(|one| alike(path, Some(one), Some(item)));
    if !now.is_some_and(Value::is_array) && !stands.iter().all(is_known) {
        return None;
    }
    let [old, new, stands] = [old, new, stands].map(Value::Array);
    merged_list(path, (Some(&old), Some(&new), Some(&stands)), alike)
}

/// Lists are merged by element: what we added and no longer want goes, what is new comes, and
/// what others added stays, in the order that stands there.
fn merged_list(
    path: &str,
    (want, our, now): (Option<&Value>, Option<&Value>, Option<&Value>),
    alike: Alike<'_>,
) -> Option<Value> {
    let lists = [want, our, now].into_iter().flatten().any(Value::is_array);
    let scalar = |value: &Value| !value.is_array() && !value.is_null();
    if !lists || [want, our, now].into_iter().flatten().any(scalar) {
        return None;
    }
    let (want, our, now) = (items(want), items(our), items(now));
    let among =
        |list: &[Value], item: &Value| list.iter().any(|one| alike(path, Some(one), Some(item)));
    let dropped = |item: &Value| among(&our, item) && !among(&want, item);
    let mut list: Vec<Value> = now.into_iter().filter(|item| !dropped(item)).collect();
    for item in want {
        if !among(&our, &item) && !among(&list, &item) {
            list.push(item);
        }
    }
    Some(Value::Array(list))
}

/// The elements of a list; a single value is a list of one.
pub(super) fn items(value: Option<&Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Object(_)) => false,
    }
}

/// Equality as the CRM sees it, for records of an entity.
pub fn alike(entity: Entity) -> impl Fn(&str, Option<&Value>, Option<&Value>) -> bool {
    move |path, left, right| {
        let one_way = |wanted: Option<&Value>, stands| {
            wanted
                .is_some_and(|wanted| !wanted.is_null() && crm::same(entity, path, wanted, stands))
        };
        same(left, right) || one_way(left, right) || one_way(right, left)
    }
}

/// Equality in which absent, null and empty are one, and the order of a list does not count.
pub fn same(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            left.len() == right.len() && left.iter().all(|item| right.contains(item))
        }
        (left, right) => (is_empty(left) && is_empty(right)) || left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(value: &Value) -> Values {
        value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(path, value)| (path.clone(), value.clone()))
            .collect()
    }

    fn check(wanted: &Value, ours: &Value, current: &Value, expected: &Value) {
        let patch =
            three_way(&values(wanted), &values(ours), &values(current), &|_, left, right| {
                same(left, right)
            });
        let shown = json!({ "changes": patch.changes, "kept": patch.kept });
        assert_eq!(shown, *expected);
    }

    #[test]
    fn a_record_that_was_there_gets_its_blanks_filled_and_nothing_else() {
        check(
            &json!({"name": "Acme", "city": "Boulder", "tags": ["Hot"]}),
            &json!({}),
            &json!({"name": "Acme", "city": "Denver", "tags": ["Old"]}),
            &json!({"changes": {"tags": ["Old", "Hot"]}, "kept": ["city"]}),
        );
    }

    #[test]
    fn a_change_in_the_source_is_written_over_our_own_value_only() {
        let ours = &json!({"title": "Clerk", "city": "Boulder"});
        check(
            &json!({"title": "Boss", "city": "Lyons"}),
            ours,
            &json!({"title": "Clerk", "city": "Denver"}),
            &json!({"changes": {"title": "Boss"}, "kept": ["city"]}),
        );
    }

    #[test]
    fn what_a_person_changed_and_the_source_did_not_is_no_conflict() {
        check(
            &json!({"title": "Clerk"}),
            &json!({"title": "Clerk"}),
            &json!({"title": "Boss"}),
            &json!({"changes": {}, "kept": []}),
        );
    }

    #[test]
    fn an_empty_source_erases_only_what_we_wrote() {
        check(
            &json!({}),
            &json!({"title": "Clerk"}),
            &json!({"title": "Clerk"}),
            &json!({"changes": {"title": null}, "kept": []}),
        );
        check(
            &json!({}),
            &json!({}),
            &json!({"title": "Clerk"}),
            &json!({"changes": {}, "kept": []}),
        );
    }

    #[test]
    fn the_way_back_leaves_what_people_changed() {
        let back = way_back(
            &values(&json!({"city": null, "title": "Clerk", "tags": ["Old"]})),
            &values(&json!({"city": "Boulder", "title": "Boss", "tags": ["Old", "Hot"]})),
            &values(&json!({"city": "Boulder", "title": "Owner", "tags": ["Old", "Hot", "VIP"]})),
            &|_, left, right| same(left, right),
        );
        assert_eq!(json!(back.changes), json!({"city": null, "tags": ["Old", "VIP"]}));
        assert_eq!(back.kept, ["title"]);
    }

    #[test]
    fn the_way_back_of_a_list_takes_what_is_ours_though_it_stands_alone() {
        let alike = |_: &str, left: Option<&Value>, right: Option<&Value>| same(left, right);
        let check = |[before, after, now]: [Value; 3], expected: Value| {
            let of = |value: Value| Values::from([("email".to_owned(), value)]);
            let back = way_back(&of(before), &of(after), &of(now), &alike);
            let (back, is_kept) = (back.changes.get("email").cloned(), !back.kept.is_empty());
            assert_eq!(json!({ "back": back, "kept": is_kept }), expected);
        };
        let gone = || json!({"back": null, "kept": false});
        check([json!("b"), json!(["b", "a", "c"]), json!("a")], gone());
        check([json!(null), json!(["a", "c"]), json!("a")], gone());
        let theirs = json!({"back": ["b"], "kept": false});
        check([json!(null), json!("a"), json!(["a", "b"])], theirs);
        // Somebody else's value in the place of all of them.
        check([json!("b"), json!(["b", "a"]), json!("x")], json!({"back": null, "kept": true}));
        check([json!("b"), json!("a"), json!("x")], json!({"back": null, "kept": true}));
    }

    #[test]
    fn there_and_back_again_is_where_we_were() {
        let current = values(&json!({"city": "Denver", "tags": ["Old"], "phone": ""}));
        let wanted = values(&json!({"phone": "1", "tags": ["Hot"], "city": "Boulder"}));
        let patch =
            three_way(&wanted, &Values::new(), &current, &|_, left, right| same(left, right));
        let mut after = current.clone();
        let (mut before_image, mut after_image) = (Values::new(), Values::new());
        for (path, value) in &patch.changes {
            before_image.insert(path.clone(), current.get(path).cloned().unwrap_or(Value::Null));
            after_image.insert(path.clone(), value.clone().unwrap_or(Value::Null));
            after.insert(path.clone(), value.clone().unwrap_or(Value::Null));
        }
        for (path, value) in
            way_back(&before_image, &after_image, &after, &|_, left, right| same(left, right))
                .changes
        {
            after.insert(path, value.unwrap_or(Value::Null));
        }
        assert!(current.iter().all(|(path, value)| same(after.get(path), Some(value))));
    }
}
