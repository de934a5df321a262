//! Revocation lists (RFC 5280 §5): full v2 lists, issued daily, good for four days.

use crate::Error;
use crate::clock::{DAY, Seconds};
use crate::der::{self, tag};
use crate::keys::{self, Hash};
use crate::pki::authorities::{Authority, Ca};
use crate::pki::certificate::{self, other_extension, retag};
use crate::pki::name::{Attribute, Name};

/// A revocation list of the test PKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrlName {
    /// The HPKI root's list of CAs: a critical IssuingDistributionPoint, CN=SARL, onlyContainsCACerts.
    Sarl,
    /// The HPKI root's list about itself, of the same shape with CN=RARL.
    Rarl,
    /// Of the signature CA.
    Signature,
    /// Of the authentication CA.
    Authentication,
    /// Of the TSA's root.
    TsaRoot,
    /// Of the TSA's CA.
    Tsa,
    /// Of the commercial root.
    CommercialRoot,
    /// Of the commercial CA.
    Commercial,
}

impl CrlName {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Sarl,
        Self::Rarl,
        Self::Signature,
        Self::Authentication,
        Self::TsaRoot,
        Self::Tsa,
        Self::CommercialRoot,
        Self::Commercial,
    ];

    /// The file name, e.g. `sarl.crl`.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Sarl => "sarl.crl",
            Self::Rarl => "rarl.crl",
            Self::Signature => "signature.crl",
            Self::Authentication => "authentication.crl",
            Self::TsaRoot => "tsa-root.crl",
            Self::Tsa => "tsa.crl",
            Self::CommercialRoot => "commercial-root.crl",
            Self::Commercial => "commercial.crl",
        }
    }

    /// Where the server offers it.
    pub fn url(self, base_url: &str) -> String {
        format!("{base_url}/crl/{}", self.file_name())
    }

    /// Who issues it.
    pub fn issuer(self) -> Ca {
        match self {
            Self::Sarl | Self::Rarl => Ca::HpkiRoot,
            Self::Signature => Ca::HpkiSignature,
            Self::Authentication => Ca::HpkiAuthentication,
            Self::TsaRoot => Ca::TsaRoot,
            Self::Tsa => Ca::Tsa,
            Self::CommercialRoot => Ca::CommercialRoot,
            Self::Commercial => Ca::Commercial,
        }
    }

    /// Whether a revocation belongs here: the HPKI root keeps one list for the CAs below it and one for itself.
    fn covers(self, revocation: &Revocation) -> bool {
        let of_root = revocation.serial == Ca::HpkiRoot.serial();
        let other_list = match self {
            Self::Sarl => of_root,
            Self::Rarl => !of_root,
            _ => false,
        };
        revocation.issuer == self.issuer() && !other_list
    }

    /// The directoryName in the list's IssuingDistributionPoint, for those that have one.
    pub(crate) fn issuing_distribution_point(self, issuer: &Name) -> Option<Name> {
        let common_name = match self {
            Self::Sarl => "SARL",
            Self::Rarl => "RARL",
            _ => return None,
        };
        Some(issuer.with(&[(Attribute::CommonName, common_name)]))
    }
}

/// One revoked certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Who had issued the certificate.
    pub issuer: Ca,
    /// Its serial number.
    pub serial: u64,
    /// Since when.
    pub date: Seconds,
}

/// The list as it stands at `now`: yesterday's or today's 18:00 UTC issue, or the one made for the latest revocation.
pub(crate) fn create(
    list: CrlName,
    authority: &Authority,
    issuer_of_authority: &Authority,
    revocations: &[Revocation],
    now: Seconds,
) -> Result<Vec<u8>, Error> {
    let listed: Vec<_> = revocations.iter().filter(|entry| list.covers(entry) && entry.date <= now).collect();
    let daily = (now - 18 * 3_600).div_euclid(DAY) * DAY + 18 * 3_600;
    let this_update = listed.iter().map(|entry| entry.date).chain([daily]).max().unwrap_or(daily);
    let entries: Vec<u8> = listed.iter().flat_map(|revocation| entry(revocation)).collect();
    let entries = if entries.is_empty() { entries } else { der::tlv(tag::SEQUENCE, &entries) };
    let number = u64::try_from(this_update).unwrap_or(0);
    let mut extensions = vec![
        authority.authority_key_identifier(issuer_of_authority),
        other_extension("2.5.29.20", false, &der::integer(number)),
    ];
    if let Some(name) = list.issuing_distribution_point(&authority.subject) {
        let value = der::sequence(&[
            &certificate::full_name(&name.general_name()),
            &retag(&der::boolean(true), tag::primitive(2)),
        ]);
        extensions.push(other_extension("2.5.29.28", true, &value));
    }
    let tbs = der::sequence(&[
        &der::integer(1),
        &keys::signature_algorithm(&authority.key, Hash::Sha256),
        &authority.subject.der(),
        &der::time(this_update),
        &der::time(this_update + 4 * DAY),
        &entries,
        &der::explicit(0, &der::tlv(tag::SEQUENCE, &extensions.concat())),
    ]);
    keys::signed(&authority.key, Hash::Sha256, &tbs)
}

/// Every entry gives cessationOfOperation (5), as real lists do: the reason says nothing.
fn entry(revocation: &Revocation) -> Vec<u8> {
    let reason = other_extension("2.5.29.21", false, &der::enumerated(5));
    der::sequence(&[
        &der::integer(revocation.serial),
        &der::time(revocation.date),
        &der::sequence(&[&reason]),
    ])
}
