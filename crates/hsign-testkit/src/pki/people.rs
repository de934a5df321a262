//! The people of the test PKI, none of whom exists.

use openssl::pkey::{PKey, Private};

use crate::Error;
use crate::clock::{DAY, Seconds, YEAR};
use crate::der;
use crate::keys;
use crate::pki::authorities::{Authority, Ca, distribution_point};
use crate::pki::certificate::{self, KeyUsage, Template};
use crate::pki::crl::CrlName;
use crate::pki::identity::Identity;
use crate::pki::name::{Attribute, Name};
use crate::pki::oid;

/// Who can sign, or tries to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Person {
    /// `Medical Doctor`, RSA-2048.
    Doctor,
    /// `Dentist`.
    Dentist,
    /// `Pharmacist`.
    Pharmacist,
    /// `General Nurse`.
    Nurse,
    /// The administrator role `Director of Hospital`.
    HospitalDirector,
    /// A signature certificate without hcRole.
    NoRole,
    /// A doctor's test card: policy …1.1.0.1 under the same CA.
    TestCard,
    /// A doctor's authentication certificate: another CA, digitalSignature.
    Authentication,
    /// A doctor whose certificate was revoked ten days ago.
    Revoked,
    /// A doctor whose certificate expired thirty days ago.
    Expired,
    /// `Medical Doctor` and `Pharmacist` in one certificate.
    TwoRoles,
    /// A role text that stands in no table.
    UnknownRole,
    /// `Medical Doctor`, RSA-3072.
    DoctorRsa3072,
    /// `Medical Doctor`, P-256.
    DoctorP256,
    /// `Medical Doctor`, P-384.
    DoctorP384,
    /// A person of the commercial CA, outside the HPKI.
    Commercial,
    /// A person with the signature certificate of a My Number card: home address, birth date and sex inside.
    Jpki,
    /// Not a person but a service that signs by its own key for others (立会人型), P-256.
    Witness,
    /// Not a person but a business that attests qualifications, P-256.
    Attester,
}

impl Person {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Doctor,
        Self::Dentist,
        Self::Pharmacist,
        Self::Nurse,
        Self::HospitalDirector,
        Self::NoRole,
        Self::TestCard,
        Self::Authentication,
        Self::Revoked,
        Self::Expired,
        Self::TwoRoles,
        Self::UnknownRole,
        Self::DoctorRsa3072,
        Self::DoctorP256,
        Self::DoctorP384,
        Self::Commercial,
        Self::Jpki,
        Self::Witness,
        Self::Attester,
    ];

    /// The name of the key and of the folder, e.g. `doctor`.
    pub fn name(self) -> &'static str {
        self.profile().0
    }

    /// The role texts in the certificate.
    pub fn roles(self) -> &'static [&'static str] {
        self.profile().3
    }

    /// Who issued the certificate.
    pub fn issuer(self) -> Ca {
        match self {
            Self::Authentication => Ca::HpkiAuthentication,
            Self::Commercial | Self::Witness | Self::Attester => Ca::Commercial,
            Self::Jpki => Ca::Jpki,
            _ => Ca::HpkiSignature,
        }
    }

    /// The certificate's serial number.
    pub fn serial(self) -> u64 {
        1_001 + Self::ALL.iter().zip(0..).find(|(person, _)| **person == self).map_or(0, |(_, index)| index)
    }

    /// File name, Roman name, kanji name (full-width space), role texts.
    fn profile(self) -> (&'static str, &'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::Doctor => ("doctor", "SHIKEN Taro", "試験　太郎", &["Medical Doctor"]),
            Self::Dentist => ("dentist", "SHIKEN Jiro", "試験　次郎", &["Dentist"]),
            Self::Pharmacist => ("pharmacist", "SHIKEN Hanako", "試験　花子", &["Pharmacist"]),
            Self::Nurse => ("nurse", "SHIKEN Sakura", "試験　桜", &["General Nurse"]),
            Self::HospitalDirector => {
                ("hospital-director", "SHIKEN Incho", "試験　院長", &["Director of Hospital"])
            }
            Self::NoRole => ("no-role", "SHIKEN Nashi", "試験　無", &[]),
            Self::TestCard => ("test-card", "SHIKEN Card", "試験　カード", &["Medical Doctor"]),
            Self::Authentication => ("authentication", "SHIKEN Taro", "試験　太郎", &["Medical Doctor"]),
            Self::Revoked => ("revoked", "SHIKEN Shikko", "試験　失効", &["Medical Doctor"]),
            Self::Expired => ("expired", "SHIKEN Kigen", "試験　期限", &["Medical Doctor"]),
            Self::TwoRoles => ("two-roles", "SHIKEN Futatsu", "試験　二", &["Medical Doctor", "Pharmacist"]),
            Self::UnknownRole => ("unknown-role", "SHIKEN Michi", "試験　未知", &["Rainmaker"]),
            Self::DoctorRsa3072 => ("doctor-rsa-3072", "SHIKEN Saburo", "試験　三郎", &["Medical Doctor"]),
            Self::DoctorP256 => ("doctor-p256", "SHIKEN Shiro", "試験　四郎", &["Medical Doctor"]),
            Self::DoctorP384 => ("doctor-p384", "SHIKEN Goro", "試験　五郎", &["Medical Doctor"]),
            Self::Commercial => ("commercial-person", "SHIKEN Shomin", "試験　商民", &[]),
            Self::Jpki => ("jpki-person", "T0000001234567", "試験　住民", &[]),
            Self::Witness => ("witness", "TEST Signing Service", "試験署名サービス", &[]),
            Self::Attester => ("attester", "TEST Attester", "試験証明者", &[]),
        }
    }

    fn policy(self) -> &'static str {
        match self {
            Self::TestCard => oid::TEST_CARD_POLICY,
            Self::Authentication => oid::AUTHENTICATION_POLICY,
            Self::Commercial | Self::Witness | Self::Attester => oid::COMMERCIAL_POLICY,
            _ => oid::SIGNATURE_POLICY,
        }
    }

    /// Five years from a year ago; the end is a day's end in Japan, 14:59:59 UTC.
    fn validity(self, now: Seconds) -> (Seconds, Seconds) {
        let from = if self == Self::Expired { now - 5 * YEAR - 30 * DAY } else { now - YEAR };
        let to = if self == Self::Expired { now - 30 * DAY } else { now + 4 * YEAR };
        (start_of_japanese_day(from), start_of_japanese_day(to) - 1)
    }

    fn subject(self) -> Name {
        let (_, roman, _, _) = self.profile();
        let organization = match self {
            Self::Jpki => return Name::japanese(&[(Attribute::CommonName, roman)]),
            Self::Commercial => "hsign test commerce",
            Self::Witness => "hsign test signing service",
            Self::Attester => "hsign test registration",
            _ => "Hsign Test Hospital",
        };
        self.name_with(organization, roman)
    }

    fn kanji_name(self) -> Name {
        let (_, _, kanji, _) = self.profile();
        self.name_with("エイチサイン試験病院", kanji)
    }

    /// The 2004 draft of the policy asks administrators for an OU that names the role.
    fn name_with(self, organization: &str, common_name: &str) -> Name {
        let mut attributes = vec![(Attribute::Organization, organization)];
        if self == Self::HospitalDirector {
            attributes.push((Attribute::OrganizationalUnit, "Director"));
        }
        attributes.push((Attribute::CommonName, common_name));
        let number = format!("T{:07}", self.serial());
        Name::japanese(&attributes).with(&[(Attribute::SerialNumber, &number)])
    }
}

fn start_of_japanese_day(seconds: Seconds) -> Seconds {
    (seconds + 9 * 3_600).div_euclid(DAY) * DAY - 9 * 3_600
}

/// The person's certificate in the shape that real ones were observed in.
pub(crate) fn create(
    person: Person,
    issuer: &Authority,
    issuers: &[&Authority],
    base_url: &str,
    now: Seconds,
) -> Result<Identity, Error> {
    let key = keys::load(person.name())?;
    let template = template(person, &key, issuer, issuers, base_url, now)?;
    Identity::new(template.issue(&key, &issuer.key)?, person.name(), issuers)
}

/// A further doctor of the same kind, with number, name and key of her own.
pub(crate) fn colleague(
    number: u64,
    key: PKey<Private>,
    issuer: &Authority,
    issuers: &[&Authority],
    base_url: &str,
    now: Seconds,
) -> Result<Identity, Error> {
    let mut template = template(Person::Doctor, &key, issuer, issuers, base_url, now)?;
    template.serial = FIRST_COLLEAGUE + number;
    template.subject =
        template.subject.with(&[(Attribute::SerialNumber, &format!("T{:07}", template.serial))]);
    Ok(Identity::with_key(template.issue(&key, &issuer.key)?, key, "another-doctor", issuers))
}

/// Serial numbers below are those of [`Person::ALL`].
const FIRST_COLLEAGUE: u64 = 20_000;

fn template(
    person: Person,
    key: &PKey<Private>,
    issuer: &Authority,
    issuers: &[&Authority],
    base_url: &str,
    now: Seconds,
) -> Result<Template, Error> {
    let root = issuers.last().copied().unwrap_or(issuer);
    let outside = matches!(person.issuer(), Ca::Commercial);
    let key_usage = match person {
        Person::Authentication => vec![KeyUsage::DigitalSignature],
        Person::Commercial | Person::Witness | Person::Attester => {
            vec![KeyUsage::DigitalSignature, KeyUsage::NonRepudiation]
        }
        _ => vec![KeyUsage::NonRepudiation],
    };
    let mut extensions = vec![
        issuer.authority_key_identifier(root),
        certificate::subject_key_identifier(&certificate::key_identifier(key)?),
        certificate::key_usage(&key_usage),
    ];
    match list_of(person.issuer()) {
        Some(list) => extensions.extend([
            certificate::certificate_policies(person.policy(), Some("http://www.example.jp/cps/")),
            distribution_point(list, base_url),
        ]),
        // Only registered verifiers may ask for what is revoked.
        None => extensions.push(certificate::crl_distribution_points(&[issuer.subject.general_name()])),
    }
    if !person.roles().is_empty() {
        extensions.push(certificate::health_care_roles(person.roles()));
    }
    if person == Person::Jpki {
        extensions.push(certificate::subject_alternative_name(&personal_data()));
    } else if !outside {
        extensions.push(certificate::subject_alternative_name(&[person.kanji_name().general_name()]));
    } else {
        extensions.push(certificate::authority_information_access(
            &format!("{base_url}/ocsp/commercial"),
            &format!("{base_url}/ca/{}.cer", person.issuer().name()),
        ));
    }
    let (not_before, not_after) = person.validity(now);
    Ok(Template {
        serial: person.serial(),
        issuer: issuer.subject.clone(),
        subject: person.subject(),
        not_before,
        not_after,
        extensions,
    })
}

fn list_of(ca: Ca) -> Option<CrlName> {
    match ca {
        Ca::HpkiAuthentication => Some(CrlName::Authentication),
        Ca::Commercial => Some(CrlName::Commercial),
        Ca::Jpki => None,
        _ => Some(CrlName::Signature),
    }
}

/// Name, address, birth date and sex as otherName entries, under an arc for examples.
fn personal_data() -> Vec<Vec<u8>> {
    let entry = |(number, value): (u32, &str)| {
        let kind = der::oid(&format!("2.999.392.{number}"));
        der::explicit(0, &[kind, der::explicit(0, &der::utf8(value))].concat())
    };
    PERSONAL_DATA.into_iter().map(entry).collect()
}

const PERSONAL_DATA: [(u32, &str); 4] =
    [(1, "試験　住民"), (2, "東京都試験区見本町一丁目２番３号"), (3, "19800102"), (4, "2")];
