//! `credential list`: what is there that can sign.

use hsign_core::{Finding, Time};
use hsign_x509::Certificate;
use serde::Serialize;

use crate::pkcs11::look::{View, look};
use crate::specification::Pkcs11Uri;
use crate::{
    Error, KeyProtection, ModuleKind, Options, PinTries, SecretSource, Specification, Unsuitable, open,
    suitability,
};

/// Everything found, and what couldn't be looked at.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Listing {
    /// One per certificate that isn't an authority's.
    pub credentials: Vec<CredentialSummary>,
    /// Files, modules and tokens that couldn't be read.
    pub problems: Vec<Problem>,
}

/// A key's certificate and how the key is kept. For its owner's eyes: it names the holder.
#[derive(Clone, Debug, Serialize)]
pub struct CredentialSummary {
    /// The URI that names it.
    pub specification: String,
    /// File or token.
    pub place: Place,
    /// The certificate.
    pub certificate: CertificateSummary,
    /// How the key is kept.
    pub protection: KeyProtection,
    /// Why it must not sign documents; none if it may.
    pub unsuitable: Option<Unsuitable>,
}

/// Where a credential is.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Place {
    /// PKCS#12 or PEM.
    File,
    /// At a remote signing service.
    Remote,
    /// A token behind a PKCS#11 module.
    Token {
        /// The module's file.
        module: String,
        /// What its name says.
        module_kind: ModuleKind,
        /// The token's label, without the padding.
        token: String,
        /// The token's model.
        model: String,
        /// The object's label; a hint only.
        object: String,
        /// `low`, `last` or `locked`; none if all is well or the token doesn't say.
        pin: Option<&'static str>,
    },
}

/// What a certificate says, as far as a list shows it.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateSummary {
    /// RFC 4514.
    pub subject: String,
    /// RFC 4514.
    pub issuer: String,
    /// Hexadecimal.
    pub serial: String,
    /// Start of validity.
    pub not_before: Time,
    /// End of validity.
    pub not_after: Time,
    /// Such as `RSA-2048`.
    pub key: String,
    /// Of the whole certificate, hexadecimal.
    pub sha256: String,
}

/// Something that couldn't be looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// The specification.
    pub specification: String,
    /// What happened.
    pub message: String,
    /// The same in the form that is worded in both languages.
    pub finding: Finding,
}

/// Lists the credentials that `specifications` name; all tokens found where there is none. Tokens are looked at
/// without a PIN; files ask for their passphrase.
#[must_use]
pub fn list(specifications: &[Specification], secrets: &dyn SecretSource, options: &Options) -> Listing {
    let all = [Specification::Pkcs11(Box::default())];
    let specifications = if specifications.is_empty() { &all[..] } else { specifications };
    let mut listing = Listing::default();
    for specification in specifications {
        let result = match specification {
            Specification::Pkcs11(uri) => tokens(uri, specification, options, &mut listing),
            _ => file(specification, secrets, options).map(|summary| listing.credentials.push(summary)),
        };
        if let Err(error) = result {
            listing.problems.push(problem(specification, &error));
        }
    }
    listing
}

fn file(
    specification: &Specification,
    secrets: &dyn SecretSource,
    options: &Options,
) -> Result<CredentialSummary, Error> {
    let credential = open(specification, secrets, options)?;
    let certificate = credential.signer_certificate();
    let place = match specification {
        Specification::Remote(_) => Place::Remote,
        _ => Place::File,
    };
    Ok(summary(specification, place, certificate, credential.protection()))
}

fn tokens(
    uri: &Pkcs11Uri,
    specification: &Specification,
    options: &Options,
    listing: &mut Listing,
) -> Result<(), Error> {
    for view in look(uri, None, options)? {
        match view {
            Ok(view) => summaries(&view, uri).into_iter().for_each(|summary| push_new(listing, summary)),
            Err(error) => listing.problems.push(problem(specification, &error)),
        }
    }
    Ok(())
}

/// A token may be reached through two modules (p11-kit's proxy stands for others); the first one counts.
fn push_new(listing: &mut Listing, summary: CredentialSummary) {
    let key = |one: &CredentialSummary| {
        let token = match &one.place {
            Place::Token { token, model, .. } => Some((token.clone(), model.clone())),
            Place::File | Place::Remote => None,
        };
        (token, one.certificate.sha256.clone())
    };
    if !listing.credentials.iter().any(|known| key(known) == key(&summary)) {
        listing.credentials.push(summary);
    }
}

fn summaries(view: &View, uri: &Pkcs11Uri) -> Vec<CredentialSummary> {
    let wanted = |id: &[u8], label: &str| {
        uri.id.as_ref().is_none_or(|wanted| wanted == id)
            && uri.object.as_ref().is_none_or(|wanted| wanted == label)
    };
    view.certificates()
        .filter(|seen| wanted(seen.id, seen.label))
        .filter(|seen| suitability(seen.certificate) != Err(Unsuitable::AuthorityCertificate))
        .map(|seen| {
            let place = Place::Token {
                module: view.module.path.display().to_string(),
                module_kind: view.module.kind,
                token: view.label().to_owned(),
                model: view.info().model().to_owned(),
                object: seen.label.to_owned(),
                pin: pin_word(view.tries()),
            };
            let mut summary = summary(&seen.specification, place, seen.certificate, seen.protection);
            if view.module.kind == ModuleKind::HpkiAuthentication {
                summary.unsuitable = Some(Unsuitable::AuthenticationCertificate);
            }
            summary
        })
        .collect()
}

fn summary(
    specification: &Specification,
    place: Place,
    certificate: &Certificate,
    protection: KeyProtection,
) -> CredentialSummary {
    CredentialSummary {
        specification: specification.to_string(),
        place,
        certificate: CertificateSummary {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: certificate.serial_hex(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            key: certificate.public_key_kind().to_string(),
            sha256: certificate.sha256_hex(),
        },
        protection,
        unsuitable: suitability(certificate).err(),
    }
}

fn problem(specification: &Specification, error: &Error) -> Problem {
    Problem { specification: specification.to_string(), message: error.to_string(), finding: error.finding() }
}

/// The word for the tries left.
pub(crate) fn pin_word(tries: PinTries) -> Option<&'static str> {
    match tries {
        PinTries::Unknown => None,
        PinTries::Low => Some("low"),
        PinTries::Last => Some("last"),
        PinTries::Locked => Some("locked"),
    }
}
