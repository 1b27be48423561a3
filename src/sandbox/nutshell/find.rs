//! The `find*` methods: filters, order, pages.

use rusqlite::types::Value as Sql;
use serde_json::Value;

use super::fault::Fault;
use super::kind::Kind;
use super::methods::Params;
use super::render;
use super::work::{COLUMNS, Record, Work};
use super::written::integer;

/// Most records on a page of full responses.
const FULL_PAGE: i64 = 100;

/// Companies with a lead that is open.
const OPEN_LEADS: &str = "id IN (SELECT a_id FROM link JOIN record AS lead ON lead.entity = 'Leads' AND lead.id = b_id
    WHERE a_entity = 'Accounts' AND b_entity = 'Leads' AND json_extract(lead.body, '$.status') = 0)";

/// Conditions on the way to an SQL statement.
struct Conditions {
    clauses: Vec<String>,
    values: Vec<Sql>,
}

impl Conditions {
    fn of(kind: Kind) -> Self {
        Self {
            clauses: vec!["entity = ?".to_owned(), "deleted IS NULL".to_owned()],
            values: vec![Sql::Text(kind.entity().to_owned())],
        }
    }

    /// An expression equals one of the values.
    fn any(&mut self, expression: &str, values: Vec<Sql>) {
        if values.is_empty() {
            return;
        }
        let marks = vec!["?"; values.len()].join(", ");
        self.clauses.push(format!("{expression} IN ({marks})"));
        self.values.extend(values);
    }

    /// The record is linked to one of these records.
    fn linked(&mut self, own: Kind, to: Kind, value: &Value) {
        let ids = sql(value);
        if ids.is_empty() {
            return;
        }
        let marks = vec!["?"; ids.len()].join(", ");
        let clause = if own.entity() < to.entity() {
            format!(
                "id IN (SELECT a_id FROM link WHERE a_entity = ? AND b_entity = ? AND b_id IN ({marks}))"
            )
        } else {
            format!(
                "id IN (SELECT b_id FROM link WHERE b_entity = ? AND a_entity = ? AND a_id IN ({marks}))"
            )
        };
        self.clauses.push(clause);
        self.values.extend([own.entity(), to.entity()].map(|word| Sql::Text(word.to_owned())));
        self.values.extend(ids);
    }

    /// The record hangs on one of these records.
    fn child_of(&mut self, own: Kind, parent: Kind, value: &Value) {
        let ids = sql(value);
        if ids.is_empty() {
            return;
        }
        let marks = vec!["?"; ids.len()].join(", ");
        self.clauses.push(format!(
            "id IN (SELECT child_id FROM child WHERE child_entity = ? AND entity = ? AND id IN ({marks}))"
        ));
        self.values.extend([own.entity(), parent.entity()].map(|word| Sql::Text(word.to_owned())));
        self.values.extend(ids);
    }

    /// A key equals one of the values.
    fn field(&mut self, key: &str, value: &Value) {
        self.any(&format!("json_extract(body, '$.{key}')"), sql(value));
    }

    /// A list holds one of the values; `what` says what of an entry is compared.
    fn holds(&mut self, list: &str, what: &str, value: &Value) {
        let values = sql(value);
        let marks = vec!["?"; values.len()].join(", ");
        self.clauses.push(format!(
            "EXISTS (SELECT 1 FROM json_each(body, '$.{list}') WHERE {what} IN ({marks}))"
        ));
        self.values.extend(values);
    }

    /// A time compares as the query says: `"> 2026-01-01"`.
    fn time(&mut self, key: &str, value: &Value) {
        let Some(given) = value.as_str() else { return };
        let operator =
            ["<=", ">=", "<", ">", "="].into_iter().find(|one| given.trim().starts_with(one));
        let rest = given.trim().trim_start_matches(['<', '>', '=']).trim();
        self.clauses.push(format!("json_extract(body, '$.{key}') {} ?", operator.unwrap_or("=")));
        self.values.push(Sql::Text(rest.to_owned()));
    }
}

/// A query value as SQL values: a list means any of them; an object stands for its id.
fn sql(value: &Value) -> Vec<Sql> {
    match value {
        Value::Array(list) => list.iter().flat_map(sql).collect(),
        Value::Object(map) => map.get("id").map(sql).unwrap_or_default(),
        Value::Bool(flag) => vec![Sql::Integer(i64::from(*flag))],
        Value::Null => Vec::new(),
        Value::Number(_) | Value::String(_) => integer(value).map_or_else(
            || vec![Sql::Text(value.as_str().unwrap_or_default().to_owned())],
            |number| vec![Sql::Integer(number)],
        ),
    }
}

/// `find*` of any kind.
pub(crate) fn find(work: &Work<'_>, kind: Kind, params: &Params) -> Result<Value, Fault> {
    let mut conditions = Conditions::of(kind);
    if let Some(query) = params.get("query").and_then(Value::as_object) {
        for (key, value) in query {
            condition(work, kind, &mut conditions, (key, value))?;
        }
    }
    let stubs = params.get("stubResponses").is_none_or(|value| value != &Value::Bool(false));
    let mut limit = params.get("limit").and_then(integer).unwrap_or(50).max(0);
    if !stubs {
        limit = limit.min(FULL_PAGE);
    }
    let page = params.get("page").and_then(integer).unwrap_or(1).max(1);
    let order = order(kind, params);
    let (clauses, before) = (conditions.clauses.join(" AND "), (page - 1).saturating_mul(limit));
    let text = if order.starts_with("id ") {
        by_id(&clauses, (&order, limit, before))
    } else {
        format!(
            "SELECT {COLUMNS} FROM record WHERE {clauses} ORDER BY {order} LIMIT {limit} OFFSET {before}"
        )
    };
    let records = select(work, kind, &text, conditions.values)?;
    shown(work, &records, if stubs { Form::Stub } else { Form::Full }).map(Value::Array)
}

/// A page of live records in the order of their ids; the first of the values is their entity. A hundred
/// thousand of them are listed in time that grows with their number, not with its square.
pub(super) fn by_id(clauses: &str, (order, limit, before): (&str, i64, i64)) -> String {
    format!(
        "SELECT {COLUMNS} FROM record WHERE id IN (
           SELECT id FROM record INDEXED BY record_live
           WHERE {clauses} ORDER BY {order} LIMIT {limit} OFFSET {before})
         AND entity = ?1 ORDER BY {order}"
    )
}

/// How much of a record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Stub,
    Full,
}

/// Records as an answer.
pub(crate) fn shown(work: &Work<'_>, records: &[Record], form: Form) -> Result<Vec<Value>, Fault> {
    let show = if form == Form::Stub { render::stub } else { render::full };
    records.iter().map(|record| show(work, record)).collect()
}

/// Runs a statement that selects records.
pub(crate) fn select(
    work: &Work<'_>,
    kind: Kind,
    text: &str,
    values: Vec<Sql>,
) -> Result<Vec<Record>, Fault> {
    let mut statement = work.db.prepare_cached(text)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(Work::read(kind, row)?);
    }
    Ok(records)
}

fn order(kind: Kind, params: &Params) -> String {
    let own = [(Kind::Lead, "id"), (Kind::User, "last_name")];
    let standard = own.iter().find(|(one, _)| *one == kind).map_or("name", |(_, by)| by);
    let by = params.get("orderBy").and_then(Value::as_str).unwrap_or(standard);
    let expression = match by {
        "id" => "id",
        "createdTime" => "created",
        "modifiedTime" | "lastModified" => "modified",
        "last_name" | "lastName" => "json_extract(body, '$.lastName') COLLATE NOCASE",
        "number" => "json_extract(body, '$.number')",
        "dueTime" => "json_extract(body, '$.dueTime')",
        "startTime" | "time" => "json_extract(body, '$.startTime')",
        "position" => "json_extract(body, '$.position')",
        _ => "name COLLATE NOCASE",
    };
    let descending = params
        .get("orderDirection")
        .and_then(Value::as_str)
        .is_some_and(|direction| direction.eq_ignore_ascii_case("desc"));
    let direction = if descending { "DESC" } else { "ASC" };
    format!("{expression} {direction}, id {direction}")
}

fn condition(
    work: &Work<'_>,
    kind: Kind,
    to: &mut Conditions,
    (key, value): (&str, &Value),
) -> Result<(), Fault> {
    match (kind, key) {
        (_, "tag") => to.holds("tags", "value", value),
        (Kind::Lead, _) => return lead_condition(work, to, key, value),
        (Kind::Contact, "accountId") => to.linked(kind, Kind::Account, value),
        (Kind::Contact, "leadId") => to.linked(kind, Kind::Lead, value),
        (Kind::Activity | Kind::Task, "leadId") => to.child_of(kind, Kind::Lead, value),
        (Kind::Activity | Kind::Task, "contactId") => to.child_of(kind, Kind::Contact, value),
        (Kind::Activity | Kind::Task, "accountId") => to.child_of(kind, Kind::Account, value),
        (Kind::Activity, "status" | "activityTypeId" | "isFlagged") => to.field(key, value),
        (Kind::Activity, "startTime" | "endTime") => to.time(key, value),
        (Kind::Activity, "userId") => to.holds(
            "participants",
            "iif(json_extract(value, '$.entityType') = 'Users', json_extract(value, '$.id'), 0)",
            value,
        ),
        (Kind::Account, "accountType") => to.field("accountTypeId", value),
        (Kind::Account, "industry") => to.field("industryId", value),
        (Kind::Account, "hasOpenLeads") => to.clauses.push(OPEN_LEADS.to_owned()),
        (Kind::User, "email") => to.holds("emails", "value", value),
        // Keys the vendor does not document are ignored. (Our choice.)
        _ => {}
    }
    Ok(())
}

fn lead_condition(
    work: &Work<'_>,
    to: &mut Conditions,
    key: &str,
    value: &Value,
) -> Result<(), Fault> {
    match key {
        // 0 and 1 are "mine" and "my team's"; the sandbox has no team membership, so both mean mine.
        "filter" if matches!(integer(value), Some(0 | 1)) => {
            to.any("json_extract(body, '$.assignee.id')", vec![Sql::Integer(work.user)]);
        }
        "status" | "number" | "priority" | "milestoneId" | "outcomeId" => to.field(key, value),
        "milestoneIds" => to.field("milestoneId", value),
        "stagesetId" | "stagesetIds" => {
            let sets = sql(value);
            let of = |stage: &Record| {
                let set = stage.body.get("stagesetId").and_then(Value::as_i64).unwrap_or_default();
                sets.contains(&Sql::Integer(set))
            };
            let stages = work.all(Kind::Milestone)?.into_iter().filter(of);
            // A pipeline without stages has no leads: no stage has the id 0.
            let ids = stages.map(|stage| stage.id).chain([0]).map(Sql::Integer).collect();
            to.any("json_extract(body, '$.milestoneId')", ids);
        }
        "assignee" => to.any("json_extract(body, '$.assignee.id')", sql(value)),
        "dueTime" => to.time(key, value),
        "source" => to.holds("sourceIds", "value", value),
        "accountId" => to.linked(Kind::Lead, Kind::Account, value),
        "contactId" => to.linked(Kind::Lead, Kind::Contact, value),
        _ => {}
    }
    Ok(())
}
