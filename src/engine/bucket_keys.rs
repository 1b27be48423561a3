//! The keys of buckets, and the client that carries them: over HTTPS, or to this machine.

use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};
use reqwest::{Certificate, Client, ClientBuilder, redirect, retry};
use secrecy::SecretString;
use url::{Host, Url};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may take: a piece of a file on a slow line.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(5);

/// The keys of buckets.
#[derive(Debug, Clone)]
pub struct BucketKeys {
    /// The id of the access key.
    pub id: SecretString,
    /// The access key.
    pub secret: SecretString,
    /// The token of a session, for keys that last only as long.
    pub token: Option<SecretString>,
    /// The region; that of hosts without any when not given.
    pub region: Option<String>,
    /// A host other than Amazon's: HTTPS, or HTTP on this machine.
    pub endpoint: Option<Url>,
}

/// Whether keys may be sent to an address: over HTTPS, or to this machine.
pub fn is_safe_endpoint(url: &Url) -> bool {
    let bare = url.username().is_empty() && url.password().is_none();
    bare && (url.scheme() == "https" || url.scheme() == "http" && is_loopback(url))
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Our own HTTP client: no redirects, which would show the keys to another host, and no proxy that
/// was not asked for.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let source = |error| object_store::Error::Generic { store: "S3", source: Box::new(error) };
        client().map(HttpClient::new).map_err(source)
    }
}

fn client() -> Result<Client, reqwest::Error> {
    builder().build().or_else(|_| {
        // A machine without certificates of its own gets those we carry.
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .map(|root| Certificate::from_der(root))
            .collect::<Result<Vec<_>, _>>()?;
        builder().tls_certs_only(roots).build()
    })
}

fn builder() -> ClientBuilder {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster; then there is one, which is all we want.
        rustls::crypto::ring::default_provider().install_default().ok();
    }
    Client::builder()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .user_agent(concat!("flitpipe/", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sent_over_https_or_to_this_machine_only() {
        let check = |text: &str| is_safe_endpoint(&text.parse().unwrap());
        assert!(check("https://storage.example") && check("http://127.0.0.1:9000"));
        for wrong in ["http://storage.example", "https://a:b@storage.example", "ftp://127.0.0.1/"] {
            assert!(!check(wrong), "{wrong}");
        }
    }
}
