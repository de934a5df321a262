//! PEM files: PKCS#8, PKCS#1 or SEC 1 keys, encrypted or not, and certificates (RFC 7468).

use std::cell::RefCell;
use std::path::Path;

use hsign_x509::{Certificate, certificates_from_bytes};
use openssl::pkey::{PKey, Private};

use crate::pkcs11::PinTries;
use crate::software::SoftwareCredential;
use crate::specification::PemFiles;
use crate::{Error, SecretKind, SecretPrompt, SecretSource, Specification, file};

pub(crate) fn open(spec: &PemFiles, secrets: &dyn SecretSource) -> Result<SoftwareCredential, Error> {
    let place = spec.key.display().to_string();
    let bytes = file::read(&spec.key)?;
    let secrets: &dyn SecretSource = spec.pin_source.as_ref().map_or(secrets, |source| source);
    let (key, encrypted) = private_key(&bytes, &place, secrets)?;

    let mut certificates = certificates_in(&bytes, &spec.key)?;
    for path in &spec.certificates {
        let found = certificates_in(&file::read(path)?, path)?;
        if found.is_empty() {
            return Err(Error::NoCertificate(path.display().to_string()));
        }
        certificates.extend(found);
    }
    SoftwareCredential::new(&place, key, certificates, encrypted, Specification::Pem(spec.clone()))
}

/// The key, and whether it was encrypted: whether OpenSSL asked for a passphrase.
fn private_key(pem: &[u8], place: &str, secrets: &dyn SecretSource) -> Result<(PKey<Private>, bool), Error> {
    let prompt =
        SecretPrompt { kind: SecretKind::Passphrase, subject: place.to_owned(), tries: PinTries::Unknown };
    let refused = RefCell::new(None);
    let asked = RefCell::new(false);
    let result = PKey::private_key_from_pem_callback(pem, |room| {
        asked.replace(true);
        let secret = secrets.secret(&prompt).inspect_err(|error| {
            refused.replace(Some(error.clone()));
        });
        let secret = secret.map_err(|_| openssl::error::ErrorStack::get())?;
        let fits = room.get_mut(..secret.expose().len()).ok_or_else(openssl::error::ErrorStack::get)?;
        fits.copy_from_slice(secret.expose());
        Ok(fits.len())
    });
    if let Some(error) = refused.into_inner() {
        return Err(Error::Secret(error));
    }
    let encrypted = asked.into_inner();
    match result {
        Ok(key) => Ok((key, encrypted)),
        Err(_) if encrypted => Err(Error::WrongPassphrase { path: place.to_owned() }),
        Err(_) if !pem.windows(11).any(|text| text == b"PRIVATE KEY") => Err(Error::NoKey(place.to_owned())),
        Err(_) => Err(Error::Damaged { path: place.to_owned(), expected: "a PEM private key" }),
    }
}

fn certificates_in(pem: &[u8], path: &Path) -> Result<Vec<Certificate>, Error> {
    let marked = pem.windows(22).any(|text| text == b"-----BEGIN CERTIFICATE");
    if !marked {
        return Ok(Vec::new());
    }
    certificates_from_bytes(pem)
        .map_err(|_| Error::Damaged { path: path.display().to_string(), expected: "PEM certificates" })
}
