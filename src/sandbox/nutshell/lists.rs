//! The lists of an account: tags, sources, and the plain entries everything else points at.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::kind::Kind;
use super::normal::text;
use super::work::{Record, Work};

/// The names of the tags of one kind.
pub(crate) fn tags(work: &Work<'_>, kind: Kind) -> Result<Vec<String>, Fault> {
    let all = work.all(Kind::Tag)?;
    let of = |tag: &Record| tag.body.get("of").and_then(Value::as_str) == Some(kind.entity());
    Ok(all.into_iter().filter(of).map(|tag| tag.name).collect())
}

/// The answer of `findTags`.
pub(crate) fn all_tags(work: &Work<'_>) -> Result<Value, Fault> {
    let mut answer = Map::new();
    for kind in [Kind::Contact, Kind::Account, Kind::Lead] {
        answer.insert(kind.entity().to_owned(), tags(work, kind)?.into());
    }
    Ok(Value::Object(answer))
}

/// `newTag`: a tag that is there already is refused.
fn new_tag(work: &Work<'_>, tag: &Value) -> Result<Record, Fault> {
    let name =
        tag.get("name").and_then(text).ok_or_else(|| Fault::invalid("a tag needs a name"))?;
    let kind = tag.get("entityType").and_then(Value::as_str).and_then(Kind::of);
    let kind = kind
        .filter(|kind| kind.is_main())
        .ok_or_else(|| Fault::invalid("a tag needs an entityType: Leads, Contacts or Accounts"))?;
    if tags(work, kind)?.contains(&name) {
        return Err(Fault::invalid(format!("Tag {name} already exists")));
    }
    let mut record = work.fresh(Kind::Tag)?;
    record.name = name;
    record.body.insert("of".to_owned(), kind.entity().into());
    work.put(&record)?;
    Ok(record)
}

/// `newSource`: the source of that name, made when there is none.
fn new_source(work: &Work<'_>, name: &Value) -> Result<(Record, Made), Fault> {
    let name = text(name.get("name").unwrap_or(name));
    let name = name.ok_or_else(|| Fault::invalid("a source needs a name"))?;
    if let Some(id) = work.named(Kind::Source, &name)? {
        return Ok((work.get(Kind::Source, id)?, Made::Before));
    }
    Ok((plain(work, Kind::Source, &name, Value::Null)?, Made::Now))
}

/// Whether a get-or-create found or made its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Now,
    Before,
}

/// Adds an entry to a list.
pub(crate) fn plain(work: &Work<'_>, kind: Kind, name: &str, body: Value) -> Result<Record, Fault> {
    let mut record = work.fresh(kind)?;
    name.clone_into(&mut record.name);
    if let Value::Object(body) = body {
        record.body = body;
    }
    work.put(&record)?;
    Ok(record)
}

/// Adds an entry to a list in the way its kind wants it.
pub(crate) fn create(work: &Work<'_>, kind: Kind, given: &Value) -> Result<(Record, Made), Fault> {
    if kind == Kind::Source {
        return new_source(work, given);
    }
    let record = if kind == Kind::Tag {
        new_tag(work, given)?
    } else if kind == Kind::User {
        let (name, body) = user_body(given);
        plain(work, kind, &name, body)?
    } else {
        let name = given.get("name").and_then(Value::as_str).unwrap_or_default();
        plain(work, kind, name, given.clone())?
    };
    Ok((record, Made::Now))
}

/// What of a new user counts here.
fn user_body(given: &Value) -> (String, Value) {
    let part = |key: &str| given.get(key).and_then(text).unwrap_or_default();
    let (first, last) = (part("firstName"), part("lastName"));
    let flag =
        |key: &str, standard: bool| given.get(key).and_then(Value::as_bool).unwrap_or(standard);
    let emails: Vec<Value> = match given.get("emails") {
        Some(Value::Array(emails)) => emails.clone(),
        Some(Value::Object(map)) => map.values().cloned().collect(),
        Some(other) => vec![other.clone()],
        None => Vec::new(),
    };
    let body = json!({
        "firstName": first, "lastName": last, "emails": emails,
        "isEnabled": flag("isEnabled", true), "isAdministrator": flag("isAdministrator", false),
    });
    (format!("{first} {last}").trim().to_owned(), body)
}
