//! The certification authorities: a throw-away HPKI, a TSA hierarchy and an unrelated commercial CA.

use openssl::pkey::{PKey, Private};

use crate::Error;
use crate::clock::{Seconds, YEAR};
use crate::keys;
use crate::pki::certificate::{self, KeyUsage, Template};
use crate::pki::crl::CrlName;
use crate::pki::name::{Attribute, Name};
use crate::pki::oid;

/// A certification authority of the test PKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ca {
    /// Stands for the ministry's root: no CN, a directoryName in its SAN.
    HpkiRoot,
    /// Issues signature certificates, test cards included.
    HpkiSignature,
    /// Issues authentication certificates.
    HpkiAuthentication,
    /// Root of the time-stamp authority.
    TsaRoot,
    /// Issues time-stamping units.
    Tsa,
    /// Root of a CA that has nothing to do with health care.
    CommercialRoot,
    /// Issues certificates to persons and TLS ends, outside the HPKI.
    Commercial,
    /// Stands for the CA of the My Number card's signature certificates: self-signed, no CN, no list in public.
    Jpki,
}

impl Ca {
    /// All of them, each after its issuer.
    pub const ALL: [Self; 8] = [
        Self::HpkiRoot,
        Self::HpkiSignature,
        Self::HpkiAuthentication,
        Self::TsaRoot,
        Self::Tsa,
        Self::CommercialRoot,
        Self::Commercial,
        Self::Jpki,
    ];

    /// The name of its key and its files, e.g. `hpki-root`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HpkiRoot => "hpki-root",
            Self::HpkiSignature => "hpki-signature-ca",
            Self::HpkiAuthentication => "hpki-authentication-ca",
            Self::TsaRoot => "tsa-root",
            Self::Tsa => "tsa-ca",
            Self::CommercialRoot => "commercial-root",
            Self::Commercial => "commercial-ca",
            Self::Jpki => "jpki-ca",
        }
    }

    /// Who issued its certificate; itself for roots.
    pub fn issuer(self) -> Self {
        match self {
            Self::HpkiRoot | Self::HpkiSignature | Self::HpkiAuthentication => Self::HpkiRoot,
            Self::TsaRoot | Self::Tsa => Self::TsaRoot,
            Self::CommercialRoot | Self::Commercial => Self::CommercialRoot,
            Self::Jpki => Self::Jpki,
        }
    }

    /// Whether it is a root.
    pub fn is_root(self) -> bool {
        self.issuer() == self
    }

    /// The certificate's serial number.
    pub fn serial(self) -> u64 {
        match self {
            Self::HpkiRoot | Self::TsaRoot | Self::CommercialRoot | Self::Jpki => 1,
            Self::HpkiSignature => 4,
            Self::HpkiAuthentication => 5,
            Self::Tsa | Self::Commercial => 2,
        }
    }

    fn subject(self) -> Name {
        use Attribute::{CommonName, Organization, OrganizationalUnit};
        match self {
            Self::HpkiRoot => Name::japanese(&[
                (Organization, "hsign test ministry"),
                (OrganizationalUnit, "hsign test HPKI"),
                (OrganizationalUnit, "TEST HPKI Root CA"),
            ]),
            Self::HpkiSignature => hpki_ca("HPKI-01-HsignTestSignCA-forNonRepudiation"),
            Self::HpkiAuthentication => hpki_ca("HPKI-01-HsignTestAuthCA-forAuthentication-forIndividual"),
            Self::TsaRoot => Name::japanese(&[
                (Organization, "hsign test time stamps"),
                (CommonName, "TEST Time Stamping Root CA"),
            ]),
            Self::Tsa => Name::japanese(&[
                (Organization, "hsign test time stamps"),
                (CommonName, "TEST Time Stamping CA"),
            ]),
            Self::CommercialRoot => Name::japanese(&[
                (Organization, "hsign test commerce"),
                (CommonName, "TEST Commercial Root CA"),
            ]),
            Self::Commercial => {
                Name::japanese(&[(Organization, "hsign test commerce"), (CommonName, "TEST Commercial CA")])
            }
            Self::Jpki => Name::japanese(&[
                (Organization, "JPKI"),
                (OrganizationalUnit, "JPKI for digital signature"),
                (OrganizationalUnit, "hsign test agency"),
            ]),
        }
    }
}

fn hpki_ca(common_name: &str) -> Name {
    Name::japanese(&[
        (Attribute::Organization, "hsign test"),
        (Attribute::OrganizationalUnit, "TEST HPKI CA"),
        (Attribute::CommonName, common_name),
    ])
}

/// A CA with its certificate and key.
#[derive(Debug)]
pub struct Authority {
    pub(crate) ca: Ca,
    pub(crate) subject: Name,
    pub(crate) serial: u64,
    pub(crate) key: PKey<Private>,
    pub(crate) key_identifier: Vec<u8>,
    certificate: Vec<u8>,
}

impl Authority {
    /// The certificate, DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate
    }

    /// The subject as RFC 4514 text.
    pub fn subject(&self) -> String {
        self.subject.to_text()
    }

    /// The AuthorityKeyIdentifier that what it issues carries.
    pub(crate) fn authority_key_identifier(&self, issuer: &Self) -> Vec<u8> {
        certificate::authority_key_identifier(&self.key_identifier, &issuer.subject, self.serial)
    }
}

/// All authorities; roots are ten years old at `now`, the CAs below them eight.
pub(crate) fn create(base_url: &str, now: Seconds) -> Result<Vec<Authority>, Error> {
    let mut authorities: Vec<Authority> = Vec::new();
    for ca in Ca::ALL {
        let key = keys::load(ca.name())?;
        let key_identifier = certificate::key_identifier(&key)?;
        let issuer = authorities.iter().find(|authority| authority.ca == ca.issuer() && !ca.is_root());
        let mut extensions = vec![
            certificate::basic_constraints_ca(),
            certificate::key_usage(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign]),
            certificate::subject_key_identifier(&key_identifier),
        ];
        extensions.extend(issuer.map(|issuer| issuer.authority_key_identifier(issuer)));
        extensions.extend(own_extensions(ca, base_url));
        let (age, life) = if ca.is_root() { (10 * YEAR, 30 * YEAR) } else { (8 * YEAR, 20 * YEAR) };
        let template = Template {
            serial: ca.serial(),
            issuer: ca.issuer().subject(),
            subject: ca.subject(),
            not_before: now - age,
            not_after: now - age + life,
            extensions,
        };
        let certificate = template.issue(&key, issuer.map_or(&key, |issuer| &issuer.key))?;
        let (subject, serial) = (template.subject, template.serial);
        authorities.push(Authority { ca, subject, serial, key, key_identifier, certificate });
    }
    Ok(authorities)
}

fn own_extensions(ca: Ca, base_url: &str) -> Vec<Vec<u8>> {
    match ca {
        Ca::HpkiRoot => vec![
            certificate::subject_alternative_name(&[Name::plain(&[
                (Attribute::Organization, "試験用の省"),
                (Attribute::OrganizationalUnit, "試験用の部局"),
            ])
            .general_name()]),
            two_distribution_points(CrlName::Rarl, base_url),
        ],
        Ca::HpkiSignature => vec![
            certificate::certificate_policies(oid::SIGNATURE_POLICY, None),
            two_distribution_points(CrlName::Sarl, base_url),
        ],
        Ca::HpkiAuthentication => vec![
            certificate::certificate_policies(oid::AUTHENTICATION_POLICY, None),
            two_distribution_points(CrlName::Sarl, base_url),
        ],
        Ca::Tsa => vec![distribution_point(CrlName::TsaRoot, base_url)],
        Ca::Commercial => vec![
            certificate::certificate_policies(oid::COMMERCIAL_POLICY, None),
            distribution_point(CrlName::CommercialRoot, base_url),
        ],
        Ca::TsaRoot | Ca::CommercialRoot | Ca::Jpki => Vec::new(),
    }
}

/// The directoryName that the list's IssuingDistributionPoint carries, and beside it the place to fetch it.
fn two_distribution_points(list: CrlName, base_url: &str) -> Vec<u8> {
    let names = list.issuing_distribution_point(&Ca::HpkiRoot.subject()).map(|name| name.general_name());
    let names = names.into_iter().chain([certificate::uri(&list.url(base_url))]);
    certificate::crl_distribution_points(&names.collect::<Vec<_>>())
}

/// One distribution point, a URI.
pub(crate) fn distribution_point(list: CrlName, base_url: &str) -> Vec<u8> {
    certificate::crl_distribution_points(&[certificate::uri(&list.url(base_url))])
}
