//! The rows that a run works with: read anew, or those that it began with.

use super::error::EngineError;
use super::extract::{Extraction, extract, staged_tables};
use super::session::Session;
use crate::crm::Crm;
use crate::ground::failpoint;
use crate::ledger::RunId;
use crate::staging::Staging;

/// Whether rows that are staged already may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The sources are read.
    Fresh,
    /// The rows of the last complete extraction are used, if there is one of this spec.
    Staged,
}

/// Reads the sources into staging; `None` when rows that are there are used again.
pub(super) async fn staged<C: Crm>(
    session: &Session<'_, C>,
    again: Again,
) -> Result<Option<Extraction>, EngineError> {
    let mut staging = open(session)?;
    if again == Again::Staged && staging.is_complete()? {
        // A reading that was broken off since would take their place.
        staging.discard()?;
        return Ok(None);
    }
    if !staging.is_open()? {
        staging.discard()?;
    }
    let read = extract(&session.pipeline, &session.readers, &mut staging, session.watch).await?;
    failpoint::reach("engine.extracted");
    Ok(Some(read))
}

/// Notes that a run has begun with the rows that are staged.
pub fn begin_with_rows<C: Crm>(session: &Session<'_, C>, run: RunId) -> Result<(), EngineError> {
    Ok(open(session)?.lend(run.0)?)
}

/// Whether the rows that are staged are those that a run began with. They are not when the source
/// was read since, by a plan or a profile: outcomes of other rows do not belong into the same run.
pub fn began_with_rows<C: Crm>(session: &Session<'_, C>, run: RunId) -> Result<bool, EngineError> {
    let staging = open(session)?;
    Ok(staging.lent_to()? == Some(run.0) && staging.is_complete()?)
}

fn open<C: Crm>(session: &Session<'_, C>) -> Result<Staging, EngineError> {
    let tables = staged_tables(&session.pipeline);
    let named: Vec<(&str, &[String])> =
        tables.iter().map(|(name, links)| (name.as_str(), links.as_slice())).collect();
    Ok(Staging::open(&session.staging_file(), &session.pipeline.fingerprint, &named)?)
}
