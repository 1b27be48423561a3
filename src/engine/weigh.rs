//! What an edit makes of a record that is there: which of its values are ours, and what is changed
//! in it. Pure.

use serde_json::Value;

use super::shares::Shares;
use super::theirs::{Among, with_theirs};
use super::three_way::{Alike, Patch, Values, alike, items, three_way};
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
    let sides = [values, &ours, &shares.theirs];
    let lists = several(object, sides, &now.fields, &alike);
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

/// The fields that take several values and of which we, others or the CRM have several: what stands
/// alone on another side is a list of one.
///
/// A custom field may hold a list in one text: that is no element of it.
fn several<'a>(
    object: &'a Object,
    sides: [&Values; 3],
    stands: &Values,
    alike: Alike<'_>,
) -> Vec<&'a str> {
    let is_list = |values: &Values, path: &str| values.get(path).is_some_and(Value::is_array);
    let is_text = |path: &str| {
        let has = Among { path, alike };
        let known: Vec<Value> = sides.iter().flat_map(|values| items(values.get(path))).collect();
        let text = stands.get(path).filter(|value| !value.is_array());
        text.is_some_and(|text| !has.item(&known, text))
    };
    let targets = object.fields.iter().map(|field| &field.target);
    let many = targets.filter(|target| target.many);
    let lists = many.filter(|target| {
        let path = target.path.as_str();
        let mut sides = sides.iter().chain([&stands]);
        sides.any(|values| is_list(values, path)) && !(target.custom.is_some() && is_text(path))
    });
    lists.map(|target| target.path.as_str()).collect()
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
    use crate::spec::{CustomType, Field, Kind, ObjectKind, example};

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

    /// What an edit writes to a field of a person: `None` when it leaves it, the second one whether
    /// it says that somebody else's value stands there.
    fn check_list(
        field: Field,
        [wanted, ours, theirs, now]: [Value; 4],
        (written, is_kept): (Option<Value>, bool),
    ) {
        let path = field.target.path.clone();
        let of = |value: Value| -> Values {
            Some((path.clone(), value)).filter(|(_, value)| !value.is_null()).into_iter().collect()
        };
        let at = CrmRef::new(Entity::Contacts, 7_u64.into());
        let state = State {
            at: at.clone(),
            rev: "2".into(),
            origin: Origin::Created,
            hashes: std::collections::BTreeMap::new(),
            after: of(ours),
        };
        let now = Snapshot { rev: "3".into(), ..Snapshot::example(at, of(now)) };
        let people = example::object("people", "contacts", ObjectKind::Person, vec![field]);
        let shares = Shares { theirs: of(theirs), ..Shares::default() };
        let weighed = weigh((&people, Aspect::Whole), (Some(&state), &of(wanted)), &shares, &now);
        assert_eq!(weighed.patch.changes.get(&path).cloned().flatten(), written);
        assert_eq!(!weighed.patch.kept.is_empty(), is_kept);
    }

    #[test]
    fn a_single_value_that_stands_where_there_were_several_is_a_list_of_one() {
        let email = || example::field("email", Kind::Email, example::from("contacts", &["email"]));
        let null = Value::Null;
        // A person put b beside ours, and took it away again.
        let sides = [json!("d"), json!(["b", "c"]), json!(["b"]), json!("c")];
        check_list(email(), sides, (Some(json!(["d"])), false));
        // A person's own value in the place of ours.
        let sides = [json!("d"), json!("c"), null.clone(), json!("x")];
        check_list(email(), sides, (None, true));
        let sides = [json!("d"), json!("c"), null, json!("c")];
        check_list(email(), sides, (Some(json!("d")), false));
    }

    #[test]
    fn a_choice_of_several_is_a_list_unless_it_stands_in_one_text() {
        let choice = || {
            let rule = example::from("contacts", &["email"]);
            let mut field = example::field("Area__c", Kind::Choice, rule);
            field.target.many = true;
            field.target.custom = Some(CustomType::MultiChoice);
            field
        };
        let null = Value::Null;
        // A person put B beside ours, or took it away.
        let sides = [json!(["A", "C"]), json!("A"), null.clone(), json!(["A", "B"])];
        check_list(choice(), sides, (Some(json!(["A", "B", "C"])), false));
        let sides = [json!(["A", "B", "C"]), json!(["A", "B"]), null.clone(), json!("A")];
        check_list(choice(), sides, (Some(json!(["A", "C"])), false));
        // The account has a text in its place: ours, and what a person made of it.
        let sides = [json!(["A", "C"]), json!(["A", "B"]), null.clone(), json!("A; B")];
        check_list(choice(), sides, (Some(json!(["A", "C"])), false));
        let sides = [json!(["A", "C"]), json!(["A", "B"]), null, json!("A; B; X")];
        check_list(choice(), sides, (None, true));
    }
}
