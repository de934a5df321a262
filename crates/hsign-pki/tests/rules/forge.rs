//! Certificates and CRLs written element by element, with a toy signature scheme: the value is a hash over
//! key and message. So every rule can be broken alone, without a key at all.

use hsign_asn1::encode;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{SignatureAlgorithm, Time};
use hsign_crypto::sha256;
use hsign_x509::{Certificate, Crl};

const ED25519: &str = "1.3.101.112";

/// The scheme's verifier. Key octets that begin with 0xee are of a kind it doesn't know.
pub(crate) struct Toy;

impl SignatureVerifier for Toy {
    fn verify(&self, _: &SignatureAlgorithm, key: &[u8], message: &[u8], value: &[u8]) -> SignatureValidity {
        if key.ends_with(&[UNKNOWN_KEY; 32]) {
            SignatureValidity::Unsupported("no such key".to_owned())
        } else if value == sign(key, message) {
            SignatureValidity::Valid
        } else {
            SignatureValidity::Invalid
        }
    }
}

pub(crate) const UNKNOWN_KEY: u8 = 0xee;

fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    sha256(&[key, message].concat()).repeat(2)
}

fn algorithm() -> Vec<u8> {
    encode::sequence(&[&encode::oid(ED25519).unwrap()])
}

fn key_info(key: u8) -> Vec<u8> {
    encode::sequence(&[&algorithm(), &encode::bit_string(&[key; 32])])
}

/// A name of one common name; empty for "".
pub(crate) fn name(common_name: &str) -> Vec<u8> {
    if common_name.is_empty() {
        return encode::sequence(&[]);
    }
    let attribute = encode::sequence(&[&encode::oid("2.5.4.3").unwrap(), &encode::utf8(common_name)]);
    encode::sequence(&[&encode::set_of_sorted(&[&attribute])])
}

pub(crate) fn time(text: &str) -> Time {
    text.parse().unwrap()
}

pub(crate) fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let oid = encode::oid(oid).unwrap();
    let value = encode::octet_string(value);
    if critical {
        encode::sequence(&[&oid, &encode::boolean(true), &value])
    } else {
        encode::sequence(&[&oid, &value])
    }
}

pub(crate) fn basic_constraints(path_length: Option<u64>) -> Vec<u8> {
    let flag = encode::boolean(true);
    let value = match path_length {
        Some(length) => encode::sequence(&[&flag, &encode::integer(length)]),
        None => encode::sequence(&[&flag]),
    };
    extension("2.5.29.19", true, &value)
}

/// keyUsage from the octet of its first eight bits.
pub(crate) fn key_usage(bits: u8) -> Vec<u8> {
    extension("2.5.29.15", true, &encode::bit_string(&[bits]))
}

pub(crate) fn policies(oids: &[&str]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = oids.iter().map(|oid| encode::sequence(&[&encode::oid(oid).unwrap()])).collect();
    let list: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
    extension("2.5.29.32", true, &encode::sequence(&list))
}

/// nameConstraints with dNSName subtrees.
pub(crate) fn dns_constraints(permitted: &[&str], excluded: &[&str]) -> Vec<u8> {
    let subtrees = |number: u32, names: &[&str]| {
        let list: Vec<u8> = names
            .iter()
            .flat_map(|name| encode::sequence(&[&encode::implicit_primitive(2, name.as_bytes())]))
            .collect();
        if list.is_empty() { Vec::new() } else { encode::implicit_constructed(number, &list) }
    };
    extension("2.5.29.30", true, &encode::sequence(&[&subtrees(0, permitted), &subtrees(1, excluded)]))
}

pub(crate) fn dns_names(names: &[&str]) -> Vec<u8> {
    let list: Vec<u8> =
        names.iter().flat_map(|name| encode::implicit_primitive(2, name.as_bytes())).collect();
    extension("2.5.29.17", false, &encode::sequence(&[&list]))
}

pub(crate) fn extended_key_usage(critical: bool, purposes: &[&str]) -> Vec<u8> {
    let list: Vec<u8> = purposes.iter().flat_map(|oid| encode::oid(oid).unwrap()).collect();
    extension("2.5.29.37", critical, &encode::sequence(&[&list]))
}

pub(crate) fn key_identifiers(subject: u8, issuer: u8) -> [Vec<u8>; 2] {
    [
        extension("2.5.29.14", false, &encode::octet_string(&[subject; 20])),
        extension("2.5.29.35", false, &encode::sequence(&[&encode::implicit_primitive(0, &[issuer; 20])])),
    ]
}

/// A certificate in the making.
#[derive(Clone)]
pub(crate) struct Forge {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) key: u8,
    pub(crate) issuer_key: u8,
    pub(crate) serial: u64,
    /// The octets of a serial number that is none.
    pub(crate) odd_serial: Option<Vec<u8>>,
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Forge {
    /// Valid through 2025 and 2026, version 3, no extensions.
    pub(crate) fn new(subject: &str, key: u8, issuer: &str, issuer_key: u8) -> Self {
        Self {
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            key,
            issuer_key,
            serial: u64::from(key) + 1,
            odd_serial: None,
            not_before: time("2025-01-01T00:00:00Z"),
            not_after: time("2026-12-31T23:59:59Z"),
            extensions: Vec::new(),
        }
    }

    /// With the CA flag and keyCertSign, cRLSign.
    pub(crate) fn ca(subject: &str, key: u8, issuer: &str, issuer_key: u8) -> Self {
        Self::new(subject, key, issuer, issuer_key).with(basic_constraints(None)).with(key_usage(0x06))
    }

    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(crate) fn valid(mut self, from: &str, to: &str) -> Self {
        (self.not_before, self.not_after) = (time(from), time(to));
        self
    }

    pub(crate) fn make(&self) -> Certificate {
        let validity = encode::sequence(&[
            &encode::utc_or_generalized_time(self.not_before),
            &encode::utc_or_generalized_time(self.not_after),
        ]);
        let serial = match &self.odd_serial {
            Some(octets) => encode::integer_from_contents(octets),
            None => encode::integer(self.serial),
        };
        let mut fields = vec![
            encode::explicit(0, &encode::integer(2)),
            serial,
            algorithm(),
            name(&self.issuer),
            validity,
            name(&self.subject),
            key_info(self.key),
        ];
        if !self.extensions.is_empty() {
            let list: Vec<&[u8]> = self.extensions.iter().map(Vec::as_slice).collect();
            fields.push(encode::explicit(3, &encode::sequence(&list)));
        }
        Certificate::from_der(&signed(&fields, self.issuer_key)).unwrap()
    }
}

fn signed(fields: &[Vec<u8>], key: u8) -> Vec<u8> {
    let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
    let tbs = encode::sequence(&fields);
    let value = sign(&key_info(key), &tbs);
    encode::sequence(&[&tbs, &algorithm(), &encode::bit_string(&value)])
}

/// A CRL; `entries` are serial, date and reason code.
pub(crate) fn crl(
    issuer: &str,
    key: u8,
    (this_update, next_update): (&str, &str),
    entries: &[(u64, &str, Option<u8>)],
    extensions: &[Vec<u8>],
) -> Crl {
    let mut fields = vec![
        encode::integer(1),
        algorithm(),
        name(issuer),
        encode::utc_or_generalized_time(time(this_update)),
        encode::utc_or_generalized_time(time(next_update)),
    ];
    if !entries.is_empty() {
        let list: Vec<u8> = entries
            .iter()
            .flat_map(|(serial, date, reason)| {
                let reason = reason.map(|code| {
                    encode::sequence(&[&extension("2.5.29.21", false, &encode::enumerated(code))])
                });
                encode::sequence(&[
                    &encode::integer(*serial),
                    &encode::utc_or_generalized_time(time(date)),
                    &reason.unwrap_or_default(),
                ])
            })
            .collect();
        fields.push(encode::sequence(&[&list]));
    }
    if !extensions.is_empty() {
        let list: Vec<&[u8]> = extensions.iter().map(Vec::as_slice).collect();
        fields.push(encode::explicit(0, &encode::sequence(&list)));
    }
    Crl::from_der(&signed(&fields, key)).unwrap()
}

/// An OCSP response about one certificate.
#[derive(Clone)]
pub(crate) struct Ocsp {
    /// Whose status, and who issued it.
    pub(crate) about: (Certificate, Certificate),
    /// The key that signs.
    pub(crate) key: u8,
    /// ResponderID, a whole element.
    pub(crate) responder: Vec<u8>,
    /// CertStatus, a whole element.
    pub(crate) status: Vec<u8>,
    pub(crate) this_update: Time,
    pub(crate) next_update: Time,
    /// singleExtensions.
    pub(crate) extensions: Vec<Vec<u8>>,
    /// Certificates sent along.
    pub(crate) certificates: Vec<Certificate>,
}

impl Ocsp {
    /// Good, by the issuer itself under its name, issued on 2026-06-01 for four days.
    pub(crate) fn good(certificate: &Certificate, issuer: &Certificate, key: u8) -> Self {
        Self {
            about: (certificate.clone(), issuer.clone()),
            key,
            responder: by_name(issuer),
            status: encode::implicit_primitive(0, &[]),
            this_update: time("2026-06-01T00:00:00Z"),
            next_update: time("2026-06-05T00:00:00Z"),
            extensions: Vec::new(),
            certificates: Vec::new(),
        }
    }

    pub(crate) fn make(&self) -> hsign_x509::OcspResponse {
        let (certificate, issuer) = &self.about;
        let hash = encode::sequence(&[&encode::oid("1.3.14.3.2.26").unwrap(), &encode::null()]);
        let id = encode::sequence(&[
            &hash,
            &encode::octet_string(&sha1(issuer.subject().der())),
            &encode::octet_string(&sha1(issuer.public_key_bits())),
            &encode::tlv(0x02, certificate.serial()),
        ]);
        let extensions = if self.extensions.is_empty() {
            Vec::new()
        } else {
            encode::explicit(1, &encode::tlv(0x30, &self.extensions.concat()))
        };
        let single = encode::sequence(&[
            &id,
            &self.status,
            &generalized(self.this_update),
            &encode::explicit(0, &generalized(self.next_update)),
            &extensions,
        ]);
        let data = encode::sequence(&[
            &self.responder,
            &generalized(self.this_update),
            &encode::sequence(&[&single]),
        ]);
        let value = sign(&key_info(self.key), &data);
        let certificates: Vec<u8> = self.certificates.iter().flat_map(|c| c.der().to_vec()).collect();
        let basic = encode::sequence(&[
            &data,
            &algorithm(),
            &encode::bit_string(&value),
            &encode::explicit(0, &encode::tlv(0x30, &certificates)),
        ]);
        hsign_x509::OcspResponse::from_der(&basic).unwrap()
    }
}

pub(crate) fn by_name(certificate: &Certificate) -> Vec<u8> {
    encode::explicit(1, certificate.subject().der())
}

pub(crate) fn by_key(certificate: &Certificate) -> Vec<u8> {
    encode::explicit(2, &encode::octet_string(&sha1(certificate.public_key_bits())))
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    hsign_crypto::digest(hsign_core::DigestAlgorithm::Sha1, bytes).unwrap().value.as_slice().to_vec()
}

pub(crate) fn generalized(time: Time) -> Vec<u8> {
    let text: String = time
        .to_string()
        .chars()
        .filter(|letter| letter.is_ascii_digit())
        .take(14)
        .chain("Z".chars())
        .collect();
    encode::tlv(0x18, text.as_bytes())
}
