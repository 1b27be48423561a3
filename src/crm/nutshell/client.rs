//! The client: Nutshell behind the seam.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::RwLock;

use super::answer::Expect;
use super::http::TOTAL_TIMEOUT;
use super::line::{Ask, Connection, Line, Repeat};
use super::pace::Lane;
use super::write::{self, Letterhead};
use super::wrong::Wrong;
use super::{custom, decode, lead, links, lists, upload};
use crate::crm::{
    Crm, CrmError, Inventory, Listed, NewField, NewRecord, Patch, Pressure, Snapshot, Upload,
    Values, Written, differences,
};
use crate::ground::{CrmId, CrmRef, Entity};
use crate::spec::ObjectKind;

/// Records on a page of whole records: the API gives no more.
const PAGE: usize = 100;

/// A Nutshell account.
pub struct Nutshell {
    line: Line,
    known: RwLock<Option<Arc<Inventory>>>,
}

impl fmt::Debug for Nutshell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nutshell").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Nutshell {
    /// A client for the account; nothing is sent yet.
    pub fn connect(connection: Connection) -> Result<Self, CrmError> {
        Self::connect_within(connection, TOTAL_TIMEOUT)
    }

    /// As [`connect`](Self::connect), for a host of which a call may take this long at most.
    pub fn connect_within(connection: Connection, longest: Duration) -> Result<Self, CrmError> {
        Ok(Self { line: Line::open(connection, longest)?, known: RwLock::new(None) })
    }

    /// How often each method was called, attempts included.
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.line.calls()
    }

    /// The account's lists as they were last read.
    async fn lists(&self) -> Result<Arc<Inventory>, CrmError> {
        if let Some(known) = self.known.read().await.as_ref() {
            return Ok(Arc::clone(known));
        }
        let mut place = self.known.write().await;
        if let Some(known) = place.as_ref() {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(lists::inventory(&self.line).await?);
        *place = Some(Arc::clone(&read));
        Ok(read)
    }

    /// Changes what is known of the account's lists.
    async fn learn(&self, change: impl FnOnce(&mut Inventory)) {
        if let Some(known) = self.known.write().await.as_mut() {
            change(Arc::make_mut(known));
        }
    }

    async fn page(
        &self,
        entity: Entity,
        page: usize,
        direction: &str,
    ) -> Result<Vec<Snapshot>, CrmError> {
        let Some(method) = lists::find(entity) else {
            return Err(CrmError::Unsupported { what: format!("list its {entity}") });
        };
        let params = json!({
            "query": {}, "orderBy": "id", "orderDirection": direction, "limit": PAGE,
            "page": page.max(1), "stubResponses": false,
        });
        let found = self.part(method, &params).await?;
        let inventory = self.lists().await?;
        found
            .into_iter()
            .map(|raw| decode::snapshot(&inventory, entity, raw).ok_or_else(|| self.odd(method)))
            .collect()
    }

    fn odd(&self, method: &str) -> CrmError {
        self.silent(method, "the answer holds no records")
    }

    fn foreign(&self, method: &str) -> CrmError {
        self.silent(method, "the answer shows another record than the one that was sent")
    }

    fn silent(&self, method: &str, why: &str) -> CrmError {
        let (method, url) = (method.to_owned(), self.line.rpc_url().to_owned());
        CrmError::Silent { method, url, why: why.to_owned(), source: None }
    }

    fn wrong(&self, method: &str, wrong: Wrong) -> CrmError {
        CrmError::Refused {
            method: method.to_owned(),
            url: self.line.rpc_url().to_owned(),
            status: 0,
            code: 0,
            message: wrong.0,
        }
    }

    async fn send(
        &self,
        letter: &Letterhead,
        expect: Expect<'_>,
        author: Option<&str>,
    ) -> Result<(Written, Value), CrmError> {
        let (lane, repeat) = (Lane::Write, Repeat::Harmless);
        let (method, params) = (letter.method, &letter.params);
        let raw = self.line.rpc(&Ask { method, params, author, expect, lane, repeat }).await?;
        match (links::id_of(&raw), decode::revision(&raw)) {
            (Some(id), Some(rev)) => Ok((Written { id: CrmId(id.into()), rev }, raw)),
            _ => Err(self.odd(method)),
        }
    }

    /// Whether the record that answers a creation is the one that was sent.
    ///
    /// It says so itself by its marker. One without is read again, and then its values count: an
    /// answer that belongs to another call would make somebody else's record ours.
    async fn is_own(&self, new: &NewRecord<'_>, raw: Value) -> bool {
        let entity = new.kind.entity();
        let Ok(inventory) = self.lists().await else { return false };
        let Some(shown) = decode::snapshot(&inventory, entity, raw) else { return false };
        if let Some(marker) = &shown.marker {
            return marker == new.marker;
        }
        match self.get(&shown.at).await {
            Ok(Some(Snapshot { marker: Some(marker), .. })) => marker == new.marker,
            Ok(Some(stands)) => differences(new.kind, new.fields, &stands).is_empty(),
            Ok(None) | Err(_) => false,
        }
    }

    /// The e-mail of the user who may change a note: its author.
    async fn author_of(&self, now: &Snapshot) -> Result<Option<String>, CrmError> {
        let creator = now.creator.as_deref().filter(|_| now.at.entity == Entity::Notes);
        let Some(id) = creator.and_then(|user| user.strip_prefix("Users:")) else {
            return Ok(None);
        };
        let inventory = self.lists().await?;
        let user = inventory.user(id).filter(|user| user.enabled);
        Ok(user.and_then(|user| user.emails.first().cloned()))
    }

    /// A part of a listing. One that is not full is the last, unless something was left out: it is
    /// asked for twice, and the longer answer counts.
    async fn part(&self, method: &'static str, params: &Value) -> Result<Vec<Value>, CrmError> {
        let mut longest = Vec::new();
        for _ in 0..2 {
            let Value::Array(part) = lists::read(&self.line, method, params).await? else {
                return Err(self.odd(method));
            };
            if part.len() >= longest.len() {
                longest = part;
            }
            if longest.len() >= PAGE {
                break;
            }
        }
        Ok(longest)
    }

    /// What stands on a record, one entry after the other.
    async fn timeline(&self, parent: &CrmRef) -> Result<Vec<Value>, CrmError> {
        let mut entries = Vec::new();
        for page in 1.. {
            let params = json!({
                "query": {"entityType": parent.entity.name(), "id": links::id(&parent.id.0)},
                "orderBy": "time", "orderDirection": "ASC", "limit": PAGE, "page": page,
                "stubResponses": false,
            });
            let part = self.part("findTimeline", &params).await?;
            let short = part.len() < PAGE;
            entries.extend(part);
            if short {
                break;
            }
        }
        Ok(entries)
    }
}

/// Whether there is no such record; a method that is missing is another matter.
const fn is_gone(fault: &CrmError) -> bool {
    matches!(fault, CrmError::Refused { status, code, .. }
        if *code == 404 || (*status == 404 && *code == 0))
}

impl Crm for Nutshell {
    async fn inventory(&self) -> Result<Inventory, CrmError> {
        let read = lists::inventory(&self.line).await?;
        *self.known.write().await = Some(Arc::new(read.clone()));
        Ok(read)
    }

    async fn get(&self, at: &CrmRef) -> Result<Option<Snapshot>, CrmError> {
        let letter = write::get(at);
        let ask = Ask {
            method: letter.method,
            params: &letter.params,
            author: None,
            expect: Expect::This(at.entity, &at.id.0),
            lane: Lane::Get,
            repeat: Repeat::Always,
        };
        let raw = match self.line.rpc(&ask).await {
            Ok(raw) => raw,
            Err(fault) if is_gone(&fault) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let inventory = self.lists().await?;
        let read = decode::snapshot(&inventory, at.entity, raw);
        let read = read.ok_or_else(|| self.odd(letter.method))?;
        Ok((!read.deleted).then_some(read))
    }

    async fn list(&self, entity: Entity, page: usize) -> Result<Vec<Snapshot>, CrmError> {
        self.page(entity, page, "ASC").await
    }

    async fn newest(&self, entity: Entity, page: usize) -> Result<Vec<Snapshot>, CrmError> {
        self.page(entity, page, "DESC").await
    }

    async fn on_record(&self, parent: &CrmRef, entity: Entity) -> Result<Vec<Snapshot>, CrmError> {
        let mut found = Vec::new();
        let entries = match self.timeline(parent).await {
            Ok(entries) => entries,
            Err(fault) if is_gone(&fault) => return Ok(found),
            Err(fault) => return Err(fault),
        };
        let inventory = self.lists().await?;
        let own =
            |raw: &Value| raw.get("entityType").and_then(Value::as_str) == Some(entity.name());
        for raw in entries.into_iter().filter(own) {
            let short = raw.get("stub") == Some(&Value::Bool(true));
            let id = links::id_of(&raw).unwrap_or_default();
            let read = if short {
                self.get(&CrmRef::new(entity, CrmId(id.into()))).await?
            } else {
                decode::snapshot(&inventory, entity, raw)
            };
            found.extend(read.filter(|one| !one.deleted));
        }
        Ok(found)
    }

    async fn create(&self, new: NewRecord<'_>) -> Result<Written, CrmError> {
        let inventory = self.lists().await?;
        let letter = write::create(&inventory, &new).map_err(|wrong| self.wrong("new", wrong))?;
        let expect = Expect::Record(new.kind.entity());
        let (written, raw) = self.send(&letter, expect, new.author).await?;
        if self.is_own(&new, raw).await { Ok(written) } else { Err(self.foreign(letter.method)) }
    }

    async fn edit(&self, now: &Snapshot, patch: &Patch) -> Result<Written, CrmError> {
        let inventory = self.lists().await?;
        let letter =
            write::edit(&inventory, now, patch).map_err(|wrong| self.wrong("edit", wrong))?;
        let author = self.author_of(now).await?;
        let expect = Expect::This(now.at.entity, &now.at.id.0);
        let (written, _) = self.send(&letter, expect, author.as_deref()).await?;
        Ok(written)
    }

    async fn delete(&self, at: &CrmRef, rev: &str) -> Result<(), CrmError> {
        let letter = write::delete(at, rev);
        let ask = Ask {
            method: letter.method,
            params: &letter.params,
            author: None,
            expect: Expect::Done,
            lane: Lane::Write,
            repeat: Repeat::Harmless,
        };
        self.line.rpc(&ask).await.map(drop)
    }

    async fn provision_field(&self, field: &NewField) -> Result<bool, CrmError> {
        let (entity, name) = (field.entity, field.name.as_str());
        if self.lists().await?.custom_field(entity, name).is_some() {
            return Ok(false);
        }
        let body = custom::creation(name, field.kind, &field.options);
        let path = format!("/{}/customfield", entity.name().to_lowercase());
        let made = self.line.rest("customfield", &path, &body).await;
        // Whatever was answered: what counts is whether the field is there now.
        let fields = lists::custom_fields(&self.line).await?;
        self.learn(|known| known.custom_fields = fields).await;
        let there = self.lists().await?.custom_field(entity, name).is_some();
        match made {
            Ok(_) | Err(CrmError::Silent { .. }) if there => Ok(true),
            Err(CrmError::Refused { .. }) if there => Ok(false),
            Ok(_) => Err(self.odd("customfield")),
            Err(fault) => Err(fault),
        }
    }

    async fn provision_tag(&self, entity: Entity, name: &str) -> Result<bool, CrmError> {
        let there = |known: &Inventory| {
            known.tags.get(&entity).is_some_and(|tags| tags.iter().any(|tag| tag == name))
        };
        if there(&*self.lists().await?) {
            return Ok(false);
        }
        let params = json!({"tag": {"name": name, "entityType": entity.name()}});
        let (lane, repeat, expect) = (Lane::Write, Repeat::Harmless, Expect::Any);
        let ask = Ask { method: "newTag", params: &params, author: None, expect, lane, repeat };
        let made = self.line.rpc(&ask).await;
        if let Err(fault @ (CrmError::Silent { .. } | CrmError::Refused { .. })) = made {
            let now = self.inventory().await?;
            let silent = matches!(fault, CrmError::Silent { .. });
            return if there(&now) { Ok(silent) } else { Err(fault) };
        }
        made?;
        self.learn(|known| known.tags.entry(entity).or_default().push(name.to_owned())).await;
        Ok(true)
    }

    async fn provision_source(&self, name: &str) -> Result<CrmId, CrmError> {
        let same = |one: &&Listed| one.name.to_lowercase() == name.trim().to_lowercase();
        if let Some(found) = self.lists().await?.sources.iter().find(same) {
            return Ok(found.id.clone());
        }
        // The API finds or creates: asking twice is the same as once.
        let params = json!({"name": name});
        let (lane, repeat, expect) = (Lane::Write, Repeat::Always, Expect::Any);
        let ask = Ask { method: "newSource", params: &params, author: None, expect, lane, repeat };
        let raw = self.line.rpc(&ask).await?;
        let id = links::id_of(&raw).ok_or_else(|| self.odd("newSource"))?;
        let made = Listed { id: CrmId(id.into()), name: name.to_owned() };
        let id = made.id.clone();
        self.learn(|known| known.sources.push(made)).await;
        Ok(id)
    }

    async fn upload(&self, file: &Upload<'_>) -> Result<Value, CrmError> {
        upload::send(&self.line, file).await
    }

    fn pressure(&self) -> Pressure {
        self.line.pressure()
    }

    fn supports(&self, kind: ObjectKind, path: &str) -> bool {
        // The hierarchy of companies can be seen in the API and not written.
        !(kind == ObjectKind::Company && path == "parent")
    }

    fn deferred(&self, kind: ObjectKind, fields: &Values) -> Patch {
        match kind {
            ObjectKind::Deal | ObjectKind::Lead => lead::deferred(fields),
            ObjectKind::Company
            | ObjectKind::Person
            | ObjectKind::Activity
            | ObjectKind::Task
            | ObjectKind::Note
            | ObjectKind::File => Patch::new(),
        }
    }
}
