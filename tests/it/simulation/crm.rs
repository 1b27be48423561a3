//! A CRM in memory on virtual time: it keeps a journal, answers badly by a seed, and people work in
//! it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use flitpipe::crm::{CrmError, Values, Written};
use flitpipe::ground::CrmRef;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::records::{Answer, Inner, Request};

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

/// The CRM.
#[derive(Debug)]
pub(super) struct World {
    inner: Mutex<Inner>,
    began: Instant,
    death: Notify,
}

const FIRST: i64 = 1_790_000_000;

impl World {
    pub(super) fn new(seed: u64, defect: Defect) -> Self {
        Self {
            inner: Mutex::new(Inner::new(seed, defect)),
            began: Instant::now(),
            death: Notify::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
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
    pub(super) async fn read<T>(
        &self,
        see: impl FnOnce(&mut Inner, u64) -> T,
    ) -> Result<T, CrmError> {
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
    pub(super) async fn write(&self, request: Request) -> Result<Written, CrmError> {
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

pub(super) fn time(ms: u64) -> Timestamp {
    Timestamp::from_millisecond(FIRST * 1_000 + i64::try_from(ms).unwrap()).unwrap()
}

pub(super) fn url() -> String {
    "https://crm.example".to_owned()
}

pub(super) fn silent(method: &str) -> CrmError {
    CrmError::Silent { method: method.into(), url: url(), why: "nothing".into(), source: None }
}

pub(super) fn conflict() -> CrmError {
    CrmError::Conflict { method: "edit".into(), url: url() }
}

pub(super) fn refused(why: &str) -> CrmError {
    let (method, message) = ("write".into(), why.into());
    CrmError::Refused { method, url: url(), status: 400, code: 400, message }
}
