//! A test PKI with everything in order, and the means to forge certificates, CRLs, signatures and tokens.

use std::sync::LazyLock;

use hsign::{DocumentVerdict, Evidence, Policy, Settings, Time, TrustRegistry, ValidationTime};
use hsign_asn1::encode;
use hsign_cms::{attributes, build, oid as cms_oid};
use hsign_core::ports::NoNetwork;
use hsign_core::{Digest, DigestAlgorithm, SignatureAlgorithm};
use hsign_pades::{Prepared, Request, prepare};
use hsign_pki::Provenance;
use hsign_testkit::{Ca, CrlName, DAY, Identity, Person, Pki, Seconds, Unit, keys, oid};
use hsign_validation::SignatureVerdict;
use hsign_x509::Certificate;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;

pub const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;
/// When the PKI was issued: 2026-09-21.
pub const NOW: Seconds = 1_790_000_000;
pub static PKI: LazyLock<Pki> = LazyLock::new(|| Pki::new("http://pki.test", NOW).unwrap());

pub fn time(seconds: Seconds) -> Time {
    Time::from_unix_seconds(seconds).unwrap()
}

/// Trust, evidence, policy and time of one judgement.
pub struct World {
    pub settings: Settings,
    pub now: Seconds,
}

impl World {
    /// The ministry's root, an accredited authority, CRLs of this moment, policy `hpki`.
    pub fn new() -> Self {
        let settings = Settings::new(Policy::preset("hpki").unwrap(), trust(""));
        let mut world = Self { settings, now: NOW };
        world.lists(&CrlName::ALL, NOW);
        world
    }

    pub fn policy(mut self, name: &str) -> Self {
        self.settings.policy = Policy::preset(name).unwrap();
        self
    }

    /// Ten days later: the signer's lists are those of the day of signing and stale by now, the authority's are new.
    /// What the stamp proves is all that lets a signature pass.
    pub fn ten_days_later() -> Self {
        let mut world = Self::new();
        world.now = NOW + 10 * DAY;
        world.settings.evidence = Evidence::new();
        world.lists(&[CrlName::Signature, CrlName::Sarl], NOW);
        world.lists(&[CrlName::Tsa, CrlName::TsaRoot], world.now);
        world
    }

    /// Adds lists as they stood at `at`.
    pub fn lists(&mut self, lists: &[CrlName], at: Seconds) {
        for list in lists {
            self.give(&PKI.crl(*list, at).unwrap());
        }
    }

    pub fn without_evidence(mut self) -> Self {
        self.settings.evidence = Evidence::new();
        self
    }

    pub fn give(&mut self, evidence: &[u8]) {
        self.settings.evidence.add(evidence, Provenance::Given).unwrap();
    }

    pub fn judge(&self, document: &Vec<u8>) -> DocumentVerdict {
        hsign::verify(document, &self.settings, &NoNetwork, ValidationTime(time(self.now))).unwrap().verdict
    }

    /// The verdict on the only signature.
    pub fn verdict(&self, document: &Vec<u8>) -> SignatureVerdict {
        let verdict = self.judge(document);
        assert_eq!(verdict.signatures().len(), 1);
        verdict.signatures()[0].clone()
    }

    /// `TOTAL-PASSED`, or `INDETERMINATE/…` with the sub-indication; the document's, not only the signature's.
    pub fn says(&self, document: &Vec<u8>) -> String {
        let verdict = self.judge(document);
        match verdict.sub_indication() {
            Some(sub) => format!("{}/{}", verdict.indication().name(), sub.name()),
            None => verdict.indication().name().to_owned(),
        }
    }
}

/// The registry of the test PKI with further text behind it; `more` may name the certificate files of [`Ca`]s.
pub fn trust(more: &str) -> TrustRegistry {
    registry(&format!(
        "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"root\"\ncertificate = \"hpki-root\"\npolicies = [\"{}\"]\n\
         [[service]]\nkind = \"tsa\"\nsubject = \"tsa\"\ncertificate = \"tsa-root\"\naccreditation = \"mic\"\n{more}",
        oid::SIGNATURE_POLICY,
    ))
}

/// A registry whose certificates are given by the files' names of [`Ca`]s; their pins are put in.
pub fn registry(text: &str) -> TrustRegistry {
    let authority = |name: &str| {
        let ca = Ca::ALL.into_iter().find(|ca| ca.name() == name)?;
        Some(PKI.authority(ca).certificate_der().to_vec())
    };
    let mut pinned = String::new();
    for line in text.lines() {
        pinned.push_str(line);
        pinned.push('\n');
        let named = line.strip_prefix("certificate = \"").and_then(|rest| rest.strip_suffix('"'));
        if let Some(certificate) = named.and_then(authority) {
            pinned.push_str(&format!("sha256 = \"{}\"\n", hex(&certificate)));
        }
    }
    TrustRegistry::parse_toml(&pinned, &|name| authority(name)).unwrap()
}

/// SHA-256 in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    hsign_core::hex(digest(bytes).value.as_slice())
}

/// Somebody with a certificate and its key.
#[derive(Clone)]
pub struct Someone {
    pub certificate: Vec<u8>,
    pub chain: Vec<Vec<u8>>,
    pub key: PKey<Private>,
}

impl From<&Identity> for Someone {
    fn from(identity: &Identity) -> Self {
        Self {
            certificate: identity.certificate_der().to_vec(),
            chain: identity.chain_der().to_vec(),
            key: identity.private_key().clone(),
        }
    }
}

pub fn person(person: Person) -> Someone {
    PKI.person(person).into()
}

pub fn unit(unit: Unit) -> Someone {
    PKI.unit(unit).into()
}

impl Someone {
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match self.key.id() {
            Id::EC => SignatureAlgorithm::Ecdsa(SHA256),
            _ => SignatureAlgorithm::RsaPkcs1(SHA256),
        }
    }

    /// With another certificate for the same key.
    pub fn certified_as(&self, certificate: Vec<u8>) -> Self {
        Self { certificate, ..self.clone() }
    }
}

pub fn raw(key: &PKey<Private>, octets: &[u8]) -> Vec<u8> {
    Signer::new(MessageDigest::sha256(), key).unwrap().sign_oneshot_to_vec(octets).unwrap()
}

pub fn digest(octets: &[u8]) -> Digest {
    hsign_crypto::digest(SHA256, octets).unwrap()
}

/// The attributes of a baseline signature.
pub fn attributes_of(content: &Digest, certificate: &[u8]) -> Vec<Vec<u8>> {
    vec![
        attributes::content_type(cms_oid::DATA).unwrap(),
        attributes::message_digest(content).unwrap(),
        attributes::signing_certificate_v2(certificate, &digest(certificate)).unwrap(),
    ]
}

pub fn set(attributes: &[Vec<u8>]) -> Vec<u8> {
    encode::set_of_sorted(&attributes.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A CMS over these attributes.
pub fn cms(who: &Someone, attributes: &[Vec<u8>]) -> Vec<u8> {
    signed_data(who, cms_oid::DATA, None, attributes)
}

/// A CMS over these attributes, with its content where there is one.
pub fn signed_data(
    who: &Someone,
    content_type: &str,
    content: Option<&[u8]>,
    attributes: &[Vec<u8>],
) -> Vec<u8> {
    let signed = set(attributes);
    build::signed_data(&build::Parts {
        content_type,
        content,
        digest: SHA256,
        signature_algorithm: &who.algorithm(),
        signer_certificate: &who.certificate,
        certificates: &who.chain,
        signed_attributes: &signed,
        signature: &raw(&who.key, &signed),
        unsigned_attributes: &[],
    })
    .unwrap()
}

/// TSTInfo of a token over `covered`.
pub fn token_info(covered: &[u8], at: Seconds) -> Vec<u8> {
    let algorithm = hsign_x509::digest_algorithm_to_der(SHA256);
    let imprint = encode::sequence(&[&algorithm, &encode::octet_string(digest(covered).value.as_slice())]);
    encode::sequence(&[
        &encode::integer(1),
        &encode::oid(oid::TSA_POLICY).unwrap(),
        &imprint,
        &encode::integer(7),
        &encode::generalized_time(time(at)),
    ])
}

/// A token over `covered`, whoever signs it.
pub fn token(who: &Someone, covered: &[u8], at: Seconds) -> Vec<u8> {
    const TST_INFO: &str = hsign_tsp::TST_INFO;
    let info = token_info(covered, at);
    let attributes = [
        attributes::content_type(TST_INFO).unwrap(),
        attributes::message_digest(&digest(&info)).unwrap(),
        attributes::signing_certificate_v2(&who.certificate, &digest(&who.certificate)).unwrap(),
    ];
    signed_data(who, TST_INFO, Some(&info), &attributes)
}

pub fn letter() -> Vec<u8> {
    hsign_testkit::documents::referral_letter().unwrap()
}

/// The document with whatever CMS the closure makes for it.
pub fn signed_with(document: &Vec<u8>, make: impl FnOnce(&Prepared<'_>) -> Vec<u8>) -> Vec<u8> {
    let request = Request { signing_time: Some(time(NOW)), contents_size: 24_000, ..Request::default() };
    let prepared = prepare(document, &request).unwrap();
    [document.as_slice(), &prepared.embed(&make(&prepared)).unwrap()].concat()
}

pub fn baseline(prepared: &Prepared<'_>, who: &Someone) -> Vec<u8> {
    cms(who, &attributes_of(&prepared.content_digest(SHA256).unwrap(), &who.certificate))
}

/// Level B-B.
pub fn signed(document: &Vec<u8>, who: &Someone) -> Vec<u8> {
    signed_with(document, |prepared| baseline(prepared, who))
}

/// Level B-T, stamped by the good authority at `at`.
pub fn stamped(document: &Vec<u8>, who: &Someone, at: Seconds) -> Vec<u8> {
    signed_with(document, |prepared| stamp(&baseline(prepared, who), &unit(Unit::Tsa), at))
}

/// The CMS with a stamp over its signature value.
pub fn stamp(cms: &[u8], authority: &Someone, at: Seconds) -> Vec<u8> {
    let value = hsign_cades::signature_value(cms).unwrap();
    hsign_cades::with_signature_timestamp(cms, &token(authority, &value, at)).unwrap()
}

/// A certificate about to be issued, by default the same as an existing one.
#[derive(Clone)]
pub struct Forge {
    pub serial: u64,
    pub issuer: Vec<u8>,
    pub subject: Vec<u8>,
    pub from: Seconds,
    pub to: Seconds,
    pub key: Vec<u8>,
    pub extensions: Vec<(String, bool, Vec<u8>)>,
}

impl Forge {
    pub fn like(certificate: &[u8]) -> Self {
        let certificate = Certificate::from_der(certificate).unwrap();
        let extensions = certificate.extensions().iter();
        Self {
            serial: 900_001,
            issuer: certificate.issuer().der().to_vec(),
            subject: certificate.subject().der().to_vec(),
            from: certificate.not_before().unix_seconds(),
            to: certificate.not_after().unix_seconds(),
            key: certificate.public_key_info().to_vec(),
            extensions: extensions.map(|e| (e.oid.clone(), e.critical, e.value.clone())).collect(),
        }
    }

    pub fn issued_by(mut self, issuer: &[u8]) -> Self {
        self.issuer = Certificate::from_der(issuer).unwrap().subject().der().to_vec();
        self.without("2.5.29.35")
    }

    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|(existing, ..)| existing != oid);
        self
    }

    pub fn with(mut self, oid: &str, critical: bool, value: Vec<u8>) -> Self {
        self.extensions.retain(|(existing, ..)| existing != oid);
        self.extensions.push((oid.to_owned(), critical, value));
        self
    }

    pub fn policies(self, policies: &[&str]) -> Self {
        let list: Vec<u8> =
            policies.iter().flat_map(|oid| encode::sequence(&[&encode::oid(oid).unwrap()])).collect();
        self.with("2.5.29.32", true, encode::sequence(&[&list]))
    }

    /// keyUsage from the octet of its first eight bits.
    pub fn key_usage(self, bits: u8) -> Self {
        self.with("2.5.29.15", true, encode::bit_string(&[bits]))
    }

    pub fn ca(self) -> Self {
        let value = encode::sequence(&[&encode::boolean(true)]);
        self.with("2.5.29.19", true, value).key_usage(0x06)
    }

    /// The extension subjectDirectoryAttributes of another certificate.
    pub fn roles_of(self, certificate: &[u8]) -> Self {
        let certificate = Certificate::from_der(certificate).unwrap();
        let value = certificate.extension("2.5.29.9").unwrap().value.clone();
        self.with("2.5.29.9", false, value)
    }

    pub fn sign(&self, issuer: &PKey<Private>) -> Vec<u8> {
        self.sign_with(issuer, &SignatureAlgorithm::RsaPkcs1(SHA256), MessageDigest::sha256())
    }

    pub fn sign_with(
        &self,
        issuer: &PKey<Private>,
        algorithm: &SignatureAlgorithm,
        hash: MessageDigest,
    ) -> Vec<u8> {
        let extensions: Vec<u8> = self.extensions.iter().flat_map(|e| extension(&e.0, e.1, &e.2)).collect();
        let algorithm = hsign_x509::signature_algorithm_to_der(algorithm).unwrap();
        let tbs = encode::sequence(&[
            &encode::explicit(0, &encode::integer(2)),
            &encode::integer(self.serial),
            &algorithm,
            &self.issuer,
            &encode::sequence(&[
                &encode::utc_or_generalized_time(time(self.from)),
                &encode::utc_or_generalized_time(time(self.to)),
            ]),
            &self.subject,
            &self.key,
            &encode::explicit(3, &encode::sequence(&[&extensions])),
        ]);
        let value = Signer::new(hash, issuer).unwrap().sign_oneshot_to_vec(&tbs).unwrap();
        encode::sequence(&[&tbs, &algorithm, &encode::bit_string(&value)])
    }
}

fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { encode::boolean(true) } else { Vec::new() };
    encode::sequence(&[&encode::oid(oid).unwrap(), &flag, &encode::octet_string(value)])
}

/// The key of an authority of the test PKI.
pub fn key_of(ca: Ca) -> PKey<Private> {
    keys::load(ca.name()).unwrap()
}

pub fn certificate_of(ca: Ca) -> Vec<u8> {
    PKI.authority(ca).certificate_der().to_vec()
}

/// A CRL in the name of `issuer`'s subject; revoked serial numbers with their dates.
pub fn crl(
    issuer: &[u8],
    key: &PKey<Private>,
    from: Seconds,
    to: Seconds,
    revoked: &[(u64, Seconds)],
) -> Vec<u8> {
    crl_with_reason(issuer, key, from, to, revoked, None)
}

/// The same with a reason (RFC 5280 §5.3.1) in each entry.
pub fn crl_with_reason(
    issuer: &[u8],
    key: &PKey<Private>,
    from: Seconds,
    to: Seconds,
    revoked: &[(u64, Seconds)],
    reason: Option<u8>,
) -> Vec<u8> {
    let reason = reason.map_or_else(Vec::new, |reason| {
        encode::sequence(&[&extension("2.5.29.21", false, &encode::enumerated(reason))])
    });
    let issuer = Certificate::from_der(issuer).unwrap();
    let algorithm = hsign_x509::signature_algorithm_to_der(&SignatureAlgorithm::RsaPkcs1(SHA256)).unwrap();
    let entries: Vec<u8> = revoked
        .iter()
        .flat_map(|(serial, date)| {
            let date = encode::utc_or_generalized_time(time(*date));
            encode::sequence(&[&encode::integer(*serial), &date, &reason])
        })
        .collect();
    let entries = if entries.is_empty() { entries } else { encode::sequence(&[&entries]) };
    let number = extension("2.5.29.20", false, &encode::integer(u64::try_from(from).unwrap()));
    let tbs = encode::sequence(&[
        &encode::integer(1),
        &algorithm,
        issuer.subject().der(),
        &encode::utc_or_generalized_time(time(from)),
        &encode::utc_or_generalized_time(time(to)),
        &entries,
        &encode::explicit(0, &encode::sequence(&[&number])),
    ]);
    encode::sequence(&[&tbs, &algorithm, &encode::bit_string(&raw(key, &tbs))])
}

pub fn codes(verdict: &SignatureVerdict) -> Vec<&str> {
    verdict.findings().iter().map(|finding| finding.code.as_str()).collect()
}

/// `Qualified`, `Undetermined` …
pub fn status(verdict: &SignatureVerdict) -> String {
    verdict.qualification().map_or_else(|| "none".to_owned(), |answer| format!("{:?}", answer.status))
}
