//! A doctor with a key in a file, a time-stamp authority, trust and revocation lists, all of the testkit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hsign::credential::{Credential, NoSecrets, Options, open};
use hsign::crypto::{OpensslVerifier, SystemRandom};
use hsign::file::{Base, Existing, FileSource, put_in_place};
use hsign::net::{HttpTimestamper, Ports, TsaEndpoint};
use hsign::pki::Provenance;
use hsign::{ExtendRequest, Metadata, Policy, Purpose, Settings, SignRequest, Signed, Stamps, Time, ValidationTime, Verified, load};
use hsign_core::facts::Level;
use hsign_core::ports::NoNetwork;
use hsign_core::{DigestAlgorithm, Secret, Source};
use hsign_validation::{Context, Integrity};
use serde_json::{Value, json};

use crate::Failure;
use crate::limit::{Limit, Recorder};

pub(crate) struct Workbench {
    folder: PathBuf,
    tsa: String,
    credential: Box<dyn Credential>,
    timestamper: HttpTimestamper,
    settings: Settings,
    /// The last signed document of each level.
    signed: BTreeMap<String, Vec<u8>>,
}

impl Workbench {
    pub(crate) fn open(folder: &Path, tsa: &str) -> Result<Self, Failure> {
        let person = folder.join("people/doctor");
        let (key, chain) = (person.join("key.pem"), person.join("chain.pem"));
        let specification = format!("pem:{}?cert={}", key.display(), chain.display());
        let ports = Ports {
            randomness: Box::new(SystemRandom),
            verifier: Box::new(OpensslVerifier::new()),
            now: Box::new(now),
            secrets: Box::new(|_| Ok(Secret::new(Vec::new()))),
        };
        let trust = load::trust(&[folder.join("trust.toml")], Purpose::Signer)?;
        let mut settings = Settings::new(Policy::preset("etsi")?, trust);
        for (_, bytes) in load::files(&[folder.join("crl"), folder.join("ca")])? {
            settings.evidence.add(&bytes, Provenance::Given)?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            tsa: tsa.to_owned(),
            credential: open(&specification.parse()?, &NoSecrets, &Options::default())?,
            timestamper: HttpTimestamper::new(vec![TsaEndpoint::at(tsa)], ports)?,
            settings,
            signed: BTreeMap::new(),
        })
    }

    pub(crate) fn sign(&mut self, level: &str, source: Vec<u8>) -> Result<Value, Failure> {
        let signed = self.make(level, &source)?;
        let mut document = source;
        document.extend_from_slice(&signed.update);
        let done = json!({ "bytes": document.len(), "indication": signed.verdict.indication().to_string() });
        self.signed.insert(level.to_owned(), document);
        Ok(done)
    }

    pub(crate) fn sign_file(&self, level: &str, input: &Path, output: &Path) -> Result<Value, Failure> {
        let source = FileSource::open(input)?;
        let signed = self.make(level, &source)?;
        let base = Base { path: input, length: source.length() };
        put_in_place(output, Some(base), &signed.update, Existing::Replace)?;
        let bytes = source.length() + signed.update.length();
        Ok(json!({ "bytes": bytes, "indication": signed.verdict.indication().to_string() }))
    }

    fn make(&self, level: &str, source: &dyn Source) -> Result<Signed, Failure> {
        let request = SignRequest {
            level: level_of(level),
            stamps: Stamps::default(),
            digest: DigestAlgorithm::Sha256,
            key: self.credential.protection(),
            metadata: Metadata::default(),
        };
        let signer = self.credential.as_ref();
        Ok(hsign::sign(source, signer, Some(&self.timestamper), &request, &self.settings, &NoNetwork, &now)?)
    }

    /// Puts evidence and a further time stamp over the last document signed at this level, as a renewal does.
    pub(crate) fn extend(&self, level: &str) -> Result<Value, Failure> {
        let source = self.document(level)?;
        let request = ExtendRequest {
            level: Some(Level::BLta),
            signatures: Vec::new(),
            due: None,
            digest: DigestAlgorithm::Sha256,
        };
        let extension =
            hsign::extend(source, Some(&self.timestamper), &request, &self.settings, &NoNetwork, &now)?;
        let indication = extension.verdict.indication().to_string();
        Ok(json!({ "bytes": source.length() + extension.update.length(), "indication": indication }))
    }

    pub(crate) fn verify(&self, level: &str) -> Result<Value, Failure> {
        self.judged(self.document(level)?)
    }

    pub(crate) fn verify_file(&self, file: &Path) -> Result<Value, Failure> {
        self.judged(&FileSource::open(file)?)
    }

    fn judged(&self, source: &dyn Source) -> Result<Value, Failure> {
        let Verified { verdict, .. } =
            hsign::verify(source, &self.settings, &NoNetwork, ValidationTime(now()))?;
        let valid = verdict.signatures().iter().filter(|one| one.integrity() == Integrity::Valid).count();
        let stamps = verdict.signatures().iter().map(|one| one.timestamps().len()).sum::<usize>();
        Ok(json!({
            "bytes": source.length(), "valid": valid, "stamps": stamps,
            "indication": verdict.indication().to_string(),
        }))
    }

    fn document(&self, level: &str) -> Result<&Vec<u8>, Failure> {
        self.signed.get(level).ok_or_else(|| format!("nothing was signed at level {level}").into())
    }

    /// One signature, a pass to sign and one to check, the self-check's verifications, for B-T a round trip.
    pub(crate) fn sign_limit(&self, level: &str) -> Result<Limit<'_>, Failure> {
        let mut limit = self.verify_limit(level)?.and_one_more_pass();
        limit.signs_with(&self.folder.join("people/doctor/key.pem"))?;
        if level == "B-T" {
            limit.stamps_at(&self.tsa)?;
        }
        Ok(limit)
    }

    /// One pass and the verifications of signer, time stamp, their paths and revocation lists, each once.
    pub(crate) fn verify_limit(&self, level: &str) -> Result<Limit<'_>, Failure> {
        let document = self.document(level)?;
        let facts = hsign_pades::read_facts(document)?;
        let recorder = Recorder::default();
        let settings = &self.settings;
        let context = Context {
            policy: &settings.policy,
            trust: &settings.trust,
            evidence: &settings.evidence,
            time: ValidationTime(now()),
            verifier: &recorder,
            professions: &settings.professions,
            document_class: None,
            required_roles: &[],
            proofs: &[],
            listed_signers: &[],
        };
        let _ = hsign_validation::judge(&facts, &context);
        Limit::of_verification(document, recorder)
    }
}

pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).ok().and_then(|s| Time::from_unix_seconds(s).ok()).unwrap_or(Time::LATEST)
}

fn level_of(name: &str) -> Option<Level> {
    match name {
        "B-B" => Some(Level::BB),
        "B-T" => Some(Level::BT),
        "B-LT" => Some(Level::BLt),
        "B-LTA" => Some(Level::BLta),
        _ => None,
    }
}
