//! The invariants of the write path, judged from the CRM's side: its journal and its records, never
//! our own ledger.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::rehearsal::copies;

/// Who did what to the CRM in a run of ours.
const OURS: &str = "flitpipe";

/// The tables that are compared.
const RECORDS: [&str; 6] = ["Accounts", "Contacts", "Leads", "Notes", "Activities", "Tasks"];

/// What every write changes, or what the CRM counts by itself.
const MOVING: [&str; 15] = [
    "rev",
    "id",
    "number",
    "createdTime",
    "modifiedTime",
    "date",
    "lastContactedDate",
    "contactedCount",
    "activitiesCount",
    "urgency",
    "nextStepDueTime",
    "noteHtml",
    "closedTime",
    "htmlUrl",
    "htmlUrlPath",
];

/// I5: every marker stands on one live record.
pub(crate) fn one_copy_each(dump: &Value) -> Result<(), String> {
    let doubled: Vec<_> = copies(dump).into_iter().filter(|(_, count)| *count != 1).collect();
    if doubled.is_empty() { Ok(()) } else { Err(format!("I5, copies: {doubled:?}")) }
}

/// I9: every change and deletion of ours names the revision that stood there.
pub(crate) fn revisions_named(journal: &[Value]) -> Result<(), String> {
    for deed in ours(journal).filter(|deed| is(deed, "edit") || is(deed, "delete")) {
        let given = text(&deed["request"]["rev"]);
        let stood = text(&deed["before"]["rev"]);
        if given != stood {
            return Err(format!("I9, {}: rev {given} over {stood}", named(deed)));
        }
    }
    Ok(())
}

/// I10: no write of ours changes a value that a person wrote last; a list may grow around it.
pub(crate) fn nobody_overwritten(journal: &[Value]) -> Result<(), String> {
    let mut by_person: HashMap<(String, String), HashMap<String, Value>> = HashMap::new();
    for deed in journal {
        let record = (text(&deed["entity"]), text(&deed["id"]));
        let changed = changes(&deed["before"], &deed["after"]);
        if deed["actor"] == "person" {
            by_person.entry(record).or_default().extend(changed);
            continue;
        }
        let Some(words) = by_person.get(&record).filter(|words| !words.is_empty()) else {
            continue;
        };
        if deed["actor"] == OURS && is(deed, "delete") {
            return Err(format!("I10, {} deletes what a person wrote", named(deed)));
        }
        for (path, value) in words {
            let lost = changed.get(path).is_some_and(|after| !holds(after, value));
            if deed["actor"] == OURS && lost {
                return Err(format!("I10, {} takes {path} = {value} away", named(deed)));
            }
        }
    }
    Ok(())
}

/// I11: only what we made is deleted by us.
pub(crate) fn only_own_deleted(journal: &[Value]) -> Result<(), String> {
    let mut made = HashSet::new();
    for deed in ours(journal) {
        let record = (text(&deed["entity"]), text(&deed["id"]));
        if is(deed, "new") {
            made.insert(record);
        } else if is(deed, "delete") && !made.contains(&record) {
            return Err(format!("I11, {} deletes what was not ours", named(deed)));
        }
    }
    Ok(())
}

/// I14: nothing of ours after this entry of the journal.
pub(crate) fn nothing_written(journal: &[Value], since: usize) -> Result<(), String> {
    let more: Vec<_> = ours(journal.get(since..).unwrap_or_default()).map(named).collect();
    if more.is_empty() { Ok(()) } else { Err(format!("I14, written again: {more:?}")) }
}

/// I15: the same records as in an undisturbed run, but for ids, revisions and times.
pub(crate) fn same_state(dump: &Value, calm: &Value) -> Result<(), String> {
    let (one, other) = (settled(dump), settled(calm));
    for table in RECORDS {
        let count = |state: &BTreeMap<&str, Vec<String>>| {
            let mut counts: BTreeMap<String, i64> = BTreeMap::new();
            for record in &state[table] {
                *counts.entry(record.clone()).or_default() += 1;
            }
            counts
        };
        let (have, want) = (count(&one), count(&other));
        let only = |a: &BTreeMap<String, i64>, b: &BTreeMap<String, i64>| {
            let found = a.iter().find(|(record, count)| b.get(*record) != Some(count));
            found.map(|(record, _)| record.clone()).unwrap_or_default()
        };
        if have != want {
            let (more, less) = (only(&have, &want), only(&want, &have));
            let (more, less) = apart(&more, &less);
            return Err(format!("I15, {table}:\n      here  {more}\n      there {less}"));
        }
    }
    Ok(())
}

/// Two texts from a little before where they part.
fn apart(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let part = |text: &str| text.chars().skip(same.saturating_sub(60)).take(160).collect();
    (part(one), part(other))
}

/// All that holds whatever people and the host do: I9, I10, I11.
pub(crate) fn lawful(journal: &[Value]) -> Result<(), String> {
    revisions_named(journal)?;
    nobody_overwritten(journal)?;
    notes_kept(journal)?;
    only_own_deleted(journal)
}

/// I10 for what hangs on a record: none on which a person's note hangs is deleted by us.
fn notes_kept(journal: &[Value]) -> Result<(), String> {
    let mut noted = HashSet::new();
    for deed in journal {
        let parent = &deed["request"]["entity"];
        if deed["actor"] == "person" && is(deed, "newNote") {
            noted.insert((text(&parent["entityType"]), text(&parent["id"])));
        }
        let record = (text(&deed["entity"]), text(&deed["id"]));
        if deed["actor"] == OURS && is(deed, "delete") && noted.contains(&record) {
            return Err(format!("I10, {} deletes what a person's note hangs on", named(deed)));
        }
    }
    Ok(())
}

/// I5 over time: no marker was given to two records, whatever became of the first one.
pub(crate) fn made_once(journal: &[Value]) -> Result<(), String> {
    let made = ours(journal).filter(|deed| is(deed, "new"));
    let made: Vec<_> = made.map(|deed| deed["after"].clone()).collect();
    one_copy_each(&json!({ "made": made }))
}

fn ours(journal: &[Value]) -> impl Iterator<Item = &Value> {
    journal.iter().filter(|deed| deed["actor"] == OURS)
}

fn is(deed: &Value, verb: &str) -> bool {
    deed["method"].as_str().is_some_and(|method| method.starts_with(verb))
}

fn named(deed: &Value) -> String {
    format!("{} {}:{} (entry {})", text(&deed["method"]), deed["entity"], deed["id"], deed["seq"])
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The values of a record by path, without what moves by itself and what others see in it.
fn values(record: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let skipped = ["activities", "notes", "tasks", "contacts", "leads", "accounts", "noteMarkup"];
    for (name, value) in record.as_object().into_iter().flatten() {
        if MOVING.contains(&name.as_str()) || skipped.contains(&name.as_str()) {
            continue;
        }
        match value {
            Value::Object(inner) if name == "customFields" => {
                // Who empties the field of the marker has said nothing about the record.
                let inner = inner.iter().filter(|(key, _)| *key != "Flitpipe_Key__c");
                found.extend(inner.map(|(key, value)| (format!("{name}.{key}"), value.clone())));
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                found.insert(name.clone(), value.clone());
            }
        }
    }
    found
}

/// What a deed changed on a record that stood there before and after.
fn changes(before: &Value, after: &Value) -> HashMap<String, Value> {
    if !before.is_object() || !after.is_object() {
        return HashMap::new();
    }
    let (before, after) = (values(before), values(after));
    let paths: HashSet<_> = before.keys().chain(after.keys()).cloned().collect();
    paths
        .into_iter()
        .filter(|path| before.get(path) != after.get(path))
        .map(|path| {
            let value = after.get(&path).cloned().unwrap_or(Value::Null);
            (path, value)
        })
        .collect()
}

/// Whether a value still has everything of another one in it.
fn holds(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Array(all), Value::Array(part)) => part.iter().all(|one| all.contains(one)),
        (Value::Object(all), Value::Object(part)) => {
            part.iter().all(|(key, one)| all.get(key) == Some(one))
        }
        _ => value == part,
    }
}

/// The records of each table, ids told by names, in an order of their own.
fn settled(dump: &Value) -> BTreeMap<&'static str, Vec<String>> {
    let mut names = HashMap::new();
    for table in RECORDS {
        for record in dump[table].as_array().into_iter().flatten() {
            let one = json!({ "one": [record] });
            let marker = copies(&one).into_keys().next();
            let name = marker.map_or_else(
                || format!("old {}", text(&record["id"])),
                |marker| marker.rsplit_once(' ').map_or(marker.clone(), |(key, _)| key.to_owned()),
            );
            names.insert(format!("{table}:{}", text(&record["id"])), name);
        }
    }
    let table = |table: &'static str| {
        let records = dump[table].as_array().into_iter().flatten();
        let mut shown: Vec<_> =
            records.map(|record| plain(record, &names, None).to_string()).collect();
        shown.sort();
        (table, shown)
    };
    RECORDS.into_iter().map(table).collect()
}

/// A value without what moves, with names in the place of ids.
fn plain(value: &Value, names: &HashMap<String, String>, key: Option<&str>) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(|one| plain(one, names, None)).collect();
            items.sort_by_key(ToString::to_string);
            items.into()
        }
        Value::Object(entries) => object(entries, names),
        Value::String(text) => {
            if let Some(name) = names.get(text) {
                return name.clone().into();
            }
            // The last part of a marker is the ledger's own.
            let marked = key == Some("Flitpipe_Key__c") || text.trim_end().ends_with(']');
            let own = marked.then(|| text.rsplit_once(' ')).flatten();
            own.map_or_else(|| value.clone(), |(text, _)| text.into())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn object(entries: &Map<String, Value>, names: &HashMap<String, String>) -> Value {
    let mut shown = Map::new();
    let entity = entries.get("entityType").map(text).unwrap_or_default();
    let id = entries.get("id").map(text).unwrap_or_default();
    if let Some(name) = names.get(&format!("{entity}:{id}")) {
        shown.insert("who".to_owned(), name.clone().into());
    }
    let is_lead = entity == "Leads";
    for (key, value) in entries {
        // The name of a lead is made of its number, and a stub's times are those of the run.
        let skipped = MOVING.contains(&key.as_str()) || (is_lead && key == "name");
        if !skipped {
            shown.insert(key.clone(), plain(value, names, Some(key)));
        }
    }
    shown.sort_keys();
    shown.into()
}
