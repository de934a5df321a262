//! Certificates and CRLs put together by hand, so that any part can be odd.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use hsign_asn1::encode;

/// The parts of a TBSCertificate; each is an element ready to be put in.
pub struct Parts {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub outer_algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub not_before: Vec<u8>,
    pub not_after: Vec<u8>,
    pub subject: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
    pub signature: Vec<u8>,
}

pub fn oid(dotted: &str) -> Vec<u8> {
    encode::oid(dotted).unwrap()
}

pub fn sha256_with_rsa() -> Vec<u8> {
    encode::sequence(&[&oid("1.2.840.113549.1.1.11"), &encode::null()])
}

pub fn name(common_name: &str) -> Vec<u8> {
    name_with(&encode::utf8(common_name))
}

pub fn name_with(value: &[u8]) -> Vec<u8> {
    let attribute = encode::sequence(&[&oid("2.5.4.3"), value]);
    encode::sequence(&[&encode::tlv(0x31, &attribute)])
}

pub fn extension(dotted: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { encode::boolean(true) } else { Vec::new() };
    encode::sequence(&[&oid(dotted), &flag, &encode::octet_string(value)])
}

pub fn spki() -> Vec<u8> {
    let modulus = [vec![0xc5], vec![0x5a; 254], vec![1]].concat();
    let key = encode::sequence(&[&encode::integer_from_be_bytes(&modulus), &encode::integer(65537)]);
    let algorithm = encode::sequence(&[&oid("1.2.840.113549.1.1.1"), &encode::null()]);
    encode::sequence(&[&algorithm, &encode::bit_string(&key)])
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            version: encode::explicit(0, &encode::integer(2)),
            serial: encode::integer(4711),
            algorithm: sha256_with_rsa(),
            outer_algorithm: sha256_with_rsa(),
            issuer: name("CA"),
            not_before: encode::tlv(0x17, b"260101000000Z"),
            not_after: encode::tlv(0x17, b"310101000000Z"),
            subject: name("Holder"),
            extensions: Vec::new(),
            signature: encode::bit_string(&[7; 256]),
        }
    }
}

impl Parts {
    pub fn with(extensions: &[Vec<u8>]) -> Self {
        Self { extensions: extensions.to_vec(), ..Self::default() }
    }

    pub fn der(&self) -> Vec<u8> {
        let validity = encode::sequence(&[&self.not_before, &self.not_after]);
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            list => encode::explicit(3, &encode::tlv(0x30, &list.concat())),
        };
        let tbs = encode::sequence(&[
            &self.version,
            &self.serial,
            &self.algorithm,
            &self.issuer,
            &validity,
            &self.subject,
            &spki(),
            &extensions,
        ]);
        encode::sequence(&[&tbs, &self.outer_algorithm, &self.signature])
    }
}

/// One CRL entry.
pub fn crl_entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = match extensions {
        [] => Vec::new(),
        list => encode::tlv(0x30, &list.concat()),
    };
    encode::sequence(&[
        &encode::integer_from_contents(serial),
        &encode::tlv(0x17, b"260601000000Z"),
        &extensions,
    ])
}

/// A CRL of "CA".
pub fn crl(entries: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let entries = if entries.is_empty() { Vec::new() } else { encode::tlv(0x30, &entries.concat()) };
    let extensions = match extensions {
        [] => Vec::new(),
        list => encode::explicit(0, &encode::tlv(0x30, &list.concat())),
    };
    let tbs = encode::sequence(&[
        &encode::integer(1),
        &sha256_with_rsa(),
        &name("CA"),
        &encode::tlv(0x17, b"260701000000Z"),
        &encode::tlv(0x17, b"260705000000Z"),
        &entries,
        &extensions,
    ]);
    encode::sequence(&[&tbs, &sha256_with_rsa(), &encode::bit_string(&[7; 256])])
}
