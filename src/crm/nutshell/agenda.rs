//! Activities and tasks: their fields on the wire and back.
//!
//! Neither has custom fields: what is declared as one, and the marker, stand at the end of the
//! description. An activity has no owner: the owner is its first participant.

use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::lead::time;
use super::links;
use super::party::entry;
use super::text::{Letter, is_footer};
use super::wrong::Wrong;
use crate::crm::normal::{instant, normal, utc};
use crate::crm::{Inventory, Patch, Snapshot, Values};
use crate::spec::Kind;

/// The states of an activity, by number.
const STATES: [&str; 3] = ["scheduled", "logged", "cancelled"];

/// The fields as they will stand: those that stand, changed.
pub(super) fn changed(now: Option<&Snapshot>, patch: &Patch) -> Values {
    let mut fields = now.map(|now| now.fields.clone()).unwrap_or_default();
    for (path, value) in patch {
        match value {
            Some(value) => fields.insert(path.clone(), value.clone()),
            None => fields.remove(path),
        };
    }
    fields
}

/// The body of a create (nothing stands) or an edit of an activity.
pub(super) fn write_activity(
    inventory: &Inventory,
    (now, marker): (Option<&Snapshot>, Option<&str>),
    patch: &Patch,
) -> Result<Value, Wrong> {
    let fields = changed(now, patch);
    let touched = |paths: &[&str]| paths.iter().any(|path| patch.contains_key(*path));
    let mut body = Map::new();
    for (path, value) in patch {
        let value = value.as_ref();
        let (key, value) = match path.as_str() {
            "name" => ("name", value.cloned().unwrap_or(Value::Null)),
            "location" => ("location", value.cloned().unwrap_or(Value::Null)),
            "type" => ("activityTypeId", entry(&inventory.activity_types, "activity type", value)?),
            "status" => ("status", state(value)?),
            "isAllDay" => ("isAllDay", normal(&Kind::Bool, value.unwrap_or(&Value::Bool(false)))),
            "leads" => {
                ("leads", value.map(links::references).transpose()?.unwrap_or_default().into())
            }
            "startTime" | "endTime" | "duration" | "participants" | "owner" | "description" => {
                continue;
            }
            other if is_footer(other) => continue,
            _ => {
                return Err(Wrong(format!(
                    "activities have no field `{path}` that can be written"
                )));
            }
        };
        body.insert(key.to_owned(), value);
    }
    if touched(&["startTime", "endTime", "duration"]) {
        times(&fields, patch, &mut body)?;
    }
    if touched(&["participants", "owner"]) {
        body.insert("participants".to_owned(), participants(&fields)?.into());
    }
    describe(&fields, patch, (now, marker), &mut body);
    Ok(body.into())
}

fn describe(
    fields: &Values,
    patch: &Patch,
    (now, marker): (Option<&Snapshot>, Option<&str>),
    body: &mut Map<String, Value>,
) {
    let spoken = patch.keys().any(|path| path == "description" || is_footer(path));
    if now.is_none() || spoken {
        let marker = marker.or_else(|| now.and_then(|now| now.marker.as_deref()));
        let mut letter = Letter::of(fields, "description", marker);
        (letter.date, letter.author) = (None, None);
        body.insert("description".to_owned(), letter.write().into());
    }
}

fn state(value: Option<&Value>) -> Result<Value, Wrong> {
    let word = value.and_then(Value::as_str).unwrap_or("scheduled");
    let number = STATES.iter().position(|own| *own == word);
    number.map(Value::from).ok_or_else(|| Wrong(format!("an activity cannot be `{word}`")))
}

/// Start and end; an end that is not said is the start plus the duration.
fn times(fields: &Values, patch: &Patch, body: &mut Map<String, Value>) -> Result<(), Wrong> {
    let start = time("startTime", fields.get("startTime"))?;
    let length = fields.get("duration").map(|value| normal(&Kind::Duration, value));
    let length = length.and_then(|value| value.as_i64()).unwrap_or_default();
    let reckoned = !matches!(patch.get("endTime"), Some(Some(_)));
    let end = match start.as_str().and_then(instant).filter(|_| reckoned) {
        Some(start) => start
            .checked_add(SignedDuration::from_secs(length))
            .map_err(|_| Wrong("`duration` leads out of the calendar".to_owned()))
            .map(|end| utc(end).into())?,
        None => time("endTime", fields.get("endTime"))?,
    };
    for (key, value) in [("startTime", start), ("endTime", end)] {
        if !value.is_null() {
            body.insert(key.to_owned(), value);
        }
    }
    Ok(())
}

/// The owner first, then everybody else once.
fn participants(fields: &Values) -> Result<Vec<Value>, Wrong> {
    let mut all = Vec::new();
    for path in ["owner", "participants"] {
        for one in fields.get(path).map(links::references).transpose()?.unwrap_or_default() {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    Ok(all)
}

/// The body of a create (nothing stands) or an edit of a task.
pub(super) fn write_task(
    (now, marker): (Option<&Snapshot>, Option<&str>),
    patch: &Patch,
) -> Result<Value, Wrong> {
    let mut body = Map::new();
    for (path, value) in patch {
        let value = value.as_ref();
        let reference = || value.and_then(Value::as_str).map(links::reference).transpose();
        let (key, value) = match path.as_str() {
            "title" | "name" => ("title", value.cloned().unwrap_or(Value::Null)),
            "dueTime" => ("dueTime", time(path, value)?),
            "completedTime" => ("completedTime", time(path, value)?),
            "assignee" | "owner" => ("assignee", reference()?.unwrap_or(Value::Null)),
            "entity" => ("entity", reference()?.unwrap_or(Value::Null)),
            "description" => continue,
            other if is_footer(other) => continue,
            _ => return Err(Wrong(format!("tasks have no field `{path}` that can be written"))),
        };
        body.insert(key.to_owned(), value);
    }
    describe(&changed(now, patch), patch, (now, marker), &mut body);
    Ok(body.into())
}

/// The fields of a rendered activity, and its marker.
pub(super) fn read_activity(raw: &Value, fields: &mut Values) -> Option<String> {
    let mut set = |path: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            fields.insert(path.to_owned(), value);
        }
    };
    for key in ["name", "location", "isAllDay"] {
        set(key, raw.get(key).cloned());
    }
    set("type", raw.pointer("/activityType/name").cloned());
    let number = raw.get("status").and_then(Value::as_i64).unwrap_or_default();
    // -1 is a scheduled one whose time has passed.
    let word = usize::try_from(number).ok().and_then(|at| STATES.get(at)).unwrap_or(&STATES[0]);
    set("status", Some((*word).into()));
    let at = |key: &str| raw.get(key).and_then(Value::as_str).and_then(instant);
    set("startTime", at("startTime").map(|time| utc(time).into()));
    set("endTime", at("endTime").map(|time| utc(time).into()));
    if let (Some(start), Some(end)) = (at("startTime"), at("endTime")) {
        set("duration", Some((end.as_second() - start.as_second()).into()));
    }
    let mut people = links::pointed_list(raw, "participants");
    if people.first().is_some_and(|first| first.starts_with("Users:")) {
        set("owner", Some(people.remove(0).into()));
    }
    set("participants", (!people.is_empty()).then(|| people.into()));
    let leads = links::pointed_list(raw, "leads");
    set("leads", (!leads.is_empty()).then(|| leads.into()));
    described(raw, fields)
}

fn described(raw: &Value, fields: &mut Values) -> Option<String> {
    let mut letter =
        Letter::read(raw.get("description").and_then(Value::as_str).unwrap_or_default());
    (letter.date, letter.author) = (None, None);
    letter.tell("description", fields);
    letter.marker
}

/// The fields of a rendered task, and its marker.
pub(super) fn read_task(raw: &Value, fields: &mut Values) -> Option<String> {
    let mut set = |path: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            fields.insert(path.to_owned(), value);
        }
    };
    set("title", raw.get("title").cloned());
    for key in ["dueTime", "completedTime"] {
        set(
            key,
            raw.get(key).filter(|time| time.is_string()).map(|time| normal(&Kind::Time, time)),
        );
    }
    set("assignee", raw.get("assignee").and_then(links::pointed).map(Value::from));
    set("entity", raw.get("entity").and_then(links::pointed).map(Value::from));
    described(raw, fields)
}
