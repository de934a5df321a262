use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding};

use crate::pkcs11::PinTries;
use crate::suitability::Unsuitable;

/// Why a credential can't be named, opened or used. Never holds a secret or a person's name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not a credential specification.
    #[error("not a credential specification: {0}")]
    Specification(String),
    /// `pin-value` (RFC 7512 §2.4) would put a secret on the command line, into the history and the process list.
    #[error("pin-value in a PKCS#11 URI is not accepted: secrets are never taken from the command line")]
    PinValue,
    /// A `pin-source` that isn't one of the forms.
    #[error("not a source of PINs: {0}")]
    PinSource(#[from] hsign_core::SecretReferenceError),
    /// No remote signing service of that name is configured.
    #[error("no remote signing service `{0}` is configured")]
    NoSuchService(String),
    /// The service keeps the key but won't sign with it.
    #[error("remote signing service {service}: the key is {reason}")]
    RemoteKeyDisabled {
        /// Its configured name.
        service: String,
        /// In its own word.
        reason: String,
    },
    /// The service or its login failed.
    #[error("{0}")]
    Remote(PortError),
    /// A credential file can't be read.
    #[error("credential file {path}: {source}")]
    File {
        /// As it was given.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes aren't what the file should be.
    #[error("credential file {path} is damaged or not {expected}")]
    Damaged {
        /// As it was given.
        path: String,
        /// `a PKCS#12 file`, `a PEM private key`, …
        expected: &'static str,
    },
    /// The passphrase doesn't open the file.
    #[error("the passphrase of {path} is wrong, or the file was changed since it was made")]
    WrongPassphrase {
        /// As it was given.
        path: String,
    },
    /// The file is protected with an algorithm that OpenSSL doesn't offer here.
    #[error(
        "{path} is protected with an algorithm that this OpenSSL does not offer (old RC2-40 files need its legacy provider)"
    )]
    UnsupportedProtection {
        /// As it was given.
        path: String,
    },
    /// No private key where one is needed.
    #[error("no private key in {0}")]
    NoKey(String),
    /// No certificate where one is needed.
    #[error("no certificate in {0}")]
    NoCertificate(String),
    /// No certificate belongs to the private key.
    #[error("none of the certificates in {0} belongs to its private key")]
    KeyMismatch(String),
    /// A certificate on the token or in the file can't be read.
    #[error("a certificate in {place} can't be read: {reason}")]
    Certificate {
        /// File or token.
        place: String,
        /// What the parser said.
        reason: String,
    },
    /// No PKCS#11 module was named and none was found.
    #[error("no PKCS#11 module found in the usual places")]
    NoModule,
    /// A PKCS#11 module can't be loaded or initialised.
    #[error("PKCS#11 module {path}: {reason}")]
    Module {
        /// Its file.
        path: String,
        /// What went wrong.
        reason: String,
    },
    /// An HPKI authentication module (`HpkiAuthP11…`) was named for signing.
    #[error("{0} is an HPKI authentication module: its key proves who logs in and must not sign documents")]
    AuthenticationModule(String),
    /// No token that fits is in a reader.
    #[error("no token or card that fits the URI is present")]
    NoToken,
    /// The token has no key with a certificate that fits.
    #[error("no key with a certificate that fits the URI on token {0}")]
    NoObject(String),
    /// More than one key fits.
    #[error("{count} keys fit the URI; the first: {first}")]
    Ambiguous {
        /// How many.
        count: usize,
        /// URIs of the first ones.
        first: String,
    },
    /// The token was taken out or the reader unplugged.
    #[error("the card or token was removed")]
    TokenRemoved,
    /// The PIN is locked; nothing was sent to the card.
    #[error("the PIN of token {0} is locked")]
    PinLocked(String),
    /// The PIN was wrong. It is never tried again by itself.
    #[error("the PIN is wrong{}", tries_text(.tries))]
    PinIncorrect {
        /// What the token says about the tries left.
        tries: PinTries,
    },
    /// The PIN can't be right by its form; nothing was sent to the card.
    #[error("a PIN for this token has {minimum} to {maximum} characters{}; no try was used up", if *.ascii { " of ASCII" } else { "" })]
    PinForm {
        /// Fewest characters.
        minimum: usize,
        /// Most characters.
        maximum: usize,
        /// Only ASCII characters are allowed (HPKI).
        ascii: bool,
    },
    /// The PIN was never set, has expired or must be changed first.
    #[error(
        "the PIN of token {0} is not set or has expired: it must be set with the issuer's software first"
    )]
    PinNotUsable(String),
    /// A PKCS#11 function failed.
    #[error("{function} failed: {code}")]
    Token {
        /// Such as `C_Sign`.
        function: String,
        /// Such as `CKR_DEVICE_ERROR`, as the wrapper names it.
        code: String,
    },
    /// The key can't make a signature of this kind.
    #[error("this key can't sign with {0}")]
    Algorithm(String),
    /// The signature doesn't verify with the credential's own certificate, so it is not given out.
    #[error("the signature made does not fit the certificate: key and certificate don't belong together")]
    WrongSignature,
    /// The certificate must not sign documents.
    #[error("{0}")]
    Unsuitable(#[from] Unsuitable),
    /// The secret couldn't be had.
    #[error("{0}")]
    Secret(PortError),
    /// OpenSSL's FIPS provider can't be used.
    #[error("OpenSSL's FIPS provider can't be used: {0}")]
    Fips(String),
    /// OpenSSL failed otherwise.
    #[error("OpenSSL: {0}")]
    Openssl(String),
}

fn tries_text(tries: &PinTries) -> &'static str {
    match tries {
        PinTries::Unknown => "",
        PinTries::Low => "; few tries are left before the card locks itself",
        PinTries::Last => "; one try is left before the card locks itself",
        PinTries::Locked => "; the card has locked itself",
    }
}

impl Error {
    /// Decides the exit code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Specification(_) | Self::PinValue | Self::PinSource(_) | Self::NoSuchService(_) => {
                ErrorKind::Usage
            }
            Self::AuthenticationModule(_) | Self::Unsuitable(_) => ErrorKind::Refused,
            Self::Secret(error) | Self::Remote(error) => error.kind,
            Self::Fips(_) => ErrorKind::Local,
            _ => ErrorKind::Credential,
        }
    }

    /// The error in words for both languages; what would mend it stands there too.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let error = Finding::error;
        let in_place = |code, place: &str| error(code).with("place", place);
        match self {
            Self::Specification(reason) => error("credential-specification").with("reason", reason),
            Self::PinValue => error("pin-value-refused"),
            Self::PinSource(reason) => error("pin-source-unknown").with("reason", reason),
            Self::NoSuchService(name) => error("remote-service-unknown").with("name", name),
            Self::RemoteKeyDisabled { service, reason } => {
                error("remote-key-disabled").with("service", service).with("reason", reason)
            }
            Self::File { path, source } => Finding::from_io(source).with("path", path),
            Self::Damaged { path, .. } => in_place("credential-file-damaged", path),
            Self::WrongPassphrase { path } => in_place("passphrase-wrong", path),
            Self::UnsupportedProtection { path } => in_place("credential-protection-unsupported", path),
            Self::NoKey(place) => in_place("credential-without-key", place),
            Self::NoCertificate(place) => in_place("credential-without-certificate", place),
            Self::KeyMismatch(place) => in_place("credential-key-mismatch", place),
            Self::Certificate { place, reason } => {
                in_place("credential-certificate-unreadable", place).with("reason", reason)
            }
            Self::NoModule => error("pkcs11-module-not-found"),
            Self::Module { path, reason } => in_place("pkcs11-module-failed", path).with("reason", reason),
            Self::AuthenticationModule(name) => error("authentication-module").with("module", name),
            Self::NoToken => error("token-not-present"),
            Self::NoObject(token) => error("token-without-key").with("token", token),
            Self::Ambiguous { count, first } => {
                error("token-keys-ambiguous").with("count", count).with("first", first)
            }
            Self::TokenRemoved => error("token-removed"),
            Self::PinLocked(token) => error("pin-locked").with("token", token),
            Self::PinIncorrect { tries } => match tries {
                PinTries::Unknown => error("pin-wrong"),
                PinTries::Low => error("pin-wrong-few-tries-left"),
                PinTries::Last => error("pin-wrong-last-try-left"),
                PinTries::Locked => error("pin-wrong-now-locked"),
            },
            Self::PinForm { minimum, maximum, ascii } => {
                let form = if *ascii { error("pin-form-ascii") } else { error("pin-form") };
                form.with("minimum", minimum).with("maximum", maximum)
            }
            Self::PinNotUsable(token) => error("pin-not-usable").with("token", token),
            Self::Token { function, code } => {
                error("token-function-failed").with("function", function).with("reason", code)
            }
            Self::Algorithm(name) => error("key-algorithm-not-offered").with("algorithm", name),
            Self::WrongSignature => error("signature-does-not-fit-certificate"),
            Self::Unsuitable(reason) => reason.finding(),
            Self::Secret(port) | Self::Remote(port) => port.first_finding(),
            Self::Fips(reason) => error("fips-not-available").with("reason", reason),
            Self::Openssl(reason) => error("openssl-failed").with("reason", reason),
        }
    }

    pub(crate) fn openssl(error: &openssl::error::ErrorStack) -> Self {
        // Reasons only: the full text may quote input.
        let reasons: Vec<_> = error.errors().iter().filter_map(openssl::error::Error::reason).collect();
        Self::Openssl(if reasons.is_empty() { "no reason given".to_owned() } else { reasons.join(", ") })
    }
}

impl From<Error> for PortError {
    fn from(error: Error) -> Self {
        let port = Self::new(error.kind(), error.to_string());
        match error {
            Error::Secret(told) | Error::Remote(told) => told,
            other => port.finding(other.finding()),
        }
    }
}
