//! Addresses: the sandbox, HTTPS anywhere, HTTP on this machine only.

use url::{Host, Url};

use super::desk::Desk;
use super::pipeline::Endpoint;
use super::yaml::Node;

/// The address of a source or destination.
pub(super) fn endpoint(desk: &Desk<'_>, node: &Node) -> Option<Endpoint> {
    let text = desk.word(node)?;
    if text == "sandbox" {
        return Some(Endpoint::Sandbox);
    }
    address(desk, node).map(Endpoint::Url)
}

/// A web address.
pub(super) fn address(desk: &Desk<'_>, node: &Node) -> Option<Url> {
    // The text itself is not repeated: a variable may hold more than an address.
    let url = match Url::parse(desk.word(node)?) {
        Ok(url) => url,
        Err(cause) => {
            let hint = "write `https://…`, or `sandbox`".to_owned();
            let message = format!("this is no web address: {cause}");
            desk.fault_hint("bad-url", &node.spot, message, hint);
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        desk.fault("bad-url", &node.spot, "an address must not hold a user or a password");
        return None;
    }
    match url.scheme() {
        "https" => Some(url),
        "http" if is_loopback(&url) => Some(url),
        "http" => {
            let message = "HTTP sends everything in clear text; it is allowed on this machine only";
            desk.fault_hint("bad-url", &node.spot, message, "write `https://…`".to_owned());
            None
        }
        other => {
            let message = format!("`{other}:` is no address of a web service");
            desk.fault_hint("bad-url", &node.spot, message, "write `https://…`".to_owned());
            None
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
