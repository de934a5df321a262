//! PKCS#12 files (RFC 7292), opened by OpenSSL.

use std::sync::OnceLock;

use hsign_x509::Certificate;
use openssl::error::ErrorStack;
use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::provider::Provider;

use crate::pkcs11::PinTries;
use crate::software::SoftwareCredential;
use crate::specification::Pkcs12File;
use crate::{Error, SecretKind, SecretPrompt, SecretSource, Specification, file};

/// Opens key and certificates. The empty passphrase is tried first, so that unprotected files need no question.
pub(crate) fn open(spec: &Pkcs12File, secrets: &dyn SecretSource) -> Result<SoftwareCredential, Error> {
    let place = spec.path.display().to_string();
    let bytes = file::read(&spec.path)?;
    let pkcs12 = Pkcs12::from_der(&bytes)
        .map_err(|_| Error::Damaged { path: place.clone(), expected: "a PKCS#12 file" })?;
    let (parsed, encrypted) = unlock(&pkcs12, spec, secrets, &place)?;

    let key = parsed.pkey.ok_or_else(|| Error::NoKey(place.clone()))?;
    let others = parsed.ca.iter().flatten().map(|certificate| certificate.to_der());
    let ders = parsed.cert.iter().map(|certificate| certificate.to_der()).chain(others);
    let certificates: Vec<Certificate> = ders
        .map(|der| file::certificate(&place, &der.map_err(|error| Error::openssl(&error))?))
        .collect::<Result<_, _>>()?;
    SoftwareCredential::new(&place, key, certificates, encrypted, Specification::Pkcs12(spec.clone()))
}

fn unlock(
    pkcs12: &Pkcs12,
    spec: &Pkcs12File,
    secrets: &dyn SecretSource,
    place: &str,
) -> Result<(ParsedPkcs12_2, bool), Error> {
    match parse(pkcs12, "", place) {
        Err(Error::WrongPassphrase { .. }) => {}
        result => return Ok((result?, false)),
    }
    let prompt =
        SecretPrompt { kind: SecretKind::Passphrase, subject: place.to_owned(), tries: PinTries::Unknown };
    let source: &dyn SecretSource = spec.pin_source.as_ref().map_or(secrets, |source| source);
    let secret = source.secret(&prompt).map_err(Error::Secret)?;
    Ok((parse(pkcs12, secret.expose_text().map_err(Error::Secret)?, place)?, true))
}

/// Parses; OpenSSL's legacy provider (RC2-40, the usual choice of old exports) is loaded only when the file needs it.
fn parse(pkcs12: &Pkcs12, passphrase: &str, place: &str) -> Result<ParsedPkcs12_2, Error> {
    let path = || place.to_owned();
    let classified = |error: &ErrorStack| match failure(error) {
        Failure::Passphrase => Error::WrongPassphrase { path: path() },
        Failure::Unsupported => Error::UnsupportedProtection { path: path() },
        // The check value was right, so what is behind it is what the maker wrote: it just isn't readable.
        Failure::Other => Error::Damaged { path: path(), expected: "a PKCS#12 file that OpenSSL can read" },
    };
    match pkcs12.parse2(passphrase) {
        Ok(parsed) => Ok(parsed),
        Err(error) if matches!(failure(&error), Failure::Unsupported) && legacy_provider() => {
            pkcs12.parse2(passphrase).map_err(|error| classified(&error))
        }
        Err(error) => Err(classified(&error)),
    }
}

enum Failure {
    Passphrase,
    Unsupported,
    Other,
}

/// By OpenSSL's reason texts, the only thing its error interface offers for this.
fn failure(error: &ErrorStack) -> Failure {
    let says = |texts: &[&str]| {
        let mut reasons = error.errors().iter().filter_map(|error| error.reason());
        reasons.any(|reason| texts.iter().any(|text| reason.contains(text)))
    };
    if says(&["mac verify failure"]) {
        Failure::Passphrase
    } else if says(&["unsupported", "unknown pbe algorithm", "unknown digest algorithm", "unknown cipher"]) {
        Failure::Unsupported
    } else if says(&["bad decrypt", "pkcs12 cipherfinal error", "wrong final block length"]) {
        Failure::Passphrase
    } else {
        Failure::Other
    }
}

/// Loads the legacy provider for the life of the process, beside the default one; false where it isn't installed.
/// With FIPS algorithms only ([`crate::fips::enable`]) it is not loaded.
fn legacy_provider() -> bool {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    !crate::fips::enabled() && LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok()).is_some()
}
