//! Starting and stopping: one loopback port, three prefixes.

use std::fmt;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::error::SandboxError;
use super::faults::{self, Cord, Faults, Rule, Stage, Tied};
use super::{nutshell, rezora};

/// The user name the local Nutshell accepts; the e-mail of any enabled user is accepted as well.
pub const USER: &str = "sandbox";
/// The API key the local Nutshell accepts.
pub const KEY: &str = "sandbox";
/// The bearer token the local Rezora accepts.
pub const BEARER: &str = rezora::BEARER;

/// The file that remembers the port.
const PORT: &str = "port";

/// How a sandbox is started.
#[derive(Clone)]
pub struct Options {
    /// Where the Nutshell state is kept.
    pub dir: PathBuf,
    /// Decides the generated data.
    pub seed: u64,
    /// Multiplies companies and contacts, and what hangs on them.
    pub scale: u32,
    /// The port; any free one when `None`.
    pub port: Option<u16>,
    /// "Today" of the generated world.
    pub now: Timestamp,
    /// The time of writes.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What goes wrong at the local Nutshell; nothing by default.
    pub faults: Vec<Rule>,
}

impl Options {
    /// The standard world: seed 1, scale 1, today 2026-03-02T12:00:00Z.
    pub fn new(dir: PathBuf, clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        let faults = Vec::new();
        Self { dir, seed: 1, scale: 1, port: None, now: rezora::today(), clock, faults }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("dir", &self.dir)
            .field("seed", &self.seed)
            .field("scale", &self.scale)
            .field("port", &self.port)
            .field("now", &self.now)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// A running sandbox; it stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    root: String,
    nutshell: String,
    rezora: String,
    legacy: String,
    upload: String,
    accounts: String,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Sandbox {
    /// The root, which answers where everything is.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Base address of the local Nutshell.
    pub fn nutshell(&self) -> &str {
        &self.nutshell
    }

    /// Base address of the current Rezora API.
    pub fn rezora(&self) -> &str {
        &self.rezora
    }

    /// Base address of the deprecated Rezora API.
    pub fn legacy(&self) -> &str {
        &self.legacy
    }

    /// Where files are uploaded.
    pub fn upload(&self) -> &str {
        &self.upload
    }

    /// The logins of the deprecated API: CSV of user and password, one a line.
    pub fn legacy_accounts(&self) -> &str {
        &self.accounts
    }

    /// Stops serving and waits until it has.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // Nobody listening means it has stopped already.
            let _already = stop.send(()).is_err();
        }
        // The task ends by itself after the signal; how it ended is of no interest any more.
        drop((&mut self.serving).await);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Starts a sandbox.
pub async fn start(options: Options) -> Result<Sandbox, SandboxError> {
    let dir = options.dir;
    std::fs::create_dir_all(&dir)
        .map_err(|source| SandboxError::Folder { dir: dir.clone(), source })?;
    let (store, new) = nutshell::Store::open(&dir, options.clock)
        .map_err(|source| SandboxError::State { dir: dir.clone(), source })?;
    if new {
        nutshell::plant(&store).map_err(|fault| SandboxError::Seed { message: fault.message })?;
    }
    let port = options.port.unwrap_or(0);
    let refused = |source| SandboxError::Port { port, source };
    let listener = match options.port {
        Some(port) => TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await,
        None => any_port(&dir).await,
    }
    .map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?.port();
    std::fs::write(dir.join(PORT), bound.to_string())
        .map_err(|source| SandboxError::Folder { dir: dir.clone(), source })?;
    let root = format!("http://127.0.0.1:{bound}");
    let world = rezora::World::new(options.seed, options.scale, options.now);
    let accounts = world.legacy_accounts();
    let (stop, stopped) = oneshot::channel::<()>();
    let stage = Stage::new(Arc::new(Faults::new(options.faults)), Arc::new(store));
    let app = app(&root, &Arc::new(stage), Arc::new(world));
    let app = app.into_make_service_with_connect_info::<Cord>();
    let serving = tokio::spawn(async move {
        let until = async move {
            drop(stopped.await);
        };
        // A listener that fails takes the sandbox down; its clients see closed connections.
        drop(axum::serve(Tied(listener), app).with_graceful_shutdown(until).await);
    });
    Ok(Sandbox {
        nutshell: format!("{root}/nutshell"),
        rezora: format!("{root}/rezora"),
        legacy: format!("{root}/rezora-legacy"),
        upload: format!("{root}/nutshell/upload"),
        root,
        accounts,
        stop: Some(stop),
        serving,
    })
}

/// Reads rules for the faults of a sandbox: JSON, one rule or a list.
pub fn rules(text: &str) -> Result<Vec<Rule>, SandboxError> {
    faults::read(text.as_bytes()).map_err(|message| SandboxError::Faults { message })
}

fn app(root: &str, stage: &Arc<Stage>, world: Arc<rezora::World>) -> Router {
    let map = json!({
        "flitpipe": "sandbox",
        "nutshell": format!("{root}/nutshell"),
        "rezora": format!("{root}/rezora"),
        "legacy": format!("{root}/rezora-legacy"),
        "upload": format!("{root}/nutshell/upload"),
    });
    let crm = nutshell::routes(Arc::clone(&stage.store));
    let crm = crm.layer(from_fn_with_state(Arc::clone(stage), faults::play));
    let crm = crm.merge(faults::routes(Arc::clone(&stage.faults)));
    Router::new()
        .route("/", get(move || async move { axum::Json(map) }))
        .nest("/nutshell", crm)
        .nest("/rezora", rezora::current(Arc::clone(&world), root))
        .nest("/rezora-legacy", rezora::legacy(world))
}

/// The port this folder had last time, when it is free: so that addresses in the data stay the same from run to run.
async fn any_port(dir: &Path) -> std::io::Result<TcpListener> {
    let last =
        std::fs::read_to_string(dir.join(PORT)).ok().and_then(|text| text.trim().parse().ok());
    if let Some(last) = last
        && let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, last)).await
    {
        return Ok(listener);
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0_u16)).await
}

/// Empties the Nutshell state in a folder.
pub fn reset(dir: &Path) -> Result<(), SandboxError> {
    for name in ["nutshell.db", "nutshell.db-wal", "nutshell.db-shm"] {
        match std::fs::remove_file(dir.join(name)) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(SandboxError::Folder { dir: dir.to_owned(), source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
