//! Who signs: PKCS#12 and PEM files, PKCS#11 cards and HSMs, remote signing services.
//!
//! A [`Specification`] names a credential, [`open`] gives a [`Credential`] that is a
//! [`Signer`](hsign_core::ports::Signer); PINs and passphrases come from a [`SecretSource`] and are asked for as
//! late as can be. [`suitability`] says whether a certificate may sign, [`KeyProtection`] how its key is kept; [`list`]
//! and [`check`] show what is there.
//!
//! No production HPKI card has been seen by us: what the guideline asks of middleware is played by the test module
//! `hsign-testkit-pkcs11`.

mod credential;
mod error;
mod file;
pub mod fips;
mod list;
mod own_certificate;
mod pem;
mod pin_source;
mod pkcs11;
mod pkcs12;
mod profile;
mod protection;
mod remote;
mod secret;
mod software;
mod specification;
mod suitability;

pub use credential::{Credential, Options, open};
pub use error::Error;
pub use list::{CertificateSummary, CredentialSummary, Listing, Place, Problem, list};
pub use pin_source::read_secret;
pub use pkcs11::{ModuleKind, PinRetention, PinTries, usual_modules};
pub use profile::{
    CardProfile, CertificateProfile, KeyProfile, MechanismProfile, ModuleProfile, Profile, TokenProfile,
    check,
};
pub use protection::KeyProtection;
pub use remote::{OpenRemote, RemoteServices};
pub use secret::{NoSecrets, SecretKind, SecretPrompt, SecretSource};
pub use specification::{ObjectType, PemFiles, Pkcs11Uri, Pkcs12File, Specification};
pub use suitability::{Unsuitable, suitability};
