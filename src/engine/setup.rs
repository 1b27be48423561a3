//! Everything before the first write: extraction, inventory, prediction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::error::EngineError;
use super::extract::Extraction;
use super::look::look_at;
use super::marked::{self, Strangers};
use super::rows::{Again, staged};
use super::session::Session;
use crate::crm::{Crm, Inventory, Snapshot};
use crate::ground::{CrmRef, Entity, SourceKey, failpoint};
use crate::ledger::{Aspect, LedgerError, Origin, Reader};
use crate::plan::{
    Bucket, ChoiceTable, Desk, Existing, Known, LinkBook, Means, Memory, OTHER_KEYS, OwnerTable,
    Plan, Sample, Spellings, Written, draw, predict, settle,
};
use crate::spec::ObjectKind;
use crate::staging::StagedRows;
use crate::transform::Mapping;

/// A run that is ready to begin.
#[derive(Debug)]
pub struct Prepared {
    /// The rules with everything that they ask.
    pub desk: Desk,
    /// The prediction.
    pub plan: Plan,
    /// What the extraction came to; `None` when rows of an unfinished run are used again.
    pub extraction: Option<Extraction>,
    /// The account.
    pub inventory: Inventory,
    /// The records that were there before.
    pub existing: Existing,
    /// The sample that the plan is confined to; `None`: it is of everything.
    pub sample: Option<Sample>,
}

/// Reads the sources, looks at the CRM and predicts the run. With `again` the rows of the last
/// complete extraction are used, if they are of this spec.
pub async fn prepare<C: Crm>(
    session: &Session<'_, C>,
    inventory: Inventory,
    ledger: Option<&Reader>,
    again: Again,
) -> Result<Prepared, EngineError> {
    within(session, inventory, ledger, (again, None)).await
}

/// The same for a sample of so many records, with the parents that they need.
pub async fn prepare_sample<C: Crm>(
    session: &Session<'_, C>,
    inventory: Inventory,
    ledger: Option<&Reader>,
    (again, size): (Again, usize),
) -> Result<Prepared, EngineError> {
    within(session, inventory, ledger, (again, Some(size))).await
}

async fn within<C: Crm>(
    session: &Session<'_, C>,
    inventory: Inventory,
    ledger: Option<&Reader>,
    (again, size): (Again, Option<usize>),
) -> Result<Prepared, EngineError> {
    let pipeline = Arc::clone(&session.pipeline);
    let extraction = staged(session, again).await?;
    session.watch.note("comparing with what the CRM has");
    let mapping = Mapping::compile(Arc::clone(&pipeline))?;
    let mut strangers = Strangers::new(marked::tag(session, &inventory), ledger);
    strangers.look(session, &inventory).await?;
    let existing = existing(session, &mapping, (ledger, &mut strangers)).await?;
    let rows = StagedRows::open(&session.staging_file())?;
    let users = match pipeline.owners.table {
        Some(table) => rows.rows(&pipeline.tables[table].name)?.collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let mut desk = Desk {
        owners: OwnerTable::resolve(&pipeline.owners, users.into_iter(), &inventory),
        choices: ChoiceTable::of(&pipeline, &inventory),
        spellings: Spellings::of(&inventory),
        now: session.now(),
        links: LinkBook::default(),
        groups: HashMap::new(),
        late: HashMap::new(),
        unsupported: unsupported(session),
        only: None,
        pipeline,
        mapping,
        rows,
    };
    let mut plan = predict(&mut desk, &inventory, &existing, &Past(ledger))?;
    let sample = match size {
        None => None,
        Some(size) => {
            let sample = draw(&desk, size)?;
            desk.narrow(&sample);
            let of_all = plan.gates.into_iter().filter(|gate| gate.code == OTHER_KEYS);
            let of_all: Vec<_> = of_all.collect();
            plan = predict(&mut desk, &inventory, &existing, &Past(ledger))?;
            plan.gates.extend(of_all);
            Some(sample)
        }
    };
    let looks = look_at(session, &plan.wanted).await?;
    let bucket = if session.bucket.is_some() { Bucket::Open } else { Bucket::NoKeys };
    settle(&mut desk, &mut plan, &looks, Means { uploads: inventory.uploads, bucket });
    plan.gates.extend(strangers.gate(session).await?);
    failpoint::reach("engine.prepared");
    Ok(Prepared { desk, plan, extraction, inventory, existing, sample })
}

/// The fields of the pipeline that the CRM's API cannot write.
fn unsupported<C: Crm>(session: &Session<'_, C>) -> HashSet<(ObjectKind, Box<str>)> {
    let objects = session.pipeline.objects.iter();
    let fields = objects.flat_map(|object| {
        object.fields.iter().map(|field| (object.kind, field.target.path.as_str()))
    });
    fields
        .filter(|(kind, path)| !session.crm.supports(*kind, path))
        .map(|(kind, path)| (kind, path.into()))
        .collect()
}

/// The records of the CRM that `match` may find, without those that the ledger knows as made by us.
async fn existing<C: Crm>(
    session: &Session<'_, C>,
    mapping: &Mapping,
    (ledger, strangers): (Option<&Reader>, &mut Strangers<'_>),
) -> Result<Existing, EngineError> {
    let mut existing = Existing::default();
    for (position, object) in session.pipeline.objects.iter().enumerate() {
        if object.matching.0.is_empty() {
            continue;
        }
        let mut last = 0;
        for page in 1.. {
            let snapshots = following(session, object.kind.entity(), (page, last)).await?;
            if snapshots.is_empty() {
                break;
            }
            strangers.see(&snapshots)?;
            last = snapshots.last().map_or(last, number);
            note(&mut existing, (position, &object.matching.0), (mapping, ledger), &snapshots)?;
        }
    }
    Ok(existing)
}

/// A page of records by ascending id, which begins after the id `last`. One that does not is another
/// page than it says, and is asked for once more.
async fn following<C: Crm>(
    session: &Session<'_, C>,
    entity: Entity,
    (page, last): (usize, u64),
) -> Result<Vec<Snapshot>, EngineError> {
    let snapshots = session.crm.list(entity, page).await?;
    match snapshots.first() {
        Some(first) if number(first) != 0 && number(first) <= last => {
            Ok(session.crm.list(entity, page).await?)
        }
        Some(_) | None => Ok(snapshots),
    }
}

/// The id of a record as a number; 0 when it is none.
fn number(snapshot: &Snapshot) -> u64 {
    snapshot.at.id.0.parse().unwrap_or(0)
}

/// Notes a page of records, without those that the ledger knows as made by us.
///
/// One that was there before and that an earlier run took stays a match: whoever waits because of it
/// waits on, and is not made a second time.
fn note(
    existing: &mut Existing,
    (object, paths): (usize, &[String]),
    (mapping, ledger): (&Mapping, Option<&Reader>),
    snapshots: &[Snapshot],
) -> Result<(), EngineError> {
    for snapshot in snapshots {
        existing.see(object);
        let origin = match ledger {
            Some(ledger) => ledger.origin(&snapshot.at)?,
            None => None,
        };
        match origin {
            Some(Origin::Created | Origin::Adopted) => continue,
            Some(Origin::Matched) => existing.take(snapshot.at.clone()),
            None => {}
        }
        existing.note(object, paths, mapping, snapshot);
    }
    Ok(())
}

/// The ledger as the plan asks it.
struct Past<'a>(Option<&'a Reader>);

impl Memory for Past<'_> {
    fn known(&self, keys: &[SourceKey]) -> Result<Vec<Option<Known>>, LedgerError> {
        self.0.map_or_else(|| Ok(vec![None; keys.len()]), |reader| remember(reader, keys))
    }

    fn values(&self, keys: &[SourceKey]) -> Result<Vec<Option<Written>>, LedgerError> {
        let Some(reader) = self.0 else { return Ok(vec![None; keys.len()]) };
        let states = reader.states(keys)?;
        Ok(states.into_iter().map(|state| state.map(|state| (state.at, state.after))).collect())
    }

    fn written_without(
        &self,
        object: &str,
        see: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(SourceKey, CrmRef)>, LedgerError> {
        let Some(reader) = self.0 else { return Ok(Vec::new()) };
        let mut gone = Vec::new();
        reader.each_link(object, |key, at| gone.extend((!see(&key.id)).then_some((key, at))))?;
        Ok(gone)
    }
}

/// What the ledger knows of records, as decisions need it.
pub fn remember(reader: &Reader, keys: &[SourceKey]) -> Result<Vec<Option<Known>>, LedgerError> {
    let states = reader.states(keys)?;
    Ok(states
        .into_iter()
        .map(|state| {
            state.map(|state| Known {
                hash: state.hashes.get(&Aspect::Whole).cloned(),
                at: state.at,
            })
        })
        .collect())
}
