//! A small world for the engine: the throw-away PKI, and facts made from its keys by hand.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use hsign_core::facts::*;
use hsign_core::{Digest, DigestAlgorithm, GenTime, Octets, SignatureAlgorithm, Time, ValidationTime, hex};
use hsign_crypto::{OpensslVerifier, digest};
use hsign_hpki::{DocumentClass, DocumentClasses, ProfessionTable};
use hsign_pki::{Provenance, TrustRegistry};
use hsign_testkit::{Ca, CrlName, DAY, Identity, Person, Pki, Seconds, Unit, oid};
use hsign_validation::{
    Context, DocumentVerdict, Evidence, GivenProof, Policy, SignatureVerdict, SignerVerdict, judge,
    signer_checks,
};
use hsign_x509::Certificate;
use openssl::hash::MessageDigest;
use openssl::sign::Signer;

/// When the PKI was issued: 2026-09-21.
pub const NOW: Seconds = 1_790_000_000;

pub fn time(seconds: Seconds) -> Time {
    Time::from_unix_seconds(seconds).unwrap()
}

pub struct World {
    pub pki: Pki,
    pub trust: TrustRegistry,
    pub evidence: Evidence,
    pub policy: Policy,
    pub now: Seconds,
    pub class: Option<DocumentClass>,
    pub required_roles: Vec<String>,
    pub listed: Vec<[u8; 32]>,
    pub proofs: Vec<GivenProof>,
    verifier: OpensslVerifier,
    professions: ProfessionTable,
}

impl World {
    /// Everything in order: registry of the test PKI with an accredited TSA, CRLs of this moment, policy hpki.
    pub fn new() -> Self {
        let pki = Pki::new("http://pki.test", NOW).unwrap();
        let trust = registry(&pki, "mic", NOW - 1_000 * DAY, NOW + 1_000 * DAY);
        let mut world = Self {
            pki,
            trust,
            evidence: Evidence::new(),
            policy: Policy::preset("hpki").unwrap(),
            now: NOW,
            class: None,
            required_roles: Vec::new(),
            listed: Vec::new(),
            proofs: Vec::new(),
            verifier: OpensslVerifier::new(),
            professions: ProfessionTable::builtin(),
        };
        world.crls_of(NOW);
        world
    }

    /// The CRLs as of `at` are the only evidence.
    pub fn crls_of(&mut self, at: Seconds) {
        self.evidence = Evidence::new();
        for list in CrlName::ALL {
            let crl = self.pki.crl(list, at).unwrap();
            self.evidence.add(&crl, Provenance::Given).unwrap();
        }
    }

    /// The certificate of [`Person::Expired`] ended 30 days ago; its CRLs are of 32 days ago, the TSA's of today.
    pub fn after_the_end() -> Self {
        let mut world = Self::new();
        world.evidence = Evidence::new();
        for (list, at) in [
            (CrlName::Signature, NOW - 32 * DAY),
            (CrlName::Sarl, NOW),
            (CrlName::Tsa, NOW),
            (CrlName::TsaRoot, NOW),
        ] {
            let crl = world.pki.crl(list, at).unwrap();
            world.evidence.add(&crl, Provenance::Given).unwrap();
        }
        world
    }

    pub fn without_crl(&mut self, missing: CrlName) {
        self.evidence = Evidence::new();
        for list in CrlName::ALL.into_iter().filter(|list| *list != missing) {
            let crl = self.pki.crl(list, self.now).unwrap();
            self.evidence.add(&crl, Provenance::Given).unwrap();
        }
    }

    pub fn policy(mut self, name: &str) -> Self {
        self.policy = Policy::preset(name).unwrap();
        self
    }

    /// A preset with one line changed.
    pub fn policy_with(&mut self, from: &str, to: &str) {
        let text = Policy::preset_text(self.policy.name()).unwrap();
        assert!(text.contains(from), "{from}");
        self.policy = Policy::parse(&text.replace(from, to)).unwrap();
    }

    pub fn class(mut self, name: &str) -> Self {
        self.class = Some(DocumentClasses::builtin().find(name).unwrap().clone());
        self
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            policy: &self.policy,
            trust: &self.trust,
            evidence: &self.evidence,
            time: ValidationTime(time(self.now)),
            verifier: &self.verifier,
            professions: &self.professions,
            document_class: self.class.as_ref(),
            required_roles: &self.required_roles,
            proofs: &self.proofs,
            listed_signers: &self.listed,
        }
    }

    pub fn judge(&self, facts: &DocumentFacts) -> DocumentVerdict {
        judge(facts, &self.context())
    }

    /// The verdict on one signature.
    pub fn verdict(&self, signature: SignatureFacts) -> SignatureVerdict {
        self.judge(&document(vec![signature])).signatures()[0].clone()
    }

    pub fn check(&self, person: Person) -> SignerVerdict {
        let identity = self.pki.person(person);
        signer_checks(&certificate(identity), &chain(identity), false, &[], &self.context())
    }

    /// A signature without a time stamp.
    pub fn signature(&self, person: Person) -> SignatureFacts {
        let identity = self.pki.person(person);
        SignatureFacts {
            signed: Some(signed(identity, b"content of the document")),
            modifications: Some(Modifications::default()),
            ..SignatureFacts::new("Signature1".to_owned(), Level::BB, Coverage::WholeDocument)
        }
    }

    /// A signature with a time stamp over its value.
    pub fn stamped(&self, person: Person, at: Seconds) -> SignatureFacts {
        let mut signature = self.signature(person);
        signature.level = Level::BT;
        signature.timestamps.push(self.stamp(&signature, Unit::Tsa, TimestampKind::Signature, at));
        signature
    }

    pub fn stamp(
        &self,
        over: &SignatureFacts,
        unit: Unit,
        kind: TimestampKind,
        at: Seconds,
    ) -> TimestampFacts {
        let covered = over.signed.as_ref().unwrap().value.as_slice();
        TimestampFacts {
            id: format!("stamp at {at}"),
            kind,
            token: Octets(Vec::new()),
            covers: vec![Covered::SignatureValue { signature: over.id.clone() }],
            read: Some(token(self.pki.unit(unit), covered, at)),
            findings: Vec::new(),
        }
    }
}

/// The registry of the test PKI, the TSA's accreditation and its dates to be chosen.
pub fn registry(pki: &Pki, accreditation: &str, from: Seconds, to: Seconds) -> TrustRegistry {
    let sha256 =
        |ca| hex(&digest(DigestAlgorithm::Sha256, pki.authority(ca).certificate_der()).unwrap().value.0);
    let (root, tsa) = (sha256(Ca::HpkiRoot), sha256(Ca::TsaRoot));
    let text = format!(
        "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"root\"\ncertificate = \"root\"\nsha256 = \"{root}\"\npolicies = [\"{}\"]\n\
         [[service]]\nkind = \"tsa\"\nsubject = \"tsa\"\ncertificate = \"tsa\"\nsha256 = \"{tsa}\"\naccreditation = \"{accreditation}\"\n\
         from = \"{}\"\nto = \"{}\"\n",
        oid::SIGNATURE_POLICY,
        time(from),
        time(to),
    );
    TrustRegistry::parse_toml(&text, &|name| {
        let ca = if name == "root" { Ca::HpkiRoot } else { Ca::TsaRoot };
        Some(pki.authority(ca).certificate_der().to_vec())
    })
    .unwrap()
}

pub fn document(signatures: Vec<SignatureFacts>) -> DocumentFacts {
    DocumentFacts {
        signatures,
        ..DocumentFacts::new(
            DocumentFormat::Pades,
            1,
            vec![digest(DigestAlgorithm::Sha256, b"document").unwrap()],
        )
    }
}

pub fn certificate(identity: &Identity) -> Certificate {
    Certificate::from_der(identity.certificate_der()).unwrap()
}

pub fn chain(identity: &Identity) -> Vec<Certificate> {
    identity.chain_der().iter().map(|der| Certificate::from_der(der).unwrap()).collect()
}

/// What a CMS over `content` would say.
pub fn signed(identity: &Identity, content: &[u8]) -> SignedObject {
    let octets = [b"signed attributes over ", content].concat();
    let key = identity.private_key();
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    signer.update(&octets).unwrap();
    let algorithm = match key.id() {
        openssl::pkey::Id::RSA => SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
        _ => SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256),
    };
    let own = certificate(identity);
    let hash = digest(DigestAlgorithm::Sha256, content).unwrap();
    let certificates = std::iter::once(own.der().to_vec()).chain(identity.chain_der().iter().cloned());
    SignedObject {
        signed_octets: octets.into(),
        reordered_octets: None,
        algorithm,
        value: signer.sign_to_vec().unwrap().into(),
        references: vec![Reference {
            name: "message-digest".to_owned(),
            expected: hash.clone(),
            actual: Some(hash),
        }],
        signer: SignerIdentifier {
            issuer: Some(own.issuer().der().into()),
            serial: Some(own.serial().into()),
            ..SignerIdentifier::default()
        },
        certificate_references: vec![CertificateReference {
            digest: Digest::new(DigestAlgorithm::Sha256, own.sha256().to_vec()),
            issuer: None,
            serial: None,
        }],
        evidence: EvidenceFacts {
            certificates: certificates.map(Octets).collect(),
            ..EvidenceFacts::default()
        },
    }
}

pub fn token(tsa: &Identity, covered: &[u8], at: Seconds) -> TokenFacts {
    let imprint = digest(DigestAlgorithm::Sha256, covered).unwrap();
    TokenFacts {
        gen_time: GenTime(time(at)),
        policy: oid::TSA_POLICY.to_owned(),
        serial: Octets(vec![1]),
        imprint: Reference {
            name: "message-imprint".to_owned(),
            expected: imprint.clone(),
            actual: Some(imprint),
        },
        accuracy_microseconds: Some(1_000_000),
        ordering: false,
        nonce: None,
        signed: signed(tsa, covered),
    }
}

pub fn codes(findings: &[hsign_core::Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

pub fn has(verdict: &SignatureVerdict, code: &str) -> bool {
    codes(verdict.findings()).contains(&code)
}
