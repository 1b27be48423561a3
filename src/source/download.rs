//! The content of files that rows point to.

use std::io;
use std::time::Duration;

use reqwest::header::CONTENT_LENGTH;
use reqwest::{Client, Method, Response};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use url::Url;

use super::account::Account;
use super::address;
use super::error::SourceError;
use super::folder::Folder;
use super::foreign;
use super::reader::{Reader, Rest, Way};

/// How much is held in memory at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// How long a whole download may take; a host that falls silent is given up much earlier.
const WHOLE_TIMEOUT: Duration = Duration::from_hours(2);

/// What was downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downloaded {
    /// How many bytes.
    pub bytes: u64,
    /// Their BLAKE3 hash.
    pub hash: [u8; 32],
}

/// Where a file is.
enum Place {
    /// At the source's own host: credentials are sent.
    Own(Url),
    /// At another host: none are.
    Other(Url),
    /// In the folder.
    File(std::path::PathBuf),
}

/// A sink that counts and hashes.
struct Tally<'a, W> {
    sink: &'a mut W,
    hasher: blake3::Hasher,
    bytes: u64,
    bytes_max: u64,
    address: String,
}

impl Reader {
    /// Writes the content of `url_or_path` into `sink`, at most `bytes_max` bytes of it.
    ///
    /// Paths stay in the source's folder, or below its address; other hosts get no credentials.
    pub async fn download<W: AsyncWrite + Unpin>(
        &self,
        url_or_path: &str,
        sink: &mut W,
        bytes_max: u64,
    ) -> Result<Downloaded, SourceError> {
        let place = self.place(url_or_path)?;
        let address = place.shown(url_or_path);
        let hasher = blake3::Hasher::new();
        let mut tally = Tally { sink, hasher, bytes: 0, bytes_max, address };
        match place {
            Place::File(file) => tally.copy(&file).await?,
            Place::Own(_) | Place::Other(_) => {
                let response = self.open(&place, Method::GET).await?;
                tally.drain(response).await?;
            }
        }
        tally.sink.flush().await.map_err(|error| tally.broke_off(&error))?;
        Ok(Downloaded { bytes: tally.bytes, hash: *tally.hasher.finalize().as_bytes() })
    }

    /// The size of `url_or_path` in bytes; `None` when the host does not say.
    pub async fn size_of(&self, url_or_path: &str) -> Result<Option<u64>, SourceError> {
        let place = self.place(url_or_path)?;
        if let Place::File(file) = &place {
            let metadata = fs::metadata(file).await;
            return metadata
                .map(|metadata| Some(metadata.len()))
                .map_err(|source| SourceError::Unreadable { file: file.clone(), source });
        }
        match self.open(&place, Method::HEAD).await {
            Ok(response) => Ok(response
                .headers()
                .get(CONTENT_LENGTH)
                .and_then(|length| length.to_str().ok()?.parse().ok())),
            // Some hosts do not know the question.
            Err(SourceError::Rejected { status: 405 | 501, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn place(&self, url_or_path: &str) -> Result<Place, SourceError> {
        let absolute =
            Url::parse(url_or_path).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        match (&self.way, absolute) {
            (Way::Rest(rest), Some(url)) if address::same_host(&rest.base, &url) => {
                Ok(Place::Own(url))
            }
            (Way::Rest(_) | Way::Files(_), Some(url)) => Ok(Place::Other(url)),
            (Way::Rest(rest), None) => address::relative(&rest.base, url_or_path)
                .map(Place::Own)
                .ok_or_else(|| self.outside(url_or_path)),
            (Way::Files(folder), None) => file(folder, url_or_path).map(Place::File),
        }
    }

    fn outside(&self, path: &str) -> SourceError {
        SourceError::Outside { name: self.name.clone(), path: path.into() }
    }

    async fn open(&self, place: &Place, method: Method) -> Result<Response, SourceError> {
        match (place, &self.way) {
            (Place::Own(url), Way::Rest(rest)) => self.open_own(rest, url, &method).await,
            (Place::Own(url) | Place::Other(url), _) => {
                let client = foreign::client(url).await?;
                self.ask(&client, (url, None), &method).await
            }
            (Place::File(file), _) => Err(SourceError::MissingFile { file: file.clone() }),
        }
    }

    /// A file of one agent is only there for that agent: the accounts are tried in turn.
    async fn open_own(
        &self,
        rest: &Rest,
        url: &Url,
        method: &Method,
    ) -> Result<Response, SourceError> {
        let mut refused = None;
        for account in &rest.accounts {
            match self.ask(&self.requests.client, (url, Some(account)), method).await {
                Err(error @ (SourceError::Refused { .. } | SourceError::NotFound { .. })) => {
                    refused.get_or_insert(error);
                }
                answer => return answer,
            }
        }
        let address = address::shown(url);
        Err(refused.unwrap_or(SourceError::NotFound { address, status: 404 }))
    }

    async fn ask(
        &self,
        client: &Client,
        (url, account): (&Url, Option<&Account>),
        method: &Method,
    ) -> Result<Response, SourceError> {
        let nobody = Account::nobody();
        let whom = (url, account.unwrap_or(&nobody));
        let attempt = || async {
            let request = client.request(method.clone(), url.clone()).timeout(WHOLE_TIMEOUT);
            Ok(self.requests.send(whom.1.sign(request)).await)
        };
        let response = self.requests.until_done(whom, attempt).await?;
        let status = response.status();
        match status.as_u16() {
            200..300 => Ok(response),
            status @ (404 | 410) => {
                Err(SourceError::NotFound { address: address::shown(url), status })
            }
            status => Err(self.requests.final_error(whom, status, "")),
        }
    }
}

fn file(folder: &Folder, path: &str) -> Result<std::path::PathBuf, SourceError> {
    let file = folder.file(path)?;
    file.ok_or_else(|| SourceError::MissingFile { file: folder.shown(path) })
}

impl Place {
    fn shown(&self, path: &str) -> String {
        match self {
            Self::Own(url) | Self::Other(url) => address::shown(url),
            Self::File(_) => format!("`{path}`"),
        }
    }
}

impl<W: AsyncWrite + Unpin> Tally<'_, W> {
    async fn drain(&mut self, mut response: Response) -> Result<(), SourceError> {
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => self.write(&piece).await?,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.broke_off(&error)),
            }
        }
    }

    async fn copy(&mut self, file: &std::path::Path) -> Result<(), SourceError> {
        let unreadable = |source: io::Error| SourceError::Unreadable { file: file.into(), source };
        let mut opened = fs::File::open(file).await.map_err(unreadable)?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match opened.read(&mut piece).await.map_err(unreadable)? {
                0 => return Ok(()),
                count => self.write(&piece[..count]).await?,
            }
        }
    }

    async fn write(&mut self, piece: &[u8]) -> Result<(), SourceError> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.bytes_max {
            let (place, bytes_max) = (self.address.clone(), self.bytes_max);
            return Err(SourceError::TooLarge { place, bytes_max });
        }
        self.hasher.update(piece);
        self.sink.write_all(piece).await.map_err(|error| self.broke_off(&error))
    }

    fn broke_off(&self, error: &impl ToString) -> SourceError {
        SourceError::Interrupted { address: self.address.clone(), detail: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::get;

    use crate::source::sample::{folder, serve};
    use crate::spec::Auth;

    use super::*;

    async fn fetched(
        reader: &Reader,
        address: &str,
        bytes_max: u64,
    ) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        let downloaded = reader.download(address, &mut bytes, bytes_max).await?;
        assert_eq!(downloaded.bytes, bytes.len() as u64);
        assert_eq!(downloaded.hash, *blake3::hash(&bytes).as_bytes());
        Ok(bytes)
    }

    /// A file that only the second account may have.
    async fn brochure(headers: HeaderMap) -> Result<&'static str, StatusCode> {
        let second = headers.get("authorization").is_some_and(|said| said == "Basic Ym9iOngy");
        if second { Ok("brochure") } else { Err(StatusCode::FORBIDDEN) }
    }

    #[tokio::test]
    async fn a_file_at_the_sources_own_host_is_fetched_as_the_account_that_may_have_it() {
        let auth = Auth::Accounts("ann,x1\nbob,x2".into());
        let reader = serve(Router::new().route("/files/7", get(brochure)), auth, None).await;
        assert_eq!(fetched(&reader, "/files/7", 100).await.unwrap(), b"brochure");
        assert_eq!(reader.size_of("/files/7").await.unwrap(), Some(8));
        let error = fetched(&reader, "/files/7", 7).await.unwrap_err();
        assert!(matches!(error, SourceError::TooLarge { bytes_max: 7, .. }), "{error:?}");
        let error = fetched(&reader, "/files/8", 7).await.unwrap_err();
        assert!(matches!(error, SourceError::NotFound { status: 404, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn an_address_inside_the_network_is_refused() {
        let reader = serve(Router::new(), Auth::None, None).await;
        for address in ["http://169.254.169.254/latest", "http://localhost:9/x", "http://[::1]/"] {
            let error = fetched(&reader, address, 100).await.unwrap_err();
            assert!(matches!(error, SourceError::Private { .. }), "{address}: {error:?}");
        }
    }

    #[tokio::test]
    async fn a_file_of_the_folder_is_copied_and_none_outside_it() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a.pdf"), "pdf").unwrap();
        let reader = folder(place.path(), "utf-8");
        assert_eq!(fetched(&reader, "a.pdf", 100).await.unwrap(), b"pdf");
        assert_eq!(reader.size_of("a.pdf").await.unwrap(), Some(3));
        let error = fetched(&reader, "../a.pdf", 100).await.unwrap_err();
        assert!(matches!(error, SourceError::Outside { .. }), "{error:?}");
        let error = fetched(&reader, "b.pdf", 100).await.unwrap_err();
        assert!(matches!(error, SourceError::MissingFile { .. }), "{error:?}");
    }
}
