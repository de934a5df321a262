//! A doctor with a key in a file, a time-stamp authority, trust and revocation lists, all of the testkit.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hsign::credential::{Credential, NoSecrets, Options, open};
use hsign::crypto::{OpensslVerifier, SystemRandom};
use hsign::file::{Base, Existing, FileSource, put_in_place};
use hsign::net::{HttpTimestamper, Ports, TsaEndpoint};
use hsign::pki::Provenance;
use hsign::{
    Content, ExtendRequest, Form, Metadata, Output, Policy, Purpose, Settings, SignRequest, Stamps, Time,
    ToSign, ValidationTime, Verified, load,
};
use hsign_core::facts::Level;
use hsign_core::ports::{NoNetwork, PortError, Timestamper};
use hsign_core::{Digest, DigestAlgorithm, Secret, Source};
use hsign_validation::{Context, DocumentVerdict, Indication, Integrity};
use serde_json::{Value, json};

use crate::Failure;
use crate::limit::{Limit, Recorder};

pub(crate) struct Workbench {
    key: PathBuf,
    tsa: String,
    pub(crate) credential: Box<dyn Credential>,
    pub(crate) timestamper: Counted,
    pub(crate) settings: Settings,
    /// By level, and number of signatures where there are several.
    made: BTreeMap<String, Made>,
}

/// The last document of its kind.
struct Made {
    document: Vec<u8>,
    /// Of the last signing, to the time-stamp authority.
    round_trips: usize,
}

/// Counts the tokens it gets.
pub(crate) struct Counted {
    inner: HttpTimestamper,
    round_trips: Cell<usize>,
}

impl Timestamper for Counted {
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, PortError> {
        self.round_trips.set(self.round_trips.get() + 1);
        self.inner.stamp(imprint)
    }

    fn last_token_size(&self) -> Option<usize> {
        self.inner.last_token_size()
    }
}

/// What a PDF gets at its end.
fn update(output: Output<'_>) -> Result<Vec<u8>, Failure> {
    match output {
        Output::Append(update) => Ok(update),
        Output::Whole(_) => Err("a file of its own, where an update was expected".into()),
    }
}

impl Workbench {
    pub(crate) fn open(folder: &Path, tsa: &str, person: &str) -> Result<Self, Failure> {
        let person = folder.join("people").join(person);
        let (key, chain) = (person.join("key.pem"), person.join("chain.pem"));
        let specification = format!("pem:{}?cert={}", key.display(), chain.display());
        let ports = Ports {
            randomness: Box::new(SystemRandom),
            verifier: Box::new(OpensslVerifier::new()),
            now: Box::new(now),
            secrets: Box::new(|_| Ok(Secret::new(Vec::new()))),
        };
        let inner = HttpTimestamper::new(vec![TsaEndpoint::at(tsa)], ports)?;
        let trust = load::trust(&[folder.join("trust.toml")], Purpose::Signer)?;
        let mut settings = Settings::new(Policy::preset("etsi")?, trust);
        for (_, bytes) in load::files(&[folder.join("crl"), folder.join("ca")])? {
            settings.evidence.add(&bytes, Provenance::Given)?;
        }
        Ok(Self {
            key,
            tsa: tsa.to_owned(),
            credential: open(&specification.parse()?, &NoSecrets, &Options::default())?,
            timestamper: Counted { inner, round_trips: Cell::new(0) },
            settings,
            made: BTreeMap::new(),
        })
    }

    /// Signature checks of earlier operations.
    pub(crate) fn forget(&mut self) {
        self.settings.verifier = Arc::default();
    }

    pub(crate) fn sign(&mut self, level: &str, source: Vec<u8>) -> Result<Value, Failure> {
        let before = self.timestamper.round_trips.get();
        let (update, done) = self.make(level, &source)?;
        let round_trips = self.timestamper.round_trips.get() - before;
        let document = [source, update].concat();
        let work = document.len();
        self.made.insert(level.to_owned(), Made { document, round_trips });
        Ok(json!({ "work": work, "indication": done, "round_trips": round_trips }))
    }

    pub(crate) fn sign_file(&self, level: &str, input: &Path, output: &Path) -> Result<Value, Failure> {
        let source = FileSource::open(input)?;
        let (update, indication) = self.make(level, &source)?;
        let base = Base { path: input, length: source.length() };
        put_in_place(output, Some(base), &update, Existing::Replace)?;
        let work = source.length() + update.len() as u64;
        Ok(json!({ "work": work, "indication": indication }))
    }

    /// One document with so many signatures, each over all before it; a long-term level comes at the end, for all.
    pub(crate) fn sign_often(
        &mut self,
        level: &str,
        source: Vec<u8>,
        count: usize,
    ) -> Result<Value, Failure> {
        let each = if level == "B-LTA" { "B-T" } else { level };
        let mut document = source;
        for _ in 0..count {
            let (update, _) = self.make(each, &document)?;
            document.extend_from_slice(&update);
        }
        if each != level {
            let update = self.renewed(&document)?.0;
            document.extend_from_slice(&update);
        }
        let work = document.len();
        self.made.insert(format!("{level} x {count}"), Made { document, round_trips: 0 });
        Ok(json!({ "work": work }))
    }

    /// One file, signed as files of these numbers.
    pub(crate) fn sign_files(
        &self,
        level: &str,
        input: &Path,
        folder: &Path,
        numbers: Range<usize>,
    ) -> Result<Value, Failure> {
        std::fs::create_dir_all(folder)?;
        let (source, count) = (std::fs::read(input)?, numbers.len());
        for number in numbers {
            let (update, _) = self.make(level, &source)?;
            std::fs::write(file(folder, number), [source.as_slice(), &update].concat())?;
        }
        Ok(json!({ "work": count }))
    }

    /// What is to be appended, and the verdict.
    fn make(&self, level: &str, source: &dyn Source) -> Result<(Vec<u8>, String), Failure> {
        let request = SignRequest {
            level: Some(level_of(level)?),
            stamps: Stamps::default(),
            digest: DigestAlgorithm::Sha256,
            key: self.credential.protection(),
            metadata: Metadata::default(),
            statement: Default::default(),
            allow_pending: false,
        };
        let signer = self.credential.as_ref();
        let files = [Content { name: "document.pdf", source }];
        let what = ToSign::new(&files, Form::Pades);
        let signed =
            hsign::sign(&what, signer, Some(&self.timestamper), &request, &self.settings, &NoNetwork, &now)?;
        let indication = passed(&signed.verdict)?;
        Ok((update(signed.output)?, indication))
    }

    /// Puts evidence and a further time stamp over the last document of this kind, as a renewal does.
    pub(crate) fn extend(&self, name: &str) -> Result<Value, Failure> {
        let document = self.document(name)?;
        let (update, indication) = self.renewed(document)?;
        Ok(json!({ "work": document.len() + update.len(), "indication": indication }))
    }

    fn renewed(&self, source: &dyn Source) -> Result<(Vec<u8>, String), Failure> {
        let request = ExtendRequest {
            level: Some(Level::BLta),
            signatures: Vec::new(),
            due: None,
            digest: DigestAlgorithm::Sha256,
        };
        let extension =
            hsign::extend(source, &[], Some(&self.timestamper), &request, &self.settings, &NoNetwork, &now)?;
        let indication = passed(&extension.verdict)?;
        Ok((extension.output.map(update).transpose()?.unwrap_or_default(), indication))
    }

    pub(crate) fn verify(&self, name: &str) -> Result<Value, Failure> {
        judged(&self.settings, self.document(name)?)
    }

    pub(crate) fn verify_file(&self, file: &Path) -> Result<Value, Failure> {
        judged(&self.settings, &FileSource::open(file)?)
    }

    /// A CMS whose content is another file.
    pub(crate) fn verify_detached(&self, file: &Path, content: &Path) -> Result<Value, Failure> {
        let (source, content) = (FileSource::open(file)?, FileSource::open(content)?);
        let beside = [Content { name: "content", source: &content }];
        let judged = judged_with(&self.settings, &source, &beside)?;
        Ok(json!({ "work": content.length(), "indication": judged.get("indication") }))
    }

    /// Reading alone: everything of a verification but the judgement.
    pub(crate) fn read(&self, name: &str) -> Result<Value, Failure> {
        let facts = hsign::read_facts(self.document(name)?, &[])?;
        Ok(json!({ "work": facts.length, "signatures": facts.signatures.len() }))
    }

    /// The files of a folder from one number to before another, shared among so many threads.
    pub(crate) fn verify_files(
        &self,
        folder: &Path,
        from: usize,
        to: usize,
        threads: usize,
    ) -> Result<Value, Failure> {
        let settings = &self.settings;
        let part = |first: usize| {
            for number in (from + first..to).step_by(threads) {
                let source = FileSource::open(&file(folder, number)).map_err(|error| error.to_string())?;
                judged(settings, &source).map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        };
        if threads == 1 {
            part(0)?;
        } else {
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads).map(|first| scope.spawn(move || part(first))).collect();
                workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a thread ended")?)
            })?;
        }
        Ok(json!({ "work": to - from }))
    }

    fn document(&self, name: &str) -> Result<&Vec<u8>, Failure> {
        Ok(&self.made(name)?.document)
    }

    fn made(&self, name: &str) -> Result<&Made, Failure> {
        self.made.get(name).ok_or_else(|| format!("nothing was signed at level {name}").into())
    }

    /// One signature, a pass to sign and one to check, the self-check's verifications, and the round trips to the
    /// time-stamp authority that the last signing made.
    pub(crate) fn sign_limit(&self, level: &str) -> Result<Limit<'_>, Failure> {
        let round_trips = self.made(level)?.round_trips;
        self.to_sign_as_well(self.verify_limit(level)?, round_trips)
    }

    /// Verifying is checking what was made; making it takes this besides.
    pub(crate) fn to_sign_as_well<'d>(
        &self,
        limit: Limit<'d>,
        round_trips: usize,
    ) -> Result<Limit<'d>, Failure> {
        let mut limit = limit.and_one_more_pass();
        limit.signs_with(&self.key)?;
        if round_trips > 0 {
            limit.stamps_at(&self.tsa, round_trips)?;
        }
        Ok(limit)
    }

    /// A pass to stamp, a pass to check, and a round trip.
    pub(crate) fn token_limit<'d>(&self, content: &'d [u8]) -> Result<Limit<'d>, Failure> {
        let mut limit = Limit::of_passes(content).and_one_more_pass();
        limit.stamps_at(&self.tsa, 1)?;
        Ok(limit)
    }

    /// One pass and the verifications of signer, time stamp, their paths and revocation lists, each once.
    pub(crate) fn verify_limit(&self, name: &str) -> Result<Limit<'_>, Failure> {
        let document = self.document(name)?;
        let recorder = Recorder::default();
        self.ask_for_verifications(document, &[], &recorder)?;
        Limit::of_verification(document, recorder)
    }

    /// Judges, so that `recorder` knows what has to be verified.
    pub(crate) fn ask_for_verifications(
        &self,
        document: &dyn Source,
        beside: &[Content<'_>],
        recorder: &Recorder,
    ) -> Result<(), Failure> {
        let facts = hsign::read_facts(document, beside)?;
        let settings = &self.settings;
        let context = Context {
            policy: &settings.policy,
            trust: &settings.trust,
            evidence: &settings.evidence,
            time: ValidationTime(now()),
            verifier: recorder,
            professions: &settings.professions,
            document_class: None,
            required_roles: &[],
            proofs: &[],
            listed_signers: &[],
        };
        passed(&hsign_validation::judge(&facts, &context)).map(|_| ())
    }
}

pub(crate) fn file(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number}.pdf"))
}

fn judged(settings: &Settings, source: &dyn Source) -> Result<Value, Failure> {
    judged_with(settings, source, &[])
}

fn judged_with(settings: &Settings, source: &dyn Source, beside: &[Content<'_>]) -> Result<Value, Failure> {
    let now = ValidationTime(now());
    let Verified { verdict, .. } = hsign::verify_with(source, beside, settings, &NoNetwork, now)?;
    let indication = passed(&verdict)?;
    let valid = verdict.signatures().iter().filter(|one| one.integrity() == Integrity::Valid).count();
    let stamps = stamps(&verdict);
    Ok(json!({ "work": source.length(), "valid": valid, "stamps": stamps, "indication": indication }))
}

/// How many there are: one over the whole document speaks for each signature.
pub(crate) fn stamps(verdict: &DocumentVerdict) -> usize {
    let of_signatures = verdict.signatures().iter().flat_map(|signature| signature.timestamps());
    of_signatures.chain(verdict.timestamps()).map(|stamp| stamp.id()).collect::<BTreeSet<_>>().len()
}

/// Work that led to no valid signature or time stamp is none.
pub(crate) fn passed(verdict: &DocumentVerdict) -> Result<String, Failure> {
    let nothing = verdict.signatures().is_empty() && verdict.timestamps().is_empty();
    if nothing || verdict.indication() != Indication::TotalPassed {
        return Err(format!("{} instead of TOTAL-PASSED", verdict.indication()).into());
    }
    Ok(verdict.indication().to_string())
}

pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).ok().and_then(|s| Time::from_unix_seconds(s).ok()).unwrap_or(Time::LATEST)
}

pub(crate) fn level_of(name: &str) -> Result<Level, Failure> {
    match name {
        "B-B" => Ok(Level::BB),
        "B-T" => Ok(Level::BT),
        "B-LT" => Ok(Level::BLt),
        "B-LTA" => Ok(Level::BLta),
        other => Err(format!("no level {other}").into()),
    }
}
