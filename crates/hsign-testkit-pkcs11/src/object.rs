//! The objects on the card, with the guideline's example labels and identifiers.

use cryptoki_sys::*;
use openssl::x509::X509;

use crate::card::{Inserted, Kind};

pub(crate) struct Object {
    pub(crate) handle: CK_OBJECT_HANDLE,
    /// Seen only after login.
    pub(crate) private: bool,
    pub(crate) key: bool,
    attributes: Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>,
}

/// What an attribute request gets.
pub(crate) enum Answer<'a> {
    Value(&'a [u8]),
    Sensitive,
    Unknown,
}

const CERTIFICATE_ID: u8 = 0x17;
const CHAIN: [(&str, u8); 3] =
    [("HPKI ROOT CA CERTIFICATE", 0x1A), ("MHLW CA CERTIFICATE", 0x19), ("HPKI CA CERTIFICATE", 0x1B)];

impl Object {
    /// Private key, its certificate, then the chain.
    pub(crate) fn all(card: &Inserted) -> Option<Vec<Self>> {
        let mut objects = vec![
            Self::private_key(card)?,
            Self::certificate(2, "HPKI END ENTITY CERTIFICATE", CERTIFICATE_ID, &card.certificate)?,
        ];
        for (handle, (certificate, (label, id))) in (3..).zip(card.chain.iter().zip(CHAIN)) {
            objects.push(Self::certificate(handle, label, id, certificate)?);
        }
        Some(objects)
    }

    fn private_key(card: &Inserted) -> Option<Self> {
        let rsa = card.key.rsa().ok()?;
        let mut attributes = vec![
            (CKA_CLASS, number(CKO_PRIVATE_KEY)),
            (CKA_KEY_TYPE, number(CKK_RSA)),
            (CKA_TOKEN, flag(true)),
            (CKA_PRIVATE, flag(true)),
            (CKA_LABEL, card.key_label.clone().into_bytes()),
            (CKA_ID, vec![card.key_id]),
            (CKA_SIGN, flag(true)),
            (CKA_DECRYPT, flag(false)),
            (CKA_SENSITIVE, flag(true)),
            (CKA_EXTRACTABLE, flag(false)),
            (CKA_NEVER_EXTRACTABLE, flag(true)),
            (CKA_ALWAYS_AUTHENTICATE, flag(card.kind == Kind::Signature)),
        ];
        if card.modulus_visible {
            attributes.push((CKA_MODULUS, rsa.n().to_vec()));
            attributes.push((CKA_PUBLIC_EXPONENT, rsa.e().to_vec()));
        }
        Some(Self { handle: 1, private: true, key: true, attributes })
    }

    fn certificate(handle: CK_OBJECT_HANDLE, label: &str, id: u8, certificate: &X509) -> Option<Self> {
        let attributes = vec![
            (CKA_CLASS, number(CKO_CERTIFICATE)),
            (CKA_CERTIFICATE_TYPE, number(CKC_X_509)),
            (CKA_TOKEN, flag(true)),
            (CKA_PRIVATE, flag(false)),
            (CKA_LABEL, label.as_bytes().to_vec()),
            (CKA_ID, vec![id]),
            (CKA_SUBJECT, certificate.subject_name().to_der().ok()?),
            (CKA_ISSUER, certificate.issuer_name().to_der().ok()?),
            (CKA_VALUE, certificate.to_der().ok()?),
        ];
        Some(Self { handle, private: false, key: false, attributes })
    }

    pub(crate) fn answer(&self, attribute: CK_ATTRIBUTE_TYPE) -> Answer<'_> {
        const SECRET: [CK_ATTRIBUTE_TYPE; 3] = [CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2];
        if self.key && SECRET.contains(&attribute) {
            return Answer::Sensitive;
        }
        let found = self.attributes.iter().find(|(name, _)| *name == attribute);
        found.map_or(Answer::Unknown, |(_, value)| Answer::Value(value))
    }

    pub(crate) fn matches(&self, template: &[(CK_ATTRIBUTE_TYPE, Vec<u8>)]) -> bool {
        template
            .iter()
            .all(|(name, wanted)| matches!(self.answer(*name), Answer::Value(value) if value == wanted))
    }
}

fn number(value: CK_ULONG) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

fn flag(value: bool) -> Vec<u8> {
    vec![u8::from(value)]
}
