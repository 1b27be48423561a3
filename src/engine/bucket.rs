//! The customer's folder or bucket: copies of files, in pieces, each verified once it is there.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::{Attribute, Attributes, GetOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::bucket_keys::{BucketKeys, Connector, is_loopback};
use crate::spec::{CopyTo, Pipeline};

/// The size of a piece, and the most that is held of a file: 8 MiB.
const PIECE_BYTES: usize = 8 << 20;

/// Copies under way at once, so that their pieces fit into the memory.
const COPIES_AT_ONCE: usize = 4;

/// How long a bucket may fail to answer before a copy counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Under this name a copy in a bucket carries the hash of its content.
const HASH: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("blake3"));

/// A file on the disk, with its length in bytes and the hash of its content in hex.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fetched<'a> {
    pub path: &'a Path,
    pub bytes: u64,
    pub hash: &'a str,
}

/// The places of copies, one for each object that has any.
#[derive(Debug)]
pub(super) struct Shelves {
    places: HashMap<usize, Result<Shelf, String>>,
    turns: tokio::sync::Semaphore,
    busy: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug)]
struct Shelf {
    store: Arc<dyn ObjectStore>,
    /// How the place is called, with a `/` at its end.
    shown: String,
    /// What a copy carries beside its content; a folder has no room for it.
    labels: bool,
}

impl Shelves {
    /// The places that the spec names. A place that cannot be used fails its copies, not the run.
    pub(super) fn open(pipeline: &Pipeline, keys: Option<&BucketKeys>) -> Self {
        let objects = pipeline.objects.iter().enumerate();
        let places =
            objects.filter_map(|(object, rules)| Some((object, &rules.oversize.as_ref()?.to)));
        Self {
            places: places.map(|(object, to)| (object, shelf(pipeline, to, keys))).collect(),
            turns: tokio::sync::Semaphore::new(COPIES_AT_ONCE),
            busy: Mutex::default(),
        }
    }

    /// Copies a file to a path; the copy's address, or why there is none.
    ///
    /// A copy with this content that is there already is not made again, and nothing else is
    /// written over.
    pub(super) async fn copy(
        &self,
        object: usize,
        path: &str,
        file: Fetched<'_>,
    ) -> Result<String, String> {
        let place = match self.places.get(&object) {
            Some(Ok(place)) => place,
            Some(Err(why)) => return Err(why.clone()),
            None => return Err("the spec names no place for copies".to_owned()),
        };
        let shown = format!("{}{path}", place.shown);
        let _turn = self.turns.acquire().await.map_err(|_| "the run is over".to_owned())?;
        // Two rows of one path must not both find the place empty.
        let mine = Arc::clone(
            self.busy
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(shown.clone())
                .or_default(),
        );
        let copied = {
            let _alone = mine.lock().await;
            place.copy(path, file).await
        };
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        drop(mine);
        if busy.get(&shown).is_some_and(|others| Arc::strong_count(others) == 1) {
            busy.remove(&shown);
        }
        copied.map(|()| shown)
    }
}

impl Shelf {
    async fn copy(&self, path: &str, file: Fetched<'_>) -> Result<(), String> {
        let at = Location::parse(path).map_err(|error| error.to_string())?;
        if let Some(there) = self.there(&at).await? {
            if there == (file.bytes, file.hash.to_owned()) {
                return Ok(());
            }
            return Err(format!(
                "another file of {} bytes is at {}{at}, and nothing is written over: move it away, \
                 or let `oversize.copy` tell the files apart",
                there.0, self.shown
            ));
        }
        self.put(&at, file).await?;
        let arrived = self.store.head(&at).await.map_err(told)?.size;
        if arrived == file.bytes {
            Ok(())
        } else {
            Err(format!("{arrived} of {} bytes arrived", file.bytes))
        }
    }

    /// Length and hash of what is at a path; `None` when nothing is.
    async fn there(&self, at: &Location) -> Result<Option<(u64, String)>, String> {
        let head = GetOptions { head: true, ..GetOptions::default() };
        let found = match self.store.get_opts(at, head).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(told(error)),
        };
        if let Some(hash) = found.attributes.get(&HASH) {
            return Ok(Some((found.meta.size, hash.to_string())));
        }
        let mut hasher = blake3::Hasher::new();
        let mut pieces = self.store.get(at).await.map_err(told)?.into_stream();
        while let Some(piece) = pieces.try_next().await.map_err(told)? {
            hasher.update(&piece);
        }
        Ok(Some((found.meta.size, hasher.finalize().to_hex().to_string())))
    }

    async fn put(&self, at: &Location, file: Fetched<'_>) -> Result<(), String> {
        let mut writer = BufWriter::with_capacity(Arc::clone(&self.store), at.clone(), PIECE_BYTES)
            .with_max_concurrency(1);
        if self.labels {
            let labels = [(HASH, file.hash.to_owned())];
            writer = writer.with_attributes(Attributes::from_iter(labels));
        }
        let sent = send(&mut writer, file).await;
        if let Err(why) = sent {
            // What was begun is given up; the reason is the first one.
            drop(writer.abort().await);
            return Err(why);
        }
        writer.shutdown().await.map_err(|error| why(&error))
    }
}

/// Sends a file's pieces, and sees that it is still the file that was fetched.
async fn send(writer: &mut BufWriter, file: Fetched<'_>) -> Result<(), String> {
    let fail = |error: std::io::Error| why(&error);
    let mut opened = tokio::fs::File::open(file.path).await.map_err(fail)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = opened.read(&mut piece).await.map_err(fail)?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        writer.write_all(read).await.map_err(fail)?;
    }
    if hasher.finalize().to_hex().as_str() == file.hash {
        Ok(())
    } else {
        Err("the file changed while it was copied".to_owned())
    }
}

fn shelf(pipeline: &Pipeline, to: &CopyTo, keys: Option<&BucketKeys>) -> Result<Shelf, String> {
    match to {
        CopyTo::Folder(folder) => {
            let root = pipeline.root.join(folder);
            std::fs::create_dir_all(&root)
                .map_err(|error| format!("`{}` cannot be made: {error}", root.display()))?;
            let store = LocalFileSystem::new_with_prefix(&root).map_err(told)?.with_fsync(true);
            let mut shown = folder.display().to_string();
            if !shown.is_empty() && !shown.ends_with('/') {
                shown.push('/');
            }
            Ok(Shelf { store: Arc::new(store), shown, labels: false })
        }
        CopyTo::Bucket(name) => {
            let keys = keys.ok_or("the keys of the bucket are not set")?;
            let store = bucket(name, keys).map_err(told)?;
            Ok(Shelf { store, shown: format!("s3://{name}/"), labels: true })
        }
    }
}

fn bucket(name: &str, keys: &BucketKeys) -> object_store::Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig { max_retries: 5, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(name)
        .with_access_key_id(keys.id.expose_secret())
        .with_secret_access_key(keys.secret.expose_secret())
        .with_region(keys.region.as_deref().unwrap_or("us-east-1"))
        .with_retry(retry)
        .with_http_connector(Connector);
    if let Some(token) = &keys.token {
        builder = builder.with_token(token.expose_secret());
    }
    if let Some(endpoint) = &keys.endpoint {
        let address = endpoint.as_str().trim_end_matches('/');
        builder = builder.with_endpoint(address).with_allow_http(is_loopback(endpoint));
    }
    Ok(Arc::new(builder.build()?))
}

/// Why a store did not do it: the same words for every file, without addresses and times, so that
/// a list of what is held can put alike ones together.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(error: object_store::Error) -> String {
    why(&error)
}

fn why(error: &(dyn std::error::Error + 'static)) -> String {
    use object_store::Error;
    let mut cause = error;
    loop {
        match cause.downcast_ref::<Error>() {
            Some(Error::PermissionDenied { .. }) => {
                return "the keys do not allow it (HTTP 403)".to_owned();
            }
            Some(Error::Unauthenticated { .. }) => {
                return "the keys are not accepted (HTTP 401)".to_owned();
            }
            Some(Error::NotFound { .. }) => return "the place does not exist".to_owned(),
            Some(_) | None => {}
        }
        // An I/O error hides what it wraps from `source`.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let wrapped = wrapped.map(|inner| inner as &(dyn std::error::Error + 'static));
        match wrapped.or_else(|| cause.source()) {
            Some(next) => cause = next,
            None => break,
        }
    }
    cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
