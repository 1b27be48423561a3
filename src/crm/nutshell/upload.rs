//! The upload of a file to the place that the account has for it.

use std::fmt::Write;
use std::time::Duration;

use futures_util::stream;
use reqwest::Body;
use serde_json::Value;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use url::Url;

use super::line::Line;
use crate::crm::{CrmError, Upload};

/// How long a call without a body may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(90);

/// The slowest line that is waited for, in bytes per second.
const BYTES_PER_S_MIN: u64 = 64 * 1024;

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// Sends the file to `<upload>/<hash>`, so that sending it twice is the same as once.
pub(super) async fn send(line: &Line, file: &Upload<'_>) -> Result<Value, CrmError> {
    let Some(base) = &line.upload else {
        return Err(CrmError::Unsupported { what: "take files".to_owned() });
    };
    let text = format!("{}/{}", base.as_str().trim_end_matches('/'), file.hash);
    let url = Url::parse(&text).map_err(|_| CrmError::Misconfigured {
        method: "upload".to_owned(),
        url: text.clone(),
        message: "it is no address".to_owned(),
    })?;
    let headers = [
        ("content-type", file.mime.to_owned()),
        ("content-length", file.length.to_string()),
        ("x-file-name", percent(file.name)),
    ];
    line.put((&url, &headers, patience(file.length)), || body(file, &url)).await
}

/// How long an upload may take: what any call may, and the time of a slow line.
fn patience(bytes: u64) -> Duration {
    CALL_TIMEOUT + Duration::from_secs(bytes / BYTES_PER_S_MIN)
}

async fn body(file: &Upload<'_>, url: &Url) -> Result<Body, CrmError> {
    let opened = File::open(file.path).await.map_err(|source| CrmError::NotSent {
        method: "upload".to_owned(),
        url: url.to_string(),
        source: Some(source.into()),
    })?;
    let pieces = stream::try_unfold(opened, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((piece, file)))
    });
    Ok(Body::wrap_stream(pieces))
}

/// A name as a header can carry it.
fn percent(name: &str) -> String {
    let mut coded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b" .-_()".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _written = write!(coded, "%{byte:02X}");
        }
    }
    coded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_has_the_time_that_a_slow_line_needs() {
        assert_eq!(patience(0), CALL_TIMEOUT);
        assert_eq!(patience(640 * 1024 * 1024), CALL_TIMEOUT + Duration::from_secs(10_240));
    }

    #[test]
    fn a_name_with_umlauts_or_line_breaks_fits_into_a_header() {
        assert_eq!(percent("Straße 1\n.pdf"), "Stra%C3%9Fe 1%0A.pdf");
    }
}
