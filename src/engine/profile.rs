//! The audit of a source: extraction, the CRM's users when it answers, files, counts. Writes nothing
//! to the CRM.

use super::error::EngineError;
use super::extract::Extraction;
use super::look::look_at_files;
use super::rows::{Again, staged};
use super::session::Session;
use crate::crm::Crm;
use crate::plan::{PlanError, Profile, survey};
use crate::staging::StagedRows;

/// An audit, and what the extraction came to.
#[derive(Debug)]
pub struct Profiled {
    /// The audit.
    pub profile: Profile,
    /// What the extraction came to.
    pub extraction: Option<Extraction>,
}

/// Reads the sources and counts what they hold. A CRM that does not answer leaves out only what
/// needs it.
pub async fn profile<C: Crm>(session: &Session<'_, C>) -> Result<Profiled, EngineError> {
    let extraction = staged(session, Again::Fresh).await?;
    let mut left_out = Vec::new();
    let inventory = match session.crm.inventory().await {
        Ok(inventory) => Some(inventory),
        Err(error) => {
            left_out.push(format!("owners were not compared with the users of the CRM: {error}"));
            None
        }
    };
    let rows = StagedRows::open(&session.staging_file())?;
    session.watch.note("counting what the tables hold");
    let stop = || session.watch.stopping();
    let mut profile = match survey(&session.pipeline, &rows, (inventory.as_ref(), &stop)) {
        Err(PlanError::Interrupted) => return Err(EngineError::Interrupted),
        surveyed => surveyed?,
    };
    let places: Vec<_> =
        profile.wanted.iter().map(|file| (file.table, file.from.as_str())).collect();
    let looks = look_at_files(session, &places).await?;
    profile.left_out = left_out;
    let limit = session.pipeline.destination.plan.file_size_bytes;
    if limit.is_none() && !looks.is_empty() {
        let why = "files were compared with no limit: the spec names none under `destination.plan`";
        profile.left_out.push(why.to_owned());
    }
    profile.conclude(&session.pipeline, &looks);
    Ok(Profiled { profile, extraction })
}
