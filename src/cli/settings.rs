//! What the environment says: variables, an env file, folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::Global;

/// No gateway stands between us and a host on this machine.
const NEAR_TIMEOUT: Duration = Duration::from_secs(10);

/// Where things are, and what the variables are.
#[derive(Debug)]
pub(super) struct Settings {
    variables: HashMap<String, String>,
    state: Option<PathBuf>,
    out_dir: Option<PathBuf>,
}

/// The env file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the env file `{}` cannot be read: {detail}", file.display())]
pub(super) struct EnvFileError {
    file: PathBuf,
    detail: String,
}

impl Settings {
    /// Reads the environment; variables of it win over those of the env file.
    pub(super) fn read(global: &Global) -> Result<Self, EnvFileError> {
        let mut variables = match &global.env_file {
            Some(file) => env_file(file)?,
            None => HashMap::new(),
        };
        variables.extend(std::env::vars());
        Ok(Self { variables, state: global.state.clone(), out_dir: global.out_dir.clone() })
    }

    /// A variable; an empty one counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// How many times the sandbox's world is as large as usual.
    pub(super) fn sandbox_scale(&self) -> u32 {
        self.variable("FLITPIPE_SANDBOX_SCALE").and_then(|scale| scale.parse().ok()).unwrap_or(1)
    }

    /// The file with what goes wrong in the sandbox.
    pub(super) fn sandbox_faults(&self) -> Option<PathBuf> {
        self.variable("FLITPIPE_SANDBOX_FAULTS").map(PathBuf::from)
    }

    /// What happens at the named places of a run, for tests.
    pub(super) fn failpoint(&self) -> Option<String> {
        self.variable("FLITPIPE_FAILPOINT")
    }

    /// How long a call to a CRM on this machine may take.
    pub(super) fn near_timeout(&self) -> Duration {
        let given = self.variable("FLITPIPE_SANDBOX_TIMEOUT_MS");
        given.and_then(|text| text.parse().ok()).map_or(NEAR_TIMEOUT, Duration::from_millis)
    }

    /// The folder of all state.
    pub(super) fn state(&self, root: &Path) -> PathBuf {
        self.state.clone().unwrap_or_else(|| root.join(".flitpipe"))
    }

    /// The folder of a pipeline's reports and archives.
    pub(super) fn out_dir(&self, root: &Path, pipeline: &str) -> PathBuf {
        self.out_dir.clone().unwrap_or_else(|| root.join("out").join(pipeline))
    }
}

/// The variables of an env file.
fn env_file(file: &Path) -> Result<HashMap<String, String>, EnvFileError> {
    let fail = |error: dotenvy::Error| {
        // The text of a faulty line may be a secret: only its place is said.
        let detail = if let dotenvy::Error::LineParse(_, place) = error {
            format!("a line is not NAME=value (at byte {place} of it)")
        } else {
            error.to_string()
        };
        EnvFileError { file: file.to_owned(), detail }
    };
    dotenvy::from_path_iter(file).map_err(fail)?.map(|pair| pair.map_err(fail)).collect()
}
