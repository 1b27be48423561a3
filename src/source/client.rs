//! The HTTP client: no redirects, no retries of its own, no proxy that was not asked for.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, redirect, retry};

use super::error::SourceError;
use super::reader::Options;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The client for lists.
pub(super) fn build(options: &Options) -> Result<Client, SourceError> {
    finish(&|| basis().timeout(options.timeout))
}

/// A client that reaches `host` at `address` and nowhere else.
pub(super) fn pinned(host: &str, address: SocketAddr) -> Result<Client, SourceError> {
    finish(&|| basis().resolve(host, address))
}

fn basis() -> ClientBuilder {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster; then there is one, which is all we want.
        rustls::crypto::ring::default_provider().install_default().ok();
    }
    Client::builder()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(Duration::from_mins(1))
        .user_agent(concat!("flitpipe/", env!("CARGO_PKG_VERSION")))
}

/// Builds with the machine's certificates, or with our own where it has none.
fn finish(builder: &dyn Fn() -> ClientBuilder) -> Result<Client, SourceError> {
    let machine = builder().build();
    machine.or_else(|_| own_roots(builder())).map_err(|source| SourceError::Client { source })
}

fn own_roots(builder: ClientBuilder) -> Result<Client, reqwest::Error> {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| Certificate::from_der(root))
        .collect::<Result<Vec<_>, _>>()?;
    builder.tls_certs_only(roots).build()
}
