//! Certificates and keys on a token. Labels are hints only: a pair is found by public key and CKA_ID.

use cryptoki::error::Error as CryptokiError;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use hsign_x509::Certificate;
use openssl::pkey::{PKey, Public};

use super::failure::{failed, is_removal};
use crate::{Error, KeyProtection};

/// More objects than any card has; an HSM that has more must be asked more precisely.
const MOST_OBJECTS: usize = 4096;

/// A certificate on a token.
#[derive(Clone)]
pub(super) struct CertificateObject {
    pub(super) label: String,
    pub(super) id: Vec<u8>,
    pub(super) certificate: Certificate,
}

/// A private key on a token, as far as it can be seen.
#[derive(Clone)]
pub(crate) struct KeyObject {
    pub(crate) handle: ObjectHandle,
    pub(crate) label: String,
    pub(crate) id: Vec<u8>,
    pub(crate) rsa_modulus: Option<Vec<u8>>,
    pub(crate) elliptic: bool,
    pub(crate) always_authenticate: Option<bool>,
    pub(crate) extractable: Option<bool>,
    pub(crate) sensitive: Option<bool>,
}

impl KeyObject {
    /// Whether the certificate is this key's. The modulus decides where there is one; where there is none
    /// (elliptic curves), the same CKA_ID must do, and every signature is verified afterwards anyway.
    pub(super) fn belongs_to(&self, object: &CertificateObject) -> bool {
        match (&self.rsa_modulus, certificate_modulus(&object.certificate)) {
            (Some(own), Some(its)) => *own == its,
            _ => !self.id.is_empty() && self.id == object.id,
        }
    }

    pub(crate) fn protection(&self, hardware: bool) -> KeyProtection {
        KeyProtection::Token {
            hardware,
            always_authenticate: self.always_authenticate,
            extractable: self.extractable,
            sensitive: self.sensitive,
        }
    }
}

/// Every X.509 certificate that can be seen, and how many couldn't be read.
pub(super) fn certificates(session: &Session) -> Result<(Vec<CertificateObject>, usize), Error> {
    let mut found = Vec::new();
    let mut unreadable = 0;
    for handle in find(session, ObjectClass::CERTIFICATE)? {
        let Some(Attribute::Value(der)) = attribute(session, handle, AttributeType::Value)? else {
            unreadable += 1;
            continue;
        };
        // A card may hold something odd beside the signer's certificate; that must not stop it.
        match Certificate::from_der(&der) {
            Ok(certificate) => {
                let (label, id) = (label(session, handle)?, id(session, handle)?);
                found.push(CertificateObject { label, id, certificate });
            }
            Err(_) => unreadable += 1,
        }
    }
    Ok((found, unreadable))
}

/// Every private key that can be seen, most only after login.
pub(super) fn keys(session: &Session) -> Result<Vec<KeyObject>, Error> {
    find(session, ObjectClass::PRIVATE_KEY)?.into_iter().map(|handle| key(session, handle)).collect()
}

fn key(session: &Session, handle: ObjectHandle) -> Result<KeyObject, Error> {
    let flag = |kind: AttributeType| {
        Ok::<_, Error>(match attribute(session, handle, kind)? {
            Some(
                Attribute::AlwaysAuthenticate(flag)
                | Attribute::Extractable(flag)
                | Attribute::Sensitive(flag),
            ) => Some(flag),
            _ => None,
        })
    };
    let elliptic =
        matches!(attribute(session, handle, AttributeType::KeyType)?, Some(Attribute::KeyType(KeyType::EC)));
    let rsa_modulus = match attribute(session, handle, AttributeType::Modulus)? {
        Some(Attribute::Modulus(modulus)) => Some(without_leading_zeros(&modulus)),
        _ => None,
    };
    Ok(KeyObject {
        handle,
        label: label(session, handle)?,
        id: id(session, handle)?,
        rsa_modulus: rsa_modulus.filter(|modulus| !modulus.is_empty()),
        elliptic,
        always_authenticate: flag(AttributeType::AlwaysAuthenticate)?,
        extractable: flag(AttributeType::Extractable)?,
        sensitive: flag(AttributeType::Sensitive)?,
    })
}

fn find(session: &Session, class: ObjectClass) -> Result<Vec<ObjectHandle>, Error> {
    let mut handles = Vec::new();
    for handle in session.iter_objects(&[Attribute::Class(class)]).map_err(failed)? {
        handles.push(handle.map_err(failed)?);
        if handles.len() > MOST_OBJECTS {
            return Err(Error::Token {
                function: "C_FindObjects".to_owned(),
                code: format!("more than {MOST_OBJECTS} objects"),
            });
        }
    }
    Ok(handles)
}

/// One attribute per call: some modules answer a request with one unknown attribute in it with nothing at all, or
/// with an error of their own. What can't be had is absent; only a card taken out is an error.
fn attribute(
    session: &Session,
    handle: ObjectHandle,
    kind: AttributeType,
) -> Result<Option<Attribute>, Error> {
    match session.get_attributes(handle, &[kind]) {
        Ok(found) => Ok(found.into_iter().next()),
        Err(CryptokiError::Pkcs11(code, _)) if !is_removal(code) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn label(session: &Session, handle: ObjectHandle) -> Result<String, Error> {
    Ok(match attribute(session, handle, AttributeType::Label)? {
        Some(Attribute::Label(label)) => String::from_utf8_lossy(&label).trim_end().to_owned(),
        _ => String::new(),
    })
}

fn id(session: &Session, handle: ObjectHandle) -> Result<Vec<u8>, Error> {
    Ok(match attribute(session, handle, AttributeType::Id)? {
        Some(Attribute::Id(id)) => id,
        _ => Vec::new(),
    })
}

fn certificate_modulus(certificate: &Certificate) -> Option<Vec<u8>> {
    let key: PKey<Public> = PKey::public_key_from_der(certificate.public_key_info()).ok()?;
    Some(key.rsa().ok()?.n().to_vec())
}

fn without_leading_zeros(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}
