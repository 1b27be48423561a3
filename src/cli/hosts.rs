//! Where the sources and the destination really are: real hosts and folders, or the sandbox, which
//! is started here or already runs in a process of its own. Its export is written where it is read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::settings::Settings;
use crate::sandbox::allegory::{self, ExportOptions};
use crate::sandbox::{self, Rule, Sandbox, SandboxError};
use crate::source::Base;
use crate::spec::{Access, Endpoint, FilesRoot, Pipeline};

/// The addresses of a sandbox that runs, as its process writes them down for others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Addresses {
    pub root: String,
    pub nutshell: String,
    pub rezora: String,
    pub legacy: String,
    pub upload: String,
    /// The logins of the local legacy API; they open nothing else.
    pub legacy_accounts: String,
}

/// With which state a sandbox starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// With what is on the disk.
    Kept,
    /// Empty.
    Empty,
}

/// What a sandbox plays.
#[derive(Debug)]
pub(super) struct World {
    /// How many times it is as large as usual.
    pub scale: u32,
    /// What goes wrong in it.
    pub faults: Vec<Rule>,
}

impl World {
    /// The world of the environment, with the faults of a file.
    pub(super) fn of(settings: &Settings, faults: Option<&Path>) -> Result<Self, HostError> {
        let faults = match faults.map(Path::to_owned).or_else(|| settings.sandbox_faults()) {
            Some(file) => {
                let text = fs::read_to_string(&file)
                    .map_err(|source| HostError::Faults { file, source })?;
                sandbox::rules(&text)?
            }
            None => Vec::new(),
        };
        Ok(Self { scale: settings.sandbox_scale(), faults })
    }
}

/// The sandbox as this process has it.
#[derive(Debug)]
pub(super) struct Rehearsal {
    pub addresses: Addresses,
    /// Whether it runs in another process and lives on.
    pub elsewhere: bool,
    /// Where its state is.
    folder: PathBuf,
    scale: u32,
    _running: Option<(Sandbox, File)>,
}

/// What can go wrong with the sandbox's start.
#[derive(Debug, thiserror::Error)]
pub(super) enum HostError {
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("the sandbox's folder `{}` cannot be used", folder.display())]
    Folder {
        folder: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the faults in `{}` cannot be read", file.display())]
    Faults {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("source `{name}` is the sandbox, which is not there")]
    NoSandbox { name: String },
}

/// Whether anything of a pipeline is the sandbox.
pub(super) fn wants_sandbox(pipeline: &Pipeline) -> bool {
    pipeline.destination.url == Endpoint::Sandbox
        || pipeline.sources.iter().any(|source| {
            matches!(
                &source.access,
                Access::Rest { url: Endpoint::Sandbox, .. } | Access::Files(FilesRoot::Sandbox)
            )
        })
}

/// Starts the sandbox, or finds the one that runs.
pub(super) async fn rehearse(
    state: &Path,
    World { scale, faults }: World,
    port: Option<u16>,
    start: Start,
) -> Result<Rehearsal, HostError> {
    let folder = state.join("sandbox");
    let fail = |source| HostError::Folder { folder: folder.clone(), source };
    fs::create_dir_all(&folder).map_err(fail)?;
    let open = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(folder.join("lock"));
    let lock = open.map_err(fail)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let text = fs::read_to_string(folder.join("serving.json")).map_err(fail)?;
            let addresses = serde_json::from_str(&text).map_err(|error| fail(error.into()))?;
            return Ok(Rehearsal { addresses, elsewhere: true, folder, scale, _running: None });
        }
        Err(TryLockError::Error(source)) => return Err(fail(source)),
    }
    if start == Start::Empty {
        sandbox::reset(&folder)?;
        allegory::clear(&export_folder(&folder))?;
        // The ledgers of rehearsals speak of records that are gone now.
        let ledgers = folder.join("pipelines");
        if ledgers.exists() {
            fs::remove_dir_all(&ledgers).map_err(fail)?;
        }
    }
    let mut options = sandbox::Options::new(folder.clone(), Arc::new(Timestamp::now));
    options.scale = scale;
    options.port = port;
    options.faults = faults;
    let running = sandbox::start(options).await?;
    let addresses = Addresses {
        root: running.root().to_owned(),
        nutshell: running.nutshell().to_owned(),
        rezora: running.rezora().to_owned(),
        legacy: running.legacy().to_owned(),
        upload: running.upload().to_owned(),
        legacy_accounts: running.legacy_accounts().to_owned(),
    };
    write_addresses(&folder, &addresses).map_err(fail)?;
    Ok(Rehearsal { addresses, elsewhere: false, folder, scale, _running: Some((running, lock)) })
}

/// Where the sandbox keeps its export.
pub(super) fn export_folder(sandbox: &Path) -> PathBuf {
    sandbox.join("allegory")
}

impl Rehearsal {
    /// Where the export is, or is going to be.
    pub(super) fn export_folder(&self) -> PathBuf {
        export_folder(&self.folder)
    }

    /// The folder of the export, which is written unless it is there; one run at a time looks.
    fn export(&self) -> Result<PathBuf, HostError> {
        let fail = |source| HostError::Folder { folder: self.folder.clone(), source };
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.folder.join("allegory.lock"))
            .map_err(fail)?;
        lock.lock().map_err(fail)?;
        let folder = self.export_folder();
        allegory::ensure(&folder, &ExportOptions::new(self.scale))?;
        Ok(folder)
    }
}

fn write_addresses(folder: &Path, addresses: &Addresses) -> std::io::Result<()> {
    let draft = folder.join("serving.json.part");
    let mut file =
        OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&serde_json::to_vec_pretty(addresses)?)?;
    fs::rename(draft, folder.join("serving.json"))
}

/// Where a source really is, with the logins that take the place of the spec's.
pub(super) fn base(
    pipeline: &Pipeline,
    source: usize,
    rehearsal: Option<&Rehearsal>,
) -> Result<(Base, Option<SecretString>, bool), HostError> {
    let source = &pipeline.sources[source];
    let missing = || HostError::NoSandbox { name: source.name.clone() };
    match &source.access {
        Access::Rest { url: Endpoint::Url(url), .. } => {
            Ok((Base::Url(url.clone()), None, is_loopback(url)))
        }
        Access::Files(FilesRoot::Folder(folder)) => Ok((Base::Folder(folder.clone()), None, false)),
        Access::Files(FilesRoot::Sandbox) => {
            let folder = rehearsal.ok_or_else(missing)?.export()?;
            Ok((Base::Folder(folder), None, true))
        }
        Access::Rest { url: Endpoint::Sandbox, .. } => {
            let addresses = &rehearsal.ok_or_else(missing)?.addresses;
            let (address, logins) = if source.union.is_some() {
                (&addresses.legacy, Some(addresses.legacy_accounts.clone().into()))
            } else {
                (&addresses.rezora, None)
            };
            let url = Url::parse(address).map_err(|_| missing())?;
            Ok((Base::Url(url), logins, true))
        }
    }
}

/// Whether a host is this machine: nobody's limits are to be spared there.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
