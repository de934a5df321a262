use hsign_core::{ErrorKind, Finding};

/// A message that isn't what RFC 3161 says, or a refusal by the authority.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not the ASN.1 expected here.
    #[error("time stamp: {0}")]
    Asn1(#[from] hsign_asn1::Error),
    /// The token's CMS can't be read.
    #[error("time-stamp token: {0}")]
    Cms(#[from] hsign_cms::Error),
    /// SignedData, but not over a TSTInfo.
    #[error("not a time-stamp token: its content type is {0}")]
    NotToken(String),
    /// The token signs nothing.
    #[error("the time-stamp token has no content")]
    NoContent,
    /// The authority said no (RFC 3161 §2.4.2).
    #[error("the time-stamp authority refused: {0}")]
    Refused(String),
    /// Granted, but there is no token (RFC 3161 §2.4.2).
    #[error("the time-stamp authority granted the request but sent no token")]
    NoToken,
}

impl Error {
    /// Whose failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(_) | Self::NoToken => ErrorKind::Remote,
            Self::Asn1(_) | Self::Cms(_) | Self::NotToken(_) | Self::NoContent => ErrorKind::Unreadable,
        }
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Refused(reason) => Finding::error("tsa-refused").with("reason", reason),
            Self::NoToken => Finding::error("tsa-sent-no-token"),
            Self::NotToken(content_type) => {
                Finding::error("not-a-time-stamp-token").with("content_type", content_type)
            }
            Self::NoContent => Finding::error("time-stamp-token-empty"),
            Self::Asn1(_) | Self::Cms(_) => Finding::error("token-unreadable").with("reason", self),
        }
    }
}
