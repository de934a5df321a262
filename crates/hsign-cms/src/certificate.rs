use hsign_asn1::{Tag, Tlv};

use crate::Error;
use crate::read::only;

/// The two fields by which CMS names a certificate (RFC 5652 §10.2.4), with tag and length.
pub(crate) struct Named<'a> {
    pub(crate) issuer: &'a [u8],
    pub(crate) serial: &'a [u8],
}

impl<'a> Named<'a> {
    pub(crate) fn read(certificate: &'a [u8]) -> Result<Self, Error> {
        Self::fields(certificate).map_err(Error::Certificate)
    }

    /// TBSCertificate (RFC 5280 §4.1): version [0] OPTIONAL, serialNumber, signature, issuer, …
    fn fields(certificate: &'a [u8]) -> Result<Self, hsign_asn1::Error> {
        let certificate: Tlv<'a> = only(certificate, Tag::SEQUENCE)?;
        let mut fields = certificate.reader()?.expect(Tag::SEQUENCE)?.reader()?;
        fields.optional(Tag::context(0, true))?;
        let serial = fields.expect(Tag::INTEGER)?.bytes;
        fields.expect(Tag::SEQUENCE)?;
        let issuer = fields.expect(Tag::SEQUENCE)?.bytes;
        Ok(Self { issuer, serial })
    }
}
