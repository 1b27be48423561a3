//! The methods of the RPC: their names, their parameters in order, and what each does.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::kind::{Kind, Shape};
use super::work::{Change, Record, Work, stamp};
use super::written::{integer, set, unknown};
use super::{agenda, custom, effort, find, lists, notes, render, search, written};

/// The parameters of a call, by name.
pub(crate) type Params = Map<String, Value>;

/// What a method does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    New(Kind),
    Get(Kind),
    Edit(Kind),
    Delete(Kind),
    Find(Kind),
    Search(Kind),
    Other,
}

/// A method.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [&'static str],
    verb: Verb,
}

const fn method(name: &'static str, params: &'static [&'static str], verb: Verb) -> Method {
    Method { name, params, verb }
}

const FIND: &[&str] = &["query", "orderBy", "orderDirection", "limit", "page", "stubResponses"];
const LIST: &[&str] = &["orderBy", "orderDirection", "limit", "page"];
const SEARCH: &[&str] = &["string", "limit"];

/// Every method the sandbox answers.
pub(crate) const METHODS: &[Method] = &[
    method("add", &["num1", "num2"], Verb::Other),
    method("getUpdateTimes", &[], Verb::Other),
    method("instanceData", &[], Verb::Other),
    method("getAnalyticsReport", &["reportType", "period", "filter", "options"], Verb::Other),
    method("newAccount", &["account"], Verb::New(Kind::Account)),
    method("newContact", &["contact"], Verb::New(Kind::Contact)),
    method("newLead", &["lead"], Verb::New(Kind::Lead)),
    method("newActivity", &["activity"], Verb::New(Kind::Activity)),
    method("newTask", &["task"], Verb::New(Kind::Task)),
    method("newNote", &["entity", "note"], Verb::New(Kind::Note)),
    method("newTag", &["tag"], Verb::New(Kind::Tag)),
    method("newSource", &["name"], Verb::New(Kind::Source)),
    method("newUser", &["user"], Verb::New(Kind::User)),
    method("newProduct", &["product"], Verb::New(Kind::Product)),
    method("getAccount", &["accountId", "rev"], Verb::Get(Kind::Account)),
    method("getContact", &["contactId", "rev"], Verb::Get(Kind::Contact)),
    method("getLead", &["leadId", "rev"], Verb::Get(Kind::Lead)),
    method("getActivity", &["activityId", "rev"], Verb::Get(Kind::Activity)),
    method("getTask", &["taskId", "rev"], Verb::Get(Kind::Task)),
    method("getNote", &["noteId", "rev"], Verb::Get(Kind::Note)),
    method("getUser", &["userId", "rev"], Verb::Get(Kind::User)),
    method("getTeam", &["teamId", "rev"], Verb::Get(Kind::Team)),
    method("getProduct", &["productId", "rev"], Verb::Get(Kind::Product)),
    method("editAccount", &["accountId", "rev", "account"], Verb::Edit(Kind::Account)),
    method("editContact", &["contactId", "rev", "contact"], Verb::Edit(Kind::Contact)),
    method("editLead", &["leadId", "rev", "lead"], Verb::Edit(Kind::Lead)),
    method("editActivity", &["activityId", "rev", "activity"], Verb::Edit(Kind::Activity)),
    method("editTask", &["taskId", "rev", "task"], Verb::Edit(Kind::Task)),
    method("editNote", &["noteId", "rev", "note"], Verb::Edit(Kind::Note)),
    method("editUser", &["userId", "rev", "user"], Verb::Edit(Kind::User)),
    method("deleteAccount", &["accountId", "rev"], Verb::Delete(Kind::Account)),
    method("deleteContact", &["contactId", "rev"], Verb::Delete(Kind::Contact)),
    method("deleteLead", &["leadId", "rev"], Verb::Delete(Kind::Lead)),
    method("deleteActivity", &["activityId", "rev"], Verb::Delete(Kind::Activity)),
    method("deleteTask", &["taskId", "rev"], Verb::Delete(Kind::Task)),
    method("deleteNote", &["noteId", "rev"], Verb::Delete(Kind::Note)),
    method("deleteUser", &["userId", "rev"], Verb::Delete(Kind::User)),
    method("deleteProduct", &["productId", "rev"], Verb::Delete(Kind::Product)),
    method("findAccounts", FIND, Verb::Find(Kind::Account)),
    method("findContacts", FIND, Verb::Find(Kind::Contact)),
    method("findLeads", FIND, Verb::Find(Kind::Lead)),
    method("findActivities", FIND, Verb::Find(Kind::Activity)),
    method("findTasks", FIND, Verb::Find(Kind::Task)),
    method(
        "findUsers",
        &["query", "orderBy", "orderDirection", "limit", "page"],
        Verb::Find(Kind::User),
    ),
    method(
        "findProducts",
        &["orderBy", "orderDirection", "limit", "page", "stubResponses"],
        Verb::Find(Kind::Product),
    ),
    method("findTimeline", FIND, Verb::Other),
    method("findTags", &[], Verb::Other),
    method("findCustomFields", &[], Verb::Other),
    method("findTeams", LIST, Verb::Find(Kind::Team)),
    method("findAccountTypes", LIST, Verb::Find(Kind::AccountType)),
    method("findActivityTypes", LIST, Verb::Find(Kind::ActivityType)),
    method("findAudiences", LIST, Verb::Find(Kind::Audience)),
    method("findCompetitors", LIST, Verb::Find(Kind::Competitor)),
    method("findDelays", LIST, Verb::Find(Kind::Delay)),
    method("findIndustries", LIST, Verb::Find(Kind::Industry)),
    method("findLead_Outcomes", LIST, Verb::Find(Kind::Outcome)),
    method("findMarkets", LIST, Verb::Find(Kind::Market)),
    method("findMilestones", LIST, Verb::Find(Kind::Milestone)),
    method("findOrigins", LIST, Verb::Find(Kind::Origin)),
    method("findSources", LIST, Verb::Find(Kind::Source)),
    method("findStagesets", LIST, Verb::Find(Kind::Stageset)),
    method("findTerritories", LIST, Verb::Find(Kind::Territory)),
    method("searchAccounts", SEARCH, Verb::Search(Kind::Account)),
    method("searchContacts", SEARCH, Verb::Search(Kind::Contact)),
    method("searchLeads", SEARCH, Verb::Search(Kind::Lead)),
    method("searchProducts", SEARCH, Verb::Search(Kind::Product)),
    method("searchSources", SEARCH, Verb::Search(Kind::Source)),
    method("searchCompetitors", SEARCH, Verb::Search(Kind::Competitor)),
    method("searchByEmail", &["emailAddressString"], Verb::Other),
    method("searchUniversal", &["string"], Verb::Other),
];

impl Method {
    /// The method of a name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }

    /// Whether an answer can be asked for again by its `ETag`.
    pub(crate) fn reads(&self) -> bool {
        self.name.starts_with("get") || self.name.starts_with("find")
    }

    /// Whether the method can be called without this parameter.
    pub(crate) fn optional(&self, param: &str) -> bool {
        match self.verb {
            Verb::Find(_) => true,
            Verb::Get(kind) => param == "rev" || kind == Kind::User,
            Verb::New(_) | Verb::Edit(_) | Verb::Delete(_) => false,
            Verb::Search(_) | Verb::Other => {
                param != "string" && param != "emailAddressString" && param != "query"
            }
        }
    }

    /// Runs the method.
    pub(crate) fn run(&self, work: &Work<'_>, params: &Params) -> Result<Value, Fault> {
        if let Some(missing) =
            self.params.iter().find(|name| !self.optional(name) && !params.contains_key(**name))
        {
            return Err(Fault::rpc(
                -32602,
                format!("Method {} is missing required parameter: {missing}", self.name),
            ));
        }
        let arg = |at: usize| {
            self.params.get(at).and_then(|name| params.get(*name)).unwrap_or(&Value::Null)
        };
        match self.verb {
            Verb::New(kind) => self.create(work, kind, params),
            Verb::Get(kind) => {
                let own = kind == Kind::User && arg(0).is_null();
                let id = if own { Some(work.user) } else { integer(arg(0)) };
                let id = id.ok_or_else(|| {
                    Fault::rpc(-32602, format!("{} is not an id", self.params[0]))
                })?;
                render::full(work, &work.get(kind, id)?)
            }
            Verb::Edit(kind) => self.edit(work, kind, params),
            Verb::Delete(kind) => {
                let id = integer(arg(0)).ok_or_else(|| {
                    Fault::rpc(-32602, format!("{} is not an id", self.params[0]))
                })?;
                let before = Self::before(work, kind, id)?;
                written::delete(work, kind, id, arg(1))?;
                let change = Change { before: before.as_ref(), after: None };
                work.journal(self.name, Some((kind, id)), &Value::Object(params.clone()), change)?;
                Ok(Value::Bool(true))
            }
            Verb::Find(kind) => find::find(work, kind, params),
            Verb::Search(kind) => search::search(work, kind, params),
            Verb::Other => self.other(work, params),
        }
    }

    fn create(&self, work: &Work<'_>, kind: Kind, params: &Params) -> Result<Value, Fault> {
        let given = self.params.first().and_then(|name| params.get(*name)).unwrap_or(&Value::Null);
        let record = match kind.shape() {
            Shape::Activity | Shape::Task => agenda::create(work, kind, given)?,
            Shape::Note => notes::create(work, given, params.get("note").unwrap_or(&Value::Null))?,
            Shape::Account | Shape::Contact | Shape::Lead => written::create(work, kind, given)?,
            Shape::Entry => match lists::create(work, kind, given)? {
                (record, lists::Made::Before) => return render::stub(work, &record),
                (record, lists::Made::Now) => record,
            },
        };
        // Links and notes made along the way may have moved the record on.
        let shown = render::full(work, &work.get(kind, record.id)?)?;
        let change = Change { before: None, after: Some(&shown) };
        work.journal(self.name, Some((kind, record.id)), &Value::Object(params.clone()), change)?;
        Ok(shown)
    }

    /// The record as it is shown, before something is done to it.
    fn before(work: &Work<'_>, kind: Kind, id: i64) -> Result<Option<Value>, Fault> {
        let record = work.find(kind, id)?.filter(|record| record.deleted.is_none());
        record.map(|record| render::full(work, &record)).transpose()
    }

    fn edit(&self, work: &Work<'_>, kind: Kind, params: &Params) -> Result<Value, Fault> {
        let arg = |at: usize| {
            self.params.get(at).and_then(|name| params.get(*name)).unwrap_or(&Value::Null)
        };
        let id = integer(arg(0))
            .ok_or_else(|| Fault::rpc(-32602, format!("{} is not an id", self.params[0])))?;
        let before = Self::before(work, kind, id)?;
        let record: Record = match kind.shape() {
            Shape::Activity | Shape::Task => agenda::edit(work, kind, id, arg(1), arg(2))?,
            Shape::Note => notes::edit(work, id, arg(1), arg(2))?,
            Shape::Entry => edit_user(work, id, arg(1), arg(2))?,
            Shape::Account | Shape::Contact | Shape::Lead => {
                written::edit(work, kind, id, arg(1), arg(2))?
            }
        };
        let shown = render::full(work, &record)?;
        let change = Change { before: before.as_ref(), after: Some(&shown) };
        work.journal(self.name, Some((kind, id)), &Value::Object(params.clone()), change)?;
        Ok(shown)
    }

    fn other(&self, work: &Work<'_>, params: &Params) -> Result<Value, Fault> {
        let given = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
        match self.name {
            "add" => {
                let term = |name: &str| params.get(name).and_then(integer).unwrap_or_default();
                Ok(term("num1").saturating_add(term("num2")).into())
            }
            "getUpdateTimes" => update_times(work),
            "instanceData" => Ok(json!({
                "id": 379_104, "name": "Shady Acres (sandbox)", "domain": "sandbox.example", "sandbox": true,
                "uploads": true, "createdTime": stamp(jiff::Timestamp::UNIX_EPOCH),
            })),
            "getAnalyticsReport" => effort::report(work, params),
            "findTags" => lists::all_tags(work),
            "findCustomFields" => custom::listed(work),
            "findTimeline" => search::timeline(work, params),
            "searchByEmail" => search::by_email(work, given("emailAddressString")),
            "searchUniversal" => search::universal(work, given("string")),
            _ => Err(Fault::rpc(-32601, "Method not found")),
        }
    }
}

fn edit_user(work: &Work<'_>, id: i64, rev: &Value, given: &Value) -> Result<Record, Fault> {
    let mut record = work
        .hold(Kind::User, id, rev)
        .map_err(|fault| if fault.code == 404 { unknown(Kind::User, id) } else { fault })?;
    for (key, value) in written::object(given)? {
        if ["firstName", "lastName", "emails", "isEnabled", "isAdministrator"]
            .contains(&key.as_str())
        {
            set(&mut record, key, Some(value.clone()));
        }
    }
    let part = |key: &str| record.body.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = format!("{} {}", part("firstName"), part("lastName"));
    name.trim().clone_into(&mut record.name);
    work.touch(&mut record);
    work.put(&record)?;
    Ok(record)
}

/// The newest change of each kind.
fn update_times(work: &Work<'_>) -> Result<Value, Fault> {
    let mut statement =
        work.db.prepare_cached("SELECT entity, max(modified) FROM record GROUP BY entity")?;
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut answer = Map::new();
    for row in rows {
        let (entity, modified) = row?;
        answer.insert(entity, modified.into());
    }
    Ok(Value::Object(answer))
}
