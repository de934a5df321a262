//! Extensions: the list as encoded, and a decoder for each that path validation, revocation checking and
//! qualification ask for.

mod constraints;
mod distribution;
mod identifiers;
mod policies;
mod usage;

use std::collections::BTreeSet;

use hsign_asn1::{Reader, Rules, Tag, Tlv, boolean, octet_string, oid};

pub use constraints::{GeneralSubtree, NameConstraints};
pub use distribution::{DistributionPoint, DistributionPointName, IssuingDistributionPoint, ReasonFlags};
pub use identifiers::{AccessDescription, AuthorityKeyIdentifier};
pub use policies::{PolicyConstraints, PolicyInformation, PolicyMapping, PolicyQualifier};
pub use usage::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

pub(crate) use constraints::name_constraints;
pub(crate) use distribution::{distribution_points, issuing_distribution_point};
pub(crate) use identifiers::{access_descriptions, authority_key_identifier, subject_key_identifier};
pub(crate) use policies::{certificate_policies, policy_constraints, policy_mappings, skip_certificates};
pub(crate) use usage::{basic_constraints, extended_key_usage, key_usage};

use crate::Error;
use crate::error::Within as _;

/// Object identifiers of extensions.
#[allow(missing_docs)]
pub mod extension_oid {
    pub const SUBJECT_DIRECTORY_ATTRIBUTES: &str = "2.5.29.9";
    pub const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
    pub const KEY_USAGE: &str = "2.5.29.15";
    pub const PRIVATE_KEY_USAGE_PERIOD: &str = "2.5.29.16";
    pub const SUBJECT_ALTERNATIVE_NAME: &str = "2.5.29.17";
    pub const ISSUER_ALTERNATIVE_NAME: &str = "2.5.29.18";
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    pub const CRL_NUMBER: &str = "2.5.29.20";
    pub const REASON_CODE: &str = "2.5.29.21";
    pub const HOLD_INSTRUCTION: &str = "2.5.29.23";
    pub const INVALIDITY_DATE: &str = "2.5.29.24";
    pub const DELTA_CRL_INDICATOR: &str = "2.5.29.27";
    pub const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
    pub const CERTIFICATE_ISSUER: &str = "2.5.29.29";
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
    pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
    pub const POLICY_MAPPINGS: &str = "2.5.29.33";
    pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
    pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
    pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    pub const FRESHEST_CRL: &str = "2.5.29.46";
    pub const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
    pub const EXPIRED_CERTS_ON_CRL: &str = "2.5.29.60";
    pub const AUTHORITY_INFORMATION_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
    pub const QC_STATEMENTS: &str = "1.3.6.1.5.5.7.1.3";
    pub const OCSP_NONCE: &str = "1.3.6.1.5.5.7.48.1.2";
    pub const OCSP_NOCHECK: &str = "1.3.6.1.5.5.7.48.1.5";
    pub const OCSP_ARCHIVE_CUTOFF: &str = "1.3.6.1.5.5.7.48.1.6";
    pub const OCSP_EXTENDED_REVOKE: &str = "1.3.6.1.5.5.7.48.1.9";
    pub const OCSP_CERT_HASH: &str = "1.3.36.8.3.13";
}

/// One extension as encoded (RFC 5280 §4.1.2.9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extension {
    /// Dotted object identifier.
    pub oid: String,
    /// Whether one who doesn't know it must refuse the certificate.
    pub critical: bool,
    /// Contents of extnValue.
    pub value: Vec<u8>,
    /// Where `value` stands in the whole object, for the positions in errors.
    offset: usize,
}

impl Extension {
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Reads the value's one element, which must have this tag.
    pub(crate) fn decode<T>(
        &self,
        what: &'static str,
        tag: Tag,
        read: impl FnOnce(&Tlv<'_>) -> Result<T, hsign_asn1::Error>,
    ) -> Result<T, Error> {
        let mut reader = Reader::at(&self.value, self.offset, Rules::Ber);
        let decoded = reader.expect(tag).and_then(|element| read(&element)).within(what)?;
        reader.finish().within(what)?;
        Ok(decoded)
    }
}

/// Extensions: SEQUENCE OF Extension. Also tells whether one wrote the default `critical FALSE`, which DER
/// leaves out (X.690 §11.5).
pub(crate) fn read_list(list: &Tlv<'_>) -> Result<(Vec<Extension>, bool), hsign_asn1::Error> {
    let mut reader = list.reader()?;
    let mut extensions = Vec::new();
    let mut default_written = false;
    while !reader.is_empty() {
        let mut fields = reader.expect(Tag::SEQUENCE)?.reader()?;
        let oid = oid(&fields.expect(Tag::OID)?)?;
        let critical = fields.optional(Tag::BOOLEAN)?.map(|flag| boolean(&flag)).transpose()?;
        default_written |= critical == Some(false);
        let value = fields.expect(Tag::OCTET_STRING)?;
        fields.finish()?;
        extensions.push(Extension {
            oid,
            critical: critical.unwrap_or(false),
            value: octet_string(&value)?.into_owned(),
            offset: value.contents_offset(),
        });
    }
    Ok((extensions, default_written))
}

/// The extension with this OID.
///
/// # Errors
/// When it is there more than once.
pub(crate) fn find<'e>(extensions: &'e [Extension], oid: &str) -> Result<Option<&'e Extension>, Error> {
    let mut found = extensions.iter().filter(|extension| extension.oid == oid);
    let first = found.next();
    if found.next().is_some() {
        return Err(Error::RepeatedExtension(oid.to_owned()));
    }
    Ok(first)
}

/// The first OID that is there more than once.
pub(crate) fn repeated(extensions: &[Extension]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    extensions.iter().map(|extension| extension.oid.as_str()).find(|oid| !seen.insert(*oid))
}

/// OIDs of critical extensions that are not among `known`, in order.
pub(crate) fn unknown_critical(extensions: &[Extension], known: &[&str]) -> Vec<String> {
    extensions
        .iter()
        .filter(|extension| extension.critical && !known.contains(&extension.oid.as_str()))
        .map(|extension| extension.oid.clone())
        .collect()
}
