use hsign_asn1::{Class, Tag, Tlv, oid, oid_to_string, string_contents};

use crate::Name;

/// GeneralName (RFC 5280 §4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeneralName {
    /// otherName.
    Other {
        /// Dotted type-id.
        oid: String,
        /// The value's bytes with header.
        value: Vec<u8>,
    },
    /// rfc822Name.
    Email(String),
    /// dNSName.
    Dns(String),
    /// x400Address, undecoded.
    X400(Vec<u8>),
    /// directoryName.
    Directory(Name),
    /// ediPartyName, undecoded.
    EdiParty(Vec<u8>),
    /// uniformResourceIdentifier.
    Uri(String),
    /// iPAddress: 4 or 16 octets, in name constraints address and mask (8 or 32).
    Ip(Vec<u8>),
    /// registeredID, dotted.
    RegisteredId(String),
}

impl GeneralName {
    pub(crate) fn from_tlv(tlv: &Tlv<'_>) -> Result<Self, hsign_asn1::Error> {
        let ia5 = || {
            string_contents(Tag::IA5_STRING, tlv.contents)
                .map_err(|error| error.shifted(tlv.contents_offset()))
        };
        if tlv.tag.class != Class::Context {
            return Err(tlv.bad("not a GeneralName"));
        }
        Ok(match (tlv.tag.number, tlv.tag.constructed) {
            (0, true) => {
                let mut fields = tlv.reader()?;
                let oid = oid(&fields.expect(Tag::OID)?)?;
                let wrapper = fields.expect(Tag::context(0, true))?;
                fields.finish()?;
                let mut inside = wrapper.reader()?;
                let value = inside.any()?;
                inside.finish()?;
                Self::Other { oid, value: value.bytes.to_vec() }
            }
            (1, false) => Self::Email(ia5()?),
            (2, false) => Self::Dns(ia5()?),
            (3, true) => Self::X400(tlv.contents.to_vec()),
            // A CHOICE is tagged explicitly (X.680 §31.2.7).
            (4, true) => Self::Directory(Name::from_tlv(&tlv.only(Tag::SEQUENCE)?)?),
            (5, true) => Self::EdiParty(tlv.contents.to_vec()),
            (6, false) => Self::Uri(ia5()?),
            (7, false) => {
                if !matches!(tlv.contents.len(), 4 | 8 | 16 | 32) {
                    return Err(tlv.bad("an IP address has 4 or 16 octets, with a mask twice as many"));
                }
                Self::Ip(tlv.contents.to_vec())
            }
            (8, false) => Self::RegisteredId(
                oid_to_string(tlv.contents).map_err(|error| error.shifted(tlv.contents_offset()))?,
            ),
            _ => return Err(tlv.bad("not a GeneralName")),
        })
    }

    /// GeneralNames: the names inside `tlv`, at least one.
    pub(crate) fn list(tlv: &Tlv<'_>) -> Result<Vec<Self>, hsign_asn1::Error> {
        let mut inside = tlv.reader()?;
        let mut names = Vec::new();
        while let Some(element) = inside.next()? {
            names.push(Self::from_tlv(&element)?);
        }
        if names.is_empty() {
            return Err(tlv.bad("GeneralNames holds at least one name"));
        }
        Ok(names)
    }
}
