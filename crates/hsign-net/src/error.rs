use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding};

use crate::channel::Failure;

/// Why nothing could be got from the network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration of an endpoint makes no sense.
    #[error("{0}")]
    Configuration(String),
    /// A file named in the configuration can't be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A secret or random bytes could not be had.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The exchange with the remote party failed.
    #[error(transparent)]
    Exchange(#[from] Failure),
    /// The party answered, but not with what was asked for.
    #[error("{0}")]
    Answer(String),
    /// A remote service said no, in its own words.
    #[error("the service refused with HTTP status {status}: {error} {text}")]
    ServiceRefused {
        /// HTTP status.
        status: u16,
        /// Its code for the error.
        error: String,
        /// Its explanation.
        text: String,
    },
    /// Nobody came back from the browser in time.
    #[error("nobody logged in within {seconds} s")]
    NobodyLoggedIn {
        /// How long was waited.
        seconds: u64,
    },
    /// The login was refused.
    #[error("the login was refused: {error}")]
    LoginRefused {
        /// The service's code for the error.
        error: String,
    },
    /// Something else than a time-stamp response came.
    #[error("the answer is no time-stamp response: {0}")]
    NotAResponse(#[source] hsign_tsp::Error),
    /// A time-stamp response without a usable token.
    #[error(transparent)]
    Stamp(#[from] hsign_tsp::Error),
    /// A token that doesn't fit the request.
    #[error("the token was refused: {}", told(.0))]
    TokenRefused(Vec<Finding>),
}

fn told(findings: &[Finding]) -> String {
    findings.iter().map(describe).collect::<Vec<_>>().join(", ")
}

fn describe(finding: &Finding) -> String {
    let values: Vec<String> = finding.values.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if values.is_empty() { finding.code.clone() } else { format!("{} ({})", finding.code, values.join(", ")) }
}

impl Error {
    /// Whom the failure belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Configuration(_) => ErrorKind::Usage,
            Self::File { .. } => ErrorKind::Local,
            Self::Port(error) => error.kind,
            Self::Exchange(failure) => failure.kind(),
            // 4xx: what we are, or what we sent, isn't taken: a wrong PIN, a locked key, a login that has ended.
            Self::ServiceRefused { status: 400..=499, .. }
            | Self::LoginRefused { .. }
            | Self::NobodyLoggedIn { .. } => ErrorKind::Credential,
            Self::ServiceRefused { .. } => ErrorKind::Remote,
            Self::Answer(_) | Self::NotAResponse(_) | Self::Stamp(_) | Self::TokenRefused(_) => {
                ErrorKind::Remote
            }
        }
    }

    /// The error in words for both languages; what would mend it stands there too.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Configuration(reason) => Finding::error("network-configuration").with("reason", reason),
            Self::File { path, source } => Finding::from_io(source).with("path", path),
            Self::Port(error) => error.first_finding(),
            Self::Exchange(failure) => failure.finding(),
            Self::Answer(reason) => Finding::error("remote-answer-unusable").with("reason", reason),
            Self::ServiceRefused { error, text, .. } => {
                Finding::error("remote-signing-refused").with("error", error).with("reason", text)
            }
            Self::NobodyLoggedIn { seconds } => Finding::error("login-timeout").with("seconds", seconds),
            Self::LoginRefused { error } => Finding::error("login-refused").with("reason", error),
            Self::NotAResponse(_) => Finding::error("tsa-answer-not-a-response"),
            Self::Stamp(error) => error.finding(),
            Self::TokenRefused(_) => Finding::error("tsa-token-refused"),
        }
    }

    /// What it rests on.
    #[must_use]
    pub fn causes(&self) -> &[Finding] {
        match self {
            Self::TokenRefused(findings) => findings,
            Self::Port(error) => error.findings.get(1..).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Whether the same request may well succeed in a moment.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Exchange(failure) if failure.is_transient())
    }
}

impl From<Error> for PortError {
    fn from(error: Error) -> Self {
        let told = Self::new(error.kind(), error.to_string()).finding(error.finding());
        error.causes().iter().cloned().fold(told, Self::finding)
    }
}
