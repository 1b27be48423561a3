//! Notes, and files as notes that hold or link them: their fields on the wire and back.

use serde_json::{Value, json};

use super::agenda::changed;
use super::links;
use super::text::Letter;
use super::wrong::Wrong;
use crate::crm::{Patch, Snapshot, Values};

/// The reference to what a note stands on.
fn parent(fields: &Values) -> Result<Value, Wrong> {
    let link = fields.get("entity").map(links::list).unwrap_or_default();
    let first =
        link.first().ok_or_else(|| Wrong("a note needs a record to stand on".to_owned()))?;
    links::reference(first)
}

/// A note's parameters on a create: what it stands on, and its text with its files.
pub(super) fn write(fields: &Values, marker: &str) -> Result<Value, Wrong> {
    let text = Letter::of(fields, "note", Some(marker)).write();
    let mut note = json!({"entityType": "Notes", "note": text});
    if let Some(file) = fields.get("file") {
        note["files"] = if file.is_array() { file.clone() } else { json!([file]) };
    }
    Ok(json!({"entity": parent(fields)?, "note": note}))
}

/// A note's text on an edit.
pub(super) fn edit(now: &Snapshot, patch: &Patch) -> Result<Value, Wrong> {
    let fixed = ["entity", "file", "author"];
    if let Some(path) = patch.keys().find(|path| fixed.contains(&path.as_str())) {
        return Err(Wrong(format!("`{path}` of a note cannot be changed")));
    }
    let fields = changed(Some(now), patch);
    Ok(json!({"note": Letter::of(&fields, "note", now.marker.as_deref()).write()}))
}

/// The fields of a rendered note, and its marker.
pub(super) fn read(raw: &Value, fields: &mut Values) -> Option<String> {
    let letter = Letter::read(raw.get("note").and_then(Value::as_str).unwrap_or_default());
    letter.tell("note", fields);
    let parents = ["contact", "account", "lead", "activity", "entity"];
    if let Some(parent) = parents.iter().find_map(|key| links::pointed(raw.get(*key)?)) {
        fields.insert("entity".to_owned(), parent.into());
    }
    if let Some(user) = raw.get("user").and_then(links::pointed) {
        fields.insert("author".to_owned(), user.into());
    }
    if let Some(file) = raw.pointer("/files/0") {
        fields.insert("file".to_owned(), file.clone());
    }
    letter.marker
}
