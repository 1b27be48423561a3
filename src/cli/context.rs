//! What every command works with.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::settings::Settings;
use super::terminal::Terminal;
use crate::spec::{Endpoint, Pipeline};

/// What every command works with.
#[derive(Debug)]
pub(super) struct Context {
    pub terminal: Terminal,
    pub settings: Settings,
}

impl Context {
    /// Now.
    pub(super) fn now() -> Timestamp {
        Timestamp::now()
    }

    /// The folder of a pipeline's ledger and staged tables. Those of a rehearsal lie beside the
    /// sandbox, so that emptying one empties the other.
    pub(super) fn state_of(&self, pipeline: &Pipeline) -> PathBuf {
        let state = self.settings.state(&pipeline.root);
        match pipeline.destination.url {
            Endpoint::Sandbox => state.join("sandbox").join("pipelines").join(&pipeline.name),
            Endpoint::Url(_) => state.join(&pipeline.name),
        }
    }

    /// How to call the program again.
    pub(super) fn again(command: &str, spec: &Path) -> String {
        format!("flitpipe {command} {}", spec.display())
    }
}
