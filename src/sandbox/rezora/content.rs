//! The content of files: made on the way out, so that 60 MB cost nothing to keep.

use axum::body::{Body, Bytes};
use futures_util::stream;

/// How much is made at a time.
const CHUNK: u64 = 64 * 1024;

/// The content of a file of a size.
pub(crate) fn body(seed: u64, file: &str, size: u64) -> Body {
    let file = file.to_owned();
    Body::from_stream(stream::unfold(0_u64, move |from| {
        let piece = (from < size).then(|| {
            let length = CHUNK.min(size - from);
            let bytes = piece(seed, &file, from, length);
            (Ok::<_, std::io::Error>(bytes), from + length)
        });
        async move { piece }
    }))
}

fn piece(seed: u64, file: &str, from: u64, length: u64) -> Bytes {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    let mut hash = blake3::Hasher::new();
    hash.update(&seed.to_le_bytes()).update(file.as_bytes()).update(&from.to_le_bytes());
    hash.finalize_xof().fill(&mut bytes);
    Bytes::from(bytes)
}
