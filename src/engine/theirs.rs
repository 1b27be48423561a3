//! Whose the elements of a list are: others write into the tags and links of a record that we write
//! into as well, and what they put there stays. Pure.

use serde_json::Value;

use super::three_way::{Alike, Values, items};
use crate::ground::shown;

/// The values wanted, and in the lists that are `ours` in part what others put there: it is not for
/// us to drop.
pub(super) fn with_theirs(
    wanted: &Values,
    (ours, theirs): (&Values, &Values),
    alike: Alike<'_>,
) -> Values {
    let mut all = wanted.clone();
    for (path, list) in theirs.iter().filter(|(path, _)| ours.contains_key(*path)) {
        let has = Among { path, alike };
        let mut both = items(all.get(path));
        for item in items(Some(list)) {
            if !has.item(&both, &item) {
                both.push(item);
            }
        }
        all.insert(path.clone(), both.into());
    }
    all
}

/// What we wrote into a record, without what others had put there.
pub(super) fn without_theirs(written: &Values, theirs: &Values, alike: Alike<'_>) -> Values {
    let mut own = written.clone();
    for (path, list) in theirs {
        let has = Among { path, alike };
        let others = items(Some(list));
        let left: Vec<Value> =
            items(own.get(path)).into_iter().filter(|item| !has.item(&others, item)).collect();
        if left.is_empty() {
            own.remove(path);
        } else {
            own.insert(path.clone(), left.into());
        }
    }
    own
}

/// The remark on a list in which values of others stand beside ours.
pub(super) const KEPT_BESIDE: &str = "kept_beside";

/// The remark on a value that is not written because others changed ours.
pub(super) const TARGET_CHANGED: &str = "target_changed";

/// A list as it should be, and as it stands.
pub(super) struct Lists<'a> {
    pub(super) path: &'a str,
    pub(super) wanted: Option<&'a Value>,
    pub(super) stands: Option<&'a Value>,
}

impl Lists<'_> {
    /// What stands in the list, is not wanted there, and was put there by others: all but what we
    /// have `written` and was not theirs before.
    pub(super) fn others(
        &self,
        (written, theirs): (&Values, &Values),
        alike: Alike<'_>,
    ) -> Vec<Value> {
        if ![self.wanted, self.stands].into_iter().flatten().any(Value::is_array) {
            return Vec::new();
        }
        let has = Among { path: self.path, alike };
        // A custom field may hold a list in one text, which is no element of it.
        let is_one_text = |list: Option<&Value>| {
            let text = self.stands.filter(|stands| stands.is_string());
            let is_element = text.is_some_and(|text| has.item(&items(list), text));
            text.is_some() && !is_element && alike(self.path, list, text)
        };
        if is_one_text(self.wanted) || is_one_text(written.get(self.path)) {
            return Vec::new();
        }
        let (wanted, written) = (items(self.wanted), items(written.get(self.path)));
        let theirs = items(theirs.get(self.path));
        let mut others = items(self.stands);
        others.retain(|item| {
            !has.item(&wanted, item) && (!has.item(&written, item) || has.item(&theirs, item))
        });
        others
    }

    /// The same, when it is all that differs; nothing when something wanted is not there, or
    /// something of ours that is not wanted is.
    pub(super) fn only_others(&self, whose: (&Values, &Values), alike: Alike<'_>) -> Vec<Value> {
        let has = Among { path: self.path, alike };
        let (wanted, stands) = (items(self.wanted), items(self.stands));
        let others = self.others(whose, alike);
        let is_said = |item: &Value| has.item(&wanted, item) || has.item(&others, item);
        let is_all_there = wanted.iter().all(|item| has.item(&stands, item));
        if is_all_there && stands.iter().all(is_said) { others } else { Vec::new() }
    }
}

/// Values of a list in a sentence.
pub(super) fn told(values: &[Value]) -> String {
    let shown = values.iter().map(|value| format!("`{}`", shown(value)));
    shown.collect::<Vec<_>>().join(", ")
}

/// Whether a write of ours shows in a list, whatever else others did to it: all that it adds stands
/// there, and nothing that it drops.
///
/// One that adds nothing may as well be the work of others.
pub(super) fn shows(
    path: &str,
    (before, after): (Option<&Value>, Option<&Value>),
    now: Option<&Value>,
    alike: Alike<'_>,
) -> bool {
    if ![before, after, now].into_iter().flatten().any(Value::is_array) {
        return false;
    }
    let has = Among { path, alike };
    let (before, after, now) = (items(before), items(after), items(now));
    let mut added = after.iter().filter(|item| !has.item(&before, item)).peekable();
    let mut dropped = before.iter().filter(|item| !has.item(&after, item));
    added.peek().is_some()
        && added.all(|item| has.item(&now, item))
        && !dropped.any(|item| has.item(&now, item))
}

/// Whether a list of a field holds an item, however the CRM spells it.
pub(super) struct Among<'a> {
    pub(super) path: &'a str,
    pub(super) alike: Alike<'a>,
}

impl Among<'_> {
    pub(super) fn item(&self, list: &[Value], item: &Value) -> bool {
        list.iter().any(|one| (self.alike)(self.path, Some(one), Some(item)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::three_way::{self, same, three_way};
    use crate::ground::Entity;

    #[test]
    fn what_is_others_is_neither_dropped_nor_taken_for_ours() {
        let alike = |_: &str, left: Option<&Value>, right: Option<&Value>| same(left, right);
        let values = |tags: Value| Values::from([("tags".to_owned(), tags)]);
        let (ours, theirs) = (values(json!(["Old", "Hot"])), values(json!(["Old"])));
        let wanted = with_theirs(&values(json!(["New"])), (&ours, &theirs), &alike);
        let patch = three_way(&wanted, &ours, &ours, &alike);
        assert_eq!(json!(patch.changes), json!({"tags": ["Old", "New"]}));
        assert_eq!(without_theirs(&ours, &theirs, &alike), values(json!(["Hot"])));
    }

    #[test]
    fn a_list_that_lacks_something_or_has_too_much_of_ours_is_no_work_of_others() {
        let alike = |_: &str, left: Option<&Value>, right: Option<&Value>| same(left, right);
        let values = |tags: Value| Values::from([("tags".to_owned(), tags)]);
        let (ours, theirs) = (values(json!(["Old", "Hot"])), values(json!(["Old"])));
        let check = |wanted: Value, stands: Value, expected: Value| {
            let lists = Lists { path: "tags", wanted: Some(&wanted), stands: Some(&stands) };
            assert_eq!(json!(lists.only_others((&ours, &theirs), &alike)), expected);
        };
        check(json!(["Hot"]), json!(["Old", "Hot", "VIP"]), json!(["Old", "VIP"]));
        check(json!(["Hot"]), json!(["Old"]), json!([]));
        check(json!(["New"]), json!(["New", "Hot"]), json!([]));
        check(json!("a@x.example"), json!("b@x.example"), json!([]));
    }

    #[test]
    fn a_list_that_stands_in_one_text_is_no_value_of_others() {
        let alike = three_way::alike(Entity::Contacts);
        let values = |list: Value| Values::from([("Area__c".to_owned(), list)]);
        let check = |wanted: Value, stands: Value, expected: Value| {
            let lists = Lists { path: "Area__c", wanted: Some(&wanted), stands: Some(&stands) };
            let (ours, theirs) = (values(json!(["A", "B"])), Values::new());
            assert_eq!(json!(lists.others((&ours, &theirs), &alike)), expected);
        };
        check(json!(["A", "B"]), json!("A; B"), json!([]));
        check(json!(["A", "C"]), json!("A; B"), json!([]));
        check(json!(["A", "C"]), json!("X"), json!(["X"]));
        check(json!(["A", "C"]), json!(["A", "X"]), json!(["X"]));
    }

    #[test]
    fn a_write_shows_by_what_it_adds_and_drops_whatever_others_did_to_the_list() {
        let alike = |_: &str, left: Option<&Value>, right: Option<&Value>| same(left, right);
        let check = |before: Value, after: Value, now: Value, expected: bool| {
            let shown = shows("tags", (Some(&before), Some(&after)), Some(&now), &alike);
            assert_eq!(shown, expected, "{before} {after} {now}");
        };
        let (old, new) = (|| json!(["Old"]), || json!(["Old", "Hot"]));
        check(old(), new(), json!(["Old", "Hot", "VIP"]), true);
        check(old(), new(), json!(["Hot"]), true);
        check(old(), new(), json!(["Old", "VIP"]), false);
        check(old(), json!(["Hot"]), json!(["Hot", "VIP"]), true);
        check(old(), json!(["Hot"]), json!(["Old", "Hot"]), false);
        check(json!(["Old"]), json!(["Hot", "New"]), json!(["Hot"]), false);
        // Somebody else may have dropped it.
        check(new(), old(), json!(["Old", "VIP"]), false);
        check(json!("a"), json!(["a", "b"]), json!("b"), true);
        check(json!("a"), json!("b"), json!("b"), false);
    }
}
