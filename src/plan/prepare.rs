//! A row on its way to a record: mapped, merged into another, left out or held.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::choices::ChoiceTable;
use super::groups::Groups;
use super::links::LinkBook;
use super::owners::OwnerTable;
use super::sample::Sample;
use super::spelling::Spellings;
use crate::ground::{Fate, Fields, Flag, Made, Record, Rows, SourceKey};
use crate::spec::{ObjectKind, Pipeline};
use crate::staging::StagedRows;
use crate::transform::{Mapping, Occurrences, Taken, Verdict, World};

/// Everything that the rules need to turn rows into fields.
#[derive(Debug)]
pub struct Desk {
    /// The pipeline.
    pub pipeline: Arc<Pipeline>,
    /// Its rules.
    pub mapping: Mapping,
    /// The extracted tables.
    pub rows: StagedRows,
    /// Who owns what.
    pub owners: OwnerTable,
    /// The pick-lists of the CRM.
    pub choices: ChoiceTable,
    /// How values of pick-lists, tags and sources are spelt.
    pub spellings: Spellings,
    /// The time of the run.
    pub now: Timestamp,
    /// What becomes of the records looked at so far.
    pub links: LinkBook,
    /// Object to its groups of rows that mean the same thing.
    pub groups: HashMap<usize, Groups>,
    /// Object and row key to the late references that can be written, once all fates are known.
    pub late: HashMap<(usize, Box<str>), Late>,
    /// Fields that the CRM's API cannot write.
    pub unsupported: HashSet<(ObjectKind, Box<str>)>,
    /// The records of a sample; all others are as if they were not there. `None`: the whole spec.
    pub only: Option<Arc<HashSet<SourceKey>>>,
}

/// The late references of a record.
#[derive(Debug)]
pub struct Late {
    /// Those that can be written.
    pub fields: Fields,
    /// Remarks about the others.
    pub flags: Vec<Flag>,
}

/// What the rules made of a record.
#[derive(Debug)]
pub struct Prepared {
    /// Its id.
    pub id: Box<str>,
    /// The row that it was made of, in a series with its own times.
    pub record: Arc<Record>,
    /// What was remarked.
    pub flags: Vec<Flag>,
    /// What is to be done with it.
    pub course: Course,
    /// What each field took of the source, when it is written.
    pub taken: Vec<Taken>,
}

/// What is to be done with a row.
#[derive(Debug)]
pub enum Course {
    /// It is written.
    Write {
        /// Fields of the first pass.
        fields: Fields,
        /// References of the second pass.
        late: Fields,
    },
    /// Another row stands for it.
    Merged {
        /// That row's key.
        into: Box<str>,
    },
    /// A rule leaves it out.
    Skip {
        /// Why.
        reason: String,
    },
    /// It is held back; the flags say why.
    Hold,
    /// The run ends here; the last flag says why.
    Stop,
}

impl Prepared {
    fn new(record: &Arc<Record>, flags: Vec<Flag>, course: Course) -> Self {
        Self { id: record.id(), record: Arc::clone(record), flags, course, taken: Vec::new() }
    }
}

impl Desk {
    /// What the rules may ask.
    pub fn world(&self) -> World<'_> {
        World {
            rows: &self.rows,
            links: &self.links,
            owners: &self.owners,
            choices: &self.choices,
            now: self.now,
        }
    }

    /// What becomes of a row: one record, several of a series, or none when it does not belong to
    /// the object.
    pub fn prepare(&self, object: usize, row: &Arc<Record>) -> Vec<Prepared> {
        let Some(only) = &self.only else { return self.all_of(object, row) };
        let rules = &self.pipeline.objects[object];
        let is_meant = |id: &str| only.contains(&SourceKey::new(&rules.name, id));
        // Of a row with a series the ids are known only once it is laid out.
        if rules.expand.is_none() && !is_meant(&row.key) {
            return Vec::new();
        }
        let mut prepared = self.all_of(object, row);
        prepared.retain(|record| is_meant(&record.id));
        prepared
    }

    fn all_of(&self, object: usize, row: &Arc<Record>) -> Vec<Prepared> {
        match self.mapping.belongs(object, row, &self.world()) {
            Ok(true) => {}
            Ok(false) => return Vec::new(),
            Err(flag) => return vec![Prepared::new(row, vec![flag], Course::Hold)],
        }
        let Occurrences { records, flags } = self.mapping.occurrences(object, row);
        if records.is_empty() {
            let reason = "every occurrence is an exception".to_owned();
            return vec![Prepared::new(row, flags, Course::Skip { reason })];
        }
        let mut prepared: Vec<_> = records.iter().map(|record| self.one(object, record)).collect();
        if let Some(first) = prepared.first_mut() {
            first.flags.splice(..0, flags);
        }
        prepared
    }

    /// What becomes of one record.
    fn one(&self, object: usize, row: &Arc<Record>) -> Prepared {
        let world = self.world();
        let prepared = |flags, course| Prepared::new(row, flags, course);
        let groups = self.groups.get(&object);
        if let Some(into) = groups.and_then(|groups| groups.merged_into(&row.key)) {
            return prepared(Vec::new(), Course::Merged { into: into.into() });
        }
        let mut rows = vec![Arc::clone(row)];
        if let Some(groups) = groups {
            let table = self.table(object);
            rows.extend(
                groups.members(&row.key).iter().filter_map(|key| self.rows.get(table, key)),
            );
        }
        match self.mapping.map(object, &rows, &world) {
            Verdict::Write { mut fields, mut late, mut flags, taken } => {
                let rules = &self.pipeline.objects[object];
                flags.extend(self.spellings.unify(rules, &mut fields));
                flags.extend(not_closed(rules.kind, &mut fields));
                flags.extend(self.namesake(object, row));
                if let Some(weeded) = self.late.get(&(object, row.id())) {
                    late = weeded.fields.clone();
                    flags.extend(weeded.flags.iter().cloned());
                }
                Prepared { taken, ..prepared(flags, Course::Write { fields, late }) }
            }
            Verdict::Skip { reason, flags } => prepared(flags, Course::Skip { reason }),
            Verdict::Hold { flags } => prepared(flags, Course::Hold),
            Verdict::Stop { flag } => prepared(vec![flag], Course::Stop),
        }
    }

    /// From here on only the records of a sample are looked at; what became of the others is kept in
    /// mind for those that refer to them.
    pub fn narrow(&mut self, sample: &Sample) {
        self.only = Some(Arc::new(sample.keys.clone()));
        self.late.clear();
        self.groups.clear();
        self.owners.forget_uses();
    }

    /// Notes what becomes of a prepared row, for those that refer to it.
    pub fn learn(&mut self, object: usize, prepared: &Prepared) {
        let name = self.pipeline.objects[object].name.clone();
        let fate = match &prepared.course {
            Course::Write { fields, .. } => {
                self.spellings.learn(&self.pipeline.objects[object], fields);
                for (field, value) in self.mapping.search_keys(object, fields) {
                    self.links.learn_value(&name, &field, value, &prepared.id);
                }
                Fate::Written(prepared.id.clone())
            }
            Course::Merged { into } => Fate::Written(into.clone()),
            Course::Skip { .. } => Fate::Left("skipped".into()),
            Course::Hold | Course::Stop => Fate::Left("flagged".into()),
        };
        self.links.learn(&name, &prepared.id, fate);
    }

    /// The name of the table that an object reads.
    pub fn table(&self, object: usize) -> &str {
        &self.pipeline.tables[self.pipeline.objects[object].table].name
    }

    /// A remark when another record has the same e-mail but is somebody else.
    fn namesake(&self, object: usize, row: &Arc<Record>) -> Option<Flag> {
        let groups = self.groups.get(&object)?;
        let key = self.mapping.dedupe_key(object, row, &self.world())?;
        let by = &self.pipeline.objects[object].dedupe.as_ref()?.by;
        groups.shares_first(&key.first).then(|| {
            let first = by.first().map_or("", String::as_str);
            let detail = format!(
                "another record has the same {first} but is not the same by all of {}: not merged",
                by.join(", ")
            );
            Flag::new("same_value_other_record", first, first, &key.first, &detail)
        })
    }
}

/// Takes the closing time out of a lead that is not closed, with a remark: the CRM has no place for
/// it.
fn not_closed(kind: ObjectKind, fields: &mut Fields) -> Option<Flag> {
    if !matches!(kind, ObjectKind::Deal | ObjectKind::Lead) {
        return None;
    }
    let status = match fields.get("status") {
        Some(Made::Plain(Value::String(status))) => status.clone(),
        Some(_) | None => "open".to_owned(),
    };
    if ["won", "lost", "cancelled"].contains(&status.as_str()) {
        return None;
    }
    let Made::Plain(time) = fields.0.shift_remove("closedTime")? else { return None };
    let shown = time.as_str().map_or_else(|| time.to_string(), str::to_owned);
    let detail =
        format!("the lead is {status}, and only a closed one has a closing time: left out");
    Some(Flag::new("not_closed", "closedTime", "closedTime", &shown, &detail))
}
