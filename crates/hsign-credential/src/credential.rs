//! Opening a credential.

use std::path::PathBuf;

use hsign_core::ports::Signer;
use hsign_x509::Certificate;

use crate::pkcs11::PinRetention;
use crate::remote::{self, RemoteServices};
use crate::{Error, KeyProtection, SecretSource, Specification, pem, pkcs11, pkcs12};

/// Somebody who can sign, and how well their key is kept.
pub trait Credential: Signer + Send + Sync {
    /// How the private key is kept.
    fn protection(&self) -> KeyProtection;

    /// The signer's certificate, read; the same as [`Signer::certificate`].
    fn signer_certificate(&self) -> &Certificate;

    /// The URI that names exactly this credential, without secrets.
    fn specification(&self) -> &Specification;
}

/// What a specification leaves open.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// PKCS#11 modules to use instead of the usual places, where the URI names none.
    pub modules: Vec<PathBuf>,
    /// How long a token's PIN is kept.
    pub pin_retention: PinRetention,
    /// The remote signing services that there are.
    pub remote: Option<RemoteServices>,
}

/// Opens what `specification` names. A secret is asked for only where one is needed; a `pin-source` in the
/// specification comes before `secrets`. Whether the certificate may sign is [`crate::suitability`]'s question.
///
/// # Errors
/// When there is no such credential, it is ambiguous, or the secret is wrong.
pub fn open<'a>(
    specification: &Specification,
    secrets: &'a dyn SecretSource,
    options: &Options,
) -> Result<Box<dyn Credential + 'a>, Error> {
    match specification {
        Specification::Pkcs12(file) => Ok(Box::new(pkcs12::open(file, secrets)?)),
        Specification::Pem(files) => Ok(Box::new(pem::open(files, secrets)?)),
        Specification::Pkcs11(uri) => Ok(Box::new(pkcs11::open(uri, secrets, options)?)),
        Specification::Remote(name) => remote::open(name, secrets, options.remote.as_ref()),
    }
}
