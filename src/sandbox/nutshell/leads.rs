//! What is peculiar to leads: number, stage, status and how one is closed, value, sources.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::kind::Kind;
use super::normal::{self, text};
use super::work::{Record, Work, stamp};
use super::written::{integer, listed, set as put, unknown, user};

/// Longest description, in characters: the live service refuses more.
const DESCRIPTION: usize = 100;

/// Gives a new lead its public number, its stage and its status.
pub(crate) fn begin(
    work: &Work<'_>,
    record: &mut Record,
    given: &Map<String, Value>,
) -> Result<(), Fault> {
    let closes = ["outcome", "outcomeId", "closedTime", "status"];
    if let Some(key) =
        closes.iter().find(|key| given.get(**key).is_some_and(|value| !value.is_null()))
    {
        // Our choice: no client is known to close a lead while creating it, so it is refused loudly.
        let zero = *key == "status" && given.get(*key).and_then(integer) == Some(0);
        if !zero {
            return Err(Fault::invalid(format!(
                "{key} cannot be set on a new lead: edit it afterwards"
            )));
        }
    }
    let number = 1000 + work.next("lead number")?;
    record.body.insert("number".to_owned(), number.into());
    record.body.insert("status".to_owned(), 0.into());
    let first = work.all(Kind::Milestone)?;
    let default = default_stageset(work)?;
    let stage =
        first.iter().find(|stage| stage.body.get("stagesetId").and_then(Value::as_i64) == default);
    if let Some(stage) = stage.or(first.first()) {
        record.body.insert("milestoneId".to_owned(), stage.id.into());
    }
    if let Some(market) = work.all(Kind::Market)?.first() {
        record.body.insert("marketId".to_owned(), market.id.into());
    }
    Ok(())
}

fn default_stageset(work: &Work<'_>) -> Result<Option<i64>, Fault> {
    let sets = work.all(Kind::Stageset)?;
    let default = sets.iter().find(|set| set.body.get("default") == Some(&json!(1)));
    Ok(default.map(|set| set.id))
}

/// Sets one key of a lead.
pub(crate) fn set(
    work: &Work<'_>,
    record: &mut Record,
    key: &str,
    value: &Value,
) -> Result<(), Fault> {
    match key {
        "description" => {
            let given = text(value).unwrap_or_default();
            if given.chars().count() > DESCRIPTION {
                return Err(Fault::invalid(
                    "Lead description cannot be longer than 100 characters",
                ));
            }
            record.name = given;
        }
        "milestoneId" => listed(work, record, key, (Kind::Milestone, value))?,
        "market" => {
            listed(work, record, "marketId", (Kind::Market, value.get("id").unwrap_or(value)))?;
        }
        "assignee" => {
            let assignee = user(work, value)?;
            put(record, "assignee", assignee);
        }
        "confidence" | "priority" => put(record, key, integer(value).map(Value::from)),
        "dueTime" | "closedTime" => {
            let time = normal::time(value);
            if time.is_none() && !value.is_null() {
                return Err(Fault::invalid(format!("{key} is not a time")));
            }
            put(record, key, time.map(Value::String));
        }
        "value" => put(record, "value", money(value)?),
        "sources" => put(record, "sourceIds", Some(ids(work, Kind::Source, value)?)),
        "products" | "competitors" => put(record, key, Some(value.clone())),
        "outcome" => close(work, record, value.get("id").unwrap_or(value))?,
        "outcomeId" => close(work, record, value)?,
        "isPending" => put(record, "status", Some(i64::from(value == &json!(true)).into())),
        "status" => reopen(record, value)?,
        _ => {}
    }
    Ok(())
}

fn money(value: &Value) -> Result<Option<Value>, Fault> {
    if value.is_null() {
        return Ok(None);
    }
    let code = value.get("currency").or_else(|| value.get("currency_shortname")).and_then(text);
    let amount = value.get("amount").and_then(|amount| {
        amount.as_f64().or_else(|| amount.as_str().and_then(|text| text.parse().ok()))
    });
    let amount = amount.ok_or_else(|| Fault::invalid("value needs an amount"))?;
    let amount = serde_json::Number::from_f64(amount).map_or(Value::Null, Value::Number);
    Ok(Some(json!({"currency": code.unwrap_or_else(|| "USD".to_owned()), "amount": amount})))
}

fn ids(work: &Work<'_>, kind: Kind, value: &Value) -> Result<Value, Fault> {
    let mut ids: Vec<Value> = Vec::new();
    for entry in value.as_array().into_iter().flatten() {
        let id = entry.get("id").or(Some(entry)).and_then(integer);
        let id = id.ok_or_else(|| Fault::invalid(format!("{} need ids", kind.entity())))?;
        work.get(kind, id).map_err(|_| unknown(kind, id))?;
        ids.push(id.into());
    }
    Ok(ids.into())
}

/// Closes a lead by its outcome; the outcome's type is the status.
fn close(work: &Work<'_>, record: &mut Record, outcome: &Value) -> Result<(), Fault> {
    let Some(id) = integer(outcome) else {
        return Err(Fault::invalid("outcome needs an id"));
    };
    let outcome = work.get(Kind::Outcome, id).map_err(|_| unknown(Kind::Outcome, id))?;
    record.body.insert("outcomeId".to_owned(), id.into());
    record.body.insert(
        "status".to_owned(),
        outcome.body.get("type").cloned().unwrap_or_else(|| 10.into()),
    );
    if !record.body.contains_key("closedTime") {
        record.body.insert("closedTime".to_owned(), stamp(work.at).into());
    }
    Ok(())
}

fn reopen(record: &mut Record, value: &Value) -> Result<(), Fault> {
    if integer(value) != Some(0) {
        return Err(Fault::invalid(
            "Lead status can only be set to 0 (for reopening). Use outcome or isPending instead.",
        ));
    }
    record.body.insert("status".to_owned(), 0.into());
    record.body.shift_remove("outcomeId");
    record.body.shift_remove("closedTime");
    Ok(())
}

/// On an edit every entry of a relationship must say what it is.
pub(crate) fn typed_entries(given: &Map<String, Value>) -> Result<(), Fault> {
    for key in ["accounts", "contacts", "products", "competitors", "sources"] {
        for entry in given.get(key).and_then(Value::as_array).into_iter().flatten() {
            if entry.get("entityType").and_then(Value::as_str).is_none() {
                return Err(Fault::invalid(format!("entityType is required for entries of {key}")));
            }
        }
    }
    Ok(())
}
