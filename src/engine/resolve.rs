//! Fields on their way to the wire: links become ids of the CRM, users their references.

use std::collections::HashMap;

use serde_json::Value;

use super::three_way::Values;
use crate::crm;
use crate::ground::{CrmRef, Entity, Fields, Flag, Made, SourceKey};
use crate::spec::{Kind, Object};

/// The remark on a link that leads to a record that was not written.
pub(super) const REF_FAILED: &str = "ref_failed";

/// Fields ready to be sent, in normal form.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub values: Values,
    /// Remarks about links that lead nowhere.
    pub flags: Vec<Flag>,
    /// Whether a required link leads nowhere.
    pub held: bool,
}

/// All records that the fields name.
pub(super) fn links(fields: &Fields) -> Vec<SourceKey> {
    let links = fields.0.values().filter_map(|made| match made {
        Made::Links(keys) => Some(keys.iter().cloned()),
        Made::Plain(_) | Made::User(_) => None,
    });
    links.flatten().collect()
}

/// Resolves the fields of an object's record with what the ledger knows of its links.
pub(super) fn resolve(
    object: &Object,
    fields: &Fields,
    known: &HashMap<SourceKey, CrmRef>,
) -> Resolved {
    let mut resolved = Resolved::default();
    for (path, made) in &fields.0 {
        let field = object.fields.iter().find(|field| *field.target.path == **path);
        let kind = field.map_or(&Kind::Text, |field| &field.target.kind);
        match made {
            Made::Plain(value) => put(&mut resolved, path, kind, value),
            Made::User(user) => {
                if &**path == "author" {
                    put(&mut resolved, "author_name", &Kind::Text, &user.name.to_string().into());
                }
                let at = CrmRef::new(Entity::Users, user.id.clone()).to_string();
                put(&mut resolved, path, kind, &at.into());
            }
            Made::Links(keys) => {
                let required = field.is_some_and(|field| field.rule.required);
                let many = field.is_some_and(|field| field.target.many);
                follow(&mut resolved, path, (keys, known), Demand { required, many });
            }
        }
    }
    resolved
}

/// What a link field asks for.
#[derive(Clone, Copy)]
struct Demand {
    required: bool,
    many: bool,
}

fn follow(
    resolved: &mut Resolved,
    path: &str,
    (keys, known): (&[SourceKey], &HashMap<SourceKey, CrmRef>),
    demand: Demand,
) {
    let mut found = Vec::new();
    for key in keys {
        if let Some(at) = known.get(key) {
            found.push(Value::String(at.to_string()));
        } else {
            let detail = format!("{key} was not written to the CRM: left without it");
            resolved.flags.push(Flag::new(REF_FAILED, path, path, &key.id, &detail));
        }
    }
    if found.is_empty() {
        resolved.held |= demand.required;
    } else {
        let value = if demand.many { Value::Array(found) } else { found.swap_remove(0) };
        resolved.values.insert(path.to_owned(), value);
    }
}

fn put(resolved: &mut Resolved, path: &str, kind: &Kind, value: &Value) {
    let value = crm::normal(kind, value);
    if !value.is_null() {
        resolved.values.insert(path.to_owned(), value);
    }
}
