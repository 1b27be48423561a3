//! The upload of files: the sandbox's own, for the vendor publishes none.
//! The address is the hash of the content, so that sending a file twice is the same as once.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::auth;
use super::fault::Fault;
use super::store::Store;
use super::wire::{blocking, body};
use super::work::Change;

/// Largest file.
pub(crate) const LARGEST: usize = 20 * 1024 * 1024;

/// `PUT /upload/{hex of blake3}`.
pub(crate) async fn put(
    State(store): State<Arc<Store>>,
    Path(hash): Path<String>,
    headers: HeaderMap,
    content: Bytes,
) -> Response {
    let answer = blocking(move || {
        store.count("upload")?;
        let caller = auth::caller(&store, &headers)?;
        if blake3::hash(&content).to_hex().as_str() != hash.to_ascii_lowercase() {
            return Err(Fault::invalid("the content is not what its address says"));
        }
        let given = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let name = given("x-file-name").map_or_else(|| "unnamed".to_owned(), decoded);
        let mime = given(header::CONTENT_TYPE.as_str()).unwrap_or("application/octet-stream");
        store.call(caller, |work| {
            let found = "SELECT id, name, length(content) FROM file WHERE hash = ?1";
            let read = |row: &rusqlite::Row<'_>| Ok(json!({"id": row.get::<_, i64>(0)?, "name": row.get::<_, String>(1)?, "size": row.get::<_, i64>(2)?}));
            if let Some(file) = work.db.query_row(found, [&hash], read).optional()? {
                return Ok(file);
            }
            let id = 3 + 4 * work.next("Files")?;
            let sql = "INSERT INTO file VALUES (?1, ?2, ?3, ?4, ?5)";
            work.db.execute(sql, params![id, hash, name, mime, content.as_ref()])?;
            let file = json!({"id": id, "name": name, "size": content.len()});
            work.journal("upload", None, &file, Change::default())?;
            Ok(file)
        })
    });
    match answer.await {
        Ok(file) => body(StatusCode::OK, &file),
        Err(fault) => {
            body(fault.status(), &json!({"error": {"code": fault.code, "message": fault.message}}))
        }
    }
}

/// `GET /files/{id}`: an uploaded file.
pub(crate) async fn get(
    State(store): State<Arc<Store>>,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Response {
    let found = blocking(move || {
        let caller = auth::caller(&store, &headers)?;
        store.call(caller, |work| {
            let sql = "SELECT mime, content FROM file WHERE id = ?1";
            let read =
                |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?));
            work.db
                .query_row(sql, [id], read)
                .optional()?
                .ok_or_else(|| Fault::missing("Files", id))
        })
    });
    match found.await {
        Ok((mime, content)) => ([(header::CONTENT_TYPE, mime)], content).into_response(),
        Err(fault) => {
            body(fault.status(), &json!({"error": {"code": fault.code, "message": fault.message}}))
        }
    }
}

/// Percent decoding; what is not well formed stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
