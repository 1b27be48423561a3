//! What others did to the lists that we write into, as all entries of a record together tell. Pure.

use serde_json::Value;

use super::drifted::{undone, values};
use super::theirs::Among;
use super::three_way::{Alike, Values, items};
use crate::ledger::{Deed, Intent, OpenEntry};

/// What others did to the lists that we write into.
///
/// An entry holds a list whole, so that it is known again and can be put back; what of it is not
/// ours, and what of ours is not there any more, only all entries of the record together tell.
#[derive(Debug, Default)]
pub(super) struct Shares {
    /// Path to what others had put into a list when we wrote into it.
    pub(super) theirs: Values,
    /// Path to what others had taken out of what we wrote when we wrote into it again.
    pub(super) taken_out: Values,
    /// What stood in the record after our last write, as far as we made it so.
    pub(super) written: Values,
}

/// What others did to the lists of a record, by what was done to it.
pub(super) fn shares(done: &[OpenEntry], alike: Alike<'_>) -> Shares {
    let mut shares = Shares::default();
    // The deed with which the record became ours, while it is.
    let mut first: Option<&Intent> = None;
    for OpenEntry { intent, .. } in done {
        let after = values(intent.after.as_ref());
        match intent.deed {
            Deed::Create | Deed::Adopt => {
                shares = Shares { written: after, ..Shares::default() };
                first = Some(intent);
            }
            Deed::Fill | Deed::Edit => {
                shares.write((&values(intent.before.as_ref()), &after), alike);
                first = if intent.deed == Deed::Fill { Some(intent) } else { first };
            }
            Deed::Restore => match (undone(done, intent), first) {
                // A fill that was taken back leaves nothing that is ours.
                (Some((deed, _)), Some(fill)) if std::ptr::eq(deed, fill) => {
                    (shares, first) = (Shares::default(), None);
                }
                (_, Some(_)) => shares.written.extend(after),
                // What was left of one that was taken back long since.
                (_, None) => {}
            },
            Deed::Delete => (shares, first) = (Shares::default(), None),
            Deed::Sweep => {}
        }
    }
    shares
}

impl Shares {
    /// Adds a write of ours: what stood in the lists that it changes, and all that is ours after it.
    pub(super) fn write(&mut self, (before, after): (&Values, &Values), alike: Alike<'_>) {
        for (path, met) in before {
            let (theirs, taken) = (self.theirs.remove(path), self.taken_out.remove(path));
            let (written, wrote) = (self.written.get(path), after.get(path));
            let stay = staying(path, ([theirs.as_ref(), Some(met), written], wrote), alike);
            let lack = lacking(path, ([taken.as_ref(), Some(met), written], wrote), alike);
            self.theirs.extend(stay.map(|stay| (path.clone(), stay)));
            self.taken_out.extend(lack.map(|lack| (path.clone(), lack)));
        }
        self.written.clone_from(after);
    }

    /// The values wanted, without what others took out of a list of which we had written it, unless
    /// it stands there again.
    pub(super) fn without_taken_out(
        &self,
        wanted: &Values,
        stands: &Values,
        alike: Alike<'_>,
    ) -> Values {
        let mut all = wanted.clone();
        for path in self.taken_out.keys() {
            let out = self.kept_out((path, wanted.get(path)), stands, alike);
            if out.is_empty() {
                continue;
            }
            let has = Among { path, alike };
            let mut left = items(wanted.get(path));
            left.retain(|item| !has.item(&out, item));
            if left.is_empty() {
                all.remove(path);
            } else {
                all.insert(path.clone(), left.into());
            }
        }
        all
    }

    /// What of a list is not put back because others took it out.
    pub(super) fn kept_out(
        &self,
        (path, wanted): (&str, Option<&Value>),
        stands: &Values,
        alike: Alike<'_>,
    ) -> Vec<Value> {
        let has = Among { path, alike };
        let (out, stands) = (items(self.taken_out.get(path)), items(stands.get(path)));
        let mut kept_out = items(wanted);
        kept_out.retain(|item| has.item(&out, item) && !has.item(&stands, item));
        kept_out
    }

    /// What we wrote into a record, with what others took out of its lists since.
    pub(super) fn with_taken_out(
        &self,
        written: Values,
        stands: &Values,
        alike: Alike<'_>,
    ) -> Values {
        let mut all = written;
        for (path, list) in &self.taken_out {
            let out = self.kept_out((path, Some(list)), stands, alike);
            if !out.is_empty() {
                let both: Vec<Value> = items(all.get(path)).into_iter().chain(out).collect();
                all.insert(path.clone(), both.into());
            }
        }
        all
    }
}

/// What of others a write leaves in a list: what was `known` to be theirs, and what was met there
/// and not written by us.
fn staying(
    path: &str,
    ([known, met, written], after): ([Option<&Value>; 3], Option<&Value>),
    alike: Alike<'_>,
) -> Option<Value> {
    let Some(Value::Array(after)) = after else { return None };
    let has = Among { path, alike };
    let written = items(written);
    let met = items(met).into_iter().filter(|item| !has.item(&written, item));
    let mut stay: Vec<Value> = Vec::new();
    for item in items(known).into_iter().chain(met) {
        if has.item(after, &item) && !has.item(&stay, &item) {
            stay.push(item);
        }
    }
    (!stay.is_empty()).then(|| stay.into())
}

/// What others took out of a list before a write of ours: what was `known` to be missing, and what
/// we had written and was not met there; not what the write put back.
fn lacking(
    path: &str,
    ([known, met, written], after): ([Option<&Value>; 3], Option<&Value>),
    alike: Alike<'_>,
) -> Option<Value> {
    let has = Among { path, alike };
    // A list may stand in one text.
    let is_whole = alike(path, written, met);
    let is_list = after.is_some_and(Value::is_array);
    let written = if is_list && !is_whole { items(written) } else { Vec::new() };
    let (met, after) = (items(met), items(after));
    let mut lack: Vec<Value> = Vec::new();
    for item in items(known).into_iter().chain(written) {
        if ![&met, &after, &lack].into_iter().any(|list| has.item(list, &item)) {
            lack.push(item);
        }
    }
    (!lack.is_empty()).then(|| lack.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::three_way::same;
    use crate::ledger::EntryId;

    /// The entries of a record: deed, tags before and after, and which one it undoes.
    fn done(entries: &[(Deed, Value, Value, Option<i64>)]) -> Vec<OpenEntry> {
        let image = |tags: &Value| (!tags.is_null()).then(|| json!({ "tags": tags }));
        let entry =
            |(id, (deed, before, after, undoes)): (i64, &(Deed, Value, Value, Option<i64>))| {
                let undoes = undoes.map(EntryId);
                let intent =
                    Intent { undoes, ..Intent::example(*deed, image(before), image(after)) };
                OpenEntry { id: EntryId(id), intent }
            };
        (1..).zip(entries).map(entry).collect()
    }

    fn check(entries: &[(Deed, Value, Value, Option<i64>)], expected: &Value) {
        let alike = |_: &str, left: Option<&Value>, right: Option<&Value>| same(left, right);
        let found = shares(&done(entries), &alike).theirs;
        assert_eq!(found.get("tags").unwrap_or(&json!([])), expected);
    }

    #[test]
    fn what_stood_in_a_list_before_us_is_others_and_what_we_added_is_not() {
        let null = Value::Null;
        let fill = (Deed::Fill, json!(["Old"]), json!(["Old", "Hot"]), None);
        check(std::slice::from_ref(&fill), &json!(["Old"]));
        let more = (Deed::Edit, json!(["Old", "Hot", "VIP"]), json!(["Old", "VIP", "New"]), None);
        check(&[fill.clone(), more.clone()], &json!(["Old", "VIP"]));
        let back = (Deed::Restore, null.clone(), json!(["Old", "Hot", "VIP"]), Some(2));
        let last = (Deed::Edit, json!(["Old", "Hot", "VIP"]), json!(["Old", "VIP"]), None);
        check(&[fill.clone(), more, back, last], &json!(["Old", "VIP"]));
        let given_up = (Deed::Restore, null.clone(), json!(["Old"]), Some(1));
        let again = (Deed::Fill, json!(["Old", "Hot"]), json!(["Old", "Hot", "New"]), None);
        check(&[fill, given_up, again], &json!(["Old", "Hot"]));
        let made = (Deed::Create, null, json!(["Hot"]), None);
        check(&[made], &json!([]));
    }

    #[test]
    fn what_was_left_of_an_older_fill_ends_nothing_of_a_newer_one() {
        let fill = (Deed::Fill, json!(["Old"]), json!(["Old", "Hot"]), None);
        let partly = (Deed::Restore, Value::Null, Value::Null, Some(1));
        let again = (Deed::Fill, json!(["Old"]), json!(["Old", "New"]), None);
        let rest = (Deed::Restore, Value::Null, Value::Null, Some(2));
        let entries = [fill, partly, again, rest.clone()];
        check(&entries, &json!(["Old"]));
        // With both taken back nothing is ours, whatever is restored of them later.
        let [fill, partly, again, _] = entries;
        let back = (Deed::Restore, Value::Null, json!(["Old"]), Some(3));
        let late = (Deed::Restore, Value::Null, json!(["Old"]), Some(2));
        let anew = (Deed::Fill, json!(["Old"]), json!(["Old", "Hot"]), None);
        check(&[fill, partly, again, back, late, anew], &json!(["Old"]));
    }

    #[test]
    fn what_others_took_out_of_a_list_stays_out_until_they_put_it_back() {
        let alike = |_: &str, left: Option<&Value>, right: Option<&Value>| same(left, right);
        let values = |tags: &Value| Values::from([("tags".to_owned(), tags.clone())]);
        let check = |entries: &[(Deed, Value, Value, Option<i64>)],
                     (wanted, stands): (Value, Value),
                     (expected, out): (Value, Value)| {
            let shares = shares(&done(entries), &alike);
            let (wanted, stands) = (values(&wanted), values(&stands));
            let found = shares.without_taken_out(&wanted, &stands, &alike);
            assert_eq!(found.get("tags").unwrap_or(&json!([])), &expected);
            let kept_out = shares.kept_out(("tags", wanted.get("tags")), &stands, &alike);
            assert_eq!(json!(kept_out), out);
        };
        let null = Value::Null;
        let made = (Deed::Create, null.clone(), json!(["Hot"]), None);
        let more = (Deed::Edit, json!([]), json!(["New"]), None);
        // The source still wants what a person took out.
        let wants = || json!(["Hot", "New"]);
        let entries = [made.clone(), more.clone()];
        check(&entries, (wants(), json!(["New"])), (json!(["New"]), json!(["Hot"])));
        check(&entries, (json!(["Hot"]), json!(["New"])), (json!([]), json!(["Hot"])));
        // Somebody put it back: before we know of it, and once we met it.
        check(&entries, (wants(), wants()), (wants(), json!([])));
        let met = (Deed::Edit, wants(), json!(["Hot", "New", "Old"]), None);
        check(&[made.clone(), more.clone(), met], (wants(), json!([])), (wants(), json!([])));
        // What we dropped ourselves, or gave back, was taken out by nobody else.
        let drop = (Deed::Edit, json!(["Hot"]), json!(["New"]), None);
        check(&[made.clone(), drop], (wants(), json!(["New"])), (wants(), json!([])));
        let back = (Deed::Restore, null.clone(), json!([]), Some(2));
        let entries = [made.clone(), more.clone(), back.clone()];
        check(&entries, (wants(), json!([])), (json!(["New"]), json!(["Hot"])));
        let later = (Deed::Edit, json!([]), json!(["Old"]), None);
        let entries = [made.clone(), more.clone(), back, later];
        check(&entries, (wants(), json!(["Old"])), (json!(["New"]), json!(["Hot"])));
        // With the record goes what was known of it.
        let gone = (Deed::Delete, null, Value::Null, Some(1));
        check(&[made.clone(), more, gone, made], (wants(), json!([])), (wants(), json!([])));
    }

    #[test]
    fn what_others_took_out_before_our_last_write_is_their_work() {
        let alike = |_: &str, left: Option<&Value>, right: Option<&Value>| same(left, right);
        let values = |tags: Value| Values::from([("tags".to_owned(), tags)]);
        let made = (Deed::Create, Value::Null, json!(["Hot"]), None);
        let more = (Deed::Edit, json!([]), json!(["New"]), None);
        let shares = shares(&done(&[made, more]), &alike);
        let check = |stands: Value, expected: Value| {
            let all = shares.with_taken_out(values(json!(["New"])), &values(stands), &alike);
            assert_eq!(all, values(expected));
        };
        check(json!(["New"]), json!(["New", "Hot"]));
        check(json!(["New", "Hot"]), json!(["New"]));
    }
}
