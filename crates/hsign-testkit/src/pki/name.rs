//! Distinguished names as HPKI encodes them: country and serialNumber PrintableString, all else UTF8String.

use crate::der;

/// One attribute type of a distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Country,
    Organization,
    OrganizationalUnit,
    CommonName,
    SerialNumber,
}

impl Attribute {
    fn oid(self) -> &'static str {
        match self {
            Self::Country => "2.5.4.6",
            Self::Organization => "2.5.4.10",
            Self::OrganizationalUnit => "2.5.4.11",
            Self::CommonName => "2.5.4.3",
            Self::SerialNumber => "2.5.4.5",
        }
    }

    fn short(self) -> &'static str {
        match self {
            Self::Country => "C",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::CommonName => "CN",
            Self::SerialNumber => "2.5.4.5",
        }
    }
}

/// A distinguished name, in the order in which it is encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(Vec<(Attribute, String)>);

impl Name {
    /// A name that begins with C=JP.
    pub(crate) fn japanese(attributes: &[(Attribute, &str)]) -> Self {
        Self(vec![(Attribute::Country, "JP".to_owned())]).with(attributes)
    }

    /// A name without country.
    pub(crate) fn plain(attributes: &[(Attribute, &str)]) -> Self {
        Self(Vec::new()).with(attributes)
    }

    /// The same name with more attributes at its end.
    pub(crate) fn with(&self, attributes: &[(Attribute, &str)]) -> Self {
        let more = attributes.iter().map(|(attribute, value)| (*attribute, (*value).to_owned()));
        Self(self.0.iter().cloned().chain(more).collect())
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let relative = self.0.iter().map(|(attribute, value)| {
            let value = match attribute {
                Attribute::Country | Attribute::SerialNumber => der::printable(value),
                _ => der::utf8(value),
            };
            der::set(&[&der::sequence(&[&der::oid(attribute.oid()), &value])])
        });
        der::tlv(der::tag::SEQUENCE, &relative.collect::<Vec<_>>().concat())
    }

    /// GeneralName directoryName, `[4]` EXPLICIT since Name is a CHOICE.
    pub(crate) fn general_name(&self) -> Vec<u8> {
        der::explicit(4, &self.der())
    }

    /// RFC 4514: last attribute first. Values here hold nothing that needs an escape.
    pub(crate) fn to_text(&self) -> String {
        let parts = self.0.iter().rev().map(|(attribute, value)| format!("{}={value}", attribute.short()));
        parts.collect::<Vec<_>>().join(",")
    }
}
