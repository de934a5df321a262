//! Algorithm constraints (EN 319 102-1, acceptance and X.509 validation): what an object relies on, and until
//! when that is good enough by the policy's table.
//!
//! Collected once, judged at any time: each primitive at the time its protection began.

use hsign_core::facts::{SignedObject, TokenFacts};
use hsign_core::{Finding, PublicKeyKind, SignatureAlgorithm, Time};
use hsign_pki::RevocationSource;
use hsign_pki::algorithms::{AlgorithmTable, Limit, Resistance, Use};
use hsign_x509::Certificate;

use crate::algorithm_explanation::{AlgorithmPurpose, ExplainedUse};
use crate::names::shown_subject;
use crate::{AlgorithmEnd, Conclusion, SubIndication};

/// The algorithms that an object relies on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AlgorithmsInUse(Vec<Reliance>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reliance {
    purpose: AlgorithmPurpose,
    algorithm: String,
    limit: Limit,
    complaint: Complaint,
    /// The name of the table that says so.
    table: String,
}

/// What to say when an algorithm isn't good enough.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Complaint {
    TooWeak,
    KeyTooShort,
    Certificate(Certificate),
    RevocationOf(Certificate),
}

impl AlgorithmsInUse {
    /// A signature: its value, the key where the signer is known, the digests of what is signed, and the
    /// references to certificates.
    pub(crate) fn of_signature(
        signed: &SignedObject,
        key: Option<&PublicKeyKind>,
        table: &AlgorithmTable,
    ) -> Self {
        let mut found = Self::default();
        let value = Use::Signature { algorithm: &signed.algorithm, key: None };
        found.rely(table, AlgorithmPurpose::SignatureValue, &value, Complaint::TooWeak);
        if let Some(key) = key {
            found.rely(table, AlgorithmPurpose::Key, &Use::Key(key), Complaint::KeyTooShort);
        }
        for reference in &signed.references {
            let used = Use::digest(reference.expected.algorithm);
            found.rely(table, AlgorithmPurpose::SignedDigest, &used, Complaint::TooWeak);
        }
        for reference in &signed.certificate_references {
            let algorithm = reference.digest.algorithm;
            let used = Use::Digest { algorithm, resistance: Resistance::CertificateIdentifier };
            found.rely(table, AlgorithmPurpose::CertificateReference, &used, Complaint::TooWeak);
        }
        found
    }

    /// A token: its signature, and the digest of what it stamps.
    pub(crate) fn of_token(read: &TokenFacts, key: Option<&PublicKeyKind>, table: &AlgorithmTable) -> Self {
        Self::of_imprint(read, table).and(Self::of_signature(&read.signed, key, table))
    }

    /// The digest of what a token stamps.
    pub(crate) fn of_imprint(read: &TokenFacts, table: &AlgorithmTable) -> Self {
        let mut found = Self::default();
        let used = Use::digest(read.imprint.expected.algorithm);
        found.rely(table, AlgorithmPurpose::Imprint, &used, Complaint::TooWeak);
        found
    }

    /// A certificate: how its issuer, if known, signed it, and its own key.
    pub(crate) fn of_certificate<'k>(
        certificate: &Certificate,
        issuer: impl Into<Option<&'k PublicKeyKind>>,
        table: &AlgorithmTable,
    ) -> Self {
        let mut found = Self::default();
        let complaint = || Complaint::Certificate(certificate.clone());
        let value = Use::Signature { algorithm: certificate.signature_algorithm(), key: issuer.into() };
        found.rely(table, AlgorithmPurpose::SignatureValue, &value, complaint());
        found.rely(table, AlgorithmPurpose::Key, &Use::Key(certificate.public_key_kind()), complaint());
        found
    }

    /// A path, the target first and the anchor last. The anchor's own signature is nobody's concern, since it
    /// is trusted without.
    pub(crate) fn of_path(certificates: &[Certificate], table: &AlgorithmTable) -> Self {
        let pairs = certificates.iter().zip(certificates.iter().skip(1));
        let each = pairs
            .map(|(certificate, issuer)| Self::of_certificate(certificate, issuer.public_key_kind(), table));
        each.fold(Self::default(), Self::and)
    }

    /// Revocation data about `certificate`: their own signature, and the path of whoever made it.
    pub(crate) fn of_revocation(
        source: &RevocationSource,
        certificate: &Certificate,
        issuer: &PublicKeyKind,
        table: &AlgorithmTable,
    ) -> Self {
        let mut found = Self::default();
        let key = source.signer_path.first().map_or(issuer, Certificate::public_key_kind);
        let value = Use::Signature { algorithm: &source.algorithm, key: Some(key) };
        let complaint = Complaint::RevocationOf(certificate.clone());
        found.rely(table, AlgorithmPurpose::SignatureValue, &value, complaint);
        found.and(Self::of_path(&source.signer_path, table))
    }

    /// A signature value alone.
    pub(crate) fn of_value(
        algorithm: &SignatureAlgorithm,
        key: Option<&PublicKeyKind>,
        table: &AlgorithmTable,
    ) -> Self {
        let mut found = Self::default();
        let value = Use::Signature { algorithm, key };
        found.rely(table, AlgorithmPurpose::SignatureValue, &value, Complaint::TooWeak);
        found
    }

    /// The list for people.
    pub(crate) fn explained(&self) -> Vec<ExplainedUse> {
        let each = self.0.iter().map(|reliance| ExplainedUse {
            purpose: reliance.purpose,
            algorithm: reliance.algorithm.clone(),
            until: reliance.limit,
        });
        each.collect()
    }

    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Until when all of it is good enough.
    pub(crate) fn limit(&self) -> Limit {
        self.0.iter().map(|reliance| reliance.limit).min().unwrap_or(Limit::NoEnd)
    }

    /// Which of them ends first, and when; for one that never was good, when it was `used`.
    pub(crate) fn end(&self, used: Time) -> Option<AlgorithmEnd> {
        let first = self.0.iter().min_by_key(|reliance| reliance.limit)?;
        let at = match first.limit {
            Limit::NoEnd => return None,
            Limit::Until(end) => end,
            Limit::Never => used,
        };
        Some(AlgorithmEnd { at, algorithm: first.algorithm.clone() })
    }

    /// What isn't good enough at `at` needs a proof that it existed before its end.
    pub(crate) fn judge(&self, at: Time) -> (Conclusion, Vec<Finding>) {
        let mut findings: Vec<Finding> = Vec::new();
        for reliance in self.0.iter().filter(|reliance| !reliance.limit.at(at).is_good()) {
            let finding = reliance.told(at);
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        let conclusion = if findings.is_empty() {
            Conclusion::Passed
        } else {
            Conclusion::Indeterminate(SubIndication::CryptoConstraintsFailureNoPoe)
        };
        (conclusion, findings)
    }

    fn rely(
        &mut self,
        table: &AlgorithmTable,
        purpose: AlgorithmPurpose,
        used: &Use<'_>,
        complaint: Complaint,
    ) {
        let (algorithm, limit) = table.weakest(used);
        self.0.push(Reliance { purpose, algorithm, limit, complaint, table: table.name().to_owned() });
    }
}

impl Reliance {
    fn told(&self, at: Time) -> Finding {
        let finding = match &self.complaint {
            Complaint::TooWeak => Finding::error("algorithm-too-weak").with("algorithm", &self.algorithm),
            Complaint::KeyTooShort => Finding::error("key-too-short").with("key", &self.algorithm),
            Complaint::Certificate(certificate) => Finding::error("certificate-algorithm-too-weak")
                .with("algorithm", &self.algorithm)
                .with("subject", shown_subject(certificate)),
            Complaint::RevocationOf(certificate) => Finding::error("revocation-algorithm-too-weak")
                .with("algorithm", &self.algorithm)
                .with("subject", shown_subject(certificate)),
        };
        let finding = finding.clause("EN 319 102-1").with("table", &self.table);
        match self.limit.last_good() {
            Some(last) => finding.with("last_good", last).with("at", at),
            None => finding,
        }
    }
}

#[cfg(test)]
mod tests {
    use hsign_core::facts::{Reference, SignerIdentifier};
    use hsign_core::{Digest, DigestAlgorithm};

    use super::*;

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn table() -> AlgorithmTable {
        AlgorithmTable::preset("cryptrec").unwrap()
    }

    fn signed(algorithm: SignatureAlgorithm, digest: DigestAlgorithm) -> SignedObject {
        let digest = Digest { algorithm: digest, value: vec![0; 20].into() };
        SignedObject {
            signed_octets: Vec::new().into(),
            reordered_octets: None,
            algorithm,
            value: Vec::new().into(),
            references: vec![Reference { name: "content".to_owned(), expected: digest, actual: None }],
            signer: SignerIdentifier::default(),
            certificate_references: Vec::new(),
            evidence: hsign_core::facts::EvidenceFacts::default(),
        }
    }

    const WEAK: Conclusion = Conclusion::Indeterminate(SubIndication::CryptoConstraintsFailureNoPoe);

    #[test]
    fn a_primitive_is_judged_at_the_time_its_protection_began() {
        let signed = signed(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1), DigestAlgorithm::Sha1);
        let key = PublicKeyKind::Rsa { bits: 2048 };
        let used = AlgorithmsInUse::of_signature(&signed, Some(&key), &table());
        assert_eq!(used.judge(time("2012-06-01T00:00:00Z")).0, Conclusion::Passed);
        let (conclusion, findings) = used.judge(time("2026-06-01T00:00:00Z"));
        assert_eq!(conclusion, WEAK);
        let named: Vec<_> = findings.iter().filter_map(|finding| finding.values.get("algorithm")).collect();
        assert_eq!(named, ["RSA PKCS#1 v1.5 with SHA-1", "SHA-1"]);
    }

    #[test]
    fn the_last_good_date_of_a_short_key_is_told() {
        let signed = signed(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256), DigestAlgorithm::Sha256);
        let key = PublicKeyKind::Rsa { bits: 2048 };
        let used = AlgorithmsInUse::of_signature(&signed, Some(&key), &table());
        let (conclusion, findings) = used.judge(time("2031-01-01T00:00:00Z"));
        assert_eq!(conclusion, WEAK);
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.code, "key-too-short");
        assert_eq!(finding.values.get("key").map(String::as_str), Some("RSA-2048"));
        assert_eq!(finding.values.get("last_good").map(String::as_str), Some("2030-12-31T14:59:59Z"));
        assert_eq!(used.limit(), Limit::Until(time("2030-12-31T14:59:59Z")));
        let end = AlgorithmEnd { at: time("2030-12-31T14:59:59Z"), algorithm: "RSA-2048".to_owned() };
        assert_eq!(used.end(time("2026-01-01T00:00:00Z")), Some(end));
    }

    #[test]
    fn a_weak_message_digest_under_a_strong_signature_is_weak() {
        let signed = signed(SignatureAlgorithm::Ed25519, DigestAlgorithm::Md5);
        let used = AlgorithmsInUse::of_signature(&signed, None, &table());
        assert_eq!(used.limit(), Limit::Never);
        let (conclusion, findings) = used.judge(time("1999-06-01T00:00:00Z"));
        assert_eq!(conclusion, WEAK);
        assert!(findings.iter().all(|finding| !finding.values.contains_key("last_good")));
    }
}
