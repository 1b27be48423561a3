//! The HTTP client: no redirects, no retries of its own, no proxy that was not asked for.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Response, redirect, retry};
use url::{Host, Url};

use crate::crm::CrmError;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take: longer than the usual gateway, so that the gateway answers first.
pub(super) const TOTAL_TIMEOUT: Duration = Duration::from_secs(90);
/// The largest answer that is read.
const BODY_MAX: usize = 32 * 1024 * 1024;
/// The hosts that belong to the CRM.
const HOST: &str = "nutshell.com";

/// The client.
pub(super) fn client(longest: Duration) -> Result<Client, reqwest::Error> {
    builder(longest).build().or_else(|_| {
        // A machine without certificates of its own gets those we carry.
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .map(|root| Certificate::from_der(root))
            .collect::<Result<Vec<_>, _>>()?;
        builder(longest).tls_certs_only(roots).build()
    })
}

fn builder(longest: Duration) -> ClientBuilder {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster; then there is one, which is all we want.
        rustls::crypto::ring::default_provider().install_default().ok();
    }
    Client::builder()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(longest)
        .pool_idle_timeout(Duration::from_secs(20))
        .user_agent(concat!("flitpipe/", env!("CARGO_PKG_VERSION")))
}

/// Whether the address is on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether the address belongs to the CRM, so that it may be shown the key.
pub(super) fn is_own(url: &Url) -> bool {
    let named = url.host_str().is_some_and(|host| {
        host == HOST || host.strip_suffix(HOST).is_some_and(|rest| rest.ends_with('.'))
    });
    is_loopback(url) || named
}

fn wrong(url: &Url, message: &str) -> CrmError {
    let mut shown = url.clone();
    // An address with a password in it must not be repeated.
    shown.set_password(None).ok();
    let (method, message) = ("connect".to_owned(), message.to_owned());
    CrmError::Misconfigured { method, url: shown.to_string(), message }
}

/// Refuses an address to which nothing may be sent.
pub(super) fn check_safe(url: &Url) -> Result<(), CrmError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(url, "credentials do not belong into the address"));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err(wrong(url, "it must begin with https://")),
    }
}

/// Refuses an address that is not the CRM's.
pub(super) fn check_own(url: &Url) -> Result<(), CrmError> {
    check_safe(url)?;
    if is_own(url) { Ok(()) } else { Err(wrong(url, "its host does not belong to Nutshell")) }
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyFault {
    #[error("the answer broke off")]
    Broken(#[source] reqwest::Error),
    #[error("the answer is larger than 32 MiB")]
    TooLarge,
}

/// Reads a body, up to a limit.
pub(super) async fn body(mut response: Response) -> Result<Vec<u8>, BodyFault> {
    let mut read = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(BodyFault::Broken)? {
        if read.len() + piece.len() > BODY_MAX {
            return Err(BodyFault::TooLarge);
        }
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_sent_to_nutshell_over_https_or_to_this_machine_only() {
        let check = |text: &str| check_own(&text.parse().unwrap()).is_ok();
        assert!(check("https://app.nutshell.com"));
        assert!(check("http://127.0.0.1:4711/nutshell"));
        assert!(check("http://[::1]:4711/"));
        for wrong in [
            "http://app.nutshell.com",
            "https://nutshell.example",
            "https://evilnutshell.com",
            "https://app.nutshell.com.mail.example",
            "https://user:secret@app.nutshell.com",
            "http://10.0.0.1/",
        ] {
            assert!(!check(wrong), "{wrong}");
        }
        let fault = check_own(&"https://user:secret@x.example".parse().unwrap()).unwrap_err();
        assert!(!fault.to_string().contains("secret"));
    }
}
