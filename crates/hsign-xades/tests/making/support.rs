//! Signatures with the testkit's people, stamps by its authority, and xmlsec1 as the judge of both.

use std::process::Command;
use std::sync::{Arc, LazyLock};

use hsign_core::facts::EvidenceFacts;
use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_core::{Digest, DigestAlgorithm, Octets, SignatureAlgorithm, Time};
use hsign_crypto::OpensslVerifier;
use hsign_testkit::{Clock, CrlName, Identity, Person, Pki, Tsa};
use hsign_tsp::{TimestampRequest, TimestampResponse};
use hsign_x509::Certificate;
use hsign_xades::DetachedContent;
use hsign_xades::make::{
    Options, Prepared, add_archive_timestamp, add_evidence, add_signature_timestamp, archive_imprint,
    signature_imprint,
};
use hsign_xml::dsig::{Context, Signature, signature_value_from_xml};
use hsign_xml::{Document, IdAttribute, Ids, Limits, decode};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use tempfile::TempDir;

pub const NOW: i64 = 1_790_000_000;
pub const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

pub static PKI: LazyLock<Arc<Pki>> = LazyLock::new(|| Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()));

/// A kind of key with the algorithm it signs by.
pub struct Key {
    pub identity: Box<dyn Fn() -> KeyPair>,
    pub algorithm: SignatureAlgorithm,
    /// Whether xmlsec1 knows the algorithm.
    pub known_to_xmlsec: bool,
}

pub struct KeyPair {
    pub certificate: Vec<u8>,
    pub chain: Vec<Vec<u8>>,
    pub key: PKey<openssl::pkey::Private>,
}

impl From<&Identity> for KeyPair {
    fn from(identity: &Identity) -> Self {
        Self {
            certificate: identity.certificate_der().to_vec(),
            chain: identity.chain_der().to_vec(),
            key: identity.private_key().clone(),
        }
    }
}

pub fn keys() -> Vec<Key> {
    let person = |person, algorithm| Key {
        identity: Box::new(move || PKI.person(person).into()),
        algorithm,
        known_to_xmlsec: true,
    };
    let pss = SignatureAlgorithm::RsaPss { digest: SHA256, mask_digest: SHA256, salt_length: 32 };
    let ed25519 = || {
        let key = PKey::generate_ed25519().unwrap();
        KeyPair::from(&PKI.another_doctor(77, key, NOW).unwrap())
    };
    vec![
        person(Person::Doctor, SignatureAlgorithm::RsaPkcs1(SHA256)),
        person(Person::DoctorRsa3072, SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512)),
        person(Person::DoctorP256, SignatureAlgorithm::Ecdsa(SHA256)),
        person(Person::DoctorP384, SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384)),
        Key { known_to_xmlsec: false, ..person(Person::Doctor, pss) },
        Key { identity: Box::new(ed25519), algorithm: SignatureAlgorithm::Ed25519, known_to_xmlsec: false },
    ]
}

pub fn time(seconds: i64) -> Time {
    Time::from_unix_seconds(seconds).unwrap()
}

pub fn value(pair: &KeyPair, algorithm: &SignatureAlgorithm, octets: &[u8]) -> Vec<u8> {
    let Some(digest) = algorithm.digest() else {
        return Signer::new_without_digest(&pair.key).unwrap().sign_oneshot_to_vec(octets).unwrap();
    };
    let mut signer = Signer::new(MessageDigest::from_name(digest.name()).unwrap(), &pair.key).unwrap();
    if matches!(algorithm, SignatureAlgorithm::RsaPss { .. }) {
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
        signer.set_rsa_mgf1_md(MessageDigest::from_name(digest.name()).unwrap()).unwrap();
    }
    signer.sign_oneshot_to_vec(octets).unwrap()
}

/// Signs what `prepare` prepares.
pub fn signed(
    pair: &KeyPair,
    algorithm: &SignatureAlgorithm,
    prepare: impl FnOnce(&Options<'_>) -> Prepared,
) -> (Vec<u8>, String) {
    let mut options = Options::new(&pair.certificate, algorithm, time(NOW));
    options.path = &pair.chain;
    let prepared = prepare(&options);
    let value = value(pair, algorithm, prepared.to_be_signed());
    (prepared.assemble(&value).unwrap(), prepared.id().to_owned())
}

/// With the doctor's RSA key.
pub fn by_doctor(prepare: impl FnOnce(&Options<'_>) -> Prepared) -> (Vec<u8>, String) {
    let algorithm = SignatureAlgorithm::RsaPkcs1(SHA256);
    signed(&PKI.person(Person::Doctor).into(), &algorithm, prepare)
}

pub fn stamp(imprint: &Digest, at: i64) -> Vec<u8> {
    let request =
        TimestampRequest { imprint: imprint.clone(), nonce: None, policy: None, certificate_requested: true };
    let answer =
        Tsa::new(Arc::clone(&PKI), Clock::fixed(at)).respond(&request.to_der().unwrap(), &[]).unwrap();
    TimestampResponse::parse(&answer).unwrap().granted().unwrap().to_vec()
}

/// Everything that says something about the doctor and the authority, as of `at`.
pub fn evidence(at: i64) -> EvidenceFacts {
    let doctor = PKI.person(Person::Doctor);
    let tsa = PKI.unit(hsign_testkit::Unit::Tsa);
    let certificates = [doctor.certificate_der().to_vec()]
        .into_iter()
        .chain(doctor.chain_der().iter().cloned())
        .chain(tsa.chain_der().iter().cloned());
    EvidenceFacts {
        certificates: certificates.map(Octets).collect(),
        crls: CrlName::ALL.into_iter().map(|list| Octets(PKI.crl(list, at).unwrap())).collect(),
        ocsp_responses: Vec::new(),
    }
}

/// Levels B-T, B-LT, B-LTA and one renewal, each the document as it is then.
pub fn levels(document: &[u8], id: &str, content: &DetachedContent<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let token = stamp(&signature_imprint(document, id, SHA256).unwrap(), NOW + 1);
    let b_t = add_signature_timestamp(document, id, &token).unwrap();
    let b_lt = add_evidence(&b_t, id, &evidence(NOW + 2)).unwrap().expect("evidence was lacking");
    assert_eq!(add_evidence(&b_lt, id, &evidence(NOW + 2)).unwrap(), None, "nothing is added twice");
    let token = stamp(&archive_imprint(&b_lt, id, SHA256, content).unwrap(), NOW + 3);
    let b_lta = add_archive_timestamp(&b_lt, id, &token).unwrap();
    let later = add_evidence(&b_lta, id, &evidence(NOW + 90_000)).unwrap().expect("newer lists were lacking");
    let token = stamp(&archive_imprint(&later, id, SHA256, content).unwrap(), NOW + 90_001);
    let renewed = add_archive_timestamp(&later, id, &token).unwrap();
    vec![("B-T", b_t), ("B-LT", b_lt), ("B-LTA", b_lta), ("renewed", renewed)]
}

/// Our own reading of references and value, without any rules of XAdES.
pub fn holds(document: &[u8], id: &str, resolver: &dyn hsign_xml::dsig::Resolver) -> bool {
    let text = decode(document).unwrap();
    let parsed = Document::parse(text.as_str(), &Limits::default()).unwrap();
    let node = parsed
        .elements()
        .find(|node| node.name().1 == "Signature" && node.attribute("", "Id").as_deref() == Some(id))
        .unwrap();
    let signature = Signature::read(node).unwrap();
    let ids = Ids::declared(&parsed, &IdAttribute::USUAL);
    let limits = Limits::default();
    let context = Context { document: &parsed, ids: &ids, resolver, limits: &limits };
    let references = signature.references.iter().all(|reference| {
        reference.actual(&context).digest.is_ok_and(|digest| digest == reference.expected())
    });
    let certificate = signature.key_info.as_ref().unwrap().certificates[0].clone();
    let certificate = Certificate::from_der(&certificate).unwrap();
    let valid = OpensslVerifier::new().verify(
        &signature.method.algorithm,
        certificate.public_key_info(),
        &signature.signed_octets().unwrap(),
        &signature_value_from_xml(&signature.method.algorithm, &signature.value),
    );
    references && valid == SignatureValidity::Valid
}

/// Whether xmlsec1 finds references and value of the signature good; `None` where it isn't installed. Detached data lie in
/// `files`.
pub fn xmlsec(document: &[u8], id: &str, files: &[(&str, &[u8])], manifest: bool) -> Option<bool> {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    std::fs::write(folder.path().join("signed.xml"), document).unwrap();
    let mut command = Command::new("xmlsec1");
    command.current_dir(folder.path()).args(["--verify", "--insecure", "--enabled-key-data", "x509"]);
    for id_attribute in
        ["http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "PrescriptionDocument", "Dispensing"]
    {
        let name = if id_attribute.starts_with("http") { "--id-attr:Id" } else { "--id-attr:id" };
        command.args([name, id_attribute]);
    }
    command.args(["--node-xpath", &format!("//*[local-name()='Signature' and @Id='{id}']")]);
    if !manifest {
        command.arg("--ignore-manifests");
    }
    match command.arg("signed.xml").output() {
        Ok(output) => {
            if !output.status.success() {
                println!("{}", String::from_utf8_lossy(&output.stderr));
            }
            Some(output.status.success())
        }
        Err(_) => {
            assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "xmlsec1 is required");
            println!("skipped: xmlsec1 is not installed");
            None
        }
    }
}
