use std::time::Duration;

use hsign_core::{ErrorKind, Finding};

/// What went wrong between us and a server, before its answer could be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No complete answer in time.
    #[error("no complete answer within {milliseconds} ms")]
    Timeout {
        /// The limit that ran out.
        milliseconds: u64,
    },
    /// The host name isn't known.
    #[error("the host name can't be resolved")]
    UnknownHost,
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer ended before its announced length.
    #[error("the answer was cut off")]
    Truncated,
    /// The answer is larger than allowed.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The server's certificate isn't accepted.
    #[error("TLS: the server's certificate is not accepted: {0}")]
    ServerCertificate(String),
    /// The server wants a client certificate, or another one.
    #[error("TLS: the server does not accept our client certificate, or wants one")]
    ClientCertificate,
    /// No common protocol version.
    #[error("TLS: the server does not speak TLS 1.3")]
    TlsVersion,
    /// Another TLS failure.
    #[error("TLS: {0}")]
    Tls(String),
    /// The proxy refused or failed.
    #[error("proxy: {0}")]
    Proxy(String),
    /// The answer is not HTTP.
    #[error("not an HTTP answer: {0}")]
    Protocol(String),
    /// The server answered with an error status.
    #[error("HTTP status {status}{}", meaning(*.status))]
    Status {
        /// The status code.
        status: u16,
        /// How long the server asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The answer points elsewhere, and following would not be safe.
    #[error("redirected to {0}, which is not followed")]
    Redirect(String),
    /// This address may not be contacted.
    #[error("not contacted: {0}")]
    Forbidden(String),
    /// The client could not be set up as configured.
    #[error("configuration: {0}")]
    Setup(String),
}

impl Failure {
    pub(crate) fn timeout(limit: Duration) -> Self {
        Self::Timeout { milliseconds: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
    }

    /// Whether the same request may well succeed in a moment.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Connect(_) | Self::Broken(_) | Self::Truncated => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// Whom it belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Setup(_) => ErrorKind::Usage,
            Self::Forbidden(_) => ErrorKind::Refused,
            _ => ErrorKind::Remote,
        }
    }

    /// The failure in words for both languages; what would mend it stands there too.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let error = Finding::error;
        let because = |code, reason: &str| error(code).with("reason", reason);
        match self {
            Self::Timeout { milliseconds } => error("remote-timeout").with("milliseconds", milliseconds),
            Self::UnknownHost => error("remote-host-unknown"),
            Self::Connect(reason) => because("remote-no-connection", reason),
            Self::Broken(_) | Self::Truncated => error("remote-connection-broken"),
            Self::TooLarge { limit } => error("remote-answer-too-large").with("limit", limit),
            Self::ServerCertificate(reason) => because("tls-server-certificate", reason),
            Self::ClientCertificate => error("tls-client-certificate"),
            Self::TlsVersion => error("tls-version"),
            Self::Tls(reason) => because("tls-failed", reason),
            Self::Proxy(reason) => because("proxy-failed", reason),
            Self::Protocol(reason) => because("remote-not-http", reason),
            Self::Status { status, .. } => match status {
                401 | 403 => error("remote-not-allowed").with("status", status),
                404 => error("remote-nothing-there"),
                407 => error("proxy-wants-authentication"),
                429 => error("remote-too-many-requests"),
                500..=599 => error("remote-unavailable").with("status", status),
                _ => error("remote-status").with("status", status),
            },
            Self::Redirect(address) => error("remote-redirected").with("address", address),
            Self::Forbidden(reason) => because("address-forbidden", reason),
            Self::Setup(reason) => because("network-configuration", reason),
        }
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => " (the server does not understand the request)",
        401 => " (not authenticated)",
        403 => " (not allowed)",
        404 => " (nothing at this address)",
        407 => " (the proxy wants authentication)",
        429 => " (too many requests)",
        500 => " (internal error)",
        502..=504 => " (not available at the moment)",
        _ => "",
    }
}

/// The words of an error and of its sources, outermost first, each once.
pub(super) fn words(error: &dyn std::error::Error) -> String {
    let mut all: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(current) = next {
        let text = current.to_string();
        if !all.iter().any(|seen| seen.contains(&text)) {
            all.push(text);
        }
        next = current.source();
    }
    all.join(": ")
}

/// The TLS failure that OpenSSL's words tell of. Alert numbers are those of RFC 8446 §6.2.
pub(super) fn tls(words: &str) -> Option<Failure> {
    let has = |part: &str| words.contains(part);
    if has("certificate verify failed") {
        let reason = words.rsplit_once('(').map_or("unknown issuer", |(_, rest)| rest.trim_end_matches(')'));
        return Some(Failure::ServerCertificate(reason.to_owned()));
    }
    // Under TLS 1.3 the server sees that no certificate comes only after our handshake is over: the alert
    // arrives while the request is sent or the answer awaited.
    if has("alert certificate required")
        || has("alert number 116")
        || has("alert bad certificate")
        || has("alert certificate unknown")
        || has("alert unknown ca")
        || has("alert certificate expired")
    {
        return Some(Failure::ClientCertificate);
    }
    if has("alert protocol version") || has("unsupported protocol") || has("no protocols available") {
        return Some(Failure::TlsVersion);
    }
    if has("SSL routines") || has("ssl") && has("handshake") {
        let reason = words.rsplit_once("routines:").map_or(words, |(_, rest)| rest);
        return Some(Failure::Tls(reason.to_owned()));
    }
    None
}
