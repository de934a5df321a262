//! Certificates of machines: time-stamping units (fit and unfit ones), OCSP responders, both ends of TLS.

use crate::Error;
use crate::clock::{DAY, Seconds, YEAR};
use crate::der::{self, tag};
use crate::keys;
use crate::pki::authorities::{Authority, Ca, distribution_point};
use crate::pki::certificate::{self, KeyUsage, Template};
use crate::pki::crl::CrlName;
use crate::pki::identity::Identity;
use crate::pki::name::{Attribute, Name};
use crate::pki::oid;

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The time-stamping unit: RSA-2048, critical timeStamping.
    Tsa,
    /// A time-stamping unit with a P-256 key.
    TsaP256,
    /// A unit with codeSigning in place of timeStamping.
    TsaWrongEku,
    /// A unit whose timeStamping is not critical.
    TsaNonCriticalEku,
    /// A unit whose certificate expired thirty days ago.
    TsaExpired,
    /// OCSP responder of the TSA's CA, with id-pkix-ocsp-nocheck.
    TsaOcsp,
    /// OCSP responder of the commercial CA, with id-pkix-ocsp-nocheck.
    CommercialOcsp,
    /// The TLS server on 127.0.0.1, under the commercial CA.
    TlsServer,
    /// The TLS client that servers may ask for, under the commercial CA.
    TlsClient,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Tsa,
        Self::TsaP256,
        Self::TsaWrongEku,
        Self::TsaNonCriticalEku,
        Self::TsaExpired,
        Self::TsaOcsp,
        Self::CommercialOcsp,
        Self::TlsServer,
        Self::TlsClient,
    ];

    /// The name of its files, e.g. `tsa-unit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tsa => "tsa-unit",
            Self::TsaP256 => "tsa-unit-p256",
            Self::TsaWrongEku => "tsa-unit-wrong-eku",
            Self::TsaNonCriticalEku => "tsa-unit-non-critical-eku",
            Self::TsaExpired => "tsa-unit-expired",
            Self::TsaOcsp => "tsa-ocsp",
            Self::CommercialOcsp => "commercial-ocsp",
            Self::TlsServer => "tls-server",
            Self::TlsClient => "tls-client",
        }
    }

    /// The certificate's serial number.
    pub fn serial(self) -> u64 {
        101 + Self::ALL.iter().zip(0..).find(|(unit, _)| **unit == self).map_or(0, |(_, index)| index)
    }

    /// Who issued the certificate.
    pub fn issuer(self) -> Ca {
        match self {
            Self::CommercialOcsp | Self::TlsServer | Self::TlsClient => Ca::Commercial,
            _ => Ca::Tsa,
        }
    }

    fn key_name(self) -> &'static str {
        match self {
            Self::TsaWrongEku | Self::TsaNonCriticalEku | Self::TsaExpired => "tsa-unit-unfit",
            Self::TsaOcsp | Self::CommercialOcsp => "ocsp-responder",
            _ => self.name(),
        }
    }

    fn extended_key_usage(self) -> Vec<u8> {
        match self {
            Self::Tsa | Self::TsaP256 | Self::TsaExpired => {
                certificate::extended_key_usage(true, &[oid::TIME_STAMPING])
            }
            Self::TsaWrongEku => certificate::extended_key_usage(true, &[oid::CODE_SIGNING]),
            Self::TsaNonCriticalEku => certificate::extended_key_usage(false, &[oid::TIME_STAMPING]),
            Self::TsaOcsp | Self::CommercialOcsp => {
                certificate::extended_key_usage(false, &[oid::OCSP_SIGNING])
            }
            Self::TlsServer => certificate::extended_key_usage(false, &[oid::SERVER_AUTHENTICATION]),
            Self::TlsClient => certificate::extended_key_usage(false, &[oid::CLIENT_AUTHENTICATION]),
        }
    }

    pub(crate) fn subject(self) -> Name {
        let (organization, common_name) = match self {
            Self::Tsa => ("hsign test time stamps", "TEST Time Stamping Unit 1"),
            Self::TsaP256 => ("hsign test time stamps", "TEST Time Stamping Unit 2"),
            Self::TsaWrongEku => ("hsign test time stamps", "TEST Unit with codeSigning"),
            Self::TsaNonCriticalEku => ("hsign test time stamps", "TEST Unit with non-critical EKU"),
            Self::TsaExpired => ("hsign test time stamps", "TEST Unit expired"),
            Self::TsaOcsp => ("hsign test time stamps", "TEST OCSP Responder"),
            Self::CommercialOcsp => ("hsign test commerce", "TEST OCSP Responder"),
            Self::TlsServer => ("hsign test commerce", "localhost"),
            Self::TlsClient => ("hsign test commerce", "TEST TLS client"),
        };
        Name::japanese(&[(Attribute::Organization, organization), (Attribute::CommonName, common_name)])
    }

    /// A unit's certificate lives eleven years, as is the custom; the others four.
    fn validity(self, now: Seconds) -> (Seconds, Seconds) {
        match self {
            Self::TsaExpired => (now - 3 * YEAR, now - 30 * DAY),
            Self::Tsa | Self::TsaP256 | Self::TsaWrongEku | Self::TsaNonCriticalEku => {
                (now - YEAR, now + 10 * YEAR)
            }
            _ => (now - YEAR, now + 3 * YEAR),
        }
    }
}

pub(crate) fn create(
    unit: Unit,
    issuer: &Authority,
    issuers: &[&Authority],
    base_url: &str,
    now: Seconds,
) -> Result<Identity, Error> {
    let key = keys::load(unit.key_name())?;
    let mut extensions = vec![
        certificate::authority_key_identifier_short(&issuer.key_identifier),
        certificate::subject_key_identifier(&certificate::key_identifier(&key)?),
        certificate::key_usage(&[KeyUsage::DigitalSignature]),
        unit.extended_key_usage(),
    ];
    if unit == Unit::TlsServer {
        extensions.push(certificate::subject_alternative_name(&[
            der::tlv(tag::primitive(7), &[127, 0, 0, 1]),
            der::tlv(tag::primitive(2), b"localhost"),
        ]));
    }
    if matches!(unit, Unit::TsaOcsp | Unit::CommercialOcsp) {
        extensions.push(certificate::ocsp_no_check());
    } else {
        let (list, responder) = match unit.issuer() {
            Ca::Tsa => (CrlName::Tsa, "tsa"),
            _ => (CrlName::Commercial, "commercial"),
        };
        extensions.push(distribution_point(list, base_url));
        extensions.push(certificate::authority_information_access(
            &format!("{base_url}/ocsp/{responder}"),
            &format!("{base_url}/ca/{}.cer", unit.issuer().name()),
        ));
    }
    let (not_before, not_after) = unit.validity(now);
    let template = Template {
        serial: unit.serial(),
        issuer: issuer.subject.clone(),
        subject: unit.subject(),
        not_before,
        not_after,
        extensions,
    };
    Identity::new(template.issue(&key, &issuer.key)?, unit.key_name(), issuers)
}
