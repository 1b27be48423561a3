//! The account's lists, read whole.

use serde_json::{Value, json};

use super::answer::Expect;
use super::lead;
use super::line::{Ask, Line, Repeat};
use super::links;
use super::pace::Lane;
use crate::crm::{
    CrmError, CrmUser, CustomField, Inventory, Listed, Outcome, SalesPipeline, Stage,
};
use crate::ground::{CrmId, Entity};

/// Entries on a page.
const PAGE: usize = 100;

/// One read.
pub(super) async fn read(
    line: &Line,
    method: &'static str,
    params: &Value,
) -> Result<Value, CrmError> {
    let whole = params.get("stubResponses") == Some(&Value::Bool(false));
    let family = match method {
        _ if method.starts_with("get") => Lane::Get,
        _ if whole => Lane::FindWhole,
        _ => Lane::FindShort,
    };
    let (expect, repeat) = (Expect::Any, Repeat::Always);
    line.rpc(&Ask { method, params, author: None, expect, lane: family, repeat }).await
}

/// All pages of a list.
async fn all(line: &Line, method: &'static str) -> Result<Vec<Value>, CrmError> {
    let mut entries = Vec::new();
    for page in 1.. {
        let params = json!({"orderBy": "id", "orderDirection": "ASC", "limit": PAGE, "page": page});
        let Value::Array(part) = read(line, method, &params).await? else { break };
        let short = part.len() < PAGE;
        let before = entries.len();
        for one in part {
            // A list that knows no pages would otherwise come again and again.
            if !entries.contains(&one) {
                entries.push(one);
            }
        }
        if short || entries.len() == before {
            break;
        }
    }
    Ok(entries)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn id(value: &Value) -> CrmId {
    CrmId(links::id_of(value).unwrap_or_default().into())
}

async fn listed(line: &Line, method: &'static str) -> Result<Vec<Listed>, CrmError> {
    let entries = all(line, method).await?;
    Ok(entries.iter().map(|one| Listed { id: id(one), name: text(one, "name") }).collect())
}

/// The whole inventory.
pub(super) async fn inventory(line: &Line) -> Result<Inventory, CrmError> {
    let account = match read(line, "instanceData", &json!({})).await {
        Ok(account) => account,
        // Not every account answers this; the ledger is then bound to the address alone.
        Err(CrmError::Refused { .. }) => Value::Null,
        Err(fault) => return Err(fault),
    };
    let tags = read(line, "findTags", &json!({})).await?;
    let names = |entity: Entity| {
        let list = tags.get(entity.name()).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|tag| tag.get("name").unwrap_or(tag).as_str().map(str::to_owned)).collect()
    };
    let main = [Entity::Accounts, Entity::Contacts, Entity::Leads];
    Ok(Inventory {
        instance: links::id_of(&account).unwrap_or_default(),
        name: text(&account, "name"),
        users: all(line, "findUsers").await?.iter().map(user).collect(),
        industries: listed(line, "findIndustries").await?,
        account_types: listed(line, "findAccountTypes").await?,
        pipelines: pipelines(line).await?,
        outcomes: all(line, "findLead_Outcomes").await?.iter().filter_map(outcome).collect(),
        activity_types: listed(line, "findActivityTypes").await?,
        tags: main.into_iter().map(|entity| (entity, names(entity))).collect(),
        sources: listed(line, "findSources").await?,
        custom_fields: custom_fields(line).await?,
        uploads: line.upload.is_some(),
        newest: newest(line).await?,
    })
}

fn user(raw: &Value) -> CrmUser {
    let emails = raw.get("emails").and_then(Value::as_array).into_iter().flatten();
    CrmUser {
        id: id(raw),
        name: text(raw, "name"),
        emails: emails.filter_map(|email| Some(email.as_str()?.trim().to_lowercase())).collect(),
        enabled: raw.get("isEnabled").and_then(Value::as_bool).unwrap_or(true),
    }
}

fn outcome(raw: &Value) -> Option<Outcome> {
    let status = lead::state(raw.get("type")?.as_i64()?)?.to_owned();
    let name =
        [text(raw, "description"), text(raw, "name")].into_iter().find(|name| !name.is_empty());
    Some(Outcome { id: id(raw), name: name.unwrap_or_default(), status })
}

async fn pipelines(line: &Line) -> Result<Vec<SalesPipeline>, CrmError> {
    let mut stages = all(line, "findMilestones").await?;
    stages.sort_by_key(|stage| stage.get("position").and_then(Value::as_i64));
    let sets = all(line, "findStagesets").await?;
    let of = |set: &Value| {
        let own = stages.iter().filter(|stage| {
            stage.get("stagesetId").map(ToString::to_string)
                == set.get("id").map(ToString::to_string)
        });
        own.map(|stage| Stage { id: id(stage), name: text(stage, "name") }).collect()
    };
    let one = |set: &Value| SalesPipeline { id: id(set), name: text(set, "name"), stages: of(set) };
    Ok(sets.iter().map(one).collect())
}

/// The custom fields of the entities that have them.
pub(super) async fn custom_fields(
    line: &Line,
) -> Result<std::collections::BTreeMap<Entity, Vec<CustomField>>, CrmError> {
    let raw = read(line, "findCustomFields", &json!({})).await?;
    let fields = |entity: Entity| {
        let list = raw.get(entity.name()).and_then(Value::as_array).into_iter().flatten();
        list.map(custom_field).collect()
    };
    let main = [Entity::Accounts, Entity::Contacts, Entity::Leads];
    Ok(main.into_iter().map(|entity| (entity, fields(entity))).collect())
}

fn custom_field(raw: &Value) -> CustomField {
    let options = match raw.get("enumElements") {
        Some(Value::Object(map)) => map.values().cloned().collect(),
        Some(Value::Array(list)) => list.clone(),
        Some(_) | None => Vec::new(),
    };
    CustomField {
        name: text(raw, "name"),
        kind: text(raw, "type"),
        options: options.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        multiple: raw.get("isMultiple") == Some(&Value::Bool(true)),
    }
}

/// The method that lists an entity.
pub(super) const fn find(entity: Entity) -> Option<&'static str> {
    match entity {
        Entity::Accounts => Some("findAccounts"),
        Entity::Contacts => Some("findContacts"),
        Entity::Leads => Some("findLeads"),
        Entity::Activities => Some("findActivities"),
        Entity::Tasks => Some("findTasks"),
        // Notes can only be listed on the record they stand on.
        Entity::Notes | Entity::Users => None,
    }
}

async fn newest(line: &Line) -> Result<std::collections::BTreeMap<Entity, CrmId>, CrmError> {
    let mut newest = std::collections::BTreeMap::new();
    for entity in Entity::ALL {
        let Some(method) = find(entity) else { continue };
        let params = json!({"orderBy": "id", "orderDirection": "DESC", "limit": 1, "page": 1});
        let found = read(line, method, &params).await?;
        if let Some(one) = found.get(0) {
            newest.insert(entity, id(one));
        }
    }
    Ok(newest)
}
