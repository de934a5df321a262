//! A signed document kept for decades: days since 2030-01-01, authorities that come and go, stamps over what is there.

use std::collections::BTreeMap;

use hsign_core::facts::*;
use hsign_core::{DigestAlgorithm, Octets, SignatureAlgorithm, Time, ValidationTime};
use hsign_hpki::ProfessionTable;
use hsign_pki::{Provenance, TrustRegistry};
use hsign_validation::{
    Context, DocumentVerdict, Evidence, GivenProof, Indication, Plan, Policy, SignatureVerdict,
    SubIndication, judge, plan,
};

use crate::synthetic::{
    CertificateSpec, CrlEntry, CrlSpec, Extension, Key, OcspSpec, OcspStatus, SignedSpec, ToyVerifier, hex,
    sha256_digest, signed, token,
};

pub(crate) type Day = i64;
pub(crate) const YEAR: Day = 365;
pub(crate) const SIGNATURE: &str = "signature";
pub(crate) const PASSED: (Indication, Option<SubIndication>) = (Indication::TotalPassed, None);

const BEGIN: i64 = 1_893_456_000;
const DAY: i64 = 86_400;
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

pub(crate) fn time(day: Day) -> Time {
    Time::from_unix_seconds(BEGIN + day * DAY).unwrap()
}

pub(crate) fn open(sub: SubIndication) -> (Indication, Option<SubIndication>) {
    (Indication::Indeterminate, Some(sub))
}

pub(crate) fn failed(sub: SubIndication) -> (Indication, Option<SubIndication>) {
    (Indication::TotalFailed, Some(sub))
}

struct Issued {
    issuer: &'static str,
    der: Vec<u8>,
}

pub(crate) struct Archive {
    pub(crate) facts: DocumentFacts,
    pub(crate) evidence: Evidence,
    pub(crate) now: Day,
    pub(crate) proofs: Vec<GivenProof>,
    pub(crate) trust: String,
    pub(crate) policy: String,
    issued: BTreeMap<&'static str, Issued>,
}

impl Archive {
    /// "root" and "tsa root" are trusted; "ca" issued "signer" (day 0 to year 3); nothing is stamped.
    pub(crate) fn new() -> Self {
        let mut archive = Self {
            facts: document(),
            evidence: Evidence::new(),
            now: 20,
            proofs: Vec::new(),
            trust: String::new(),
            policy: policy(),
            issued: BTreeMap::new(),
        };
        for (name, kind) in
            [("root", "[[anchor]]\nkind = \"hpki-root\""), ("tsa root", "[[service]]\nkind = \"tsa\"")]
        {
            archive.issue(name, name, -10 * YEAR, 100 * YEAR, DigestAlgorithm::Sha256);
            let pin = hex(&sha256_digest(archive.der(name)).value.0);
            archive.trust +=
                &format!("{kind}\nsubject = \"{name}\"\ncertificate = \"{name}\"\nsha256 = \"{pin}\"\n");
        }
        archive.issue("ca", "root", -YEAR, 40 * YEAR, DigestAlgorithm::Sha256);
        archive.issue("signer", "ca", 0, 3 * YEAR, DigestAlgorithm::Sha256);
        archive
    }

    pub(crate) fn issue(
        &mut self,
        name: &'static str,
        issuer: &'static str,
        from: Day,
        to: Day,
        digest: DigestAlgorithm,
    ) -> &mut Self {
        let extensions = match name {
            name if name.contains("root") || name.contains("ca") => {
                vec![Extension::Ca, Extension::KeyUsage(vec![5, 6])]
            }
            name if name.contains("tsa") => {
                vec![Extension::KeyUsage(vec![0]), Extension::ExtendedKeyUsage(vec![TIME_STAMPING], true)]
            }
            name if name.contains("responder") => vec![
                Extension::KeyUsage(vec![0]),
                Extension::ExtendedKeyUsage(vec![OCSP_SIGNING], false),
                Extension::OcspNoCheck,
            ],
            _ => vec![Extension::KeyUsage(vec![0, 1])],
        };
        let der = CertificateSpec {
            serial: serial(name),
            subject: name,
            issuer,
            not_before: BEGIN + from * DAY,
            not_after: BEGIN + to * DAY,
            key: &key(name),
            issuer_key: &key(issuer),
            algorithm: SignatureAlgorithm::RsaPkcs1(digest),
            extensions,
            broken: false,
        }
        .der();
        self.issued.insert(name, Issued { issuer, der });
        self
    }

    /// A unit of the time-stamp authority.
    pub(crate) fn unit(&mut self, name: &'static str, from: Day, to: Day) -> &mut Self {
        self.issue(name, "tsa root", from, to, DigestAlgorithm::Sha256)
    }

    pub(crate) fn der(&self, name: &str) -> &[u8] {
        &self.issued[name].der
    }

    /// A CRL of `issuer` that lists `revoked`, as (name, since, reason).
    pub(crate) fn crl(
        &self,
        issuer: &'static str,
        at: Day,
        life: Day,
        revoked: &[(&str, Day, u8)],
    ) -> Vec<u8> {
        self.crl_with(issuer, at, life, revoked, DigestAlgorithm::Sha256)
    }

    pub(crate) fn crl_with(
        &self,
        issuer: &'static str,
        at: Day,
        life: Day,
        revoked: &[(&str, Day, u8)],
        digest: DigestAlgorithm,
    ) -> Vec<u8> {
        let entries = revoked.iter().map(|(name, since, reason)| CrlEntry {
            serial: serial(name),
            at: BEGIN + since * DAY,
            reason: *reason,
        });
        CrlSpec {
            issuer,
            key: &key(issuer),
            algorithm: SignatureAlgorithm::RsaPkcs1(digest),
            this_update: BEGIN + at * DAY,
            next_update: Some(BEGIN + (at + life) * DAY),
            expired_kept_since: Some(BEGIN - YEAR * DAY),
            entries: entries.collect(),
            broken: false,
        }
        .der()
    }

    /// An OCSP response about `subject` by a responder with a certificate of its own.
    pub(crate) fn ocsp(&self, subject: &str, responder: &str, at: Day, life: Day) -> Vec<u8> {
        let issuer = self.issued[subject].issuer;
        OcspSpec {
            issuer,
            issuer_key: &key(issuer),
            serial: serial(subject),
            status: OcspStatus::Good,
            this_update: BEGIN + at * DAY,
            next_update: Some(BEGIN + (at + life) * DAY),
            produced_at: BEGIN + at * DAY,
            archive_cutoff: Some(BEGIN - YEAR * DAY),
            certificate_hash: None,
            responder: &key(responder),
            certificates: vec![self.der(responder).to_vec()],
            algorithm: SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
            broken: false,
        }
        .der()
    }

    fn signed_by(&self, name: &str, content: &[u8], digest: DigestAlgorithm) -> SignedObject {
        signed(SignedSpec {
            content,
            key: &key(name),
            certificate: self.der(name),
            issuer: self.issued[name].issuer,
            serial: serial(name),
            algorithm: SignatureAlgorithm::RsaPkcs1(digest),
            digest,
            value_intact: true,
            data_intact: true,
            evidence: EvidenceFacts::default(),
        })
    }

    /// The signature by "signer".
    pub(crate) fn sign(&mut self, digest: DigestAlgorithm) -> &mut Self {
        let signed = self.signed_by("signer", b"document", digest);
        self.facts.signatures.push(SignatureFacts {
            signed: Some(signed),
            ..SignatureFacts::new(SIGNATURE.to_owned(), Level::BLta, Coverage::WholeDocument)
        });
        self
    }

    pub(crate) fn embed(&mut self, crls: &[Vec<u8>]) -> &mut Self {
        self.facts.evidence.crls.extend(crls.iter().cloned().map(Octets));
        self
    }

    pub(crate) fn embed_ocsp(&mut self, response: Vec<u8>) -> &mut Self {
        self.facts.evidence.ocsp_responses.push(Octets(response));
        self
    }

    pub(crate) fn embed_certificates(&mut self, names: &[&str]) -> &mut Self {
        let certificates = names.iter().map(|name| Octets(self.der(name).to_vec())).collect::<Vec<_>>();
        self.facts.evidence.certificates.extend(certificates);
        self
    }

    /// What the network brings today.
    pub(crate) fn given(&mut self, pieces: &[Vec<u8>]) -> &mut Self {
        for piece in pieces {
            self.evidence.add(piece, Provenance::Given).unwrap();
        }
        self
    }

    pub(crate) fn timestamp(
        &self,
        tsa: &str,
        day: Day,
        kind: TimestampKind,
        covers: Vec<Covered>,
        imprint: DigestAlgorithm,
    ) -> TimestampFacts {
        let content = format!("what {tsa} stamped on day {day}");
        let inner = self.signed_by(tsa, content.as_bytes(), DigestAlgorithm::Sha256);
        TimestampFacts {
            id: format!("{kind:?} {day}"),
            kind,
            token: Octets(content.clone().into_bytes()),
            covers,
            read: Some(token(content.as_bytes(), imprint, true, BEGIN + day * DAY, inner)),
            findings: Vec::new(),
        }
    }

    pub(crate) fn stamp_signature(&mut self, tsa: &str, day: Day) -> &mut Self {
        let stamp =
            self.timestamp(tsa, day, TimestampKind::Signature, vec![value()], DigestAlgorithm::Sha256);
        self.facts.signatures[0].timestamps.push(stamp);
        self
    }

    /// A document time stamp over everything that is there, as a PDF's is.
    pub(crate) fn stamp_document(&mut self, tsa: &str, day: Day) -> &mut Self {
        self.stamp_document_with(tsa, day, DigestAlgorithm::Sha256)
    }

    pub(crate) fn stamp_document_with(&mut self, tsa: &str, day: Day, imprint: DigestAlgorithm) -> &mut Self {
        let stamp = self.timestamp(tsa, day, TimestampKind::Document, self.all_there_is(), imprint);
        self.facts.timestamps.push(stamp);
        self
    }

    pub(crate) fn all_there_is(&self) -> Vec<Covered> {
        let facts = &self.facts;
        let signatures = facts.signatures.iter().map(|_| value());
        let tokens = facts.signatures.iter().flat_map(|signature| &signature.timestamps);
        let tokens = tokens.chain(&facts.timestamps);
        let tokens = tokens.map(|stamp| Covered::Timestamp { timestamp: stamp.id.clone() });
        let evidence = &facts.evidence;
        let pieces = evidence.certificates.iter().chain(&evidence.crls).chain(&evidence.ocsp_responses);
        let pieces = pieces.map(|piece| Covered::Evidence { digest: sha256_digest(piece.as_slice()) });
        signatures.chain(tokens).chain(pieces).collect()
    }

    pub(crate) fn policy_with(&mut self, from: &str, to: &str) -> &mut Self {
        assert!(self.policy.contains(from), "{from}");
        self.policy = self.policy.replace(from, to);
        self
    }

    /// An algorithm ends.
    pub(crate) fn end_of(&mut self, digest: &str, day: Day) -> &mut Self {
        let end = time(day);
        self.policy += &format!(
            "[[algorithms.digest]]\nname = \"{digest}\"\ncollision = \"{end}\"\nsecond_pre_image = \"{end}\"\n\
             certificate_identifier = \"no-end\"\nsource = \"this test\"\nconfidence = \"certain\"\n"
        );
        self
    }

    pub(crate) fn judge_at(&mut self, day: Day) -> DocumentVerdict {
        self.under(day, judge)
    }

    pub(crate) fn plan_at(&mut self, day: Day, later: &[Day]) -> Plan {
        let times: Vec<_> = later.iter().copied().map(time).collect();
        self.under(day, |facts, context| plan(facts, &judge(facts, context), context, &times))
    }

    pub(crate) fn under<T>(&mut self, day: Day, ask: impl FnOnce(&DocumentFacts, &Context<'_>) -> T) -> T {
        self.now = day;
        let policy = Policy::parse(&self.policy).unwrap();
        let resolve = |name: &str| self.issued.get(name).map(|issued| issued.der.clone());
        let context = Context {
            policy: &policy,
            trust: &TrustRegistry::parse_toml(&self.trust, &resolve).unwrap(),
            evidence: &self.evidence,
            time: ValidationTime(time(day)),
            verifier: &ToyVerifier,
            professions: &ProfessionTable::builtin(),
            document_class: None,
            required_roles: &[],
            proofs: &self.proofs,
            listed_signers: &[],
        };
        ask(&self.facts, &context)
    }

    #[track_caller]
    pub(crate) fn expect(
        &mut self,
        day: Day,
        result: (Indication, Option<SubIndication>),
    ) -> SignatureVerdict {
        let verdict = self.judge_at(day);
        let signature = verdict.signatures()[0].clone();
        let found = (signature.indication(), signature.sub_indication());
        let stamps: Vec<_> = signature
            .timestamps()
            .iter()
            .map(|stamp| (stamp.id(), stamp.sub_indication(), stamp.findings()))
            .collect();
        assert_eq!(found, result, "{:#?}\n{:#?}\n{stamps:#?}", signature.checks(), signature.findings());
        signature
    }
}

pub(crate) fn value() -> Covered {
    Covered::SignatureValue { signature: SIGNATURE.to_owned() }
}

fn document() -> DocumentFacts {
    DocumentFacts::new(DocumentFormat::Pades, 1, vec![sha256_digest(b"document")])
}

/// "etsi" with scheme and key that never end; the digests' ends are the tests'.
fn policy() -> String {
    let source = "source = \"this test\"\nconfidence = \"certain\"\n";
    format!(
        "{}\n[[algorithms.scheme]]\nname = \"rsa-pkcs1\"\nuntil = \"no-end\"\n{source}\
         [[algorithms.key]]\nkind = \"rsa\"\nbits = 2048\nuntil = \"no-end\"\n{source}",
        Policy::preset_text("etsi").unwrap()
    )
}

fn key(name: &str) -> Key {
    Key::rsa(name, 3072)
}

fn serial(name: &str) -> u64 {
    name.bytes().fold(7, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_007) + 1
}
