//! X.509 certificates (RFC 5280 §4) and their extensions, built field by field.

use openssl::pkey::{PKey, Private};

use crate::clock::Seconds;
use crate::der::{self, tag};
use crate::keys::{self, Hash};
use crate::pki::name::Name;
use crate::{Error, pki::oid};

/// A v3 certificate before it is signed.
pub(crate) struct Template {
    pub(crate) serial: u64,
    pub(crate) issuer: Name,
    pub(crate) subject: Name,
    pub(crate) not_before: Seconds,
    pub(crate) not_after: Seconds,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Template {
    /// The certificate for `key`, signed with SHA-256 by `issuer_key`.
    pub(crate) fn issue(&self, key: &PKey<Private>, issuer_key: &PKey<Private>) -> Result<Vec<u8>, Error> {
        let tbs = der::sequence(&[
            &der::explicit(0, &der::integer(2)),
            &der::integer(self.serial),
            &keys::signature_algorithm(issuer_key, Hash::Sha256),
            &self.issuer.der(),
            &der::sequence(&[&der::time(self.not_before), &der::time(self.not_after)]),
            &self.subject.der(),
            &key.public_key_to_der()?,
            &der::explicit(3, &der::tlv(tag::SEQUENCE, &self.extensions.concat())),
        ]);
        keys::signed(issuer_key, Hash::Sha256, &tbs)
    }
}

/// Bits of KeyUsage (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyUsage {
    DigitalSignature = 0,
    NonRepudiation = 1,
    KeyCertSign = 5,
    CrlSign = 6,
}

fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { der::boolean(true) } else { Vec::new() };
    der::sequence(&[&der::oid(oid), &flag, &der::octet_string(value)])
}

pub(crate) fn basic_constraints_ca() -> Vec<u8> {
    extension("2.5.29.19", true, &der::sequence(&[&der::boolean(true)]))
}

pub(crate) fn key_usage(bits: &[KeyUsage]) -> Vec<u8> {
    let bits: Vec<u8> = bits.iter().map(|bit| *bit as u8).collect();
    extension("2.5.29.15", true, &der::named_bits(&bits))
}

pub(crate) fn extended_key_usage(critical: bool, purposes: &[&str]) -> Vec<u8> {
    let purposes: Vec<u8> = purposes.iter().flat_map(|purpose| der::oid(purpose)).collect();
    extension("2.5.29.37", critical, &der::tlv(tag::SEQUENCE, &purposes))
}

/// Critical certificatePolicies with one policy, and its CPS qualifier if there is one.
pub(crate) fn certificate_policies(policy: &str, cps: Option<&str>) -> Vec<u8> {
    let qualifiers = cps.map_or_else(Vec::new, |cps| {
        der::sequence(&[&der::sequence(&[&der::oid(oid::CPS), &der::ia5(cps)])])
    });
    let information = der::sequence(&[&der::oid(policy), &qualifiers]);
    extension("2.5.29.32", true, &der::sequence(&[&information]))
}

pub(crate) fn subject_key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension("2.5.29.14", false, &der::octet_string(identifier))
}

/// AuthorityKeyIdentifier with key identifier, issuer and serial number of the issuing CA's certificate.
pub(crate) fn authority_key_identifier(key_identifier: &[u8], issuer: &Name, serial: u64) -> Vec<u8> {
    let serial = retag(&der::integer(serial), tag::primitive(2));
    let value = der::sequence(&[
        &der::tlv(tag::primitive(0), key_identifier),
        &der::tlv(tag::constructed(1), &issuer.general_name()),
        &serial,
    ]);
    extension("2.5.29.35", false, &value)
}

/// AuthorityKeyIdentifier with the key identifier only.
pub(crate) fn authority_key_identifier_short(key_identifier: &[u8]) -> Vec<u8> {
    extension("2.5.29.35", false, &der::sequence(&[&der::tlv(tag::primitive(0), key_identifier)]))
}

pub(crate) fn subject_alternative_name(general_names: &[Vec<u8>]) -> Vec<u8> {
    extension("2.5.29.17", false, &der::tlv(tag::SEQUENCE, &general_names.concat()))
}

/// DistributionPointName `fullName` with one name.
pub(crate) fn full_name(general_name: &[u8]) -> Vec<u8> {
    der::explicit(0, &der::tlv(tag::constructed(0), general_name))
}

/// CRLDistributionPoints, one point for each general name.
pub(crate) fn crl_distribution_points(general_names: &[Vec<u8>]) -> Vec<u8> {
    let points: Vec<u8> = general_names.iter().flat_map(|name| der::sequence(&[&full_name(name)])).collect();
    extension("2.5.29.31", false, &der::tlv(tag::SEQUENCE, &points))
}

/// GeneralName uniformResourceIdentifier.
pub(crate) fn uri(uri: &str) -> Vec<u8> {
    der::tlv(tag::primitive(6), uri.as_bytes())
}

pub(crate) fn authority_information_access(ocsp: &str, ca_issuers: &str) -> Vec<u8> {
    let ocsp = der::sequence(&[&der::oid("1.3.6.1.5.5.7.48.1"), &uri(ocsp)]);
    let ca_issuers = der::sequence(&[&der::oid("1.3.6.1.5.5.7.48.2"), &uri(ca_issuers)]);
    extension("1.3.6.1.5.5.7.1.1", false, &der::sequence(&[&ocsp, &ca_issuers]))
}

/// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
pub(crate) fn ocsp_no_check() -> Vec<u8> {
    extension("1.3.6.1.5.5.7.48.1.5", false, &der::null())
}

/// subjectDirectoryAttributes with one hcRole attribute of one or more actors.
pub(crate) fn health_care_roles(texts: &[&str]) -> Vec<u8> {
    extension("2.5.29.9", false, &health_care_role_value(texts))
}

/// The extension's content. HCActorData is a SET OF HCActor, CodedData a SET in the order of its tags.
pub(crate) fn health_care_role_value(texts: &[&str]) -> Vec<u8> {
    let actors = texts.iter().map(|text| {
        let coded = der::set(&[
            &der::explicit(0, &der::oid(oid::CODING_SCHEME)),
            &der::explicit(2, &der::utf8(text)),
        ]);
        der::sequence(&[&der::explicit(0, &coded)])
    });
    let value = der::set_of(actors.collect());
    der::sequence(&[&der::sequence(&[&der::oid(oid::HEALTHCARE_ACTOR), &der::set(&[&value])])])
}

/// A CRL's or an OCSP response's extension, for the modules beside this one.
pub(crate) fn other_extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    extension(oid, critical, value)
}

/// SHA-1 over the public key's bits (RFC 5280 §4.2.1.2 method 1).
pub(crate) fn key_identifier(key: &PKey<Private>) -> Result<Vec<u8>, Error> {
    let bits = public_key_bits(key)?;
    Ok(openssl::sha::sha1(&bits).to_vec())
}

/// The contents of subjectPublicKey without the count of unused bits.
pub(crate) fn public_key_bits(key: &PKey<Private>) -> Result<Vec<u8>, Error> {
    let spki = key.public_key_to_der()?;
    let malformed = Error::Malformed("public key");
    let Some((outer, _)) = der::read(&spki) else { return Err(malformed) };
    let parts = der::children(outer.contents).unwrap_or_default();
    match parts.get(1).and_then(|bits| bits.contents.split_first()) {
        Some((0, bits)) => Ok(bits.to_vec()),
        _ => Err(malformed),
    }
}

/// The same contents under another tag (IMPLICIT).
pub(crate) fn retag(element: &[u8], tag: u8) -> Vec<u8> {
    der::concat(&[&[tag], element.get(1..).unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|octet| format!("{octet:02X}")).collect()
    }

    #[test]
    fn hc_role_bytes_of_the_observed_certificates() {
        assert_eq!(
            hex(&health_care_role_value(&["Medical Doctor"])),
            "303430320606288185420001312831263024A0223120A00C060A2A830886910F01060101A2100C0E4D65646963616C20446F63746F72"
        );
        assert_eq!(
            hex(&health_care_role_value(&["Pharmacist"])),
            "3030302E0606288185420001312431223020A01E311CA00C060A2A830886910F01060101A20C0C0A506861726D6163697374"
        );
    }
}
