//! The engine alone: facts and parsed evidence in, verdict out. Signatures of one doctor or of many, stamped once (B-T),
//! or sealed and renewed twice (B-LTA) and judged when their certificates and all revocation data inside have ended.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use hsign::Policy;
use hsign::crypto::{OpensslVerifier, digest};
use hsign::pki::Provenance;
use hsign_core::facts::*;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Digest, DigestAlgorithm, GenTime, SignatureAlgorithm, Time, ValidationTime};
use hsign_hpki::ProfessionTable;
use hsign_pki::TrustRegistry;
use hsign_testkit::{Ca, CrlName, DAY, Identity, Pki, Seconds, Unit, YEAR};
use hsign_validation::{Context, DocumentVerdict, Evidence, judge};
use hsign_x509::Certificate;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::Failure;
use crate::workbench::stamps;

/// When the testkit's authorities were made: 2026-09-21.
const SIGNED: Seconds = 1_790_000_000;
/// Verdicts in one measurement of one signature; one alone is too short for the clock.
const VERDICTS: usize = 200;

/// Facts of one document, and what they are judged by.
pub(crate) struct Case {
    facts: DocumentFacts,
    evidence: Evidence,
    trust: TrustRegistry,
    policy: Policy,
    professions: ProfessionTable,
    now: Seconds,
    verdicts: usize,
    memory: Memory,
    asked: Vec<Question>,
}

impl Case {
    pub(crate) fn new(level: &str, signatures: usize, signers: usize) -> Result<Self, Failure> {
        let pki = Pki::new("http://pki.test", SIGNED)?;
        let mut facts = signed_document(&pki, signatures, signers)?;
        let now = match level {
            "B-T" => SIGNED + DAY,
            "B-LTA" => {
                seal(&mut facts, &pki, SIGNED, SIGNED + 60)?;
                seal(&mut facts, &pki, SIGNED + 3 * YEAR - DAY, SIGNED + 3 * YEAR)?;
                seal(&mut facts, &pki, SIGNED + 6 * YEAR - DAY, SIGNED + 6 * YEAR)?;
                SIGNED + 8 * YEAR
            }
            other => return Err(format!("no level {other}").into()),
        };
        let mut evidence = Evidence::new();
        let fresh: &[CrlName] =
            if level == "B-T" { &CrlName::ALL } else { &[CrlName::Tsa, CrlName::TsaRoot] };
        for list in fresh {
            evidence.add(&pki.crl(*list, now - 60)?, Provenance::Given)?;
        }
        let case = Self {
            facts,
            evidence,
            trust: registry(&pki)?,
            policy: Policy::parse(&policy())?,
            professions: ProfessionTable::builtin(),
            now,
            verdicts: (VERDICTS / signatures).max(5),
            memory: Memory::default(),
            asked: Vec::new(),
        };
        let verdict = case.judge(&case.memory)?;
        if verdict.indication().to_string() != "TOTAL-PASSED" {
            return Err(format!("{level}: {:?} {:?}", verdict.sub_indication(), verdict.signatures()).into());
        }
        let asked = case.memory.asked.take();
        Ok(Self { asked, ..case })
    }

    /// Every signature check answered from memory.
    pub(crate) fn memoised(&self) -> Result<Value, Failure> {
        self.repeated(&self.memory)
    }

    /// Every signature check made, once for each verdict.
    pub(crate) fn checked(&self) -> Result<Value, Failure> {
        self.repeated(&OpensslVerifier::new())
    }

    /// The signature checks of the same number of verdicts alone, each once.
    pub(crate) fn bare(&self) -> Result<Value, Failure> {
        let verifier = OpensslVerifier::new();
        for _ in 0..self.verdicts {
            for question in &self.asked {
                question.ask(&verifier);
            }
        }
        Ok(json!({ "work": self.verdicts, "verifications": self.asked.len() }))
    }

    fn repeated(&self, verifier: &dyn SignatureVerifier) -> Result<Value, Failure> {
        let mut last = None;
        for _ in 0..self.verdicts {
            last = Some(self.judge(verifier)?);
        }
        let last = last.ok_or("nothing judged")?;
        let stamps = stamps(&last);
        Ok(json!({
            "work": self.verdicts, "signatures": last.signatures().len(), "stamps": stamps,
            "indication": last.indication().to_string(),
        }))
    }

    fn judge(&self, verifier: &dyn SignatureVerifier) -> Result<DocumentVerdict, Failure> {
        let context = Context {
            policy: &self.policy,
            trust: &self.trust,
            evidence: &self.evidence,
            time: ValidationTime(time(self.now)?),
            verifier,
            professions: &self.professions,
            document_class: None,
            required_roles: &[],
            proofs: &[],
            listed_signers: &[],
        };
        Ok(judge(&self.facts, &context))
    }
}

/// Answers again what it answered once, and keeps the questions.
#[derive(Default)]
struct Memory {
    verifier: OpensslVerifier,
    answers: RefCell<HashMap<u64, SignatureValidity>>,
    asked: RefCell<Vec<Question>>,
}

struct Question {
    algorithm: SignatureAlgorithm,
    key: Vec<u8>,
    message: Vec<u8>,
    value: Vec<u8>,
}

impl Question {
    fn ask(&self, verifier: &dyn SignatureVerifier) -> SignatureValidity {
        verifier.verify(&self.algorithm, &self.key, &self.message, &self.value)
    }
}

impl SignatureVerifier for Memory {
    /// By key, value and length: the messages of one document that have these in common are the same.
    fn verify(
        &self,
        algorithm: &SignatureAlgorithm,
        key: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> SignatureValidity {
        let mut hasher = DefaultHasher::new();
        (key, value, message.len()).hash(&mut hasher);
        let name = hasher.finish();
        if let Some(known) = self.answers.borrow().get(&name) {
            return known.clone();
        }
        let question = Question {
            algorithm: algorithm.clone(),
            key: key.to_vec(),
            message: message.to_vec(),
            value: value.to_vec(),
        };
        let answer = question.ask(&self.verifier);
        self.asked.borrow_mut().push(question);
        self.answers.borrow_mut().insert(name, answer.clone());
        answer
    }
}

fn signed_document(pki: &Pki, signatures: usize, signers: usize) -> Result<DocumentFacts, Failure> {
    let doctors = doctors(pki, signers)?;
    let mut facts =
        DocumentFacts::new(DocumentFormat::Pades, 1, vec![digest(DigestAlgorithm::Sha256, b"document")?]);
    for (number, doctor) in (0..signatures).zip(doctors.iter().cycle()) {
        let id = format!("Signature{number}");
        let signed = signed(doctor, format!("document {number}").as_bytes())?;
        let covers = vec![Covered::SignatureValue { signature: id.clone() }];
        let kind = TimestampKind::Signature;
        let stamp =
            timestamp(pki, format!("{id}/stamp"), kind, covers, signed.value.as_slice(), SIGNED + 30)?;
        facts.signatures.push(SignatureFacts {
            signed: Some(signed),
            timestamps: vec![stamp],
            modifications: Some(Modifications::default()),
            ..SignatureFacts::new(id, Level::BLta, Coverage::WholeRevision)
        });
    }
    Ok(facts)
}

/// Each with a certificate and an RSA-2048 key of her own.
fn doctors(pki: &Pki, count: usize) -> Result<Vec<Identity>, Failure> {
    let doctor = |number| -> Result<Identity, Failure> {
        let key = PKey::from_rsa(Rsa::generate(2_048)?)?;
        Ok(pki.another_doctor(number, key, SIGNED)?)
    };
    (0..count as u64).map(doctor).collect()
}

/// Embeds the revocation data of `collected`, and puts a document time stamp over everything.
fn seal(facts: &mut DocumentFacts, pki: &Pki, collected: Seconds, at: Seconds) -> Result<(), Failure> {
    for list in CrlName::ALL {
        facts.evidence.crls.push(pki.crl(list, collected)?.into());
    }
    let signatures = facts.signatures.iter().map(|one| Covered::SignatureValue { signature: one.id.clone() });
    let tokens = facts.signatures.iter().flat_map(|one| &one.timestamps).chain(&facts.timestamps);
    let tokens = tokens.map(|one| Covered::Timestamp { timestamp: one.id.clone() });
    let mut covers: Vec<_> = signatures.chain(tokens).collect();
    for crl in &facts.evidence.crls {
        covers.push(Covered::Evidence { digest: digest(DigestAlgorithm::Sha256, crl.as_slice())? });
    }
    let content = format!("all until {at}");
    let kind = TimestampKind::Document;
    facts.timestamps.push(timestamp(pki, content.clone(), kind, covers, content.as_bytes(), at)?);
    Ok(())
}

fn timestamp(
    pki: &Pki,
    id: String,
    kind: TimestampKind,
    covers: Vec<Covered>,
    covered: &[u8],
    at: Seconds,
) -> Result<TimestampFacts, Failure> {
    let imprint = digest(DigestAlgorithm::Sha256, covered)?;
    let read = TokenFacts {
        gen_time: GenTime(time(at)?),
        policy: hsign_testkit::oid::TSA_POLICY.to_owned(),
        serial: vec![1].into(),
        imprint: Reference {
            name: "message-imprint".to_owned(),
            expected: imprint.clone(),
            actual: Some(imprint),
        },
        accuracy_microseconds: Some(1_000_000),
        ordering: false,
        nonce: None,
        signed: signed(pki.unit(Unit::Tsa), covered)?,
    };
    Ok(TimestampFacts { id, kind, token: covered.into(), covers, read: Some(read), findings: Vec::new() })
}

fn signed(identity: &Identity, content: &[u8]) -> Result<SignedObject, Failure> {
    let octets = [b"signed attributes over ", content].concat();
    let mut signer = Signer::new(MessageDigest::sha256(), identity.private_key())?;
    signer.update(&octets)?;
    let own = Certificate::from_der(identity.certificate_der())?;
    let hash = digest(DigestAlgorithm::Sha256, content)?;
    let chain = std::iter::once(own.der().to_vec()).chain(identity.chain_der().iter().cloned());
    Ok(SignedObject {
        signed_octets: octets.into(),
        reordered_octets: None,
        algorithm: SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
        value: signer.sign_to_vec()?.into(),
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
        evidence: EvidenceFacts { certificates: chain.map(Into::into).collect(), ..EvidenceFacts::default() },
    })
}

fn registry(pki: &Pki) -> Result<TrustRegistry, Failure> {
    let mut text = String::new();
    for (ca, kind) in
        [(Ca::HpkiRoot, "[[anchor]]\nkind = \"hpki-root\""), (Ca::TsaRoot, "[[service]]\nkind = \"tsa\"")]
    {
        let pin = digest(DigestAlgorithm::Sha256, pki.authority(ca).certificate_der())?.hex();
        let name = if ca == Ca::HpkiRoot { "root" } else { "tsa" };
        text += &format!("{kind}\nsubject = \"{name}\"\ncertificate = \"{name}\"\nsha256 = \"{pin}\"\n");
    }
    Ok(TrustRegistry::parse_toml(&text, &|name| {
        let ca = if name == "root" { Ca::HpkiRoot } else { Ca::TsaRoot };
        Some(pki.authority(ca).certificate_der().to_vec())
    })?)
}

/// "etsi", but RSA-2048 goes on: the testkit's authority keeps its key for eleven years.
fn policy() -> String {
    let rest = "until = \"no-end\"\nsource = \"measured\"\nconfidence = \"certain\"\n";
    let text = Policy::preset_text("etsi").unwrap_or_default();
    format!(
        "{text}\n[[algorithms.scheme]]\nname = \"rsa-pkcs1\"\n{rest}\
         [[algorithms.key]]\nkind = \"rsa\"\nbits = 2048\n{rest}"
    )
}

fn time(seconds: Seconds) -> Result<Time, Failure> {
    Ok(Time::from_unix_seconds(seconds)?)
}
