//! The way of a rollback: the deeds in the order in which they are taken back.

use std::collections::VecDeque;

use crate::ground::Entity;
use crate::ledger::{Back, EntryId, LedgerError, Reader, RunId, Undo};

/// How many deeds are read at once: a long way needs no memory.
const PAGE: usize = 512;

/// What stands, and what earlier undos left to people: what hangs on others before these, whichever
/// run made it, and of each kind the latest first.
pub(super) struct Way<'a> {
    reader: &'a Reader,
    back: Back,
    /// The kinds that are still to come, the next one last.
    kinds: Vec<Entity>,
    /// What undos left, the next one last.
    left: Vec<Undo>,
    page: VecDeque<Undo>,
    /// The oldest deed of this kind that was read.
    below: Option<EntryId>,
    /// Whether all of this kind are read.
    is_read: bool,
}

impl<'a> Way<'a> {
    /// The way back of a run, or of everything.
    pub(super) fn of(reader: &'a Reader, of: Option<RunId>) -> Result<Self, LedgerError> {
        let mut left = reader.left_behind(of)?;
        let deeds = left.iter().map(|undo| undo.deed).collect();
        let back = Back { run: of, entity: None, left: deeds };
        left.sort_by_key(|undo| (undo.intent.entity, undo.deed));
        let kinds = Entity::ALL.to_vec();
        let page = VecDeque::new();
        Ok(Self { reader, back, kinds, left, page, below: None, is_read: false })
    }

    /// How many deeds of undos are still to be looked at again.
    pub(super) const fn left(&self) -> usize {
        self.left.len()
    }

    /// The next deed.
    pub(super) fn next(&mut self) -> Result<Option<Undo>, LedgerError> {
        while let Some(&kind) = self.kinds.last() {
            if self.page.is_empty() && !self.is_read {
                self.turn(kind)?;
            }
            let stands = self.page.front().map(|undo| undo.deed);
            let left = self.left.last().filter(|undo| undo.intent.entity == kind);
            let left = left.map(|undo| undo.deed);
            if stands.is_none() && left.is_none() {
                self.kinds.pop();
                (self.below, self.is_read) = (None, false);
                continue;
            }
            return Ok(if left > stands { self.left.pop() } else { self.page.pop_front() });
        }
        Ok(None)
    }

    fn turn(&mut self, kind: Entity) -> Result<(), LedgerError> {
        self.back.entity = Some(kind);
        self.page = self.reader.undo_page(&self.back, self.below, PAGE)?.into();
        self.is_read = self.page.len() < PAGE;
        self.below = self.page.back().map(|undo| undo.deed).or(self.below);
        Ok(())
    }
}
