//! One HTTP exchange under limits.
//!
//! Two engines, because of what was measured: building a `reqwest` client reads the system's CA store
//! (75 ms here) even for plain `http://`, so that goes through `ureq` built without TLS (10 µs). All TLS and
//! all proxies go through `reqwest`.

mod failure;
mod plain;
mod secure;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::Url;

pub use failure::Failure;

use hsign_core::Secret;

pub(crate) const USER_AGENT: &str = concat!("hsign/", env!("CARGO_PKG_VERSION"));

/// The protocol version a connection was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum TlsVersion {
    /// RFC 5246.
    #[serde(rename = "1.2")]
    Tls1_2,
    /// RFC 8446.
    #[serde(rename = "1.3")]
    Tls1_3,
}

/// A client certificate with its key.
#[derive(Clone)]
pub(crate) enum Identity {
    Pkcs12 { bytes: Vec<u8>, password: Secret },
    Pem { certificates: Vec<u8>, key: Secret },
}

/// An HTTP proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) url: Url,
    pub(crate) credentials: Option<(String, Secret)>,
}

/// What stays the same for all exchanges with one party.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) connect_timeout: Duration,
    /// From the first packet to the last byte of the body.
    pub(crate) total_timeout: Duration,
    /// PEM certificates that replace the system's CAs.
    pub(crate) authorities: Option<Vec<u8>>,
    pub(crate) identity: Option<Identity>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) allow_tls_1_2: bool,
    /// The only addresses that may be connected to, for this host name.
    pub(crate) pinned: Option<(String, Vec<SocketAddr>)>,
}

pub(crate) struct Request<'a> {
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a [(String, Secret)],
    /// With its content type: sent by POST; without: GET.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
    pub(crate) accept: &'a str,
    pub(crate) max_bytes: u64,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
    pub(crate) tls: Option<TlsVersion>,
}

/// Connections to one party, kept alive between exchanges. Nothing is opened or loaded before it's needed.
pub(crate) struct Channel {
    settings: Settings,
    plain: OnceLock<ureq::Agent>,
    secure: secure::Secure,
}

impl Channel {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, plain: OnceLock::new(), secure: secure::Secure::default() }
    }

    /// # Errors
    /// When no complete answer arrived within the limits. Any HTTP status is an answer.
    pub(crate) fn exchange(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        if request.url.scheme() == "http" && self.settings.proxy.is_none() {
            let agent = self.plain.get_or_init(|| plain::agent(&self.settings));
            plain::exchange(agent, request, self.settings.total_timeout)
        } else {
            self.secure.exchange(&self.settings, request)
        }
    }
}

/// Reads a body to its end. `length` is what the header promised.
fn read_body(
    mut body: impl Read,
    length: Option<u64>,
    max_bytes: u64,
    deadline: Deadline,
    failed: impl Fn(std::io::Error) -> Failure,
) -> Result<Vec<u8>, Failure> {
    if length.is_some_and(|length| length > max_bytes) {
        return Err(Failure::TooLarge { limit: max_bytes });
    }
    let mut bytes = Vec::new();
    let mut part = vec![0; 16 * 1024];
    loop {
        let count = body.read(&mut part).map_err(&failed)?;
        let Some(read) = part.get(..count).filter(|read| !read.is_empty()) else { break };
        bytes.extend_from_slice(read);
        if bytes.len() as u64 > max_bytes {
            return Err(Failure::TooLarge { limit: max_bytes });
        }
        // A server that drips bytes satisfies every timeout between two reads.
        deadline.check()?;
    }
    match length {
        Some(length) if (bytes.len() as u64) < length => Err(Failure::Truncated),
        _ => Ok(bytes),
    }
}

/// The end of the time one exchange may take.
#[derive(Clone, Copy)]
struct Deadline {
    start: Instant,
    total: Duration,
}

impl Deadline {
    fn new(total: Duration) -> Self {
        Self { start: Instant::now(), total }
    }

    fn check(self) -> Result<(), Failure> {
        if self.start.elapsed() > self.total { Err(Failure::timeout(self.total)) } else { Ok(()) }
    }
}

fn retry_after(value: Option<&str>) -> Option<Duration> {
    value?.trim().parse().ok().map(Duration::from_secs)
}
