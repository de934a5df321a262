use std::fmt;

use hsign_asn1::{BitString, Tag, Tlv, bit_string, boolean, integer_u64, oid};

use super::Extension;
use crate::Error;

/// keyUsage (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

const NAMES: [&str; 9] = [
    "digitalSignature",
    "contentCommitment",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

impl KeyUsage {
    /// digitalSignature.
    #[must_use]
    pub fn digital_signature(self) -> bool {
        self.bit(0)
    }

    /// contentCommitment, formerly nonRepudiation.
    #[must_use]
    pub fn content_commitment(self) -> bool {
        self.bit(1)
    }

    /// keyCertSign.
    #[must_use]
    pub fn key_cert_sign(self) -> bool {
        self.bit(5)
    }

    /// cRLSign.
    #[must_use]
    pub fn crl_sign(self) -> bool {
        self.bit(6)
    }

    /// Names of all bits set, as RFC 5280 has them.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        NAMES.iter().enumerate().filter(|(index, _)| self.bit(*index)).map(|(_, name)| *name).collect()
    }

    fn bit(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }
}

impl fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUsage({})", self.names().join(" "))
    }
}

/// extKeyUsage (RFC 5280 §4.2.1.12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    /// Whether it is critical (a time-stamp authority's must be, RFC 3161 §2.3).
    pub critical: bool,
    /// Dotted object identifiers.
    pub purposes: Vec<String>,
}

/// basicConstraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many CA certificates may follow that are not self-issued.
    pub path_length: Option<u64>,
}

pub(crate) fn key_usage(extension: &Extension) -> Result<KeyUsage, Error> {
    extension
        .decode("keyUsage", Tag::BIT_STRING, |element| Ok(KeyUsage(bits(&bit_string(element)?, NAMES.len()))))
}

pub(crate) fn extended_key_usage(extension: &Extension) -> Result<ExtendedKeyUsage, Error> {
    let purposes = extension.decode("extKeyUsage", Tag::SEQUENCE, |element| {
        let mut inside = element.reader()?;
        let mut purposes = Vec::new();
        while !inside.is_empty() {
            purposes.push(oid(&inside.expect(Tag::OID)?)?);
        }
        if purposes.is_empty() {
            Err(element.bad("extKeyUsage holds at least one purpose"))
        } else {
            Ok(purposes)
        }
    })?;
    Ok(ExtendedKeyUsage { critical: extension.critical, purposes })
}

pub(crate) fn basic_constraints(extension: &Extension) -> Result<BasicConstraints, Error> {
    extension.decode("basicConstraints", Tag::SEQUENCE, |element: &Tlv<'_>| {
        let mut fields = element.reader()?;
        let ca = fields.optional(Tag::BOOLEAN)?.map(|flag| boolean(&flag)).transpose()?.unwrap_or(false);
        let path_length = fields
            .optional(Tag::INTEGER)?
            .map(|number| {
                integer_u64(number.contents).map_err(|error| error.shifted(number.contents_offset()))
            })
            .transpose()?;
        fields.finish()?;
        Ok(BasicConstraints { ca, path_length })
    })
}

/// The first `count` bits of a named bit list, bit 0 lowest.
pub(super) fn bits(list: &BitString<'_>, count: usize) -> u16 {
    (0..count.min(16)).filter(|index| list.bit(*index)).fold(0, |bits, index| bits | 1 << index)
}
