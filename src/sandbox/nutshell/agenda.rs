//! Activities and tasks.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::kind::Kind;
use super::normal::{self, text};
use super::notes;
use super::work::{Record, Work, stamp};
use super::written::{integer, listed, object, set, unknown, user};

/// Creates an activity or a task.
pub(crate) fn create(work: &Work<'_>, kind: Kind, given: &Value) -> Result<Record, Fault> {
    let given = object(given)?;
    let mut record = work.fresh(kind)?;
    if kind == Kind::Activity {
        begin(work, &mut record)?;
    }
    patch(work, &mut record, given)?;
    if kind == Kind::Task {
        if record.name.is_empty() {
            record.name = record.body.get("description").and_then(text).unwrap_or_default();
        }
        if record.name.is_empty() {
            return Err(Fault::invalid("a task needs a title"));
        }
    }
    work.put(&record)?;
    hang(work, &record, given)?;
    log_note(work, &mut record, given)?;
    Ok(record)
}

/// Edits one: by key, lists replaced whole.
pub(crate) fn edit(
    work: &Work<'_>,
    kind: Kind,
    id: i64,
    rev: &Value,
    given: &Value,
) -> Result<Record, Fault> {
    let mut record = work.hold(kind, id, rev)?;
    let given = object(given)?;
    patch(work, &mut record, given)?;
    work.touch(&mut record);
    work.put(&record)?;
    hang(work, &record, given)?;
    log_note(work, &mut record, given)?;
    work.get(kind, id)
}

/// What an activity is when nothing is said.
fn begin(work: &Work<'_>, record: &mut Record) -> Result<(), Fault> {
    let now = stamp(work.at);
    for (key, value) in [
        ("startTime", json!(now)),
        ("endTime", json!(now)),
        ("isAllDay", json!(false)),
        ("isTimed", json!(true)),
        ("isFlagged", json!(false)),
        ("status", json!(0)),
        ("participants", json!([])),
        ("leads", json!([])),
    ] {
        record.body.insert(key.to_owned(), value);
    }
    if let Some(first) = work.all(Kind::ActivityType)?.first() {
        record.body.insert("activityTypeId".to_owned(), first.id.into());
    }
    Ok(())
}

fn patch(work: &Work<'_>, record: &mut Record, given: &Map<String, Value>) -> Result<(), Fault> {
    for (key, value) in given {
        match (key.as_str(), record.kind) {
            ("name", Kind::Activity) | ("title", Kind::Task) => {
                record.name = text(value).unwrap_or_default();
            }
            ("description" | "location", _) => set(record, key, text(value).map(Value::String)),
            ("startTime" | "endTime", Kind::Activity)
            | ("dueTime" | "completedTime", Kind::Task) => {
                time(record, key, value)?;
            }
            ("activityTypeId", Kind::Activity) => {
                listed(work, record, key, (Kind::ActivityType, value))?;
            }
            ("isAllDay" | "isTimed" | "isFlagged", Kind::Activity) => {
                let flag = value == &json!(true) || integer(value) == Some(1);
                set(record, key, Some(flag.into()));
            }
            ("status", Kind::Activity) => status(work, record, value)?,
            ("participants", Kind::Activity) => {
                let people = participants(work, value)?;
                set(record, key, Some(people));
            }
            ("leads", Kind::Activity) => {
                let leads = leads(work, value)?;
                set(record, key, Some(leads));
            }
            ("assignee", Kind::Task) => {
                let assignee = user(work, value)?;
                set(record, key, assignee);
            }
            ("entity", Kind::Task) => {
                let entity = main(work, value)?
                    .map(|(kind, id)| json!({"entityType": kind.entity(), "id": id}));
                set(record, key, entity);
            }
            ("leads", Kind::Task) => {
                return Err(Fault::invalid("leads is not accepted on a task: use entity"));
            }
            // Unknown keys are ignored. (Our choice: what the live server does is unknown.)
            _ => {}
        }
    }
    Ok(())
}

fn time(record: &mut Record, key: &str, value: &Value) -> Result<(), Fault> {
    let time = normal::time(value);
    if time.is_none() && !value.is_null() {
        return Err(Fault::invalid(format!("{key} is not a time")));
    }
    set(record, key, time.map(Value::String));
    Ok(())
}

fn status(work: &Work<'_>, record: &mut Record, value: &Value) -> Result<(), Fault> {
    let status = integer(value).filter(|status| (0..=2).contains(status));
    let status = status.ok_or_else(|| Fault::invalid("activity status must be 0, 1 or 2"))?;
    record.body.insert("status".to_owned(), status.into());
    if status == 1 && work.user > 0 {
        record.body.insert("loggedBy".to_owned(), work.user.into());
    }
    Ok(())
}

/// A reference to a person, company or lead, checked.
fn main(work: &Work<'_>, value: &Value) -> Result<Option<(Kind, i64)>, Fault> {
    if value.is_null() {
        return Ok(None);
    }
    let kind = value.get("entityType").and_then(Value::as_str).and_then(Kind::of);
    let (Some(kind), Some(id)) = (kind, value.get("id").and_then(integer)) else {
        return Err(Fault::invalid("a reference needs entityType and id"));
    };
    work.get(kind, id).map_err(|_| unknown(kind, id))?;
    Ok(Some((kind, id)))
}

fn participants(work: &Work<'_>, value: &Value) -> Result<Value, Fault> {
    let mut people = Vec::new();
    for one in value.as_array().into_iter().flatten() {
        if let Some((kind, id)) = main(work, one)? {
            people.push(json!({"entityType": kind.entity(), "id": id}));
        }
    }
    Ok(people.into())
}

fn leads(work: &Work<'_>, value: &Value) -> Result<Value, Fault> {
    let mut leads: Vec<Value> = Vec::new();
    for one in value.as_array().into_iter().flatten() {
        let id = one.get("id").and_then(integer).ok_or_else(|| Fault::invalid("leads need ids"))?;
        work.get(Kind::Lead, id).map_err(|_| unknown(Kind::Lead, id))?;
        leads.push(id.into());
    }
    Ok(leads.into())
}

/// Hangs the record on what it is about, so that those show it; their `rev` grows.
fn hang(work: &Work<'_>, record: &Record, given: &Map<String, Value>) -> Result<(), Fault> {
    if !["participants", "leads", "entity"].iter().any(|key| given.contains_key(*key)) {
        return Ok(());
    }
    let own = (record.kind, record.id);
    let sql = "DELETE FROM child WHERE child_entity = ?1 AND child_id = ?2";
    work.db.prepare_cached(sql)?.execute(rusqlite::params![own.0.entity(), own.1])?;
    let people = record.body.get("participants").and_then(Value::as_array);
    let entity = record.body.get("entity");
    for one in people.into_iter().flatten().chain(entity) {
        if let Some((kind, id)) = main(work, one)?.filter(|(kind, _)| kind.is_main()) {
            work.adopt((kind, id), own)?;
        }
    }
    for id in record.body.get("leads").and_then(Value::as_array).into_iter().flatten() {
        work.adopt((Kind::Lead, id.as_i64().unwrap_or_default()), own)?;
    }
    Ok(())
}

fn log_note(work: &Work<'_>, record: &mut Record, given: &Map<String, Value>) -> Result<(), Fault> {
    let Some(note) = given.get("logNote").filter(|note| !note.is_null()) else { return Ok(()) };
    let note = notes::write(work, (record.kind, record.id), note)?;
    *record = work.get(record.kind, record.id)?;
    record.body.insert("logNoteId".to_owned(), note.id.into());
    work.put(record)
}
