//! What is known about a difference between the source and the CRM. Pure.

use serde_json::Value;

use super::shares::shares;
use super::theirs::{KEPT_BESIDE, Lists, TARGET_CHANGED, told};
use super::three_way::{Values, alike};
use crate::crm::{self, Snapshot};
use crate::ground::Flag;
use crate::ledger::{OpenEntry, State};
use crate::report::Sort;
use crate::spec::{Kind, Object, ObjectKind};

/// Remarks that say that a value of somebody else was kept.
const KEPT: [&str; 2] = ["kept_existing", "target_changed"];

/// How much of a value is shown.
const SHOWN_CHARS: usize = 400;

/// Takes those paths out of the differing ones in which the CRM holds what was written: there the
/// source is what changed since.
pub(super) fn changed_in_source(
    kind: ObjectKind,
    (state, now): (&State, &Snapshot),
    differing: &mut Vec<String>,
) -> Vec<String> {
    let written: Values = crm::expected(kind, &state.after);
    let moved = crm::differences(kind, &state.after, now);
    let stands = |path: &String| {
        if written.contains_key(path) {
            !moved.contains(path)
        } else {
            !now.fields.contains_key(path)
        }
    };
    let (changed, left) = std::mem::take(differing).into_iter().partition(stands);
    *differing = left;
    changed
}

/// What is known about a list in which all that differs is what others did to it.
pub(super) fn by_others(
    (state, now): (&State, &Snapshot),
    (path, wanted): (&str, &Values),
    done: &[OpenEntry],
) -> Option<(Sort, &'static str, String)> {
    let alike = alike(now.at.entity);
    let shares = shares(done, &alike);
    let out = shares.kept_out((path, wanted.get(path)), &now.fields, &alike);
    let left = shares.without_taken_out(wanted, &now.fields, &alike);
    let (left, stands) = (left.get(path), now.fields.get(path));
    let lists = Lists { path, wanted: left, stands };
    let others = lists.only_others((&state.after, &shares.theirs), &alike);
    if !out.is_empty() && (!others.is_empty() || alike(path, left, stands)) {
        let why = format!("others took {} out of the list: not put back", told(&out));
        return Some((Sort::Explained, TARGET_CHANGED, why));
    }
    let why = || format!("others put {} into the list: kept beside ours", told(&others));
    (!others.is_empty()).then(|| (Sort::Explained, KEPT_BESIDE, why()))
}

/// What sort of difference it is, and what is known about it: a word and a sentence.
pub(super) fn judge<'f>(
    rules: &Object,
    (state, now): (&State, &Snapshot),
    path: &str,
    remarks: &'f [Flag],
) -> (Sort, &'f str, String) {
    let kept = remarks.iter().find(|flag| *flag.field == *path && KEPT.contains(&&*flag.code));
    if let Some(kept) = kept {
        return (Sort::Explained, &kept.code, kept.detail.to_string());
    }
    let failed = remarks.iter().find(|flag| *flag.field == *path && &*flag.code == "ref_failed");
    if let Some(failed) = failed {
        return (Sort::Explained, &failed.code, failed.detail.to_string());
    }
    let field = rules.fields.iter().find(|field| field.target.path == path);
    let linked = field.is_some_and(|field| matches!(field.target.kind, Kind::Reference(_)));
    let sort = if linked { Sort::Orphan } else { Sort::Mismatch };
    let (rule, why) = if now.rev == state.rev {
        ("made_other", "the CRM made something else of the value that was written")
    } else if now.fields.contains_key(path) {
        ("changed_later", "it was changed in the CRM after it was written")
    } else {
        ("emptied_later", "it was emptied in the CRM after it was written")
    };
    (sort, rule, why.to_owned())
}

/// A value as it stands in the list of differences.
pub(super) fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    text.chars().take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::ground::{CrmRef, Entity};
    use crate::ledger::{Deed, EntryId, Intent, Origin};

    fn tags(list: &Value) -> Values {
        Values::from([("tags".to_owned(), list.clone())])
    }

    /// What is known when we made the tags `made`, met `met` later, made `after` of it, and `now`
    /// stands there where `wanted` should: the rule, nothing when nothing is.
    fn check([made, met, after]: [Value; 3], (wanted, now): (Value, Value), expected: &str) {
        let deeds = [(Deed::Create, None, made), (Deed::Edit, Some(met), after.clone())];
        let entry = |(id, (deed, before, after)): (i64, (Deed, Option<Value>, Value))| {
            let image = |tags| json!({ "tags": tags });
            let intent = Intent::example(deed, before.map(image), Some(image(after)));
            OpenEntry { id: EntryId(id), intent }
        };
        let done: Vec<_> = (1..).zip(deeds).map(entry).collect();
        let at = CrmRef::new(Entity::Contacts, 7.into());
        let state = State {
            at: at.clone(),
            rev: "2".into(),
            origin: Origin::Created,
            hashes: BTreeMap::new(),
            after: tags(&after),
        };
        let now = Snapshot { rev: "3".into(), ..Snapshot::example(at, tags(&now)) };
        let known = by_others((&state, &now), ("tags", &tags(&wanted)), &done);
        assert_eq!(known.map(|known| known.1).unwrap_or_default(), expected);
    }

    #[test]
    fn what_others_did_to_a_list_is_known_without_a_remark() {
        let took = || [json!(["Hot"]), json!([]), json!(["New"])];
        check(took(), (json!(["Hot", "New"]), json!(["New"])), "target_changed");
        check(took(), (json!(["Hot", "New"]), json!(["New", "VIP"])), "target_changed");
        // Ours is gone as well: that is more than they did before.
        check(took(), (json!(["Hot", "New"]), json!([])), "");
        let put = || [json!(["Hot"]), json!(["Hot", "VIP"]), json!(["Hot", "VIP", "New"])];
        check(put(), (json!(["Hot", "New"]), json!(["Hot", "VIP", "New"])), "kept_beside");
        check(put(), (json!(["Hot", "New"]), json!(["VIP", "New"])), "");
    }
}
