//! `credential check`: an anonymised profile of a card, for its user to report.
//!
//! What could tell who the holder is stays out: subject, names, serial numbers (of certificate and token), key
//! values, fingerprints, and labels or identifiers that aren't the guideline's own.

use hsign_x509::Certificate;
use serde::Serialize;

use crate::list::pin_word;
use crate::pkcs11::look::{View, functions, look};
use crate::{
    Error, KeyProtection, ModuleKind, Options, SecretSource, Specification, Unsuitable, open, suitability,
};

/// The guideline's example labels: they are the same on every card that follows it.
const GUIDELINE_LABELS: [&str; 6] = [
    "HPKI Application",
    "Private key of HPKI",
    "HPKI END ENTITY CERTIFICATE",
    "MHLW CA CERTIFICATE",
    "HPKI ROOT CA CERTIFICATE",
    "HPKI CA CERTIFICATE",
];

/// The profiles of everything a specification names.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// `hsign.credential-profile/1`
    pub schema: &'static str,
    /// One per token; none for files.
    pub cards: Vec<CardProfile>,
    /// Certificate and key of a file; none for tokens.
    pub files: Vec<CertificateProfile>,
    /// What couldn't be looked at: messages without names.
    pub problems: Vec<String>,
}

/// A card and the module in front of it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "each part has its own words")]
pub struct CardProfile {
    pub module: ModuleProfile,
    pub token: TokenProfile,
    pub mechanisms: Vec<MechanismProfile>,
    pub certificates: Vec<CertificateProfile>,
    pub keys: Vec<KeyProfile>,
    /// Certificates that we can't read.
    pub unreadable_certificates: usize,
}

/// A PKCS#11 module (CK_INFO and its function list).
#[derive(Clone, Debug, Serialize)]
pub struct ModuleProfile {
    /// File name without its folder.
    pub file: String,
    /// What the name says.
    pub kind: ModuleKind,
    /// Version of PKCS#11.
    pub cryptoki_version: Option<String>,
    /// libraryDescription, such as `HPKI 3.0`.
    pub description: Option<String>,
    /// manufacturerID.
    pub manufacturer: Option<String>,
    /// libraryVersion.
    pub version: Option<String>,
    /// It accepts `C_Initialize(NULL)` only.
    pub initialized_with_null: bool,
    /// The v2.20 functions that aren't NULL.
    pub functions: Vec<String>,
}

/// A token (CK_TOKEN_INFO and CK_SLOT_INFO).
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the fields are PKCS#11's own, v2.20 §9.2")]
pub struct TokenProfile {
    pub label: String,
    pub manufacturer: String,
    pub model: String,
    pub hardware: bool,
    pub removable: bool,
    pub login_required: bool,
    pub pin_initialized: bool,
    pub protected_authentication_path: bool,
    pub write_protected: bool,
    pub minimum_pin_length: usize,
    pub maximum_pin_length: usize,
    /// `low`, `last`, `locked`, or nothing.
    pub pin: Option<&'static str>,
}

/// A mechanism (CK_MECHANISM_INFO).
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the fields are PKCS#11's own, v2.20 §9.5")]
pub struct MechanismProfile {
    pub name: String,
    pub minimum_key_size: Option<usize>,
    pub maximum_key_size: Option<usize>,
    pub sign: Option<bool>,
    pub hardware: Option<bool>,
}

/// A private key as far as it can be seen.
#[derive(Clone, Debug, Serialize)]
pub struct KeyProfile {
    /// The guideline's label, or how long another one is.
    pub label: String,
    /// A short CKA_ID, or how long a longer one is.
    pub id: String,
    /// Bits of the RSA modulus.
    pub rsa_bits: Option<usize>,
    /// An elliptic curve key.
    pub elliptic: bool,
    /// How it is kept.
    pub protection: KeyProtection,
}

/// A certificate without anything about its holder.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateProfile {
    /// The object's label as in [`KeyProfile::label`]; empty for files.
    pub label: String,
    /// The object's CKA_ID as in [`KeyProfile::id`]; empty for files.
    pub id: String,
    /// The issuer's name (an authority's); withheld if the certificate is its own issuer.
    pub issuer: Option<String>,
    /// Key and signature algorithm.
    pub key: String,
    /// How it is signed.
    pub signature_algorithm: String,
    /// From start to end of validity, in whole days.
    pub validity_days: i64,
    /// Policy OIDs.
    pub policies: Vec<String>,
    /// nonRepudiation is set, and is the only usage or not; `None` without a key usage extension.
    pub non_repudiation: Option<bool>,
    /// OIDs of the extensions, `!` before critical ones.
    pub extensions: Vec<String>,
    /// OIDs of the attribute types in the subject: the types only.
    pub subject_attribute_types: Vec<String>,
    /// An hcRole attribute is there.
    pub hc_role: bool,
    /// Why it must not sign documents.
    pub unsuitable: Option<Unsuitable>,
    /// How its key is kept.
    pub protection: KeyProtection,
}

/// Profiles what `specification` names: every token that fits, or a file. With `login` a PIN is asked for once, and
/// attributes of keys that are hidden without it are seen.
///
/// # Errors
/// When the module or the file can't be opened, or the specification names nothing that can be looked at.
pub fn check(
    specification: &Specification,
    secrets: &dyn SecretSource,
    login: bool,
    options: &Options,
) -> Result<Profile, Error> {
    let mut profile = Profile {
        schema: "hsign.credential-profile/1",
        cards: Vec::new(),
        files: Vec::new(),
        problems: Vec::new(),
    };
    match specification {
        Specification::Pkcs11(uri) => {
            for view in look(uri, login.then_some(secrets), options)? {
                match view {
                    Ok(view) => profile.cards.push(card(&view)),
                    Err(error) => profile.problems.push(without_names(&error)),
                }
            }
            if profile.cards.is_empty() && profile.problems.is_empty() {
                return Err(Error::NoToken);
            }
        }
        _ => {
            let credential = open(specification, secrets, options)?;
            profile.files.push(certificate(
                "",
                &[],
                credential.signer_certificate(),
                credential.protection(),
            ));
        }
    }
    Ok(profile)
}

/// Messages may name a token, whose label may be a person's.
fn without_names(error: &Error) -> String {
    match error {
        Error::PinLocked(_) => "the PIN is locked".to_owned(),
        Error::PinNotUsable(_) => "the PIN is not set or has expired".to_owned(),
        Error::Token { .. } | Error::PinIncorrect { .. } | Error::PinForm { .. } | Error::TokenRemoved => {
            error.to_string()
        }
        _ => "the token can't be looked at".to_owned(),
    }
}

fn card(view: &View) -> CardProfile {
    let info = view.info();
    let mechanisms = view.mechanisms.iter().map(|(kind, info)| MechanismProfile {
        name: kind.to_string(),
        minimum_key_size: info.as_ref().map(|info| info.min_key_size()),
        maximum_key_size: info.as_ref().map(|info| info.max_key_size()),
        sign: info.as_ref().map(|info| info.sign()),
        hardware: info.as_ref().map(|info| info.hardware()),
    });
    let keys = view.keys().iter().map(|key| KeyProfile {
        label: anonymous_label(&key.label),
        id: anonymous_id(&key.id),
        rsa_bits: key.rsa_modulus.as_ref().map(|modulus| modulus.len() * 8),
        elliptic: key.elliptic,
        protection: key.protection(view.hardware),
    });
    let certificates =
        view.certificates().map(|seen| certificate(seen.label, seen.id, seen.certificate, seen.protection));
    CardProfile {
        module: module(view),
        token: TokenProfile {
            label: anonymous_label(view.label()),
            manufacturer: info.manufacturer_id().to_owned(),
            model: info.model().to_owned(),
            hardware: view.hardware,
            removable: view.slot_info().removable_device(),
            login_required: info.login_required(),
            pin_initialized: info.user_pin_initialized(),
            protected_authentication_path: info.protected_authentication_path(),
            write_protected: info.write_protected(),
            minimum_pin_length: info.min_pin_length(),
            maximum_pin_length: info.max_pin_length(),
            pin: pin_word(view.tries()),
        },
        mechanisms: mechanisms.collect(),
        certificates: certificates.collect(),
        keys: keys.collect(),
        unreadable_certificates: view.unreadable,
    }
}

fn module(view: &View) -> ModuleProfile {
    let info = view.library();
    let file = view.module.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    ModuleProfile {
        file,
        kind: view.module.kind,
        cryptoki_version: info.as_ref().map(|info| info.cryptoki_version().to_string()),
        description: info.as_ref().map(|info| info.library_description().to_owned()),
        manufacturer: info.as_ref().map(|info| info.manufacturer_id().to_owned()),
        version: info.as_ref().map(|info| info.library_version().to_string()),
        initialized_with_null: view.module.initialized_with_null,
        functions: functions(&view.module),
    }
}

fn certificate(
    label: &str,
    id: &[u8],
    certificate: &Certificate,
    protection: KeyProtection,
) -> CertificateProfile {
    let policies = certificate.certificate_policies().ok().flatten().unwrap_or_default();
    let extensions = certificate.extensions().iter();
    let attributes = certificate.subject().attributes();
    CertificateProfile {
        label: anonymous_label(label),
        id: anonymous_id(id),
        issuer: (!certificate.is_self_issued()).then(|| certificate.issuer().to_string()),
        key: certificate.public_key_kind().to_string(),
        signature_algorithm: certificate.signature_algorithm().to_string(),
        validity_days: certificate.not_after().seconds_since(certificate.not_before()) / 86_400,
        policies: policies.iter().map(|policy| policy.policy.clone()).collect(),
        non_repudiation: certificate.key_usage().ok().flatten().map(|usage| usage.content_commitment()),
        extensions: extensions
            .map(|extension| format!("{}{}", if extension.critical { "!" } else { "" }, extension.oid))
            .collect(),
        subject_attribute_types: attributes.into_iter().map(|(oid, _)| oid).collect(),
        hc_role: certificate.health_care_actors().is_ok_and(|actors| !actors.is_empty()),
        unsuitable: suitability(certificate).err(),
        protection,
    }
}

fn anonymous_label(label: &str) -> String {
    match label {
        "" => String::new(),
        known if GUIDELINE_LABELS.contains(&known) => known.to_owned(),
        other => format!("({} characters)", other.chars().count()),
    }
}

/// Identifiers of cards are one octet; longer ones are often made from the key.
fn anonymous_id(id: &[u8]) -> String {
    match id {
        [] => String::new(),
        [one] => format!("{one:02x}"),
        longer => format!("({} octets)", longer.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_identifiers_of_one_s_own_stay_out() {
        assert_eq!(anonymous_label("HPKI Application"), "HPKI Application");
        assert_eq!(anonymous_label("Key of 山田 太郎"), "(12 characters)");
        assert_eq!(anonymous_id(&[0x17]), "17");
        assert_eq!(anonymous_id(&[1; 20]), "(20 octets)");
    }
}
