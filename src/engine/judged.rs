//! What is known about a difference between the source and the CRM. Pure.

use serde_json::Value;

use super::three_way::Values;
use crate::crm::{self, Snapshot};
use crate::ground::Flag;
use crate::ledger::State;
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
