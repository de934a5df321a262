use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hsign_core::ports::{PortError, Timestamper};
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, Finding, Severity};

use crate::Error;
use crate::channel::TlsVersion;
use crate::connection::Connection;
use crate::endpoint::TsaEndpoint;
use crate::exchange::{Ports, Reply, stamp};
use crate::retry::with_retries;

/// The configured time-stamp authorities, asked in their order until one gives a usable token.
///
/// Each is asked again only after transient failures (no connection, time-out, cut-off answer, HTTP 408, 425,
/// 429, 500, 502, 503, 504); any failure leads on to the next. Connections are kept, so one of these should live
/// as long as there is something to stamp. Secrets and certificates are read when an authority is first asked.
pub struct HttpTimestamper {
    authorities: Vec<Authority>,
    ports: Ports,
    notices: Mutex<Vec<Finding>>,
    last_token_size: AtomicUsize,
}

struct Authority {
    endpoint: TsaEndpoint,
    connection: Mutex<Option<Arc<Connection>>>,
}

/// A token and how it was got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// DER (or BER, as it came) of the TimeStampToken.
    pub token: Vec<u8>,
    /// The name of the authority that gave it.
    pub tsa: String,
    /// The TLS version used; `None` over `http://`.
    pub tls: Option<TlsVersion>,
    /// Authorities that failed before it, TLS 1.2 used, unusual answers.
    pub notices: Vec<Finding>,
}

impl HttpTimestamper {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] when there is no endpoint or one contradicts itself.
    pub fn new(endpoints: Vec<TsaEndpoint>, ports: Ports) -> Result<Self, Error> {
        if endpoints.is_empty() {
            return Err(Error::Configuration("no time-stamp authority is configured".to_owned()));
        }
        endpoints.iter().try_for_each(TsaEndpoint::validate)?;
        let authorities = endpoints
            .into_iter()
            .map(|endpoint| Authority { endpoint, connection: Mutex::new(None) })
            .collect();
        Ok(Self { authorities, ports, notices: Mutex::default(), last_token_size: AtomicUsize::new(0) })
    }

    /// The digest the first authority is configured for. An imprint of another algorithm is sent as it is;
    /// an authority that doesn't take it says so.
    #[must_use]
    pub fn digest(&self) -> DigestAlgorithm {
        self.authorities.first().map_or(DigestAlgorithm::Sha256, |first| first.endpoint.digest)
    }

    /// A token over `imprint`, checked against the request (`hsign_tsp::check_binding`).
    ///
    /// # Errors
    /// When no authority gave a usable token: what each of them did. The kind is theirs if all agree.
    pub fn obtain(&self, imprint: &Digest) -> Result<Stamped, PortError> {
        let mut failures: Vec<(String, Error)> = Vec::new();
        for authority in &self.authorities {
            match authority.ask(&self.ports, imprint) {
                Ok(reply) => return Ok(stamped(&authority.endpoint, reply, &failures)),
                Err(error) => failures.push((authority.endpoint.name.clone(), error)),
            }
        }
        Err(all_failed(&failures))
    }

    /// What was noticed since the last call, by [`Timestamper::stamp`].
    pub fn take_notices(&self) -> Vec<Finding> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Timestamper for HttpTimestamper {
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, PortError> {
        let stamped = self.obtain(imprint)?;
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).extend(stamped.notices);
        self.last_token_size.store(stamped.token.len(), Ordering::Relaxed);
        Ok(stamped.token)
    }

    fn last_token_size(&self) -> Option<usize> {
        Some(self.last_token_size.load(Ordering::Relaxed)).filter(|size| *size > 0)
    }
}

impl Authority {
    fn ask(&self, ports: &Ports, imprint: &Digest) -> Result<Reply, Error> {
        let connection = self.connection(ports)?;
        let backoff = Duration::from_millis(self.endpoint.backoff_milliseconds);
        // A new nonce each time: a late answer to the first request is not one to the second.
        with_retries(self.endpoint.retries, backoff, || stamp(&self.endpoint, &connection, ports, imprint))
    }

    fn connection(&self, ports: &Ports) -> Result<Arc<Connection>, Error> {
        let mut kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = kept.as_ref() {
            return Ok(Arc::clone(connection));
        }
        let opened = Arc::new(self.endpoint.open(ports.secrets.as_ref())?);
        *kept = Some(Arc::clone(&opened));
        Ok(opened)
    }
}

fn stamped(endpoint: &TsaEndpoint, reply: Reply, failures: &[(String, Error)]) -> Stamped {
    let mut notices: Vec<Finding> = failures
        .iter()
        .flat_map(|(name, error)| {
            let failed_over = Finding::warning("tsa-failed-over").with("tsa", name);
            let causes = causes(name, error).into_iter();
            let harmless = causes.map(|cause| Finding { severity: Severity::Warning, ..cause });
            std::iter::once(failed_over).chain(harmless)
        })
        .collect();
    notices.push(Finding::info("tsa-answered").with("tsa", &endpoint.name));
    if reply.tls == Some(TlsVersion::Tls1_2) {
        notices.push(Finding::warning("tsa-tls-1-2").with("tsa", &endpoint.name));
    }
    notices.extend(reply.notices);
    Stamped { token: reply.token.bytes().to_vec(), tsa: endpoint.name.clone(), tls: reply.tls, notices }
}

/// What went wrong with one authority, and why.
fn causes(name: &str, error: &Error) -> Vec<Finding> {
    let first = error.finding().with("party", name);
    std::iter::once(first).chain(error.causes().iter().cloned()).collect()
}

fn all_failed(failures: &[(String, Error)]) -> PortError {
    let told: Vec<String> = failures.iter().map(|(name, error)| format!("TSA {name}: {error}")).collect();
    let mut kinds = failures.iter().map(|(_, error)| error.kind());
    let first = kinds.next().unwrap_or(ErrorKind::Remote);
    let kind = if kinds.all(|kind| kind == first) { first } else { ErrorKind::Remote };
    let failure = PortError::new(kind, format!("no time stamp: {}", told.join("; ")));
    let causes = failures.iter().flat_map(|(name, error)| causes(name, error));
    match failures {
        [_] => causes.fold(failure, PortError::finding),
        _ => causes.fold(failure.finding(Finding::error("no-tsa-answered")), PortError::finding),
    }
}
