//! What stands in the unsigned attributes of a signer, each thing with a name in its document.

use hsign_cms::oid::COUNTERSIGNATURE;
use hsign_cms::{Attribute, SignerInfo};
use hsign_core::facts::{Covered, EvidenceFacts};
use hsign_core::{Budget, BudgetExhausted, Digest, DigestAlgorithm, Finding, GenTime, Octets};
use hsign_tsp::{SIGNATURE_TIMESTAMP, Token};

use crate::oid::{
    ARCHIVE_TIMESTAMP, ARCHIVE_TIMESTAMP_V2, ARCHIVE_TIMESTAMP_V3, CERTIFICATE_VALUES, ESC_TIMESTAMP,
    EXTERNAL_EVIDENCE_RECORDS, INTERNAL_EVIDENCE_RECORDS, LONG_TERM_VALIDATION, REFERENCES_TIMESTAMP,
    REVOCATION_VALUES,
};
use crate::values;

/// Time stamps, countersignatures and evidence records of one document; archives renewed for decades hold some hundreds.
const MOST_THINGS: u64 = 2_000;

/// Countersignatures of countersignatures.
const DEEPEST: u32 = 16;

/// What a time stamp was put on for, which decides over what its imprint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StampKind {
    Signature,
    /// Signature, its time stamp and references to validation data (CAdES-C-time-stamp).
    Esc,
    /// References to validation data alone.
    References,
    Archive,
    ArchiveV2,
    ArchiveV3,
    LongTerm,
}

const STAMPS: [(&str, &str, StampKind); 7] = [
    (SIGNATURE_TIMESTAMP, "signature-time-stamp", StampKind::Signature),
    (ESC_TIMESTAMP, "cades-c-time-stamp", StampKind::Esc),
    (REFERENCES_TIMESTAMP, "certs-crls-time-stamp", StampKind::References),
    (ARCHIVE_TIMESTAMP, "archive-time-stamp", StampKind::Archive),
    (ARCHIVE_TIMESTAMP_V2, "archive-time-stamp-v2", StampKind::ArchiveV2),
    (ARCHIVE_TIMESTAMP_V3, "archive-time-stamp-v3", StampKind::ArchiveV3),
    (LONG_TERM_VALIDATION, "long-term-validation", StampKind::LongTerm),
];

impl StampKind {
    pub(crate) fn is_archive(self) -> bool {
        matches!(self, Self::Archive | Self::ArchiveV2 | Self::ArchiveV3 | Self::LongTerm)
    }

    /// Whether its imprint is over certificates and revocation data as they stand, so that nothing may be put there.
    pub(crate) fn freezes_root(self) -> bool {
        matches!(self, Self::Archive | Self::ArchiveV2 | Self::LongTerm)
    }

    pub(crate) fn name(self) -> &'static str {
        STAMPS.iter().find(|(_, _, kind)| *kind == self).map_or("", |(_, name, _)| name)
    }
}

/// Which value of which attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Spot {
    pub(crate) attribute: usize,
    pub(crate) value: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    pub(crate) spot: Spot,
    pub(crate) id: String,
    pub(crate) kind: StampKind,
    pub(crate) token: Vec<u8>,
}

impl Stamp {
    /// When the token says that it was made.
    pub(crate) fn time(&self) -> Option<GenTime> {
        Token::parse(&self.token).ok().map(|token| token.info().gen_time)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Countersignature {
    pub(crate) spot: Spot,
    pub(crate) id: String,
    pub(crate) signer: SignerInfo,
    pub(crate) unsigned: Unsigned,
}

#[derive(Clone, Debug)]
pub(crate) struct EmbeddedRecord {
    pub(crate) spot: Spot,
    pub(crate) id: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether it protects detached content too.
    pub(crate) external: bool,
}

/// The unsigned attributes of one signer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsigned {
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) countersignatures: Vec<Countersignature>,
    pub(crate) records: Vec<EmbeddedRecord>,
    values: Vec<(Spot, EvidenceFacts)>,
    pub(crate) findings: Vec<Finding>,
}

impl Unsigned {
    pub(crate) fn budget() -> Budget {
        Budget::new("time stamps, countersignatures and evidence records of a CMS", MOST_THINGS)
    }

    pub(crate) fn read(signer: &SignerInfo, id: &str, budget: &mut Budget) -> Result<Self, BudgetExhausted> {
        Self::read_at(signer, id, 0, budget)
    }

    fn read_at(
        signer: &SignerInfo,
        id: &str,
        depth: u32,
        budget: &mut Budget,
    ) -> Result<Self, BudgetExhausted> {
        let mut found = Self::default();
        for (position, attribute) in signer.unsigned_attributes().all().iter().enumerate() {
            for (value, bytes) in attribute.values.iter().enumerate() {
                let spot = Spot { attribute: position, value };
                found.take(attribute, spot, bytes, id, depth, budget)?;
            }
        }
        Ok(found)
    }

    fn take(
        &mut self,
        attribute: &Attribute,
        spot: Spot,
        value: &[u8],
        id: &str,
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), BudgetExhausted> {
        let oid = attribute.oid.as_str();
        if let Some((_, name, kind)) = STAMPS.iter().find(|(known, _, _)| *known == oid) {
            budget.spend(1)?;
            let token = match kind {
                StampKind::LongTerm => self.long_term(value),
                _ => Some(value.to_vec()),
            };
            if let Some(token) = token {
                let number = self.stamps.iter().filter(|stamp| stamp.kind == *kind).count() + 1;
                let id = format!("{id}/{name}-{number}");
                self.stamps.push(Stamp { spot, id, kind: *kind, token });
            }
        }
        match oid {
            CERTIFICATE_VALUES | REVOCATION_VALUES | LONG_TERM_VALIDATION => {
                self.take_values(oid, spot, value);
            }
            COUNTERSIGNATURE => {
                budget.spend(1)?;
                let number = self.countersignatures.len() + 1;
                let id = format!("{id}/countersignature-{number}");
                self.countersignature(spot, value, id, depth, budget)?;
            }
            INTERNAL_EVIDENCE_RECORDS | EXTERNAL_EVIDENCE_RECORDS => {
                self.take_records(oid, spot, value, id, budget)?
            }
            _ => {}
        }
        Ok(())
    }

    fn long_term(&mut self, value: &[u8]) -> Option<Vec<u8>> {
        values::long_term(value).and_then(|(token, _, _)| token)
    }

    fn take_values(&mut self, oid: &str, spot: Spot, value: &[u8]) {
        match values::read(oid, value) {
            Some(evidence) => self.values.push((spot, evidence)),
            None => self.unreadable(match oid {
                CERTIFICATE_VALUES => "certificate-values",
                REVOCATION_VALUES => "revocation-values",
                _ => "long-term-validation",
            }),
        }
    }

    fn countersignature(
        &mut self,
        spot: Spot,
        value: &[u8],
        id: String,
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), BudgetExhausted> {
        if depth >= DEEPEST {
            return Err(BudgetExhausted {
                purpose: "countersignatures within each other",
                limit: DEEPEST.into(),
            });
        }
        match SignerInfo::of_countersignature(value) {
            Ok(signer) => {
                let unsigned = Self::read_at(&signer, &id, depth.saturating_add(1), budget)?;
                self.countersignatures.push(Countersignature { spot, id, signer, unsigned });
            }
            Err(_) => self.unreadable("countersignature"),
        }
        Ok(())
    }

    /// EvidenceRecords ::= SEQUENCE OF EvidenceRecord.
    fn take_records(
        &mut self,
        oid: &str,
        spot: Spot,
        value: &[u8],
        id: &str,
        budget: &mut Budget,
    ) -> Result<(), BudgetExhausted> {
        let Some(records) = records_in(value) else {
            self.unreadable("evidence-records");
            return Ok(());
        };
        for bytes in records {
            budget.spend(1)?;
            let id = format!("{id}/evidence-record-{}", self.records.len() + 1);
            let external = oid == EXTERNAL_EVIDENCE_RECORDS;
            self.records.push(EmbeddedRecord { spot, id, bytes, external });
        }
        Ok(())
    }

    fn unreadable(&mut self, attribute: &str) {
        let finding = Finding::warning("cms-attribute-unreadable").clause("EN 319 122-1");
        self.findings.push(finding.with("attribute", attribute));
    }

    /// Validation data in attributes, those of countersignatures too.
    pub(crate) fn evidence(&self) -> EvidenceFacts {
        let mut evidence = EvidenceFacts::default();
        self.values.iter().for_each(|(_, values)| evidence.extend(values));
        self.countersignatures.iter().for_each(|one| evidence.extend(&one.unsigned.evidence()));
        evidence
    }

    /// Whether there is revocation data in attributes of this signer.
    pub(crate) fn has_revocation(&self) -> bool {
        self.values.iter().any(|(_, values)| !values.crls.is_empty() || !values.ocsp_responses.is_empty())
    }

    /// What a proof for the values that `wanted` accepts is a proof for.
    pub(crate) fn covered(&self, wanted: &dyn Fn(Spot) -> bool) -> Vec<Covered> {
        let mut found = Vec::new();
        for stamp in self.stamps.iter().filter(|stamp| wanted(stamp.spot)) {
            found.push(Covered::Timestamp { timestamp: stamp.id.clone() });
        }
        for one in self.countersignatures.iter().filter(|one| wanted(one.spot)) {
            found.push(Covered::SignatureValue { signature: one.id.clone() });
            found.extend(one.unsigned.covered(&|_| true));
        }
        for record in self.records.iter().filter(|record| wanted(record.spot)) {
            found.push(Covered::EvidenceRecord { record: record.id.clone() });
        }
        for (_, values) in self.values.iter().filter(|(spot, _)| wanted(*spot)) {
            found.extend(covered_evidence(values));
        }
        found
    }
}

/// Certificates and revocation data by what the facts call them.
pub(crate) fn covered_evidence(evidence: &EvidenceFacts) -> impl Iterator<Item = Covered> {
    let pieces = evidence.certificates.iter().chain(&evidence.crls).chain(&evidence.ocsp_responses);
    pieces.map(|bytes| covered_piece(bytes.as_slice()))
}

pub(crate) fn covered_piece(bytes: &[u8]) -> Covered {
    let sha256 = Octets::from(&hsign_crypto::sha256(bytes)[..]);
    Covered::Evidence { digest: Digest { algorithm: DigestAlgorithm::Sha256, value: sha256 } }
}

fn records_in(value: &[u8]) -> Option<Vec<Vec<u8>>> {
    let outer = hsign_asn1::Reader::new(value, hsign_asn1::Rules::Ber);
    let outer = outer.clone().expect(hsign_asn1::Tag::SEQUENCE).ok()?;
    let mut inside = outer.reader().ok()?;
    // Some writers leave the list out where there is one record.
    if inside.peek_tag() == Some(hsign_asn1::Tag::INTEGER) {
        return Some(vec![value.to_vec()]);
    }
    let mut records = Vec::new();
    while let Some(record) = inside.next().ok()? {
        records.push(record.bytes.to_vec());
    }
    Some(records)
}
