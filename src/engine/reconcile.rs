//! `reconcile`: reads the CRM back and compares it with what the rules make of the source.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::error::EngineError;
use super::fill::{Filling, Stops};
use super::judged::{by_others, changed_in_source, judge, shown};
use super::resolve::{links, resolve};
use super::session::Session;
use super::setup::Prepared;
use super::three_way::Values;
use crate::crm::{self, Crm, Snapshot};
use crate::ground::{CrmRef, Entity, Fields, Record as Row, Rows, SourceKey, failpoint};
use crate::ledger::{Ledger, Origin, RunId, State, key_of_marker};
use crate::plan::{Course, Prepared as Record, money};
use crate::report::{DIFFERENCES, Difference, Findings, Found, Sort};
use crate::spec::ObjectKind;

/// The kinds of records that can be read back as lists.
const LISTED: [Entity; 5] =
    [Entity::Accounts, Entity::Contacts, Entity::Leads, Entity::Activities, Entity::Tasks];

/// How many records of series are kept at most while others are compared.
const KEPT_OF_SERIES: usize = 4_096;

/// What a comparison is about.
#[derive(Debug, Clone, Copy)]
pub struct Compared {
    /// The run whose outcomes must add up to the source; `None`: nothing was promised.
    pub run: Option<RunId>,
    /// Whether the source was read again since that run.
    pub is_later: bool,
}

/// Compares everything that was written with what stands in the CRM; differences go to a file.
pub async fn reconcile<C: Crm>(
    session: &Session<'_, C>,
    prepared: &Prepared,
    ledger: &Ledger,
    compared: Compared,
) -> Result<Found, EngineError> {
    let file = session.out.join(DIFFERENCES);
    let fail = |source| EngineError::Output { file: file.clone(), source };
    let findings = Findings::begin(&file).map_err(fail)?;
    let filling = Filling::of(&session.pipeline);
    let is_later = compared.is_later;
    let series = HashMap::new();
    let mut reading = Reading { session, prepared, ledger, is_later, filling, findings, series };
    reading.outcomes(compared.run)?;
    let kinds: HashSet<Entity> =
        session.pipeline.objects.iter().map(|object| object.kind.entity()).collect();
    let mut seen = HashSet::new();
    for entity in LISTED.into_iter().filter(|entity| kinds.contains(entity)) {
        session.watch.note(&format!("reading {entity} back"));
        for page in 1.. {
            let snapshots = session.crm.list(entity, page).await?;
            if snapshots.is_empty() {
                break;
            }
            for snapshot in snapshots {
                seen.insert(snapshot.at.clone());
                reading.listed(&snapshot)?;
            }
            if session.watch.stopping() {
                return Err(EngineError::Interrupted);
            }
        }
    }
    for object in 0..session.pipeline.objects.len() {
        reading.unlisted(object, &seen).await?;
    }
    failpoint::reach("engine.read_back");
    reading.findings.finish().map_err(fail)
}

struct Reading<'a, C> {
    session: &'a Session<'a, C>,
    prepared: &'a Prepared,
    ledger: &'a Ledger,
    is_later: bool,
    filling: Filling,
    findings: Findings,
    /// Object and row of a series to the records that are made of it, of the last few series.
    series: HashMap<(usize, Box<str>), Vec<Record>>,
}

/// A row of the source and the fields that the rules make of it.
type Mapped = (Arc<Row>, Fields);

/// A record that was written, beside what stands in the CRM.
struct Pair<'a> {
    object: usize,
    key: &'a SourceKey,
    state: &'a State,
    now: &'a Snapshot,
}

impl<C: Crm> Reading<'_, C> {
    /// The source's count of each object, and the sum of the outcomes in a run.
    fn outcomes(&mut self, run: Option<RunId>) -> Result<(), EngineError> {
        for plan in &self.prepared.plan.objects {
            let found = self.findings.of(&plan.name);
            found.source = plan.tally.source;
            // Without a run nothing was promised.
            found.outcomes = if run.is_some() { 0 } else { plan.tally.source };
        }
        let Some(run) = run else { return Ok(()) };
        for ((object, _), count) in self.ledger.reader().outcomes(run)? {
            self.findings.of(&object).outcomes += count;
        }
        Ok(())
    }

    /// A record of a listing: one of ours, the double of one of ours, or somebody else's.
    fn listed(&mut self, now: &Snapshot) -> Result<(), EngineError> {
        let Some(key) = self.ledger.reader().owner(&now.at)? else { return self.double(now) };
        let states = self.ledger.reader().states(std::slice::from_ref(&key))?;
        let object = self.object(&key);
        match (object, states.into_iter().next().flatten()) {
            (Some(object), Some(state)) => {
                self.compare(&Pair { object, key: &key, state: &state, now })
            }
            // An object that the spec does not have any more.
            (None, _) | (_, None) => Ok(()),
        }
    }

    fn object(&self, key: &SourceKey) -> Option<usize> {
        self.session.pipeline.objects.iter().position(|object| *object.name == *key.object)
    }

    /// A record that is not ours by the ledger, but carries one of our marks.
    fn double(&mut self, now: &Snapshot) -> Result<(), EngineError> {
        let Some(marker) = &now.marker else { return Ok(()) };
        let Some(key) = key_of_marker(marker).filter(|key| self.ledger.marker(key) == *marker)
        else {
            return Ok(());
        };
        let place = self.ledger.reader().places(std::slice::from_ref(&key))?;
        let first = place.into_iter().next().flatten();
        let why = first.map_or_else(
            || "it carries the mark of a record that was taken back or never confirmed".to_owned(),
            |first| format!("{first} stands for it already"),
        );
        let known = ("second_copy", why);
        self.note(&key, Sort::Duplicate, (&now.at, "", "", ""), known)
    }

    /// Records of an object that no listing showed: notes, which cannot be listed, and the missing.
    async fn unlisted(&mut self, object: usize, seen: &HashSet<CrmRef>) -> Result<(), EngineError> {
        let name = self.session.pipeline.objects[object].name.clone();
        let (mut unseen, mut there, mut unread) = (Vec::new(), 0_u64, 0_u64);
        let only = self.prepared.desk.only.as_deref();
        self.ledger.reader().each_link(&name, |key, at| {
            if only.is_some_and(|only| !only.contains(&key)) {
                return;
            }
            if seen.contains(&at) {
                there += 1;
            } else {
                unseen.push((key, at));
            }
        })?;
        let noted = self.session.pipeline.objects[object].kind.entity() == Entity::Notes;
        // Each of these costs a call of its own.
        let most = if noted { self.session.pipeline.reconcile.read_back } else { usize::MAX };
        let step = unseen.len().div_ceil(most.max(1)).max(1);
        for (position, (key, at)) in unseen.iter().enumerate() {
            if position % step != 0 {
                unread += 1;
                continue;
            }
            if let Some(now) = self.session.crm.get(at).await? {
                there += 1;
                self.listed(&now)?;
            } else {
                let known = ("gone", "it was written and is not in the CRM any more".to_owned());
                self.note(key, Sort::Missing, (at, "", "", ""), known)?;
            }
        }
        let found = self.findings.of(&name);
        (found.destination, found.unread) = (there + unread, unread);
        Ok(())
    }

    fn compare(&mut self, pair: &Pair<'_>) -> Result<(), EngineError> {
        let Some((mut wanted, made)) = self.wanted(pair)? else { return Ok(()) };
        let rules = &self.session.pipeline.objects[pair.object];
        let mut differing = crm::differences(rules.kind, &wanted, pair.now);
        let is_changed = self.is_later && self.changed(pair, &mut wanted, &mut differing)?;
        self.sum(pair, &wanted);
        let found = self.findings.of(&rules.name);
        found.compared += 1;
        found.values += wanted.len() as u64;
        let source = made.as_ref().filter(|_| !is_changed);
        let source = source.map(|(row, fields)| (&**row, fields));
        let stops = Stops { source, wanted: &wanted, now: pair.now };
        self.filling.count((pair.object, rules), &stops, found);
        if differing.is_empty() {
            return Ok(());
        }
        let remarks = self.ledger.reader().remarks_on(pair.key)?;
        for path in differing {
            let (wants, stands) = (wanted.get(&path), pair.now.fields.get(&path));
            let known = match self.others(pair, (&path, &wanted))? {
                Some(known) => known,
                None => judge(rules, (pair.state, pair.now), &path, &remarks),
            };
            let (sort, rule, why) = known;
            let (wants, stands) = (shown(wants), shown(stands));
            self.note(pair.key, sort, (&pair.now.at, &path, &wants, &stands), (rule, why))?;
        }
        Ok(())
    }

    /// Notes what the source says differently since the record was written, which is then compared
    /// with what was written; whether there was something.
    fn changed(
        &mut self,
        pair: &Pair<'_>,
        wanted: &mut Values,
        differing: &mut Vec<String>,
    ) -> Result<bool, EngineError> {
        let kind = self.session.pipeline.objects[pair.object].kind;
        let changed = changed_in_source(kind, (pair.state, pair.now), differing);
        for path in &changed {
            let now = pair.now.fields.get(path);
            let wants = match now {
                Some(now) => wanted.insert(path.clone(), now.clone()),
                None => wanted.remove(path),
            };
            let (wants, stands) = (shown(wants.as_ref()), shown(now));
            let why = "the source changed after it was written; the next apply brings it";
            let known = ("source_changed", why.to_owned());
            self.note(pair.key, Sort::Explained, (&pair.now.at, path, &wants, &stands), known)?;
        }
        Ok(!changed.is_empty())
    }

    /// What others did to a list, when it is all that differs there.
    fn others(
        &self,
        pair: &Pair<'_>,
        (path, wanted): (&str, &Values),
    ) -> Result<Option<(Sort, &'static str, String)>, EngineError> {
        let sides = [wanted, &pair.now.fields].map(|side| side.get(path));
        if !sides.into_iter().flatten().any(Value::is_array) {
            return Ok(None);
        }
        let done = self.ledger.reader().done(pair.key)?;
        let made = pair.state.origin == Origin::Created && done.len() == 1;
        if made && pair.now.rev == pair.state.rev {
            // Nobody was there but us and the CRM.
            return Ok(None);
        }
        Ok(by_others((pair.state, pair.now), (path, wanted), &done))
    }

    /// What the rules make of the source for a record, as the CRM would show it; `None` when they
    /// make nothing of it any more.
    fn wanted(&mut self, pair: &Pair<'_>) -> Result<Option<(Values, Option<Mapped>)>, EngineError> {
        let rules = &self.session.pipeline.objects[pair.object];
        if rules.kind == ObjectKind::File {
            // Where its content went is only known from the run.
            return Ok(Some((crm::expected(rules.kind, &pair.state.after), None)));
        }
        let Some(mapped) = self.mapped(pair)? else { return Ok(None) };
        let wanted = wanted(self.prepared, self.ledger, (pair.object, mapped.1.clone()))?;
        Ok(Some((wanted, Some(mapped))))
    }

    fn mapped(&mut self, pair: &Pair<'_>) -> Result<Option<Mapped>, EngineError> {
        let desk = &self.prepared.desk;
        let table = desk.table(pair.object);
        let id = &*pair.key.id;
        let row_key = match desk.rows.get(table, id) {
            Some(_) => id,
            None => id.rsplit_once('@').map_or(id, |(row, _)| row),
        };
        let series = (pair.object, Box::from(row_key));
        if let Some(records) = self.series.get(&series) {
            return Ok(records.iter().find(|record| *record.id == *id).and_then(mapped));
        }
        let row = desk.rows.get(table, row_key);
        let records = row.map(|row| desk.prepare(pair.object, &row)).unwrap_or_default();
        desk.rows.check()?;
        let found = records.iter().find(|record| *record.id == *id).and_then(mapped);
        if records.len() > 1 {
            self.keep(series, records);
        }
        Ok(found)
    }

    /// Keeps the records of a series: the CRM lists them among those of others.
    fn keep(&mut self, series: (usize, Box<str>), records: Vec<Record>) {
        let kept: usize = self.series.values().map(Vec::len).sum();
        if kept + records.len() > KEPT_OF_SERIES {
            self.series.clear();
        }
        self.series.insert(series, records);
    }

    /// Adds to the sums that the spec asks for.
    fn sum(&mut self, pair: &Pair<'_>, wanted: &Values) {
        let pipeline = Arc::clone(&self.session.pipeline);
        let fields = pipeline.reconcile.sums.iter().filter(|(object, _)| *object == pair.object);
        let object = &pipeline.objects[pair.object].name;
        for (_, path) in fields {
            let of = |values: &Values| {
                let (currency, amount) = money(values.get(path)?)?;
                let stage = values.get("stage").and_then(Value::as_str).unwrap_or_default();
                let key = (object.clone(), path.clone(), currency, stage.to_owned());
                Some((key, amount))
            };
            if let Some((key, amount)) = of(wanted) {
                self.findings.sums.entry(key).or_default().wanted += amount;
            }
            if let Some((key, amount)) = of(&pair.now.fields) {
                self.findings.sums.entry(key).or_default().stands += amount;
            }
        }
    }

    fn note(
        &mut self,
        key: &SourceKey,
        sort: Sort,
        (at, field, wanted, stands): (&CrmRef, &str, &str, &str),
        (rule, why): (&str, String),
    ) -> Result<(), EngineError> {
        let difference = Difference {
            sort,
            record: key.to_string(),
            at: at.to_string(),
            field: field.to_owned(),
            wanted: wanted.to_owned(),
            stands: stands.to_owned(),
            rule: rule.to_owned(),
            why,
        };
        let file = self.session.out.join(DIFFERENCES);
        let fail = |source| EngineError::Output { file, source };
        self.findings.note(&key.object, difference).map_err(fail)
    }
}

/// The row of a record and its fields, when it is written.
fn mapped(record: &Record) -> Option<Mapped> {
    match &record.course {
        Course::Write { fields, late } => {
            let mut all = fields.clone();
            all.0.extend(late.0.iter().map(|(path, made)| (path.clone(), made.clone())));
            Some((Arc::clone(&record.record), all))
        }
        Course::Merged { .. } | Course::Skip { .. } | Course::Hold | Course::Stop => None,
    }
}

/// The fields of a record as the CRM would show them, links and users resolved.
pub(super) fn wanted(
    prepared: &Prepared,
    ledger: &Ledger,
    (object, mut fields): (usize, Fields),
) -> Result<Values, EngineError> {
    let rules = &prepared.desk.pipeline.objects[object];
    let unsupported = &prepared.desk.unsupported;
    fields.0.retain(|path, _| !unsupported.contains(&(rules.kind, path.clone())));
    let keys = links(&fields);
    let places = ledger.reader().places(&keys)?;
    let known: HashMap<SourceKey, CrmRef> =
        keys.into_iter().zip(places).filter_map(|(key, at)| Some((key, at?))).collect();
    let resolved = resolve(rules, &fields, &known);
    Ok(crm::expected(rules.kind, &resolved.values))
}
