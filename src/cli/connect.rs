//! From a pipeline to open connections: readers of its sources and the CRM.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use url::Url;

use super::context::Context;
use super::hosts::{self, HostError, Rehearsal, Start, World, base, is_loopback};
use super::settings::Settings;
use crate::crm::{Connection, CrmError, Nutshell};
use crate::engine::{BucketKeys, EngineError, Session, Waits, is_safe_endpoint};
use crate::source::{Backoff, Options, Pacing, Reader, SourceError};
use crate::spec::{Access, CopyTo, Endpoint, FilesRoot, Pipeline};

/// Open connections.
#[derive(Debug)]
pub(super) struct Connected {
    pub rehearsal: Option<Rehearsal>,
    pub crm: Nutshell,
    readers: Vec<Reader>,
    bucket: Option<BucketKeys>,
    /// Whether the destination is on this machine: nothing real is touched.
    pub harmless: bool,
}

/// What can go wrong on the way.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Crm(#[from] CrmError),
    #[error("FLITPIPE_FAILPOINT lets a run fail on purpose: it is for the sandbox only")]
    Failpoint,
    #[error("{name} is no address that keys may be sent to: it must begin with https://")]
    Endpoint { name: &'static str },
}

/// How long the first back-off is, on this machine and elsewhere.
const BACKOFF_NEAR: Duration = Duration::from_millis(20);
const BACKOFF_FAR: Duration = Duration::from_millis(500);

/// Records in flight at once, on this machine and elsewhere.
const LANES_NEAR: usize = 16;
const LANES_FAR: usize = 8;

/// Connects; starts the sandbox when it is wanted and not running.
pub(super) async fn connect(
    context: &Context,
    pipeline: &Pipeline,
) -> Result<Connected, ConnectError> {
    let rehearsal = if hosts::wants_sandbox(pipeline) {
        let state = context.settings.state(&pipeline.root);
        let world = World::of(&context.settings, None)?;
        Some(hosts::rehearse(&state, world, None, Start::Kept).await?)
    } else {
        None
    };
    let mut readers = Vec::new();
    for position in 0..pipeline.sources.len() {
        let (base, logins, near) = base(pipeline, position, rehearsal.as_ref())?;
        let options = Options {
            logins,
            pacing: if near { Pacing::None } else { Pacing::Declared },
            backoff: if near {
                Backoff { base: BACKOFF_NEAR, ..Backoff::default() }
            } else {
                Backoff::default()
            },
            seed: fastrand::u64(..),
            ..Options::default()
        };
        readers.push(Reader::new(&pipeline.sources[position], &base, &options)?);
    }
    let (connection, harmless) = destination(pipeline, rehearsal.as_ref())?;
    if !harmless && context.settings.failpoint().is_some() {
        return Err(ConnectError::Failpoint);
    }
    let bucket = if copies_to_bucket(pipeline) { bucket_keys(&context.settings)? } else { None };
    let crm = if harmless {
        Nutshell::connect_within(connection, context.settings.near_timeout())?
    } else {
        Nutshell::connect(connection)?
    };
    Ok(Connected { rehearsal, crm, readers, bucket, harmless })
}

/// Where and as whom the CRM is written, and whether that is on this machine.
fn destination(
    pipeline: &Pipeline,
    rehearsal: Option<&Rehearsal>,
) -> Result<(Connection, bool), ConnectError> {
    let destination = &pipeline.destination;
    let lost = |url: &str| CrmError::Misconfigured {
        method: "connect".to_owned(),
        url: url.to_owned(),
        message: "it is no address".to_owned(),
    };
    let parse = |text: &str| Url::parse(text).map_err(|_| lost(text));
    let (url, upload) = match (&destination.url, rehearsal) {
        (Endpoint::Url(url), _) => (url.clone(), destination.upload.clone()),
        (Endpoint::Sandbox, Some(rehearsal)) => {
            (parse(&rehearsal.addresses.nutshell)?, Some(parse(&rehearsal.addresses.upload)?))
        }
        (Endpoint::Sandbox, None) => return Err(lost("sandbox").into()),
    };
    let near = is_loopback(&url);
    let pace = |pace: Option<crate::spec::Pace>| pace.filter(|_| !near).map(|pace| pace.per_second);
    let connection = Connection {
        url,
        user: destination.user.expose_secret().to_owned(),
        key: destination.key.clone(),
        pace_find: pace(destination.pace_find),
        pace_write: pace(destination.pace_write),
        backoff: if near { BACKOFF_NEAR } else { BACKOFF_FAR },
        seed: fastrand::u64(..),
        upload,
    };
    Ok((connection, near))
}

fn copies_to_bucket(pipeline: &Pipeline) -> bool {
    let mut places =
        pipeline.objects.iter().filter_map(|object| Some(&object.oversize.as_ref()?.to));
    places.any(|to| matches!(to, CopyTo::Bucket(_)))
}

/// The keys of buckets, under the names that every tool of S3 gives them.
fn bucket_keys(settings: &Settings) -> Result<Option<BucketKeys>, ConnectError> {
    let one_of = |names: [&'static str; 2]| {
        names.into_iter().find_map(|name| Some((name, settings.variable(name)?)))
    };
    let (Some(id), Some(secret)) =
        (settings.variable("AWS_ACCESS_KEY_ID"), settings.variable("AWS_SECRET_ACCESS_KEY"))
    else {
        return Ok(None);
    };
    let endpoint = match one_of(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]) {
        Some((name, text)) => {
            let url = Url::parse(&text).ok().filter(is_safe_endpoint);
            Some(url.ok_or(ConnectError::Endpoint { name })?)
        }
        None => None,
    };
    Ok(Some(BucketKeys {
        id: id.into(),
        secret: secret.into(),
        token: settings.variable("AWS_SESSION_TOKEN").map(Into::into),
        region: one_of(["AWS_REGION", "AWS_DEFAULT_REGION"]).map(|(_, region)| region),
        endpoint,
    }))
}

/// Prints what ended a command; wrong credentials with their account, never with their key.
pub(super) fn blame(context: &Context, pipeline: &Pipeline, error: &EngineError) {
    context.terminal.error(error);
    if let EngineError::Crm(CrmError::Unauthorized { .. }) = error {
        let user = pipeline.destination.user.expose_secret();
        context.terminal.hint(&format!(
            "the account is `{user}`: check the user and the key of the destination"
        ));
    }
}

impl Connected {
    /// The session of a run over these connections.
    pub(super) fn session<'a>(
        &'a mut self,
        context: &'a Context,
        pipeline: &Arc<Pipeline>,
        (state, clock): (PathBuf, &'a (dyn Fn() -> jiff::Timestamp + Send + Sync)),
    ) -> Session<'a, Nutshell> {
        Session {
            pipeline: Arc::clone(pipeline),
            readers: std::mem::take(&mut self.readers),
            crm: &self.crm,
            bucket: self.bucket.take(),
            state,
            out: context.settings.out_dir(&pipeline.root, &pipeline.name),
            clock,
            waits: if self.harmless { Waits::SANDBOX } else { Waits::HOST },
            lanes: if self.harmless { LANES_NEAR } else { LANES_FAR },
            watch: &context.terminal,
        }
    }

    /// The line that says what is going to be touched, and what the sandbox plays.
    pub(super) fn greeting(&self, pipeline: &Pipeline) -> String {
        let Some(rehearsal) = &self.rehearsal else {
            return real(&pipeline.destination.url);
        };
        let plays = plays(pipeline, rehearsal);
        match &pipeline.destination.url {
            Endpoint::Sandbox => format!("sandbox: {plays}; no real CRM is touched"),
            Endpoint::Url(_) => {
                format!("{}; sandbox: {plays}", real(&pipeline.destination.url))
            }
        }
    }
}

fn real(url: &Endpoint) -> String {
    match url {
        Endpoint::Url(url) => format!("destination: {}", url.host_str().unwrap_or_default()),
        Endpoint::Sandbox => String::new(),
    }
}

/// The parts that the sandbox plays for a pipeline, and where they are.
fn plays(pipeline: &Pipeline, rehearsal: &Rehearsal) -> String {
    let any =
        |wanted: fn(&Access) -> bool| pipeline.sources.iter().any(|source| wanted(&source.access));
    let is_nutshell = pipeline.destination.url == Endpoint::Sandbox;
    let is_rezora = any(|access| matches!(access, Access::Rest { url: Endpoint::Sandbox, .. }));
    let hosts = match (is_nutshell, is_rezora) {
        (true, true) => Some("a local Nutshell and Rezora"),
        (true, false) => Some("a local Nutshell"),
        (false, true) => Some("a local Rezora"),
        (false, false) => None,
    };
    let place = if rehearsal.elsewhere { " in another process" } else { "" };
    let hosts = hosts.map(|hosts| format!("{hosts}{place} at {}", rehearsal.addresses.root));
    let export = any(|access| matches!(access, Access::Files(FilesRoot::Sandbox)))
        .then(|| format!("an Allegory export in {}", rehearsal.export_folder().display()));
    [hosts, export].into_iter().flatten().collect::<Vec<_>>().join(" and ")
}
