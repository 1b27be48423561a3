//! What would lose a record that is deleted: what hangs on it, and what belongs to it.

use std::collections::BTreeSet;

use super::course::{Course, named};
use super::error::EngineError;
use super::session::Session;
use crate::crm::{Crm, Snapshot};
use crate::ground::{CrmRef, Entity, listed};
use crate::ledger::Ledger;

/// The records that would lose one, but for those that go before it.
#[derive(Debug, Default)]
pub(super) struct Dependants {
    /// Those of people, or of other programs.
    pub(super) foreign: BTreeSet<CrmRef>,
    /// Those of ours that stay.
    pub(super) ours: BTreeSet<String>,
}

impl Dependants {
    /// Why the record is not deleted, in words.
    pub(super) fn whys(&self) -> Vec<String> {
        let mut whys = Vec::new();
        if !self.foreign.is_empty() {
            let names = listed(self.foreign.iter(), self.foreign.len());
            whys.push(format!("what others made depends on it: {names}"));
        }
        if !self.ours.is_empty() {
            let names = listed(self.ours.iter(), self.ours.len());
            whys.push(format!("records of ours that stay depend on it: {names}"));
        }
        whys
    }

    /// Whether nothing would lose it.
    pub(super) fn is_empty(&self) -> bool {
        self.foreign.is_empty() && self.ours.is_empty()
    }
}

/// Where dependants are looked for.
pub(super) struct Search<'a, C> {
    pub(super) session: &'a Session<'a, C>,
    pub(super) ledger: &'a Ledger,
    pub(super) course: &'a Course,
}

impl<C: Crm> Search<'_, C> {
    /// The people and leads that belong to a company, and the leads of a person.
    ///
    /// Asked whatever the revision: to link a record to another one need not change that one's.
    pub(super) async fn belonging(&self, now: &Snapshot) -> Result<Dependants, EngineError> {
        let mut found = Dependants { ours: self.course.needed_by(&now.at), ..Default::default() };
        let is_below = |at: &CrmRef| {
            at.entity > now.at.entity && matches!(at.entity, Entity::Contacts | Entity::Leads)
        };
        if !matches!(now.at.entity, Entity::Accounts | Entity::Contacts) {
            return Ok(found);
        }
        for at in named(&now.fields).filter(is_below).filter(|at| !self.course.is_gone(at)) {
            // Both sides must say so: a listing may be older than what we did to the other one.
            let Some(read) = self.session.crm.get(&at).await? else { continue };
            let one = self.course.as_left(read);
            if named(&one.fields).any(|above| above == now.at) {
                self.sort(one, &mut found)?;
            }
        }
        Ok(found)
    }

    /// The notes, activities and tasks on a record.
    pub(super) async fn hanging(
        &self,
        now: &Snapshot,
        found: &mut Dependants,
    ) -> Result<(), EngineError> {
        if !matches!(now.at.entity, Entity::Accounts | Entity::Contacts | Entity::Leads) {
            return Ok(());
        }
        for entity in [Entity::Notes, Entity::Activities, Entity::Tasks] {
            let all = self.session.crm.on_record(&now.at, entity).await?;
            for one in all.into_iter().filter(|one| self.hangs(one, &now.at)) {
                self.sort(one, found)?;
            }
        }
        Ok(())
    }

    /// Whether what was shown on a record still is there by now, as far as we have come.
    fn hangs(&self, one: &Snapshot, at: &CrmRef) -> bool {
        let names = |one: &Snapshot| named(&one.fields).any(|above| above == *at);
        let is_changed = self.course.would_change(&one.at);
        !self.course.is_gone(&one.at) && (!is_changed || names(&self.course.as_left(one.clone())))
    }

    /// What the ledger knows and did not take back stays; a copy of what it made is nobody's work.
    fn sort(&self, one: Snapshot, found: &mut Dependants) -> Result<(), EngineError> {
        let own = |marker: &String| self.ledger.own_marker(marker).is_some();
        if let Some(key) = self.ledger.reader().owner(&one.at)? {
            found.ours.insert(format!("{key} ({})", one.at));
        } else if !one.marker.as_ref().is_some_and(own) {
            found.foreign.insert(one.at);
        }
        Ok(())
    }
}
