use hsign_core::SignatureAlgorithm;

use super::Key;
use super::certificate::{algorithm_identifier, authority_key, envelope, extension, name};
use super::der::*;

/// A CRL to be made.
#[derive(Clone, Debug)]
pub struct CrlSpec<'a> {
    pub issuer: &'a str,
    pub key: &'a Key,
    pub algorithm: SignatureAlgorithm,
    pub this_update: i64,
    pub next_update: Option<i64>,
    /// From when on expired certificates are kept on it (X.509 expiredCertsOnCRL).
    pub expired_kept_since: Option<i64>,
    pub entries: Vec<CrlEntry>,
    pub broken: bool,
}

#[derive(Clone, Debug)]
pub struct CrlEntry {
    pub serial: u64,
    pub at: i64,
    /// RFC 5280 §5.3.1.
    pub reason: u8,
}

impl CrlSpec<'_> {
    pub fn der(&self) -> Vec<u8> {
        let entries: Vec<Vec<u8>> = self.entries.iter().map(CrlEntry::der).collect();
        let mut extensions =
            vec![authority_key(self.key), extension("2.5.29.20", false, &integer(self.this_update as u64))];
        if let Some(since) = self.expired_kept_since {
            extensions.push(extension("2.5.29.60", false, &generalized_time(since)));
        }
        let mut fields = vec![
            integer(1),
            algorithm_identifier(&self.algorithm),
            name(self.issuer),
            time(self.this_update),
        ];
        fields.extend(self.next_update.map(time));
        if !entries.is_empty() {
            fields.push(sequence(&entries));
        }
        fields.push(explicit(0, &sequence(&extensions)));
        envelope(sequence(&fields), &self.algorithm, self.key, self.broken)
    }
}

impl CrlEntry {
    fn der(&self) -> Vec<u8> {
        let mut fields = vec![integer(self.serial), time(self.at)];
        if self.reason != 0 {
            let reason = extension("2.5.29.21", false, &tlv(0x0A, &[self.reason]));
            fields.push(sequence(&[reason]));
        }
        sequence(&fields)
    }
}

/// An OCSP response about one certificate to be made.
#[derive(Clone, Debug)]
pub struct OcspSpec<'a> {
    /// The certificate's issuer and serial number.
    pub issuer: &'a str,
    pub issuer_key: &'a Key,
    pub serial: u64,
    pub status: OcspStatus,
    pub this_update: i64,
    pub next_update: Option<i64>,
    pub produced_at: i64,
    pub archive_cutoff: Option<i64>,
    /// SHA-256 of the certificate (certHash of Common PKI).
    pub certificate_hash: Option<[u8; 32]>,
    /// Who answers, and its certificate when it isn't the issuer itself.
    pub responder: &'a Key,
    pub certificates: Vec<Vec<u8>>,
    pub algorithm: SignatureAlgorithm,
    pub broken: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum OcspStatus {
    Good,
    Revoked { at: i64, reason: u8 },
    Unknown,
}

const SHA1: &str = "1.3.14.3.2.26";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";

impl OcspSpec<'_> {
    pub fn der(&self) -> Vec<u8> {
        let tbs = sequence(&[
            explicit(2, &octets(&key_hash(self.responder))),
            generalized_time(self.produced_at),
            sequence(&[self.single()]),
        ]);
        let mut basic = vec![tbs.clone(), algorithm_identifier(&self.algorithm)];
        let mut value = self.responder.sign(&tbs);
        if self.broken {
            value[0] ^= 1;
        }
        basic.push(bits(&value));
        if !self.certificates.is_empty() {
            basic.push(explicit(0, &sequence(&self.certificates)));
        }
        let bytes = sequence(&[oid("1.3.6.1.5.5.7.48.1.1"), octets(&sequence(&basic))]);
        sequence(&[tlv(0x0A, &[0]), explicit(0, &bytes)])
    }

    fn single(&self) -> Vec<u8> {
        let certificate = sequence(&[
            sequence(&[oid(SHA1), null()]),
            octets(&openssl::sha::sha1(&name(self.issuer))),
            octets(&key_hash(self.issuer_key)),
            integer(self.serial),
        ]);
        let mut fields = vec![certificate, self.status.der(), generalized_time(self.this_update)];
        fields.extend(self.next_update.map(|next| explicit(0, &generalized_time(next))));
        let mut extensions = Vec::new();
        if let Some(cutoff) = self.archive_cutoff {
            extensions.push(extension("1.3.6.1.5.5.7.48.1.6", false, &generalized_time(cutoff)));
        }
        if let Some(hash) = self.certificate_hash {
            let hash = sequence(&[sequence(&[oid(SHA256), null()]), octets(&hash)]);
            extensions.push(extension("1.3.36.8.3.13", false, &hash));
        }
        if !extensions.is_empty() {
            fields.push(explicit(1, &sequence(&extensions)));
        }
        sequence(&fields)
    }
}

impl OcspStatus {
    fn der(self) -> Vec<u8> {
        match self {
            Self::Good => tlv(0x80, &[]),
            Self::Unknown => tlv(0x82, &[]),
            Self::Revoked { at, reason } => {
                let mut fields = generalized_time(at);
                if reason != 0 {
                    fields.extend(explicit(0, &tlv(0x0A, &[reason])));
                }
                tlv(0xA1, &fields)
            }
        }
    }
}

/// SHA-1 over the key as the BIT STRING holds it (RFC 6960 §4.2.1): the SubjectPublicKeyInfo's last element.
fn key_hash(key: &Key) -> [u8; 20] {
    let info = key_bits(&key.public);
    openssl::sha::sha1(info)
}

fn key_bits(info: &[u8]) -> &[u8] {
    let (_, fields) = element(info);
    let (algorithm_end, _) = element(fields);
    let (_, bits) = element(&fields[algorithm_end..]);
    &bits[1..]
}

/// Where the first element ends, and its contents.
fn element(bytes: &[u8]) -> (usize, &[u8]) {
    let (header, length) = if bytes[1] < 0x80 {
        (2, usize::from(bytes[1]))
    } else {
        let count = usize::from(bytes[1] & 0x7F);
        (2 + count, bytes[2..2 + count].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)))
    };
    (header + length, &bytes[header..header + length])
}
