//! A timeline as the engine sees it: DER, facts, trust, policy.

use hsign_core::facts::*;
use hsign_core::{DigestAlgorithm, Octets, SignatureAlgorithm, Time, ValidationTime};
use hsign_hpki::ProfessionTable;
use hsign_pki::TrustRegistry;
use hsign_validation::{Context, DocumentVerdict, Evidence, Policy, judge};
use openssl::sha::sha256;

use crate::synthetic::{
    CertificateSpec, CrlEntry, CrlSpec, Extension, Key, OcspSpec, OcspStatus, SignedSpec, ToyVerifier, hex,
    sha256_digest, signed, token,
};
use crate::timeline::{
    Algorithm, Authority, Entry, Instant, Object, Revocation, Stamp, StampId, StampKind, Timeline,
};

/// Instant 0 of every timeline: 2030-01-01.
const BEGIN: i64 = 1_893_456_000;
/// Anchors and what hangs on nothing last longer than any timeline.
const CENTURY: i64 = 100 * 365 * 86_400;
const DIGESTS: [DigestAlgorithm; 3] =
    [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];
const SIGNATURE: &str = "signature";

pub struct World<'a> {
    timeline: &'a Timeline,
    certificates: Vec<Vec<u8>>,
    revocation: Vec<Vec<u8>>,
}

impl<'a> World<'a> {
    pub fn new(timeline: &'a Timeline) -> Self {
        let mut world = Self { timeline, certificates: Vec::new(), revocation: Vec::new() };
        world.certificates = (0..timeline.certificates.len()).map(|id| world.certificate(id)).collect();
        world.revocation = timeline.revocation.iter().map(|data| world.revocation_data(data)).collect();
        world
    }

    pub fn judge(&self) -> DocumentVerdict {
        let context = Context {
            policy: &self.policy(),
            trust: &self.trust(),
            evidence: &Evidence::new(),
            time: ValidationTime(time(self.timeline.now)),
            verifier: &ToyVerifier,
            professions: &ProfessionTable::builtin(),
            document_class: None,
            required_roles: &[],
            proofs: &[],
            listed_signers: &[],
        };
        judge(&self.facts(), &context)
    }

    fn facts(&self) -> DocumentFacts {
        let timeline = self.timeline;
        let stamps = |archive: bool| {
            let chosen = timeline.stamps.iter().enumerate();
            chosen
                .filter(move |(_, stamp)| (stamp.kind == StampKind::Archive) == archive)
                .map(|(id, stamp)| self.stamp(id, stamp))
                .collect::<Vec<_>>()
        };
        let mut evidence = EvidenceFacts {
            certificates: self.certificates.iter().cloned().map(Octets).collect(),
            ..EvidenceFacts::default()
        };
        for (data, der) in timeline.revocation.iter().zip(&self.revocation) {
            let kind = if data.only.is_some() { &mut evidence.ocsp_responses } else { &mut evidence.crls };
            kind.push(Octets(der.clone()));
        }
        DocumentFacts {
            signatures: vec![SignatureFacts {
                claimed_signing_time: timeline
                    .signature
                    .claimed
                    .map(|at| hsign_core::ClaimedSigningTime(time(at))),
                signed: Some(self.signature()),
                timestamps: stamps(false),
                modifications: Some(Modifications::default()),
                ..SignatureFacts::new(SIGNATURE.to_owned(), Level::BLta, Coverage::WholeDocument)
            }],
            timestamps: stamps(true),
            evidence,
            ..DocumentFacts::new(DocumentFormat::Pades, 1, vec![sha256_digest(b"document")])
        }
    }

    fn signature(&self) -> SignedObject {
        let signature = &self.timeline.signature;
        self.signed_by(
            signature.signer,
            b"document",
            signature.algorithm,
            signature.value_intact,
            signature.data_intact,
        )
    }

    fn signed_by(
        &self,
        signer: usize,
        content: &[u8],
        algorithm: Algorithm,
        value_intact: bool,
        data_intact: bool,
    ) -> SignedObject {
        let (issuer, _) = self.authority(self.timeline.certificates[signer].issuer);
        signed(SignedSpec {
            content,
            key: &key(&certificate_name(signer)),
            certificate: &self.certificates[signer],
            issuer: &issuer,
            serial: serial(signer),
            algorithm: rsa(algorithm),
            digest: DIGESTS[algorithm],
            value_intact,
            data_intact,
            evidence: EvidenceFacts::default(),
        })
    }

    fn stamp(&self, id: StampId, stamp: &Stamp) -> TimestampFacts {
        let (kind, covers) = match stamp.kind {
            StampKind::Content => {
                (TimestampKind::Content, vec![Covered::SignedData { signature: SIGNATURE.to_owned() }])
            }
            StampKind::Signature => (TimestampKind::Signature, vec![self.covered(Object::Signature)]),
            StampKind::Archive => {
                (TimestampKind::Document, stamp.covers.iter().map(|object| self.covered(*object)).collect())
            }
        };
        let content = format!("what stamp {id} covers");
        let inner = self.signed_by(stamp.authority, content.as_bytes(), stamp.algorithm, true, true);
        let at = BEGIN + stamp.time;
        TimestampFacts {
            id: stamp_name(id),
            kind,
            token: Octets(content.clone().into_bytes()),
            covers,
            read: Some(token(content.as_bytes(), DIGESTS[stamp.imprint], stamp.intact, at, inner)),
            findings: Vec::new(),
        }
    }

    fn covered(&self, object: Object) -> Covered {
        match object {
            Object::Signature => Covered::SignatureValue { signature: SIGNATURE.to_owned() },
            Object::Stamp(id) => Covered::Timestamp { timestamp: stamp_name(id) },
            Object::Certificate(id) => Covered::Evidence { digest: sha256_digest(&self.certificates[id]) },
            Object::Revocation(id) => Covered::Evidence { digest: sha256_digest(&self.revocation[id]) },
        }
    }
}

// DER of the timeline's certificates and revocation data.
impl World<'_> {
    fn authority(&self, authority: Authority) -> (String, Key) {
        let name = match authority {
            Authority::Anchor(id) => anchor_name(id),
            Authority::Certificate(id) => certificate_name(id),
        };
        let key = key(&name);
        (name, key)
    }

    fn certificate(&self, id: usize) -> Vec<u8> {
        let certificate = &self.timeline.certificates[id];
        let name = certificate_name(id);
        let (issuer, issuer_key) = self.authority(certificate.issuer);
        CertificateSpec {
            serial: serial(id),
            subject: &name,
            issuer: &issuer,
            not_before: BEGIN + certificate.not_before,
            not_after: BEGIN + certificate.not_after,
            key: &key(&name),
            issuer_key: &issuer_key,
            algorithm: rsa(certificate.algorithm),
            extensions: self.extensions(id),
            broken: false,
        }
        .der()
    }

    fn extensions(&self, id: usize) -> Vec<Extension> {
        let timeline = self.timeline;
        let this = Authority::Certificate(id);
        if timeline.certificates.iter().any(|other| other.issuer == this) {
            vec![Extension::Ca, Extension::KeyUsage(vec![5, 6])]
        } else if timeline.stamps.iter().any(|stamp| stamp.authority == id) {
            let purpose = Extension::ExtendedKeyUsage(vec!["1.3.6.1.5.5.7.3.8"], true);
            vec![Extension::KeyUsage(vec![0]), purpose]
        } else if timeline.revocation.iter().any(|data| data.signer == this) {
            let purpose = Extension::ExtendedKeyUsage(vec!["1.3.6.1.5.5.7.3.9"], false);
            vec![Extension::KeyUsage(vec![0]), purpose, Extension::OcspNoCheck]
        } else {
            vec![Extension::KeyUsage(vec![0, 1])]
        }
    }

    fn revocation_data(&self, data: &Revocation) -> Vec<u8> {
        let (issuer, issuer_key) = self.authority(data.about);
        let (_, signer) = self.authority(data.signer);
        let kept = data.keeps_expired.then_some(BEGIN - 86_400);
        let Some(only) = data.only else {
            return CrlSpec {
                issuer: &issuer,
                key: &signer,
                algorithm: rsa(data.algorithm),
                this_update: BEGIN + data.this_update,
                next_update: Some(BEGIN + data.next_update),
                expired_kept_since: kept,
                entries: data.entries.iter().map(entry).collect(),
                broken: false,
            }
            .der();
        };
        let delegate = match data.signer {
            Authority::Certificate(id) if data.signer != data.about => vec![self.certificates[id].clone()],
            _ => Vec::new(),
        };
        OcspSpec {
            issuer: &issuer,
            issuer_key: &issuer_key,
            serial: serial(only),
            status: status(data, only),
            this_update: BEGIN + data.this_update,
            next_update: Some(BEGIN + data.next_update),
            produced_at: BEGIN + data.this_update,
            archive_cutoff: kept,
            certificate_hash: None,
            responder: &signer,
            certificates: delegate,
            algorithm: rsa(data.algorithm),
            broken: false,
        }
        .der()
    }
}

// What the judgement is made under.
impl World<'_> {
    fn trust(&self) -> TrustRegistry {
        let mut text = String::new();
        for (id, anchor) in self.timeline.anchors.iter().enumerate() {
            let name = anchor_name(id);
            let kind =
                if id == 0 { "[[anchor]]\nkind = \"hpki-root\"" } else { "[[service]]\nkind = \"tsa\"" };
            let pin = hex(&sha256(&anchor_certificate(&name)));
            text += &format!("{kind}\nsubject = \"{name}\"\ncertificate = \"{name}\"\nsha256 = \"{pin}\"\n");
            if let Some(sunset) = anchor.sunset {
                text += &format!("from = \"{}\"\nto = \"{}\"\n", time(-CENTURY / 4), time(sunset));
            }
        }
        TrustRegistry::parse_toml(&text, &|name| Some(anchor_certificate(name))).unwrap()
    }

    fn policy(&self) -> Policy {
        let chosen = &self.timeline.policy;
        let mut text = Policy::preset_text("etsi").unwrap().to_owned();
        let mut set = |section: &str, line: String| {
            let heading = format!("[{section}]\n");
            assert!(text.contains(&heading), "{heading}");
            text = text.replace(&heading, &format!("{heading}{line}\n"));
        };
        if let Some(age) = chosen.max_age {
            set("revocation", format!("max_age_seconds = {age}"));
        }
        if let Some(delay) = chosen.max_delay {
            set("timestamps", format!("max_delay_seconds = {delay}"));
        }
        let text = choose(
            &text,
            "control_time",
            if chosen.count_while_fresh { "next-update" } else { "this-update" },
        );
        Policy::parse(&(text + &self.algorithm_rows())).unwrap()
    }

    fn algorithm_rows(&self) -> String {
        let source = "source = \"this test\"\nconfidence = \"certain\"\n";
        let mut rows = format!(
            "\n[[algorithms.scheme]]\nname = \"rsa-pkcs1\"\nuntil = \"no-end\"\n{source}\
             [[algorithms.key]]\nkind = \"rsa\"\nbits = 2048\nuntil = \"no-end\"\n{source}"
        );
        for (digest, end) in DIGESTS.iter().zip(&self.timeline.algorithm_ends) {
            let limit = end.map_or("no-end".to_owned(), |end| time(end).to_string());
            rows += &format!(
                "[[algorithms.digest]]\nname = \"{}\"\ncollision = \"{limit}\"\nsecond_pre_image = \"{limit}\"\n\
                 certificate_identifier = \"no-end\"\n{source}",
                digest.name()
            );
        }
        rows
    }
}

/// The preset's text with another value for one of its keys.
fn choose(text: &str, key: &str, value: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.starts_with(&format!("{key} =")) { format!("{key} = \"{value}\"") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn anchor_certificate(name: &str) -> Vec<u8> {
    let key = key(name);
    CertificateSpec {
        serial: 1,
        subject: name,
        issuer: name,
        not_before: BEGIN - CENTURY / 4,
        not_after: BEGIN + CENTURY,
        key: &key,
        issuer_key: &key,
        algorithm: rsa(0),
        extensions: vec![Extension::Ca, Extension::KeyUsage(vec![5, 6])],
        broken: false,
    }
    .der()
}

fn entry(entry: &Entry) -> CrlEntry {
    CrlEntry { serial: serial(entry.certificate), at: BEGIN + entry.at, reason: reason(entry) }
}

fn status(data: &Revocation, certificate: usize) -> OcspStatus {
    data.entries
        .iter()
        .find(|entry| entry.certificate == certificate)
        .map_or(OcspStatus::Good, |entry| OcspStatus::Revoked { at: BEGIN + entry.at, reason: reason(entry) })
}

/// keyCompromise or certificateHold (RFC 5280 §5.3.1).
fn reason(entry: &Entry) -> u8 {
    if entry.hold { 6 } else { 1 }
}

fn rsa(algorithm: Algorithm) -> SignatureAlgorithm {
    SignatureAlgorithm::RsaPkcs1(DIGESTS[algorithm])
}

fn key(name: &str) -> Key {
    Key::rsa(name, 3072)
}

fn time(at: Instant) -> Time {
    Time::from_unix_seconds(BEGIN + at).unwrap()
}

fn serial(certificate: usize) -> u64 {
    certificate as u64 + 10
}

fn anchor_name(id: usize) -> String {
    format!("anchor {id}")
}

fn certificate_name(id: usize) -> String {
    format!("certificate {id}")
}

fn stamp_name(id: usize) -> String {
    format!("stamp {id}")
}
