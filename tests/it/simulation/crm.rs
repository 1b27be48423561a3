//! A CRM in memory on virtual time: it keeps a journal, answers badly by a seed, and people work in
//! it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use flitpipe::crm::{
    Crm, CrmError, CrmUser, CustomField, Inventory, NewField, NewRecord, Outcome, Patch,
    SalesPipeline, Snapshot, Stage, Upload, Values, Written, expected, normal,
};
use flitpipe::ground::{CrmId, CrmRef, Entity};
use flitpipe::spec::{Kind, ObjectKind};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// Who does something in the CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    Ours,
    Person,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Edit,
    Delete,
}

/// A line of the journal: an applied change with what stood there before.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deed {
    pub after_ms: u64,
    pub actor: Actor,
    pub verb: Verb,
    pub at: CrmRef,
    /// The revision that the request named, and the one that stood.
    pub revs: (String, String),
    /// The values that the sender had read.
    pub read: Values,
    pub before: Values,
    pub after: Values,
}

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub rev: u64,
    pub made_ms: u64,
    pub marker: Option<String>,
    pub fields: Values,
    pub deleted: bool,
    pub by: Actor,
}

/// How the world behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mood {
    /// Of a hundred calls, how many go wrong.
    pub faults: u32,
    /// Whether reads may lag and listings be disturbed.
    pub lags: bool,
    /// Of a hundred writes of ours, how many are followed by an act of a person.
    pub people: u32,
}

/// A defect of the CRM's seam, for tests of the judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    None,
    /// The revision is read anew when an edit or a delete is sent.
    IgnoresRevisions,
    /// Records come without their markers.
    LosesMarkers,
    /// What is looked for is never there.
    FindsNothing,
}

/// What was counted.
#[derive(Debug, Default, Clone)]
pub(super) struct Counts {
    pub calls: u64,
    pub crashes: u64,
    pub people: u64,
    pub faults: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Clone)]
enum Request {
    Create { entity: Entity, marker: String, fields: Values },
    Edit { at: CrmRef, rev: String, read: Values, patch: Patch },
    Delete { at: CrmRef, rev: String },
    Person(u64),
}

#[derive(Debug, Clone)]
enum Answer {
    Written(Written),
    Conflict,
    Refused(&'static str),
}

#[derive(Debug)]
struct Inner {
    rng: fastrand::Rng,
    records: BTreeMap<CrmRef, Stored>,
    fields: Vec<(Entity, String)>,
    next: u64,
    journal: Vec<Deed>,
    /// Requests under way: when they arrive, in which order they were sent.
    under_way: BTreeMap<(u64, u64), Request>,
    answers: BTreeMap<u64, Answer>,
    sent: u64,
    mood: Mood,
    counts: Counts,
    /// Steps until the process dies.
    dies_in: Option<u64>,
    is_dead: bool,
    defect: Defect,
}

/// The CRM.
#[derive(Debug)]
pub(super) struct World {
    inner: Mutex<Inner>,
    began: Instant,
    death: Notify,
}

/// How long a reader may not see a new record: less than the wait of a host for listings.
const LAG_MS: u64 = 55_000;

/// How long a silent request may be under way after its sender gave up: less than the wait of a
/// host before absence is believed.
const LATE_MS: u64 = 170_000;

/// Records on a page.
const PAGE: usize = 4;

const FIRST: i64 = 1_790_000_000;

impl World {
    pub(super) fn new(seed: u64, defect: Defect) -> Self {
        let inner = Inner {
            rng: fastrand::Rng::with_seed(seed),
            records: BTreeMap::new(),
            fields: Vec::new(),
            next: 100,
            journal: Vec::new(),
            under_way: BTreeMap::new(),
            answers: BTreeMap::new(),
            sent: 0,
            mood: Mood { faults: 0, lags: false, people: 0 },
            counts: Counts::default(),
            dies_in: None,
            is_dead: false,
            defect,
        };
        let world = Self { inner: Mutex::new(inner), began: Instant::now(), death: Notify::new() };
        world.settle_in();
        world
    }

    /// What was there before: a company and two people that the pipeline matches, and strangers.
    fn settle_in(&self) {
        let firm = json!({"name": "Clearline Title", "description": "of old"});
        let known = json!({"name": "Nora Abbot", "email": ["nora@yard.example"]});
        let other =
            json!({"name": "Oda Person", "email": ["oda@yard.example"], "City__c": "Lyons"});
        let mut inner = self.lock();
        for (entity, fields) in
            [(Entity::Accounts, firm), (Entity::Contacts, known), (Entity::Contacts, other)]
        {
            let fields = fields.as_object().unwrap().clone().into_iter().collect();
            let id = inner.number();
            let record = Stored {
                rev: 1,
                made_ms: 0,
                marker: None,
                fields,
                deleted: false,
                by: Actor::Person,
            };
            inner.records.insert(CrmRef::new(entity, id.into()), record);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    /// The time, as a run may ask for it.
    pub(super) fn now(&self) -> Timestamp {
        time(self.ms())
    }

    pub(super) fn behave(&self, mood: Mood) {
        self.lock().mood = mood;
    }

    /// Lets the process die at one of its next steps.
    pub(super) fn die_in(&self, steps: Option<u64>) {
        let mut inner = self.lock();
        inner.dies_in = steps;
        inner.is_dead = false;
    }

    /// Ends when the process dies.
    pub(super) async fn death(&self) {
        self.death.notified().await;
        self.lock().counts.crashes += 1;
    }

    pub(super) fn chance(&self, below: u64) -> u64 {
        self.lock().rng.u64(0..below)
    }

    pub(super) fn journal(&self) -> Vec<Deed> {
        self.lock().journal.clone()
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts.clone()
    }

    /// Whatever is under way arrives.
    pub(super) fn rest(&self) {
        self.lock().arrive(u64::MAX);
    }

    /// All that lives.
    pub(super) fn records(&self) -> BTreeMap<CrmRef, Stored> {
        let inner = self.lock();
        let living = inner.records.iter().filter(|(_, record)| !record.deleted);
        living.map(|(at, record)| (at.clone(), record.clone())).collect()
    }

    /// A step of the process; it may be its last.
    async fn step(&self) {
        let dies = {
            let mut inner = self.lock();
            inner.dies_in = inner.dies_in.map(|steps| steps.saturating_sub(1));
            inner.is_dead |= inner.dies_in == Some(0);
            inner.is_dead
        };
        if dies {
            self.death.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// A read: it takes its time, and may fail.
    async fn read<T>(&self, see: impl FnOnce(&mut Inner, u64) -> T) -> Result<T, CrmError> {
        self.step().await;
        let (takes, fails) = {
            let mut inner = self.lock();
            inner.counts.calls += 1;
            (inner.rng.u64(5..400), inner.goes_wrong(4))
        };
        sleep(Duration::from_millis(takes)).await;
        let now = self.ms();
        let seen = {
            let mut inner = self.lock();
            inner.arrive(now);
            if fails {
                inner.count("read failed");
                return Err(silent("read"));
            }
            see(&mut inner, now)
        };
        self.step().await;
        Ok(seen)
    }

    /// A write: once it is sent it arrives, whatever becomes of the sender.
    async fn write(&self, request: Request) -> Result<Written, CrmError> {
        self.step().await;
        let plan = self.lock().plan(self.ms(), request)?;
        sleep(Duration::from_millis(plan.answer_ms)).await;
        let answer = {
            let now = self.ms();
            let mut inner = self.lock();
            inner.arrive(now);
            inner.answers.remove(&plan.number)
        };
        self.step().await;
        match answer {
            _ if plan.is_silent => Err(silent("write")),
            Some(Answer::Written(written)) => Ok(written),
            Some(Answer::Conflict) => Err(conflict()),
            Some(Answer::Refused(why)) => Err(refused(why)),
            None => Err(silent("write")),
        }
    }
}

/// How a write is going to be treated.
struct Plan {
    number: u64,
    answer_ms: u64,
    is_silent: bool,
}

impl Inner {
    fn number(&mut self) -> u64 {
        self.next += 4;
        self.next
    }

    fn count(&mut self, fault: &'static str) {
        *self.counts.faults.entry(fault).or_default() += 1;
    }

    fn goes_wrong(&mut self, part: u32) -> bool {
        let faults = self.mood.faults / part;
        self.rng.u32(0..100) < faults
    }

    fn plan(&mut self, now: u64, request: Request) -> Result<Plan, CrmError> {
        self.counts.calls += 1;
        if self.rng.u32(0..100) < self.mood.people {
            let (after, act) = (self.rng.u64(1..20_000), self.rng.u64(..));
            self.send(now + after, Request::Person(act));
        }
        let takes = self.rng.u64(5..900);
        let plan = |number, answer_ms, is_silent| Plan { number, answer_ms, is_silent };
        if !self.goes_wrong(1) {
            let number = self.send(now + takes / 2, request);
            return Ok(plan(number, takes, false));
        }
        Ok(match self.rng.u32(0..7) {
            0 => {
                self.count("refused");
                return Err(refused("not today"));
            }
            1 => {
                self.count("throttled");
                return Err(CrmError::Throttled {
                    method: "write".into(),
                    url: url(),
                    retry_after: None,
                });
            }
            2 => {
                self.count("conflict");
                return Err(if matches!(request, Request::Create { .. }) {
                    CrmError::NotSent { method: "write".into(), url: url(), source: None }
                } else {
                    conflict()
                });
            }
            3 => {
                self.count("error before the commit");
                plan(0, takes, true)
            }
            4 => {
                self.count("error after the commit");
                plan(self.send(now + takes / 2, request), takes, true)
            }
            5 => {
                self.count("answer lost");
                plan(self.send(now + takes / 2, request), 90_000, true)
            }
            _ => {
                self.count("silence, commit later");
                let late = self.rng.u64(1_000..LATE_MS);
                plan(self.send(now + 30_000 + late, request), 30_000, true)
            }
        })
    }

    fn send(&mut self, at: u64, request: Request) -> u64 {
        self.sent += 1;
        self.under_way.insert((at, self.sent), request);
        self.sent
    }

    /// Applies what has arrived by now, in order.
    fn arrive(&mut self, now: u64) {
        while let Some(first) = self.under_way.first_entry() {
            let (at, number) = *first.key();
            if at > now {
                break;
            }
            let request = first.remove();
            let answer = self.apply(at, request);
            self.answers.extend(answer.map(|answer| (number, answer)));
        }
    }

    fn apply(&mut self, now: u64, request: Request) -> Option<Answer> {
        Some(match request {
            Request::Create { entity, marker, fields } => {
                let Some(id) = self.create(now, Actor::Ours, (entity, Some(marker), fields)) else {
                    return Some(Answer::Refused("no such record"));
                };
                Answer::Written(Written { id, rev: "1".into() })
            }
            Request::Edit { at, rev, read, patch } => {
                self.change(now, Actor::Ours, (&at, &rev, read), Some(patch))
            }
            Request::Delete { at, rev } => {
                self.change(now, Actor::Ours, (&at, &rev, Values::new()), None)
            }
            Request::Person(chance) => {
                self.person(now, chance);
                return None;
            }
        })
    }

    fn create(
        &mut self,
        now: u64,
        by: Actor,
        (entity, marker, fields): (Entity, Option<String>, Values),
    ) -> Option<CrmId> {
        if let Some(parent) = parent(&fields) {
            let parent = self.records.get_mut(&parent).filter(|parent| !parent.deleted)?;
            parent.rev += 1;
        }
        let id: CrmId = self.number().into();
        let at = CrmRef::new(entity, id.clone());
        let after = fields.clone();
        let record = Stored { rev: 1, made_ms: now, marker, fields, deleted: false, by };
        self.records.insert(at.clone(), record);
        let revs = (String::new(), String::new());
        let (read, before) = (Values::new(), Values::new());
        let verb = Verb::Create;
        self.journal.push(Deed { after_ms: now, actor: by, verb, at, revs, read, before, after });
        Some(id)
    }

    /// An edit, or with no patch a delete.
    fn change(
        &mut self,
        now: u64,
        actor: Actor,
        (at, rev, read): (&CrmRef, &str, Values),
        patch: Option<Patch>,
    ) -> Answer {
        let Some(record) = self.records.get_mut(at).filter(|record| !record.deleted) else {
            return Answer::Refused("no such record");
        };
        let stood = record.rev.to_string();
        let given = match (actor, self.defect) {
            (Actor::Person, _) | (_, Defect::IgnoresRevisions) => stood.clone(),
            (Actor::Ours, _) => rev.to_owned(),
        };
        if given != stood {
            return Answer::Conflict;
        }
        let before = record.fields.clone();
        let verb = if patch.is_some() { Verb::Edit } else { Verb::Delete };
        record.deleted = patch.is_none();
        for (path, value) in patch.into_iter().flatten() {
            match value {
                Some(value) => record.fields.insert(path, value),
                None => record.fields.remove(&path),
            };
        }
        record.rev += 1;
        let (after, next) = (record.fields.clone(), record.rev.to_string());
        let (at, revs) = (at.clone(), (rev.to_owned(), stood));
        if verb == Verb::Delete {
            // What stands on a record goes with it.
            for record in self.records.values_mut() {
                record.deleted |= parent(&record.fields).is_some_and(|parent| parent == at);
            }
        }
        let id = at.id.clone();
        self.journal.push(Deed { after_ms: now, actor, verb, at, revs, read, before, after });
        Answer::Written(Written { id, rev: next })
    }

    fn person(&mut self, now: u64, chance: u64) {
        self.counts.people += 1;
        let mut chance = fastrand::Rng::with_seed(chance);
        let living = self.records.iter().filter(|(_, record)| !record.deleted);
        let living: Vec<CrmRef> = living.map(|(at, _)| at.clone()).collect();
        let Some(at) = chance.choice(&living).cloned() else { return };
        let word = format!("said by a person {now}");
        let patch = |path: &str| Some(Patch::from([(path.to_owned(), Some(word.clone().into()))]));
        let revs = (&at, "", Values::new());
        match (chance.u32(0..8), at.entity) {
            (0, _) => drop(self.change(now, Actor::Person, revs, None)),
            (1, _) => {
                let fields = Values::from([("name".into(), word.clone().into())]);
                let fresh = (Entity::Contacts, None, fields);
                drop(self.create(now, Actor::Person, fresh));
            }
            (2, Entity::Accounts | Entity::Contacts | Entity::Leads) => {
                let fields = Values::from([
                    ("entity".into(), at.to_string().into()),
                    ("note".into(), word.clone().into()),
                ]);
                drop(self.create(now, Actor::Person, (Entity::Notes, None, fields)));
            }
            (_, Entity::Notes) => drop(self.change(now, Actor::Person, revs, patch("note"))),
            (3..=5, Entity::Accounts | Entity::Contacts) => {
                drop(self.change(now, Actor::Person, revs, patch("City__c")));
            }
            _ => drop(self.change(now, Actor::Person, revs, patch("description"))),
        }
    }

    fn snapshot(&mut self, at: &CrmRef, now: u64) -> Option<Snapshot> {
        let hidden = self.mood.lags && self.rng.u32(0..4) == 0;
        let record = self.records.get(at).filter(|record| !record.deleted)?;
        // A person's note that no reader sees yet goes with the record that we delete: a known
        // risk, which the waits before absence is believed do not cover.
        let hidden = hidden && record.by == Actor::Ours;
        if hidden && record.made_ms + LAG_MS > now {
            return None;
        }
        Some(Snapshot {
            at: at.clone(),
            rev: record.rev.to_string(),
            created: time(record.made_ms),
            deleted: false,
            marker: record.marker.clone().filter(|_| self.defect != Defect::LosesMarkers),
            creator: None,
            fields: record.fields.clone(),
            raw: Value::Null,
        })
    }

    fn page(&mut self, entity: Entity, (page, newest): (usize, bool), now: u64) -> Vec<Snapshot> {
        if self.defect == Defect::FindsNothing && newest {
            return Vec::new();
        }
        let mut all: Vec<CrmRef> =
            self.records.keys().filter(|at| at.entity == entity).cloned().collect();
        all.sort_by_key(|at| at.id.0.parse::<u64>().unwrap());
        if newest {
            all.reverse();
        }
        let mut seen: Vec<_> = all.iter().filter_map(|at| self.snapshot(at, now)).collect();
        seen = seen.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
        if self.mood.lags && self.rng.u32(0..6) == 0 {
            self.rng.shuffle(&mut seen);
        }
        seen
    }
}

fn parent(fields: &Values) -> Option<CrmRef> {
    fields.get("entity")?.as_str()?.parse().ok()
}

fn time(ms: u64) -> Timestamp {
    Timestamp::from_millisecond(FIRST * 1_000 + i64::try_from(ms).unwrap()).unwrap()
}

fn url() -> String {
    "https://crm.example".to_owned()
}

fn silent(method: &str) -> CrmError {
    CrmError::Silent { method: method.into(), url: url(), why: "nothing".into(), source: None }
}

fn conflict() -> CrmError {
    CrmError::Conflict { method: "edit".into(), url: url() }
}

fn refused(why: &str) -> CrmError {
    let (method, message) = ("write".into(), why.into());
    CrmError::Refused { method, url: url(), status: 400, code: 400, message }
}

/// Values as the CRM keeps them.
fn kept(mut fields: Values) -> Values {
    if let Some(email) = fields.get_mut("email") {
        *email = normal(&Kind::Email, email);
    }
    fields
}

impl Crm for World {
    async fn inventory(&self) -> Result<Inventory, CrmError> {
        let fields = self.read(|inner, _| inner.fields.clone()).await?;
        let mut custom = BTreeMap::<Entity, Vec<CustomField>>::new();
        for (entity, name) in fields {
            let field = CustomField { name, kind: "Text".into(), options: vec![], multiple: false };
            custom.entry(entity).or_default().push(field);
        }
        let id = |id: &str| CrmId::from(id);
        Ok(Inventory {
            instance: "7".into(),
            name: "Simulated".into(),
            users: vec![CrmUser {
                id: id("3"),
                name: "Mover".into(),
                emails: vec!["migration@sandbox.example".into()],
                enabled: true,
            }],
            pipelines: vec![SalesPipeline {
                id: id("1"),
                name: "New Business".into(),
                stages: vec![Stage { id: id("2"), name: "Qualify".into() }],
            }],
            outcomes: vec![Outcome { id: id("1"), name: "Won".into(), status: "won".into() }],
            custom_fields: custom,
            ..Inventory::default()
        })
    }

    async fn get(&self, at: &CrmRef) -> Result<Option<Snapshot>, CrmError> {
        self.read(|inner, now| inner.snapshot(at, now)).await
    }

    async fn list(&self, entity: Entity, page: usize) -> Result<Vec<Snapshot>, CrmError> {
        self.read(|inner, now| inner.page(entity, (page, false), now)).await
    }

    async fn newest(&self, entity: Entity, page: usize) -> Result<Vec<Snapshot>, CrmError> {
        self.read(|inner, now| inner.page(entity, (page, true), now)).await
    }

    async fn on_record(&self, on: &CrmRef, entity: Entity) -> Result<Vec<Snapshot>, CrmError> {
        self.read(|inner, now| {
            let of = |(at, record): (&CrmRef, &Stored)| {
                (at.entity == entity && parent(&record.fields).as_ref() == Some(on))
                    .then(|| at.clone())
            };
            let found: Vec<CrmRef> = inner.records.iter().filter_map(of).collect();
            found.iter().filter_map(|at| inner.snapshot(at, now)).collect()
        })
        .await
    }

    async fn create(&self, new: NewRecord<'_>) -> Result<Written, CrmError> {
        let mut fields = kept(expected(new.kind, new.fields));
        for path in self.deferred(new.kind, new.fields).keys() {
            fields.remove(path);
        }
        if new.kind.entity() == Entity::Leads {
            fields.entry("status".into()).or_insert_with(|| "open".into());
        }
        let (entity, marker) = (new.kind.entity(), new.marker.to_owned());
        self.write(Request::Create { entity, marker, fields }).await
    }

    async fn edit(&self, now: &Snapshot, patch: &Patch) -> Result<Written, CrmError> {
        let (at, rev, read) = (now.at.clone(), now.rev.clone(), now.fields.clone());
        let patch = patch.iter().map(|(path, value)| {
            let one = value.clone().map(|value| Values::from([(path.clone(), value)]));
            (path.clone(), one.map(kept).and_then(|mut one| one.remove(path)))
        });
        self.write(Request::Edit { at, rev, read, patch: patch.collect() }).await
    }

    async fn delete(&self, at: &CrmRef, rev: &str) -> Result<(), CrmError> {
        let request = Request::Delete { at: at.clone(), rev: rev.to_owned() };
        self.write(request).await.map(drop)
    }

    async fn provision_field(&self, field: &NewField) -> Result<bool, CrmError> {
        self.read(|inner, _| {
            let field = (field.entity, field.name.clone());
            let is_new = !inner.fields.contains(&field);
            if is_new {
                inner.fields.push(field);
            }
            is_new
        })
        .await
    }

    async fn provision_tag(&self, _: Entity, _: &str) -> Result<bool, CrmError> {
        Err(CrmError::Unsupported { what: "keep tags".into() })
    }

    async fn provision_source(&self, _: &str) -> Result<CrmId, CrmError> {
        Err(CrmError::Unsupported { what: "keep sources".into() })
    }

    async fn upload(&self, _: &Upload<'_>) -> Result<Value, CrmError> {
        Err(CrmError::Unsupported { what: "keep files".into() })
    }

    fn supports(&self, _: ObjectKind, _: &str) -> bool {
        true
    }

    fn deferred(&self, kind: ObjectKind, fields: &Values) -> Patch {
        let closes = |(path, value): &(&String, &Value)| {
            path.as_str() == "status" && value.as_str() != Some("open")
        };
        let is_lead = kind.entity() == Entity::Leads;
        let closing = fields.iter().filter(|_| is_lead).filter(closes);
        closing.map(|(path, value)| (path.clone(), Some(value.clone()))).collect()
    }
}
