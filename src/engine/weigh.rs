//! What an edit makes of a record that is there: which of its values are ours, and what is changed
//! in it. Pure.

use serde_json::Value;

use super::shares::Shares;
use super::theirs::with_theirs;
use super::three_way::{Patch, Values, alike, items, three_way};
use crate::crm::Snapshot;
use crate::ledger::{Aspect, Origin, State};
use crate::plan::CLOSING;
use crate::spec::Object;

/// What an edit comes to.
pub(super) struct Weighed {
    /// What of the values that it is about is ours.
    pub(super) ours: Values,
    pub(super) patch: Patch,
}

/// Weighs the values of an aspect against what stands in a record, and what others did to it.
pub(super) fn weigh(
    (object, aspect): (&Object, Aspect),
    (state, values): (Option<&State>, &Values),
    shares: &Shares,
    now: &Snapshot,
) -> Weighed {
    let alike = alike(now.at.entity);
    let ours = ours(state, values, aspect, &late_paths(object));
    let lists = several(object, values, &now.fields);
    let ours = as_lists(ours, &lists);
    let stands = as_lists(now.fields.clone(), &lists);
    let wanted = shares.without_taken_out(values, &now.fields, &alike);
    let wanted = as_lists(with_theirs(&wanted, (&ours, &shares.theirs), &alike), &lists);
    let patch = three_way(&wanted, &ours, &stands, &alike);
    Weighed { ours, patch }
}

/// What this aspect wrote last time: of our values in the record those that it is about.
fn ours(state: Option<&State>, values: &Values, aspect: Aspect, late: &[&str]) -> Values {
    let Some(state) = state else { return Values::new() };
    let of_others = |path: &str| CLOSING.contains(&path) || late.contains(&path);
    let mine = |path: &str| match aspect {
        // What the later aspects wrote is theirs to change, and a file is written once.
        Aspect::Whole => !of_others(path) && !["content", "file", "link"].contains(&path),
        Aspect::Closing => CLOSING.contains(&path),
        Aspect::Late => late.contains(&path),
    };
    let ours = state.after.iter().filter(|(path, _)| mine(path) || values.contains_key(*path));
    let mut ours: Values = ours.map(|(path, value)| (path.clone(), value.clone())).collect();
    // A lead that we made begins open; that is no choice of a person.
    let made = matches!(state.origin, Origin::Created | Origin::Adopted);
    if aspect == Aspect::Closing && made && values.contains_key("status") {
        ours.entry("status".to_owned()).or_insert_with(|| "open".into());
    }
    ours
}

/// The fields of an object that are written in the second pass.
fn late_paths(object: &Object) -> Vec<&str> {
    let late = object.fields.iter().filter(|field| field.rule.late);
    late.map(|field| field.target.path.as_str()).collect()
}

/// The fields that take several values and of which we or the CRM have several: what stands alone
/// on the other side is a list of one.
///
/// A custom field may be one text, whatever it says.
fn several<'a>(object: &'a Object, values: &Values, now: &Values) -> Vec<&'a str> {
    let is_list = |values: &Values, path: &str| values.get(path).is_some_and(Value::is_array);
    let targets = object.fields.iter().map(|field| &field.target);
    let many = targets.filter(|target| target.many && target.custom.is_none());
    let paths = many.map(|target| target.path.as_str());
    paths.filter(|path| is_list(values, path) || is_list(now, path)).collect()
}

fn as_lists(mut values: Values, paths: &[&str]) -> Values {
    for path in paths {
        if let Some(value) = values.get_mut(*path) {
            *value = items(Some(value)).into();
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ground::{CrmRef, Entity};

    fn values(value: &Value) -> Values {
        let entries = value.as_object().into_iter().flatten();
        entries.map(|(path, value)| (path.clone(), value.clone())).collect()
    }

    fn check(origin: Origin, after: &Value, (closing, now): (&Value, &Value), expected: &Value) {
        let state = State {
            at: CrmRef::new(Entity::Leads, 7_u64.into()),
            rev: "2".into(),
            origin,
            hashes: std::collections::BTreeMap::new(),
            after: values(after),
        };
        let wanted = values(closing);
        let ours = ours(Some(&state), &wanted, Aspect::Closing, &[]);
        let patch = three_way(&wanted, &ours, &values(now), &alike(Entity::Leads));
        assert_eq!(json!({"changes": patch.changes, "kept": patch.kept}), *expected);
    }

    #[test]
    fn a_lead_that_we_made_is_closed_though_it_stands_open() {
        let won = json!({"status": "won"});
        let open = json!({"status": "open"});
        let closed = json!({"changes": {"status": "won"}, "kept": []});
        check(Origin::Created, &json!({"stage": "Sales / Close"}), (&won, &open), &closed);
    }

    #[test]
    fn a_lead_that_a_person_closed_or_that_was_there_before_is_left() {
        let won = json!({"status": "won"});
        let kept = json!({"changes": {}, "kept": ["status"]});
        check(Origin::Created, &json!({}), (&won, &json!({"status": "lost"})), &kept);
        check(Origin::Matched, &json!({}), (&won, &json!({"status": "open"})), &kept);
    }

    #[test]
    fn a_lead_that_the_source_opens_again_is_opened() {
        let after = json!({"status": "won", "closedTime": "2026-03-01T00:00:00Z"});
        let opened = json!({"changes": {"status": null, "closedTime": null}, "kept": []});
        check(Origin::Created, &after, (&json!({}), &after), &opened);
    }
}
