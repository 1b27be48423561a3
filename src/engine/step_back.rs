//! A step back: announced, sent, and settled by what is known of it.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::confirm::{self, Sent};
use super::error::EngineError;
use super::session::Session;
use super::taken_back::{End, Left};
use crate::crm::{self, Crm, CrmError};
use crate::ground::{CrmRef, failpoint};
use crate::ledger::{Deed, Intent, Ledger, OpenEntry, RunId, Settled, Undo};
use crate::spec::DriftDecisions;

/// The way back.
pub(super) struct Back<'a, C> {
    pub(super) session: &'a Session<'a, C>,
    pub(super) ledger: &'a Ledger,
    pub(super) decisions: &'a DriftDecisions,
    /// The run; `None` when this is only a look.
    pub(super) run: Option<RunId>,
    /// Whether the last try got no answer.
    pub(super) silent: AtomicBool,
}

impl<C: Crm> Back<'_, C> {
    /// The record is not there any more: nothing is left to be undone.
    pub(super) async fn gone(&self, undo: &Undo, at: &CrmRef) -> Result<End, EngineError> {
        let deed = if is_making(undo) { Deed::Delete } else { Deed::Restore };
        if let Some(entry) = self.announce(undo, (deed, String::new()), (None, None)).await? {
            let settled =
                Settled::Done { crm: at.id.clone(), rev: String::new(), how: "nothing to do" };
            self.ledger.settle(entry, settled, None, self.session.now()).await?;
        }
        Ok(End::Nothing)
    }

    /// Announces an undo; `None` when this is only a look.
    pub(super) async fn announce(
        &self,
        undo: &Undo,
        (deed, rev): (Deed, String),
        (before, after): (Option<Value>, Option<Value>),
    ) -> Result<Option<OpenEntry>, EngineError> {
        let Some(run) = self.run else { return Ok(None) };
        let intent = Intent {
            run,
            key: undo.intent.key.clone(),
            aspect: undo.intent.aspect,
            deed,
            entity: undo.intent.entity,
            crm: undo.intent.crm.clone(),
            rev_before: Some(rev),
            before,
            after,
            hash: String::new(),
            undoes: Some(undo.entry),
            at: self.session.now(),
        };
        Ok(Some(self.ledger.announce(intent).await?))
    }

    /// Settles an undo by its answer; `None` when it has to be tried again.
    pub(super) async fn settle(
        &self,
        entry: OpenEntry,
        answer: Result<crm::Written, CrmError>,
        end: End,
    ) -> Result<Option<End>, EngineError> {
        let now = self.session.now();
        let sent = confirm::answer(answer);
        self.silent.store(matches!(sent, Sent::Unknown), Ordering::Relaxed);
        match sent {
            Sent::Done(written) => {
                let settled =
                    Settled::Done { crm: written.id, rev: written.rev, how: "acknowledged" };
                let settled = end.of(settled);
                self.ledger.settle(entry, settled, None, now).await?;
                failpoint::reach("engine.undo_settled");
                Ok(Some(end))
            }
            Sent::Refused(reason) => {
                // What an earlier copy deleted is refused to a later one, and gone all the same.
                if entry.intent.deed == Deed::Delete
                    && let gone @ Settled::Done { .. } =
                        confirm::delete(self.session, self.ledger, &entry).await?
                {
                    self.ledger.settle(entry, gone, None, now).await?;
                    return Ok(Some(end));
                }
                let crm =
                    entry.intent.crm.as_ref().map(|id| format!("{}:{id}", entry.intent.entity));
                let at = crm.unwrap_or_default();
                let refused = Settled::Refused { reason: reason.clone() };
                self.ledger.settle(entry.clone(), refused, None, now).await?;
                let left = Left::plain(entry.intent.key.to_string(), at, reason);
                Ok(Some(End::Left(left)))
            }
            Sent::Unsent(CrmError::Conflict { .. }) => {
                let how = "the record changed since it was read".to_owned();
                self.ledger.settle(entry, Settled::NotApplied { how }, None, now).await?;
                Ok(None)
            }
            Sent::Unsent(error) | Sent::Stop(error) => {
                self.ledger
                    .settle(entry, Settled::NotApplied { how: error.to_string() }, None, now)
                    .await?;
                Err(error.into())
            }
            Sent::Unknown => {
                let settled = if entry.intent.deed == Deed::Delete {
                    confirm::delete(self.session, self.ledger, &entry).await?
                } else {
                    confirm::edit(self.session, self.ledger, &entry).await?
                };
                let done = matches!(settled, Settled::Done { .. } | Settled::Partly { .. });
                let settled = end.of(settled);
                self.ledger.settle(entry, settled, None, now).await?;
                Ok(done.then_some(end))
            }
        }
    }
}

/// Whether the deed made the record, in this ledger or in one that was lost.
pub(super) fn is_making(undo: &Undo) -> bool {
    matches!(undo.intent.deed, Deed::Create | Deed::Adopt)
}
