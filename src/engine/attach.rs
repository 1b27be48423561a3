//! Files on their way: small enough ones are uploaded, the others go to the customer's folder.

use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::apply::Work;
use super::error::EngineError;
use super::three_way::Values;
use crate::crm::{Crm, Upload};
use crate::ground::{Flag, Record};
use crate::source::SourceError;
use crate::spec::ObjectKind;

/// The most that is fetched of one file, whatever the plan allows: 2 GiB.
const BYTES_MAX: u64 = 2 << 30;

/// The greatest length of a name in the customer's folder, in bytes: what file systems take.
const NAME_BYTES_MAX: usize = 200;

/// Puts the reference of an uploaded file, or the link to a copied one, in place of `content`.
/// `None`: the file cannot be had; the remark is in the flags.
pub(super) async fn content<C: Crm>(
    work: &Work<'_, C>,
    object: usize,
    row: &Arc<Record>,
    mut values: Values,
    flags: &mut Vec<Flag>,
) -> Result<Option<Values>, EngineError> {
    let rules = &work.session.pipeline.objects[object];
    let Some(place) = values.remove("content").filter(|_| rules.kind == ObjectKind::File) else {
        return Ok(Some(values));
    };
    let place = place.as_str().unwrap_or_default().to_owned();
    let folder = work.session.state.join("files");
    let file = folder.join(blake3::hash(place.as_bytes()).to_hex().as_str());
    let fetched = fetch(work, row.source, &place, &file).await;
    let (bytes, hash) = match fetched? {
        Ok(fetched) => fetched,
        Err(detail) => {
            flags.push(Flag::new("file_missing", "content", "content", &place, &detail));
            return Ok(None);
        }
    };
    let limit = work.session.pipeline.destination.plan.file_size_bytes;
    let name = values.get("name").and_then(Value::as_str).unwrap_or("file").to_owned();
    let fits = limit.is_none_or(|limit| bytes <= limit);
    if fits && work.prepared.inventory.uploads {
        let upload =
            Upload { name: &name, mime: mime(&name), hash: &hash, path: &file, length: bytes };
        let reference = work.session.crm.upload(&upload).await?;
        values.insert("file".to_owned(), reference);
    } else if let Some(link) = copied(work, object, row, (&file, flags))? {
        let why =
            if fits { "the CRM takes no uploads" } else { "larger than the plan's file size" };
        let detail = format!("{bytes} bytes, {why}: copied, and linked as {link}");
        flags.push(Flag::new("oversize", "content", "content", &name, &detail));
        values.insert("link".to_owned(), link.into());
    } else {
        flags.push(Flag::new(
            "no_place",
            "content",
            "content",
            &name,
            "it can neither be uploaded nor copied: say `oversize` for the object",
        ));
        return Ok(None);
    }
    // A fetched file has done its duty; one that stays behind is fetched over.
    drop(std::fs::remove_file(&file));
    Ok(Some(values))
}

/// Fetches a file to `to`; the inner error says why the file itself cannot be had.
async fn fetch<C: Crm>(
    work: &Work<'_, C>,
    source: usize,
    place: &str,
    to: &Path,
) -> Result<Result<(u64, String), String>, EngineError> {
    let fail = |source| EngineError::Output { file: to.to_owned(), source };
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut file = tokio::fs::File::create(to).await.map_err(fail)?;
    let downloaded = work.session.readers[source].download(place, &mut file, BYTES_MAX).await;
    match downloaded {
        Ok(downloaded) => {
            Ok(Ok((downloaded.bytes, blake3::Hash::from(downloaded.hash).to_hex().to_string())))
        }
        // One file that is gone does not stop the others; a host that is gone does.
        Err(error) if error.is_unwilling() && !matches!(error, SourceError::Rejected { .. }) => {
            Err(error.into())
        }
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// Copies a file to where the spec wants oversize ones; the link to it, if the spec wants them.
fn copied<C: Crm>(
    work: &Work<'_, C>,
    object: usize,
    row: &Arc<Record>,
    (file, flags): (&Path, &mut Vec<Flag>),
) -> Result<Option<String>, EngineError> {
    let desk = &work.prepared.desk;
    let Some(oversize) = &work.session.pipeline.objects[object].oversize else { return Ok(None) };
    let world = desk.world();
    let mut text = |template| {
        desk.mapping
            .expand_text(object, template, row, &world)
            .map_err(|flag| flags.push(flag))
            .ok()
    };
    let (Some(copy), Some(link)) = (text(&oversize.copy), text(&oversize.link)) else {
        return Ok(None);
    };
    let place = work.session.pipeline.root.join(confined(&copy));
    let fail = |source| EngineError::Output { file: place.clone(), source };
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let draft = place.with_extension("part");
    let copy = || -> std::io::Result<()> {
        let mut from = std::fs::File::open(file)?;
        let mut to = std::fs::File::create(&draft)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = from.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            std::io::Write::write_all(&mut to, &buffer[..count])?;
        }
        to.sync_all()?;
        std::fs::rename(&draft, &place)
    };
    copy().map_err(fail)?;
    Ok(Some(link))
}

/// A path of the data inside the folder that it is joined to: no way up, no root, no over-long name.
fn confined(path: &str) -> PathBuf {
    Path::new(path)
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => {
                let name = name.to_string_lossy();
                let end = (0..=NAME_BYTES_MAX.min(name.len()))
                    .rev()
                    .find(|&end| name.is_char_boundary(end));
                Some(name[..end.unwrap_or(0)].to_owned())
            }
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::ParentDir => None,
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::confined;
    use std::path::Path;

    #[test]
    fn a_path_made_of_data_stays_in_its_folder() {
        assert_eq!(confined("out/../../etc/passwd"), Path::new("out/etc/passwd"));
        assert_eq!(confined("/etc/passwd"), Path::new("etc/passwd"));
        let long = "é".repeat(300);
        assert!(confined(&long).as_os_str().len() <= 200);
    }
}
