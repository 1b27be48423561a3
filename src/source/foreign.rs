//! Addresses of other hosts: files may lie there, but never inside a private network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

use super::address;
use super::client;
use super::error::SourceError;

/// A client that reaches the host of `url` at a public address, looked up once.
pub(super) async fn client(url: &Url) -> Result<reqwest::Client, SourceError> {
    let interrupted =
        |detail: String| SourceError::Interrupted { address: address::shown(url), detail };
    let private = || SourceError::Private { address: address::shown(url) };
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(interrupted("it is no address of a host".into()));
    };
    let found: Vec<SocketAddr> = match host {
        Host::Ipv4(ip) => vec![(ip, port).into()],
        Host::Ipv6(ip) => vec![(ip, port).into()],
        Host::Domain(name) => tokio::net::lookup_host((name, port))
            .await
            .map_err(|error| interrupted(error.to_string()))?
            .collect(),
    };
    if found.iter().any(|address| !is_public(address.ip())) {
        return Err(private());
    }
    let first = found.first().ok_or_else(|| interrupted("its host has no address".into()))?;
    client::pinned(&host.to_string(), *first)
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    let shared = first == 100 && (64..128).contains(&second);
    !(ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_unspecified()
        || ip.is_broadcast()
        || ip.is_multicast()
        || shared
        || first == 0
        || first >= 240)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // The old forms with an IPv4 address inside are judged by it.
    if let Some(inner) = ip.to_ipv4() {
        return is_public_v4(inner);
    }
    !(ip.is_multicast() || ip.is_unique_local() || ip.is_unicast_link_local())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_a_network_are_told_from_public_ones() {
        let hidden = [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ];
        for ip in hidden {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["93.184.215.14", "2606:2800:220:1::1"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }
}
