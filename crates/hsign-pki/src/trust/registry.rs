use std::collections::BTreeSet;

use hsign_crypto::sha256;
use hsign_x509::{Certificate, certificates_from_bytes};

use super::{Purpose, TrustEntry, TrustKind, file};
use crate::{Anchor, Error};

/// The pins this build ships, read like any other registry file.
const BUILTIN: &str = include_str!("../../data/builtin-trust.toml");

/// Who is trusted, as what, from when to when, on whose word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustRegistry {
    entries: Vec<TrustEntry>,
    /// SHA-256 of everything this registry was made from, in order.
    parts: Vec<[u8; 32]>,
}

impl TrustRegistry {
    /// Reads a registry file. `resolve` gives the bytes of a certificate that the file names by path.
    ///
    /// # Errors
    /// Unknown keys, values that make no sense, a certificate that doesn't match its pin; with the line.
    pub fn parse_toml(text: &str, resolve: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, Error> {
        Ok(Self { entries: file::read(text, resolve)?, parts: vec![sha256(text.as_bytes())] })
    }

    /// The pins that come with hsign. None of them counts until [`confirmed`](Self::confirmed).
    ///
    /// # Errors
    /// Never for the file that was shipped; a test reads it.
    pub fn builtin() -> Result<Self, Error> {
        let mut registry = Self::parse_toml(BUILTIN, &|_| None)?;
        for entry in &mut registry.entries {
            entry.confirmed = false;
        }
        Ok(registry)
    }

    /// Bare certificates (DER, PEM bundle, PKCS#7) as anchors for signers: class none, no dates.
    ///
    /// # Errors
    /// When there is no certificate in the bytes.
    pub fn from_signer_certificates(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_certificates(bytes, TrustKind::Bare)
    }

    /// Bare certificates as anchors for time-stamp authorities: accredited by nobody, no dates.
    ///
    /// # Errors
    /// When there is no certificate in the bytes.
    pub fn from_tsa_certificates(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_certificates(bytes, TrustKind::Tsa)
    }

    fn from_certificates(bytes: &[u8], kind: TrustKind) -> Result<Self, Error> {
        let certificates =
            certificates_from_bytes(bytes).map_err(|error| Error::NoCertificate(error.to_string()))?;
        if certificates.is_empty() {
            return Err(Error::NoCertificate("it is empty".to_owned()));
        }
        let part = sha256(&[kind.name().as_bytes(), bytes].concat());
        let entries =
            certificates.into_iter().map(|certificate| TrustEntry::bare(certificate, kind)).collect();
        Ok(Self { entries, parts: vec![part] })
    }

    /// Lets those entries count whose pin is in `pins`; what already counts stays. The digest changes with
    /// what counts, since the trust does.
    #[must_use]
    pub fn confirmed(mut self, pins: &BTreeSet<[u8; 32]>) -> Self {
        let mut newly = Vec::new();
        for entry in self.entries.iter_mut().filter(|entry| !entry.confirmed) {
            if pins.contains(&entry.sha256) {
                entry.confirmed = true;
                newly.extend_from_slice(&entry.sha256);
            }
        }
        if !newly.is_empty() {
            self.parts.push(sha256(&newly));
        }
        self
    }

    /// Adds one entry, such as an imported certificate. The digest changes with it.
    pub fn add(&mut self, entry: TrustEntry) {
        self.parts.push(sha256(file::write(std::slice::from_ref(&entry)).as_bytes()));
        self.entries.push(entry);
    }

    /// Adds another registry's entries.
    pub fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.parts.extend(other.parts);
    }

    /// The same trust as seen by whoever judges an attester's signature: attesters and time-stamp authorities, and
    /// none of those who are trusted as signers of documents. The digest stays: it is the same registry.
    #[must_use]
    pub fn for_attesters(&self) -> Self {
        let serves = |entry: &&TrustEntry| entry.serves(Purpose::Attester) || entry.serves(Purpose::Tsa);
        let as_signer = |entry: &TrustEntry| match entry.kind {
            TrustKind::Attester => TrustEntry {
                kind: TrustKind::CertificationBusiness,
                // Their period is judged by the caller, at the time that is proven for their signature.
                from: None,
                to: None,
                ..entry.clone()
            },
            _ => entry.clone(),
        };
        Self {
            entries: self.entries.iter().filter(serves).map(as_signer).collect(),
            parts: self.parts.clone(),
        }
    }

    /// All entries, those that don't count yet too.
    #[must_use]
    pub fn entries(&self) -> &[TrustEntry] {
        &self.entries
    }

    /// Identifies the trust in verdicts: SHA-256 of the registry text; of the digests in order when it was
    /// put together from several.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        match self.parts.as_slice() {
            [only] => *only,
            several => sha256(&several.concat()),
        }
    }

    /// Anchors for `purpose`: every entry that counts and whose certificate the registry brings or is among
    /// `known`. Dates aren't looked at here, since they are judged at the time of each path.
    ///
    /// An HPKI signature CA is one only while no HPKI root is at hand: paths that end at the root include
    /// the CA's own revocation.
    #[must_use]
    pub fn anchors(&self, purpose: Purpose, known: &[Certificate]) -> Vec<Anchor> {
        let mut anchors = self.counting(purpose, known);
        if anchors.iter().any(|anchor| anchor.entry().kind == TrustKind::HpkiRoot) {
            anchors.retain(|anchor| anchor.entry().kind != TrustKind::HpkiSignatureCa);
        }
        anchors
    }

    /// The certificates that the registry brings, for path building: they stand in no document for sure.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        self.entries.iter().filter_map(|entry| entry.certificate.clone()).collect()
    }

    fn counting(&self, purpose: Purpose, known: &[Certificate]) -> Vec<Anchor> {
        self.entries
            .iter()
            .filter(|entry| entry.confirmed && entry.serves(purpose))
            .filter_map(|entry| {
                let certificate = entry
                    .certificate
                    .clone()
                    .or_else(|| known.iter().find(|known| known.sha256() == entry.sha256).cloned())?;
                Some(Anchor::new(certificate, entry.clone()))
            })
            .collect()
    }

    /// The entry whose pin is this certificate's digest, whether it counts or not.
    #[must_use]
    pub fn entry_for(&self, certificate: &Certificate) -> Option<&TrustEntry> {
        let digest = certificate.sha256();
        self.entries.iter().find(|entry| entry.sha256 == digest)
    }

    /// The registry as a file; reading it gives the same entries. Bare certificates become
    /// certification businesses, since files have no name for them.
    #[must_use]
    pub fn to_toml(&self) -> String {
        file::write(&self.entries)
    }
}
