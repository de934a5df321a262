//! Which addresses may be contacted. Addresses inside certificates are untrusted input.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

use reqwest::Url;

use crate::channel::Failure;

/// The host as an address, if it is written as one.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    literal(url).map_or(url.host_str() == Some("localhost"), |address| address.is_loopback())
}

/// The addresses of the host, if every one of them belongs to the public internet. They are connected to
/// exactly as looked up, so that a second look-up can't give another answer.
pub(crate) fn public_addresses(url: &Url, limit: Duration) -> Result<Vec<SocketAddr>, Failure> {
    let port = url.port_or_known_default().unwrap_or(80);
    let addresses = match literal(url) {
        Some(address) => vec![SocketAddr::new(address, port)],
        None => look_up(url.host_str().unwrap_or_default(), port, limit)?,
    };
    match addresses.iter().find(|address| !is_public(address.ip())) {
        Some(private) => Err(Failure::Forbidden(format!("{} is not a public address", private.ip()))),
        None => Ok(addresses),
    }
}

/// For hosts that somebody else looks up.
pub(crate) fn not_written_as_private(url: &Url) -> Result<(), Failure> {
    let private = literal(url).map_or_else(|| is_loopback(url), |address| !is_public(address));
    if private {
        Err(Failure::Forbidden(format!("{} is not a public address", url.host_str().unwrap_or_default())))
    } else {
        Ok(())
    }
}

/// The system's resolver knows no time limit of ours, so it is waited for from outside.
fn look_up(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, Failure> {
    let (sender, receiver) = mpsc::channel();
    let host = host.to_owned();
    std::thread::spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody listens any more once the limit has passed.
        let _ = sender.send(found);
    });
    match receiver.recv_timeout(limit) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(_) => Err(Failure::UnknownHost),
        Err(_) => Err(Failure::timeout(limit)),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4() {
            // Mapped and compatible forms reach the IPv4 host.
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

/// The special-purpose blocks of RFC 6890 and its updates are not public.
fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_broadcast()
        || v4.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [first, second, ..] = v6.segments();
    let global = first & 0xe000 == 0x2000;
    let documentation = first == 0x2001 && second == 0x0db8;
    // Tunnels reach IPv4 hosts by an address of their own form.
    let tunnel = first == 0x2002 || (first == 0x2001 && second == 0);
    global && !documentation && !tunnel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "133.242.0.3", "2606:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_private_host_is_refused_by_number_and_by_name() {
        for url in
            ["http://127.0.0.1/a.crl", "http://[::1]/a.crl", "http://localhost/a.crl", "http://2130706433/"]
        {
            let url = Url::parse(url).unwrap();
            let refused = public_addresses(&url, Duration::from_secs(5));
            assert!(matches!(refused, Err(Failure::Forbidden(_))), "{url}: {refused:?}");
        }
    }
}
