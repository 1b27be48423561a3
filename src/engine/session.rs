//! What a run is given: the rooms it brings together, and the world it may not ask itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::bucket_keys::BucketKeys;
use super::watch::Watch;
use crate::source::Reader;
use crate::spec::Pipeline;

/// How long nobody may believe that a request was not applied.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// A request is applied or dropped within this time after it could last have been sent.
    pub settle: Duration,
    /// A listing shows every applied write within this time.
    pub listing: Duration,
}

impl Waits {
    /// For a real host: three times the longest answer it may give, twice a usual gateway's limit.
    pub const HOST: Self = Self { settle: Duration::from_mins(3), listing: Duration::from_mins(1) };

    /// For the sandbox on this machine, which applies a request before it answers.
    pub const SANDBOX: Self =
        Self { settle: Duration::from_millis(500), listing: Duration::from_millis(100) };
}

/// What a run is given.
pub struct Session<'a, C> {
    /// The pipeline.
    pub pipeline: Arc<Pipeline>,
    /// One reader per source.
    pub readers: Vec<Reader>,
    /// The CRM.
    pub crm: &'a C,
    /// The keys of buckets, when there are any.
    pub bucket: Option<BucketKeys>,
    /// The pipeline's folder of state: staging and ledger.
    pub state: PathBuf,
    /// The folder of reports and archives.
    pub out: PathBuf,
    /// The time.
    pub clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// How long to wait before a silent request counts as not applied.
    pub waits: Waits,
    /// How many records are in flight at once.
    pub lanes: usize,
    /// Who is told.
    pub watch: &'a dyn Watch,
}

impl<C> Session<'_, C> {
    /// The file of the staged tables.
    pub fn staging_file(&self) -> PathBuf {
        self.state.join("staging.db")
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl<C> std::fmt::Debug for Session<'_, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("state", &self.state)
            .field("out", &self.out)
            .finish_non_exhaustive()
    }
}
