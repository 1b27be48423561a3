//! A covering sample: records that between them use every rule of the spec, and their parents.
//!
//! Pure and deterministic: the same rows give the same sample, so that a customer sees the same
//! records again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use super::error::PlanError;
use super::prepare::{Course, Desk, Prepared};
use super::traits::Traits;
use crate::ground::{Made, Rows, SourceKey};

/// How many records are remembered for each trait, so that one record can stand for several.
const REMEMBERED: u64 = 3;

/// What the first record of an object, and a trait of the rules, are worth beside one of the strata.
const OBJECT_WORTH: u64 = 1_000_000;
const RULE_WORTH: u64 = 1_000;

/// The records of a sample.
#[derive(Debug, Default)]
pub struct Sample {
    /// Every record, parents among them.
    pub keys: HashSet<SourceKey>,
    /// How many of them are there only because another one refers to them.
    pub parents: usize,
    /// How many traits of rules and strata there are: entries of maps, owners, blanks, remarks …
    pub traits: usize,
    /// The traits that no record of the sample has, because it would have been too large.
    pub uncovered: Vec<String>,
}

/// Draws a sample of so many records; parents that they need come on top.
pub fn draw(desk: &Desk, size: usize) -> Result<Sample, PlanError> {
    let mut pool = Pool::default();
    for object in 0..desk.pipeline.objects.len() {
        pool.look(desk, object, size)?;
    }
    let mut choice = Choice { desk, sample: Sample::default(), covered: HashSet::new() };
    choice.cover(&pool, size);
    choice.fill(&pool, size);
    let Choice { mut sample, covered, .. } = choice;
    sample.traits = pool.traits.len();
    let uncovered = pool.names.iter().enumerate().filter(|(id, _)| !covered.contains(id));
    sample.uncovered = uncovered.map(|(_, name)| name.clone()).collect();
    sample.uncovered.sort();
    Ok(sample)
}

/// What the records of all objects could stand for.
#[derive(Debug, Default)]
struct Pool {
    /// Trait to its number.
    traits: HashMap<String, usize>,
    names: Vec<String>,
    /// Trait to how often it was met and what it is worth.
    weights: Vec<(u64, u64)>,
    candidates: Vec<(SourceKey, Vec<usize>)>,
    /// Key to its place among the candidates.
    places: HashMap<SourceKey, usize>,
    /// Object to its records with the smallest hashes: an even choice that nobody made.
    even: BTreeMap<usize, BTreeMap<[u8; 16], SourceKey>>,
    /// Object to how many of its records are written.
    counts: BTreeMap<usize, usize>,
}

impl Pool {
    fn look(&mut self, desk: &Desk, object: usize, size: usize) -> Result<(), PlanError> {
        let table = desk.table(object).to_owned();
        let name = desk.pipeline.objects[object].name.clone();
        let mut traits = Traits::of(&desk.pipeline, object);
        for row in desk.rows.rows(&table)? {
            let row = row?;
            let records = desk.prepare(object, &row).into_iter();
            let is_written = |one: &Prepared| matches!(one.course, Course::Write { .. });
            for prepared in records.filter(is_written) {
                let key = SourceKey::new(&name, &prepared.id);
                self.note(key.clone(), &[format!("{name}: a record")], OBJECT_WORTH);
                self.note(key.clone(), &traits.rules(desk, &prepared), RULE_WORTH);
                self.note(key.clone(), &traits.strata(desk, &prepared.record), 1);
                self.keep_even(object, key, size);
            }
        }
        for (name, key) in traits.longest() {
            self.note(key, &[name], RULE_WORTH);
        }
        desk.rows.check()?;
        Ok(())
    }

    /// Remembers a record for the traits that few had before it.
    fn note(&mut self, key: SourceKey, traits: &[String], worth: u64) {
        let mut fresh = false;
        let mut own = Vec::with_capacity(traits.len());
        for name in traits {
            let next = self.names.len();
            let id = *self.traits.entry(name.clone()).or_insert(next);
            if id == next {
                self.names.push(name.clone());
                self.weights.push((0, worth));
            }
            self.weights[id].0 += 1;
            fresh |= self.weights[id].0 <= REMEMBERED;
            if !own.contains(&id) {
                own.push(id);
            }
        }
        if let Some(&place) = self.places.get(&key) {
            self.candidates[place].1.extend(own);
        } else if fresh {
            self.places.insert(key.clone(), self.candidates.len());
            self.candidates.push((key, own));
        }
    }

    fn keep_even(&mut self, object: usize, key: SourceKey, size: usize) {
        *self.counts.entry(object).or_default() += 1;
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(key.to_string().as_bytes()).as_bytes()[..16]);
        let even = self.even.entry(object).or_default();
        even.insert(hash, key);
        if even.len() > size {
            even.pop_last();
        }
    }

    /// What a candidate adds to what is covered.
    fn worth(&self, place: usize, covered: &HashSet<usize>) -> u64 {
        let own = self.candidates[place].1.iter().filter(|id| !covered.contains(id));
        own.map(|id| self.weights[*id].1).sum()
    }
}

/// A sample while it is chosen.
struct Choice<'a> {
    desk: &'a Desk,
    sample: Sample,
    covered: HashSet<usize>,
}

impl Choice<'_> {
    /// Takes the record that adds most, until nothing is to be added.
    ///
    /// What a record adds only ever gets less, so that a worth from before is a bound: only the
    /// first in the queue is judged anew.
    fn cover(&mut self, pool: &Pool, size: usize) {
        let places = 0..pool.candidates.len();
        let worth = |place, covered: &HashSet<usize>| (pool.worth(place, covered), Reverse(place));
        let mut queue: BinaryHeap<_> = places.map(|place| worth(place, &self.covered)).collect();
        while let Some((bound, Reverse(place))) = queue.pop()
            && bound > 0
            && self.chosen() < size
        {
            let now = worth(place, &self.covered);
            if now.0 < bound {
                queue.push(now);
            } else {
                self.take(pool, &pool.candidates[place].0);
            }
        }
    }

    /// Fills the sample up, each object by its share of all records.
    fn fill(&mut self, pool: &Pool, size: usize) {
        let all: usize = pool.counts.values().sum();
        let left = size.saturating_sub(self.chosen());
        for (object, even) in &pool.even {
            let share = (left * pool.counts[object]).div_ceil(all.max(1));
            let fresh = even.values().filter(|key| !self.sample.keys.contains(*key));
            let fresh: Vec<_> = fresh.take(share).collect();
            let mut fresh = fresh.into_iter();
            while self.chosen() < size
                && let Some(key) = fresh.next()
            {
                self.take(pool, key);
            }
        }
    }

    /// How many records were chosen for themselves.
    fn chosen(&self) -> usize {
        self.sample.keys.len() - self.sample.parents
    }

    /// Takes a record and everything that it refers to.
    fn take(&mut self, pool: &Pool, key: &SourceKey) {
        let mut waiting = vec![key.clone()];
        let mut own = true;
        while let Some(key) = waiting.pop() {
            if let Some(&place) = pool.places.get(&key) {
                self.covered.extend(&pool.candidates[place].1);
            }
            let prepared = self.desk.find(&key);
            if self.sample.keys.insert(key) {
                self.sample.parents += usize::from(!own);
                waiting.extend(prepared.iter().flat_map(referred));
            }
            own = false;
        }
    }
}

/// The records that a record needs when it is written.
fn referred(prepared: &Prepared) -> Vec<SourceKey> {
    let Course::Write { fields, .. } = &prepared.course else { return Vec::new() };
    let links = fields.0.values().filter_map(|made| match made {
        Made::Links(keys) => Some(keys.clone()),
        Made::Plain(_) | Made::User(_) => None,
    });
    links.flatten().collect()
}

impl Desk {
    /// What becomes of one record, by its key.
    pub fn find(&self, key: &SourceKey) -> Option<Prepared> {
        let object = self.pipeline.objects.iter().position(|one| *one.name == *key.object)?;
        let table = self.table(object);
        let row = self.rows.get(table, &key.id).or_else(|| {
            let (row, _) = key.id.rsplit_once('@')?;
            self.rows.get(table, row)
        })?;
        let records = self.prepare(object, &Arc::clone(&row));
        records.into_iter().find(|record| record.id == key.id)
    }
}
