use std::fmt;

use hsign_asn1::{Reader, Tag, Tlv, bit_string, boolean};

use super::Extension;
use super::usage::bits;
use crate::{CrlReason, Error, GeneralName, Name};

/// Reasons that a CRL covers (RFC 5280 §4.2.1.13, ReasonFlags).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReasonFlags(u16);

impl ReasonFlags {
    /// Every reason: what a CRL without onlySomeReasons covers (bits 1 to 8).
    pub const ALL: Self = Self(0x1fe);
    /// No reason.
    pub const NONE: Self = Self(0);

    /// Whether the reason is among them.
    #[must_use]
    pub fn contains(self, reason: CrlReason) -> bool {
        reason.flag().is_some_and(|flag| self.0 >> flag & 1 == 1)
    }

    /// Those in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether each of `other` is among them.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }
}

impl fmt::Debug for ReasonFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReasonFlags({:#011b})", self.0)
    }
}

/// How a distribution point is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistributionPointName {
    /// fullName.
    Full(Vec<GeneralName>),
    /// nameRelativeToCRLIssuer: contents of the RDN, see [`Name::with_relative`].
    RelativeToIssuer(Vec<u8>),
}

impl DistributionPointName {
    /// The names in full; a relative one is put below `issuer`, the CRL issuer's name.
    ///
    /// # Errors
    /// When the relative name isn't one.
    pub fn full_names(&self, issuer: &Name) -> Result<Vec<GeneralName>, Error> {
        match self {
            Self::Full(names) => Ok(names.clone()),
            Self::RelativeToIssuer(rdn) => Ok(vec![GeneralName::Directory(issuer.with_relative(rdn)?)]),
        }
    }
}

/// One entry of cRLDistributionPoints or freshestCRL (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionPoint {
    /// Where, or under which name.
    pub name: Option<DistributionPointName>,
    /// Which reasons it covers; `None`: all.
    pub reasons: Option<ReasonFlags>,
    /// Who issues the CRL, if not the certificate's issuer; empty if not told.
    pub crl_issuer: Vec<GeneralName>,
}

impl DistributionPoint {
    /// URIs in its full name.
    pub fn uris(&self) -> impl Iterator<Item = &str> {
        let names = match &self.name {
            Some(DistributionPointName::Full(names)) => names.as_slice(),
            _ => &[],
        };
        names.iter().filter_map(|name| match name {
            GeneralName::Uri(uri) => Some(uri.as_str()),
            _ => None,
        })
    }
}

/// issuingDistributionPoint of a CRL (RFC 5280 §5.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// Where, or under which name.
    pub name: Option<DistributionPointName>,
    /// Only certificates of end entities.
    pub only_user_certificates: bool,
    /// Only certificates of CAs.
    pub only_ca_certificates: bool,
    /// Only these reasons.
    pub only_some_reasons: Option<ReasonFlags>,
    /// Certificates of other issuers too.
    pub indirect: bool,
    /// Only attribute certificates.
    pub only_attribute_certificates: bool,
}

pub(crate) fn distribution_points(extension: &Extension) -> Result<Vec<DistributionPoint>, Error> {
    extension.decode("cRLDistributionPoints", Tag::SEQUENCE, |element| {
        let mut inside = element.reader()?;
        let mut points = Vec::new();
        while !inside.is_empty() {
            points.push(distribution_point(&inside.expect(Tag::SEQUENCE)?)?);
        }
        if points.is_empty() {
            return Err(element.bad("cRLDistributionPoints holds at least one"));
        }
        Ok(points)
    })
}

fn distribution_point(element: &Tlv<'_>) -> Result<DistributionPoint, hsign_asn1::Error> {
    let mut fields = element.reader()?;
    let name = fields.optional(Tag::context(0, true))?.map(|field| point_name(&field)).transpose()?;
    let reasons = fields.optional(Tag::context(1, false))?.map(|field| reasons(&field)).transpose()?;
    let crl_issuer =
        fields.optional(Tag::context(2, true))?.map(|field| GeneralName::list(&field)).transpose()?;
    fields.finish()?;
    if name.is_none() && crl_issuer.is_none() {
        return Err(element.bad("a distribution point needs a name or a CRL issuer"));
    }
    Ok(DistributionPoint { name, reasons, crl_issuer: crl_issuer.unwrap_or_default() })
}

/// DistributionPointName, a CHOICE and so tagged explicitly.
fn point_name(field: &Tlv<'_>) -> Result<DistributionPointName, hsign_asn1::Error> {
    let mut inside = field.reader()?;
    let choice = inside.any()?;
    inside.finish()?;
    match choice.tag {
        tag if tag == Tag::context(0, true) => Ok(DistributionPointName::Full(GeneralName::list(&choice)?)),
        tag if tag == Tag::context(1, true) => {
            Ok(DistributionPointName::RelativeToIssuer(choice.contents.to_vec()))
        }
        _ => Err(choice.bad("not a DistributionPointName")),
    }
}

fn reasons(field: &Tlv<'_>) -> Result<ReasonFlags, hsign_asn1::Error> {
    Ok(ReasonFlags(bits(&bit_string(field)?, 9)))
}

pub(crate) fn issuing_distribution_point(extension: &Extension) -> Result<IssuingDistributionPoint, Error> {
    extension.decode("issuingDistributionPoint", Tag::SEQUENCE, |element| {
        let mut fields = element.reader()?;
        let name = fields.optional(Tag::context(0, true))?.map(|field| point_name(&field)).transpose()?;
        let only_user_certificates = flag(&mut fields, 1)?;
        let only_ca_certificates = flag(&mut fields, 2)?;
        let only_some_reasons =
            fields.optional(Tag::context(3, false))?.map(|field| reasons(&field)).transpose()?;
        let indirect = flag(&mut fields, 4)?;
        let only_attribute_certificates = flag(&mut fields, 5)?;
        fields.finish()?;
        Ok(IssuingDistributionPoint {
            name,
            only_user_certificates,
            only_ca_certificates,
            only_some_reasons,
            indirect,
            only_attribute_certificates,
        })
    })
}

/// `[number] BOOLEAN DEFAULT FALSE`.
fn flag(fields: &mut Reader<'_>, number: u32) -> Result<bool, hsign_asn1::Error> {
    let field = fields.optional(Tag::context(number, false))?;
    Ok(field.map(|field| boolean(&field)).transpose()?.unwrap_or(false))
}
