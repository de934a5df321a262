use std::fmt;

use hsign_asn1::{Reader, Tag, Tlv, boolean, integer_is_minimal, integer_u64, octet_string, oid, time};
use hsign_core::Time;

use crate::{GeneralName, Name};

/// A revoked certificate (RFC 5280 §5.1.2.6, §5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrlEntry {
    /// When the CA revoked it.
    pub revocation_date: Time,
    /// Why, if told.
    pub reason: Option<CrlReason>,
    /// Since when the key may have been misused, if told.
    pub invalidity_date: Option<Time>,
}

/// CRLReason (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum CrlReason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    RemoveFromCrl,
    PrivilegeWithdrawn,
    AaCompromise,
}

impl CrlReason {
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        Some(match number {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => return None,
        })
    }

    /// The name RFC 5280 gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }

    /// Its bit in ReasonFlags (RFC 5280 §4.2.1.13), which has none for unspecified and removeFromCRL.
    pub(crate) fn flag(self) -> Option<u32> {
        Some(match self {
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::PrivilegeWithdrawn => 7,
            Self::AaCompromise => 8,
            Self::Unspecified | Self::RemoveFromCrl => return None,
        })
    }
}

impl fmt::Display for CrlReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What one walk over all entries shows.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) count: u64,
    pub(super) unknown_critical: Vec<String>,
    pub(super) has_extensions: bool,
}

/// One suffices to make a list unfit; a hostile one may have millions.
const MOST_UNKNOWN: usize = 16;

/// Contents of the entry extensions' object identifiers; compared as bytes, since there may be millions.
const REASON_CODE: &[u8] = &[0x55, 0x1d, 0x15];
const HOLD_INSTRUCTION: &[u8] = &[0x55, 0x1d, 0x17];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 0x18];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 0x1d];

/// Checks the form of every entry and collects critical extensions nobody knows. certificateIssuer is
/// known only where it has a meaning, in indirect CRLs.
pub(super) fn survey(mut entries: Reader<'_>, indirect: bool) -> Result<Survey, hsign_asn1::Error> {
    let mut survey = Survey::default();
    while !entries.is_empty() {
        let entry = Entry::next(&mut entries)?;
        survey.count = survey.count.saturating_add(1);
        survey.has_extensions |= entry.extensions.is_some();
        entry.each_extension(|extension| {
            let known = [REASON_CODE, HOLD_INSTRUCTION, INVALIDITY_DATE].contains(&extension.oid.contents)
                || (indirect && extension.oid.contents == CERTIFICATE_ISSUER);
            if extension.critical && !known && survey.unknown_critical.len() < MOST_UNKNOWN {
                let dotted = oid(&extension.oid)?;
                if !survey.unknown_critical.contains(&dotted) {
                    survey.unknown_critical.push(dotted);
                }
            }
            Ok(())
        })?;
    }
    Ok(survey)
}

/// The entry for a serial number of an issuer.
pub(super) fn find(
    mut entries: Reader<'_>,
    crl_issuer: &Name,
    indirect: bool,
    serial: &[u8],
    certificate_issuer: &Name,
) -> Result<Option<CrlEntry>, hsign_asn1::Error> {
    let mut belongs = crl_issuer.matches(certificate_issuer);
    if !belongs && !indirect {
        return Ok(None);
    }
    let serial = shortest(serial);
    while !entries.is_empty() {
        let entry = Entry::next(&mut entries)?;
        if indirect && let Some(names) = entry.certificate_issuer()? {
            belongs = names.iter().any(|name| match name {
                GeneralName::Directory(name) => name.matches(certificate_issuer),
                _ => false,
            });
        }
        if belongs && shortest(entry.serial.contents) == serial {
            return entry.decode().map(Some);
        }
    }
    Ok(None)
}

/// An INTEGER's contents without octets that only repeat the sign.
fn shortest(mut contents: &[u8]) -> &[u8] {
    while contents.len() > 1 && !integer_is_minimal(contents) {
        contents = contents.get(1..).unwrap_or_default();
    }
    contents
}

struct Entry<'a> {
    serial: Tlv<'a>,
    date: Tlv<'a>,
    extensions: Option<Tlv<'a>>,
}

struct EntryExtension<'a> {
    oid: Tlv<'a>,
    critical: bool,
    value: Tlv<'a>,
}

impl<'a> Entry<'a> {
    fn next(entries: &mut Reader<'a>) -> Result<Self, hsign_asn1::Error> {
        let mut fields = entries.expect(Tag::SEQUENCE)?.reader()?;
        let serial = fields.expect(Tag::INTEGER)?;
        let date = fields.any()?;
        let extensions = fields.optional(Tag::SEQUENCE)?;
        fields.finish()?;
        if !matches!(date.tag, Tag::UTC_TIME | Tag::GENERALIZED_TIME) {
            return Err(date.bad("not a time"));
        }
        Ok(Self { serial, date, extensions })
    }

    fn each_extension(
        &self,
        mut visit: impl FnMut(EntryExtension<'a>) -> Result<(), hsign_asn1::Error>,
    ) -> Result<(), hsign_asn1::Error> {
        let Some(list) = &self.extensions else { return Ok(()) };
        let mut inside = list.reader()?;
        while !inside.is_empty() {
            let mut fields = inside.expect(Tag::SEQUENCE)?.reader()?;
            let oid = fields.expect(Tag::OID)?;
            let critical =
                fields.optional(Tag::BOOLEAN)?.map(|flag| boolean(&flag)).transpose()?.unwrap_or(false);
            let value = fields.expect(Tag::OCTET_STRING)?;
            fields.finish()?;
            visit(EntryExtension { oid, critical, value })?;
        }
        Ok(())
    }

    fn certificate_issuer(&self) -> Result<Option<Vec<GeneralName>>, hsign_asn1::Error> {
        let mut names = None;
        self.each_extension(|extension| {
            if extension.oid.contents == CERTIFICATE_ISSUER {
                names = Some(extension.decode(GeneralName::list)?);
            }
            Ok(())
        })?;
        Ok(names)
    }

    fn decode(&self) -> Result<CrlEntry, hsign_asn1::Error> {
        let mut decoded =
            CrlEntry { revocation_date: time(&self.date)?, reason: None, invalidity_date: None };
        self.each_extension(|extension| {
            match extension.oid.contents {
                REASON_CODE => decoded.reason = extension.decode(reason)?,
                INVALIDITY_DATE => decoded.invalidity_date = Some(extension.decode(time)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(decoded)
    }
}

impl EntryExtension<'_> {
    fn decode<T>(
        &self,
        read: impl FnOnce(&Tlv<'_>) -> Result<T, hsign_asn1::Error>,
    ) -> Result<T, hsign_asn1::Error> {
        let octets = octet_string(&self.value)?;
        let mut inside = Reader::at(&octets, self.value.contents_offset(), hsign_asn1::Rules::Ber);
        let decoded = read(&inside.any()?)?;
        inside.finish()?;
        Ok(decoded)
    }
}

fn reason(element: &Tlv<'_>) -> Result<Option<CrlReason>, hsign_asn1::Error> {
    if element.tag != Tag::ENUMERATED {
        return Err(element.bad("a reason code is an ENUMERATED"));
    }
    integer_u64(element.contents).map(CrlReason::from_number).map_err(|error| error.shifted(element.offset()))
}
