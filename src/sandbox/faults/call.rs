//! A request as the rules see it: its family, its method, what it is about.

use axum::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A family of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Family {
    /// A new record.
    Create,
    /// A change of a record.
    Edit,
    /// A deletion.
    Delete,
    /// One record.
    Get,
    /// A page of records, a timeline, a search.
    Find,
    /// The account's lists: users, tags, fields, stages.
    List,
    /// A custom field, a tag, a source.
    Provision,
    /// A file.
    Upload,
}

/// A request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// The id that its answer must carry.
    pub(crate) id: Value,
    pub(crate) params: Value,
}

/// The entities of a migration, by the ending of their methods.
const NOUNS: [(&str, &str); 6] = [
    ("Account", "Accounts"),
    ("Contact", "Contacts"),
    ("Lead", "Leads"),
    ("Activity", "Activities"),
    ("Task", "Tasks"),
    ("Note", "Notes"),
];

/// Listings of records, beside those of [`NOUNS`].
const OTHER_FINDS: [&str; 2] = ["findTimeline", "findActivities"];

impl Call {
    /// Reads the body of an RPC call; what cannot be read has no method.
    pub(crate) fn read(body: &[u8]) -> Self {
        let mut parsed: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let mut take = |key: &str| parsed.get_mut(key).map_or(Value::Null, Value::take);
        let method = take("method").as_str().unwrap_or_default().to_owned();
        Self { method, id: take("id"), params: take("params") }
    }

    /// The same call for another page.
    pub(crate) fn at_page(&self, page: u64) -> Vec<u8> {
        let mut params = self.params.clone();
        if let Some(params) = params.as_object_mut() {
            params.insert("page".to_owned(), page.into());
        }
        serde_json::json!({
            "jsonrpc": "2.0", "method": self.method, "params": params, "id": self.id,
        })
        .to_string()
        .into_bytes()
    }

    /// The page that a listing asks for.
    pub(crate) fn page(&self) -> u64 {
        self.params.get("page").and_then(Value::as_u64).unwrap_or(1)
    }

    /// Its family.
    pub(crate) fn family(&self) -> Family {
        let one = |verb: &str| {
            self.method
                .strip_prefix(verb)
                .is_some_and(|noun| NOUNS.iter().any(|(known, _)| *known == noun))
        };
        let plural = self.method.strip_prefix("find").is_some_and(|noun| {
            NOUNS.iter().any(|(_, known)| *known == noun) || OTHER_FINDS.contains(&&*self.method)
        });
        let families = [
            (one("new"), Family::Create),
            (one("edit"), Family::Edit),
            (one("delete"), Family::Delete),
            (one("get"), Family::Get),
            (plural || self.method.starts_with("search"), Family::Find),
            (self.method.starts_with("new"), Family::Provision),
        ];
        families.into_iter().find(|(is, _)| *is).map_or(Family::List, |(_, family)| family)
    }

    /// The type of the record that the call is about.
    pub(crate) fn entity(&self) -> Option<&'static str> {
        let ends = NOUNS.iter().find(|(noun, _)| {
            ["new", "edit", "delete", "get"]
                .iter()
                .any(|verb| self.method.strip_prefix(verb) == Some(*noun))
        });
        ends.map(|(_, entity)| *entity)
    }

    /// The record that the call names.
    pub(crate) fn target(&self) -> Option<(&'static str, i64)> {
        let entity = self.entity()?;
        let params = self.params.as_object()?;
        let id = params.iter().find(|(key, _)| key.ends_with("Id"))?.1.as_i64()?;
        Some((entity, id))
    }
}

/// The family of what is no RPC; `None` when rules have no say in it.
pub(crate) fn beside(verb: &Method, path: &str) -> Option<(Family, Call)> {
    let family = match (verb.as_str(), path) {
        ("PUT", path) if path.starts_with("/upload/") => Family::Upload,
        ("POST", path) if path.ends_with("/customfield") => Family::Provision,
        _ => return None,
    };
    let method = if family == Family::Upload { "upload" } else { "customfield" };
    Some((family, Call { method: method.to_owned(), ..Call::default() }))
}
