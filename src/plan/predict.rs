//! The whole run, predicted by running the rules over the extracted rows.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::coverage::{Coverage, Survey};
use super::decide::{Decision, Known, Matches, decide, record_hash, split_closing};
use super::disposition::{self, Disposition};
use super::error::PlanError;
use super::existing::{Existing, naming};
use super::files;
use super::gate::{self, Gate};
use super::groups::Groups;
use super::held::{Held, lost_rows, taken};
use super::irreversible::{self, Irreversible};
use super::late;
use super::memory::Memory;
use super::object_plan::{Matched, ObjectPlan};
use super::order::{Order, Stage};
use super::owners::OwnerUse;
use super::prepare::{Course, Desk, Prepared};
use super::provision::{Provisioning, Seen};
use super::reading::{self, TableRemark};
use super::source_text::SourceText;
use super::sums::Sums;
use super::tally::Tally;
use super::vanished;
use crate::crm::Inventory;
use crate::ground::{CrmRef, Entity, Fields, Flag, Made, Outcome, Rows, SourceKey};

/// What is going to happen.
#[derive(Debug)]
pub struct Plan {
    /// The stages in order.
    pub order: Order,
    /// The objects in the order of the spec.
    pub objects: Vec<ObjectPlan>,
    /// What was remarked while the source was read, apart from its records.
    pub reading: Vec<TableRemark>,
    /// What becomes of every column of the source.
    pub columns: Vec<Disposition>,
    /// What is created before the records.
    pub provisioning: Provisioning,
    /// Who owns what.
    pub owners: Vec<OwnerUse>,
    /// Files whose source is still to be asked; none once the plan is settled.
    pub wanted: Vec<files::Wanted>,
    /// What happens to each file.
    pub files: files::FilePlans,
    /// What refuses the run; empty when nothing does.
    pub gates: Vec<Gate>,
    /// Writing calls at most, by method.
    pub calls: BTreeMap<String, u64>,
    /// The least time the writing takes at the pace of the spec, in seconds.
    pub eta_s: f64,
}

impl Plan {
    /// What the run does that no rollback takes back.
    pub fn irreversible(&self) -> Vec<Irreversible> {
        irreversible::of(&self.provisioning, &self.files)
    }
}

/// Predicts a run; the desk learns what becomes of every record on the way.
pub fn predict(
    desk: &mut Desk,
    inventory: &Inventory,
    existing: &Existing,
    memory: &dyn Memory,
) -> Result<Plan, PlanError> {
    let pipeline = std::sync::Arc::clone(&desk.pipeline);
    let order = Order::of(&pipeline);
    let mut seen = Seen::default();
    let mut plans: BTreeMap<usize, ObjectPlan> = BTreeMap::new();
    let mut calls: BTreeMap<String, u64> = BTreeMap::new();
    let (mut claimed, mut wanted, mut open_leads) = (HashSet::new(), Vec::new(), 0);
    for stage in order.stages() {
        let Stage::Records(object) = *stage else { continue };
        let mut forecast = Forecast {
            object,
            seen: &mut seen,
            calls: &mut calls,
            claimed: &mut claimed,
            wanted: &mut wanted,
            open_leads: &mut open_leads,
            existing,
        };
        plans.insert(object, forecast.object(desk, memory)?);
    }
    let owners = desk.owners.uses();
    for (object, plan) in &mut plans {
        late::weed(desk, *object, &mut plan.tally)?;
        if !plan.vanished.is_empty() {
            let count = plan.vanished.len() as u64;
            *plan.tally.flags.entry(vanished::CODE.to_owned()).or_default() += count;
        }
    }
    let provisioning = seen.missing(&pipeline, inventory);
    let tags = provisioning.tags.values().map(|tags| tags.len() as u64).sum();
    let made = [
        ("customfield", provisioning.fields.len() as u64),
        ("newTag", tags),
        ("newSource", provisioning.sources.len() as u64),
    ];
    calls.extend(
        made.into_iter().filter(|made| made.1 > 0).map(|(name, count)| (name.into(), count)),
    );
    let met = gate::Met { plans: &plans, owners: &owners, provisioning: &provisioning, open_leads };
    let gates = met.gates(desk, inventory, existing);
    let eta_s = eta(&pipeline, &calls);
    Ok(Plan {
        reading: reading::remarks(desk)?,
        columns: disposition::find(desk)?,
        wanted,
        files: files::FilePlans::new(),
        order,
        objects: plans.into_values().collect(),
        provisioning,
        owners,
        gates,
        calls,
        eta_s,
    })
}

/// The least time that these calls take at the pace of the spec, in seconds.
pub(super) fn eta(pipeline: &crate::spec::Pipeline, calls: &BTreeMap<String, u64>) -> f64 {
    let per_second = pipeline.destination.pace_write.map(|pace| pace.per_second);
    per_second.map_or(0.0, |rate| precise(calls.values().sum()) / rate)
}

/// A count as a float: exact up to 2^53, more than any CRM holds.
#[expect(clippy::cast_precision_loss, reason = "an estimate of seconds")]
const fn precise(count: u64) -> f64 {
    count as f64
}

/// The prediction of one object while it is made.
struct Forecast<'a> {
    object: usize,
    seen: &'a mut Seen,
    calls: &'a mut BTreeMap<String, u64>,
    claimed: &'a mut HashSet<CrmRef>,
    wanted: &'a mut Vec<files::Wanted>,
    /// Leads that would be made and that nothing closes.
    open_leads: &'a mut u64,
    existing: &'a Existing,
}

impl Forecast<'_> {
    fn object(&mut self, desk: &mut Desk, memory: &dyn Memory) -> Result<ObjectPlan, PlanError> {
        let pipeline = std::sync::Arc::clone(&desk.pipeline);
        let rules = &pipeline.objects[self.object];
        let table = pipeline.tables[rules.table].name.clone();
        let rows = desk.rows.rows(&table)?.filter_map(Result::ok);
        let world = desk.world();
        let groups =
            Groups::find(self.object, (rules, &pipeline.sources), rows, (&desk.mapping, &world));
        desk.groups.insert(self.object, groups);
        let mut plan = ObjectPlan::new(&rules.name);
        for held in lost_rows(&pipeline, desk, self.object)? {
            plan.tally.source += 1;
            plan.tally.count(Outcome::Flagged, &held.flags);
            plan.held.push(held);
        }
        let mut rows = Vec::new();
        for row in desk.rows.rows(&table)? {
            rows.push(row?.key.clone());
        }
        let mut coverage = Coverage {
            survey: Survey::of(rules, &desk.choices, |path| {
                desk.unsupported.contains(&(rules.kind, path.into()))
            }),
            texts: SourceText::of_object(&pipeline, self.object),
            sums: Sums::of(&pipeline, self.object),
        };
        for keys in rows.chunks(256) {
            let batch = self.prepare(desk, (&table, keys), &mut plan.tally);
            self.batch((desk, memory), batch, (&mut plan, &mut coverage))?;
        }
        desk.rows.check()?;
        plan.vanished = vanished::find(desk, (self.object, &plan.name), (memory, self.existing))?;
        plan.sums = coverage.sums.into_sums();
        plan.fields = coverage.survey.into_fields();
        Ok(plan)
    }

    /// Maps rows, each knowing the fate of those before it.
    fn prepare(
        &self,
        desk: &mut Desk,
        (table, keys): (&str, &[Box<str>]),
        tally: &mut Tally,
    ) -> Vec<Prepared> {
        let mut batch = Vec::with_capacity(keys.len());
        for key in keys {
            let row = Rows::get(&desk.rows, table, key);
            let Some(row) = row else { continue };
            let records = desk.prepare(self.object, &row);
            if records.iter().any(|prepared| prepared.record.occurrence.is_some()) {
                tally.series.0 += 1;
                tally.series.1 += records.len() as u64;
            }
            for prepared in records {
                desk.learn(self.object, &prepared);
                batch.push(prepared);
            }
        }
        batch
    }

    fn batch(
        &mut self,
        (desk, memory): (&mut Desk, &dyn Memory),
        batch: Vec<Prepared>,
        (plan, coverage): (&mut ObjectPlan, &mut Coverage),
    ) -> Result<(), PlanError> {
        let keys: Vec<_> =
            batch.iter().map(|prepared| SourceKey::new(&plan.name, &prepared.id)).collect();
        for (prepared, known) in batch.into_iter().zip(memory.known(&keys)?) {
            let Prepared { id, record, mut flags, course, taken } = prepared;
            plan.known += u64::from(known.is_some());
            // Who is filled is part of what somebody approves.
            let mut met_at = String::new();
            let outcome = match course {
                Course::Write { fields, late } => {
                    let rules = &desk.pipeline.objects[self.object];
                    self.seen.note(rules, &fields);
                    let file = files::wanted(
                        (self.object, rules),
                        (&id, &record.place),
                        (&fields, &flags),
                    );
                    let all = fields.clone();
                    let (outcome, met) =
                        self.write(desk, known.as_ref(), (fields, &late), &mut flags);
                    let name = format!("{}:{id}", plan.name);
                    met_at.extend(met.as_ref().map(|(at, _)| at.to_string()));
                    plan.matched.extend(met.map(|met| self.matched(&name, &all, met)));
                    coverage.note(outcome, (&name, &record), (&all, &late), &taken);
                    self.wanted.extend(file.filter(|_| outcome == Outcome::Created));
                    outcome
                }
                Course::Merged { .. } => {
                    flags.extend(vanished::left(known.as_ref().map(|known| &known.at), "merged"));
                    Outcome::Merged
                }
                Course::Skip { reason } => {
                    flags.extend(vanished::left(known.as_ref().map(|known| &known.at), &reason));
                    *plan.tally.reasons.entry(reason).or_default() += 1;
                    Outcome::Skipped
                }
                Course::Hold | Course::Stop => Outcome::Flagged,
            };
            plan.tally.source += 1;
            plan.tally.count(outcome, &flags);
            plan.fates.add(blake3::hash(format!("{id}\0{}\0{met_at}", outcome.name()).as_bytes()));
            coverage.survey.remark(&flags);
            if matches!(outcome, Outcome::Created | Outcome::Updated | Outcome::Unchanged) {
                let owners = taken.into_iter().filter_map(|taken| taken.owner);
                owners.for_each(|owner| desk.owners.owns(&plan.name, owner));
            }
            vanished::unwritten(desk, (&plan.name, &id), outcome, known.as_ref());
            if outcome == Outcome::Flagged {
                let place = record.place.to_string();
                plan.held.push(Held { record: format!("{}:{id}", plan.name), place, flags });
            }
        }
        Ok(())
    }

    /// A record that the CRM has already, told with both names.
    fn matched(&self, record: &str, fields: &Fields, (at, by): (CrmRef, String)) -> Matched {
        Matched {
            record: record.to_owned(),
            by,
            name: fields.get(naming(at.entity)).map(Made::shown).unwrap_or_default(),
            named: self.existing.name(&at).to_owned(),
            at: at.to_string(),
        }
    }

    /// The outcome of a record that the rules would write, and the record of the CRM that is met for
    /// the first time, with what it was known by.
    fn write(
        &mut self,
        desk: &Desk,
        known: Option<&Known>,
        (fields, late): (Fields, &Fields),
        flags: &mut Vec<Flag>,
    ) -> (Outcome, Option<(CrmRef, String)>) {
        let rules = &desk.pipeline.objects[self.object];
        let keys = desk.mapping.match_key(self.object, &fields);
        let (whole, closing) = split_closing(rules.kind, fields);
        let found =
            if known.is_none() { self.existing.find(self.object, &keys) } else { Cow::default() };
        let by = rules.matching.0.join(", ");
        let value = keys.first().map_or("", String::as_str);
        let decision = decide(
            &record_hash(rules.kind, &whole),
            known,
            &Matches { by: &by, value, found: &found },
        );
        let one = rules.kind.entity().one();
        let mut call = |verb| *self.calls.entry(format!("{verb}{one}")).or_default() += 1;
        if known.is_none() && !closing.is_empty() {
            call("edit");
        }
        if known.is_none() && !late.is_empty() {
            call("edit");
        }
        let outcome = match decision {
            Decision::Create => {
                call("new");
                let is_lead = rules.kind.entity() == Entity::Leads;
                *self.open_leads += u64::from(is_lead && closing.is_empty());
                Outcome::Created
            }
            Decision::Fill(at)
                if self.existing.is_taken(&at) || !self.claimed.insert(at.clone()) =>
            {
                flags.push(taken(&at, &by, value));
                Outcome::Flagged
            }
            Decision::Fill(at) => {
                call("edit");
                return (Outcome::Updated, Some((at, format!("{by} = {value}"))));
            }
            Decision::Edit(_) => {
                call("edit");
                Outcome::Updated
            }
            Decision::Unchanged(_) => Outcome::Unchanged,
            Decision::Hold(flag) => {
                flags.push(flag);
                Outcome::Flagged
            }
        };
        (outcome, None)
    }
}
