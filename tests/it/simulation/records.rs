//! The records of a CRM in memory: what was sent arrives, now or later, is applied or refused, and
//! stands in a journal.

use std::collections::BTreeMap;

use flitpipe::crm::{CrmError, Patch, Snapshot, Values, Written};
use flitpipe::ground::{CrmId, CrmRef, Entity};
use serde_json::{Value, json};

use super::crm::{Actor, Counts, Deed, Defect, Mood, Stored, Verb, conflict, refused, time, url};

/// How long a reader may not see a new record: less than the wait of a host for listings.
const LAG_MS: u64 = 55_000;

/// How long a silent request may be under way after its sender gave up: less than the wait of a
/// host before absence is believed.
const LATE_MS: u64 = 170_000;

/// Records on a page.
const PAGE: usize = 4;

#[derive(Debug, Clone)]
pub(super) enum Request {
    Create { entity: Entity, marker: String, fields: Values },
    Edit { at: CrmRef, rev: String, read: Values, patch: Patch },
    Delete { at: CrmRef, rev: String },
    Person(u64),
}

#[derive(Debug, Clone)]
pub(super) enum Answer {
    Written(Written),
    Conflict,
    Refused(&'static str),
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) rng: fastrand::Rng,
    pub(super) records: BTreeMap<CrmRef, Stored>,
    pub(super) fields: Vec<(Entity, String)>,
    pub(super) next: u64,
    pub(super) journal: Vec<Deed>,
    /// Requests under way: when they arrive, in which order they were sent.
    pub(super) under_way: BTreeMap<(u64, u64), Request>,
    pub(super) answers: BTreeMap<u64, Answer>,
    pub(super) sent: u64,
    pub(super) mood: Mood,
    pub(super) counts: Counts,
    /// Steps until the process dies.
    pub(super) dies_in: Option<u64>,
    pub(super) is_dead: bool,
    pub(super) defect: Defect,
}

/// How a write is going to be treated.
pub(super) struct Plan {
    pub(super) number: u64,
    pub(super) answer_ms: u64,
    pub(super) is_silent: bool,
}

impl Inner {
    pub(super) fn new(seed: u64, defect: Defect) -> Self {
        let mut inner = Self {
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
        inner.settle_in();
        inner
    }

    /// What was there before: a company and two people that the pipeline matches, and strangers.
    fn settle_in(&mut self) {
        let firm = json!({"name": "Clearline Title", "description": "of old"});
        let known = json!({"name": "Nora Abbot", "email": ["nora@yard.example"]});
        let other =
            json!({"name": "Oda Person", "email": ["oda@yard.example"], "City__c": "Lyons"});
        for (entity, fields) in
            [(Entity::Accounts, firm), (Entity::Contacts, known), (Entity::Contacts, other)]
        {
            let fields = fields.as_object().unwrap().clone().into_iter().collect();
            let id = self.number();
            let record = Stored {
                rev: 1,
                made_ms: 0,
                marker: None,
                fields,
                deleted: false,
                by: Actor::Person,
            };
            self.records.insert(CrmRef::new(entity, id.into()), record);
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 4;
        self.next
    }

    pub(super) fn count(&mut self, fault: &'static str) {
        *self.counts.faults.entry(fault).or_default() += 1;
    }

    pub(super) fn goes_wrong(&mut self, part: u32) -> bool {
        let faults = self.mood.faults / part;
        self.rng.u32(0..100) < faults
    }

    pub(super) fn plan(&mut self, now: u64, request: Request) -> Result<Plan, CrmError> {
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
    pub(super) fn arrive(&mut self, now: u64) {
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

    pub(super) fn snapshot(&mut self, at: &CrmRef, now: u64) -> Option<Snapshot> {
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

    pub(super) fn page(
        &mut self,
        entity: Entity,
        (page, newest): (usize, bool),
        now: u64,
    ) -> Vec<Snapshot> {
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

pub(super) fn parent(fields: &Values) -> Option<CrmRef> {
    fields.get("entity")?.as_str()?.parse().ok()
}
