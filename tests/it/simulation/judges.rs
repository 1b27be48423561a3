//! What must hold in the simulated CRM, whatever happened: judged by its journal and records.

use std::collections::{BTreeMap, BTreeSet};

use flitpipe::crm::Values;
use flitpipe::ground::{CrmRef, Entity};
use serde_json::Value;

use super::crm::{Actor, Deed, Stored, Verb};

pub(super) type Records = BTreeMap<CrmRef, Stored>;

/// I9, I10, I11 over the whole journal.
pub(super) fn lawful(journal: &[Deed]) -> Result<(), String> {
    let mut made = BTreeSet::new();
    let mut said: BTreeMap<&CrmRef, BTreeSet<String>> = BTreeMap::new();
    let mut noted: BTreeMap<&CrmRef, CrmRef> = BTreeMap::new();
    for deed in journal {
        let changed = changed(&deed.before, &deed.after);
        match (deed.actor, deed.verb) {
            (Actor::Person, Verb::Create) => {
                said.entry(&deed.at).or_default().insert("all of it".into());
                noted.extend(parent(&deed.after).map(|on| (&deed.at, on)));
            }
            (Actor::Person, Verb::Edit) => said.entry(&deed.at).or_default().extend(changed),
            (Actor::Person, Verb::Delete) => {
                noted.retain(|note, on| **note != deed.at && *on != deed.at);
            }
            (Actor::Ours, Verb::Create) => drop(made.insert(&deed.at)),
            (Actor::Ours, Verb::Edit | Verb::Delete) => {
                ours(deed, &made)?;
                unsaid(deed, said.get(&deed.at), &noted)?;
            }
        }
    }
    Ok(())
}

/// I10: a deed of ours takes nothing away that a person said.
fn unsaid(
    deed: &Deed,
    said: Option<&BTreeSet<String>>,
    noted: &BTreeMap<&CrmRef, CrmRef>,
) -> Result<(), String> {
    let is_noted = noted.values().any(|on| *on == deed.at);
    let changed = changed(&deed.before, &deed.after);
    if let Some(path) = said.and_then(|said| said.intersection(&changed).next()) {
        return Err(format!("I10, {} takes a person's {path}", shown(deed)));
    }
    if deed.verb == Verb::Delete && (said.is_some() || is_noted) {
        let what = if is_noted { "a person's note hangs on" } else { "a person wrote" };
        return Err(format!("I10, {} deletes what {what}", shown(deed)));
    }
    Ok(())
}

fn ours(deed: &Deed, made: &BTreeSet<&CrmRef>) -> Result<(), String> {
    if deed.revs.0 != deed.revs.1 {
        return Err(format!("I9, {}: {} over {}", shown(deed), deed.revs.0, deed.revs.1));
    }
    if deed.verb == Verb::Edit && deed.read != deed.before {
        return Err(format!("I10, {} over values that were not read", shown(deed)));
    }
    if deed.verb == Verb::Delete && !made.contains(&deed.at) {
        return Err(format!("I11, {} deletes what was not ours", shown(deed)));
    }
    Ok(())
}

/// I5: no marker is on two living records.
pub(super) fn one_copy_each(records: &Records) -> Result<(), String> {
    let mut seen = BTreeMap::new();
    for (at, record) in records {
        let Some(marker) = &record.marker else { continue };
        if let Some(other) = seen.insert(marker, at) {
            return Err(format!("I5, {marker} is {other} and {at}"));
        }
    }
    Ok(())
}

/// I6: what was made is there, unless a person deleted it or what it stood on.
pub(super) fn nothing_lost(
    records: &Records,
    journal: &[Deed],
    names: &[&str],
) -> Result<(), String> {
    let by_person =
        journal.iter().any(|deed| deed.actor == Actor::Person && deed.verb == Verb::Delete);
    let there: BTreeSet<&str> = records.values().filter_map(|record| key(record)).collect();
    let missing: Vec<_> = names.iter().filter(|name| !there.contains(**name)).collect();
    if missing.is_empty() || by_person { Ok(()) } else { Err(format!("I6, missing: {missing:?}")) }
}

/// I13 and I14: nothing of ours since then.
pub(super) fn nothing_written(journal: &[Deed], since: usize, law: &str) -> Result<(), String> {
    let more = journal.iter().skip(since).find(|deed| deed.actor == Actor::Ours);
    more.map_or(Ok(()), |deed| Err(format!("{law}, written again: {}", shown(deed))))
}

/// I15: the same records but for their ids.
pub(super) fn same_state(records: &Records, calm: &Records, law: &str) -> Result<(), String> {
    let (here, there) = (settled(records), settled(calm));
    if here == there {
        return Ok(());
    }
    let only = |one: &[String], other: &[String]| {
        one.iter().filter(|record| !other.contains(record)).cloned().collect::<Vec<_>>().join("; ")
    };
    Err(format!("{law}:\n  here  {}\n  there {}", only(&here, &there), only(&there, &here)))
}

/// I12: what was there stands as before, but for what people changed and what the rollback says it
/// left; of what we made only what it left is there.
pub(super) fn taken_back(
    records: &Records,
    before: &Records,
    (journal, left): (&[Deed], &BTreeSet<String>),
) -> Result<(), String> {
    for (at, record) in records {
        let by_person = record.by == Actor::Person;
        if !by_person && !left.contains(&at.to_string()) {
            return Err(format!("I12, {at} is there and not told: {:?}", record.fields));
        }
    }
    for (at, old) in before.iter().filter(|(at, _)| !left.contains(&at.to_string())) {
        let by_person = journal.iter().filter(|deed| deed.at == *at && deed.actor == Actor::Person);
        let said: BTreeSet<String> =
            by_person.clone().flat_map(|deed| changed(&deed.before, &deed.after)).collect();
        let Some(now) = records.get(at) else {
            if by_person.clone().any(|deed| deed.verb == Verb::Delete) {
                continue;
            }
            return Err(format!("I12, {at} is gone"));
        };
        let differing = changed(&old.fields, &now.fields);
        if let Some(path) = differing.difference(&said).next() {
            return Err(format!("I12, {at}: {path} is not as before"));
        }
    }
    Ok(())
}

fn shown(deed: &Deed) -> String {
    format!("{:?} {} at {} ms", deed.verb, deed.at, deed.after_ms)
}

fn parent(fields: &Values) -> Option<CrmRef> {
    fields.get("entity")?.as_str()?.parse().ok()
}

fn changed(before: &Values, after: &Values) -> BTreeSet<String> {
    let paths = before.keys().chain(after.keys());
    paths.filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

/// The source record that a record stands for.
fn key(record: &Stored) -> Option<&str> {
    record.marker.as_deref().and_then(|marker| marker.split_once(' ')).map(|(key, _)| key)
}

/// The records in an order of their own, with names in the place of ids.
fn settled(records: &Records) -> Vec<String> {
    let name = |at: &CrmRef| {
        let record = records.get(at);
        record.map(|record| match (key(record), record.fields.get("name")) {
            (Some(key), _) => key.to_owned(),
            (None, name) => format!("old {name:?}"),
        })
    };
    let plain = |value: &Value| {
        let mut items = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for item in &mut items {
            let at = item.as_str().and_then(|text| text.parse::<CrmRef>().ok());
            if let Some(name) = at.filter(|at| at.entity != Entity::Users).and_then(|at| name(&at))
            {
                *item = name.into();
            }
        }
        Value::Array(items).to_string()
    };
    let mut all: Vec<String> = records
        .iter()
        .map(|(at, record)| {
            let fields: Vec<_> = record
                .fields
                .iter()
                .map(|(path, value)| format!("{path}={}", plain(value)))
                .collect();
            format!("{} {} {}", at.entity, name(at).unwrap_or_default(), fields.join(" "))
        })
        .collect();
    all.sort();
    all
}
