//! The `search*` methods and the timeline: short forms, no pages.

use rusqlite::types::Value as Sql;
use serde_json::{Value, json};

use super::fault::Fault;
use super::find::{Form, select, shown};
use super::kind::Kind;
use super::methods::Params;
use super::work::{COLUMNS, Record, Work};
use super::written::integer;

/// Most records one side of `searchByEmail` shows.
const BY_EMAIL: i64 = 5;

/// Records whose name, or one of whose addresses, holds a text.
pub(crate) fn search(work: &Work<'_>, kind: Kind, params: &Params) -> Result<Value, Fault> {
    let standard = if kind == Kind::Lead { 40 } else { 10 };
    let limit = params.get("limit").and_then(integer).unwrap_or(standard).clamp(0, 100);
    let wanted = params.get("string").and_then(Value::as_str).unwrap_or_default();
    let found = like(work, kind, wanted, limit)?;
    shown(work, &found, Form::Stub).map(Value::Array)
}

fn like(work: &Work<'_>, kind: Kind, wanted: &str, limit: i64) -> Result<Vec<Record>, Fault> {
    let plain = wanted.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let pattern = format!("%{plain}%");
    let text = format!(
        "SELECT {COLUMNS} FROM record WHERE entity = ?1 AND deleted IS NULL AND (name LIKE ?2 ESCAPE '\\'
         OR id IN (SELECT id FROM email WHERE entity = ?1 AND address LIKE ?2 ESCAPE '\\')) ORDER BY id LIMIT ?3"
    );
    let values = vec![Sql::Text(kind.entity().to_owned()), Sql::Text(pattern), Sql::Integer(limit)];
    select(work, kind, &text, values)
}

/// `searchByEmail`: prefixes match as well, exact ones first.
pub(crate) fn by_email(work: &Work<'_>, address: &str) -> Result<Value, Fault> {
    let address = address.trim().to_lowercase();
    let text = format!(
        "SELECT {COLUMNS} FROM record WHERE entity = ?1 AND deleted IS NULL
         AND id IN (SELECT id FROM email WHERE entity = ?1 AND address >= ?2 AND address < ?2 || char(1114111))
         ORDER BY (SELECT min(address) FROM email WHERE email.entity = ?1 AND email.id = record.id AND address >= ?2), id LIMIT ?3"
    );
    let mut answer = json!({});
    for (key, kind) in [("contacts", Kind::Contact), ("accounts", Kind::Account)] {
        let values = vec![
            Sql::Text(kind.entity().to_owned()),
            Sql::Text(address.clone()),
            Sql::Integer(BY_EMAIL),
        ];
        let found =
            if address.is_empty() { Vec::new() } else { select(work, kind, &text, values)? };
        answer[key] = shown(work, &found, Form::Stub)?.into();
    }
    Ok(answer)
}

/// `searchUniversal`.
pub(crate) fn universal(work: &Work<'_>, wanted: &str) -> Result<Value, Fault> {
    let mut answer = json!({});
    for (key, kind) in
        [("contacts", Kind::Contact), ("accounts", Kind::Account), ("leads", Kind::Lead)]
    {
        let found = like(work, kind, wanted, 10)?;
        answer[key] = shown(work, &found, Form::Stub)?.into();
    }
    Ok(answer)
}

/// `findTimeline`: notes, activities and tasks on one record, by time.
pub(crate) fn timeline(work: &Work<'_>, params: &Params) -> Result<Value, Fault> {
    let query = params.get("query").cloned().unwrap_or(Value::Null);
    let kind = query.get("entityType").and_then(Value::as_str).and_then(Kind::of);
    let (Some(kind), Some(id)) = (kind, query.get("id").and_then(integer)) else {
        return Err(Fault::invalid("query needs entityType and id"));
    };
    work.get(kind, id)?;
    let mut entries = Vec::new();
    for child in [Kind::Note, Kind::Activity, Kind::Task] {
        for id in work.children((kind, id), child)? {
            entries.extend(work.find(child, id)?.filter(|record| record.deleted.is_none()));
        }
    }
    entries.sort_by(|a, b| (&a.created, a.id).cmp(&(&b.created, b.id)));
    if params
        .get("orderDirection")
        .and_then(Value::as_str)
        .is_some_and(|way| way.eq_ignore_ascii_case("desc"))
    {
        entries.reverse();
    }
    let limit =
        usize::try_from(params.get("limit").and_then(integer).unwrap_or(50)).unwrap_or(50).min(100);
    let page =
        usize::try_from(params.get("page").and_then(integer).unwrap_or(1)).unwrap_or(1).max(1);
    let page: Vec<Record> = entries.into_iter().skip((page - 1) * limit).take(limit).collect();
    let stubs = params.get("stubResponses").is_none_or(|value| value != &Value::Bool(false));
    shown(work, &page, if stubs { Form::Stub } else { Form::Full }).map(Value::Array)
}
