use hsign_asn1::{Tag, octet_string, oid};

use super::Extension;
use crate::{Error, GeneralName};

/// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityKeyIdentifier {
    /// The issuer's subjectKeyIdentifier.
    pub key_identifier: Option<Vec<u8>>,
    /// Names of the issuer's issuer.
    pub issuer: Option<Vec<GeneralName>>,
    /// Serial number of the issuer's certificate, the INTEGER's contents.
    pub serial: Option<Vec<u8>>,
}

/// One entry of authorityInfoAccess (RFC 5280 §4.2.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDescription {
    /// Dotted access method.
    pub method: String,
    /// Where.
    pub location: GeneralName,
}

impl AccessDescription {
    /// Access method of OCSP responders.
    pub const OCSP: &'static str = "1.3.6.1.5.5.7.48.1";
    /// Access method of issuers' certificates.
    pub const CA_ISSUERS: &'static str = "1.3.6.1.5.5.7.48.2";

    /// The location if it is a URI and the method is this one.
    #[must_use]
    pub fn uri(&self, method: &str) -> Option<&str> {
        match &self.location {
            GeneralName::Uri(uri) if self.method == method => Some(uri),
            _ => None,
        }
    }
}

pub(crate) fn subject_key_identifier(extension: &Extension) -> Result<Vec<u8>, Error> {
    extension
        .decode("subjectKeyIdentifier", Tag::OCTET_STRING, |element| Ok(octet_string(element)?.into_owned()))
}

pub(crate) fn authority_key_identifier(extension: &Extension) -> Result<AuthorityKeyIdentifier, Error> {
    extension.decode("authorityKeyIdentifier", Tag::SEQUENCE, |element| {
        let mut fields = element.reader()?;
        let key_identifier = fields.optional(Tag::context(0, false))?.map(|field| field.contents.to_vec());
        let issuer =
            fields.optional(Tag::context(1, true))?.map(|names| GeneralName::list(&names)).transpose()?;
        let serial = fields.optional(Tag::context(2, false))?.map(|field| field.contents.to_vec());
        fields.finish()?;
        Ok(AuthorityKeyIdentifier { key_identifier, issuer, serial })
    })
}

pub(crate) fn access_descriptions(extension: &Extension) -> Result<Vec<AccessDescription>, Error> {
    extension.decode("authorityInfoAccess", Tag::SEQUENCE, |element| {
        let mut inside = element.reader()?;
        let mut descriptions = Vec::new();
        while !inside.is_empty() {
            let mut fields = inside.expect(Tag::SEQUENCE)?.reader()?;
            let method = oid(&fields.expect(Tag::OID)?)?;
            let location = GeneralName::from_tlv(&fields.any()?)?;
            fields.finish()?;
            descriptions.push(AccessDescription { method, location });
        }
        if descriptions.is_empty() {
            return Err(element.bad("authorityInfoAccess holds at least one entry"));
        }
        Ok(descriptions)
    })
}
