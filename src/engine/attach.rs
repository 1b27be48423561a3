//! Files on their way: small enough ones are uploaded, the others go to the customer's place.
//!
//! What happens to a file is decided in `plan`, before the run and again for what was fetched.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::apply::Work;
use super::bucket::Fetched;
use super::error::EngineError;
use super::look::lost;
use super::three_way::Values;
use crate::crm::{Crm, CrmError, Upload};
use crate::ground::{Flag, Record, failpoint};
use crate::ledger::State;
use crate::plan::{Facts, Judged, LinkedCopy, Look, Way, judge, plain_name};
use crate::source::SourceError;
use crate::spec::ObjectKind;

/// The most that is fetched of one file, whatever the plan allows: 2 GiB.
const BYTES_MAX: u64 = 2 << 30;

/// The field that says where a file comes from, and in the ledger where it went.
pub(super) const CONTENT: &str = "content";

/// A file that was fetched; it is gone from the disk when this is.
struct Draft {
    path: PathBuf,
    bytes: u64,
    hash: String,
}

impl Drop for Draft {
    fn drop(&mut self) {
        // One that stays behind is fetched over.
        drop(std::fs::remove_file(&self.path));
    }
}

/// The record that a file belongs to.
#[derive(Clone, Copy)]
pub(super) struct Whose<'a> {
    pub object: usize,
    pub key: &'a str,
    pub row: &'a Arc<Record>,
}

/// Carries the file of a new record, and puts its reference or its link beside `content`, which
/// then says what was carried. `None`: the file cannot be had; the remark is in the flags.
pub(super) async fn carry<C: Crm>(
    work: &Work<'_, C>,
    whose: Whose<'_>,
    mut values: Values,
    flags: &mut Vec<Flag>,
) -> Result<Option<Values>, EngineError> {
    let kind = work.session.pipeline.objects[whose.object].kind;
    let Some(from) = values.remove(CONTENT).filter(|_| kind == ObjectKind::File) else {
        return Ok(Some(values));
    };
    let planned = work.prepared.plan.files.get(&(whose.object, whose.key.into()));
    if let Some(held) = planned.filter(|file| file.way == Way::Held) {
        flags.extend(held.flags.iter().cloned());
        return Ok(None);
    }
    let from = from.as_str().unwrap_or_default().to_owned();
    let said = values.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let fetched = fetch(work, whose, &from).await?;
    failpoint::reach("engine.file_fetched");
    let look = fetched.as_ref().map_or_else(Clone::clone, |draft| Look::Size(draft.bytes));
    let uploads = work.prepared.inventory.uploads;
    let facts = Facts { name: &said, from: &from, look: &look, uploads };
    let judged = judge(&work.prepared.desk, whose.object, whose.row, &facts);
    let Judged { way, name, flags: found } = judged;
    flags.extend(found);
    let Ok(draft) = fetched else { return Ok(None) };
    let refused = match &way {
        Way::Upload => upload(work, &name, (&draft, &mut values)).await?,
        Way::Copy(copy) => copied(work, whose.object, copy, (&draft, &mut values)).await,
        Way::Held => return Ok(None),
    };
    failpoint::reach("engine.file_carried");
    if let Err((code, why)) = refused {
        flags.push(Flag::new(code, CONTENT, CONTENT, &from, &why));
        return Ok(None);
    }
    if let Some(Value::Object(carried)) = values.get_mut(CONTENT) {
        carried.insert("name".to_owned(), name.clone().into());
        carried.insert("from".to_owned(), from.into());
        carried.insert("bytes".to_owned(), draft.bytes.into());
        carried.insert("hash".to_owned(), draft.hash.clone().into());
    }
    values.insert("name".to_owned(), name.into());
    Ok(Some(values))
}

/// What a file's record has after the first time: a file is carried once, its name stays a plain
/// one, and its link stays in the text.
pub(super) fn keep(kind: ObjectKind, state: Option<&State>, values: &mut Values) {
    values.remove(CONTENT);
    if kind != ObjectKind::File {
        return;
    }
    let carried = state.and_then(|state| state.after.get(CONTENT));
    let of = |part: &str| carried.and_then(|carried| carried.get(part)).and_then(Value::as_str);
    if let Some(link) = of("link") {
        values.insert("link".to_owned(), link.into());
    }
    let said = values.get("name").and_then(Value::as_str).map(plain_name);
    let name = said.filter(|name| !name.is_empty()).or_else(|| of("name").map(str::to_owned));
    if let Some(name) = name {
        values.insert("name".to_owned(), name.into());
    }
}

type Carried = Result<(), (&'static str, String)>;

async fn upload<C: Crm>(
    work: &Work<'_, C>,
    name: &str,
    (draft, values): (&Draft, &mut Values),
) -> Result<Carried, EngineError> {
    let upload = Upload {
        name,
        mime: mime(name),
        hash: &draft.hash,
        path: &draft.path,
        length: draft.bytes,
    };
    match work.session.crm.upload(&upload).await {
        Ok(reference)
            if reference
                .get("size")
                .and_then(Value::as_u64)
                .is_some_and(|size| size != draft.bytes) =>
        {
            let why = format!("the CRM has {} of {} bytes", reference["size"], draft.bytes);
            Ok(Err(("upload_refused", why)))
        }
        Ok(reference) => {
            values.insert(CONTENT.to_owned(), json!({ "uploaded": reference }));
            values.insert("file".to_owned(), reference);
            Ok(Ok(()))
        }
        // One file that the CRM does not want does not stop the others.
        Err(error @ CrmError::Refused { .. }) => Ok(Err(("upload_refused", error.to_string()))),
        Err(error) => Err(error.into()),
    }
}

async fn copied<C: Crm>(
    work: &Work<'_, C>,
    object: usize,
    copy: &LinkedCopy,
    (draft, values): (&Draft, &mut Values),
) -> Carried {
    let file = Fetched { path: &draft.path, bytes: draft.bytes, hash: &draft.hash };
    let at = work.shelves.copy(object, &copy.path, file).await;
    let at = at.map_err(|why| ("copy_failed", format!("it could not be copied: {why}")))?;
    values.insert(CONTENT.to_owned(), json!({ "copied": at, "link": copy.link }));
    values.insert("link".to_owned(), copy.link.clone().into());
    Ok(())
}

/// Fetches the file of a record; the inner error is what its source says instead.
async fn fetch<C: Crm>(
    work: &Work<'_, C>,
    whose: Whose<'_>,
    from: &str,
) -> Result<Result<Draft, Look>, EngineError> {
    let pipeline = &work.session.pipeline;
    let folder = work.session.state.join("files");
    // Two rows may name one file: each fetches it to a place of its own.
    let name = format!("{}:{}", pipeline.objects[whose.object].name, whose.key);
    let path = folder.join(blake3::hash(name.as_bytes()).to_hex().as_str());
    let opened = create(&folder, &path);
    let mut file = opened.map_err(|source| EngineError::Output { file: path.clone(), source })?;
    let mut draft = Draft { path, bytes: 0, hash: String::new() };
    let source = whose.row.source;
    match work.session.readers[source].download(from, &mut file, BYTES_MAX).await {
        Ok(downloaded) => {
            draft.bytes = downloaded.bytes;
            draft.hash = blake3::Hash::from(downloaded.hash).to_hex().to_string();
            Ok(Ok(draft))
        }
        Err(error @ SourceError::TooLarge { .. }) => Ok(Err(Look::Refused(error.to_string()))),
        Err(error) => Ok(Err(lost((pipeline, source), from, error)?)),
    }
}

fn create(folder: &Path, path: &Path) -> io::Result<tokio::fs::File> {
    std::fs::create_dir_all(folder)?;
    let mut options = std::fs::OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(tokio::fs::File::from_std(opened))
}

/// The media type that a name suggests.
fn mime(name: &str) -> &'static str {
    let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("txt") => "text/plain",
        Some("csv") => "text/csv",
        Some("html" | "htm") => "text/html",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some(_) | None => "application/octet-stream",
    }
}
