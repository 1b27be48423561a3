//! Notes: written by whoever asks, now; changed only by their author, and only for a day.

use jiff::SignedDuration;
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use super::fault::Fault;
use super::kind::{Kind, Shape};
use super::normal::text;
use super::render;
use super::work::{Record, Work};
use super::written::{integer, unknown};

/// How long a note can be changed.
const EDITABLE: SignedDuration = SignedDuration::from_hours(24);

/// Puts a note on a record. `files` are ids of uploaded files. (The upload is the sandbox's own.)
pub(crate) fn write(work: &Work<'_>, parent: (Kind, i64), note: &Value) -> Result<Record, Fault> {
    let body = text(note.get("note").unwrap_or(note))
        .ok_or_else(|| Fault::invalid("a note needs a text"))?;
    work.get(parent.0, parent.1)?;
    let mut files = Vec::new();
    for file in note.get("files").and_then(Value::as_array).into_iter().flatten() {
        let id = file.get("id").and_then(integer).unwrap_or_default();
        if file_of(work, id)?.is_none() {
            return Err(Fault::invalid(format!("Files {id} does not exist")));
        }
        files.push(Value::from(id));
    }
    let mut record = work.fresh(Kind::Note)?;
    record.body.insert("note".to_owned(), body.into());
    if !files.is_empty() {
        record.body.insert("files".to_owned(), files.into());
    }
    work.put(&record)?;
    work.adopt(parent, (Kind::Note, record.id))?;
    Ok(record)
}

/// `newNote(entity, note)`.
pub(crate) fn create(work: &Work<'_>, entity: &Value, note: &Value) -> Result<Record, Fault> {
    let kind = entity.get("entityType").and_then(Value::as_str).and_then(Kind::of);
    let id = entity.get("id").and_then(integer);
    let (Some(kind), Some(id)) = (kind, id) else {
        return Err(Fault::invalid("entity needs entityType and id"));
    };
    if !kind.is_main() && kind != Kind::Activity {
        return Err(Fault::invalid(format!("{} take no notes", kind.entity())));
    }
    work.get(kind, id).map_err(|_| unknown(kind, id))?;
    write(work, (kind, id), note)
}

/// `editNote(noteId, rev, note)`.
pub(crate) fn edit(work: &Work<'_>, id: i64, rev: &Value, note: &Value) -> Result<Record, Fault> {
    let mut record = work.hold(Kind::Note, id, rev)?;
    let written = super::normal::time(&record.created.clone().into())
        .and_then(|time| time.replace("+0000", "Z").parse::<jiff::Timestamp>().ok());
    let fresh = written.is_some_and(|written| work.at.duration_since(written) <= EDITABLE);
    if record.creator != Some(work.user) || !fresh {
        return Err(Fault {
            code: 403,
            message: "Notes can only be edited by their author within 24 hours".to_owned(),
        });
    }
    let body = text(note.get("note").unwrap_or(note))
        .ok_or_else(|| Fault::invalid("a note needs a text"))?;
    record.body.insert("note".to_owned(), body.into());
    work.touch(&mut record);
    work.put(&record)?;
    for (kind, parent) in work.parents((Kind::Note, id))? {
        work.bump(kind, parent)?;
    }
    Ok(record)
}

/// An uploaded file as it stands on a note.
fn file_of(work: &Work<'_>, id: i64) -> Result<Option<Value>, Fault> {
    let sql = "SELECT name, mime, length(content), hash FROM file WHERE id = ?1";
    let found = work.db.prepare_cached(sql)?.query_row(params![id], |row| {
        let (name, mime, size, hash): (String, String, i64, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(json!({
            "entityType": "Files", "id": id, "uri": format!("/nutshell/files/{id}"), "name": name,
            "mime": mime, "rev": "0", "size": size, "clientType": "sandbox", "hash": hash,
        }))
    });
    Ok(found.optional()?)
}

/// A note without the record it stands on, as that record shows it.
pub(crate) fn bare(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    let note = record.body.get("note").and_then(Value::as_str).unwrap_or_default();
    let html = note.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let user = record.creator.map(|id| work.find(Kind::User, id)).transpose()?.flatten();
    let user = user.map_or(Ok(Value::Null), |user| render::stub(work, &user))?;
    let mut shown = json!({
        "id": record.id, "entityType": "Notes", "rev": record.rev.to_string(),
        "modifiedTime": record.modified, "createdTime": record.created, "date": record.created,
        "note": note, "noteMarkup": markup(note), "noteHtml": format!("<p>{}</p>", html.replace('\n', "<br>")),
        "user": user, "originId": null, "mentions": mentions(note),
    });
    if let Some(deleted) = &record.deleted {
        shown["deletedTime"] = deleted.clone().into();
    }
    let mut files = Vec::new();
    for id in record.body.get("files").and_then(Value::as_array).into_iter().flatten() {
        files.extend(file_of(work, id.as_i64().unwrap_or_default())?);
    }
    if !files.is_empty() {
        shown["files"] = files.into();
    }
    Ok(shown)
}

/// The whole note, with the record it stands on.
pub(crate) fn shown(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    let mut shown = bare(work, record)?;
    for (kind, id) in work.parents((Kind::Note, record.id))? {
        let key = match kind.shape() {
            Shape::Account => "account",
            Shape::Contact => "contact",
            Shape::Lead => "lead",
            Shape::Activity | Shape::Task | Shape::Note | Shape::Entry => "activity",
        };
        if let Some(parent) = work.find(kind, id)? {
            shown[key] = render::stub(work, &parent)?;
        }
    }
    Ok(shown)
}

/// The pieces `@[Contacts:12]` of a text: where each starts and ends, its kind and its id.
fn pieces(note: &str) -> Vec<(usize, usize, Kind, i64)> {
    let mut found = Vec::new();
    for (start, _) in note.match_indices("@[") {
        let Some(length) = note[start..].find(']') else { break };
        let inner = &note[start + 2..start + length];
        let Some((entity, id)) = inner.split_once(':') else { continue };
        if let (Some(kind), Ok(id)) = (Kind::of(entity), id.parse()) {
            found.push((start, start + length + 1, kind, id));
        }
    }
    found
}

/// Mentions as the API writes them back.
fn markup(note: &str) -> String {
    let mut out = String::new();
    let mut from = 0;
    for (start, end, kind, id) in pieces(note) {
        let entity = kind.entity().to_lowercase();
        out.push_str(&note[from..start]);
        out.push_str(&["@[", &entity, ":", &id.to_string(), "-", &entity, "]"].concat());
        from = end;
    }
    out.push_str(&note[from..]);
    out
}

fn mentions(note: &str) -> Vec<Value> {
    pieces(note)
        .into_iter()
        .map(|(_, _, kind, id)| json!({"entityType": kind.entity(), "id": id}))
        .collect()
}
