//! Records as the API shows them: whole, or as the short form that other records carry.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::kind::{Kind, Shape};
use super::work::{Record, Work};

/// Most linked records shown on one.
const SHOWN: usize = 100;

/// What every record starts with.
fn base(record: &Record) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), record.id.into());
    shown.insert("entityType".to_owned(), record.kind.entity().into());
    shown.insert("rev".to_owned(), record.rev.to_string().into());
    shown.insert("modifiedTime".to_owned(), record.modified.clone().into());
    shown.insert("createdTime".to_owned(), record.created.clone().into());
    if let Some(deleted) = &record.deleted {
        shown.insert("deletedTime".to_owned(), deleted.clone().into());
    }
    shown
}

fn short(record: &Record) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("stub".to_owned(), true.into());
    shown.extend(base(record));
    shown.insert("name".to_owned(), record.name.clone().into());
    shown
}

fn copy(from: &Map<String, Value>, to: &mut Map<String, Value>, keys: &[&str]) {
    for key in keys {
        if let Some(value) = from.get(*key) {
            to.insert((*key).to_owned(), value.clone());
        }
    }
}

fn or_null(body: &Map<String, Value>, key: &str) -> Value {
    body.get(key).cloned().unwrap_or(Value::Null)
}

/// The short form.
pub(crate) fn stub(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    let mut shown = short(record);
    let body = &record.body;
    match record.kind.shape() {
        Shape::Contact => {
            shown.insert("jobTitle".to_owned(), job_title(record));
            shown.insert("description".to_owned(), or_null(body, "description"));
            shown.insert("relationship".to_owned(), Value::Null);
        }
        Shape::Account => {
            shown.insert("regions".to_owned(), regions(body));
            shown.insert("relationship".to_owned(), Value::Null);
            shown.insert("description".to_owned(), or_null(body, "description"));
        }
        Shape::Lead => lead_stub(work, record, &mut shown)?,
        Shape::Activity => {
            copy(
                body,
                &mut shown,
                &["startTime", "endTime", "isAllDay", "isTimed", "isFlagged", "status"],
            );
            shown.insert(
                "activityType".to_owned(),
                at(work, Kind::ActivityType, body.get("activityTypeId"))?,
            );
        }
        Shape::Task | Shape::Note => return full(work, record),
        Shape::Entry => shown.extend(body.clone()),
    }
    Ok(Value::Object(shown))
}

fn job_title(record: &Record) -> Value {
    let custom = record.body.get("customFields").and_then(|fields| fields.get("Job Title"));
    custom.cloned().unwrap_or(Value::Null)
}

fn regions(body: &Map<String, Value>) -> Value {
    let address = body.get("address").and_then(|map| map.get("--primary"));
    let part = |key| address.and_then(|address| address.get(key)).and_then(Value::as_str);
    match (part("city"), part("state")) {
        (Some(city), Some(state)) => json!([format!("{city}, {state}")]),
        _ => json!([]),
    }
}

/// The short form of a record by its id; null when there is none.
fn at(work: &Work<'_>, kind: Kind, id: Option<&Value>) -> Result<Value, Fault> {
    let Some(id) = id.and_then(Value::as_i64) else { return Ok(Value::Null) };
    match work.find(kind, id)? {
        Some(record) => stub(work, &record),
        None => Ok(Value::Null),
    }
}

/// The short form of what a reference `{entityType, id}` points at.
fn pointed(work: &Work<'_>, reference: Option<&Value>) -> Result<Value, Fault> {
    let Some(reference) = reference else { return Ok(Value::Null) };
    let kind = reference.get("entityType").and_then(Value::as_str).and_then(Kind::of);
    kind.map_or(Ok(Value::Null), |kind| at(work, kind, reference.get("id")))
}

fn lead_name(body: &Map<String, Value>) -> String {
    format!("Lead-{}", body.get("number").and_then(Value::as_i64).unwrap_or_default())
}

fn lead_stub(
    work: &Work<'_>,
    record: &Record,
    shown: &mut Map<String, Value>,
) -> Result<(), Fault> {
    let body = &record.body;
    shown.insert("name".to_owned(), lead_name(body).into());
    shown.insert("description".to_owned(), record.name.clone().into());
    shown.insert("status".to_owned(), body.get("status").cloned().unwrap_or_else(|| 0.into()));
    shown.insert("completion".to_owned(), 0.into());
    shown.insert("isOverdue".to_owned(), false.into());
    shown.insert("lastContactedDate".to_owned(), Value::Null);
    for (key, kind) in
        [("primaryAccountName", Kind::Account), ("primaryContactName", Kind::Contact)]
    {
        let first = work.linked((Kind::Lead, record.id), kind)?.into_iter().next();
        let name = first.map(|(id, _)| work.find(kind, id)).transpose()?.flatten();
        shown.insert(key.to_owned(), name.map_or(Value::Null, |record| record.name.into()));
    }
    copy(body, shown, &["value", "dueTime", "closedTime"]);
    Ok(())
}

/// The linked records of one kind that are not in the bin, each with its relationship.
fn links(work: &Work<'_>, record: &Record, to: Kind) -> Result<Value, Fault> {
    let mut shown = Vec::new();
    for (id, relationship) in work.linked((record.kind, record.id), to)? {
        if shown.len() == SHOWN {
            break;
        }
        let Some(other) = work.find(to, id)?.filter(|other| other.deleted.is_none()) else {
            continue;
        };
        let mut one = stub(work, &other)?;
        one["relationship"] = relationship.map_or(Value::Null, Value::String);
        shown.push(one);
    }
    Ok(Value::Array(shown))
}

fn notes(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    let mut shown = Vec::new();
    for id in work.children((record.kind, record.id), Kind::Note)? {
        if let Some(note) = work.find(Kind::Note, id)?.filter(|note| note.deleted.is_none()) {
            shown.push(super::notes::bare(work, &note)?);
        }
    }
    Ok(Value::Array(shown))
}

/// The whole record.
pub(crate) fn full(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    match record.kind.shape() {
        Shape::Account | Shape::Contact => party(work, record),
        Shape::Lead => lead(work, record),
        Shape::Activity => activity(work, record),
        Shape::Task => task(work, record),
        Shape::Note => super::notes::shown(work, record),
        Shape::Entry => {
            let mut shown = base(record);
            shown.insert("name".to_owned(), record.name.clone().into());
            shown.extend(record.body.clone());
            Ok(Value::Object(shown))
        }
    }
}

fn links_and_page(record: &Record, page: &str, number: i64, shown: &mut Map<String, Value>) {
    let slug: String = record
        .name
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let path = format!("/{page}/{number}-{slug}");
    shown.insert("htmlUrl".to_owned(), format!("https://app.nutshell.com{path}").into());
    shown.insert("htmlUrlPath".to_owned(), path.into());
    shown.insert("avatarUrl".to_owned(), Value::Null);
}

/// A person or a company.
fn party(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    let body = &record.body;
    let mut shown = base(record);
    if record.kind == Kind::Contact {
        let name = body.get("name").cloned();
        shown.insert(
            "name".to_owned(),
            name.unwrap_or_else(
                || json!({"givenName": "", "familyName": "", "salutation": "", "displayName": ""}),
            ),
        );
        links_and_page(record, "person", record.id, &mut shown);
        shown.insert("contactedCount".to_owned(), 0.into());
        shown.insert("audiences".to_owned(), json!([]));
        shown.insert("jobTitle".to_owned(), job_title(record));
        shown.insert("accounts".to_owned(), links(work, record, Kind::Account)?);
    } else {
        shown.insert("name".to_owned(), record.name.clone().into());
        links_and_page(record, "company", record.id, &mut shown);
        shown.insert(
            "accountType".to_owned(),
            at(work, Kind::AccountType, body.get("accountTypeId"))?,
        );
        shown.insert("industry".to_owned(), at(work, Kind::Industry, body.get("industryId"))?);
        shown.insert("contacts".to_owned(), links(work, record, Kind::Contact)?);
    }
    shown.insert("territory".to_owned(), at(work, Kind::Territory, body.get("territoryId"))?);
    shown.insert(
        "creator".to_owned(),
        at(work, Kind::User, record.creator.map(Value::from).as_ref())?,
    );
    shown.insert("owner".to_owned(), pointed(work, body.get("owner"))?);
    shown.insert("leads".to_owned(), links(work, record, Kind::Lead)?);
    shown.insert("notes".to_owned(), notes(work, record)?);
    shown.insert("lastContactedDate".to_owned(), Value::Null);
    shown.insert("tags".to_owned(), body.get("tags").cloned().unwrap_or_else(|| json!([])));
    shown.insert("description".to_owned(), or_null(body, "description"));
    shown.insert("legacyId".to_owned(), Value::Null);
    shown.insert("mergedInto".to_owned(), json!([]));
    copy(body, &mut shown, &["email", "phone", "url", "address"]);
    shown.insert(
        "customFields".to_owned(),
        body.get("customFields").cloned().unwrap_or_else(|| json!({})),
    );
    Ok(Value::Object(shown))
}

fn lead(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    let body = &record.body;
    let mut shown = base(record);
    shown.insert("name".to_owned(), lead_name(body).into());
    shown.insert("description".to_owned(), record.name.clone().into());
    links_and_page(
        record,
        "lead",
        body.get("number").and_then(Value::as_i64).unwrap_or_default(),
        &mut shown,
    );
    shown.insert(
        "creator".to_owned(),
        at(work, Kind::User, record.creator.map(Value::from).as_ref())?,
    );
    let accounts = links(work, record, Kind::Account)?;
    shown.insert("primaryAccount".to_owned(), accounts.get(0).cloned().unwrap_or(Value::Null));
    shown.insert("accounts".to_owned(), accounts);
    shown.insert("contacts".to_owned(), links(work, record, Kind::Contact)?);
    let milestone = at(work, Kind::Milestone, body.get("milestoneId"))?;
    shown.insert("stageset".to_owned(), at(work, Kind::Stageset, milestone.get("stagesetId"))?);
    shown.insert("milestone".to_owned(), milestone);
    let activities = work.children((Kind::Lead, record.id), Kind::Activity)?;
    shown.insert("activitiesCount".to_owned(), counts(work, &activities)?);
    for (key, standard) in [("status", json!(0)), ("confidence", json!(50)), ("priority", json!(0))]
    {
        shown.insert(key.to_owned(), body.get(key).cloned().unwrap_or(standard));
    }
    shown.insert("completion".to_owned(), 0.into());
    shown.insert("urgency".to_owned(), "0".into());
    shown.insert("isOverdue".to_owned(), false.into());
    shown.insert("lastContactedDate".to_owned(), Value::Null);
    shown.insert("market".to_owned(), at(work, Kind::Market, body.get("marketId"))?);
    shown.insert("assignee".to_owned(), pointed(work, body.get("assignee"))?);
    let mut sources = Vec::new();
    for id in body.get("sourceIds").and_then(Value::as_array).into_iter().flatten() {
        sources.push(at(work, Kind::Source, Some(id))?);
    }
    shown.insert("sources".to_owned(), sources.into());
    for key in ["competitors", "products", "tags"] {
        shown.insert(key.to_owned(), body.get(key).cloned().unwrap_or_else(|| json!([])));
    }
    for key in ["mergedWith", "mergedInto", "channels", "processes"] {
        shown.insert(key.to_owned(), json!([]));
    }
    shown.insert("clonedFrom".to_owned(), Value::Null);
    copy(body, &mut shown, &["dueTime", "closedTime", "value", "customFields"]);
    if let Some(value) = body.get("value") {
        shown.insert("normalizedValue".to_owned(), value.clone());
        shown.insert("estimatedValue".to_owned(), value.clone());
    }
    if body.contains_key("outcomeId") {
        shown.insert("outcome".to_owned(), at(work, Kind::Outcome, body.get("outcomeId"))?);
    }
    shown.insert("notes".to_owned(), notes(work, record)?);
    Ok(Value::Object(shown))
}

fn counts(work: &Work<'_>, activities: &[i64]) -> Result<Value, Fault> {
    let mut counts = [("0", 0), ("1", 0), ("2", 0), ("-1", 0)];
    for id in activities {
        let Some(activity) = work.find(Kind::Activity, *id)?.filter(|one| one.deleted.is_none())
        else {
            continue;
        };
        let status =
            activity.body.get("status").and_then(Value::as_i64).unwrap_or_default().to_string();
        for (key, count) in &mut counts {
            *count += i32::from(*key == status);
        }
    }
    Ok(Value::Object(
        counts.iter().map(|(key, count)| ((*key).to_owned(), (*count).into())).collect(),
    ))
}

fn activity(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    let body = &record.body;
    let mut shown = base(record);
    shown.insert("name".to_owned(), record.name.clone().into());
    shown.insert("description".to_owned(), or_null(body, "description"));
    shown.insert(
        "activityType".to_owned(),
        at(work, Kind::ActivityType, body.get("activityTypeId"))?,
    );
    copy(
        body,
        &mut shown,
        &["startTime", "endTime", "isAllDay", "isTimed", "isFlagged", "status", "location"],
    );
    shown.insert(
        "creator".to_owned(),
        at(work, Kind::User, record.creator.map(Value::from).as_ref())?,
    );
    shown.insert("loggedBy".to_owned(), at(work, Kind::User, body.get("loggedBy"))?);
    let mut participants = Vec::new();
    for one in body.get("participants").and_then(Value::as_array).into_iter().flatten() {
        let mut stub = pointed(work, Some(one))?;
        if stub.is_object() {
            stub["status"] = 0.into();
            participants.push(stub);
        }
    }
    shown.insert("participants".to_owned(), participants.into());
    let mut leads = Vec::new();
    for id in body.get("leads").and_then(Value::as_array).into_iter().flatten() {
        leads.push(at(work, Kind::Lead, Some(id))?);
    }
    shown.insert("lead".to_owned(), leads.first().cloned().unwrap_or(Value::Null));
    shown.insert("leads".to_owned(), leads.into());
    let log = at(work, Kind::Note, body.get("logNoteId"))?;
    let described = log.get("note").cloned().unwrap_or(Value::Null);
    shown.insert("logNote".to_owned(), log);
    shown.insert("logDescription".to_owned(), described);
    Ok(Value::Object(shown))
}

fn task(work: &Work<'_>, record: &Record) -> Result<Value, Fault> {
    let body = &record.body;
    let mut shown = base(record);
    shown.insert("title".to_owned(), record.name.clone().into());
    for key in ["description", "dueTime", "completedTime"] {
        shown.insert(key.to_owned(), or_null(body, key));
    }
    shown.insert("assignee".to_owned(), pointed(work, body.get("assignee"))?);
    shown.insert("entity".to_owned(), pointed(work, body.get("entity"))?);
    shown.insert(
        "creator".to_owned(),
        at(work, Kind::User, record.creator.map(Value::from).as_ref())?,
    );
    Ok(Value::Object(shown))
}
